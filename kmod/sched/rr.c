// SPDX-License-Identifier: GPL-2.0-only
/* Round robin: one after the other, weights only say who takes part. */
#include "sched/sched.h"

static struct shunt_dest *pick(const struct shunt_picks *picks, u32 turn)
{
	return picks->pick[turn % picks->count].dest;
}

const struct shunt_scheduler shunt_sched_rr = {
	.name = "rr",
	.pick = pick,
};
