// SPDX-License-Identifier: GPL-2.0-only
/*
 * sched/lc.c, wlc.c, sed.c and nq.c: who is least loaded.
 *
 * The model reckons with fractions of long double and asks each server in turn.
 */
#include <limits.h>
#include <math.h>
#include <stdio.h>

#include "lab.h"
#include "sched/load.h"

/* --- the model ------------------------------------------------------------ */

static long double overhead(const struct shunt_dest *dest)
{
	return 256.0L * atomic_read(&dest->active) +
	       atomic_read(&dest->inactive);
}

static long double model_lc(const struct shunt_dest *dest)
{
	return overhead(dest);
}

static long double model_wlc(const struct shunt_dest *dest)
{
	return overhead(dest) / dest->weight;
}

static long double model_sed(const struct shunt_dest *dest)
{
	return (atomic_read(&dest->active) + 1.0L) / dest->weight;
}

static long double model_nq(const struct shunt_dest *dest)
{
	return atomic_read(&dest->active) ? model_sed(dest) : 0;
}

static const struct model {
	const char *name;
	long double (*load)(const struct shunt_dest *dest);
} models[] = {
	{ "lc", model_lc },
	{ "wlc", model_wlc },
	{ "sed", model_sed },
	{ "nq", model_nq },
};

/* Of equals the newest, who is the last. */
static int model_choose(const struct lab *lab, const struct model *model)
{
	int i, best = -1;

	for (i = lab->count - 1; i >= 0; i--) {
		const struct shunt_dest *dest = &lab->dest[i];

		if (dest->weight && !dest->flags &&
		    (best < 0 ||
		     model->load(dest) < model->load(&lab->dest[best])))
			best = i;
	}
	return best;
}

/* --- cases ---------------------------------------------------------------- */

static void random_servers(struct lab *lab, u32 range)
{
	u32 weight[12], i, count = 1 + unit_random() % 12;

	for (i = 0; i < count; i++)
		weight[i] = unit_random() % 5 ? 1 + unit_random() % range : 0;
	lab_init(lab, weight, count);
	for (i = 0; i < count; i++) {
		has(lab, i, unit_random() % 4, unit_random() % 600);
		overload(lab, i, unit_random() % 6 == 0);
	}
}

static void test_model(void)
{
	struct lab lab;
	int m, n;

	for (n = 0; n < 20000; n++) {
		random_servers(&lab, n % 2 ? 4 : 1000);
		for (m = 0; m < COUNT(models); m++) {
			lab_renew(&lab, models[m].name);
			expect(choose(&lab) == model_choose(&lab, &models[m]),
			       "%s, try %d: %d, the model %d", models[m].name,
			       n, choose(&lab), model_choose(&lab, &models[m]));
		}
		lab_exit(&lab);
	}
}

/* Connections that stay: shares follow the weights, lc's excepted. */
static void check_shares(const char *scheduler, const u32 *weight, u32 count,
			 bool weighted)
{
	const u32 conns = 100000;
	struct lab lab;
	u64 sum = 0;
	u32 n, i;
	int who;

	for (i = 0; i < count; i++)
		sum += weighted ? weight[i] : 1;
	lab_start(&lab, scheduler, weight, count);
	for (n = 0; n < conns; n++) {
		who = choose(&lab);
		if (who >= 0)
			has(&lab, who, atomic_read(&lab.dest[who].active) + 1,
			    0);
	}
	for (i = 0; i < count; i++) {
		double due = (double)conns * (weighted ? weight[i] : 1) / sum;
		int got = atomic_read(&lab.dest[i].active);

		expect(fabs(got - due) <= fmax(due / 100, 2),
		       "%s: %u of weight %u has %d connections, due are %.1f",
		       scheduler, i, weight[i], got, due);
	}
	lab_exit(&lab);
}

static void test_shares(void)
{
	static const u32 small[] = { 1, 3 }, large[] = { INT_MAX, INT_MAX / 2,
							 INT_MAX / 3 };
	u32 many[SERVERS], i;
	int m;

	for (i = 0; i < SERVERS; i++)
		many[i] = 1 + i % 10;
	for (m = 0; m < COUNT(models); m++) {
		bool weighted = models[m].load != model_lc;

		check_shares(models[m].name, small, COUNT(small), weighted);
		check_shares(models[m].name, large, COUNT(large), weighted);
		check_shares(models[m].name, many, SERVERS, weighted);
	}
}

static void test_idle_first(void)
{
	static const u32 weight[] = { 1, 1, 1000 };
	struct lab lab;

	lab_start(&lab, "nq", weight, 3);
	has(&lab, 2, 1, 0);
	has(&lab, 1, 0, 100000);
	expect(choose(&lab) == 1, "the newest idle one, not %d", choose(&lab));
	has(&lab, 1, 1, 0);
	expect(choose(&lab) == 0, "the other idle one, not %d", choose(&lab));
	has(&lab, 0, 1, 0);
	expect(choose(&lab) == 2, "the strongest, not %d", choose(&lab));
	lab_exit(&lab);
}

/* More connections than any machine has: nothing may wrap. */
static void test_extremes(void)
{
	static const u32 load[] = { 0, 1, 255, 1u << 23, 1u << 24, INT_MAX };
	static const u32 weight[] = { 1, 2, 65535, INT_MAX };
	int a, b, wa, wb;

	for (a = 0; a < COUNT(load); a++)
	for (b = 0; b < COUNT(load); b++)
	for (wa = 0; wa < COUNT(weight); wa++)
	for (wb = 0; wb < COUNT(weight); wb++) {
		u64 la = shunt_overhead(load[a], load[a]);
		u64 lb = shunt_overhead(load[b], load[b]);
		long double qa = (long double)la / weight[wa];
		long double qb = (long double)lb / weight[wb];

		/* The last digits may be lost, not more. */
		if (fabsl(qa - qb) <= fmaxl(qa, qb) / 1e6 && qa != qb)
			continue;
		expect(shunt_load_less(la, weight[wa], lb, weight[wb]) ==
		       (qa < qb), "%llu / %u and %llu / %u",
		       (unsigned long long)la, weight[wa],
		       (unsigned long long)lb, weight[wb]);
	}
}

/* A choice that cannot take the connection is not insisted on. */
static void test_again(void)
{
	static const u32 weight[] = { 1, 1, 1 };
	struct shunt_dest *dest;
	int seen = 0, n;
	struct lab lab;

	lab_start(&lab, "lc", weight, 3);
	has(&lab, 1, 5, 0);
	overload(&lab, 2, true);
	for (n = 0; n < 4; n++) {
		dest = shunt_picks_choose(&lab.svc, &lab.tuple, true);
		seen |= 1 << (dest - lab.dest);
	}
	expect(seen == 3, "seen %#x", seen);
	lab_exit(&lab);
}

static const struct unit_case cases[] = {
	{ "lc, wlc, sed and nq choose whom the model does", test_model },
	{ "connections that stay are within 1 % of the weights (lc: alike)",
	  test_shares },
	{ "nq: idle ones first, the newest of them", test_idle_first },
	{ "loads are compared without overflow", test_extremes },
	{ "asked again, others are chosen too", test_again },
};

int main(int argc, char **argv)
{
	return unit_run(argc, argv, cases, COUNT(cases));
}
