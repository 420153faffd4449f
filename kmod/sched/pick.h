/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What schedulers do alike: ask whether somebody is to be had, go round, find
 * the least loaded.
 */
#ifndef SHUNT_PICK_H
#define SHUNT_PICK_H

#include "sched/load.h"
#include "sched/sched.h"
#include "table/dest.h"
#include "table/service.h"

/* How many turns in a row may fall on overloaded real servers. */
#define SHUNT_MAX_TURNS	64

/**
 * shunt_pick_available() - whether a real server takes a new connection
 * @pick:	the real server
 *
 * Context: RCU read lock.
 */
static inline bool shunt_pick_available(const struct shunt_pick *pick)
{
	return pick->weight && shunt_dest_available(pick->dest);
}

/**
 * shunt_take_turns() - for schedulers that go round
 * @svc:	the service
 * @picks:	what to choose from, all of a weight above 0
 * @at:		whose turn a number is that grows by one a call
 *
 * Turns of overloaded real servers are skipped, so the others share them.
 *
 * Context: RCU read lock.
 * Return: a real server, or NULL when all are overloaded.
 */
static __always_inline struct shunt_dest *
shunt_take_turns(struct shunt_service *svc, const struct shunt_picks *picks,
		 struct shunt_dest *(*at)(const struct shunt_picks *picks,
					  u32 turn))
{
	struct shunt_dest *dest;
	u32 i;

	for (i = 0; i < SHUNT_MAX_TURNS; i++) {
		dest = at(picks, (u32)atomic_inc_return(&svc->turn));
		if (likely(shunt_dest_available(dest)))
			return dest;
	}
	return shunt_picks_next(svc, picks);
}

/* Each connection a real server has counts alike, but an idle one little. */
static inline u64 shunt_pick_overhead(const struct shunt_pick *pick)
{
	return shunt_overhead(atomic_read(&pick->dest->active),
			      atomic_read(&pick->dest->inactive));
}

/* Connections it would have with one more, as long as they are at work. */
static inline u64 shunt_pick_delay(const struct shunt_pick *pick)
{
	return (u64)atomic_read(&pick->dest->active) + 1;
}

/**
 * shunt_take_least() - for schedulers that look for the least loaded
 * @picks:	what to choose from
 * @load:	of a real server
 * @weighted:	a load counts in proportion to the weight
 *
 * Looks at every real server: O(n), but only once a connection. Of equals it is
 * the newest, as in ip_vs.
 *
 * Context: RCU read lock.
 * Return: a real server, or NULL when nobody is available.
 */
static __always_inline struct shunt_dest *
shunt_take_least(const struct shunt_picks *picks,
		 u64 (*load)(const struct shunt_pick *pick), bool weighted)
{
	const struct shunt_pick *pick, *least = NULL;
	u64 this_load, least_load = 0;
	u32 i;

	for (i = picks->count; i--;) {
		pick = &picks->pick[i];
		if (!shunt_pick_available(pick))
			continue;
		this_load = load(pick);
		if (!least ||
		    (weighted ? shunt_load_less(this_load, pick->weight,
						least_load, least->weight) :
				this_load < least_load)) {
			least = pick;
			least_load = this_load;
		}
	}
	return least ? least->dest : NULL;
}

#endif /* SHUNT_PICK_H */
