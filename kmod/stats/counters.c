// SPDX-License-Identifier: GPL-2.0-only
#include "stats/counters.h"

#include <linux/slab.h>

static void counters_init(struct shunt_counters __percpu *counters)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct shunt_counters *c = per_cpu_ptr(counters, cpu);

		u64_stats_init(&c->syncp);
		seqcount_init(&c->seq);
		c->closed = (u32)jiffies;
	}
}

static struct shunt_batch *batch_alloc(void)
{
	struct shunt_batch *batch = kmalloc(sizeof(*batch), GFP_KERNEL_ACCOUNT);

	if (!batch)
		return NULL;
	batch->counters = __alloc_percpu_gfp(SHUNT_BATCH *
					     sizeof(struct shunt_counters),
					     __alignof__(struct shunt_counters),
					     GFP_KERNEL_ACCOUNT);
	if (!batch->counters) {
		kfree(batch);
		return NULL;
	}
	refcount_set(&batch->refs, 1);
	batch->taken = 0;
	return batch;
}

/**
 * shunt_batch_put() - let go of a reference
 * @batch:	counters made together, freed with the last one; may be NULL
 *
 * Context: any.
 */
void shunt_batch_put(struct shunt_batch *batch)
{
	if (!batch || !refcount_dec_and_test(&batch->refs))
		return;
	free_percpu(batch->counters);
	kfree(batch);
}

/**
 * shunt_counters_take() - counters for one real server
 * @open:	the batch that counters are taken from, NULL at first; changed
 * @own:	set to the batch they belong to, for shunt_batch_put()
 *
 * The per-CPU allocator looks for a place with interrupts off, which for one
 * real server's counters was a third of what adding it cost. So they are made
 * many at a time, and freed when none of them is in use.
 *
 * Return: zeroed per-CPU counters, or NULL when out of memory.
 * Context: process, may sleep; the caller serialises.
 */
struct shunt_counters __percpu *shunt_counters_take(struct shunt_batch **open,
						    struct shunt_batch **own)
{
	struct shunt_batch *batch = *open;
	struct shunt_counters __percpu *counters;

	if (!batch || batch->taken == SHUNT_BATCH) {
		batch = batch_alloc();
		if (!batch)
			return NULL;
		shunt_batch_put(*open);
		*open = batch;
	}
	refcount_inc(&batch->refs);
	*own = batch;
	counters = batch->counters + batch->taken++;
	counters_init(counters);
	return counters;
}

/**
 * shunt_counters_roll() - close the rate period that has run out
 * @c:		this CPU's counters
 * @now:	jiffies
 *
 * Context: bottom halves off.
 */
void shunt_counters_roll(struct shunt_counters *c, u32 now)
{
	u32 periods = (now - c->closed) / (SHUNT_RATE_PERIOD * HZ);
	int i;

	write_seqcount_begin(&c->seq);
	for (i = 0; i < SHUNT_COUNT_MAX; i++) {
		u64 value = u64_stats_read(&c->value[i]);

		c->avg[i] = shunt_rate_close(c->avg[i], value - c->mark[i],
					     periods);
		c->mark[i] = value;
	}
	c->closed += periods * SHUNT_RATE_PERIOD * HZ;
	write_seqcount_end(&c->seq);
}

static void read_values(u64 *value, const struct shunt_counters *c)
{
	unsigned int start;
	int i;

	do {
		start = u64_stats_fetch_begin(&c->syncp);
		for (i = 0; i < SHUNT_COUNT_MAX; i++)
			value[i] = u64_stats_read(&c->value[i]);
	} while (u64_stats_fetch_retry(&c->syncp, start));
}

static void read_cpu(struct shunt_stats *sum, const struct shunt_counters *c)
{
	u64 value[SHUNT_COUNT_MAX], rate[SHUNT_COUNT_MAX];
	unsigned int seq;
	u32 periods;
	int i;

	do {
		seq = read_seqcount_begin(&c->seq);
		periods = ((u32)jiffies - c->closed) / (SHUNT_RATE_PERIOD * HZ);
		read_values(value, c);
		for (i = 0; i < SHUNT_COUNT_MAX; i++)
			rate[i] = shunt_rate_close(c->avg[i],
						   value[i] - c->mark[i],
						   periods);
	} while (read_seqcount_retry(&c->seq, seq));

	for (i = 0; i < SHUNT_COUNT_MAX; i++) {
		sum->count[i] += value[i];
		sum->rate[i] += rate[i];
	}
}

/**
 * shunt_counters_read() - add a real server's counters to a sum
 * @sum:	added to
 * @counters:	of the real server
 * @cpus:	what was counted on these, all of them being cpu_possible_mask
 *
 * Exact: what was counted before the call is in the sum.
 * Context: any.
 */
void shunt_counters_read(struct shunt_stats *sum,
			 const struct shunt_counters __percpu *counters,
			 const struct cpumask *cpus)
{
	int cpu;

	for_each_cpu(cpu, cpus)
		read_cpu(sum, per_cpu_ptr(counters, cpu));
}
