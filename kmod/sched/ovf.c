// SPDX-License-Identifier: GPL-2.0-only
/*
 * Overflow: all to the strongest, until it has more active connections than its
 * weight; then to the next. When all have, nobody takes another one.
 */
#include "sched/pick.h"

static bool has_room(const struct shunt_pick *pick)
{
	return shunt_pick_available(pick) &&
	       (u32)atomic_read(&pick->dest->active) <= pick->weight;
}

static struct shunt_dest *choose(struct shunt_service *svc,
				 const struct shunt_picks *picks,
				 const struct shunt_tuple *tuple)
{
	return shunt_take_strongest(picks, has_room);
}

const struct shunt_scheduler shunt_sched_ovf = {
	.name = "ovf",
	.choose = choose,
};
