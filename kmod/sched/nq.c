// SPDX-License-Identifier: GPL-2.0-only
/* Never queue: the newest that is idle; where none is, as sed. */
#include "sched/pick.h"

static struct shunt_dest *choose(struct shunt_service *svc,
				 const struct shunt_picks *picks,
				 const struct shunt_tuple *tuple)
{
	u32 i;

	for (i = picks->count; i--;) {
		const struct shunt_pick *pick = &picks->pick[i];

		if (shunt_pick_available(pick) &&
		    !atomic_read(&pick->dest->active))
			return pick->dest;
	}
	return shunt_take_least(picks, shunt_pick_delay, true);
}

const struct shunt_scheduler shunt_sched_nq = {
	.name = "nq",
	.choose = choose,
};
