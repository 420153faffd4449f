/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is a virtual address the director's own, at the moment?
 *
 * The full path need not ask, since only what is local comes to LOCAL_IN. The
 * fast path sees a packet before it is routed, and a backup director has the
 * services, but not the addresses. The answer holds until the routing tables
 * change.
 */
#ifndef SHUNT_HERE_H
#define SHUNT_HERE_H

#include "net.h"

struct shunt_service_key;

bool shunt_here_look(const struct shunt_net *sn,
		     const struct shunt_service_key *key, u32 *known);

static inline u32 shunt_here_since(const struct shunt_net *sn, u8 af)
{
	return (u32)(af == AF_INET ? rt_genid_ipv4(sn->net) :
				     rt_genid_ipv6(sn->net)) << 1;
}

/**
 * shunt_is_here() - whether a virtual service's address is the director's own
 * @sn:		the netns
 * @af:		AF_INET or AF_INET6, of the service
 * @key:	the service's
 * @known:	what was found the last time, and in the lowest bit the answer
 *
 * Of a service by mark, whose packets have many addresses, it is taken to be.
 *
 * Context: RCU read lock.
 */
static inline bool shunt_is_here(const struct shunt_net *sn, u8 af,
				 const struct shunt_service_key *key,
				 u32 *known)
{
	const u32 found = READ_ONCE(*known);

	if (likely((found & ~1u) == shunt_here_since(sn, af)))
		return found & 1;
	return shunt_here_look(sn, key, known);
}

#endif /* SHUNT_HERE_H */
