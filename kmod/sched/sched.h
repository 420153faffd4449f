/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Schedulers: which real server takes a new connection.
 *
 * A scheduler reads an immutable table, struct shunt_picks, that every change
 * of the configuration builds anew and swaps in by RCU. Choosing takes no lock.
 */
#ifndef SHUNT_SCHED_H
#define SHUNT_SCHED_H

#include <linux/rcupdate.h>
#include <linux/types.h>

struct shunt_dest;
struct shunt_locality;
struct shunt_service;
struct shunt_tuple;

/**
 * struct shunt_pick - a real server as a scheduler sees it
 * @dest:	the real server
 * @weight:	its weight while this table holds
 * @end:	for schedulers that lay out the weights on a circle: where its
 *		share ends; it begins where the one before ends
 */
struct shunt_pick {
	struct shunt_dest *dest;
	u32 weight;
	u32 end;
};

/**
 * struct shunt_picks - what a service's scheduler chooses from
 * @sched:	the scheduler
 * @count:	real servers there are; at least one
 * @circle:	sum of their weights, reduced (sched/circle.h)
 * @stride:	step from one turn to the next on the circle (sched/spread.h)
 * @flags:	the scheduler's flags as the service has them, SHUNT_SVC_F_SCHED*
 * @slot:	for schedulers that hash: who has each slot, 0 for the last of @pick
 * @locality:	for schedulers that remember; passed on from table to table
 * @rcu:	readers may still hold it after it is replaced
 * @pick:	the real servers of a weight above 0, or all, oldest first
 *		unless @prepare sorts them
 */
struct shunt_picks {
	const struct shunt_scheduler *sched;
	u32 count;
	u32 circle;
	u32 stride;
	u32 flags;
	u16 *slot;
	struct shunt_locality *locality;
	struct rcu_head rcu;
	struct shunt_pick pick[];
};

/**
 * struct shunt_scheduler - a scheduling algorithm
 * @name:	as in "shuntadm -s NAME"
 * @flags:	SHUNT_SVC_F_SCHED* it knows
 * @everybody:	wants to see real servers of weight 0 too
 * @remembers:	wants shunt_picks.locality
 * @slots:	how many of shunt_picks.slot it wants
 * @prepare:	optional; fills what @choose needs beside the real servers.
 *		Returns 0 or -ENOMEM. Context: process.
 * @choose:	chooses the real server for a new connection, which @tuple asks
 *		for; NULL refuses it. Context: RCU read lock.
 */
struct shunt_scheduler {
	const char *name;
	u32 flags;
	bool everybody;
	bool remembers;
	u32 slots;
	int (*prepare)(struct shunt_picks *picks);
	struct shunt_dest *(*choose)(struct shunt_service *svc,
				     const struct shunt_picks *picks,
				     const struct shunt_tuple *tuple);
};

/* Every scheduler there is, in the order in which users are told of them. */
#define SHUNT_SCHEDULERS(entry)						\
	entry(rr) entry(wrr) entry(lc) entry(wlc) entry(sed) entry(nq)	\
	entry(dh) entry(sh) entry(mh) entry(lblc) entry(lblcr)		\
	entry(fo) entry(ovf) entry(twos)

#define SHUNT_SCHEDULER_DECLARE(name) \
	extern const struct shunt_scheduler shunt_sched_##name;
SHUNT_SCHEDULERS(SHUNT_SCHEDULER_DECLARE)

/* " rr wrr ...", for texts. */
#define SHUNT_SCHEDULER_NAME(name)	" " #name
#define SHUNT_SCHEDULER_NAMES		SHUNT_SCHEDULERS(SHUNT_SCHEDULER_NAME)

const struct shunt_scheduler *shunt_scheduler_find(const char *name);
struct shunt_picks *shunt_picks_create(const struct shunt_service *svc,
				       const struct shunt_scheduler *sched,
				       u32 flags,
				       const struct shunt_picks *old);
void shunt_picks_free(struct shunt_picks *picks);
struct shunt_dest *shunt_picks_choose(struct shunt_service *svc,
				      const struct shunt_tuple *tuple,
				      bool again);
struct shunt_dest *shunt_picks_next(struct shunt_service *svc,
				    const struct shunt_picks *picks);

#endif /* SHUNT_SCHED_H */
