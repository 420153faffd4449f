// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection sits in the slot of the second in which its timeout would end.
 * Packets only stamp it: when the slot's turn comes, one that was seen since
 * goes to a later slot, so a busy connection is looked at once a timeout. Only
 * a state change to a shorter timeout moves it before its time.
 *
 * Each slot exists once per shard, so that CPUs making connections at the same
 * moment do not meet at one lock, and each shard twice: what could be spared,
 * should the table be full, sits apart from the rest, oldest first. What proves
 * its worth meanwhile stays there until somebody comes by.
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
#define RUN		1024	/* connections before other work has its turn */
#define LOOKS		64	/* connections looked at to spare one */

struct slot {
	spinlock_t lock;
	struct list_head conns;
};

/**
 * struct shunt_wheel - a netns's connections in the order of their expiry
 * @sn:		the netns
 * @idle:	called when the last connection is gone
 * @work:	turns the wheel once a second while there are connections
 * @armed:	@work is queued or running
 * @resort:	timeouts have changed, look at every connection
 * @tick:	the tick to work off next, or just being worked off
 * @next:	the slot of @tick whose turn is next
 * @batch:	what the worker has taken off @slot and not yet looked at
 * @slot:	where @batch was
 * @spare_from:	no earlier tick has a connection that could be spared, as far as
 *		CPUs that do not wait for each other know; seen to once a second
 * @shards:	a power of two; each tick has twice as many slots: of what is to
 *		stay, then of what could be spared
 * @slots:	SLOTS times twice @shards
 */
struct shunt_wheel {
	struct shunt_net *sn;
	void (*idle)(struct shunt_net *sn);
	struct delayed_work work;
	atomic_t armed;
	bool resort;
	u32 tick;
	u32 next;
	struct list_head batch;
	struct slot *slot;
	u32 spare_from;
	u32 shards;
	struct slot slots[];
};

static u32 tick_at(u64 jiffies64)
{
	return (u32)div_u64(jiffies64, HZ);
}

static struct slot *slot_of(struct shunt_wheel *wheel, u32 tick, u32 shard)
{
	return &wheel->slots[(tick % SLOTS) * 2 * wheel->shards + shard];
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

static void set_place(struct shunt_wheel *wheel, struct shunt_conn *c)
{
	/* Packets by themselves prove nothing: only the first time, when it is 0. */
	bool spare = shunt_conn_is_spare(c, !c->due);

	WRITE_ONCE(c->due, due_tick(wheel->sn, c));
	c->shard = smp_processor_id() & (wheel->shards - 1);
	if (!spare)
		return;
	c->shard += wheel->shards;
	if ((s32)(c->due - READ_ONCE(wheel->spare_from)) < 0)
		WRITE_ONCE(wheel->spare_from, c->due);
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

	set_place(wheel, c);
	slot = slot_of(wheel, c->due, c->shard);
	spin_lock(&slot->lock);
	list_add_tail(&c->wheel, &slot->conns);
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
	list_del_init(&c->wheel);
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

/* Under RCU: the first of a list, which is the slot's or the batch taken off. */
static struct shunt_conn *first_of(struct slot *slot,
				   struct list_head *list)
{
	struct shunt_conn *c;

	spin_lock_bh(&slot->lock);
	c = list_first_entry_or_null(list, struct shunt_conn, wheel);
	spin_unlock_bh(&slot->lock);
	return c;
}

/* One off the batch; false when it is empty. */
static bool work_off_one(struct shunt_net *sn, struct shunt_wheel *wheel)
{
	struct shunt_conn *c;

	if (list_empty(&wheel->batch))
		return false;
	rcu_read_lock();
	c = first_of(wheel->slot, &wheel->batch);
	if (c && unlikely(test_bit(SHUNT_DEST_ASKING, &c->dest->flags)))
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

/* Taken off whole: what goes back into this very slot waits a round. */
static void take_off(struct shunt_wheel *wheel, struct slot *slot)
{
	wheel->slot = slot;
	spin_lock_bh(&slot->lock);
	list_splice_init(&slot->conns, &wheel->batch);
	spin_unlock_bh(&slot->lock);
}

/* The next batch there is by now; false when there is none. */
static bool take_next(struct shunt_wheel *wheel, u32 now)
{
	struct slot *slot;

	while ((s32)(now - wheel->tick) >= 0) {
		while (wheel->next < 2 * wheel->shards) {
			slot = slot_of(wheel, wheel->tick, wheel->next++);
			if (!list_empty(&slot->conns)) {
				take_off(wheel, slot);
				return true;
			}
		}
		wheel->next = 0;
		WRITE_ONCE(wheel->tick, wheel->tick + 1);
	}
	return false;
}

static void begin_at(struct shunt_wheel *wheel, u32 tick)
{
	WRITE_ONCE(wheel->tick, tick);
	wheel->next = 0;
}

/* The rest follows in another run, after others who wait for this CPU's workers. */
static bool is_work_left(struct shunt_net *sn, struct shunt_wheel *wheel)
{
	u32 now = tick_at(get_jiffies_64());
	unsigned int left = RUN;

	if (xchg(&wheel->resort, false) || (s32)(now - wheel->tick) >= SLOTS)
		begin_at(wheel, now - SLOTS + 1);
	do {
		while (work_off_one(sn, wheel)) {
			if (!--left)
				return true;
			cond_resched();
		}
	} while (take_next(wheel, now));
	return false;
}

static void turn(struct work_struct *work)
{
	struct shunt_wheel *wheel = container_of(to_delayed_work(work),
						 struct shunt_wheel, work);
	struct shunt_net *sn = wheel->sn;
	bool more = is_work_left(sn, wheel);

	WRITE_ONCE(wheel->spare_from, wheel->tick);
	if (more || atomic_read(&sn->conn_count)) {
		queue_delayed_work(system_power_efficient_wq, &wheel->work,
				   more ? 0 : HZ);
		return;
	}
	/* Pairs with shunt_conn_create(): one of us sees the other. */
	atomic_set(&wheel->armed, 0);
	smp_mb__after_atomic();
	if (atomic_read(&sn->conn_count))
		arm(wheel);
	else
		wheel->idle(sn);
}

/* What is worth more than it was goes where it is in nobody's way. */
static bool put_out(struct shunt_net *sn, struct shunt_conn *c)
{
	/* Another CPU may just move it: then it is looked at another time. */
	bool seen = (s32)(due_tick(sn, c) - READ_ONCE(c->due)) > 0;

	if (shunt_conn_is_spare(c, !seen) && refcount_read(&c->refs) == 1)
		return shunt_conn_kill(sn, c);
	postpone(sn, c);
	return false;
}

/* The oldest of a slot; @looks is how many may be looked at. */
static bool put_out_of(struct shunt_net *sn, struct slot *slot, int *looks)
{
	struct shunt_conn *c;

	while (!list_empty(&slot->conns) && (*looks)-- > 0) {
		c = first_of(slot, &slot->conns);
		if (c && put_out(sn, c))
			return true;
	}
	return false;
}

/* The oldest of a tick, of what this CPU has made first. */
static bool put_out_at(struct shunt_wheel *wheel, u32 tick, int *looks)
{
	u32 shard, i;

	for (i = 0; i < wheel->shards; i++) {
		shard = (smp_processor_id() + i) & (wheel->shards - 1);
		shard += wheel->shards;
		if (put_out_of(wheel->sn, slot_of(wheel, tick, shard), looks))
			return true;
	}
	return false;
}

/**
 * shunt_wheel_spare() - put out a connection that can be spared
 * @sn:	the netns
 *
 * Of those, one whose time would be over first. The search goes on where the last
 * one ended, and comes by each connection but once.
 *
 * Context: RCU read lock, bottom halves off.
 * Return: true if one is gone.
 */
bool shunt_wheel_spare(struct shunt_net *sn)
{
	struct shunt_wheel *wheel = sn->wheel;
	u32 end = tick_at(get_jiffies_64()) + SLOTS;
	u32 from = READ_ONCE(wheel->spare_from);
	u32 tick = READ_ONCE(wheel->tick);
	int looks = LOOKS;
	bool gone = false;

	if ((s32)(from - tick) > 0)
		tick = from;
	while ((s32)(end - tick) > 0) {
		gone = put_out_at(wheel, tick, &looks);
		if (gone || looks <= 0)
			break;
		tick++;
	}
	if (tick != from)
		WRITE_ONCE(wheel->spare_from, tick);
	return gone;
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
	u32 slots = SLOTS * 2 * shards, i;
	struct shunt_wheel *wheel;

	wheel = kvzalloc(struct_size(wheel, slots, slots), GFP_KERNEL_ACCOUNT);
	if (!wheel)
		return -ENOMEM;
	wheel->sn = sn;
	wheel->idle = idle;
	wheel->shards = shards;
	wheel->tick = tick_at(get_jiffies_64());
	wheel->spare_from = wheel->tick;
	INIT_LIST_HEAD(&wheel->batch);
	INIT_DELAYED_WORK(&wheel->work, turn);
	for (i = 0; i < slots; i++) {
		spin_lock_init(&wheel->slots[i].lock);
		INIT_LIST_HEAD(&wheel->slots[i].conns);
	}
	sn->wheel = wheel;
	return 0;
}

/* One of a list; false when it is empty. */
static bool kill_one(struct shunt_net *sn, struct slot *slot,
		     struct list_head *list)
{
	struct shunt_conn *c;

	rcu_read_lock();
	c = first_of(slot, list);
	if (c)
		shunt_conn_kill(sn, c);
	rcu_read_unlock();
	cond_resched();
	return c;
}

/**
 * shunt_wheel_destroy() - kill all connections, stop a netns's wheel and free it
 * @sn:	the netns; its hooks are gone and no packet is under way
 */
void shunt_wheel_destroy(struct shunt_net *sn)
{
	struct shunt_wheel *wheel = sn->wheel;
	u32 i;

	if (!wheel)
		return;
	cancel_delayed_work_sync(&wheel->work);
	while (!list_empty(&wheel->batch))
		kill_one(sn, wheel->slot, &wheel->batch);
	for (i = 0; i < SLOTS * 2 * wheel->shards; i++) {
		while (kill_one(sn, &wheel->slots[i], &wheel->slots[i].conns))
			;
	}
	kvfree(wheel);
	sn->wheel = NULL;
}
