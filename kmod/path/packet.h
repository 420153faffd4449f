/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A packet on its way: parsed once, then handed from step to step.
 */
#ifndef SHUNT_PACKET_H
#define SHUNT_PACKET_H

#include <linux/icmpv6.h>
#include <linux/skbuff.h>

#include "net.h"
#include "table/tuple.h"

/* What a step decides; path/hook.c says what that means to netfilter. */
enum shunt_verdict {
	SHUNT_PASS,	/* goes on its way as it is */
	SHUNT_REWRITTEN,/* goes on its way with another source address */
	SHUNT_DROP,	/* to be freed; its reason has been counted */
	SHUNT_STOLEN,	/* gone: sent, freed or kept */
};

enum shunt_packet_kind {
	SHUNT_PACKET_OTHER,	/* nothing we handle, or too short to tell */
	SHUNT_PACKET_FLOW,	/* belongs to a connection, the tuple is filled */
	SHUNT_PACKET_BROKEN,	/* likewise, but its header is not whole */
	SHUNT_PACKET_ICMP,	/* ICMP or ICMPv6, only af and proto are */
};

/**
 * struct shunt_packet - a packet and what is known of it
 * @skb:	the packet, its data at the IP header
 * @sn:		the netns it is in
 * @transport:	offset of the transport header from skb->data
 * @proto:	its own protocol, of which the tuple's differs for AH and ESP
 * @tcp_flags:	byte 13 of a TCP header, 0 for other protocols
 * @own:	the director itself sends it
 * @sctp_chunk:	of an SCTP packet the type of the chunk that counts
 * @tracked:	nf_conntrack keeps it: its connection is one to be tracked
 * @tuple:	source and destination
 *
 * Holds no pointer into the packet, so nothing goes stale when its data moves.
 */
struct shunt_packet {
	struct sk_buff *skb;
	struct shunt_net *sn;
	unsigned int transport;
	u8 proto;
	u8 tcp_flags;
	bool own;
	u8 sctp_chunk;
	bool tracked;
	struct shunt_tuple tuple;
};

static inline void shunt_packet_init(struct shunt_packet *pkt,
				     struct sk_buff *skb, struct shunt_net *sn,
				     u8 af, bool own)
{
	pkt->skb = skb;
	pkt->sn = sn;
	pkt->own = own;
	pkt->tracked = false;
	pkt->tuple.af = af;
}

/**
 * shunt_packet_opens() - whether a packet asks for a new connection
 * @pkt:	a packet of kind SHUNT_PACKET_FLOW
 *
 * Return: false for a protocol that does not ask.
 */
static inline bool shunt_packet_opens(const struct shunt_packet *pkt)
{
	switch (pkt->proto) {
	case IPPROTO_TCP:
		return shunt_tcp_opens(pkt->tcp_flags);
	case IPPROTO_SCTP:
		return shunt_sctp_opens(pkt->sctp_chunk);
	default:
		return false;
	}
}

enum shunt_packet_kind shunt_packet_parse(struct shunt_packet *pkt);
/**
 * shunt_packet_aborts() - whether a packet ends its connection at once
 * @pkt:	a packet of kind SHUNT_PACKET_FLOW
 */
static inline bool shunt_packet_aborts(const struct shunt_packet *pkt)
{
	if (pkt->proto == IPPROTO_SCTP)
		return pkt->sctp_chunk == SHUNT_SCTP_C_ABORT;
	return pkt->tcp_flags & SHUNT_TCP_RST;
}

bool shunt_packet_header(const struct sk_buff *skb, u8 af, unsigned int network,
			 unsigned int *transport, struct shunt_tuple *tuple);
u8 shunt_packet_quoted(const struct sk_buff *skb, u8 af, unsigned int network,
		       unsigned int *transport, struct shunt_tuple *tuple);

/**
 * shunt_packet_icmp6() - send an ICMPv6 error about a packet
 * @pkt:	the packet, as its sender knows it
 * @type:	of the error
 * @code:	likewise
 * @info:	what comes with it
 */
static inline void shunt_packet_icmp6(struct shunt_packet *pkt, u8 type,
				      u8 code, u32 info)
{
	/* The director's own packet has none yet, and gets no error without. */
	if (!pkt->skb->dev)
		pkt->skb->dev = pkt->sn->net->loopback_dev;
	icmpv6_send(pkt->skb, type, code, info);
}

/**
 * shunt_packet_drop() - count a packet as dropped
 * @pkt:	the packet
 * @reason:	why
 *
 * Return: SHUNT_DROP.
 */
static inline enum shunt_verdict shunt_packet_drop(struct shunt_packet *pkt,
						   enum shunt_drop reason)
{
	shunt_drop(pkt->sn, reason);
	return SHUNT_DROP;
}

#endif /* SHUNT_PACKET_H */
