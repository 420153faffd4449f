/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Schedulers: which real server takes a new connection.
 *
 * A scheduler reads an immutable table, struct shunt_picks, that every change
 * of the configuration builds anew and swaps in by RCU. Picking takes no lock.
 */
#ifndef SHUNT_SCHED_H
#define SHUNT_SCHED_H

#include <linux/rcupdate.h>
#include <linux/types.h>

struct shunt_dest;
struct shunt_service;

/**
 * struct shunt_pick - a real server that takes new connections
 * @dest:	the real server
 * @end:	for schedulers that use weights: where its share of the circle
 *		ends; it begins where the one before ends
 */
struct shunt_pick {
	struct shunt_dest *dest;
	u32 end;
};

/**
 * struct shunt_picks - what a service's scheduler chooses from
 * @sched:	the scheduler
 * @count:	real servers of a weight above 0; at least one
 * @circle:	sum of their weights, reduced (sched/spread.h)
 * @stride:	step from one turn to the next on the circle
 * @rcu:	readers may still hold it after it is replaced
 * @pick:	the real servers, oldest first
 */
struct shunt_picks {
	const struct shunt_scheduler *sched;
	u32 count;
	u32 circle;
	u32 stride;
	struct rcu_head rcu;
	struct shunt_pick pick[];
};

/**
 * struct shunt_scheduler - a scheduling algorithm
 * @name:	as in "shuntadm -s NAME"
 * @prepare:	optional; fills what @pick needs beside the real servers, from
 *		their weights. Context: process.
 * @pick:	chooses by a number that grows by one a call. An overloaded real
 *		server may be returned, the caller asks again with the next
 *		number then. Context: RCU read lock.
 */
struct shunt_scheduler {
	const char *name;
	void (*prepare)(struct shunt_picks *picks);
	struct shunt_dest *(*pick)(const struct shunt_picks *picks, u32 turn);
};

extern const struct shunt_scheduler shunt_sched_rr;
extern const struct shunt_scheduler shunt_sched_wrr;

const struct shunt_scheduler *shunt_scheduler_find(const char *name);
struct shunt_picks *shunt_picks_create(const struct shunt_service *svc,
				       const struct shunt_scheduler *sched);
void shunt_picks_free(struct shunt_picks *picks);
struct shunt_dest *shunt_picks_choose(struct shunt_service *svc);

#endif /* SHUNT_SCHED_H */
