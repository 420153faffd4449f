// SPDX-License-Identifier: GPL-2.0-only
#include "forward/forward.h"

#include <linux/icmpv6.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/gso.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ip_fib.h>
#include <net/ip6_fib.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack.h>
#include <uapi/linux/shunt.h>

#include "forward/route.h"
#include "table/conn.h"
#include "table/dest.h"

static bool fits_in_segments(const struct sk_buff *skb, unsigned int mtu)
{
	return skb_is_gso(skb) && skb_gso_validate_network_len(skb, mtu);
}

/*
 * A packet that came in fragments goes out in fragments, unless the largest of
 * them did not fit and none may be made smaller.
 */
static bool too_big4(struct sk_buff *skb, unsigned int mtu)
{
	unsigned int frag = IPCB(skb)->frag_max_size;

	if (skb->len <= mtu || !(ip_hdr(skb)->frag_off & htons(IP_DF)))
		return false;
	if (frag)
		return frag > mtu;
	return !fits_in_segments(skb, mtu);
}

static bool too_big6(struct sk_buff *skb, unsigned int mtu)
{
	unsigned int frag = IP6CB(skb)->frag_max_size;

	if (skb->len <= mtu)
		return false;
	if (frag)
		return frag > mtu;
	return !fits_in_segments(skb, mtu);
}

static bool check4(struct shunt_packet *pkt, unsigned int mtu)
{
	struct sk_buff *skb = pkt->skb;

	if (ip_hdr(skb)->ttl <= 1) {
		icmp_send(skb, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0);
		shunt_drop(pkt->sn, SHUNT_DROP_TTL);
		return false;
	}
	if (too_big4(skb, mtu)) {
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
		shunt_drop(pkt->sn, SHUNT_DROP_TOO_BIG);
		return false;
	}
	return true;
}

static bool check6(struct shunt_packet *pkt, unsigned int mtu)
{
	struct sk_buff *skb = pkt->skb;

	if (ipv6_hdr(skb)->hop_limit <= 1) {
		shunt_packet_icmp6(pkt, ICMPV6_TIME_EXCEED, ICMPV6_EXC_HOPLIMIT,
				   0);
		shunt_drop(pkt->sn, SHUNT_DROP_TTL);
		return false;
	}
	if (too_big6(skb, mtu)) {
		shunt_packet_icmp6(pkt, ICMPV6_PKT_TOOBIG, 0, mtu);
		shunt_drop(pkt->sn, SHUNT_DROP_TOO_BIG);
		return false;
	}
	return true;
}

/* What goes past the real servers goes to where the packet says. */
static const struct shunt_route *find_route(const struct shunt_packet *pkt,
					    const struct shunt_conn *c)
{
	const union nf_inet_addr addr = shunt_tuple_dst(&pkt->tuple);

	return shunt_route_once(pkt->sn, shunt_conn_af(c), &addr);
}

/**
 * shunt_forward_route() - where a connection's packets go
 * @pkt:	a packet of it
 * @c:		the connection
 *
 * Context: RCU read lock.
 * Return: the route to take, or NULL when the packet is to be dropped.
 */
const struct shunt_route *shunt_forward_route(struct shunt_packet *pkt,
					      const struct shunt_conn *c)
{
	const struct shunt_route *route;

	route = likely(c->fwd != SHUNT_FWD_BYPASS) ?
			shunt_route_get(pkt->sn, c->dest) :
			find_route(pkt, c);
	if (IS_ERR(route)) {
		shunt_drop(pkt->sn, PTR_ERR(route) == -ENOMEM ?
					    SHUNT_DROP_NO_MEMORY :
					    SHUNT_DROP_NO_ROUTE);
		return NULL;
	}
	if (unlikely(route->local || pkt->own) &&
	    !shunt_local_check(pkt, c, route)) {
		shunt_drop(pkt->sn, SHUNT_DROP_OUT_OF_REACH);
		return NULL;
	}
	return route;
}

/**
 * shunt_forward_admit() - what a router does before it forwards
 * @pkt:	the packet, as the client sent it
 * @mtu:	how large it may be
 *
 * The client is told in terms of what it sent, so this comes before any change
 * to the packet.
 *
 * Return: false when the packet is to be dropped.
 */
bool shunt_forward_admit(struct shunt_packet *pkt, unsigned int mtu)
{
	return pkt->tuple.af == AF_INET ? check4(pkt, mtu) : check6(pkt, mtu);
}

/**
 * shunt_forward_fits() - whether a packet that is no fragment is small enough
 * @pkt:	the packet
 * @mtu:	how large it may be, or the segments it will be cut into
 */
bool shunt_forward_fits(const struct shunt_packet *pkt, unsigned int mtu)
{
	struct sk_buff *skb = pkt->skb;

	if (likely(skb->len <= mtu))
		return true;
	skb_set_transport_header(skb, pkt->transport);
	return fits_in_segments(skb, mtu);
}

/**
 * shunt_forward_check() - may this packet go to its real server as it is
 * @pkt:	the packet, as the client sent it
 * @c:		its connection
 *
 * Context: RCU read lock.
 * Return: the route to take, or NULL when the packet is to be dropped.
 */
__flatten
const struct shunt_route *shunt_forward_check(struct shunt_packet *pkt,
					      const struct shunt_conn *c)
{
	const struct shunt_route *route = shunt_forward_route(pkt, c);

	if (!route || unlikely(route->local))
		return route;
	if (!shunt_forward_admit(pkt, dst_mtu(route->dst)))
		return NULL;
	return route;
}

/**
 * shunt_forward_untrack() - keep nf_conntrack's hands off a packet
 * @skb:	the packet
 *
 * It would see half a connection, or one with two names.
 */
void shunt_forward_untrack(struct sk_buff *skb)
{
	nf_reset_ct(skb);
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
}

/**
 * shunt_forward_decrease_ttl() - a router has been passed
 * @pkt:	the packet, its IP header writable
 */
void shunt_forward_decrease_ttl(struct shunt_packet *pkt)
{
	struct iphdr *iph = ip_hdr(pkt->skb);

	shunt_forward_age(pkt->skb, pkt->tuple.af);
	/* On arrival the director was noted down in options. */
	if (pkt->tuple.af == AF_INET && unlikely(iph->ihl > 5))
		ip_send_check(iph);
}

/**
 * shunt_forward_send() - send a packet that is as it has to be
 * @pkt:	the packet
 * @af:		AF_INET or AF_INET6, of its outermost header
 * @route:	where to
 *
 * Takes the way of the director's own packets, so that OUTPUT and POSTROUTING
 * rules apply as they do with ip_vs.
 *
 * Context: RCU read lock.
 * Return: SHUNT_STOLEN.
 */
enum shunt_verdict shunt_forward_send(struct shunt_packet *pkt, u8 af,
				      const struct shunt_route *route)
{
	struct sk_buff *skb = pkt->skb;

	skb_forward_csum(skb);
	shunt_forward_hide(pkt);
	/*
	 * A local socket that early demux took for the receiver is none; the one
	 * that has sent it keeps it, with the time it is to leave.
	 */
	if (likely(!pkt->own)) {
		skb_clear_tstamp(skb);
		skb_orphan(skb);
	}
	skb_dst_drop(skb);
	skb_dst_set_noref(skb, route->dst);
	/* Marks it as balanced: our own OUTPUT hook lets it through. */
	skb->ipvs_property = 1;

	NF_HOOK(af == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6, NF_INET_LOCAL_OUT,
		pkt->sn->net, NULL, skb, NULL, route->dst->dev, dst_output);
	return SHUNT_STOLEN;
}

/**
 * shunt_forward_output() - send a packet to its real server
 * @pkt:	the packet, its IP header writable
 * @route:	of shunt_forward_check()
 *
 * Context: RCU read lock.
 * Return: SHUNT_STOLEN, or SHUNT_PASS where the director is the real server.
 */
__flatten
enum shunt_verdict shunt_forward_output(struct shunt_packet *pkt,
					const struct shunt_route *route)
{
	struct sk_buff *skb = pkt->skb;

	if (unlikely(route->local))
		return shunt_local_deliver(pkt, route);
	shunt_forward_decrease_ttl(pkt);
	if (pkt->tuple.af == AF_INET ? IPCB(skb)->frag_max_size :
				       IP6CB(skb)->frag_max_size)
		skb->ignore_df = 1;
	return shunt_forward_send(pkt, pkt->tuple.af, route);
}

/* Rules of policy routing may want the virtual service's packets elsewhere. */
static int reroute(struct shunt_packet *pkt)
{
	struct net *net = pkt->sn->net;
	struct sk_buff *skb = pkt->skb;

	if (!(pkt->tuple.af == AF_INET ? fib4_has_custom_rules(net) :
					 fib6_has_custom_rules(net)) ||
	    !READ_ONCE(pkt->sn->settings.snat_reroute))
		return 0;
	return pkt->tuple.af == AF_INET ?
		       ip_route_me_harder(net, skb->sk, skb, RTN_LOCAL) :
		       ip6_route_me_harder(net, skb->sk, skb);
}

/**
 * shunt_forward_reroute() - see that a rewritten packet takes the right way
 * @pkt:	the packet, which the kernel is forwarding or sending already
 *
 * It was routed by the real server's address and now has the virtual one.
 *
 * Context: RCU read lock.
 * Return: SHUNT_PASS or SHUNT_DROP.
 */
enum shunt_verdict shunt_forward_reroute(struct shunt_packet *pkt)
{
	if (reroute(pkt))
		return shunt_packet_drop(pkt, SHUNT_DROP_NO_ROUTE);
	return SHUNT_PASS;
}
