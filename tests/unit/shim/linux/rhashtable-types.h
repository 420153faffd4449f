/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_RHASHTABLE_TYPES_H
#define SHIM_RHASHTABLE_TYPES_H

struct rhash_head {
	struct rhash_head *next;
};

struct rhashtable {
	void *unused;
};

struct rhashtable_iter {
	void *unused;
};

#endif /* SHIM_RHASHTABLE_TYPES_H */
