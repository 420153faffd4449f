// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locality-based least connection with replication: as lblc, but a destination
 * has a set of real servers. While the least loaded of them is too busy the set
 * grows; a day after its last change it loses the most loaded one.
 */
#include <linux/jiffies.h>

#include "sched/locality.h"
#include "sched/pick.h"

#define SHRINK_PERIOD	(24 * 3600 * HZ)

/* A set is searched for each of the service's real servers. */
#define MAX_SET		32

static bool is_in(const struct shunt_locality_entry *entry,
		  const struct shunt_dest *dest)
{
	u32 i;

	for (i = 0; i < entry->count; i++) {
		if (entry->dest[i] == dest)
			return true;
	}
	return false;
}

/* Of the set the least loaded that is available, or the most loaded. */
static const struct shunt_pick *
extreme_of(const struct shunt_picks *picks,
	   const struct shunt_locality_entry *entry, bool least)
{
	const struct shunt_pick *pick, *found = NULL;
	u32 i;

	for (i = 0; i < picks->count; i++) {
		pick = &picks->pick[i];
		if (!is_in(entry, pick->dest) ||
		    (least && !shunt_pick_available(pick)))
			continue;
		if (!found || (least ? shunt_pick_less(pick, found) :
				       shunt_pick_less(found, pick)))
			found = pick;
	}
	return found;
}

/* Remember the set without one that leaves and with one that joins. */
static void change(const struct shunt_picks *picks,
		   const union nf_inet_addr *addr,
		   const struct shunt_locality_entry *old,
		   const struct shunt_dest *leaves,
		   const struct shunt_dest *joins)
{
	struct shunt_locality_entry *entry;
	const struct shunt_dest *dest;
	u32 i;

	entry = shunt_locality_alloc(addr, (old ? old->count : 0) + 1);
	if (!entry)
		return;
	for (i = 0; old && i < picks->count; i++) {
		dest = picks->pick[i].dest;
		if (dest != leaves && is_in(old, dest))
			entry->dest[entry->count++] = dest;
	}
	if (joins)
		entry->dest[entry->count++] = joins;
	shunt_locality_add(picks->locality, entry);
}

static bool may_shrink(const struct shunt_locality_entry *entry)
{
	return entry->count > 1 &&
	       time_after(jiffies, entry->changed + SHRINK_PERIOD);
}

static void shrink(const struct shunt_picks *picks,
		   const union nf_inet_addr *addr,
		   const struct shunt_locality_entry *entry,
		   const struct shunt_pick *least)
{
	const struct shunt_pick *most = extreme_of(picks, entry, false);

	change(picks, addr, entry, most != least ? most->dest : NULL, NULL);
}

static struct shunt_dest *choose(struct shunt_service *svc,
				 const struct shunt_picks *picks,
				 const struct shunt_tuple *tuple)
{
	const union nf_inet_addr addr = shunt_tuple_dst(tuple);
	const struct shunt_pick *least = NULL;
	struct shunt_locality_entry *entry;
	struct shunt_dest *dest;

	entry = shunt_locality_find(picks->locality, &addr);
	if (entry)
		least = extreme_of(picks, entry, true);
	if (least && !shunt_pick_too_busy(picks, least)) {
		if (may_shrink(entry))
			shrink(picks, &addr, entry, least);
		return least->dest;
	}

	dest = shunt_take_least(picks, shunt_pick_overhead, true);
	if (dest && !(entry && (entry->count == MAX_SET ||
				is_in(entry, dest))))
		change(picks, &addr, entry, NULL, dest);
	return dest;
}

const struct shunt_scheduler shunt_sched_lblcr = {
	.name = "lblcr",
	.remembers = true,
	.choose = choose,
};
