// SPDX-License-Identifier: GPL-2.0-only
#include "forward/route.h"

#include <linux/netdevice.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/dst.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/route.h>

#include "net.h"
#include "table/dest.h"

static void free_route(struct rcu_head *rcu)
{
	struct shunt_route *route = container_of(rcu, struct shunt_route, rcu);

	dst_release(route->dst);
	kfree(route);
}

/* Take a cache's route out, if it has one; shunt_routes.lock is held. */
static void forget(struct shunt_routes *routes, struct shunt_route_cache *cache)
{
	struct shunt_route *route;

	route = rcu_replace_pointer(cache->route, NULL,
				    lockdep_is_held(&routes->lock));
	if (!route)
		return;
	list_del(&route->list);
	call_rcu(&route->rcu, free_route);
}

/* Without IPsec, tunnels of the route's own, or a way through a VRF. */
static bool is_plain(const struct dst_entry *dst)
{
	return !dst_xfrm(dst) && !dst->lwtstate &&
	       !netif_is_l3_master(dst->dev) && !netif_is_l3_slave(dst->dev);
}

/*
 * A route that was looked up before all were forgotten may be what had to be:
 * it serves its packet and is not remembered.
 */
static void remember(struct shunt_routes *routes, struct shunt_route *route,
		     u32 forgotten)
{
	spin_lock_bh(&routes->lock);
	if (routes->forgotten == forgotten) {
		forget(routes, route->cache);
		list_add(&route->list, &routes->list);
		rcu_assign_pointer(route->cache->route, route);
	} else {
		call_rcu(&route->rcu, free_route);
	}
	spin_unlock_bh(&routes->lock);
}

/*
 * FLOWI_FLAG_KNOWN_NH: the packet may carry another destination than the one it
 * is routed to (DR), so the route itself has to name the neighbour.
 */
static bool find4(struct net *net, __be32 addr, struct shunt_route *route)
{
	struct flowi4 fl4 = {
		.daddr = addr,
		.flowi4_flags = FLOWI_FLAG_KNOWN_NH,
	};
	struct rtable *rt = ip_route_output_key(net, &fl4);

	if (IS_ERR(rt))
		return false;
	route->dst = &rt->dst;
	route->cookie = 0;
	route->src.ip = fl4.saddr;
	route->local = rt->rt_flags & RTCF_LOCAL;
	return true;
}

/* A change of addresses makes the routes stale, so this holds as long as @rt. */
static struct in6_addr source6(struct net *net, const struct rt6_info *rt,
			       const struct in6_addr *daddr)
{
	const struct fib6_info *from = rcu_dereference(rt->from);
	struct in6_addr src;

	if (from && from->fib6_prefsrc.plen)
		return from->fib6_prefsrc.addr;
	if (ipv6_dev_get_saddr(net, ip6_dst_idev(&rt->dst)->dev, daddr, 0,
			       &src))
		return in6addr_any;
	return src;
}

static bool find6(struct net *net, const struct in6_addr *addr,
		  struct shunt_route *route)
{
	struct flowi6 fl6 = {
		.daddr = *addr,
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
	route->src.in6 = source6(net, rt, addr);
	route->local = rt->rt6i_flags & RTF_LOCAL;
	return true;
}

static struct shunt_route *find_to(struct net *net, u8 af,
				   const union nf_inet_addr *addr)
{
	struct shunt_route *route = kmalloc(sizeof(*route), GFP_ATOMIC);

	if (!route)
		return ERR_PTR(-ENOMEM);
	if (af == AF_INET ? find4(net, addr->ip, route) :
			    find6(net, &addr->in6, route))
		return route;
	kfree(route);
	return ERR_PTR(-EHOSTUNREACH);
}

static struct shunt_route *find(struct shunt_net *sn, struct shunt_dest *dest)
{
	u32 forgotten = READ_ONCE(sn->routes.forgotten);
	struct shunt_route *route;

	/* Pairs with the lock under which the routes are forgotten. */
	smp_rmb();
	route = find_to(sn->net, dest->af, &dest->addr);
	if (IS_ERR(route))
		return route;
	route->plain = is_plain(route->dst);
	route->cache = &dest->route;
	remember(&sn->routes, route, forgotten);
	return route;
}

/**
 * shunt_route_get() - the route to a real server
 * @sn:		the netns
 * @dest:	the real server
 *
 * Looked up only when the routing tables have changed since the last time.
 *
 * Context: RCU read lock, under which the result stays valid.
 * Return: the route, -EHOSTUNREACH when there is none, or -ENOMEM.
 */
const struct shunt_route *shunt_route_get(struct shunt_net *sn,
					  struct shunt_dest *dest)
{
	struct shunt_route *route = rcu_dereference(dest->route.route);

	if (likely(route && dst_check(route->dst, route->cookie)))
		return route;
	return find(sn, dest);
}

/**
 * shunt_route_once() - a route that nobody remembers
 * @sn:		the netns
 * @af:		AF_INET or AF_INET6
 * @addr:	where to
 *
 * Context: RCU read lock, under which the result stays valid.
 * Return: as shunt_route_get().
 */
const struct shunt_route *shunt_route_once(struct shunt_net *sn, u8 af,
					   const union nf_inet_addr *addr)
{
	struct shunt_route *route = find_to(sn->net, af, addr);

	if (!IS_ERR(route))
		call_rcu(&route->rcu, free_route);
	return route;
}

static bool is_unicast(const struct dst_entry *dst)
{
	if (dst->ops->family == AF_INET)
		return dst_rtable(dst)->rt_type == RTN_UNICAST;
	return !(dst_rt6_info(dst)->rt6i_flags &
		 (RTF_LOCAL | RTF_REJECT | RTF_ANYCAST));
}

/**
 * shunt_route_keep() - remember a route that the kernel has chosen
 * @routes:	its netns's
 * @cache:	where, empty
 * @dst:	the route
 *
 * Context: RCU read lock.
 * Return: 0; -EOPNOTSUPP for a route that is not plain, -ENETDOWN when its device
 * is going away, -ENOMEM.
 */
int shunt_route_keep(struct shunt_routes *routes,
		     struct shunt_route_cache *cache, struct dst_entry *dst)
{
	struct shunt_route *route;
	int err = -ENETDOWN;

	if (!is_plain(dst) || !is_unicast(dst))
		return -EOPNOTSUPP;
	route = kzalloc(sizeof(*route), GFP_ATOMIC);
	if (!route)
		return -ENOMEM;
	spin_lock_bh(&routes->lock);
	/* All are forgotten once it is down. */
	if (dst->dev->flags & IFF_UP && dst_hold_safe(dst)) {
		route->dst = dst;
		if (dst->ops->family == AF_INET6)
			route->cookie = rt6_get_cookie(dst_rt6_info(dst));
		route->plain = true;
		route->cache = cache;
		list_add(&route->list, &routes->list);
		rcu_assign_pointer(cache->route, route);
		err = 0;
	}
	spin_unlock_bh(&routes->lock);
	if (err)
		kfree(route);
	return err;
}

/**
 * shunt_route_forget() - forget a real server's route
 * @routes:	its netns's
 * @cache:	where it is remembered
 *
 * Context: any but hard interrupt.
 */
void shunt_route_forget(struct shunt_routes *routes,
			struct shunt_route_cache *cache)
{
	spin_lock_bh(&routes->lock);
	forget(routes, cache);
	spin_unlock_bh(&routes->lock);
}

static void forget_all(struct shunt_routes *routes)
{
	struct shunt_route *route, *next;

	spin_lock_bh(&routes->lock);
	WRITE_ONCE(routes->forgotten, routes->forgotten + 1);
	list_for_each_entry_safe(route, next, &routes->list, list)
		forget(routes, route->cache);
	spin_unlock_bh(&routes->lock);
}

static int on_device_event(struct notifier_block *block, unsigned long event,
			   void *info)
{
	const struct net_device *dev = netdev_notifier_info_to_dev(info);

	if (event == NETDEV_DOWN || event == NETDEV_UNREGISTER)
		forget_all(&shunt_net(dev_net(dev))->routes);
	return NOTIFY_DONE;
}

static struct notifier_block device_notifier = {
	.notifier_call = on_device_event,
};

/**
 * shunt_routes_register() - be told when devices go away
 *
 * Return: 0 or a negative errno.
 */
int shunt_routes_register(void)
{
	return register_netdevice_notifier(&device_notifier);
}

/**
 * shunt_routes_unregister() - undo shunt_routes_register()
 *
 * All routes are forgotten on the way.
 */
void shunt_routes_unregister(void)
{
	unregister_netdevice_notifier(&device_notifier);
}

/**
 * shunt_routes_init() - set up a netns's remembered routes
 * @routes:	the netns's
 */
void shunt_routes_init(struct shunt_routes *routes)
{
	spin_lock_init(&routes->lock);
	INIT_LIST_HEAD(&routes->list);
	routes->forgotten = 0;
}
