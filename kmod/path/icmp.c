// SPDX-License-Identifier: GPL-2.0-only
#include "path/icmp.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv6.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>
#include <uapi/linux/shunt.h>

#include "forward/forward.h"
#include "path/relay.h"
#include "path/schedule.h"
#include "table/conn.h"
#include "table/dest.h"

#define ICMP_HEADER	8	/* of an error, ICMP and ICMPv6 alike */

static bool is_error(const struct shunt_packet *pkt)
{
	const u8 *type;
	u8 buf;

	type = skb_header_pointer(pkt->skb, pkt->transport, 1, &buf);
	if (!type)
		return false;
	if (pkt->tuple.af == AF_INET6)
		return *type && *type < 128;	/* RFC 4443, 2.1 */
	switch (*type) {
	case ICMP_DEST_UNREACH:
	case ICMP_SOURCE_QUENCH:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETERPROB:
		return true;
	default:
		return false;
	}
}

static bool checksum_ok(struct shunt_packet *pkt)
{
	struct sk_buff *skb = pkt->skb;

	/* nf_checksum() counts in the IP header, whose sum options may upset. */
	if (pkt->tuple.af == AF_INET)
		return skb_csum_unnecessary(skb) ||
		       !csum_fold(skb_checksum(skb, pkt->transport,
					       skb->len - pkt->transport, 0));
	/* PRE_ROUTING: a sum that the device has taken counts, too. */
	return !nf_ip6_checksum(skb, NF_INET_PRE_ROUTING, pkt->transport,
				IPPROTO_ICMPV6);
}

static void renew_checksum(struct shunt_packet *pkt)
{
	unsigned int length = pkt->skb->len - pkt->transport;
	void *header = pkt->skb->data + pkt->transport;
	struct icmp6hdr *icmp6h = header;
	struct icmphdr *icmph = header;
	struct ipv6hdr *ip6h;

	if (pkt->tuple.af == AF_INET) {
		icmph->checksum = 0;
		icmph->checksum = csum_fold(skb_checksum(pkt->skb,
							 pkt->transport,
							 length, 0));
	} else {
		ip6h = (struct ipv6hdr *)pkt->skb->data;
		icmp6h->icmp6_cksum = 0;
		icmp6h->icmp6_cksum =
			csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, length,
					IPPROTO_ICMPV6,
					skb_checksum(pkt->skb, pkt->transport,
						     length, 0));
	}
	pkt->skb->ip_summed = CHECKSUM_NONE;
}

/* Where the packet quoted in @pkt has its headers. */
struct quoted {
	unsigned int network;
	unsigned int transport;
	u8 proto;
	struct shunt_tuple tuple;
};

/*
 * Rewrites what the receiver must not see: in a request's direction the virtual
 * service becomes the real server, in a reply's the other way round.
 */
static bool translate(struct shunt_packet *pkt, const struct quoted *quoted,
		      const struct shunt_conn *c, enum shunt_dir dir)
{
	const struct shunt_tuple *request = shunt_conn_request(c);
	const struct shunt_tuple *reply = shunt_conn_tuple(c, SHUNT_DIR_REPLY);
	unsigned int end = min_t(unsigned int, pkt->skb->len,
				 quoted->transport + sizeof(struct tcphdr));
	union nf_inet_addr addr;

	if (skb_ensure_writable(pkt->skb, end))
		return false;
	if (dir == SHUNT_DIR_REQUEST) {
		addr = shunt_tuple_src(reply);
		shunt_nat_address(pkt, SHUNT_END_DST, &addr);
		shunt_nat_quoted(pkt, quoted->network, quoted->transport,
				 quoted->proto, SHUNT_END_SRC, &addr,
				 reply->sport);
	} else {
		addr = shunt_tuple_dst(request);
		shunt_nat_address(pkt, SHUNT_END_SRC, &addr);
		shunt_nat_quoted(pkt, quoted->network, quoted->transport,
				 quoted->proto, SHUNT_END_DST, &addr,
				 request->dport);
	}
	renew_checksum(pkt);
	return true;
}

/* From the client's side about a reply: the real server is to know. */
static enum shunt_verdict to_server(struct shunt_packet *pkt,
				    const struct quoted *quoted,
				    const struct shunt_conn *c)
{
	const struct shunt_route *route;

	if (c->fwd == SHUNT_FWD_LOCAL)
		return shunt_local_deliver(pkt, NULL);
	if (c->fwd == SHUNT_FWD_TUNNEL)
		return shunt_tunnel_request(pkt, c);
	route = shunt_forward_check(pkt, c);
	if (!route)
		return SHUNT_DROP;
	if (c->fwd != SHUNT_FWD_MASQ) {
		if (skb_ensure_writable(pkt->skb, pkt->transport))
			return shunt_packet_drop(pkt, SHUNT_DROP_NO_MEMORY);
	} else if (!translate(pkt, quoted, c, SHUNT_DIR_REQUEST)) {
		return shunt_packet_drop(pkt, SHUNT_DROP_NO_MEMORY);
	}
	return shunt_forward_output(pkt, route);
}

/* From the real server's side about a request: the client is to know. */
static enum shunt_verdict to_client(struct shunt_packet *pkt,
				    const struct quoted *quoted,
				    const struct shunt_conn *c)
{
	if (!translate(pkt, quoted, c, SHUNT_DIR_REPLY))
		return shunt_packet_drop(pkt, SHUNT_DROP_NO_MEMORY);
	shunt_forward_hide(pkt);
	return SHUNT_REWRITTEN;
}

static bool is_for(const struct shunt_packet *pkt,
		   const struct shunt_tuple *tuple)
{
	if (tuple->af == AF_INET)
		return pkt->tuple.dst4 == tuple->dst4;
	return ipv6_addr_equal(&pkt->tuple.dst6, &tuple->dst6);
}

/*
 * About a connection that is unknown here, but may be with a service of ours. AH
 * and ESP begin none.
 */
static enum shunt_verdict begin(struct shunt_packet *pkt,
				const struct quoted *quoted,
				const struct shunt_tuple *request)
{
	enum shunt_verdict verdict;
	struct shunt_conn *c;

	if (!READ_ONCE(pkt->sn->settings.schedule_icmp) ||
	    quoted->proto != request->proto || !checksum_ok(pkt))
		return SHUNT_PASS;
	c = shunt_schedule_quoted(pkt, request, &verdict);
	if (!c)
		return verdict;
	verdict = to_server(pkt, quoted, c);
	shunt_conn_discard(c);
	return verdict;
}

/*
 * The quoted packet is one that went the other way, so its tuple turned round is
 * that of the direction the error has to take. An error that is not for the
 * quoted packet's sender is none a host or router would send.
 */
static bool turn_round(struct shunt_tuple *tuple, struct quoted *quoted,
		       const struct shunt_packet *pkt)
{
	quoted->proto = shunt_packet_quoted(pkt->skb, pkt->tuple.af,
					    quoted->network,
					    &quoted->transport,
					    &quoted->tuple);
	if (!quoted->proto)
		return false;
	shunt_tuple_invert(tuple, &quoted->tuple);
	return is_for(pkt, tuple);
}

/**
 * shunt_icmp() - handle an ICMP packet
 * @pkt:	the packet, of kind SHUNT_PACKET_ICMP
 *
 * An error is about a connection's packet as it is, or in a tunnel.
 *
 * Context: RCU read lock.
 * Return: the verdict; SHUNT_PASS for all that concerns no connection of ours.
 */
enum shunt_verdict shunt_icmp(struct shunt_packet *pkt)
{
	struct quoted quoted = { .network = pkt->transport + ICMP_HEADER };
	struct shunt_conn *c = NULL;
	struct shunt_relay relay;
	struct shunt_tuple tuple;
	enum shunt_dir dir;
	bool direct;

	if (!is_error(pkt))
		return SHUNT_PASS;
	direct = turn_round(&tuple, &quoted, pkt);
	if (direct)
		c = shunt_conn_lookup(pkt->sn, &tuple, &dir);
	if (!c && !shunt_relay_find(&relay, pkt, quoted.network))
		return direct ? begin(pkt, &quoted, &tuple) : SHUNT_PASS;
	if (!checksum_ok(pkt))
		return shunt_packet_drop(pkt, SHUNT_DROP_BAD_ICMP);
	if (!c)
		return shunt_relay(pkt, &relay);
	pkt->tracked = shunt_conn_marks(c) & SHUNT_MARK_TRACKED;
	if (dir == SHUNT_DIR_REPLY)
		return to_client(pkt, &quoted, c);
	return to_server(pkt, &quoted, c);
}
