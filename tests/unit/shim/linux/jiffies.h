/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_JIFFIES_H
#define SHIM_JIFFIES_H

#define HZ	250		/* Debian's */

extern unsigned long jiffies;	/* the tests' clock */

#endif /* SHIM_JIFFIES_H */
