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

static inline bool shunt_pick_less(const struct shunt_pick *a,
				   const struct shunt_pick *b)
{
	return shunt_load_less(shunt_pick_overhead(a), a->weight,
			       shunt_pick_overhead(b), b->weight);
}

/**
 * shunt_pick_too_busy() - whether others should relieve a real server
 * @picks:	the table
 * @pick:	the real server
 *
 * Return: it has more active connections than its weight while another one has
 * fewer than half its own.
 */
static inline bool shunt_pick_too_busy(const struct shunt_picks *picks,
				       const struct shunt_pick *pick)
{
	u32 i;

	if ((u32)atomic_read(&pick->dest->active) <= pick->weight)
		return false;
	for (i = 0; i < picks->count; i++) {
		if ((u64)atomic_read(&picks->pick[i].dest->active) * 2 <
		    picks->pick[i].weight)
			return true;
	}
	return false;
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

/**
 * shunt_take_strongest() - for schedulers that fill up one after the other
 * @picks:	what to choose from
 * @can:	whether one can be taken
 *
 * O(n) as shunt_take_least().
 *
 * Context: RCU read lock.
 * Return: the real server of the greatest weight of those that can, of equals
 * the newest; NULL when nobody can.
 */
static __always_inline struct shunt_dest *
shunt_take_strongest(const struct shunt_picks *picks,
		     bool (*can)(const struct shunt_pick *pick))
{
	const struct shunt_pick *pick, *strongest = NULL;
	u32 i;

	for (i = picks->count; i--;) {
		pick = &picks->pick[i];
		if ((!strongest || pick->weight > strongest->weight) &&
		    can(pick))
			strongest = pick;
	}
	return strongest ? strongest->dest : NULL;
}

/**
 * shunt_pick_newest() - count from the newest real server
 * @picks:	the table
 * @who:	0 for the newest
 */
static inline const struct shunt_pick *
shunt_pick_newest(const struct shunt_picks *picks, u32 who)
{
	return &picks->pick[picks->count - 1 - who];
}

/**
 * shunt_pick_slot() - for schedulers that look up a slot
 * @picks:	the table; its slots count from the newest real server
 * @slot:	which
 *
 * Context: RCU read lock.
 * Return: the real server, or NULL when it is not available.
 */
static inline struct shunt_dest *
shunt_pick_slot(const struct shunt_picks *picks, u32 slot)
{
	u32 who = picks->slot[slot];
	const struct shunt_pick *pick;

	if (who >= picks->count)
		return NULL;
	pick = shunt_pick_newest(picks, who);
	return shunt_pick_available(pick) ? pick->dest : NULL;
}

#endif /* SHUNT_PICK_H */
