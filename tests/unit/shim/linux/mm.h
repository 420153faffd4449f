/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_MM_H
#define SHIM_MM_H

#include <stdlib.h>

#include <linux/types.h>

#define GFP_KERNEL	1u
#define GFP_KERNEL_ACCOUNT	2u
#define GFP_ATOMIC	4u
#define __GFP_NOWARN	8u

#define struct_size(p, member, count) \
	(sizeof(*(p)) + (count) * sizeof((p)->member[0]))

extern bool shim_out_of_memory;
extern int shim_allocations;	/* that still succeed when out of memory */

static inline void *kvzalloc(size_t size, gfp_t gfp)
{
	(void)gfp;
	if (shim_out_of_memory && shim_allocations-- <= 0)
		return NULL;
	return calloc(1, size);
}

#define kvcalloc(count, size, gfp)	kvzalloc((count) * (size), gfp)
#define kmalloc(size, gfp)		kvzalloc(size, gfp)
#define kvfree(p)			free(p)
#define kfree(p)			free(p)

#endif /* SHIM_MM_H */
