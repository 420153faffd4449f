# SPDX-License-Identifier: GPL-2.0-only
KDIR ?= /lib/modules/$(shell uname -r)/build
PREFIX ?= /usr/local
export PREFIX DESTDIR

all: module tool

# W=1 and C=2 pass through to kbuild: make module W=1 C=2 CF=-D__CHECK_ENDIAN__
module:
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

tool:
	$(MAKE) -C tool

install: module tool
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_PATH=$(DESTDIR) modules_install
	$(MAKE) -C tool install

# Shunt for everything that loads ip_vs, from the next load on.
TAKEOVER := $(DESTDIR)/etc/modprobe.d/shunt-takeover.conf

install-takeover:
	install -D -m 0644 kmod/takeover.conf $(TAKEOVER)
	@[ ! -d /sys/module/ip_vs ] || \
		echo "ip_vs is loaded and stays until it is unloaded: ipvsadm -C; modprobe -r ip_vs_rr ... ip_vs"

uninstall-takeover:
	rm -f $(TAKEOVER)

clean:
	[ ! -d $(KDIR) ] || $(MAKE) -C $(KDIR) M=$(CURDIR) clean
	$(MAKE) -C tool clean

# The lab (tests/README.md): a VM with a stock kernel, both seeds' systems in it.
KVER ?= default
TOPO ?= nat
LB ?= shunt
export LB BUILD
BUILD := $(CURDIR)/build
COLOR := $(shell [ -t 1 ] && echo 1)
export COLOR
IN_VM = GUEST_ENV="LB BUILD COLOR" tests/vm/boot

demo:
	@kver=$$(tests/vm/prepare $(KVER)) && $(IN_VM) -n demo $$kver tests/lab/demo

lab:
	@kver=$$(tests/vm/prepare $(KVER)) && $(IN_VM) -i -n lab $$kver 'tests/lab/shell $(TOPO)'

check:
	@tests/vm/check

check-all:
	@tests/vm/check all

check-debug:
	@tests/debug/check

# What a packet costs (tests/perf/README.md).
bench:
	@tests/perf/bench

bench-native:
	@tests/perf/native

bench-record:
	@tests/perf/guard record $$(tests/vm/prepare)

help:
	@echo "make [all]          shunt.ko for the running kernel (KDIR=... another) and shuntadm"
	@echo "make install        both, manual pages and completions; install-takeover: in the place of ip_vs"
	@echo "make demo           both systems of the README in a lab VM, every hop expected beside captured"
	@echo "make lab            a root shell in that VM (TOPO=nat|dr, KVER=..., LB=shunt|ipvs)"
	@echo "make check          all tests on both kernels; check-all: all of them on each, and the slow ones"
	@echo "make check-debug    the netns tests on kernels that say what goes wrong in them (builds both once, 20 minutes each)"
	@echo "make bench          what a packet costs on every way through the director, in instructions, on both kernels"
	@echo "make bench-native   the same in nanoseconds, up to 1 000 000 flows (builds User-Mode Linux once)"
	@echo "make bench-record   writes what a packet costs now into tests/perf/recorded, which make check guards"

.PHONY: all module tool install install-takeover uninstall-takeover clean demo lab check check-all check-debug \
	bench bench-native bench-record help
