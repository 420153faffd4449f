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
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules_install
	$(MAKE) -C tool install

clean:
	[ ! -d $(KDIR) ] || $(MAKE) -C $(KDIR) M=$(CURDIR) clean
	$(MAKE) -C tool clean

.PHONY: all module tool install clean
