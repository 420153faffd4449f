// SPDX-License-Identifier: GPL-2.0-only
#include "sched/sched.h"

#include <linux/array_size.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "table/dest.h"
#include "table/service.h"

static const struct shunt_scheduler *const schedulers[] = {
	&shunt_sched_rr,
	&shunt_sched_wrr,
};

/**
 * shunt_scheduler_find() - a scheduler by name
 * @name:	as in "shuntadm -s NAME"
 *
 * Return: the scheduler, or NULL.
 */
const struct shunt_scheduler *shunt_scheduler_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(schedulers); i++) {
		if (!strcmp(schedulers[i]->name, name))
			return schedulers[i];
	}
	return NULL;
}

/**
 * shunt_picks_create() - a new table for a service's scheduler
 * @svc:	the service, its real servers as they shall be
 * @sched:	the scheduler
 *
 * Context: shunt_net.mutex, may sleep.
 * Return: the table; NULL when no real server takes connections;
 * ERR_PTR(-ENOMEM).
 */
struct shunt_picks *shunt_picks_create(const struct shunt_service *svc,
				       const struct shunt_scheduler *sched)
{
	struct shunt_picks *picks;
	struct shunt_dest *dest;
	u32 count = 0;

	list_for_each_entry(dest, &svc->dests, list)
		count += !!dest->weight;
	if (!count)
		return NULL;
	picks = kvzalloc(struct_size(picks, pick, count),
			 GFP_KERNEL_ACCOUNT);
	if (!picks)
		return ERR_PTR(-ENOMEM);

	picks->sched = sched;
	list_for_each_entry_reverse(dest, &svc->dests, list) {
		if (dest->weight)
			picks->pick[picks->count++].dest = dest;
	}
	if (sched->prepare)
		sched->prepare(picks);
	return picks;
}

/**
 * shunt_picks_free() - free a table nobody can find any more
 * @picks:	the table, or NULL; readers may still be at it
 */
void shunt_picks_free(struct shunt_picks *picks)
{
	if (picks)
		kvfree_rcu(picks, rcu);
}

/* How many turns in a row may fall on overloaded real servers. */
#define MAX_TURNS	64

/**
 * shunt_picks_choose() - choose the real server for a new connection
 * @svc:	the service
 *
 * Context: RCU read lock.
 * Return: the real server, or NULL when none takes a connection.
 */
struct shunt_dest *shunt_picks_choose(struct shunt_service *svc)
{
	struct shunt_picks *picks = rcu_dereference(svc->picks);
	struct shunt_dest *dest;
	u32 i, turn;

	if (!picks)
		return NULL;
	/* Turns of overloaded ones are skipped, so the others share them. */
	for (i = 0; i < MAX_TURNS; i++) {
		turn = (u32)atomic_inc_return(&svc->turn);
		dest = picks->sched->pick(picks, turn);
		if (likely(shunt_dest_available(dest)))
			return dest;
	}
	for (i = 0; i < picks->count; i++) {
		dest = picks->pick[(turn + i) % picks->count].dest;
		if (shunt_dest_available(dest))
			return dest;
	}
	return NULL;
}
