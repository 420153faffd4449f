/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_REFCOUNT_H
#define SHIM_REFCOUNT_H

#include <linux/types.h>

typedef struct {
	atomic_t refs;
} refcount_t;

static inline void refcount_set(refcount_t *r, int n)
{
	atomic_set(&r->refs, n);
}

static inline void refcount_inc(refcount_t *r)
{
	atomic_inc_return(&r->refs);
}

static inline bool refcount_dec_and_test(refcount_t *r)
{
	return !__atomic_sub_fetch(&r->refs.counter, 1, __ATOMIC_SEQ_CST);
}

#endif /* SHIM_REFCOUNT_H */
