// SPDX-License-Identifier: GPL-2.0-only
/*
 * Past all real servers, to where the packet was going: a cache that packets are
 * led to by their mark can be left out.
 *
 * A connection has a real server for life. What goes past them all without being
 * told to has one that stands for none: a service by mark has it, and what it
 * asks for its connections is known there, but nobody sees it, and what it counts
 * is not in any total.
 */
#include "forward/bypass.h"

#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/route.h>
#include <uapi/linux/shunt.h>

#include "table/dest.h"

/**
 * shunt_bypass_create() - see that packets can go past all real servers
 * @sn:		the netns
 * @svc:	a service by mark, to be freed after it
 *
 * Return: a real server that stands for none, for shunt_dest_put(), or NULL when
 * out of memory.
 */
struct shunt_dest *shunt_bypass_create(struct shunt_net *sn,
				       struct shunt_service *svc)
{
	struct shunt_dest *dest = shunt_dest_alloc(sn, svc->key.af);

	if (!dest)
		return NULL;
	dest->svc = svc;
	dest->fwd = SHUNT_FWD_BYPASS;
	dest->weight = 1;
	return dest;
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
	return svc->nobody;
}
