// SPDX-License-Identifier: GPL-2.0-only
#include "path/packet.h"

#include <linux/sctp.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>

#define IKE_PORT	cpu_to_be16(500)

/* The first 14 bytes of a TCP header: ports, numbers, offset and flags. */
#define TCP_FLAGS_OFFSET	13

static bool has_ports(u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	       proto == IPPROTO_SCTP;
}

/*
 * IP header at @network: addresses, protocol and where the transport header is.
 * False where there is no whole one or no transport header behind it.
 */
static bool parse4(const struct sk_buff *skb, unsigned int network,
		   struct shunt_tuple *tuple, unsigned int *transport)
{
	const struct iphdr *iph;
	struct iphdr buf;

	iph = skb_header_pointer(skb, network, sizeof(buf), &buf);
	if (!iph || iph->version != 4 || iph->ihl < 5 ||
	    iph->frag_off & htons(IP_OFFSET))
		return false;
	tuple->af = AF_INET;
	tuple->proto = iph->protocol;
	tuple->src4 = iph->saddr;
	tuple->dst4 = iph->daddr;
	*transport = network + iph->ihl * 4;
	return true;
}

/* Its destination is but a station on the way to another. */
static bool is_underway(const struct sk_buff *skb, unsigned int network)
{
	int flags = IP6_FH_F_SKIP_RH;

	return ipv6_find_hdr(skb, &network, NEXTHDR_ROUTING, NULL, &flags) >= 0;
}

static bool parse6(const struct sk_buff *skb, unsigned int network,
		   struct shunt_tuple *tuple, unsigned int *transport)
{
	const struct ipv6hdr *ip6h;
	unsigned short frag = 0;
	struct ipv6hdr buf;
	int proto;

	ip6h = skb_header_pointer(skb, network, sizeof(buf), &buf);
	if (!ip6h || ip6h->version != 6)
		return false;
	tuple->af = AF_INET6;
	tuple->src6 = ip6h->saddr;
	tuple->dst6 = ip6h->daddr;
	*transport = network + sizeof(buf);
	tuple->proto = ip6h->nexthdr;
	if (has_ports(tuple->proto) || tuple->proto == IPPROTO_ICMPV6)
		return true;

	*transport = network;
	proto = ipv6_find_hdr(skb, transport, -1, &frag, NULL);
	if (proto < 0 || frag || is_underway(skb, network))
		return false;
	tuple->proto = proto;
	return true;
}

static bool parse_ports(const struct sk_buff *skb, unsigned int transport,
			struct shunt_tuple *tuple)
{
	const __be16 *ports;
	__be16 buf[2];

	ports = skb_header_pointer(skb, transport, sizeof(buf), buf);
	if (!ports)
		return false;
	tuple->sport = ports[0];
	tuple->dport = ports[1];
	return true;
}

/* What nf_defrag_ipv6 has not put together: it lets some odd ones through. */
static bool is_piece6(const struct shunt_packet *pkt)
{
	unsigned int network = 0;

	return pkt->tuple.af == AF_INET6 &&
	       pkt->transport > sizeof(struct ipv6hdr) &&
	       ipv6_find_hdr(pkt->skb, &network, NEXTHDR_FRAGMENT, NULL,
			     NULL) >= 0;
}

static unsigned int header_size(u8 proto)
{
	switch (proto) {
	case IPPROTO_UDP:
		return sizeof(struct udphdr);
	case IPPROTO_SCTP:
		return sizeof(struct sctphdr) + sizeof(struct sctp_chunkhdr);
	default:
		return sizeof(struct tcphdr);
	}
}

static bool is_broken(const struct shunt_packet *pkt)
{
	return pkt->skb->len < pkt->transport + header_size(pkt->tuple.proto) ||
	       is_piece6(pkt);
}

/*
 * AH and ESP have no ports. They are part of what the same two hosts agreed on
 * by IKE, and go where that went.
 */
static bool follow_ike(struct shunt_tuple *tuple)
{
	if (tuple->proto != IPPROTO_ESP && tuple->proto != IPPROTO_AH)
		return false;
	tuple->proto = IPPROTO_UDP;
	tuple->sport = IKE_PORT;
	tuple->dport = IKE_PORT;
	return true;
}

/*
 * The first chunk tells what a packet is about, but of those that end the
 * handshake the next one may be an ABORT.
 */
static bool parse_chunk(const struct sk_buff *skb, unsigned int offset,
			u8 *type)
{
	const struct sctp_chunkhdr *chunk;
	struct sctp_chunkhdr buf;
	unsigned int length;

	chunk = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	if (!chunk)
		return false;
	*type = chunk->type;
	length = ntohs(chunk->length);
	if ((chunk->type != SHUNT_SCTP_C_COOKIE_ECHO &&
	     chunk->type != SHUNT_SCTP_C_COOKIE_ACK) || length < sizeof(buf))
		return true;
	chunk = skb_header_pointer(skb, offset + ALIGN(length, 4), sizeof(buf),
				   &buf);
	if (chunk && chunk->type == SHUNT_SCTP_C_ABORT)
		*type = chunk->type;
	return true;
}

/**
 * shunt_packet_parse() - find out what a packet is
 * @pkt:	its skb and netns set; tuple.af says which IP it is
 *
 * A packet with a whole TCP or UDP header, or an SCTP one and a chunk's, becomes
 * SHUNT_PACKET_FLOW, as does one of AH or ESP; one with ports at least
 * SHUNT_PACKET_BROKEN.
 *
 * Return: its kind; the rest of @pkt is filled accordingly.
 */
enum shunt_packet_kind shunt_packet_parse(struct shunt_packet *pkt)
{
	struct shunt_tuple *tuple = &pkt->tuple;
	const struct sk_buff *skb = pkt->skb;
	const u8 *flags;
	u8 buf;

	pkt->tcp_flags = 0;
	if (!(tuple->af == AF_INET ?
	      parse4(skb, 0, tuple, &pkt->transport) :
	      parse6(skb, 0, tuple, &pkt->transport)))
		return SHUNT_PACKET_OTHER;

	pkt->proto = tuple->proto;
	if (tuple->proto == (tuple->af == AF_INET ? IPPROTO_ICMP :
						    IPPROTO_ICMPV6))
		return SHUNT_PACKET_ICMP;
	if (unlikely(!has_ports(tuple->proto)))
		return follow_ike(tuple) ? SHUNT_PACKET_FLOW :
					   SHUNT_PACKET_OTHER;
	if (!parse_ports(skb, pkt->transport, tuple))
		return SHUNT_PACKET_OTHER;
	if (unlikely(is_broken(pkt)))
		return SHUNT_PACKET_BROKEN;
	if (tuple->proto == IPPROTO_UDP)
		return SHUNT_PACKET_FLOW;
	if (unlikely(tuple->proto == IPPROTO_SCTP))
		return parse_chunk(skb, pkt->transport + sizeof(struct sctphdr),
				   &pkt->sctp_chunk) ?
			       SHUNT_PACKET_FLOW : SHUNT_PACKET_OTHER;
	/* No TCP has port 0; what FTP's helper expects is known by it. */
	if (unlikely(!tuple->sport))
		return SHUNT_PACKET_BROKEN;
	flags = skb_header_pointer(skb, pkt->transport + TCP_FLAGS_OFFSET, 1,
				   &buf);
	if (!flags)
		return SHUNT_PACKET_OTHER;
	pkt->tcp_flags = *flags;
	return SHUNT_PACKET_FLOW;
}

/**
 * shunt_packet_header() - parse an IP header wherever it is
 * @skb:	what has it
 * @af:		AF_INET or AF_INET6
 * @network:	its offset
 * @transport:	set to the offset of what comes behind it
 * @tuple:	filled but for the ports
 *
 * Return: false where there is no whole one, or a later fragment's.
 */
bool shunt_packet_header(const struct sk_buff *skb, u8 af, unsigned int network,
			 unsigned int *transport, struct shunt_tuple *tuple)
{
	return af == AF_INET ? parse4(skb, network, tuple, transport) :
			       parse6(skb, network, tuple, transport);
}

/**
 * shunt_packet_quoted() - parse a packet that an ICMP error quotes
 * @skb:	the ICMP error
 * @af:		AF_INET or AF_INET6, the quoted packet
 * @network:	offset of the quoted IP header
 * @transport:	set to the offset of the quoted transport header, of which at
 *		least the ports are there
 * @tuple:	filled with the quoted source and destination
 *
 * Return: its protocol, or 0 if it can belong to no connection.
 */
u8 shunt_packet_quoted(const struct sk_buff *skb, u8 af, unsigned int network,
		       unsigned int *transport, struct shunt_tuple *tuple)
{
	u8 proto;

	if (!shunt_packet_header(skb, af, network, transport, tuple))
		return 0;
	proto = tuple->proto;
	if (has_ports(proto) ? parse_ports(skb, *transport, tuple) :
			       follow_ike(tuple))
		return proto;
	return 0;
}
