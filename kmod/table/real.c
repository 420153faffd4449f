// SPDX-License-Identifier: GPL-2.0-only
#include "table/real.h"

#include <linux/jhash.h>
#include <linux/rculist.h>

#include "table/dest.h"

static u32 hash(const union nf_inet_addr *addr, __be16 port)
{
	return jhash2((const u32 *)addr, sizeof(*addr) / sizeof(u32),
		      (__force u32)port);
}

/**
 * shunt_real_add() - a real server's replies will pass through
 * @sn:		the netns
 * @dest:	the real server, reached by NAT; nothing happens if it is known
 *
 * Context: shunt_net.mutex.
 */
void shunt_real_add(struct shunt_net *sn, struct shunt_dest *dest)
{
	if (hlist_unhashed(&dest->real))
		hash_add_rcu(sn->reals, &dest->real,
			     hash(&dest->addr, dest->port));
}

/**
 * shunt_real_remove() - undo shunt_real_add(), if it was done
 * @dest:	the real server
 *
 * Context: shunt_net.mutex.
 */
void shunt_real_remove(struct shunt_dest *dest)
{
	hash_del_rcu(&dest->real);
}

/**
 * shunt_real_sends() - whether a packet comes from a real server
 * @sn:		the netns
 * @tuple:	the packet's
 *
 * Context: RCU read lock.
 * Return: true if its source is where a real server reached by NAT listens.
 */
bool shunt_real_sends(struct shunt_net *sn, const struct shunt_tuple *tuple)
{
	const union nf_inet_addr addr = shunt_tuple_src(tuple);
	const struct shunt_dest *dest;

	hash_for_each_possible_rcu(sn->reals, dest, real,
				   hash(&addr, tuple->sport)) {
		if (shunt_dest_is_at(dest, tuple->af, &addr, tuple->sport) &&
		    (dest->key.fwmark || dest->key.proto == tuple->proto))
			return true;
	}
	return false;
}
