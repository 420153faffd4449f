/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_RANDOM_H
#define SHIM_RANDOM_H

#include <linux/types.h>

u32 unit_random(void);

static inline u32 get_random_u32(void)
{
	return unit_random();
}

#endif /* SHIM_RANDOM_H */
