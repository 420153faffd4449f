/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel we run on. symbol_get() compares no CRC: what it gives may be used
 * on the kernel we were built for, and on no other.
 */
#ifndef SHUNT_KERNEL_H
#define SHUNT_KERNEL_H

#include <generated/utsrelease.h>
#include <linux/string.h>
#include <linux/utsname.h>

static inline bool shunt_kernel_is_ours(void)
{
	return !strcmp(init_utsname()->release, UTS_RELEASE);
}

#endif /* SHUNT_KERNEL_H */
