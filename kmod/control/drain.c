// SPDX-License-Identifier: GPL-2.0-only
/*
 * A real server that is draining has weight 0, so that nothing new comes but
 * what persistence sends. When it is empty that is told; at its deadline, what
 * is left there ends. Shortly before, connections that have been silent are made
 * to tell the numbers that a RST needs.
 */
#include "control/drain.h"

#include <uapi/linux/shunt.h>

#include "control/event.h"
#include "table/dest.h"
#include "table/expire.h"

/* How long before the deadline that is, time enough for an answer. */
#define ASK_BEFORE	HZ

/* Returns when to look again, in jiffies: there is a deadline ahead. */
static u64 approach(struct shunt_net *sn, struct shunt_dest *dest, u64 left)
{
	if (left > ASK_BEFORE)
		return left - ASK_BEFORE;
	if (!test_and_set_bit(SHUNT_DEST_ASKING, &dest->flags))
		shunt_wheel_resort(sn);
	return left;
}

/* Returns when to look again, in jiffies. */
static unsigned long look(struct shunt_net *sn, struct shunt_dest *dest)
{
	u64 now = get_jiffies_64();

	if (dest->deadline && now >= dest->deadline) {
		dest->deadline = 0;
		set_bit(SHUNT_DEST_ENDED, &dest->flags);
	}
	if (!shunt_dest_is_empty(dest)) {
		dest->drained = false;
	} else if (!dest->drained) {
		dest->drained = true;
		shunt_event_drained(sn, dest);
	}
	if (dest->deadline)
		return approach(sn, dest, dest->deadline - now);
	if (dest->drained || !test_bit(SHUNT_DEST_ENDED, &dest->flags))
		return MAX_JIFFY_OFFSET;
	/* Again, as what was just beginning may have been missed. */
	shunt_wheel_resort(sn);
	return HZ;
}

static void drain(struct work_struct *work)
{
	struct shunt_net *sn = container_of(to_delayed_work(work),
					    struct shunt_net, drain_work);
	unsigned long next = MAX_JIFFY_OFFSET;
	struct shunt_dest *dest;

	/* A packet may have chosen it before it got its weight. */
	synchronize_rcu();
	mutex_lock(&sn->mutex);
	list_for_each_entry(dest, &sn->draining, drain)
		next = min(next, look(sn, dest));
	if (next != MAX_JIFFY_OFFSET)
		queue_delayed_work(system_power_efficient_wq, &sn->drain_work,
				   next);
	mutex_unlock(&sn->mutex);
}

/**
 * shunt_drain_begin() - let a real server become empty
 * @sn:		the netns
 * @dest:	the real server, whose weight is 0
 * @seconds:	after which its connections end, 0 to wait for them
 *
 * One that is draining gets another deadline.
 *
 * Context: shunt_net.mutex.
 */
void shunt_drain_begin(struct shunt_net *sn, struct shunt_dest *dest,
		       u32 seconds)
{
	if (!test_and_set_bit(SHUNT_DEST_DRAINING, &dest->flags))
		list_add_tail(&dest->drain, &sn->draining);
	clear_bit(SHUNT_DEST_ASKING, &dest->flags);
	clear_bit(SHUNT_DEST_ENDED, &dest->flags);
	dest->drained = false;
	dest->deadline = seconds ? get_jiffies_64() + (u64)seconds * HZ : 0;
	mod_delayed_work(system_power_efficient_wq, &sn->drain_work, 0);
}

/**
 * shunt_drain_left() - time to a real server's deadline
 * @dest:	the real server
 *
 * Context: shunt_net.mutex.
 * Return: seconds, at least 1; 0 when there is no deadline ahead.
 */
u32 shunt_drain_left(const struct shunt_dest *dest)
{
	u64 now = get_jiffies_64();

	if (!dest->deadline)
		return 0;
	if (now >= dest->deadline)
		return 1;
	return div_u64(dest->deadline - now + HZ - 1, HZ);
}

/**
 * shunt_drain_init() - set up a netns's draining
 * @sn:	the netns
 */
void shunt_drain_init(struct shunt_net *sn)
{
	INIT_LIST_HEAD(&sn->draining);
	INIT_DELAYED_WORK(&sn->drain_work, drain);
}

/**
 * shunt_drain_exit() - end a netns's draining
 * @sn:	the netns; it has neither services nor connections any more, and
 *	nothing turns its wheel
 */
void shunt_drain_exit(struct shunt_net *sn)
{
	cancel_delayed_work_sync(&sn->drain_work);
}
