// SPDX-License-Identifier: GPL-2.0-only
/* Weighted least connections: the fewest in proportion to the weight. */
#include "sched/pick.h"

static struct shunt_dest *choose(struct shunt_service *svc,
				 const struct shunt_picks *picks,
				 const struct shunt_tuple *tuple)
{
	return shunt_take_least(picks, shunt_pick_overhead, true);
}

const struct shunt_scheduler shunt_sched_wlc = {
	.name = "wlc",
	.choose = choose,
};
