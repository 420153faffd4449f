/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The route to a real server, remembered.
 *
 * A route holds its device, and a device that goes away waits for whoever holds
 * it. So all remembered routes of a netns are in a list, and are forgotten when
 * a device of it goes down.
 */
#ifndef SHUNT_ROUTE_H
#define SHUNT_ROUTE_H

#include <linux/list.h>
#include <linux/netfilter.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

struct dst_entry;
union nf_inet_addr;
struct shunt_dest;
struct shunt_net;
struct shunt_route;

/**
 * struct shunt_routes - a netns's remembered routes
 * @lock:	guards the rest and every write to a shunt_route_cache
 * @list:	struct shunt_route
 * @forgotten:	how many times they were all forgotten
 */
struct shunt_routes {
	spinlock_t lock;
	struct list_head list;
	u32 forgotten;
};

/**
 * struct shunt_route_cache - one per real server
 * @route:	the last route found, or NULL; never changed once published
 */
struct shunt_route_cache {
	struct shunt_route __rcu *route;
};

/**
 * struct shunt_route - a route at the time it was looked up
 * @dst:	held
 * @cookie:	tells dst_check() whether @dst is still the right one
 * @src:		the address the director itself sends from on this way; of IPv6
 *		:: when it has none
 * @local:	the address is the director's own
 * @plain:	sending by it takes no more than a neighbour
 * @cache:	where it is published
 * @list:	in shunt_routes.list
 * @rcu:	readers may still hold it after it is forgotten
 */
struct shunt_route {
	struct dst_entry *dst;
	u32 cookie;
	union nf_inet_addr src;
	bool local;
	bool plain;
	struct shunt_route_cache *cache;
	struct list_head list;
	struct rcu_head rcu;
};

int shunt_routes_register(void);
void shunt_routes_unregister(void);
void shunt_routes_init(struct shunt_routes *routes);

const struct shunt_route *shunt_route_get(struct shunt_net *sn,
					  struct shunt_dest *dest);
const struct shunt_route *shunt_route_once(struct shunt_net *sn, u8 af,
					   const union nf_inet_addr *addr);
int shunt_route_keep(struct shunt_routes *routes,
		     struct shunt_route_cache *cache, struct dst_entry *dst);
void shunt_route_forget(struct shunt_routes *routes,
			struct shunt_route_cache *cache);

#endif /* SHUNT_ROUTE_H */
