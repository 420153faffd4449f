// SPDX-License-Identifier: GPL-2.0-only
/* Shortest expected delay: the fewest active with one more, weighted. */
#include "sched/pick.h"

static struct shunt_dest *choose(struct shunt_service *svc,
				 const struct shunt_picks *picks,
				 const struct shunt_tuple *tuple)
{
	return shunt_take_least(picks, shunt_pick_delay, true);
}

const struct shunt_scheduler shunt_sched_sed = {
	.name = "sed",
	.choose = choose,
};
