// SPDX-License-Identifier: GPL-2.0-only
/* Weighted failover: all to the strongest that is available. */
#include "sched/pick.h"

static struct shunt_dest *choose(struct shunt_service *svc,
				 const struct shunt_picks *picks,
				 const struct shunt_tuple *tuple)
{
	return shunt_take_strongest(picks, shunt_pick_available);
}

const struct shunt_scheduler shunt_sched_fo = {
	.name = "fo",
	.choose = choose,
};
