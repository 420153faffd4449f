// SPDX-License-Identifier: GPL-2.0-only
#include "stats/counters.h"

/**
 * shunt_counters_alloc() - counters for one real server
 *
 * Return: zeroed per-CPU counters to be freed with free_percpu(), or NULL.
 * Context: process, may sleep.
 */
struct shunt_counters __percpu *shunt_counters_alloc(void)
{
	struct shunt_counters __percpu *counters;
	int cpu;

	counters = alloc_percpu_gfp(struct shunt_counters, GFP_KERNEL_ACCOUNT);
	if (!counters)
		return NULL;
	for_each_possible_cpu(cpu) {
		struct shunt_counters *c = per_cpu_ptr(counters, cpu);

		u64_stats_init(&c->syncp);
		seqcount_init(&c->seq);
		c->closed = (u32)jiffies;
	}
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
