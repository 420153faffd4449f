/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a real server has done: connections, packets, bytes and their rates.
 *
 * Only real servers are counted for. Every packet of a service goes to one of
 * them, so a service is the sum of its real servers and the netns the sum of
 * all, taken when somebody asks: a packet pays for one pair of counters, not
 * for three.
 */
#ifndef SHUNT_COUNTERS_H
#define SHUNT_COUNTERS_H

#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/refcount.h>
#include <linux/seqlock.h>
#include <linux/u64_stats_sync.h>

#include "stats/rate.h"

enum shunt_count {
	SHUNT_COUNT_CONNS,
	SHUNT_COUNT_INPKTS,
	SHUNT_COUNT_OUTPKTS,
	SHUNT_COUNT_INBYTES,
	SHUNT_COUNT_OUTBYTES,
	SHUNT_COUNT_MAX,
};

/**
 * struct shunt_counters - one CPU's counters of a real server
 * @value:	counts since the real server was made
 * @syncp:	guards @value on 32 bit
 * @closed:	jiffies at which the running rate period began
 * @seq:	guards @closed, @mark and @avg
 * @mark:	@value when the running period began
 * @avg:	averages as shunt_rate_close() keeps them
 *
 * Written by its own CPU with bottom halves off. The first line is all a packet
 * touches while a period lasts.
 */
struct shunt_counters {
	u64_stats_t value[SHUNT_COUNT_MAX];
	struct u64_stats_sync syncp;
	u32 closed;
	seqcount_t seq;
	u64 mark[SHUNT_COUNT_MAX];
	u64 avg[SHUNT_COUNT_MAX];
} __aligned(64);

/* Three kilobytes on each CPU. */
#define SHUNT_BATCH	16

/**
 * struct shunt_batch - counters that were made together
 * @refs:	one for each real server that has some of them, one while more can
 *		be taken
 * @taken:	how many were
 * @counters:	SHUNT_BATCH of them
 */
struct shunt_batch {
	refcount_t refs;
	unsigned int taken;
	struct shunt_counters __percpu *counters;
};

/**
 * struct shunt_counts - counts alone, without rates
 * @value:	by enum shunt_count
 */
struct shunt_counts {
	u64 value[SHUNT_COUNT_MAX];
};

/**
 * struct shunt_stats - counters summed over CPUs, for reading
 * @count:	counts, by enum shunt_count
 * @rate:	averages, fixed point as in stats/rate.h
 */
struct shunt_stats {
	u64 count[SHUNT_COUNT_MAX];
	u64 rate[SHUNT_COUNT_MAX];
};

struct shunt_counters __percpu *shunt_counters_take(struct shunt_batch **open,
						    struct shunt_batch **own);
void shunt_batch_put(struct shunt_batch *batch);
void shunt_counters_roll(struct shunt_counters *c, u32 now);
void shunt_counters_read(struct shunt_stats *sum,
			 const struct shunt_counters __percpu *counters,
			 const struct cpumask *cpus);

/**
 * shunt_stats_add() - add one sum to another
 * @to:		added to
 * @from:	what to add
 */
static inline void shunt_stats_add(struct shunt_stats *to,
				   const struct shunt_stats *from)
{
	int i;

	for (i = 0; i < SHUNT_COUNT_MAX; i++) {
		to->count[i] += from->count[i];
		to->rate[i] += from->rate[i];
	}
}

/**
 * shunt_stats_since() - leave only what was counted since a mark
 * @stats:	changed
 * @mark:	counts at that time
 */
static inline void shunt_stats_since(struct shunt_stats *stats, const u64 *mark)
{
	int i;

	for (i = 0; i < SHUNT_COUNT_MAX; i++)
		stats->count[i] -= mark[i];
}

/**
 * shunt_counts_add() - add up counts alone, without rates
 * @to:		added to, by enum shunt_count
 * @from:	what to add
 */
static inline void shunt_counts_add(u64 *to, const struct shunt_stats *from)
{
	int i;

	for (i = 0; i < SHUNT_COUNT_MAX; i++)
		to[i] += from->count[i];
}

/**
 * shunt_counts_sub() - take a sum's counts away
 * @from:	made smaller, by enum shunt_count
 * @stats:	by these
 */
static inline void shunt_counts_sub(u64 *from, const struct shunt_stats *stats)
{
	int i;

	for (i = 0; i < SHUNT_COUNT_MAX; i++)
		from[i] -= stats->count[i];
}

static inline struct shunt_counters *
shunt_counters_begin(struct shunt_counters __percpu *counters)
{
	struct shunt_counters *c = this_cpu_ptr(counters);
	u32 now = (u32)jiffies;

	if (unlikely(now - c->closed >= SHUNT_RATE_PERIOD * HZ))
		shunt_counters_roll(c, now);
	u64_stats_update_begin(&c->syncp);
	return c;
}

/**
 * shunt_count_packet() - count a packet
 * @counters:	of the packet's real server
 * @pkts:	SHUNT_COUNT_INPKTS or SHUNT_COUNT_OUTPKTS; the bytes of the same
 *		direction follow two places behind
 * @len:	its length from the IP header on, in bytes
 *
 * Context: bottom halves off.
 */
static inline void shunt_count_packet(struct shunt_counters __percpu *counters,
				      enum shunt_count pkts, unsigned int len)
{
	struct shunt_counters *c = shunt_counters_begin(counters);
	int bytes = pkts - SHUNT_COUNT_INPKTS + SHUNT_COUNT_INBYTES;

	u64_stats_inc(&c->value[pkts]);
	u64_stats_add(&c->value[bytes], len);
	u64_stats_update_end(&c->syncp);
}

/**
 * shunt_count_conn() - count a new connection
 * @counters:	of its real server
 *
 * Context: bottom halves off.
 */
static inline void shunt_count_conn(struct shunt_counters __percpu *counters)
{
	struct shunt_counters *c = shunt_counters_begin(counters);

	u64_stats_inc(&c->value[SHUNT_COUNT_CONNS]);
	u64_stats_update_end(&c->syncp);
}

#endif /* SHUNT_COUNTERS_H */
