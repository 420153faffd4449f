// SPDX-License-Identifier: GPL-2.0-only
#include "path/packet.h"

#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>

/* The first 14 bytes of a TCP header: ports, numbers, offset and flags. */
#define TCP_FLAGS_OFFSET	13

static bool has_ports(u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP;
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

static bool is_broken(const struct shunt_packet *pkt)
{
	unsigned int header = pkt->tuple.proto == IPPROTO_UDP ?
				      sizeof(struct udphdr) :
				      sizeof(struct tcphdr);

	return pkt->skb->len < pkt->transport + header || is_piece6(pkt);
}

/**
 * shunt_packet_parse() - find out what a packet is
 * @pkt:	its skb and netns set; tuple.af says which IP it is
 *
 * A packet with a whole TCP or UDP header becomes SHUNT_PACKET_FLOW, one with
 * ports at least SHUNT_PACKET_BROKEN.
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

	if (tuple->proto == (tuple->af == AF_INET ? IPPROTO_ICMP :
						    IPPROTO_ICMPV6))
		return SHUNT_PACKET_ICMP;
	if (!has_ports(tuple->proto) ||
	    !parse_ports(skb, pkt->transport, tuple))
		return SHUNT_PACKET_OTHER;
	if (unlikely(is_broken(pkt)))
		return SHUNT_PACKET_BROKEN;
	if (tuple->proto == IPPROTO_UDP)
		return SHUNT_PACKET_FLOW;
	flags = skb_header_pointer(skb, pkt->transport + TCP_FLAGS_OFFSET, 1,
				   &buf);
	if (!flags)
		return SHUNT_PACKET_OTHER;
	pkt->tcp_flags = *flags;
	return SHUNT_PACKET_FLOW;
}

/**
 * shunt_packet_quoted() - parse the packet that an ICMP error quotes
 * @pkt:	the ICMP error
 * @network:	offset of the quoted IP header
 * @transport:	set to the offset of the quoted transport header, of which at
 *		least the ports are there
 * @tuple:	filled with the quoted source and destination
 *
 * Return: true if it is the beginning of a TCP or UDP packet.
 */
bool shunt_packet_quoted(const struct shunt_packet *pkt, unsigned int network,
			 unsigned int *transport, struct shunt_tuple *tuple)
{
	if (!(pkt->tuple.af == AF_INET ?
	      parse4(pkt->skb, network, tuple, transport) :
	      parse6(pkt->skb, network, tuple, transport)))
		return false;
	return has_ports(tuple->proto) &&
	       parse_ports(pkt->skb, *transport, tuple);
}
