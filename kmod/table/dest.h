/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A real server ("destination" in the ABI) of a virtual service.
 */
#ifndef SHUNT_DEST_H
#define SHUNT_DEST_H

#include <linux/cache.h>
#include <linux/netfilter.h>
#include <linux/refcount.h>

#include "forward/route.h"
#include "forward/tunnel.h"
#include "stats/counters.h"
#include "table/service.h"

/* Bit numbers of shunt_dest.flags. */
enum shunt_dest_flag {
	SHUNT_DEST_REMOVED,	/* takes no packets at all */
	SHUNT_DEST_OVERLOADED,	/* takes no new connections */
	SHUNT_DEST_RESETS,	/* TCP connections that expire get RSTs */
	SHUNT_DEST_LEFT,	/* UDP goes elsewhere from its next packet on */
	SHUNT_DEST_DRAINING,	/* whether it is empty is of interest */
	SHUNT_DEST_ASKING,	/* who is silent is asked for TCP's numbers */
	SHUNT_DEST_ENDED,	/* its connections and clients' stay end */
};

/* With any of these, it takes no new connection. */
#define SHUNT_DEST_UNAVAILABLE	(1ul << SHUNT_DEST_REMOVED |	\
				 1ul << SHUNT_DEST_OVERLOADED)
/* With any of these, TCP connections that the wheel ends get RSTs. */
#define SHUNT_DEST_RESETTING	(1ul << SHUNT_DEST_RESETS |	\
				 1ul << SHUNT_DEST_ENDED)
/* With any of these, TCP numbers are noted for that (forward/reset.c). */
#define SHUNT_DEST_NOTED	(1ul << SHUNT_DEST_RESETS |	\
				 1ul << SHUNT_DEST_DRAINING)
/* With any of these, a request has to be looked at twice. */
#define SHUNT_DEST_SPECIAL	(1ul << SHUNT_DEST_REMOVED |	\
				 1ul << SHUNT_DEST_LEFT | SHUNT_DEST_NOTED)

/* What a connection is counted as. */
enum shunt_load {
	SHUNT_LOAD_ACTIVE,
	SHUNT_LOAD_INACTIVE,
	SHUNT_LOAD_TEMPLATE,	/* none, but what makes a client stay */
	SHUNT_LOAD_NONE,	/* no more than a packet */
};

/**
 * struct shunt_dest - a real server
 * @addr:	real address, bytes behind an IPv4 one zero
 * @port:	real port, network byte order
 * @af:		AF_INET or AF_INET6
 * @fwd:	forwarding method, enum shunt_fwd
 * @tunnel:	what kind of tunnel leads there; read and written at once
 * @flags:	bits of enum shunt_dest_flag, changed atomically
 * @counters:	its connections, packets and bytes
 * @sn:		its netns
 * @here:	whether its service's address is the director's (path/here.h)
 * @route:	cached route to @addr
 * @active:	connections listed as active
 * @inactive:	the others
 * @templates:	persistence templates that send clients to it
 * @upper:	connections at which it is overloaded, 0 for never
 * @lower:	connections below which it no longer is, 0 for 3/4 of @upper
 * @refs:	one for its service or the trash, one a connection
 * @terms:	its service's, written under shunt_net.mutex
 * @batch:	what @counters are part of
 * @weight:	0 takes no new connections; shunt_net.mutex
 * @last_weight: what it was when it was last above 0; shunt_net.mutex
 * @list:	in shunt_service.dests, or .removed while it is in the trash and
 *		has a service; shunt_net.mutex
 * @trash:	in shunt_net.trash; shunt_net.mutex
 * @real:	in shunt_net.reals while it is in a service and reached by NAT;
 *		shunt_net.mutex
 * @svc:	its service, NULL once that is gone; shunt_net.mutex
 * @key:	its service's key, by which the trash knows it
 * @id:		grows with every new one of a netns, so that a dump can resume
 * @drain:	in shunt_net.draining while it is; shunt_net.mutex
 * @deadline:	jiffies64 at which what is draining ends, or 0;
 *		shunt_net.mutex
 * @drained:	that it is empty was told; shunt_net.mutex
 * @removed:	jiffies at which it went to the trash; shunt_net.mutex
 * @zero:	counters when they were last zeroed; shunt_net.mutex
 * @rcu:	packets may still hold it after the last reference is gone
 *
 * Packets read the first cache line only; connections that come and go write
 * the second.
 */
struct shunt_dest {
	union nf_inet_addr addr;
	__be16 port;
	u8 af;
	u8 fwd;
	struct shunt_tunnel tunnel;
	unsigned long flags;
	struct shunt_counters __percpu *counters;
	struct shunt_route_cache route;
	struct shunt_net *sn;
	u32 here;

	atomic_t active ____cacheline_aligned_in_smp;
	atomic_t inactive;
	atomic_t templates;
	u32 upper;
	u32 lower;
	refcount_t refs;
	struct shunt_terms terms;

	struct shunt_batch *batch;
	u32 weight;
	u32 last_weight;
	struct list_head list;
	struct hlist_node trash;
	struct hlist_node real;
	struct shunt_service *svc;
	struct shunt_service_key key;
	u32 id;
	bool drained;
	struct list_head drain;
	u64 deadline;
	unsigned long removed;
	u64 zero[SHUNT_COUNT_MAX];
	struct rcu_head rcu;
};

struct shunt_dest *shunt_dest_alloc(struct shunt_net *sn, u8 af);
struct shunt_dest *shunt_dest_create(struct shunt_net *sn,
				     struct shunt_service *svc, u8 af,
				     const union nf_inet_addr *addr,
				     __be16 port);
struct shunt_dest *shunt_dest_lookup(const struct shunt_service *svc, u8 af,
				     const union nf_inet_addr *addr,
				     __be16 port);
void shunt_dest_settle(struct shunt_net *sn, struct shunt_dest *dest);
void shunt_dest_remove(struct shunt_net *sn, struct shunt_dest *dest);
void shunt_dest_undrain(struct shunt_dest *dest);
void shunt_dest_stats(const struct shunt_dest *dest, struct shunt_stats *stats);
void shunt_dest_zero(struct shunt_dest *dest);
void shunt_dest_put(struct shunt_dest *dest);

void shunt_dest_bind(struct shunt_dest *dest, enum shunt_load load);
void shunt_dest_unbind(struct shunt_dest *dest, enum shunt_load load);
void shunt_dest_move(struct shunt_dest *dest, enum shunt_load from,
		     enum shunt_load to);
void shunt_dest_check_load(struct shunt_dest *dest);

static inline bool shunt_dest_is_at(const struct shunt_dest *dest, u8 af,
				    const union nf_inet_addr *addr, __be16 port)
{
	return dest->af == af && dest->port == port &&
	       !memcmp(&dest->addr, addr, sizeof(*addr));
}

/**
 * shunt_dest_is_empty() - whether a real server has nothing to do
 * @dest:	the real server
 *
 * Clients that are to stay with it would come back.
 */
static inline bool shunt_dest_is_empty(const struct shunt_dest *dest)
{
	return !atomic_read(&dest->active) && !atomic_read(&dest->inactive) &&
	       !atomic_read(&dest->templates);
}

/**
 * shunt_dest_is_left() - whether what goes to a real server leaves it now
 * @dest:	the real server
 * @proto:	of what goes there
 *
 * Context: RCU read lock.
 */
static inline bool shunt_dest_is_left(const struct shunt_dest *dest, u8 proto)
{
	return proto == IPPROTO_UDP &&
	       READ_ONCE(dest->flags) & 1ul << SHUNT_DEST_LEFT;
}

/**
 * shunt_dest_available() - whether a real server takes a new connection
 * @dest:	the real server, of a weight above 0
 *
 * Context: RCU read lock or shunt_net.mutex.
 */
static inline bool shunt_dest_available(const struct shunt_dest *dest)
{
	return !(READ_ONCE(dest->flags) & SHUNT_DEST_UNAVAILABLE);
}

#endif /* SHUNT_DEST_H */
