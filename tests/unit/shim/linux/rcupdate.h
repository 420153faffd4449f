/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_RCUPDATE_H
#define SHIM_RCUPDATE_H

#include <stdlib.h>

#include <linux/err.h>
#include <linux/types.h>

/* One thread: whoever frees is the last reader, and ASan sees who is not. */
#define rcu_dereference(p)	READ_ONCE(p)
#define RCU_INIT_POINTER(p, v)	WRITE_ONCE(p, v)
#define kvfree_rcu(p, head)	((void)&(p)->head, free(p))
#define kfree_rcu(p, head)	kvfree_rcu(p, head)
#define call_rcu(head, function) (function)(head)

#endif /* SHIM_RCUPDATE_H */
