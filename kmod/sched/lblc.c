// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locality-based least connection: a destination stays with the real server that
 * served it, which has it in its cache, unless that one is too busy; then, and
 * the first time, it goes to whom wlc would choose.
 */
#include "sched/locality.h"
#include "sched/pick.h"

static const struct shunt_pick *find(const struct shunt_picks *picks,
				     const struct shunt_locality_entry *entry)
{
	u32 i;

	for (i = 0; entry && i < picks->count; i++) {
		if (picks->pick[i].dest == entry->dest[0])
			return &picks->pick[i];
	}
	return NULL;
}

static struct shunt_dest *choose(struct shunt_service *svc,
				 const struct shunt_picks *picks,
				 const struct shunt_tuple *tuple)
{
	const union nf_inet_addr addr = shunt_tuple_dst(tuple);
	struct shunt_locality_entry *entry;
	const struct shunt_pick *pick;
	struct shunt_dest *dest;

	entry = shunt_locality_find(picks->locality, &addr);
	pick = find(picks, entry);
	if (pick && shunt_pick_available(pick) &&
	    !shunt_pick_too_busy(picks, pick))
		return pick->dest;

	dest = shunt_take_least(picks, shunt_pick_overhead, true);
	if (!dest || (pick && pick->dest == dest))
		return dest;
	entry = shunt_locality_alloc(&addr, 1);
	if (entry) {
		entry->dest[entry->count++] = dest;
		shunt_locality_add(picks->locality, entry);
	}
	return dest;
}

const struct shunt_scheduler shunt_sched_lblc = {
	.name = "lblc",
	.remembers = true,
	.choose = choose,
};
