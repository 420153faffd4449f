/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_SPINLOCK_H
#define SHIM_SPINLOCK_H

typedef struct {
	int unused;
} spinlock_t;

#endif /* SHIM_SPINLOCK_H */
