// SPDX-License-Identifier: GPL-2.0-only
#include "forward/route.h"

#include <linux/slab.h>
#include <net/dst.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/route.h>

#include "table/dest.h"

static void free_route(struct shunt_route *route)
{
	dst_release(route->dst);
	kfree(route);
}

static void free_route_rcu(struct rcu_head *rcu)
{
	free_route(container_of(rcu, struct shunt_route, rcu));
}

static void replace(struct shunt_route_cache *cache, struct shunt_route *route)
{
	struct shunt_route *old;

	old = unrcu_pointer(xchg(&cache->route, RCU_INITIALIZER(route)));
	if (old)
		call_rcu(&old->rcu, free_route_rcu);
}

/*
 * FLOWI_FLAG_KNOWN_NH: the packet may carry another destination than the one it
 * is routed to (DR), so the route itself has to name the neighbour.
 */
static bool find4(struct net *net, const struct shunt_dest *dest,
		  struct shunt_route *route)
{
	struct flowi4 fl4 = {
		.daddr = dest->addr.ip,
		.flowi4_flags = FLOWI_FLAG_KNOWN_NH,
	};
	struct rtable *rt = ip_route_output_key(net, &fl4);

	if (IS_ERR(rt))
		return false;
	route->dst = &rt->dst;
	route->cookie = 0;
	route->local = rt->rt_flags & RTCF_LOCAL;
	return true;
}

static bool find6(struct net *net, const struct shunt_dest *dest,
		  struct shunt_route *route)
{
	struct flowi6 fl6 = {
		.daddr = dest->addr.in6,
		.flowi6_flags = FLOWI_FLAG_KNOWN_NH,
	};
	struct dst_entry *dst = ip6_route_output(net, NULL, &fl6);
	const struct rt6_info *rt = container_of(dst, struct rt6_info, dst);

	if (dst->error) {
		dst_release(dst);
		return false;
	}
	route->dst = dst;
	route->cookie = rt6_get_cookie(rt);
	route->local = rt->rt6i_flags & RTF_LOCAL;
	return true;
}

static struct shunt_route *find(struct net *net, struct shunt_dest *dest)
{
	struct shunt_route *route = kmalloc(sizeof(*route), GFP_ATOMIC);
	bool found;

	if (!route)
		return ERR_PTR(-ENOMEM);
	found = dest->af == AF_INET ? find4(net, dest, route) :
				      find6(net, dest, route);
	if (!found) {
		kfree(route);
		return ERR_PTR(-EHOSTUNREACH);
	}
	replace(&dest->route, route);
	return route;
}

/**
 * shunt_route_get() - the route to a real server
 * @net:	the netns
 * @dest:	the real server
 *
 * Looked up only when the routing tables have changed since the last time.
 *
 * Context: RCU read lock, under which the result stays valid.
 * Return: the route, -EHOSTUNREACH when there is none, or -ENOMEM.
 */
const struct shunt_route *shunt_route_get(struct net *net,
					  struct shunt_dest *dest)
{
	struct shunt_route *route = rcu_dereference(dest->route.route);

	if (likely(route && dst_check(route->dst, route->cookie)))
		return route;
	return find(net, dest);
}

/**
 * shunt_route_cache_exit() - let go of the remembered route
 * @cache:	of a real server past its grace period: nobody looks at it
 */
void shunt_route_cache_exit(struct shunt_route_cache *cache)
{
	struct shunt_route *route = unrcu_pointer(xchg(&cache->route, NULL));

	if (route)
		free_route(route);
}
