// SPDX-License-Identifier: GPL-2.0-only
/* Round robin: one after the other, weights only say who takes part. */
#include "sched/pick.h"

static __always_inline struct shunt_dest *at(const struct shunt_picks *picks,
					     u32 turn)
{
	return picks->pick[turn % picks->count].dest;
}

static struct shunt_dest *choose(struct shunt_service *svc,
				 const struct shunt_picks *picks,
				 const struct shunt_tuple *tuple)
{
	return shunt_take_turns(svc, picks, at);
}

const struct shunt_scheduler shunt_sched_rr = {
	.name = "rr",
	.choose = choose,
};
