// SPDX-License-Identifier: GPL-2.0-only
/*
 * Past all real servers, to where the packet was going: a cache that packets are
 * led to by their mark can be left out.
 *
 * A connection has a real server for life. What goes past them all without being
 * told to has one that stands for none: it is in no service, nobody sees it, and
 * what it counts is not in any total.
 */
#include "forward/bypass.h"

#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/route.h>
#include <uapi/linux/shunt.h>

#include "table/dest.h"

static struct shunt_dest __rcu **slot(struct shunt_net *sn, u8 af)
{
	return af == AF_INET ? &sn->nobody4 : &sn->nobody6;
}

/**
 * shunt_bypass_prepare() - see that packets can go past all real servers
 * @sn:	the netns
 * @af:	AF_INET or AF_INET6
 *
 * Context: shunt_net.mutex, may sleep.
 * Return: 0 or -ENOMEM.
 */
int shunt_bypass_prepare(struct shunt_net *sn, u8 af)
{
	struct shunt_dest *dest;

	if (rcu_access_pointer(*slot(sn, af)))
		return 0;
	dest = shunt_dest_alloc(sn, af);
	if (!dest)
		return -ENOMEM;
	dest->fwd = SHUNT_FWD_BYPASS;
	dest->weight = 1;
	rcu_assign_pointer(*slot(sn, af), dest);
	return 0;
}

static void let_go(struct shunt_net *sn, u8 af)
{
	struct shunt_dest *dest;

	dest = rcu_replace_pointer(*slot(sn, af), NULL,
				   lockdep_is_held(&sn->mutex));
	if (dest)
		shunt_dest_put(dest);
}

/**
 * shunt_bypass_exit() - undo shunt_bypass_prepare()
 * @sn:	the netns, in which no packet is under way any more
 *
 * Context: shunt_net.mutex.
 */
void shunt_bypass_exit(struct shunt_net *sn)
{
	let_go(sn, AF_INET);
	let_go(sn, AF_INET6);
}

/* The director itself would be no place to send it to. */
static bool is_elsewhere(struct net *net, const struct shunt_tuple *tuple)
{
	if (tuple->af == AF_INET)
		return inet_addr_type(net, tuple->dst4) == RTN_UNICAST;
	return ipv6_addr_type(&tuple->dst6) & IPV6_ADDR_UNICAST &&
	       !ipv6_chk_addr(net, &tuple->dst6, NULL, 0);
}

/**
 * shunt_bypass_dest() - whom a packet goes to for which no real server is left
 * @sn:		the netns
 * @svc:	its service
 * @tuple:	the packet's
 *
 * Context: RCU read lock.
 * Return: a real server that stands for none, or NULL when the packet is not to
 * go on.
 */
struct shunt_dest *shunt_bypass_dest(struct shunt_net *sn,
				     const struct shunt_service *svc,
				     const struct shunt_tuple *tuple)
{
	if (!READ_ONCE(sn->settings.cache_bypass) || !svc->key.fwmark ||
	    !is_elsewhere(sn->net, tuple))
		return NULL;
	return rcu_dereference(*slot(sn, tuple->af));
}
