// SPDX-License-Identifier: GPL-2.0-only
/*
 * sched/: changes of a configuration between new connections, with memory that
 * may be out. Nobody who may not take a connection gets one, and somebody does
 * where somebody may and the scheduler does not insist on another.
 */
#include <limits.h>

#include <linux/err.h>
#include <linux/mm.h>
#include <uapi/linux/shunt.h>

#include "fuzz.h"
#include "lab.h"

#define POOL	12

static const struct {
	const char *name;
	bool insists;	/* on one who may not be able to */
	bool least;	/* takes who has the least (active * 256 + inactive) */
	bool weighted;	/* in relation to its weight */
} schedulers[] = {
	{ "rr" }, { "wrr" }, { "lc", .least = true },
	{ "wlc", .least = true, .weighted = true }, { "sed" }, { "nq" },
	{ "dh", .insists = true }, { "sh", .insists = true },
	{ "mh", .insists = true }, { "lblc" }, { "lblcr" }, { "fo" },
	{ "ovf", .insists = true }, { "twos" },
};

static bool takes(const struct lab *lab, u32 i)
{
	return lab->dest[i].weight && !lab->dest[i].flags;
}

static u64 load(const struct lab *lab, u32 i)
{
	return atomic_read(&lab->dest[i].active) * 256ull +
	       atomic_read(&lab->dest[i].inactive);
}

/* Who would have been better? By multiplication: there are no fractions. */
static void check_least(const struct lab *lab, u32 got, bool weighted)
{
	u32 i, mine = weighted ? lab->dest[got].weight : 1;

	for (i = 0; i < lab->count; i++) {
		u32 other = weighted ? lab->dest[i].weight : 1;

		must(!takes(lab, i) ||
		     load(lab, got) * other <= load(lab, i) * mine,
		     "%u has less than %u", i, got);
	}
}

static void check_choice(struct lab *lab, int n)
{
	int got = choose(lab);
	u32 i, able = 0;

	for (i = 0; i < lab->count; i++)
		able += takes(lab, i);
	must(got < 0 || takes(lab, got), "%s: %d", schedulers[n].name, got);
	must(got >= 0 || !able || schedulers[n].insists, "%s: nobody of %u",
	     schedulers[n].name, able);
	if (got >= 0 && schedulers[n].least)
		check_least(lab, got, schedulers[n].weighted);
}

/* As a change of the configuration does it: all of it, or nothing. */
static bool renew(struct lab *lab, int n)
{
	struct shunt_picks *old = lab->svc.picks, *picks;

	picks = shunt_picks_create(&lab->svc,
				   shunt_scheduler_find(schedulers[n].name),
				   lab->svc.flags, old);
	if (IS_ERR(picks))
		return false;
	lab->svc.picks = picks;
	shunt_picks_free(old);
	return true;
}

static void change(struct lab *lab, struct fuzz *fuzz, u32 i, int n)
{
	u32 weight = lab->dest[i].weight, flags = lab->svc.flags;
	u32 how = fuzz_take(fuzz, 1);

	switch (how % 4) {
	case 0:
		lab->dest[i].weight = fuzz_take(fuzz, 1);
		break;
	case 1:
		lab->dest[i].weight = fuzz_take(fuzz, 2);
		break;
	case 2:
		lab->dest[i].weight = fuzz_take(fuzz, 4) & INT_MAX;
		break;
	case 3:
		lab->svc.flags = how / 4 % 8 * SHUNT_SVC_F_SCHED1;
		break;
	}
	shim_out_of_memory = how & 128;
	shim_allocations = how / 32 % 4;
	if (!renew(lab, n)) {
		must(shim_out_of_memory, "no memory for nothing");
		lab->dest[i].weight = weight;
		lab->svc.flags = flags;
	}
	shim_out_of_memory = false;
}

static void step(struct lab *lab, struct fuzz *fuzz, int n)
{
	u32 i;

	switch (fuzz_take(fuzz, 1) % 6) {
	case 0:
		i = fuzz_take(fuzz, 1) % lab->count;
		change(lab, fuzz, i, n);
		break;
	case 1:
		i = fuzz_take(fuzz, 1) % lab->count;
		overload(lab, i, fuzz_take(fuzz, 1) & 1);
		break;
	case 2:
		i = fuzz_take(fuzz, 1) % lab->count;
		has(lab, i, fuzz_take(fuzz, 2), fuzz_take(fuzz, 2));
		break;
	case 3:
		lab->tuple.src4 = fuzz_take(fuzz, 4);
		lab->tuple.dst4 = fuzz_take(fuzz, 2);
		lab->tuple.sport = fuzz_take(fuzz, 2);
		break;
	case 4:
		jiffies += fuzz_take(fuzz, 2);
		break;
	case 5:
		/* The scheduler's own allocations, beside a packet. */
		shim_out_of_memory = fuzz_take(fuzz, 1) & 1;
		shim_allocations = 0;
		break;
	}
	check_choice(lab, n);
	shim_out_of_memory = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz fuzz = { data, data + size };
	int n = fuzz_take(&fuzz, 1) % COUNT(schedulers);
	u32 weight[POOL], count, i;
	struct lab lab;

	count = 1 + fuzz_take(&fuzz, 1) % POOL;
	for (i = 0; i < count; i++)
		weight[i] = fuzz_take(&fuzz, 1);
	lab_start(&lab, schedulers[n].name, weight, count);
	while (fuzz.at < fuzz.end)
		step(&lab, &fuzz, n);
	lab_exit(&lab);
	return 0;
}
