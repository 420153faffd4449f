// SPDX-License-Identifier: GPL-2.0-only
/*
 * sched/fo.c, ovf.c, lblc.c, lblcr.c and locality.c: the strongest, and who
 * served a destination before.
 *
 * The models are told everything that happens and forget nothing.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <stdlib.h>

#include "lab.h"
#include "sched/locality.h"

#define DAY	(24ul * 3600 * HZ)
#define ADDRS	8

static bool takes(const struct lab *lab, int i)
{
	return lab->dest[i].weight && !lab->dest[i].flags;
}

static int active(const struct lab *lab, int i)
{
	return atomic_read(&lab->dest[i].active);
}

static void random_load(struct lab *lab)
{
	u32 i;

	for (i = 0; i < lab->count; i++) {
		has(lab, i, unit_random() % 12, unit_random() % 3);
		overload(lab, i, unit_random() % 8 == 0);
	}
}

static void random_lab(struct lab *lab)
{
	u32 weight[10], count = 1 + unit_random() % 10, i;

	for (i = 0; i < count; i++)
		weight[i] = unit_random() % 8;
	lab_init(lab, weight, count);
	random_load(lab);
}

/* --- fo and ovf ----------------------------------------------------------- */

static int model_strongest(const struct lab *lab, bool overflow)
{
	int i, best = -1;

	for (i = lab->count - 1; i >= 0; i--) {
		if (!takes(lab, i) ||
		    (overflow && active(lab, i) > (int)lab->dest[i].weight))
			continue;
		if (best < 0 || lab->dest[i].weight > lab->dest[best].weight)
			best = i;
	}
	return best;
}

static void test_strongest(void)
{
	struct lab lab;
	int n, o, who;

	for (n = 0; n < 20000; n++) {
		random_lab(&lab);
		for (o = 0; o < 2; o++) {
			lab_renew(&lab, o ? "ovf" : "fo");
			who = model_strongest(&lab, o);
			expect(choose(&lab) == who, "%s, try %d: %d, not %d",
			       o ? "ovf" : "fo", n, choose(&lab), who);
		}
		lab_exit(&lab);
	}
}

static void test_overflow(void)
{
	static const u32 weight[] = { 2, 5, 3 };
	static const int order[] = { 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 0, 0, 0 };
	struct lab lab;
	int n, who;

	lab_start(&lab, "ovf", weight, 3);
	for (n = 0; n < COUNT(order); n++) {
		who = choose(&lab);
		expect(who == order[n], "connection %d: %d", n, who);
		has(&lab, order[n], active(&lab, order[n]) + 1, 0);
	}
	expect(choose(&lab) == -1, "all full");
	lab_exit(&lab);
}

/* --- lblc and lblcr ------------------------------------------------------- */

/* Whose set a destination has; lblc's has one. */
struct model {
	bool replicate;
	u32 set[ADDRS];		/* bits of servers */
	unsigned long used[ADDRS], changed[ADDRS];
};

static double load(const struct lab *lab, int i)
{
	return (256.0 * active(lab, i) + atomic_read(&lab->dest[i].inactive)) /
	       lab->dest[i].weight;
}

/* The least loaded of a set; of equals the one an array would show first. */
static int least_of(const struct lab *lab, u32 set, bool newest)
{
	int n, best = -1, count = lab->count;

	for (n = 0; n < count; n++) {
		int i = newest ? count - 1 - n : n;

		if (set >> i & 1 && takes(lab, i) &&
		    (best < 0 || load(lab, i) < load(lab, best)))
			best = i;
	}
	return best;
}

static int most_of(const struct lab *lab, u32 set)
{
	int i, best = -1;

	for (i = 0; i < (int)lab->count; i++) {
		if (set >> i & 1 && lab->dest[i].weight &&
		    (best < 0 || load(lab, i) > load(lab, best)))
			best = i;
	}
	return best;
}

static bool too_busy(const struct lab *lab, int who)
{
	int i;

	if (active(lab, who) <= (int)lab->dest[who].weight)
		return false;
	for (i = 0; i < (int)lab->count; i++) {
		if (active(lab, i) * 2 < (int)lab->dest[i].weight)
			return true;
	}
	return false;
}

static u32 weighty(const struct lab *lab)
{
	u32 set = 0, i;

	for (i = 0; i < lab->count; i++)
		set |= !!lab->dest[i].weight << i;
	return set;
}

static int model_choose(struct model *m, const struct lab *lab, int addr)
{
	u32 set = jiffies - m->used[addr] < DAY ? m->set[addr] : 0;
	int who = least_of(lab, set, false), most;

	if (set)
		m->used[addr] = jiffies;
	if (who >= 0 && !too_busy(lab, who)) {
		if (__builtin_popcount(set) > 1 &&
		    jiffies - m->changed[addr] > DAY) {
			most = most_of(lab, set);
			m->set[addr] = set & weighty(lab) &
				       ~(most != who ? 1u << most : 0);
			m->changed[addr] = jiffies;
		}
		return who;
	}
	who = least_of(lab, ~0u, true);
	if (who >= 0 && !(set >> who & 1)) {
		m->set[addr] = (m->replicate ? set & weighty(lab) : 0) |
			       1u << who;
		m->used[addr] = m->changed[addr] = jiffies;
	}
	return who;
}

static void to(struct lab *lab, u32 addr)
{
	lab->tuple.dst4 = htonl(0xc6336401 + addr);
}

/* A year of one service: loads, weights and time change at random. */
static void live(const char *scheduler, bool replicate)
{
	struct model m = { .replicate = replicate };
	struct lab lab;
	int n, i, addr, who, got;

	random_lab(&lab);
	lab.dest[0].weight = 5;		/* somebody, always: memory is kept */
	lab_renew(&lab, scheduler);
	for (i = 0; i < ADDRS; i++)
		m.used[i] = jiffies - DAY;
	for (n = 0; n < 400; n++) {
		random_load(&lab);
		if (unit_random() % 8 == 0) {
			i = unit_random() % lab.count;
			lab.dest[i].weight = i ? unit_random() % 8 : 5;
			lab_renew(&lab, scheduler);
		}
		addr = unit_random() % ADDRS;
		to(&lab, addr);
		got = choose(&lab);
		who = model_choose(&m, &lab, addr);
		expect(got == who, "%s, step %d: %d, the model %d", scheduler,
		       n, got, who);
		jiffies += unit_random() % (unit_random() % 9 ? HZ : 2 * DAY);
	}
	lab_exit(&lab);
}

static void test_local(void)
{
	int n;

	for (n = 0; n < 300; n++) {
		live("lblc", false);
		live("lblcr", true);
	}
}

static void test_sticky(void)
{
	static const u32 weight[] = { 4, 4 };
	struct lab lab;
	int first;

	lab_start(&lab, "lblc", weight, 2);
	to(&lab, 0);
	first = choose(&lab);
	has(&lab, first, 4, 100);
	expect(choose(&lab) == first, "busy, but not too busy");
	has(&lab, first, 5, 0);
	has(&lab, !first, 2, 0);
	expect(choose(&lab) == first, "the other is not idle enough");
	has(&lab, !first, 1, 0);
	expect(choose(&lab) == !first, "the other takes over");
	has(&lab, first, 0, 0);
	expect(choose(&lab) == !first, "and keeps it");
	lab_renew(&lab, "lblcr");
	expect(choose(&lab) == !first, "under another scheduler too");
	lab_renew(&lab, "wlc");
	expect(choose(&lab) == first, "wlc does not remember");
	lab_exit(&lab);
}

/* More destinations than there is room for: old ones go, new ones stay. */
static void test_bounded(void)
{
	static const u32 weight[] = { 4, 4 };
	const struct shunt_locality *l;
	struct lab lab;
	u32 n, kept = 0;

	lab_start(&lab, "lblc", weight, 2);
	l = lab.svc.picks->locality;
	for (n = 0; n < 3 * SHUNT_LOCALITY_MAX; n++) {
		has(&lab, n % 2, 1, 0);
		has(&lab, !(n % 2), 0, 0);
		to(&lab, n);
		choose(&lab);
		jiffies++;
		expect(l->count <= SHUNT_LOCALITY_MAX, "%u entries", l->count);
	}
	expect(l->count == SHUNT_LOCALITY_MAX, "%u entries", l->count);
	/* All would go to 0 now, but for what is remembered. */
	has(&lab, 0, 0, 0);
	has(&lab, 1, 1, 0);
	for (n = 3 * SHUNT_LOCALITY_MAX - 2000; n < 3 * SHUNT_LOCALITY_MAX;
	     n += 2) {
		to(&lab, n);
		kept += choose(&lab) == 1;
	}
	expect(kept > 950, "of the last 1000, %u are remembered", kept);
	/* A day later everything counts for nothing. */
	jiffies += DAY;
	for (n = 0; n < 2000; n += 2) {
		to(&lab, 3 * SHUNT_LOCALITY_MAX - 2000 + n);
		expect(choose(&lab) == 0, "destination %u", n);
	}
	lab_exit(&lab);
}

/* Two services in a netns that may remember 100: both go on, neither goes beyond. */
static void test_bounded_together(void)
{
	static const u32 weight[] = { 4, 4 };
	struct lab a, b;
	u32 n;

	lab_net.settings.conn_max = 100;
	lab_start(&a, "lblc", weight, 2);
	lab_start(&b, "lblcr", weight, 2);
	for (n = 0; n < 300; n++) {
		to(&a, n);
		expect(choose(&a) >= 0, "a's destination %u", n);
		expect(a.svc.picks->locality->count == (n < 99 ? n + 1 : 100),
		       "%u entries", a.svc.picks->locality->count);
	}
	to(&b, 0);
	expect(choose(&b) >= 0, "b's destination");
	expect(!b.svc.picks->locality->count, "there is no room for it");
	lab_exit(&a);
	for (n = 0; n < 300; n++) {
		to(&b, n);
		expect(choose(&b) >= 0, "b's destination %u", n);
	}
	expect(atomic_read(&lab_net.remembered) == 100, "%d are counted",
	       atomic_read(&lab_net.remembered));
	lab_exit(&b);
	expect(!atomic_read(&lab_net.remembered), "%d are left",
	       atomic_read(&lab_net.remembered));
	lab_net.settings.conn_max = 0;
}

/* Without memory for it nothing is remembered, and connections still go. */
static void test_no_memory(void)
{
	static const u32 weight[] = { 4, 4 };
	struct lab lab;

	lab_start(&lab, "lblcr", weight, 2);
	has(&lab, 0, 1, 0);
	shim_out_of_memory = true;
	expect(choose(&lab) == 1, "the less loaded");
	shim_out_of_memory = false;
	has(&lab, 1, 2, 0);
	expect(choose(&lab) == 0, "the less loaded now");
	lab_exit(&lab);
}

static const struct unit_case cases[] = {
	{ "fo and ovf choose whom the model does", test_strongest },
	{ "ovf: to the next at more connections than the weight",
	  test_overflow },
	{ "lblc and lblcr choose whom the model does, for years", test_local },
	{ "lblc: stays until too busy; survives other schedulers that remember",
	  test_sticky },
	{ "what is remembered is bounded and forgotten after a day",
	  test_bounded },
	{ "all services of a netns remember no more than it may have connections",
	  test_bounded_together },
	{ "no memory, nothing remembered", test_no_memory },
};

int main(int argc, char **argv)
{
	return unit_run(argc, argv, cases, COUNT(cases));
}
