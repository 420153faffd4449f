// SPDX-License-Identifier: GPL-2.0-only
/* Least connections: whoever has the fewest, weights only say who takes part. */
#include "sched/pick.h"

static struct shunt_dest *choose(struct shunt_service *svc,
				 const struct shunt_picks *picks,
				 const struct shunt_tuple *tuple)
{
	return shunt_take_least(picks, shunt_pick_overhead, false);
}

const struct shunt_scheduler shunt_sched_lc = {
	.name = "lc",
	.choose = choose,
};
