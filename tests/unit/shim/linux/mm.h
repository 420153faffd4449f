/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_MM_H
#define SHIM_MM_H

#include <stdlib.h>

#include <linux/types.h>

#define GFP_KERNEL	1u
#define GFP_KERNEL_ACCOUNT	2u

#define struct_size(p, member, count) \
	(sizeof(*(p)) + (count) * sizeof((p)->member[0]))

extern bool shim_out_of_memory;

static inline void *kvzalloc(size_t size, gfp_t gfp)
{
	(void)gfp;
	return shim_out_of_memory ? NULL : calloc(1, size);
}

#endif /* SHIM_MM_H */
