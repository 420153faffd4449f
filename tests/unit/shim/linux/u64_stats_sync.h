/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_U64_STATS_SYNC_H
#define SHIM_U64_STATS_SYNC_H

#include <linux/types.h>

/* As on 64 bit. */
typedef struct {
	u64 v;
} u64_stats_t;

struct u64_stats_sync {
};

static inline u64 u64_stats_read(const u64_stats_t *p)
{
	return READ_ONCE(p->v);
}

static inline void u64_stats_add(u64_stats_t *p, unsigned long n)
{
	p->v += n;
}

static inline void u64_stats_inc(u64_stats_t *p)
{
	p->v++;
}

static inline void u64_stats_init(struct u64_stats_sync *sync)
{
	(void)sync;
}

static inline void u64_stats_update_begin(struct u64_stats_sync *sync)
{
	(void)sync;
}

static inline void u64_stats_update_end(struct u64_stats_sync *sync)
{
	(void)sync;
}

static inline unsigned int
u64_stats_fetch_begin(const struct u64_stats_sync *sync)
{
	(void)sync;
	return 0;
}

static inline bool u64_stats_fetch_retry(const struct u64_stats_sync *sync,
					 unsigned int start)
{
	(void)sync;
	return start != 0;
}

#endif /* SHIM_U64_STATS_SYNC_H */
