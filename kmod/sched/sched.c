// SPDX-License-Identifier: GPL-2.0-only
#include "sched/sched.h"

#include <linux/array_size.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "sched/locality.h"
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

static bool takes_part(const struct shunt_scheduler *sched,
		       const struct shunt_dest *dest)
{
	return dest->weight || sched->everybody;
}

/* Real servers @count, behind them the slots. */
static struct shunt_picks *alloc_picks(const struct shunt_scheduler *sched,
				       u32 count)
{
	struct shunt_picks *picks;

	picks = kvzalloc(struct_size(picks, pick, count) +
			 sched->slots * sizeof(u16), GFP_KERNEL_ACCOUNT);
	if (!picks)
		return NULL;
	picks->sched = sched;
	picks->slot = (u16 *)&picks->pick[count];
	return picks;
}

/* What a scheduler remembers outlives the tables, while there is one. */
static int remember(struct shunt_picks *picks, const struct shunt_picks *old)
{
	struct shunt_net *sn = picks->pick[0].dest->sn;

	picks->locality = old && old->locality ? old->locality :
						 shunt_locality_create(sn);
	if (!picks->locality)
		return -ENOMEM;
	picks->locality->users++;
	return 0;
}

static int fill_picks(struct shunt_picks *picks,
		      const struct shunt_service *svc,
		      const struct shunt_picks *old)
{
	const struct shunt_scheduler *sched = picks->sched;
	struct shunt_dest *dest;
	int err = 0;

	list_for_each_entry_reverse(dest, &svc->dests, list) {
		if (takes_part(sched, dest))
			picks->pick[picks->count++] = (struct shunt_pick){
				.dest = dest,
				.weight = dest->weight,
			};
	}
	if (sched->remembers)
		err = remember(picks, old);
	if (!err && sched->prepare)
		err = sched->prepare(picks);
	return err;
}

/**
 * shunt_picks_create() - a new table for a service's scheduler
 * @svc:	the service, its real servers as they shall be
 * @sched:	the scheduler
 * @flags:	the service's flags; the scheduler's are taken from them
 * @old:	the table it is to replace, or NULL
 *
 * Context: shunt_net.mutex, may sleep.
 * Return: the table; NULL when no real server takes connections;
 * ERR_PTR(-ENOMEM).
 */
struct shunt_picks *shunt_picks_create(const struct shunt_service *svc,
				       const struct shunt_scheduler *sched,
				       u32 flags,
				       const struct shunt_picks *old)
{
	struct shunt_picks *picks;
	struct shunt_dest *dest;
	u32 count = 0;

	list_for_each_entry(dest, &svc->dests, list)
		count += takes_part(sched, dest);
	if (!count)
		return NULL;
	picks = alloc_picks(sched, count);
	if (!picks)
		return ERR_PTR(-ENOMEM);
	picks->flags = flags & sched->flags;
	if (fill_picks(picks, svc, old)) {
		shunt_picks_free(picks);
		return ERR_PTR(-ENOMEM);
	}
	return picks;
}

/**
 * shunt_picks_free() - free a table nobody can find any more
 * @picks:	the table, or NULL; readers may still be at it
 *
 * Context: shunt_net.mutex.
 */
void shunt_picks_free(struct shunt_picks *picks)
{
	if (!picks)
		return;
	if (picks->locality)
		shunt_locality_put(picks->locality);
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
