// SPDX-License-Identifier: GPL-2.0-only
#include "forward/hop.h"

#include <linux/slab.h>
#include <net/dst.h>

#include "forward/route.h"
#include "net.h"
#include "table/conn.h"

/*
 * Every change of the routing tables makes new routes, while connections that
 * say nothing keep the old ones' numbers. Those for which none is left take the
 * full path.
 */
#define MAX_HOPS	4095

/**
 * struct shunt_hop - a route that replies go on by
 * @cache:	the route, until it is forgotten
 * @key:	address of the kernel's route; no more than a hint, since it may
 *		be another one's by now
 * @link:	in shunt_hops.by_route
 * @users:	connections; guarded as is the rest of struct shunt_hops
 * @number:	in shunt_hops.by_number, above 0
 * @rcu:	packets may still read it after its last user is gone
 */
struct shunt_hop {
	struct shunt_route_cache cache;
	const struct dst_entry *key;
	struct hlist_node link;
	unsigned int users;
	u32 number;
	struct rcu_head rcu;
};

/*
 * IPv6's routes outlive changes of the tables, after which they hold with another
 * cookie, and maybe for others no more: a hop is for one cookie.
 */
static struct shunt_hop *find(struct shunt_hops *hops, struct dst_entry *dst)
{
	const struct shunt_route *route;
	struct shunt_hop *hop;

	hash_for_each_possible(hops->by_route, hop, link, (unsigned long)dst) {
		if (hop->key != dst)
			continue;
		route = rcu_dereference(hop->cache.route);
		if (route && route->dst == dst && dst_check(dst, route->cookie))
			return hop;
	}
	return NULL;
}

static struct shunt_hop *create(struct shunt_net *sn, struct dst_entry *dst)
{
	struct shunt_hops *hops = &sn->hops;
	struct shunt_hop *hop = kzalloc(sizeof(*hop), GFP_ATOMIC);

	if (!hop)
		return NULL;
	if (__xa_alloc(&hops->by_number, &hop->number, hop,
		       XA_LIMIT(1, MAX_HOPS), GFP_ATOMIC))
		goto err_hop;
	if (shunt_route_keep(&sn->routes, &hop->cache, dst))
		goto err_number;
	hop->key = dst;
	hash_add(hops->by_route, &hop->link, (unsigned long)dst);
	return hop;

err_number:
	__xa_erase(&hops->by_number, hop->number);
err_hop:
	/* Whoever had its number from before may have found it. */
	kfree_rcu(hop, rcu);
	return NULL;
}

/* Return: the number of a route, which has one user more; or 0. */
static unsigned int get(struct shunt_net *sn, struct dst_entry *dst)
{
	struct shunt_hop *hop;

	xa_lock_bh(&sn->hops.by_number);
	hop = find(&sn->hops, dst) ?: create(sn, dst);
	if (hop)
		hop->users++;
	xa_unlock_bh(&sn->hops.by_number);
	return hop ? hop->number : 0;
}

/**
 * shunt_hop_put() - a connection needs its replies' route no more
 * @sn:		the netns
 * @number:	the route's, or 0
 *
 * Context: any but hard interrupt.
 */
void shunt_hop_put(struct shunt_net *sn, unsigned int number)
{
	struct shunt_hops *hops = &sn->hops;
	struct shunt_hop *hop;

	if (!number)
		return;
	xa_lock_bh(&hops->by_number);
	hop = xa_load(&hops->by_number, number);
	if (!--hop->users) {
		hash_del(&hop->link);
		__xa_erase(&hops->by_number, number);
		shunt_route_forget(&sn->routes, &hop->cache);
		kfree_rcu(hop, rcu);
	}
	xa_unlock_bh(&hops->by_number);
}

/**
 * shunt_hop_learn() - note by which route a connection's replies go on
 * @sn:		the netns
 * @c:		the connection
 * @skb:	a reply, as the kernel is going to send it
 *
 * Context: RCU read lock.
 */
void shunt_hop_learn(struct shunt_net *sn, struct shunt_conn *c,
		     const struct sk_buff *skb)
{
	const struct shunt_route *route = shunt_hop_route(sn, c);
	struct dst_entry *dst = skb_dst(skb);
	unsigned int number, before;

	if (route && route->dst == dst)
		return;
	number = get(sn, dst);
	spin_lock_bh(&c->lock);
	before = c->hop;
	WRITE_ONCE(c->hop, number);
	spin_unlock_bh(&c->lock);
	shunt_hop_put(sn, before);
}

/**
 * shunt_hop_route() - the route by which a connection's replies go on
 * @sn:	the netns
 * @c:	the connection
 *
 * Context: RCU read lock, under which the result stays valid.
 * Return: the route, or NULL where there is none that still holds.
 */
const struct shunt_route *shunt_hop_route(struct shunt_net *sn,
					  const struct shunt_conn *c)
{
	unsigned int number = READ_ONCE(c->hop);
	const struct shunt_route *route;
	const struct shunt_hop *hop;

	if (!number)
		return NULL;
	hop = xa_load(&sn->hops.by_number, number);
	/* As long as the connection has it, nobody else gets that number. */
	smp_rmb();
	if (!hop || READ_ONCE(c->hop) != number)
		return NULL;
	route = rcu_dereference(hop->cache.route);
	if (!route || !dst_check(route->dst, route->cookie))
		return NULL;
	return route;
}

/**
 * shunt_hops_init() - set up a netns's
 * @hops:	the netns's
 */
void shunt_hops_init(struct shunt_hops *hops)
{
	xa_init_flags(&hops->by_number, XA_FLAGS_ALLOC1 | XA_FLAGS_LOCK_BH);
	hash_init(hops->by_route);
}
