/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which real servers served a destination address last, for lblc and lblcr.
 *
 * Readers take no lock: an entry is never changed but replaced, its times
 * excepted. There are no timers: what has not been used for a day counts for
 * nothing and goes when its bucket is written next, and when there are too many
 * the one of a bucket goes that was not used for longest.
 */
#ifndef SHUNT_LOCALITY_H
#define SHUNT_LOCALITY_H

#include <linux/netfilter.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#define SHUNT_LOCALITY_BUCKETS	1024
#define SHUNT_LOCALITY_MAX	16384

struct shunt_dest;
struct shunt_net;

/**
 * struct shunt_locality_entry - a destination's real servers
 * @link:	in a bucket
 * @addr:	the destination
 * @used:	jiffies when it was looked up last
 * @changed:	jiffies when the set was changed last
 * @rcu:	readers may still hold it after it is replaced
 * @count:	how many there are
 * @dest:	the set. These may be gone: they are compared with those in the
 *		picks, and never followed
 */
struct shunt_locality_entry {
	struct hlist_node link;
	union nf_inet_addr addr;
	unsigned long used;
	unsigned long changed;
	struct rcu_head rcu;
	u32 count;
	const struct shunt_dest *dest[];
};

/**
 * struct shunt_locality - what a service remembers
 * @sn:		the service's netns
 * @lock:	taken to change something
 * @users:	tables of picks that refer to it; shunt_net.mutex
 * @count:	entries there are; @lock
 * @hand:	the bucket to take an entry from when there are too many; @lock
 * @seed:	of the hash
 * @rcu:	readers may still hold it after it is let go
 * @bucket:	struct shunt_locality_entry
 */
struct shunt_locality {
	struct shunt_net *sn;
	spinlock_t lock;
	u32 users;
	u32 count;
	u32 hand;
	u32 seed;
	struct rcu_head rcu;
	struct hlist_head bucket[SHUNT_LOCALITY_BUCKETS];
};

struct shunt_locality *shunt_locality_create(struct shunt_net *sn);
void shunt_locality_put(struct shunt_locality *l);

struct shunt_locality_entry *
shunt_locality_find(struct shunt_locality *l, const union nf_inet_addr *addr);
struct shunt_locality_entry *
shunt_locality_alloc(const union nf_inet_addr *addr, u32 capacity);
void shunt_locality_add(struct shunt_locality *l,
			struct shunt_locality_entry *entry);

#endif /* SHUNT_LOCALITY_H */
