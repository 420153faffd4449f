// SPDX-License-Identifier: GPL-2.0-only
/*
 * The short way of a packet that is as most are:
 *
 *   simple?  ->  its connection, steady?  ->  rewrite  ->  count  ->  transmit
 *
 * Whatever is not, goes on as it came and takes the way of path/hook.c, where
 * it may be refused, answered, or change its connection's state. So nothing is
 * decided here that is not decided there, and nothing is touched before it is
 * sure that the packet goes.
 *
 * No rule of the firewall's but those at ingress sees a packet that goes here:
 * by default all of them have seen its connection begin. As with the kernel's
 * flow tables, IP's own counters do not count it.
 */
#include "path/ingress.h"

#include <linux/if_vlan.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/arp.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/ndisc.h>
#include <net/route.h>
#include <net/xfrm.h>
#include <uapi/linux/shunt.h>

#include "forward/forward.h"
#include "forward/hop.h"
#include "forward/route.h"
#include "path/account.h"
#include "path/here.h"
#include "path/packet.h"
#include "path/schedule.h"
#include "path/watch.h"
#include "table/conn.h"
#include "table/dest.h"

/* TCP segments that open, end or reset nothing; all but the first are such. */
#define FLAGS_THAT_MATTER	(SHUNT_TCP_SYN | SHUNT_TCP_FIN | \
				 SHUNT_TCP_RST | SHUNT_TCP_ACK)

/*
 * For this host, and from where nobody else wants it first: ports of a bridge
 * or a bond have theirs in the upper device, VLANs in their own. As the kernel's
 * flow tables do, this takes it that nobody else holds the packet.
 */
static bool is_ours(const struct sk_buff *skb)
{
	return skb->pkt_type == PACKET_HOST && !skb_vlan_tag_present(skb) &&
	       !rcu_access_pointer(skb->dev->rx_handler) &&
	       !netif_is_l3_slave(skb->dev) && !skb->_skb_refdst &&
	       !skb_nfct(skb) && !skb_sec_path(skb);
}

static bool has_header(struct sk_buff *skb, u8 af)
{
	return pskb_may_pull(skb, af == AF_INET ? sizeof(struct iphdr) :
						  sizeof(struct ipv6hdr));
}

static unsigned int transport_size(u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return sizeof(struct tcphdr);
	case IPPROTO_UDP:
		return sizeof(struct udphdr);
	default:
		return 0;
	}
}

/* No options, no fragment, and a life left behind us; its length, or 0. */
static unsigned int simple4(struct shunt_packet *pkt)
{
	const struct iphdr *iph = ip_hdr(pkt->skb);
	struct shunt_tuple *tuple = &pkt->tuple;

	if (*(const u8 *)iph != 0x45 || ip_is_fragment(iph) || iph->ttl <= 1 ||
	    ip_fast_csum(iph, 5))
		return 0;
	tuple->proto = iph->protocol;
	tuple->src4 = iph->saddr;
	tuple->dst4 = iph->daddr;
	pkt->transport = sizeof(*iph);
	return ntohs(iph->tot_len);
}

static unsigned int simple6(struct shunt_packet *pkt)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(pkt->skb);
	struct shunt_tuple *tuple = &pkt->tuple;

	if (ip6h->version != 6 || ip6h->hop_limit <= 1)
		return 0;
	tuple->proto = ip6h->nexthdr;
	tuple->src6 = ip6h->saddr;
	tuple->dst6 = ip6h->daddr;
	pkt->transport = sizeof(*ip6h);
	return sizeof(*ip6h) + ntohs(ip6h->payload_len);
}

/* True where all is filled, and the packet is as long as it says. */
static bool parse(struct shunt_packet *pkt)
{
	struct sk_buff *skb = pkt->skb;
	unsigned int length, header;
	const __be16 *ports;

	length = pkt->tuple.af == AF_INET ? simple4(pkt) : simple6(pkt);
	if (!length)
		return false;
	header = transport_size(pkt->tuple.proto);
	if (!header || length < pkt->transport + header || length > skb->len ||
	    !pskb_may_pull(skb, pkt->transport + header))
		return false;
	ports = (const __be16 *)(skb->data + pkt->transport);
	pkt->tuple.sport = ports[0];
	pkt->tuple.dport = ports[1];
	pkt->proto = pkt->tuple.proto;
	pkt->tcp_flags = 0;
	if (pkt->proto == IPPROTO_TCP)
		pkt->tcp_flags = ((const u8 *)ports)[13];
	/* See shunt_packet_parse() about port 0. */
	return ports[0] && !pskb_trim_rcsum(skb, length);
}

static bool needs_attention(const struct shunt_conn *c)
{
	return READ_ONCE(c->dest->flags) & SHUNT_DEST_SPECIAL ||
	       shunt_conn_marks(c);
}

/* Nothing but packets and bytes is to be noted of it. */
static bool is_steady(const struct shunt_packet *pkt,
		      const struct shunt_conn *c, enum shunt_dir dir)
{
	const u8 state = READ_ONCE(c->state);

	if (needs_attention(c))
		return false;
	if (pkt->proto == IPPROTO_TCP)
		return state == SHUNT_TCP_ESTABLISHED &&
		       (pkt->tcp_flags & FLAGS_THAT_MATTER) == SHUNT_TCP_ACK;
	return dir == SHUNT_DIR_REQUEST || state == SHUNT_ASSURED;
}

/* IPv4's routes end with its forwarding. */
static bool is_forwarding(const struct shunt_net *sn, u8 af)
{
	return af == AF_INET || READ_ONCE(sn->net->ipv6.devconf_all->forwarding);
}

static const struct shunt_route *find_route(struct shunt_net *sn,
					    const struct shunt_conn *c,
					    enum shunt_dir dir)
{
	const u8 af = shunt_conn_af(c);
	const struct shunt_route *route;

	if (dir == SHUNT_DIR_REPLY)
		return is_forwarding(sn, af) ? shunt_hop_route(sn, c) : NULL;
	if (c->fwd == SHUNT_FWD_LOCAL || c->fwd == SHUNT_FWD_BYPASS ||
	    !shunt_is_here(sn, af, &c->dest->key, &c->dest->here))
		return NULL;
	route = shunt_route_get(sn, c->dest);
	return IS_ERR(route) || route->local || !route->plain ? NULL : route;
}

/* What routers do. */
static void pass_router(struct shunt_packet *pkt, enum shunt_dir dir)
{
	struct sk_buff *skb = pkt->skb;

	shunt_forward_age(skb, pkt->tuple.af);
	if (dir == SHUNT_DIR_REPLY && pkt->tuple.af == AF_INET)
		skb->priority = rt_tos2priority(ip_hdr(skb)->tos);
	/* An error about the packet would be read from there. */
	memset(skb->cb, 0, max(sizeof(struct inet_skb_parm),
			       sizeof(struct inet6_skb_parm)));
}

/* SHUNT_PASS where the packet does not fit as it is, and was left alone. */
static enum shunt_verdict rewrite(struct shunt_packet *pkt,
				  const struct shunt_conn *c,
				  enum shunt_dir dir,
				  const struct shunt_route *route)
{
	struct sk_buff *skb = pkt->skb;

	if (c->fwd == SHUNT_FWD_TUNNEL)
		return shunt_tunnel_wrap(pkt, c->dest, route);
	if (!shunt_forward_fits(pkt, dst_mtu(route->dst)))
		return SHUNT_PASS;
	if (skb_cow_head(skb, LL_RESERVED_SPACE(route->dst->dev)) ||
	    (c->fwd == SHUNT_FWD_MASQ && !shunt_nat_rewrite(pkt, c, dir)))
		return shunt_packet_drop(pkt, SHUNT_DROP_NO_MEMORY);
	pass_router(pkt, dir);
	return SHUNT_REWRITTEN;
}

static struct neighbour *neighbour6(struct sk_buff *skb, struct rt6_info *rt)
{
	return ip_neigh_gw6(rt->dst.dev,
			    rt6_nexthop(rt, &ipv6_hdr(skb)->daddr));
}

static void transmit(struct shunt_packet *pkt, struct dst_entry *dst)
{
	struct sk_buff *skb = pkt->skb;
	struct neighbour *neigh;
	bool v6_gateway = false;

	skb_forward_csum(skb);
	skb_clear_tstamp(skb);
	skb_orphan(skb);
	skb_dst_set_noref(skb, dst);
	skb->dev = dst->dev;
	neigh = dst->ops->family == AF_INET ?
			ip_neigh_for_gw(dst_rtable(dst), skb, &v6_gateway) :
			neighbour6(skb, dst_rt6_info(dst));
	if (likely(!IS_ERR(neigh))) {
		neigh_output(neigh, skb, v6_gateway);
	} else {
		shunt_drop(pkt->sn, SHUNT_DROP_NO_MEMORY);
		kfree_skb(skb);
	}
}

static enum shunt_verdict send(struct shunt_packet *pkt, struct shunt_conn *c,
			       enum shunt_dir dir)
{
	const struct shunt_route *route = find_route(pkt->sn, c, dir);
	unsigned int length = pkt->skb->len;
	enum shunt_verdict verdict;

	if (!route)
		return SHUNT_PASS;
	verdict = rewrite(pkt, c, dir, route);
	if (verdict == SHUNT_PASS)
		return SHUNT_PASS;
	shunt_account(c, dir, length);
	if (verdict == SHUNT_DROP)
		return SHUNT_DROP;
	transmit(pkt, route->dst);
	return SHUNT_STOLEN;
}

/* What cannot go at once takes the full path as a packet of the connection. */
static noinline enum shunt_verdict begin(struct shunt_packet *pkt)
{
	struct shunt_conn *c = shunt_schedule_early(pkt);

	if (!c || needs_attention(c))
		return SHUNT_PASS;
	return send(pkt, c, SHUNT_DIR_REQUEST);
}

static noinline enum shunt_verdict fast(struct shunt_net *sn,
					struct sk_buff *skb, u8 af, int mode)
{
	/* Debian's kernels clear what is on the stack. Here parse() fills it. */
	struct shunt_packet pkt __uninitialized;
	struct shunt_conn *c;
	enum shunt_dir dir;

	shunt_packet_init(&pkt, skb, sn, af, false);
	if (!parse(&pkt))
		return SHUNT_PASS;
	c = shunt_conn_lookup(sn, &pkt.tuple, &dir);
	if (!c)
		return mode == SHUNT_FAST_ALL ? begin(&pkt) : SHUNT_PASS;
	return is_steady(&pkt, c, dir) ? send(&pkt, c, dir) : SHUNT_PASS;
}

/**
 * shunt_ingress() - what netfilter calls for every packet that a device receives
 * @priv:	struct shunt_net
 * @skb:	the packet, its data at what is behind the link layer's header
 * @state:	unused
 *
 * Context: RCU read lock, bottom halves off.
 * Return: NF_ACCEPT; NF_STOLEN when it was sent, NF_DROP.
 */
unsigned int shunt_ingress(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state)
{
	struct shunt_net *sn = priv;
	const int mode = READ_ONCE(sn->settings.fast_path);
	enum shunt_verdict verdict;
	u8 af;

	if (skb->protocol == htons(ETH_P_IP))
		af = AF_INET;
	else if (skb->protocol == htons(ETH_P_IPV6))
		af = AF_INET6;
	else
		return NF_ACCEPT;
	if (mode == SHUNT_FAST_OFF || !has_header(skb, af) ||
	    !shunt_watches(sn->watch, skb, af) || !is_ours(skb))
		return NF_ACCEPT;

	verdict = fast(sn, skb, af, mode);
	if (verdict == SHUNT_PASS)
		return NF_ACCEPT;
	return verdict == SHUNT_DROP ? NF_DROP : NF_STOLEN;
}
