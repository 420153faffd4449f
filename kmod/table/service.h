/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtual service and the table of them.
 */
#ifndef SHUNT_SERVICE_H
#define SHUNT_SERVICE_H

#include <linux/cache.h>
#include <linux/netfilter.h>
#include <linux/rhashtable-types.h>

#include "net.h"
#include "table/terms.h"
#include "table/tuple.h"

/* What a client that has to stay is known by. */
enum shunt_engine {
	SHUNT_ENGINE_NONE,	/* its address */
	SHUNT_ENGINE_SIP,	/* the Call-ID of its SIP messages */
	SHUNT_ENGINE_MAX,
};

struct shunt_picks;
struct shunt_scheduler;

/**
 * struct shunt_service_key - what makes a virtual service unique
 * @addr:	virtual address, bytes behind an IPv4 one zero
 * @port:	virtual port, network byte order; 0 for all ports
 * @af:		AF_INET or AF_INET6
 * @proto:	IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP
 * @fwmark:	0; or the firewall mark of its packets, and address, port and
 *		protocol are 0
 */
struct shunt_service_key {
	union nf_inet_addr addr;
	__be16 port;
	u8 af;
	u8 proto;
	u32 fwmark;
};

/**
 * struct shunt_service - a virtual service
 * @link:	in shunt_net.services
 * @key:	its name
 * @picks:	the real servers that take new connections and the scheduler,
 *		replaced whole by every change (sched/sched.h)
 * @flags:	SHUNT_SVC_F_* as asked for
 * @timeout:	seconds for which a client stays, if it is persistent
 * @netmask:	which clients count as one then: an IPv4 mask
 * @prefix:	an IPv6 prefix length
 * @engine:	enum shunt_engine; what tells clients apart, if it is persistent
 * @here:	whether its address is the director's (path/here.h)
 * @nobody:	of a service by mark, what its packets go to when no real server
 *		is left (forward/bypass.c)
 * @turn:	counts new connections for the schedulers that go round
 * @id:		in shunt_net.service_ids
 * @sched:	scheduler; shunt_net.mutex
 * @terms:	what it asks for its connections; shunt_net.mutex
 * @dests:	all its real servers, newest first; shunt_net.mutex
 * @removed:	those in the trash; shunt_net.mutex
 * @gone:	what real servers freed by now had counted; shunt_net.mutex
 * @zero:	counters when they were last zeroed; shunt_net.mutex
 * @rcu:	readers may still hold it after it is removed
 */
struct shunt_service {
	struct rhash_head link;
	struct shunt_service_key key;
	struct shunt_picks __rcu *picks;
	u32 flags;
	u32 timeout;
	union {
		__be32 netmask;
		u32 prefix;
	};
	u8 engine;
	u32 here;
	struct shunt_dest *nobody;
	atomic_t turn ____cacheline_aligned_in_smp;

	u32 id;
	const struct shunt_scheduler *sched;
	struct shunt_terms terms;
	struct list_head dests;
	struct list_head removed;
	u64 gone[SHUNT_COUNT_MAX];
	u64 zero[SHUNT_COUNT_MAX];
	struct rcu_head rcu;
};

int shunt_services_init(struct shunt_net *sn);
void shunt_services_exit(struct shunt_net *sn);

struct shunt_service *shunt_service_lookup(struct shunt_net *sn,
					   const struct shunt_service_key *key);
struct shunt_service *shunt_service_create(struct shunt_net *sn,
					   const struct shunt_service_key *key,
					   const struct shunt_scheduler *sched,
					   u32 flags);
void shunt_service_destroy(struct shunt_net *sn, struct shunt_service *svc);
void shunt_service_stats(const struct shunt_service *svc,
			 struct shunt_stats *stats);
void shunt_total_stats_on(struct shunt_net *sn, struct shunt_stats *stats,
			  const struct cpumask *cpus);
void shunt_total_zero(struct shunt_net *sn);

/**
 * shunt_total_stats() - what all real servers have counted on all CPUs
 * @sn:		the netns
 * @stats:	filled, counts since they were last zeroed
 *
 * Context: shunt_net.mutex.
 */
static inline void shunt_total_stats(struct shunt_net *sn,
				     struct shunt_stats *stats)
{
	shunt_total_stats_on(sn, stats, cpu_possible_mask);
}

#endif /* SHUNT_SERVICE_H */
