// SPDX-License-Identifier: GPL-2.0-only
/*
 * stats/counters.c: exact sums over CPUs, and rates that nobody keeps up to
 * date, against a model that does so every period on every CPU.
 */
#include "stats/counters.h"

#include <math.h>

#include "unit.h"

#define PERIOD	(SHUNT_RATE_PERIOD * HZ)

struct model {
	u64 count[SHUNT_COUNT_MAX];
	u64 period[SHUNT_COUNT_MAX];	/* of count, in this period */
	double avg[SHUNT_COUNT_MAX];	/* events a period */
};

static void model_add(struct model *m, enum shunt_count what, u64 n)
{
	m->count[what] += n;
	m->period[what] += n;
}

static void model_tick(struct model *m)
{
	int i;

	for (i = 0; i < SHUNT_COUNT_MAX; i++) {
		m->avg[i] = m->avg[i] * 3 / 4 + m->period[i] / 4.0;
		m->period[i] = 0;
	}
}

static void compare(const struct model *m,
		    const struct shunt_counters *counters, const char *when)
{
	struct shunt_stats sum = {};
	int i;

	shunt_counters_read(&sum, counters, cpu_possible_mask);
	for (i = 0; i < SHUNT_COUNT_MAX; i++) {
		double rate = (double)sum.rate[i] / (1 << SHUNT_RATE_SHIFT);

		expect(sum.count[i] == m->count[i], "%s, %d: %llu, not %llu",
		       when, i, sum.count[i], m->count[i]);
		expect(fabs(rate - m->avg[i]) <=
		       SHIM_CPUS * 8.0 / (1 << SHUNT_RATE_SHIFT),
		       "%s, %d: %f a period, not %f", when, i, rate, m->avg[i]);
	}
}

static void random_packet(struct shunt_counters *counters, struct model *m)
{
	u32 len = 40 + unit_random() % 1461;

	shim_cpu = unit_random() % SHIM_CPUS;
	switch (unit_random() % 3) {
	case 0:
		shunt_count_conn(counters);
		model_add(m, SHUNT_COUNT_CONNS, 1);
		break;
	case 1:
		shunt_count_packet(counters, SHUNT_COUNT_INPKTS, len);
		model_add(m, SHUNT_COUNT_INPKTS, 1);
		model_add(m, SHUNT_COUNT_INBYTES, len);
		break;
	default:
		shunt_count_packet(counters, SHUNT_COUNT_OUTPKTS, len);
		model_add(m, SHUNT_COUNT_OUTPKTS, 1);
		model_add(m, SHUNT_COUNT_OUTBYTES, len);
	}
}

/* The only counters that anybody has taken. */
struct taken {
	struct shunt_batch *open, *own;
};

static struct shunt_counters *take(struct taken *taken)
{
	taken->open = NULL;
	return shunt_counters_take(&taken->open, &taken->own);
}

static void give_back(struct taken *taken)
{
	shunt_batch_put(taken->own);
	shunt_batch_put(taken->open);
}

/* Each has memory of its own, which lasts as long as anybody has some of it. */
static void test_batches(void)
{
	struct shunt_batch *open = NULL, *own[3 * SHUNT_BATCH];
	struct shunt_counters *counters[COUNT(own)];
	struct shunt_stats stats;
	int i;

	for (i = 0; i < COUNT(own); i++)
		counters[i] = shunt_counters_take(&open, &own[i]);
	for (i = 0; i < COUNT(own); i++)
		for (shim_cpu = 0; shim_cpu < SHIM_CPUS; shim_cpu++)
			shunt_count_conn(counters[i]);
	shim_cpu = 0;
	shunt_batch_put(open);
	for (i = 0; i < COUNT(own); i++) {
		stats = (struct shunt_stats){};
		shunt_counters_read(&stats, counters[i], cpu_possible_mask);
		expect(stats.count[SHUNT_COUNT_CONNS] == SHIM_CPUS, "%d", i);
		shunt_batch_put(own[i]);
	}
}

/* Starts at a jiffies from which its low half wraps on the way. */
static void run_history(unsigned long start, u32 rest, const char *text)
{
	struct shunt_counters *counters;
	struct taken taken;
	struct model m = {};
	int n, tick, k;

	jiffies = start;
	counters = take(&taken);
	compare(&m, counters, text);
	for (n = 0; n < 400; n++) {
		bool silent = unit_random() % 100 < rest;
		unsigned long begin = jiffies;

		/* At five moments of the period, or at its last only. */
		for (tick = n % 2 ? 0 : 4; tick < 5; tick++) {
			jiffies = begin + tick * (PERIOD - 1) / 4;
			for (k = silent ? 0 : unit_random() % 20; k; k--)
				random_packet(counters, &m);
		}
		jiffies = begin + PERIOD - 1;
		compare(&m, counters, text);
		model_tick(&m);
		jiffies = begin + PERIOD;
		compare(&m, counters, text);
	}
	give_back(&taken);
}

static void test_history(void)
{
	run_history(0, 0, "always busy");
	run_history(12345, 50, "half of the time");
	run_history(777, 97, "rarely");
	run_history((1ul << 32) - 100 * PERIOD, 50, "over 2^32 jiffies");
}

static void test_exact(void)
{
	struct taken taken;
	struct shunt_counters *counters = take(&taken);
	struct model m = {};
	int n;

	for (n = 0; n < 1000; n++) {
		struct shunt_stats sum = {};

		random_packet(counters, &m);
		shunt_counters_read(&sum, counters, cpu_possible_mask);
		expect(sum.count[SHUNT_COUNT_INBYTES] ==
		       m.count[SHUNT_COUNT_INBYTES] &&
		       sum.count[SHUNT_COUNT_CONNS] ==
		       m.count[SHUNT_COUNT_CONNS], "packet %d", n);
	}
	give_back(&taken);
}

static void test_each_cpu(void)
{
	struct taken taken;
	struct shunt_counters *counters = take(&taken);
	u64 conns[SHIM_CPUS] = {};
	int n, cpu;

	for (n = 0; n < 1000; n++) {
		struct shunt_stats sum = {};

		shim_cpu = unit_random() % SHIM_CPUS;
		shunt_count_conn(counters);
		conns[shim_cpu]++;
		for (cpu = 0; cpu < SHIM_CPUS; cpu++) {
			struct shunt_stats one = {};

			shunt_counters_read(&one, counters, cpumask_of(cpu));
			expect(one.count[SHUNT_COUNT_CONNS] == conns[cpu],
			       "CPU %d: %llu, not %llu", cpu,
			       one.count[SHUNT_COUNT_CONNS], conns[cpu]);
			shunt_stats_add(&sum, &one);
		}
		expect(sum.count[SHUNT_COUNT_CONNS] == n + 1, "all: %llu",
		       sum.count[SHUNT_COUNT_CONNS]);
	}
	give_back(&taken);
}

static void test_add(void)
{
	struct shunt_stats a = {}, b = {};
	int i;

	for (i = 0; i < SHUNT_COUNT_MAX; i++) {
		a.count[i] = 1 + i;
		a.rate[i] = 100 + i;
		b.count[i] = 10 * i;
		b.rate[i] = 1000 * i;
	}
	shunt_stats_add(&a, &b);
	for (i = 0; i < SHUNT_COUNT_MAX; i++)
		expect(a.count[i] == 1 + 11 * i && a.rate[i] == 100 + 1001 * i,
		       "%d: %llu, %llu", i, a.count[i], a.rate[i]);
}

static const struct unit_case cases[] = {
	{ "counters made together are apart, and there while one is used",
	  test_batches },
	{ "rates and counts of all CPUs as if all ticked every period",
	  test_history },
	{ "a count can be read as soon as it is counted", test_exact },
	{ "what was counted on each CPU can be told", test_each_cpu },
	{ "sums are added whole", test_add },
};

int main(int argc, char **argv)
{
	return unit_run(argc, argv, cases, COUNT(cases));
}
