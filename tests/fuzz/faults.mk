# SPDX-License-Identifier: GPL-2.0-only
#
# Builds faults (faults.c says what it does) into OUT, with the lab's packets and the tool's way to the kernel. Needs shuntadm built.
TOP := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/../..)
OUT ?= $(TOP)/build/bin
LIBS := popt libnl-3.0 libnl-genl-3.0
CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Wno-missing-field-initializers
CPPFLAGS := -I$(TOP)/tool -I$(TOP)/tests/lab -I$(TOP)/include/uapi $(shell pkg-config --cflags $(LIBS))
TOOL := $(patsubst %.c,%.o,$(filter-out %/main.c,$(wildcard $(TOP)/tool/*.c)))
SOURCES := $(addprefix $(TOP)/tests/fuzz/,faults.c faults_commands.c faults_packets.c) $(TOP)/tests/lab/forge.c

$(OUT)/faults: $(SOURCES) $(TOP)/tests/fuzz/faults.h $(TOP)/tests/lab/forge.h $(TOP)/tool/main.c $(TOOL)
	$(CC) $(CPPFLAGS) $(CFLAGS) -Dmain=shuntadm_main -c -o $(OUT)/faults-tool.o $(TOP)/tool/main.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $(SOURCES) $(OUT)/faults-tool.o $(TOOL) $(shell pkg-config --libs $(LIBS))
