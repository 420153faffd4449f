// SPDX-License-Identifier: GPL-2.0-only
/* The director as its own real server: nothing is sent, the packet stays. */
#include "forward/forward.h"

#include <linux/inetdevice.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <uapi/linux/shunt.h>

#include "forward/route.h"
#include "table/conn.h"
#include "table/dest.h"

static bool is_loopback(u8 af, const union nf_inet_addr *addr)
{
	return af == AF_INET ? ipv4_is_loopback(addr->ip) :
			       ipv6_addr_loopback(&addr->in6);
}

/* Whether a packet of the director's own would stay here anyway. */
static bool stays(const struct shunt_packet *pkt)
{
	if (pkt->tuple.af == AF_INET)
		return skb_rtable(pkt->skb)->rt_flags & RTCF_LOCAL;
	return dst_rt6_info(skb_dst(pkt->skb))->rt6i_flags & RTF_LOCAL;
}

/**
 * shunt_local_check() - may a packet go where its real server is
 * @pkt:	the packet, as the client sent it
 * @c:		its connection
 * @route:	to its real server
 *
 * Where one of client and real server is the director itself, the other may be
 * out of its reach. Loopback addresses mean nothing on the wire, with direct
 * routing an address that is not the director's own is nobody's here, and past
 * the real servers there is nothing but other hosts.
 *
 * Context: RCU read lock.
 * Return: false when the packet is to be dropped.
 */
bool shunt_local_check(const struct shunt_packet *pkt,
		       const struct shunt_conn *c,
		       const struct shunt_route *route)
{
	const union nf_inet_addr client = shunt_tuple_src(&pkt->tuple);

	if (!route->local)
		return !is_loopback(shunt_conn_af(c), &client);
	if (c->fwd == SHUNT_FWD_BYPASS)
		return false;
	if (c->fwd == SHUNT_FWD_MASQ)
		return pkt->own ||
		       !is_loopback(shunt_conn_af(c), &c->dest->addr);
	return !pkt->own || stays(pkt);
}

/**
 * shunt_local_deliver() - leave a packet to the director itself
 * @pkt:	the packet, as the real server shall see it
 * @route:	to the real server, or NULL where it needs none
 *
 * Context: RCU read lock.
 * Return: SHUNT_PASS.
 */
enum shunt_verdict shunt_local_deliver(struct shunt_packet *pkt,
				       const struct shunt_route *route)
{
	struct sk_buff *skb = pkt->skb;

	shunt_forward_hide(pkt);
	/* It comes by once more if it has yet to go through the loopback. */
	skb->ipvs_property = 1;
	if (pkt->own && route && !stays(pkt)) {
		/* Held: the sender need not be under RCU where it goes on. */
		skb_dst_drop(skb);
		skb_dst_set(skb, dst_clone(route->dst));
	}
	return SHUNT_PASS;
}
