// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection sits in the slot of the second in which its timeout would end.
 * Packets only stamp it: when the slot's turn comes, one that was seen since
 * goes to a later slot, so a busy connection is looked at once a timeout. Only
 * a state change to a shorter timeout moves it before its time.
 *
 * Each slot exists once per shard, so that CPUs making connections at the same
 * moment do not meet at one lock.
 *
 * Locks: shunt_conn.lock, then a slot's. A slot's lock guards its list and also
 * the batch that the worker has taken off it.
 */
#include "table/expire.h"

#include <linux/mm.h>

#include "forward/reset.h"
#include "table/dest.h"
#include "table/persist.h"

#define SLOTS		1024	/* above the longest default timeout, in seconds */
#define MAX_SHARDS	8

struct slot {
	spinlock_t lock;
	struct hlist_head conns;
};

/**
 * struct shunt_wheel - a netns's connections in the order of their expiry
 * @sn:		the netns
 * @idle:	called when the last connection is gone
 * @work:	turns the wheel once a second while there are connections
 * @armed:	@work is queued or running
 * @resort:	timeouts have changed, look at every connection
 * @tick:	the next tick to work off
 * @shards:	lists a slot has, a power of two
 * @slots:	SLOTS times @shards
 */
struct shunt_wheel {
	struct shunt_net *sn;
	void (*idle)(struct shunt_net *sn);
	struct delayed_work work;
	atomic_t armed;
	bool resort;
	u32 tick;
	u32 shards;
	struct slot slots[];
};

static u32 tick_at(u64 jiffies64)
{
	return (u32)div_u64(jiffies64, HZ);
}

static struct slot *slot_of(struct shunt_wheel *wheel, u32 tick, u32 shard)
{
	return &wheel->slots[(tick % SLOTS) * wheel->shards + shard];
}

static u32 due_tick(const struct shunt_net *sn, const struct shunt_conn *c)
{
	u32 left = min_t(u32, shunt_conn_expires(sn, c), (SLOTS - 2) * HZ);

	return tick_at(get_jiffies_64() + left) + 1;
}

static void arm(struct shunt_wheel *wheel)
{
	if (!atomic_read(&wheel->armed) && !atomic_xchg(&wheel->armed, 1))
		queue_delayed_work(system_power_efficient_wq, &wheel->work, HZ);
}

/**
 * shunt_wheel_add() - put a connection where its expiry will be noticed
 * @sn:	the netns
 * @c:	the connection, in no slot
 *
 * Context: shunt_conn.lock held, bottom halves off.
 */
void shunt_wheel_add(struct shunt_net *sn, struct shunt_conn *c)
{
	struct shunt_wheel *wheel = sn->wheel;
	struct slot *slot;

	c->due = due_tick(sn, c);
	c->shard = smp_processor_id() & (wheel->shards - 1);
	slot = slot_of(wheel, c->due, c->shard);
	spin_lock(&slot->lock);
	hlist_add_head(&c->wheel, &slot->conns);
	spin_unlock(&slot->lock);
	arm(wheel);
}

/**
 * shunt_wheel_remove() - take a connection off the wheel
 * @sn:	the netns
 * @c:	the connection, in a slot
 *
 * Context: shunt_conn.lock held, bottom halves off.
 */
void shunt_wheel_remove(struct shunt_net *sn, struct shunt_conn *c)
{
	struct slot *slot = slot_of(sn->wheel, c->due, c->shard);

	spin_lock(&slot->lock);
	hlist_del_init(&c->wheel);
	spin_unlock(&slot->lock);
}

/**
 * shunt_wheel_hasten() - move a connection if it now expires earlier
 * @sn:	the netns
 * @c:	the connection, whose state has just changed
 *
 * Context: shunt_conn.lock held, bottom halves off.
 */
void shunt_wheel_hasten(struct shunt_net *sn, struct shunt_conn *c)
{
	if ((s32)(due_tick(sn, c) - c->due) >= 0)
		return;
	shunt_wheel_remove(sn, c);
	shunt_wheel_add(sn, c);
}

static void postpone(struct shunt_net *sn, struct shunt_conn *c)
{
	spin_lock_bh(&c->lock);
	if (!c->dead) {
		shunt_wheel_remove(sn, c);
		shunt_wheel_add(sn, c);
	}
	spin_unlock_bh(&c->lock);
}

/* Its real server's deadline has passed: not even a template is spared. */
static bool is_ended(const struct shunt_conn *c)
{
	return test_bit(SHUNT_DEST_ENDED, &c->dest->flags);
}

/* Its real server is removed, and it shall not wait for that to come back. */
static bool is_orphan(const struct shunt_net *sn, const struct shunt_conn *c)
{
	return READ_ONCE(sn->settings.expire_nodest_conn) &&
	       test_bit(SHUNT_DEST_REMOVED, &c->dest->flags);
}

/* One off the batch; false when it is empty. */
static bool work_off_one(struct shunt_net *sn, struct slot *slot,
			 struct hlist_head *batch)
{
	struct shunt_conn *c;

	rcu_read_lock();
	spin_lock_bh(&slot->lock);
	c = hlist_entry_safe(batch->first, struct shunt_conn, wheel);
	spin_unlock_bh(&slot->lock);
	if (c && unlikely(c->dest->flags & 1ul << SHUNT_DEST_ASKING))
		shunt_reset_ask(sn, c);
	if (c && !is_ended(c) &&
	    ((!is_orphan(sn, c) && shunt_conn_expires(sn, c)) ||
	     shunt_template_stays(c)))
		postpone(sn, c);
	else if (c)
		shunt_conn_expire(sn, c);
	rcu_read_unlock();
	return c;
}

static void work_off(struct shunt_net *sn, struct slot *slot)
{
	HLIST_HEAD(batch);

	if (hlist_empty(&slot->conns))
		return;
	/* Taken off whole: what goes back into this very slot waits a round. */
	spin_lock_bh(&slot->lock);
	hlist_move_list(&slot->conns, &batch);
	spin_unlock_bh(&slot->lock);

	while (work_off_one(sn, slot, &batch))
		cond_resched();
}

static void turn(struct work_struct *work)
{
	struct shunt_wheel *wheel = container_of(to_delayed_work(work),
						 struct shunt_wheel, work);
	u32 now = tick_at(get_jiffies_64());
	struct shunt_net *sn = wheel->sn;
	u32 shard;

	if (xchg(&wheel->resort, false) || (s32)(now - wheel->tick) >= SLOTS)
		wheel->tick = now - SLOTS + 1;
	for (; (s32)(now - wheel->tick) >= 0; wheel->tick++) {
		for (shard = 0; shard < wheel->shards; shard++)
			work_off(sn, slot_of(wheel, wheel->tick, shard));
	}

	if (atomic_read(&sn->conn_count)) {
		queue_delayed_work(system_power_efficient_wq, &wheel->work, HZ);
		return;
	}
	/* Pairs with the one in shunt_conn_create(): one of us sees the other. */
	atomic_set(&wheel->armed, 0);
	smp_mb__after_atomic();
	if (atomic_read(&sn->conn_count))
		arm(wheel);
	else
		wheel->idle(sn);
}

/**
 * shunt_wheel_resort() - look at every connection, some may be over now
 * @sn:	the netns
 */
void shunt_wheel_resort(struct shunt_net *sn)
{
	struct shunt_wheel *wheel = sn->wheel;

	if (!wheel || !atomic_read(&sn->conn_count))
		return;
	WRITE_ONCE(wheel->resort, true);
	mod_delayed_work(system_power_efficient_wq, &wheel->work, 0);
}

/**
 * shunt_wheel_create() - set up a netns's wheel
 * @sn:		the netns
 * @idle:	called in process context when the last connection is gone
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int shunt_wheel_create(struct shunt_net *sn, void (*idle)(struct shunt_net *))
{
	u32 shards = min_t(u32, roundup_pow_of_two(num_possible_cpus()),
			   MAX_SHARDS);
	struct shunt_wheel *wheel;
	u32 i;

	wheel = kvzalloc(struct_size(wheel, slots, SLOTS * shards),
			 GFP_KERNEL_ACCOUNT);
	if (!wheel)
		return -ENOMEM;
	wheel->sn = sn;
	wheel->idle = idle;
	wheel->shards = shards;
	wheel->tick = tick_at(get_jiffies_64());
	INIT_DELAYED_WORK(&wheel->work, turn);
	for (i = 0; i < SLOTS * shards; i++)
		spin_lock_init(&wheel->slots[i].lock);
	sn->wheel = wheel;
	return 0;
}

/**
 * shunt_wheel_destroy() - stop a netns's wheel and free it
 * @sn:	the netns; nothing makes connections any more, none is left
 */
void shunt_wheel_destroy(struct shunt_net *sn)
{
	if (!sn->wheel)
		return;
	cancel_delayed_work_sync(&sn->wheel->work);
	kvfree(sn->wheel);
	sn->wheel = NULL;
}
