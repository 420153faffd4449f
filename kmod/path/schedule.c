// SPDX-License-Identifier: GPL-2.0-only
#include "path/schedule.h"

#include <net/icmp.h>

#include "proto/proto.h"
#include "sched/sched.h"
#include "table/conn.h"
#include "table/dest.h"
#include "table/service.h"

/* Only a SYN begins a TCP connection. */
static bool begins(const struct shunt_packet *pkt)
{
	u8 flags = pkt->tcp_flags &
		   (SHUNT_TCP_SYN | SHUNT_TCP_ACK | SHUNT_TCP_RST);

	return pkt->tuple.proto != IPPROTO_TCP || flags == SHUNT_TCP_SYN;
}

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

static struct shunt_conn *connect(struct shunt_packet *pkt,
				  struct shunt_dest *dest)
{
	struct shunt_conn *c = shunt_conn_create(pkt->sn, &pkt->tuple, dest);
	enum shunt_dir dir;

	if (!IS_ERR(c))
		return c;
	switch (PTR_ERR(c)) {
	case -EEXIST:	/* another CPU had a packet of the same connection */
		c = shunt_conn_lookup(pkt->sn, &pkt->tuple, &dir);
		if (c && dir == SHUNT_DIR_REQUEST)
			return c;
		fallthrough;
	case -EADDRINUSE:
		shunt_drop(pkt->sn, SHUNT_DROP_CLASH);
		return NULL;
	case -ENOMEM:
		shunt_drop(pkt->sn, SHUNT_DROP_NO_MEMORY);
		return NULL;
	default:
		shunt_drop(pkt->sn, SHUNT_DROP_TABLE);
		return NULL;
	}
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
	struct shunt_dest *dest;

	*verdict = SHUNT_PASS;
	if (!begins(pkt))
		return NULL;
	svc = find_service(pkt);
	if (!svc)
		return NULL;

	*verdict = SHUNT_DROP;
	dest = shunt_picks_choose(svc);
	if (!dest) {
		refuse(pkt);
		return NULL;
	}
	return connect(pkt, dest);
}
