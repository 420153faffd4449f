// SPDX-License-Identifier: GPL-2.0-only
#include "path/here.h"

#include <net/ip6_route.h>
#include <net/route.h>

#include "table/service.h"

static bool is_local6(struct net *net, const struct in6_addr *addr)
{
	struct rt6_info *rt = rt6_lookup(net, addr, NULL, 0, NULL, 0);
	bool local;

	if (!rt)
		return false;
	local = rt->rt6i_flags & RTF_LOCAL;
	ip6_rt_put(rt);
	return local;
}

/**
 * shunt_here_look() - ask the routing tables for a virtual service's address
 * @sn:		the netns
 * @key:	the service's
 * @known:	set to what was found
 *
 * Context: RCU read lock.
 * Return: as shunt_is_here().
 */
bool shunt_here_look(const struct shunt_net *sn,
		     const struct shunt_service_key *key, u32 *known)
{
	/* First, so that a change meanwhile is seen the next time. */
	const u32 since = shunt_here_since(sn, key->af);
	bool local = true;

	if (!key->fwmark)
		local = key->af == AF_INET ?
				inet_addr_type(sn->net, key->addr.ip) ==
					RTN_LOCAL :
				is_local6(sn->net, &key->addr.in6);
	WRITE_ONCE(*known, since | local);
	return local;
}
