// SPDX-License-Identifier: GPL-2.0-only
#include "path/schedule.h"

#include <linux/icmpv6.h>
#include <net/icmp.h>

#include "proto/proto.h"
#include "sched/sched.h"
#include "table/conn.h"
#include "table/dest.h"
#include "table/persist.h"

/* How many real servers are tried whose replies could be taken for others'. */
#define MAX_TRIES	8

static struct shunt_service *find_marked(const struct shunt_packet *pkt)
{
	const struct shunt_service_key key = {
		.af = pkt->tuple.af,
		.fwmark = pkt->skb->mark,
	};

	return key.fwmark ? shunt_service_lookup(pkt->sn, &key) : NULL;
}

/* A service by mark comes first, one for all ports last. */
static struct shunt_service *find_service(const struct shunt_packet *pkt)
{
	const struct shunt_tuple *tuple = &pkt->tuple;
	struct shunt_service_key key = {
		.addr = shunt_tuple_dst(tuple),
		.port = tuple->dport,
		.af = tuple->af,
		.proto = tuple->proto,
	};
	struct shunt_net *sn = pkt->sn;
	struct shunt_service *svc = NULL;

	if (READ_ONCE(sn->by_mark))
		svc = find_marked(pkt);
	if (!svc)
		svc = shunt_service_lookup(sn, &key);
	if (!svc && READ_ONCE(sn->all_ports)) {
		key.port = 0;
		svc = shunt_service_lookup(sn, &key);
	}
	return svc;
}

/*
 * There is no socket that could answer with a RST, so the client learns by an
 * ICMP error that nobody serves here.
 */
static void refuse(struct shunt_packet *pkt)
{
	if (pkt->tuple.af == AF_INET)
		icmp_send(pkt->skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	else
		shunt_packet_icmp6(pkt, ICMPV6_DEST_UNREACH,
				   ICMPV6_PORT_UNREACH, 0);
	shunt_drop(pkt->sn, SHUNT_DROP_NO_DEST);
}

/* The real server that the scheduler says; @again when that could not be. */
static int choose(struct shunt_conn_plan *plan, const struct shunt_packet *pkt,
		  struct shunt_service *svc, bool again)
{
	plan->dest = shunt_picks_choose(svc, &pkt->tuple, again);
	if (!plan->dest)
		return -ECONNREFUSED;
	plan->fwd = READ_ONCE(plan->dest->fwd);
	plan->port = plan->dest->port ?: pkt->tuple.dport;
	return 0;
}

/*
 * The real server that the client had before. Where a service is for many
 * ports, each stays as it is, whatever the real server's.
 */
static int stay(struct shunt_conn_plan *plan, const struct shunt_packet *pkt,
		struct shunt_service *svc)
{
	const struct shunt_tuple *tuple = &pkt->tuple;
	struct shunt_conn *template;
	int err;

	template = shunt_template_find(pkt->sn, svc, tuple);
	if (!template) {
		err = choose(plan, pkt, svc, false);
		if (err)
			return err;
		template = shunt_template_create(pkt->sn, svc, tuple,
						 plan->dest);
		if (IS_ERR(template))
			return PTR_ERR(template);
	}
	plan->template = template;
	plan->dest = template->dest;
	plan->fwd = READ_ONCE(plan->dest->fwd);
	plan->port = tuple->dport;
	if (tuple->dport == svc->key.port && plan->dest->port)
		plan->port = plan->dest->port;
	return 0;
}

/* With TCP, one packet would be nothing to schedule. */
static struct shunt_conn *make(const struct shunt_packet *pkt,
			       const struct shunt_service *svc,
			       struct shunt_conn_plan *plan)
{
	if (unlikely(READ_ONCE(svc->flags) & SHUNT_SVC_F_ONEPACKET) &&
	    pkt->tuple.proto == IPPROTO_UDP)
		return shunt_conn_once(pkt->sn, plan);
	return shunt_conn_create(pkt->sn, plan);
}

static struct shunt_conn *create(const struct shunt_packet *pkt,
				 struct shunt_service *svc, bool again)
{
	struct shunt_conn_plan plan = {
		.request = &pkt->tuple,
		.state = SHUNT_TCP_NONE,
	};
	struct shunt_conn *c;
	int err;

	if (pkt->tuple.proto == IPPROTO_TCP)
		plan.state = shunt_tcp_next(SHUNT_TCP_NONE, SHUNT_VIEW_REQUEST,
					    pkt->tcp_flags);
	err = shunt_service_is_persistent(svc) ? stay(&plan, pkt, svc) :
						 choose(&plan, pkt, svc, again);
	if (err)
		return ERR_PTR(err);
	c = make(pkt, svc, &plan);
	if (PTR_ERR_OR_ZERO(c) == -EADDRINUSE &&
	    shunt_conn_make_way(pkt->sn, &plan))
		c = make(pkt, svc, &plan);
	return c;
}

/* The connection another CPU has made of another packet, unless it is dying. */
static struct shunt_conn *find_twin(struct shunt_packet *pkt)
{
	struct shunt_conn *c;
	enum shunt_dir dir;

	c = shunt_conn_lookup(pkt->sn, &pkt->tuple, &dir);
	if (c && dir == SHUNT_DIR_REQUEST && !shunt_conn_is_dead(c))
		return c;
	return NULL;
}

static struct shunt_conn *connect(struct shunt_packet *pkt,
				  struct shunt_service *svc)
{
	struct shunt_conn *c;
	bool again = false;
	int tries;

	for (tries = 0; tries < MAX_TRIES; tries++) {
		c = create(pkt, svc, again);
		if (!IS_ERR(c))
			return c;
		switch (PTR_ERR(c)) {
		case -ECONNREFUSED:
			refuse(pkt);
			return NULL;
		case -EEXIST:
			c = find_twin(pkt);
			if (c)
				return c;
			break;
		case -EADDRINUSE:
			if (shunt_service_is_persistent(svc))
				goto clash;
			again = true;
			break;
		case -ENOMEM:
			shunt_drop(pkt->sn, SHUNT_DROP_NO_MEMORY);
			return NULL;
		default:
			shunt_drop(pkt->sn, SHUNT_DROP_TABLE);
			return NULL;
		}
	}
clash:
	shunt_drop(pkt->sn, SHUNT_DROP_CLASH);
	return NULL;
}

static bool may_begin(const struct shunt_packet *pkt)
{
	if (pkt->tuple.proto != IPPROTO_TCP || shunt_tcp_opens(pkt->tcp_flags))
		return true;
	return READ_ONCE(pkt->sn->settings.sloppy_tcp) &&
	       !(pkt->tcp_flags & SHUNT_TCP_RST);
}

/**
 * shunt_schedule() - make a connection for a packet that has none
 * @pkt:	a packet of kind SHUNT_PACKET_FLOW
 * @verdict:	set when there is no connection: SHUNT_PASS if the packet is for
 *		no virtual service or begins no connection, else SHUNT_DROP
 *
 * Context: RCU read lock, bottom halves off.
 * Return: the connection, to be discarded after use, or NULL.
 */
struct shunt_conn *shunt_schedule(struct shunt_packet *pkt,
				  enum shunt_verdict *verdict)
{
	struct shunt_service *svc;

	*verdict = SHUNT_PASS;
	if (!may_begin(pkt))
		return NULL;
	svc = find_service(pkt);
	if (!svc)
		return NULL;

	*verdict = SHUNT_DROP;
	if (shunt_defence_drops(pkt->sn)) {
		shunt_drop(pkt->sn, SHUNT_DROP_DEFENCE);
		return NULL;
	}
	return connect(pkt, svc);
}
