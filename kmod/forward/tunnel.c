// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tunnels: the packet goes to the real server inside another one, bare (IPIP),
 * behind UDP and GUE, or behind GRE. The real server takes it out, has the
 * virtual address, and answers the client itself.
 */
#include "forward/tunnel.h"

#include <linux/if_tunnel.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/gre.h>
#include <net/gso.h>
#include <net/gue.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip_tunnels.h>
#include <net/udp.h>
#include <uapi/linux/shunt.h>

#include "forward/forward.h"
#include "forward/route.h"
#include "table/conn.h"
#include "table/dest.h"

/* GRE's checksum and what is reserved beside it. */
#define GRE_SUM_SIZE	4

/* GUE's private flags, and the option that says where a checksum belongs. */
struct gue_remcsum {
	__be32 flags;
	__be16 start;	/* where it begins to count, from the packet's start */
	__be16 offset;	/* where it is to be put */
};

/* What goes around a packet. */
struct wrapping {
	struct shunt_tunnel tunnel;
	const struct shunt_dest *dest;
	const struct shunt_route *route;
	unsigned int header;	/* bytes between the two IP headers */
	unsigned int overhead;	/* these and the outer IP header */
	bool remcsum;
	u8 inner;		/* IPPROTO_IPIP or IPPROTO_IPV6 */
	u8 dsfield;
	u8 ttl;
	__be16 df;
	__be16 sport;
};

static unsigned int header_size(struct shunt_tunnel tunnel, bool remcsum)
{
	switch (tunnel.type) {
	case SHUNT_TUN_GUE:
		return sizeof(struct udphdr) + sizeof(struct guehdr) +
		       (remcsum ? sizeof(struct gue_remcsum) : 0);
	case SHUNT_TUN_GRE:
		return sizeof(struct gre_base_hdr) +
		       (tunnel.flags & SHUNT_TUN_F_CSUM ? GRE_SUM_SIZE : 0);
	default:
		return 0;
	}
}

/* Remote checksum offload wants an outer checksum, too. */
static bool has_csum(const struct wrapping *w)
{
	return w->tunnel.flags & (SHUNT_TUN_F_CSUM | SHUNT_TUN_F_REMCSUM);
}

/* Remote checksum offload is for sums that have yet to be computed, not CRCs. */
static void choose_wrapping(struct wrapping *w, const struct shunt_packet *pkt,
			    const struct shunt_dest *dest,
			    const struct shunt_route *route)
{
	*w = (struct wrapping){
		.tunnel = READ_ONCE(dest->tunnel),
		.dest = dest,
		.route = route,
		.inner = pkt->tuple.af == AF_INET ? IPPROTO_IPIP : IPPROTO_IPV6,
	};
	w->remcsum = w->tunnel.type == SHUNT_TUN_GUE &&
		     w->tunnel.flags & SHUNT_TUN_F_REMCSUM &&
		     pkt->skb->ip_summed == CHECKSUM_PARTIAL &&
		     !skb_csum_is_sctp(pkt->skb);
	w->header = header_size(w->tunnel, w->remcsum);
	w->overhead = w->header + (dest->af == AF_INET ?
					   sizeof(struct iphdr) :
					   sizeof(struct ipv6hdr));
}

/*
 * How large a packet may be that goes into the tunnel. What every link has to
 * carry is never refused: if need be, the tunnel's packets are fragmented.
 */
static unsigned int inner_mtu(const struct shunt_packet *pkt,
			      const struct wrapping *w)
{
	unsigned int least = pkt->tuple.af == AF_INET ? IPV4_MIN_MTU :
							IPV6_MIN_MTU;
	unsigned int mtu = dst_mtu(w->route->dst);

	if (!READ_ONCE(pkt->sn->settings.pmtu_disc))
		return UINT_MAX;
	return mtu > least + w->overhead ? mtu - w->overhead : least;
}

/* A router on the way may fragment if the client allows it, or if we have to. */
static bool keeps_whole(const struct shunt_packet *pkt, const struct wrapping *w)
{
	const struct sk_buff *skb = pkt->skb;

	return READ_ONCE(pkt->sn->settings.pmtu_disc) &&
	       ip_hdr(skb)->frag_off & htons(IP_DF) &&
	       (skb_is_gso(skb) ||
		skb->len + w->overhead <= dst_mtu(w->route->dst));
}

/* What the outer header takes over from the packet's own. */
static void inherit(struct wrapping *w, const struct shunt_packet *pkt)
{
	u8 dsfield;

	if (pkt->tuple.af == AF_INET) {
		dsfield = ipv4_get_dsfield(ip_hdr(pkt->skb));
		w->ttl = ip_hdr(pkt->skb)->ttl;
		w->df = keeps_whole(pkt, w) ? htons(IP_DF) : 0;
	} else {
		dsfield = ipv6_get_dsfield(ipv6_hdr(pkt->skb));
		w->ttl = ipv6_hdr(pkt->skb)->hop_limit;
	}
	w->dsfield = INET_ECN_encapsulate(dsfield, dsfield);
	if (w->tunnel.type == SHUNT_TUN_GUE)
		w->sport = udp_flow_src_port(pkt->sn->net, pkt->skb, 0, 0,
					     false);
}

static int gso_types(const struct wrapping *w)
{
	int ip = w->dest->af == AF_INET ? SKB_GSO_IPXIP4 : SKB_GSO_IPXIP6;

	switch (w->tunnel.type) {
	case SHUNT_TUN_GUE:
		return ip |
		       (has_csum(w) ? SKB_GSO_UDP_TUNNEL_CSUM :
				      SKB_GSO_UDP_TUNNEL) |
		       (w->remcsum ? SKB_GSO_TUNNEL_REMCSUM : 0);
	case SHUNT_TUN_GRE:
		return has_csum(w) ? SKB_GSO_GRE_CSUM : SKB_GSO_GRE;
	default:
		return ip;
	}
}

/*
 * The packet's own headers become the inner ones, for whoever will cut it into
 * segments or compute its checksum.
 */
static int set_inner(struct shunt_packet *pkt, const struct wrapping *w)
{
	struct sk_buff *skb = pkt->skb;
	int err;

	skb_set_transport_header(skb, pkt->transport);
	err = iptunnel_handle_offloads(skb, gso_types(w));
	if (err)
		return err;
	skb_set_inner_mac_header(skb, skb_inner_network_offset(skb));
	if (w->tunnel.type == SHUNT_TUN_GRE)
		skb_set_inner_protocol(skb, skb->protocol);
	else
		skb_set_inner_ipproto(skb, w->inner);
	return 0;
}

/* The receiver is told where the checksum belongs, and nobody computes it. */
static void push_remcsum(struct sk_buff *skb)
{
	unsigned int start = skb_checksum_start_offset(skb);
	struct gue_remcsum *option = __skb_push(skb, sizeof(*option));

	option->flags = GUE_PFLAG_REMCSUM;
	option->start = htons(start);
	option->offset = htons(start + skb->csum_offset);
	if (skb_is_gso(skb))
		return;
	skb->ip_summed = CHECKSUM_NONE;
	skb->encapsulation = 0;
}

static void push_gue(struct sk_buff *skb, const struct wrapping *w)
{
	struct guehdr *gueh;
	struct udphdr *uh;

	if (w->remcsum)
		push_remcsum(skb);
	gueh = __skb_push(skb, sizeof(*gueh));
	*gueh = (struct guehdr){ .word = 0 };
	gueh->proto_ctype = w->inner;
	if (w->remcsum) {
		gueh->hlen = sizeof(struct gue_remcsum) / 4;
		gueh->flags = GUE_FLAG_PRIV;
	}

	uh = __skb_push(skb, sizeof(*uh));
	skb_reset_transport_header(skb);
	uh->source = w->sport;
	uh->dest = w->tunnel.port;
	uh->len = htons(skb->len);
	if (w->dest->af == AF_INET)
		udp_set_csum(!has_csum(w), skb, w->route->src.ip,
			     w->dest->addr.ip, skb->len);
	else
		udp6_set_csum(!has_csum(w), skb, &w->route->src.in6,
			      &w->dest->addr.in6, skb->len);
}

/*
 * Segments get a checksum each when they are cut. What the device will sum up
 * inside comes out as a known value, so that the outer sum can be had at once.
 */
static void set_gre_csum(struct sk_buff *skb, __sum16 *sum)
{
	if (skb_is_gso(skb))
		return;
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		*sum = csum_fold(lco_csum(skb));
		return;
	}
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = sizeof(struct gre_base_hdr);
}

static void push_gre(struct sk_buff *skb, const struct wrapping *w)
{
	struct gre_base_hdr *greh = __skb_push(skb, w->header);

	skb_reset_transport_header(skb);
	memset(greh, 0, w->header);
	greh->protocol = skb->protocol;
	if (has_csum(w)) {
		greh->flags = GRE_CSUM;
		set_gre_csum(skb, (__sum16 *)(greh + 1));
	}
}

/* Returns the protocol behind the outer IP header. */
static u8 push_header(struct sk_buff *skb, const struct wrapping *w)
{
	switch (w->tunnel.type) {
	case SHUNT_TUN_GUE:
		push_gue(skb, w);
		return IPPROTO_UDP;
	case SHUNT_TUN_GRE:
		push_gre(skb, w);
		return IPPROTO_GRE;
	default:
		skb_reset_transport_header(skb);
		return w->inner;
	}
}

/* Lengths beyond 16 bits are cut into segments before anyone reads them. */
static void push_ip4(struct shunt_packet *pkt, const struct wrapping *w,
		     u8 proto)
{
	struct sk_buff *skb = pkt->skb;
	struct iphdr *iph = __skb_push(skb, sizeof(*iph));

	skb_reset_network_header(skb);
	*iph = (struct iphdr){
		.version = 4,
		.ihl = sizeof(*iph) / 4,
		.tos = w->dsfield,
		.tot_len = htons(skb->len <= IP_MAX_MTU ? skb->len : 0),
		.frag_off = w->df,
		.ttl = w->ttl,
		.protocol = proto,
		.saddr = w->route->src.ip,
		.daddr = w->dest->addr.ip,
	};
	ip_select_ident_segs(pkt->sn->net, skb, NULL,
			     skb_shinfo(skb)->gso_segs ?: 1);
	ip_send_check(iph);
	skb->protocol = htons(ETH_P_IP);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
}

static void push_ip6(struct shunt_packet *pkt, const struct wrapping *w,
		     u8 proto)
{
	struct sk_buff *skb = pkt->skb;
	unsigned int length = skb->len;
	struct ipv6hdr *ip6h = __skb_push(skb, sizeof(*ip6h));

	skb_reset_network_header(skb);
	ip6_flow_hdr(ip6h, w->dsfield, 0);
	ip6h->payload_len = htons(length <= IPV6_MAXPLEN ? length : 0);
	ip6h->nexthdr = proto;
	ip6h->hop_limit = w->ttl;
	ip6h->saddr = w->route->src.in6;
	ip6h->daddr = w->dest->addr.in6;
	skb->protocol = htons(ETH_P_IPV6);
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
}

static int wrap(struct shunt_packet *pkt, struct wrapping *w)
{
	const struct dst_entry *dst = w->route->dst;
	struct sk_buff *skb = pkt->skb;
	u8 proto;
	int err;

	/* A sum outside is computed over one of the same kind inside. */
	if (unlikely(skb->ip_summed == CHECKSUM_PARTIAL &&
		     skb_csum_is_sctp(skb))) {
		err = skb_crc32c_csum_help(skb);
		if (err)
			return err;
	}
	err = skb_cow_head(skb, LL_RESERVED_SPACE(dst->dev) + dst->header_len +
					w->overhead);
	if (err)
		return err;
	shunt_forward_decrease_ttl(pkt);
	inherit(w, pkt);
	err = set_inner(pkt, w);
	if (err)
		return err;
	proto = push_header(skb, w);
	if (w->dest->af == AF_INET)
		push_ip4(pkt, w, proto);
	else
		push_ip6(pkt, w, proto);
	/* The client has been told, if it wanted to know. */
	skb->ignore_df = 1;
	return 0;
}

static bool has_source(const struct wrapping *w)
{
	return w->dest->af == AF_INET ||
	       !ipv6_addr_any(&w->route->src.in6);
}

static enum shunt_verdict send_one(struct shunt_packet *pkt,
				   const struct shunt_dest *dest,
				   const struct shunt_route *route)
{
	struct wrapping w;

	choose_wrapping(&w, pkt, dest, route);
	if (!has_source(&w))
		return shunt_packet_drop(pkt, SHUNT_DROP_NO_ROUTE);
	if (!shunt_forward_admit(pkt, inner_mtu(pkt, &w)))
		return SHUNT_DROP;
	if (!skb_is_gso(pkt->skb) && pkt->skb->len + w.overhead > IP_MAX_MTU)
		return shunt_packet_drop(pkt, SHUNT_DROP_TOO_BIG);
	if (wrap(pkt, &w))
		return shunt_packet_drop(pkt, SHUNT_DROP_NO_MEMORY);
	return shunt_forward_send(pkt, dest->af, route);
}

/*
 * Nobody cuts a packet in a tunnel in a tunnel into segments, nor SCTP's in any,
 * and those of a list have no room for the tunnel: that is done before they go
 * in.
 */
static bool needs_cutting(const struct sk_buff *skb)
{
	return skb_is_gso(skb) &&
	       (skb->encapsulation || skb_is_gso_sctp(skb) ||
		skb_shinfo(skb)->gso_type & SKB_GSO_FRAGLIST);
}

/**
 * shunt_tunnel_wrap() - put a packet into a tunnel, where that is all there is to do
 * @pkt:	the packet
 * @dest:	the real server behind the tunnel
 * @route:	to it
 *
 * Context: RCU read lock.
 * Return: SHUNT_REWRITTEN; SHUNT_PASS, and the packet is as it was, where it
 * would have to be refused or cut into pieces, SHUNT_DROP.
 */
enum shunt_verdict shunt_tunnel_wrap(struct shunt_packet *pkt,
				     const struct shunt_dest *dest,
				     const struct shunt_route *route)
{
	struct wrapping w;

	if (unlikely(needs_cutting(pkt->skb)))
		return SHUNT_PASS;
	choose_wrapping(&w, pkt, dest, route);
	if (!has_source(&w) ||
	    !shunt_forward_fits(pkt, min(inner_mtu(pkt, &w),
					 dst_mtu(route->dst) - w.overhead)))
		return SHUNT_PASS;
	if (wrap(pkt, &w))
		return shunt_packet_drop(pkt, SHUNT_DROP_NO_MEMORY);
	return SHUNT_REWRITTEN;
}

static enum shunt_verdict send_cut(struct shunt_packet *pkt,
				   const struct shunt_dest *dest,
				   const struct shunt_route *route)
{
	struct sk_buff *segments, *segment, *next;
	struct shunt_packet one = *pkt;

	segments = skb_gso_segment(pkt->skb, 0);
	if (IS_ERR_OR_NULL(segments))
		return shunt_packet_drop(pkt, SHUNT_DROP_NO_MEMORY);
	consume_skb(pkt->skb);
	skb_list_walk_safe(segments, segment, next) {
		skb_mark_not_on_list(segment);
		one.skb = segment;
		if (send_one(&one, dest, route) == SHUNT_DROP)
			kfree_skb(segment);
	}
	return SHUNT_STOLEN;
}

/**
 * shunt_tunnel_request() - send a packet through the tunnel to its real server
 * @pkt:	the packet, of the client's
 * @c:		its connection
 *
 * Context: RCU read lock.
 * Return: the verdict.
 */
enum shunt_verdict shunt_tunnel_request(struct shunt_packet *pkt,
					const struct shunt_conn *c)
{
	const struct shunt_route *route = shunt_forward_route(pkt, c);

	if (!route)
		return SHUNT_DROP;
	if (unlikely(route->local))
		return shunt_local_deliver(pkt, route);
	if (unlikely(needs_cutting(pkt->skb)))
		return send_cut(pkt, c->dest, route);
	return send_one(pkt, c->dest, route);
}
