/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A service with real servers for the tests of the schedulers: what a change of
 * the configuration and what a packet would do to it.
 */
#ifndef LAB_H
#define LAB_H

#include "sched/sched.h"
#include "table/dest.h"
#include "table/service.h"
#include "unit.h"

#define SERVERS	128

/* The netns of all of them; its conn_max bounds what they remember. */
static struct shunt_net lab_net;

/* A service whose server i has weight[i]; the first is the oldest. */
struct lab {
	struct shunt_service svc;
	struct shunt_dest dest[SERVERS];
	struct shunt_tuple tuple;	/* of the next packet */
	u32 count;
};

static inline void lab_init(struct lab *lab, const u32 *weight, u32 count)
{
	u32 i;

	*lab = (struct lab){ .count = count, .tuple.af = AF_INET };
	INIT_LIST_HEAD(&lab->svc.dests);
	for (i = 0; i < count; i++) {
		lab->dest[i].sn = &lab_net;
		lab->dest[i].weight = weight[i];
		lab->dest[i].last_weight = weight[i];
		lab->dest[i].af = AF_INET;
		lab->dest[i].addr.ip = htonl(0xac100001 + i);
		lab->dest[i].port = htons(80);
		list_add(&lab->dest[i].list, &lab->svc.dests);
	}
}

static inline void lab_renew(struct lab *lab, const char *scheduler)
{
	struct shunt_picks *old = lab->svc.picks;

	lab->svc.picks = shunt_picks_create(&lab->svc,
					    shunt_scheduler_find(scheduler),
					    lab->svc.flags, old);
	shunt_picks_free(old);
}

static inline void lab_start(struct lab *lab, const char *scheduler,
			     const u32 *weight, u32 count)
{
	lab_init(lab, weight, count);
	lab_renew(lab, scheduler);
}

static inline void lab_exit(struct lab *lab)
{
	shunt_picks_free(lab->svc.picks);
}

/* Return: who takes the next connection, -1 for nobody. */
static inline int choose(struct lab *lab)
{
	struct shunt_dest *dest = shunt_picks_choose(&lab->svc, &lab->tuple,
						     false);

	return dest ? (int)(dest - lab->dest) : -1;
}

static inline void overload(struct lab *lab, u32 i, bool yes)
{
	lab->dest[i].flags = yes ? 1ul << SHUNT_DEST_OVERLOADED : 0;
}

static inline void has(struct lab *lab, u32 i, int active, int inactive)
{
	atomic_set(&lab->dest[i].active, active);
	atomic_set(&lab->dest[i].inactive, inactive);
}

#endif /* LAB_H */
