// SPDX-License-Identifier: GPL-2.0-only
/*
 * sched/sched.c, rr.c and wrr.c: the table of picks and who is picked.
 *
 * The model is nginx's smooth weighted round robin: each turn every server
 * gains its weight, the richest takes the turn and pays the sum of all weights.
 */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/mm.h>

#include "lab.h"
#include "sched/spread.h"

/* --- weight sets ---------------------------------------------------------- */

#define WEIGHTS(...) { COUNT(((u32[]){ __VA_ARGS__ })), { __VA_ARGS__ } }

struct weights {
	u32 count;
	u32 weight[SERVERS];
};

/* Sets whose sum, reduced, can be gone round in a test. */
static const struct weights small_sets[] = {
	WEIGHTS(1),
	WEIGHTS(65535),
	WEIGHTS(INT_MAX),
	WEIGHTS(1, 1),
	WEIGHTS(1, 3),
	WEIGHTS(3, 1),
	WEIGHTS(5, 1, 1),
	WEIGHTS(1, 5, 1),
	WEIGHTS(3, 2, 1),
	WEIGHTS(4, 3, 2, 1),
	WEIGHTS(7, 7, 7),
	WEIGHTS(1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
	WEIGHTS(2, 4, 6),
	WEIGHTS(100, 100, 50),
	WEIGHTS(17, 19),
	WEIGHTS(40, 50),
	WEIGHTS(29, 31),
	WEIGHTS(5, 7, 11, 13),
	WEIGHTS(10, 7, 3, 5),
	WEIGHTS(2, 3, 5, 7, 11, 13, 17, 19, 23, 29),
	WEIGHTS(997, 991, 983),
	WEIGHTS(1, 100),
	WEIGHTS(1, 1000, 1),
	WEIGHTS(10000, 1),
	WEIGHTS(65535, 1),
	WEIGHTS(65535, 65534),
	WEIGHTS(65535, 65535, 65535, 65535),
	WEIGHTS(INT_MAX, INT_MAX, INT_MAX),
	WEIGHTS(INT_MAX - 1, (INT_MAX - 1) / 2),
	WEIGHTS(2000000000, 1500000000, 1000000000),
	WEIGHTS(0, 3, 0, 2, 0),
};

/* Sets whose sum, reduced, is millions, or more than 32 bits hold. */
static const struct weights large_sets[] = {
	WEIGHTS(65521, 65519, 65497, 65479, 65449, 65447, 65437, 65423),
	WEIGHTS(65535, 65534, 65533, 65532, 65531, 65530, 65529, 65528, 65527),
	WEIGHTS(INT_MAX, INT_MAX - 1),
	WEIGHTS(INT_MAX, INT_MAX - 1, INT_MAX - 2, INT_MAX - 3),
	WEIGHTS(INT_MAX, 1),
	WEIGHTS(INT_MAX, INT_MAX - 1, 1, 1, 1000000000),
	WEIGHTS(2000000011, 1000000007, 500000003, 250000013),
	WEIGHTS(1000003, 999983, 999979),
	WEIGHTS(0, INT_MAX, 0, INT_MAX - 2),
};

static u64 sum_of(const struct weights *set)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < set->count; i++)
		sum += set->weight[i];
	return sum;
}

static u32 divisor_of(const struct weights *set)
{
	u32 divisor = 0, i;

	for (i = 0; i < set->count; i++)
		divisor = shunt_gcd(set->weight[i], divisor);
	return divisor;
}

static const char *show(const struct weights *set)
{
	static char text[200];
	size_t len = 0;
	u32 i;

	for (i = 0; i < set->count && i < 12; i++)
		len += snprintf(text + len, sizeof(text) - len, "%s%u",
				i ? ":" : "", set->weight[i]);
	if (i < set->count)
		snprintf(text + len, sizeof(text) - len, ":... (%u)",
			 set->count);
	return text;
}

static void random_set(struct weights *set)
{
	u32 i, range = unit_random() % 2 ? 8 : 200;

	set->count = 1 + unit_random() % 12;
	for (i = 0; i < set->count; i++)
		set->weight[i] = 1 + unit_random() % range;
}

/* --- nginx's, as a model -------------------------------------------------- */

struct nginx {
	const struct weights *set;
	long long sum;
	long long current[SERVERS];
};

static u32 nginx_choose(struct nginx *model)
{
	u32 i, best = 0;

	for (i = 0; i < model->set->count; i++) {
		model->current[i] += model->set->weight[i];
		if (model->current[i] > model->current[best])
			best = i;
	}
	model->current[best] -= model->sum;
	return best;
}

/* --- cases ---------------------------------------------------------------- */

static void test_find(void)
{
	expect(shunt_scheduler_find("rr") == &shunt_sched_rr, "rr");
	expect(shunt_scheduler_find("wrr") == &shunt_sched_wrr, "wrr");
	expect(shunt_scheduler_find("wlc") == &shunt_sched_wlc, "wlc");
	expect(!shunt_scheduler_find("wlcx"), "wlcx");
	expect(!shunt_scheduler_find("r"), "r");
	expect(!shunt_scheduler_find("rrr"), "rrr");
	expect(!shunt_scheduler_find(""), "no name");
}

static const char *const schedulers[] = {
	"rr", "wrr", "lc", "wlc", "sed", "nq",
};

static void test_nobody(void)
{
	static const u32 zero[] = { 0, 0, 0 };
	struct lab lab;
	int i;

	for (i = 0; i < COUNT(schedulers); i++) {
		lab_start(&lab, schedulers[i], NULL, 0);
		expect(!lab.svc.picks, "%s, no servers", schedulers[i]);
		expect(choose(&lab) == -1, "%s, no servers", schedulers[i]);
		lab_exit(&lab);
		lab_start(&lab, schedulers[i], zero, 3);
		expect(!lab.svc.picks, "%s, weights 0", schedulers[i]);
		expect(choose(&lab) == -1, "%s, weights 0", schedulers[i]);
		lab_exit(&lab);
	}
}

static void test_no_memory(void)
{
	static const u32 weight[] = { 1, 1 };
	struct shunt_picks *picks;
	struct lab lab;

	lab_init(&lab, weight, 2);
	shim_out_of_memory = true;
	picks = shunt_picks_create(&lab.svc, &shunt_sched_wrr, 0, NULL);
	shim_out_of_memory = false;
	expect(IS_ERR(picks) && PTR_ERR(picks) == -ENOMEM, "got %p",
	       (void *)picks);
}

static void test_order(void)
{
	static const u32 weight[] = { 3, 0, 1, 0, 2 };
	static const int kept[] = { 0, 2, 4 };
	struct shunt_picks *picks;
	struct lab lab;
	int i;

	lab_start(&lab, "wrr", weight, 5);
	picks = lab.svc.picks;
	expect(picks->sched == &shunt_sched_wrr, "scheduler");
	expect(picks->count == 3, "%u picks", picks->count);
	for (i = 0; i < 3; i++)
		expect(picks->pick[i].dest == &lab.dest[kept[i]], "pick %d", i);
	expect(picks->pick[0].end == 3 && picks->pick[1].end == 4 &&
	       picks->pick[2].end == 6 && picks->circle == 6,
	       "shares end at %u, %u, %u of %u", picks->pick[0].end,
	       picks->pick[1].end, picks->pick[2].end, picks->circle);
	lab_exit(&lab);
}

static void test_rr(void)
{
	static const u32 start[] = { 0, 1, (1u << 31) - 50, U32_MAX - 1000 };
	u32 weight[SERVERS], count, n, s;
	struct lab lab;

	for (count = 1; count <= 20; count++) {
		for (n = 0; n < count; n++)
			weight[n] = 1 + unit_random() % 100;
		for (s = 0; s < COUNT(start); s++) {
			int first;

			lab_start(&lab, "rr", weight, count);
			atomic_set(&lab.svc.turn, start[s]);
			first = choose(&lab);
			for (n = 1; n < 200; n++)
				expect(choose(&lab) == (first + n) % count,
				       "%u servers, %u turns from %u", count,
				       n, start[s]);
			lab_exit(&lab);
		}
	}
}

/* Slide a window of a circle's length along: each server's due, always. */
static void check_windows(struct lab *lab, const struct weights *set, u32 start)
{
	u32 circle = sum_of(set) / divisor_of(set), count[SERVERS] = {}, n, i;
	int *seen = calloc(2 * circle, sizeof(*seen));

	atomic_set(&lab->svc.turn, start);
	for (n = 0; n < 2 * circle; n++) {
		seen[n] = choose(lab);
		count[seen[n]]++;
		if (n >= circle)
			count[seen[n - circle]]--;
		if (n + 1 == circle)
			for (i = 0; i < set->count; i++)
				expect(count[i] ==
				       set->weight[i] / divisor_of(set),
				       "%s, first window from %u: %u has %u",
				       show(set), start, i, count[i]);
		if (n >= circle)
			expect(seen[n] == seen[n - circle],
			       "%s, window %u from %u", show(set), n - circle,
			       start);
	}
	free(seen);
}

static void check_exact(const struct weights *set)
{
	u32 circle = sum_of(set) / divisor_of(set);
	struct lab lab;

	lab_start(&lab, "wrr", set->weight, set->count);
	expect(lab.svc.picks->circle == circle, "%s: circle %u", show(set),
	       lab.svc.picks->circle);
	check_windows(&lab, set, 0);
	check_windows(&lab, set, (1u << 31) - circle - 1);
	check_windows(&lab, set, U32_MAX - 2 * circle);
	check_windows(&lab, set, unit_random() / 2);
	lab_exit(&lab);
}

static void test_exact(void)
{
	struct weights set;
	int i;

	for (i = 0; i < COUNT(small_sets); i++)
		check_exact(&small_sets[i]);
	for (i = 0; i < 300; i++) {
		random_set(&set);
		check_exact(&set);
	}
}

/* The worst deviation of any server in any window of at most @turns turns. */
struct tally {
	const struct weights *set;
	double sum;
	double surplus[SERVERS], least[SERVERS], most[SERVERS];
};

static void tally_turn(struct tally *t, u32 who)
{
	u32 i;

	for (i = 0; i < t->set->count; i++) {
		t->surplus[i] += (i == who) - t->set->weight[i] / t->sum;
		t->least[i] = fmin(t->least[i], t->surplus[i]);
		t->most[i] = fmax(t->most[i], t->surplus[i]);
	}
}

static double tally_worst(const struct tally *t)
{
	double worst = 0;
	u32 i;

	for (i = 0; i < t->set->count; i++)
		worst = fmax(worst, t->most[i] - t->least[i]);
	return worst;
}

/*
 * nginx's is the smoother of the two: in the sets here it is never off by two
 * turns, where a good stride is by up to four. But it keeps a state per server,
 * which all CPUs would have to share, and looks at every server for every
 * connection. What the stateless one pays grows with the logarithm of the
 * circle (spread.c), however many servers there are.
 */
static void check_smooth(const struct weights *set)
{
	double sum = sum_of(set), circle = sum / divisor_of(set), allowed;
	struct tally ours = { .set = set, .sum = sum }, theirs = ours;
	struct nginx model = { .set = set, .sum = sum_of(set) };
	struct lab lab;
	u32 n;

	lab_start(&lab, "wrr", set->weight, set->count);
	for (n = 0; n < 4000; n++) {
		tally_turn(&ours, choose(&lab));
		tally_turn(&theirs, nginx_choose(&model));
	}
	lab_exit(&lab);
	allowed = 1 + log2(circle) / 2;
	expect(tally_worst(&theirs) < 2, "the model: %s", show(set));
	expect(tally_worst(&ours) <= allowed + 1e-6,
	       "%s: off by %.2f turns, %.2f allowed; nginx's by %.2f",
	       show(set), tally_worst(&ours), allowed, tally_worst(&theirs));
	unit_note("%s: off by at most %.2f turns, nginx's by %.2f", show(set),
		  tally_worst(&ours), tally_worst(&theirs));
}

static void test_smooth(void)
{
	struct weights set;
	int i;

	for (i = 0; i < COUNT(small_sets); i++)
		check_smooth(&small_sets[i]);
	for (i = 0; i < COUNT(large_sets); i++)
		check_smooth(&large_sets[i]);
	for (i = 0; i < 40; i++) {
		random_set(&set);
		check_smooth(&set);
	}
}

static void check_percent(const struct weights *set)
{
	const u32 turns = 100000, start = unit_random() / 2;
	u32 count[SERVERS] = {}, n, i;
	struct lab lab;

	lab_start(&lab, "wrr", set->weight, set->count);
	atomic_set(&lab.svc.turn, start);
	for (n = 0; n < turns; n++)
		count[choose(&lab)]++;
	lab_exit(&lab);
	for (i = 0; i < set->count; i++) {
		double due = (double)turns * set->weight[i] / sum_of(set);

		/* A due of less than 100 turns can't be met within 1 %. */
		expect(fabs(count[i] - due) <= fmax(due / 100, 1),
		       "%s from turn %u: %u has %u turns, due are %.1f",
		       show(set), start, i, count[i], due);
	}
}

static void test_percent(void)
{
	struct weights many = { .count = SERVERS };
	u32 i;

	for (i = 0; i < COUNT(small_sets); i++)
		check_percent(&small_sets[i]);
	for (i = 0; i < COUNT(large_sets); i++)
		check_percent(&large_sets[i]);
	for (i = 0; i < SERVERS; i++)
		many.weight[i] = 65535 - i % 2;
	check_percent(&many);
	for (i = 0; i < SERVERS; i++)
		many.weight[i] = INT_MAX - i;
	check_percent(&many);
}

/* Where weights lose digits, nobody's share may vanish or change by much. */
static void test_reduced(void)
{
	int s;

	for (s = 0; s < COUNT(large_sets); s++) {
		const struct weights *set = &large_sets[s];
		const struct shunt_picks *picks;
		struct lab lab;
		u32 i, begin = 0;

		lab_start(&lab, "wrr", set->weight, set->count);
		picks = lab.svc.picks;
		for (i = 0; i < picks->count; i++) {
			double due = (double)picks->pick[i].dest->weight /
				     sum_of(set);
			u32 share = picks->pick[i].end - begin;

			expect(share && fabs(share - due * picks->circle) <=
			       1 + due * picks->count,
			       "%s: %u has %u of %u", show(set), i, share,
			       picks->circle);
			begin = picks->pick[i].end;
		}
		expect(begin == picks->circle, "%s: %u of %u", show(set), begin,
		       picks->circle);
		lab_exit(&lab);
	}
}

static void test_overloaded(void)
{
	static const u32 weight[] = { 1, 3, 5, 2, 1, 7 };
	u32 busy, i, n, count[6];
	struct lab lab;
	int s, who;

	for (s = 0; s < COUNT(schedulers); s++) {
		lab_start(&lab, schedulers[s], weight, 6);
		for (busy = 0; busy < 63; busy++) {
			for (i = 0; i < 6; i++) {
				overload(&lab, i, busy >> i & 1);
				has(&lab, i, 0, 0);
				count[i] = 0;
			}
			for (n = 0; n < 19 * 6; n++) {
				who = choose(&lab);
				expect(who >= 0, "%s, busy %#x: nobody",
				       schedulers[s], busy);
				if (who >= 0)
					has(&lab, who, ++count[who], 0);
			}
			for (i = 0; i < 6; i++)
				expect((count[i] == 0) == (busy >> i & 1),
				       "%s, busy %#x: %u has %u turns",
				       schedulers[s], busy, i, count[i]);
		}
		for (i = 0; i < 6; i++)
			overload(&lab, i, true);
		for (n = 0; n < 100; n++)
			expect(choose(&lab) == -1, "%s: all busy, turn %u",
			       schedulers[s], n);
		overload(&lab, 3, false);
		expect(choose(&lab) == 3, "%s: one is back", schedulers[s]);
		lab_exit(&lab);
	}
}

static void test_removed(void)
{
	static const u32 weight[] = { 1, 1 };
	struct lab lab;
	int n;

	/* Until the picks are renewed it is still among them. */
	lab_start(&lab, "rr", weight, 2);
	lab.dest[0].flags = 1ul << SHUNT_DEST_REMOVED;
	for (n = 0; n < 10; n++)
		expect(choose(&lab) == 1, "turn %d", n);
	lab_exit(&lab);
}

static void test_weight_change(void)
{
	static const u32 weight[] = { 1, 1 };
	int n, count[2] = {};
	struct lab lab;

	lab_start(&lab, "wrr", weight, 2);
	lab.dest[0].weight = 0;
	lab_renew(&lab, "wrr");
	for (n = 0; n < 100; n++)
		expect(choose(&lab) == 1, "quiesced, turn %d", n);
	lab.dest[0].weight = 3;
	lab_renew(&lab, "wrr");
	for (n = 0; n < 100; n++)
		count[choose(&lab)]++;
	expect(count[0] == 75 && count[1] == 25, "%d and %d turns", count[0],
	       count[1]);
	lab_renew(&lab, "rr");
	for (count[0] = count[1] = n = 0; n < 100; n++)
		count[choose(&lab)]++;
	expect(count[0] == 50, "rr: %d and %d turns", count[0], count[1]);
	lab_exit(&lab);
}

static const struct unit_case cases[] = {
	{ "schedulers are found by name", test_find },
	{ "no servers, or none of a weight above 0: nobody", test_nobody },
	{ "out of memory is told", test_no_memory },
	{ "picks are the servers of a weight above 0, oldest first",
	  test_order },
	{ "rr: everybody in turn whatever the weights", test_rr },
	{ "wrr: exact shares in every window of a circle, from any turn",
	  test_exact },
	{ "wrr: near the due in every window, compared with nginx's",
	  test_smooth },
	{ "wrr: within 1 % after 100000 turns, with the largest weights too",
	  test_percent },
	{ "wrr: weights too large for the circle keep their proportion",
	  test_reduced },
	{ "overloaded servers are passed over, all overloaded: nobody",
	  test_overloaded },
	{ "removed servers are passed over", test_removed },
	{ "new weights and another scheduler count at once",
	  test_weight_change },
};

int main(int argc, char **argv)
{
	return unit_run(argc, argv, cases, COUNT(cases));
}
