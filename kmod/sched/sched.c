// SPDX-License-Identifier: GPL-2.0-only
#include "sched/sched.h"

#include <linux/array_size.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "sched/pick.h"
#include "table/dest.h"
#include "table/service.h"

#define ADDRESS(name)	&shunt_sched_##name,

static const struct shunt_scheduler *const schedulers[] = {
	SHUNT_SCHEDULERS(ADDRESS)
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
 * @flags:	the service's flags; the scheduler's are taken from them
 *
 * Context: shunt_net.mutex, may sleep.
 * Return: the table; NULL when no real server takes connections;
 * ERR_PTR(-ENOMEM).
 */
struct shunt_picks *shunt_picks_create(const struct shunt_service *svc,
				       const struct shunt_scheduler *sched,
				       u32 flags)
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
	picks->flags = flags & sched->flags;
	list_for_each_entry_reverse(dest, &svc->dests, list) {
		if (dest->weight)
			picks->pick[picks->count++] = (struct shunt_pick){
				.dest = dest,
				.weight = dest->weight,
			};
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

/**
 * shunt_picks_next() - some real server, another one each time
 * @svc:	the service
 * @picks:	what to choose from
 *
 * Context: RCU read lock.
 * Return: a real server that takes new connections, or NULL.
 */
struct shunt_dest *shunt_picks_next(struct shunt_service *svc,
				    const struct shunt_picks *picks)
{
	u32 turn = (u32)atomic_inc_return(&svc->turn), i;

	for (i = 0; i < picks->count; i++) {
		const struct shunt_pick *pick =
			&picks->pick[(turn + i) % picks->count];

		if (shunt_pick_available(pick))
			return pick->dest;
	}
	return NULL;
}

/**
 * shunt_picks_choose() - choose the real server for a new connection
 * @svc:	the service
 * @tuple:	of the packet that asks for it
 * @again:	the scheduler's choice could not take it, and most would send
 *		it there once more: anybody will do
 *
 * Context: RCU read lock.
 * Return: the real server, or NULL when none takes the connection.
 */
struct shunt_dest *shunt_picks_choose(struct shunt_service *svc,
				      const struct shunt_tuple *tuple,
				      bool again)
{
	const struct shunt_picks *picks = rcu_dereference(svc->picks);

	if (!picks)
		return NULL;
	if (unlikely(again))
		return shunt_picks_next(svc, picks);
	return picks->sched->choose(svc, picks, tuple);
}
