/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The route to a real server, remembered.
 */
#ifndef SHUNT_ROUTE_H
#define SHUNT_ROUTE_H

#include <linux/rcupdate.h>

struct dst_entry;
struct net;
struct shunt_dest;
struct shunt_route;

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
 * @local:	the address is the director's own
 * @rcu:	readers may still hold it after it is replaced
 */
struct shunt_route {
	struct dst_entry *dst;
	u32 cookie;
	bool local;
	struct rcu_head rcu;
};

static inline void shunt_route_cache_init(struct shunt_route_cache *cache)
{
	RCU_INIT_POINTER(cache->route, NULL);
}

void shunt_route_cache_exit(struct shunt_route_cache *cache);
const struct shunt_route *shunt_route_get(struct net *net,
					  struct shunt_dest *dest);

#endif /* SHUNT_ROUTE_H */
