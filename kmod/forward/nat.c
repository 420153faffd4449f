// SPDX-License-Identifier: GPL-2.0-only
/* NAT: the request's destination and the reply's source are rewritten. */
#include "forward/forward.h"

#include <linux/sctp.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "forward/crc32c.h"
#include "forward/route.h"
#include "table/conn.h"

/*
 * A checksum under change. In the packet itself it may be one that the device
 * will finish (CHECKSUM_PARTIAL), which only @skb can tell; a quoted one is
 * always complete and comes without.
 */
struct sum {
	__sum16 *field;
	struct sk_buff *skb;
};

static void sum_addr4(struct sum sum, __be32 from, __be32 to)
{
	if (sum.skb)
		inet_proto_csum_replace4(sum.field, sum.skb, from, to, true);
	else
		csum_replace4(sum.field, from, to);
}

static void sum_addr6(struct sum sum, const struct in6_addr *from,
		      const struct in6_addr *to)
{
	int i;

	if (sum.skb) {
		inet_proto_csum_replace16(sum.field, sum.skb, from->s6_addr32,
					  to->s6_addr32, true);
		return;
	}
	for (i = 0; i < 4; i++)
		csum_replace4(sum.field, from->s6_addr32[i], to->s6_addr32[i]);
}

static void sum_port(struct sum sum, __be16 from, __be16 to)
{
	if (sum.skb)
		inet_proto_csum_replace2(sum.field, sum.skb, from, to, false);
	else
		csum_replace2(sum.field, from, to);
}

/* The address at one end of the IP header at @network; @sum may have no field. */
static void set_addr(struct shunt_packet *pkt, unsigned int network,
		     enum shunt_end end, const union nf_inet_addr *addr,
		     struct sum sum)
{
	void *header = pkt->skb->data + network;

	if (pkt->tuple.af == AF_INET) {
		struct iphdr *iph = header;
		__be32 *at = end == SHUNT_END_SRC ? &iph->saddr : &iph->daddr;

		csum_replace4(&iph->check, *at, addr->ip);
		if (sum.field)
			sum_addr4(sum, *at, addr->ip);
		*at = addr->ip;
	} else {
		struct ipv6hdr *ip6h = header;
		struct in6_addr *at = end == SHUNT_END_SRC ? &ip6h->saddr :
							     &ip6h->daddr;

		if (sum.field)
			sum_addr6(sum, at, &addr->in6);
		*at = addr->in6;
	}
}

/*
 * Where the transport checksum is, if all of it is within @length bytes. A UDP
 * packet may go without (RFC 768), but one whose sum the device will compute
 * holds the pseudo header's there, whatever it may be.
 */
static __sum16 *checksum_of(void *transport, u8 proto, unsigned int length,
			    const struct sk_buff *partial)
{
	struct tcphdr *th = transport;
	struct udphdr *uh = transport;

	if (proto == IPPROTO_TCP)
		return length >= offsetofend(struct tcphdr, check) ?
			       &th->check : NULL;
	if (length < sizeof(*uh))
		return NULL;
	if (!uh->check && !(partial && partial->ip_summed == CHECKSUM_PARTIAL))
		return NULL;
	return &uh->check;
}

/* How much the IP header at @network says there is from @transport on. */
static unsigned int said_length(const struct shunt_packet *pkt,
				unsigned int network, unsigned int transport)
{
	const void *header = pkt->skb->data + network;
	const struct ipv6hdr *ip6h = header;
	const struct iphdr *iph = header;
	unsigned int total = pkt->tuple.af == AF_INET ?
				     ntohs(iph->tot_len) :
				     sizeof(*ip6h) + ntohs(ip6h->payload_len);

	return total > transport - network ? total - (transport - network) : 0;
}

/*
 * The port at one end of an SCTP header; its checksum covers no address, and is
 * left alone where the device will take it, or not all of it is there.
 */
static void set_sctp_port(struct sctphdr *sh, enum shunt_end end, __be16 port,
			  unsigned int there, unsigned int length, bool complete)
{
	__be32 *ports = (__be32 *)sh, before = *ports;

	*(end == SHUNT_END_SRC ? &sh->source : &sh->dest) = port;
	if (complete && *ports != before && min(there, length) >= sizeof(*sh))
		sh->checksum = shunt_crc32c_replace4(sh->checksum, before,
						     *ports,
						     length - sizeof(*ports));
}

/* Of what has no checksum over the addresses, or no ports at all (AH, ESP). */
static void set_other_end(struct shunt_packet *pkt, unsigned int network,
			  unsigned int transport, u8 proto, enum shunt_end end,
			  const union nf_inet_addr *addr, __be16 port,
			  const struct sk_buff *skb)
{
	unsigned int length = skb ? skb->len - transport :
				    said_length(pkt, network, transport);

	set_addr(pkt, network, end, addr, (struct sum){});
	if (proto == IPPROTO_SCTP)
		set_sctp_port((struct sctphdr *)(pkt->skb->data + transport),
			      end, port, skb_headlen(pkt->skb) - transport,
			      length,
			      !skb || skb->ip_summed != CHECKSUM_PARTIAL);
}

/* Address and port at one end of a packet, in @pkt itself or quoted in it. */
static void set_end(struct shunt_packet *pkt, unsigned int network,
		    unsigned int transport, u8 proto, enum shunt_end end,
		    const union nf_inet_addr *addr, __be16 port,
		    struct sk_buff *skb)
{
	void *header = pkt->skb->data + transport;
	unsigned int length = skb_headlen(pkt->skb) - transport;
	__be16 *at = (__be16 *)header + (end == SHUNT_END_DST);
	struct sum sum;

	if (unlikely(proto != IPPROTO_TCP && proto != IPPROTO_UDP)) {
		set_other_end(pkt, network, transport, proto, end, addr, port,
			      skb);
		return;
	}
	sum.field = checksum_of(header, proto, length, skb);
	sum.skb = skb;
	set_addr(pkt, network, end, addr, sum);
	if (sum.field)
		sum_port(sum, *at, port);
	*at = port;
	if (sum.field && proto == IPPROTO_UDP && !*sum.field)
		*sum.field = CSUM_MANGLED_0;
}

/**
 * shunt_nat_quoted() - rewrite one end of a packet quoted in an ICMP error
 * @pkt:	the ICMP error, writable to the end of its linear part
 * @network:	offset of the quoted IP header
 * @transport:	offset of the quoted transport header
 * @proto:	its protocol
 * @end:	which end
 * @addr:	the new address
 * @port:	the new port
 *
 * The ICMP checksum is left to the caller.
 */
void shunt_nat_quoted(struct shunt_packet *pkt, unsigned int network,
		      unsigned int transport, u8 proto, enum shunt_end end,
		      const union nf_inet_addr *addr, __be16 port)
{
	set_end(pkt, network, transport, proto, end, addr, port, NULL);
}

/**
 * shunt_nat_address() - rewrite one address of a packet's own IP header
 * @pkt:	the packet, its IP header writable
 * @end:	which end
 * @addr:	the new address
 *
 * No checksum behind the IP header is touched.
 */
void shunt_nat_address(struct shunt_packet *pkt, enum shunt_end end,
		       const union nf_inet_addr *addr)
{
	set_addr(pkt, 0, end, addr, (struct sum){});
}

static bool make_writable(struct shunt_packet *pkt)
{
	unsigned int header = 0;

	if (pkt->proto == IPPROTO_TCP)
		header = sizeof(struct tcphdr);
	else if (pkt->proto == IPPROTO_UDP)
		header = sizeof(struct udphdr);
	else if (pkt->proto == IPPROTO_SCTP)
		header = sizeof(struct sctphdr);
	return !skb_ensure_writable(pkt->skb, pkt->transport + header);
}

/**
 * shunt_nat_rewrite() - give a packet an address of its connection's other side
 * @pkt:	the packet
 * @c:		its connection
 * @dir:	a request's destination becomes the real server, a reply's source
 *		the virtual service
 *
 * Return: false where memory is short, and the packet is as it was.
 */
bool shunt_nat_rewrite(struct shunt_packet *pkt, const struct shunt_conn *c,
		       enum shunt_dir dir)
{
	const struct shunt_tuple *other = shunt_conn_tuple(c, !dir);
	const bool request = dir == SHUNT_DIR_REQUEST;
	const union nf_inet_addr addr = request ? shunt_tuple_src(other) :
						  shunt_tuple_dst(other);

	if (!make_writable(pkt))
		return false;
	set_end(pkt, 0, pkt->transport, pkt->proto,
		request ? SHUNT_END_DST : SHUNT_END_SRC, &addr,
		request ? other->sport : other->dport, pkt->skb);
	return true;
}

/**
 * shunt_nat_request() - send a request to its real server's address
 * @pkt:	the request
 * @c:		its connection
 *
 * Context: RCU read lock.
 * Return: the verdict.
 */
enum shunt_verdict shunt_nat_request(struct shunt_packet *pkt,
				     const struct shunt_conn *c)
{
	const struct shunt_route *route = shunt_forward_check(pkt, c);

	if (!route)
		return SHUNT_DROP;
	if (!shunt_nat_rewrite(pkt, c, SHUNT_DIR_REQUEST))
		return shunt_packet_drop(pkt, SHUNT_DROP_NO_MEMORY);
	/* Early demux found the virtual service's socket, if any. */
	if (unlikely(route->local) && !pkt->own)
		skb_orphan(pkt->skb);
	return shunt_forward_output(pkt, route);
}

/**
 * shunt_nat_reply() - let a reply come from the virtual service
 * @pkt:	the reply, on its way to the client already
 * @c:		its connection
 *
 * Return: the verdict.
 */
enum shunt_verdict shunt_nat_reply(struct shunt_packet *pkt,
				   const struct shunt_conn *c)
{
	if (!shunt_nat_rewrite(pkt, c, SHUNT_DIR_REPLY))
		return shunt_packet_drop(pkt, SHUNT_DROP_NO_MEMORY);
	shunt_forward_hide(pkt);
	return SHUNT_REWRITTEN;
}
