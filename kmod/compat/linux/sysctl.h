/* SPDX-License-Identifier: GPL-2.0-only */
/* What handles a sysctl is given its entry to read only since 6.11. */
#ifndef SHUNT_COMPAT_SYSCTL_H
#define SHUNT_COMPAT_SYSCTL_H

#include <linux/version.h>
#include_next <linux/sysctl.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define SHUNT_CTL_TABLE	const struct ctl_table
#else
#define SHUNT_CTL_TABLE	struct ctl_table
#endif

#endif /* SHUNT_COMPAT_SYSCTL_H */
