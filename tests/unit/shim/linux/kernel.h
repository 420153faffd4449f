/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_KERNEL_H
#define SHIM_KERNEL_H

#include <stdio.h>

#include <linux/types.h>

/* Of what fits, which is all of it wherever it is used here. */
#define scnprintf	snprintf

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

static inline u32 reciprocal_scale(u32 value, u32 range)
{
	return (u32)((u64)value * range >> 32);
}

#endif /* SHIM_KERNEL_H */
