/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_HASHTABLE_H
#define SHIM_HASHTABLE_H

#include <linux/list.h>

#define DECLARE_HASHTABLE(name, bits)	struct hlist_head name[1 << (bits)]

#endif /* SHIM_HASHTABLE_H */
