// SPDX-License-Identifier: GPL-2.0-only
#include "path/schedule.h"

#include <linux/icmpv6.h>
#include <net/icmp.h>

#include "proto/proto.h"
#include "sched/sched.h"
#include "table/conn.h"
#include "table/dest.h"
#include "table/service.h"

/* How many real servers are tried whose replies could be taken for others'. */
#define MAX_TRIES	8

static struct shunt_service *find_service(const struct shunt_packet *pkt)
{
	const struct shunt_tuple *tuple = &pkt->tuple;
	struct shunt_service_key key = {
		.addr = shunt_tuple_dst(tuple),
		.port = tuple->dport,
		.af = tuple->af,
		.proto = tuple->proto,
	};

	return shunt_service_lookup(pkt->sn, &key);
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
		icmpv6_send(pkt->skb, ICMPV6_DEST_UNREACH, ICMPV6_PORT_UNREACH,
			    0);
	shunt_drop(pkt->sn, SHUNT_DROP_NO_DEST);
}

static struct shunt_conn *create(struct shunt_packet *pkt,
				 struct shunt_dest *dest)
{
	u8 state = pkt->tuple.proto == IPPROTO_TCP ? SHUNT_TCP_SYN_RECV :
						     SHUNT_TCP_NONE;
	struct shunt_conn *c;

	c = shunt_conn_create(pkt->sn, &pkt->tuple, dest, state);
	if (PTR_ERR_OR_ZERO(c) == -EADDRINUSE &&
	    shunt_conn_make_way(pkt->sn, &pkt->tuple, dest))
		c = shunt_conn_create(pkt->sn, &pkt->tuple, dest, state);
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
	struct shunt_dest *dest;
	struct shunt_conn *c;
	bool clash = false;
	int tries;

	for (tries = 0; tries < MAX_TRIES; tries++) {
		dest = shunt_picks_choose(svc, &pkt->tuple, clash);
		if (!dest) {
			refuse(pkt);
			return NULL;
		}
		c = create(pkt, dest);
		if (!IS_ERR(c))
			return c;
		switch (PTR_ERR(c)) {
		case -EEXIST:
			c = find_twin(pkt);
			if (c)
				return c;
			break;
		case -EADDRINUSE:
			clash = true;
			break;
		case -ENOMEM:
			shunt_drop(pkt->sn, SHUNT_DROP_NO_MEMORY);
			return NULL;
		default:
			shunt_drop(pkt->sn, SHUNT_DROP_TABLE);
			return NULL;
		}
	}
	shunt_drop(pkt->sn, SHUNT_DROP_CLASH);
	return NULL;
}

/**
 * shunt_schedule() - make a connection for a packet that has none
 * @pkt:	a packet of kind SHUNT_PACKET_FLOW
 * @verdict:	set when there is no connection: SHUNT_PASS if the packet is for
 *		no virtual service or begins no connection, else SHUNT_DROP
 *
 * Context: RCU read lock, bottom halves off.
 * Return: the connection, or NULL.
 */
struct shunt_conn *shunt_schedule(struct shunt_packet *pkt,
				  enum shunt_verdict *verdict)
{
	struct shunt_service *svc;

	*verdict = SHUNT_PASS;
	if (pkt->tuple.proto == IPPROTO_TCP && !shunt_tcp_opens(pkt->tcp_flags))
		return NULL;
	svc = find_service(pkt);
	if (!svc)
		return NULL;

	*verdict = SHUNT_DROP;
	return connect(pkt, svc);
}
