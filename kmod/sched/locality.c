// SPDX-License-Identifier: GPL-2.0-only
#include "sched/locality.h"

#include <linux/jhash.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "table/limit.h"

#define LIFETIME	(24 * 3600 * HZ)

static u32 bucket_of(const struct shunt_locality *l,
		     const union nf_inet_addr *addr)
{
	return jhash2((const u32 *)addr, sizeof(*addr) / sizeof(u32), l->seed) %
	       SHUNT_LOCALITY_BUCKETS;
}

static bool expired(const struct shunt_locality_entry *entry)
{
	return time_after_eq(jiffies, READ_ONCE(entry->used) + LIFETIME);
}

/**
 * shunt_locality_create() - an empty memory
 * @sn:	the netns of its service
 *
 * Context: process, may sleep.
 * Return: the memory, without users, or NULL.
 */
struct shunt_locality *shunt_locality_create(struct shunt_net *sn)
{
	struct shunt_locality *l = kvzalloc(sizeof(*l), GFP_KERNEL_ACCOUNT);

	if (!l)
		return NULL;
	l->sn = sn;
	spin_lock_init(&l->lock);
	l->seed = get_random_u32();
	return l;
}

/* Nobody has found it for a grace period, so nobody writes. */
static void free_locality(struct rcu_head *rcu)
{
	struct shunt_locality *l = container_of(rcu, struct shunt_locality,
						rcu);
	struct shunt_locality_entry *entry;
	struct hlist_node *next;
	u32 i;

	for (i = 0; i < SHUNT_LOCALITY_BUCKETS; i++) {
		hlist_for_each_entry_safe(entry, next, &l->bucket[i], link) {
			shunt_limit_forget(l->sn);
			kfree(entry);
		}
	}
	kvfree(l);
}

/**
 * shunt_locality_put() - a table of picks lets go of it
 * @l:	the memory, freed after a grace period when that was the last
 *
 * Context: shunt_net.mutex.
 */
void shunt_locality_put(struct shunt_locality *l)
{
	if (!--l->users)
		call_rcu(&l->rcu, free_locality);
}

static struct shunt_locality_entry *
find_in(struct hlist_head *bucket, const union nf_inet_addr *addr)
{
	struct shunt_locality_entry *entry;

	hlist_for_each_entry_rcu(entry, bucket, link) {
		if (!memcmp(&entry->addr, addr, sizeof(*addr)))
			return entry;
	}
	return NULL;
}

/**
 * shunt_locality_find() - what is known of a destination
 * @l:		the memory
 * @addr:	the destination, the bytes behind an IPv4 address zero
 *
 * Context: RCU read lock, held as long as the result is used.
 * Return: its entry, which counts as used now, or NULL.
 */
struct shunt_locality_entry *
shunt_locality_find(struct shunt_locality *l, const union nf_inet_addr *addr)
{
	struct shunt_locality_entry *entry;

	entry = find_in(&l->bucket[bucket_of(l, addr)], addr);
	if (!entry || expired(entry))
		return NULL;
	if (READ_ONCE(entry->used) != jiffies)
		WRITE_ONCE(entry->used, jiffies);
	return entry;
}

/**
 * shunt_locality_alloc() - a new entry, to be filled and added
 * @addr:	the destination
 * @capacity:	real servers it is to hold
 *
 * Context: any but hard interrupt.
 * Return: the entry without real servers, or NULL.
 */
struct shunt_locality_entry *
shunt_locality_alloc(const union nf_inet_addr *addr, u32 capacity)
{
	struct shunt_locality_entry *entry;

	entry = kmalloc(struct_size(entry, dest, capacity),
			GFP_ATOMIC | __GFP_NOWARN);
	if (!entry)
		return NULL;
	entry->addr = *addr;
	entry->used = jiffies;
	entry->changed = jiffies;
	entry->count = 0;
	return entry;
}

static void forget(struct shunt_locality *l, struct shunt_locality_entry *entry)
{
	hlist_del_rcu(&entry->link);
	kfree_rcu(entry, rcu);
	shunt_limit_forget(l->sn);
	l->count--;
}

static void forget_expired(struct shunt_locality *l, struct hlist_head *bucket)
{
	struct shunt_locality_entry *entry;
	struct hlist_node *next;

	hlist_for_each_entry_safe(entry, next, bucket, link) {
		if (expired(entry))
			forget(l, entry);
	}
}

/* A clock's hand goes round the buckets until it meets a used one. */
static void forget_one(struct shunt_locality *l)
{
	struct shunt_locality_entry *entry, *oldest = NULL;

	while (!oldest) {
		l->hand = (l->hand + 1) % SHUNT_LOCALITY_BUCKETS;
		hlist_for_each_entry(entry, &l->bucket[l->hand], link) {
			if (!oldest || time_before(READ_ONCE(entry->used),
						   READ_ONCE(oldest->used)))
				oldest = entry;
		}
	}
	forget(l, oldest);
}

/* Where the netns has no room for another, one of our own goes, if there is any. */
static bool make_room(struct shunt_locality *l)
{
	if (l->count >= SHUNT_LOCALITY_MAX)
		forget_one(l);
	if (shunt_limit_remember(l->sn))
		return true;
	if (!l->count)
		return false;
	forget_one(l);
	return shunt_limit_remember(l->sn);
}

/**
 * shunt_locality_add() - remember
 * @l:		the memory
 * @entry:	the entry; takes the place of the one there was. Freed where
 *		there is no room for it
 *
 * Context: RCU read lock, bottom halves off.
 */
void shunt_locality_add(struct shunt_locality *l,
			struct shunt_locality_entry *entry)
{
	struct hlist_head *bucket = &l->bucket[bucket_of(l, &entry->addr)];
	struct shunt_locality_entry *old;

	spin_lock(&l->lock);
	old = find_in(bucket, &entry->addr);
	if (old) {
		hlist_replace_rcu(&old->link, &entry->link);
		kfree_rcu(old, rcu);
	} else {
		forget_expired(l, bucket);
		if (make_room(l)) {
			hlist_add_head_rcu(&entry->link, bucket);
			l->count++;
		} else {
			kfree(entry);
		}
	}
	spin_unlock(&l->lock);
}
