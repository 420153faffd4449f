/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LIMITS_H
#define SHIM_LIMITS_H

#include_next <linux/limits.h>

#include <linux/types.h>	/* U32_MAX */

#endif /* SHIM_LIMITS_H */
