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
	SHUNT_PACKET_FLOW,	/* TCP or UDP, the tuple is filled */
	SHUNT_PACKET_BROKEN,	/* the same, but its header is not whole */
	SHUNT_PACKET_ICMP,	/* ICMP or ICMPv6, only af and proto are */
};

/**
 * struct shunt_packet - a packet and what is known of it
 * @skb:	the packet, its data at the IP header
 * @sn:		the netns it is in
 * @transport:	offset of the transport header from skb->data
 * @tcp_flags:	byte 13 of a TCP header, 0 for other protocols
 * @own:	the director itself sends it
 * @tuple:	source and destination
 *
 * Holds no pointer into the packet, so nothing goes stale when its data moves.
 */
struct shunt_packet {
	struct sk_buff *skb;
	struct shunt_net *sn;
	unsigned int transport;
	u8 tcp_flags;
	bool own;
	struct shunt_tuple tuple;
};

static inline void shunt_packet_init(struct shunt_packet *pkt,
				     struct sk_buff *skb, struct shunt_net *sn,
				     u8 af, bool own)
{
	pkt->skb = skb;
	pkt->sn = sn;
	pkt->own = own;
	pkt->tuple.af = af;
}

enum shunt_packet_kind shunt_packet_parse(struct shunt_packet *pkt);
bool shunt_packet_quoted(const struct shunt_packet *pkt, unsigned int network,
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
