// SPDX-License-Identifier: GPL-2.0-only
#include "path/relay.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_tunnel.h>
#include <linux/udp.h>
#include <net/gre.h>
#include <net/gue.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <uapi/linux/shunt.h>

#include "forward/forward.h"
#include "forward/route.h"
#include "table/conn.h"
#include "table/dest.h"

static bool inside_proto(struct shunt_relay *relay, u8 proto)
{
	switch (proto) {
	case IPPROTO_IPIP:
		relay->af = AF_INET;
		return true;
	case IPPROTO_IPV6:
		relay->af = AF_INET6;
		return true;
	default:
		return false;
	}
}

/* Of what GRE can have we send the checksum alone. */
static bool inside_gre(struct shunt_relay *relay, const struct sk_buff *skb)
{
	const struct gre_base_hdr *greh;
	struct gre_base_hdr buf;

	greh = skb_header_pointer(skb, relay->inner, sizeof(buf), &buf);
	if (!greh || greh->flags & ~GRE_CSUM)
		return false;
	relay->inner += sizeof(*greh) + (greh->flags ? 4 : 0);
	switch (greh->protocol) {
	case htons(ETH_P_IP):
		return inside_proto(relay, IPPROTO_IPIP);
	case htons(ETH_P_IPV6):
		return inside_proto(relay, IPPROTO_IPV6);
	default:
		return false;
	}
}

static bool inside_gue(struct shunt_relay *relay, const struct sk_buff *skb)
{
	const struct guehdr *gueh;
	struct guehdr buf;

	relay->inner += sizeof(struct udphdr);
	gueh = skb_header_pointer(skb, relay->inner, sizeof(buf), &buf);
	if (!gueh || gueh->version || gueh->control)
		return false;
	relay->inner += sizeof(*gueh) + gueh->hlen * 4;
	return inside_proto(relay, gueh->proto_ctype);
}

static bool look_inside(struct shunt_relay *relay, const struct sk_buff *skb,
			u8 proto)
{
	switch (proto) {
	case IPPROTO_GRE:
		return inside_gre(relay, skb);
	case IPPROTO_UDP:
		return inside_gue(relay, skb);
	default:
		return inside_proto(relay, proto);
	}
}

/* The tunnel's packet came from who is told, and went to the real server. */
static bool is_ours(const struct shunt_packet *pkt,
		    const struct shunt_tuple *outer,
		    const struct shunt_conn *c)
{
	const union nf_inet_addr to = shunt_tuple_dst(&pkt->tuple);
	const union nf_inet_addr src = shunt_tuple_src(outer);
	const union nf_inet_addr dst = shunt_tuple_dst(outer);

	return c->fwd == SHUNT_FWD_TUNNEL && c->dest->af == outer->af &&
	       nf_inet_addr_cmp(&dst, &c->dest->addr) &&
	       nf_inet_addr_cmp(&to, &src);
}

/**
 * shunt_relay_find() - see whether an error is about a tunnel's packet
 * @relay:	filled if it is
 * @pkt:	the error, of kind SHUNT_PACKET_ICMP
 * @network:	offset of the quoted IP header
 *
 * Context: RCU read lock, held as long as @relay is used.
 * Return: true if it is, and if enough of the packet inside is quoted.
 */
bool shunt_relay_find(struct shunt_relay *relay, const struct shunt_packet *pkt,
		      unsigned int network)
{
	struct shunt_tuple outer, inner;
	unsigned int transport;
	enum shunt_dir dir;

	/* The director's own to itself come by again, where they are received. */
	if (pkt->own)
		return false;
	relay->outer = network;
	if (!shunt_packet_header(pkt->skb, pkt->tuple.af, network,
				 &relay->inner, &outer) ||
	    !look_inside(relay, pkt->skb, outer.proto) ||
	    !shunt_packet_quoted(pkt->skb, relay->af, relay->inner, &transport,
				 &inner))
		return false;
	relay->conn = shunt_conn_lookup(pkt->sn, &inner, &dir);
	return relay->conn && dir == SHUNT_DIR_REQUEST &&
	       is_ours(pkt, &outer, relay->conn);
}

enum kind {
	TOO_BIG,
	EXPIRED,
	UNREACHABLE,
};

/* What is wrong; @code as in the error, @mtu for TOO_BIG. */
struct trouble {
	enum kind kind;
	u8 code;
	u32 mtu;
};

static bool read4(struct trouble *t, const struct shunt_packet *pkt)
{
	const struct icmphdr *icmph;
	struct icmphdr buf;

	icmph = skb_header_pointer(pkt->skb, pkt->transport, sizeof(buf), &buf);
	if (!icmph)
		return false;
	t->code = icmph->code;
	switch (icmph->type) {
	case ICMP_DEST_UNREACH:
		t->kind = UNREACHABLE;
		if (icmph->code == ICMP_FRAG_NEEDED) {
			t->kind = TOO_BIG;
			t->mtu = ntohs(icmph->un.frag.mtu);
		}
		return true;
	case ICMP_TIME_EXCEEDED:
		t->kind = EXPIRED;
		return true;
	default:
		return false;
	}
}

static bool read6(struct trouble *t, const struct shunt_packet *pkt)
{
	const struct icmp6hdr *icmp6h;
	struct icmp6hdr buf;

	icmp6h = skb_header_pointer(pkt->skb, pkt->transport, sizeof(buf),
				    &buf);
	if (!icmp6h)
		return false;
	t->code = icmp6h->icmp6_code;
	switch (icmp6h->icmp6_type) {
	case ICMPV6_DEST_UNREACH:
		t->kind = UNREACHABLE;
		return true;
	case ICMPV6_PKT_TOOBIG:
		t->kind = TOO_BIG;
		t->mtu = ntohl(icmp6h->icmp6_mtu);
		return true;
	case ICMPV6_TIME_EXCEED:
		t->kind = EXPIRED;
		return true;
	default:
		return false;
	}
}

/* What an error quotes may have an extension behind it (RFC 4884). */
static unsigned int quote_end(const struct shunt_packet *pkt,
			      const struct shunt_relay *relay, enum kind kind)
{
	bool v4 = pkt->tuple.af == AF_INET;
	const u8 *words;
	u8 buf;

	/* The MTU is where it would be. */
	if (!v4 && kind == TOO_BIG)
		return pkt->skb->len;
	words = skb_header_pointer(pkt->skb, pkt->transport + (v4 ? 5 : 4),
				   sizeof(buf), &buf);
	if (!words || !*words)
		return pkt->skb->len;
	return min(pkt->skb->len, relay->outer + *words * (v4 ? 4 : 8));
}

/* Where the packet inside ends, or what is quoted of it. */
static unsigned int inside_end(const struct shunt_packet *pkt,
			       const struct shunt_relay *relay, enum kind kind)
{
	const void *header = pkt->skb->data + relay->inner;
	unsigned int length;

	if (relay->af == AF_INET)
		length = ntohs(((const struct iphdr *)header)->tot_len);
	else
		length = ntohs(((const struct ipv6hdr *)header)->payload_len) +
			 sizeof(struct ipv6hdr);
	return min(relay->inner + length, quote_end(pkt, relay, kind));
}

static void strip(struct sk_buff *skb, unsigned int length)
{
	__skb_pull(skb, length);
	skb_reset_network_header(skb);
}

/*
 * The kernel remembers the path's MTU as for a packet of its own. Returns what
 * that leaves for a packet in the tunnel.
 */
static u32 learn_mtu(struct shunt_packet *pkt, const struct shunt_relay *relay,
		     u32 mtu)
{
	u32 least = relay->af == AF_INET ? IPV4_MIN_MTU : IPV6_MIN_MTU;
	u32 overhead = relay->inner - relay->outer;
	struct shunt_dest *dest = relay->conn->dest;
	struct net *net = pkt->sn->net;
	const struct shunt_route *route;

	if (dest->af == AF_INET)
		ipv4_update_pmtu(pkt->skb, net, mtu, 0, 0);
	else
		ip6_update_pmtu(pkt->skb, net, htonl(mtu), 0, 0,
				sock_net_uid(net, NULL));
	shunt_route_forget(&pkt->sn->routes, &dest->route);
	route = shunt_route_get(pkt->sn, dest);
	if (!IS_ERR(route))
		mtu = dst_mtu(route->dst);
	return mtu > least + overhead ? mtu - overhead : least;
}

/* An IPv4 error is sent about a packet that an IPv4 route has brought. */
static bool adopt4(struct sk_buff *skb, struct net *net)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct flowi4 fl4 = { .daddr = iph->saddr };
	struct rtable *rt;
	int err;

	rt = ip_route_output_key(net, &fl4);
	if (IS_ERR(rt))
		return false;
	skb_dst_drop(skb);
	err = ip_route_input(skb, iph->daddr, iph->saddr,
			     inet_dsfield_to_dscp(0), rt->dst.dev);
	ip_rt_put(rt);
	return !err;
}

static void tell4(struct sk_buff *skb, struct net *net, const struct trouble *t,
		  bool same)
{
	if (!same && !adopt4(skb, net))
		return;
	switch (t->kind) {
	case TOO_BIG:
		if (ip_hdr(skb)->frag_off & htons(IP_DF))
			icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
				  htonl(t->mtu));
		break;
	case EXPIRED:
		icmp_send(skb, ICMP_TIME_EXCEEDED, t->code, 0);
		break;
	case UNREACHABLE:
		icmp_send(skb, ICMP_DEST_UNREACH,
			  same ? t->code : ICMP_HOST_UNREACH, 0);
		break;
	}
}

static void tell6(struct sk_buff *skb, const struct trouble *t, bool same)
{
	if (!same)
		skb_dst_drop(skb);
	switch (t->kind) {
	case TOO_BIG:
		icmpv6_send(skb, ICMPV6_PKT_TOOBIG, 0, t->mtu);
		break;
	case EXPIRED:
		icmpv6_send(skb, ICMPV6_TIME_EXCEED, t->code, 0);
		break;
	case UNREACHABLE:
		icmpv6_send(skb, ICMPV6_DEST_UNREACH,
			    same ? t->code : ICMPV6_ADDR_UNREACH, 0);
		break;
	}
}

/**
 * shunt_relay() - tell the client of an error about a tunnel's packet
 * @pkt:	the error, its checksum right
 * @relay:	filled by shunt_relay_find()
 *
 * What is left of the error when everything up to the packet inside has been
 * stripped is that packet, and the director sends an error about it.
 *
 * Context: RCU read lock.
 * Return: SHUNT_STOLEN; or SHUNT_PASS where there is nothing to tell.
 */
enum shunt_verdict shunt_relay(struct shunt_packet *pkt,
			       const struct shunt_relay *relay)
{
	bool v4 = relay->af == AF_INET, same = relay->af == pkt->tuple.af;
	struct sk_buff *skb = pkt->skb;
	unsigned int end, size;
	struct trouble t = {};

	if (!(pkt->tuple.af == AF_INET ? read4(&t, pkt) : read6(&t, pkt)) ||
	    (t.kind == TOO_BIG && !t.mtu))
		return SHUNT_PASS;
	size = relay->inner + (v4 ? sizeof(struct iphdr) :
				    sizeof(struct ipv6hdr));
	if (!pskb_may_pull(skb, size))
		return shunt_packet_drop(pkt, SHUNT_DROP_NO_MEMORY);
	end = inside_end(pkt, relay, t.kind);
	/* We have sent nothing that is shorter than its headers. */
	if (end < size + 2 * sizeof(__be16))
		return SHUNT_PASS;
	if (pskb_trim(skb, end))
		return shunt_packet_drop(pkt, SHUNT_DROP_NO_MEMORY);
	strip(skb, relay->outer);
	if (t.kind == TOO_BIG)
		t.mtu = learn_mtu(pkt, relay, t.mtu);
	strip(skb, relay->inner - relay->outer);
	/* Options and the like of the error are not that packet's. */
	memset(skb->cb, 0, sizeof(skb->cb));
	shunt_forward_untrack(skb);
	if (v4)
		tell4(skb, pkt->sn->net, &t, same);
	else
		tell6(skb, &t, same);
	consume_skb(skb);
	return SHUNT_STOLEN;
}
