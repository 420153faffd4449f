// SPDX-License-Identifier: GPL-2.0-only
/*
 * RST to both ends of a TCP connection that the director ends.
 *
 * A RST counts where its number is the one that the receiver expects next. Both
 * are told by the client's segments alone, so that it works by direct routing,
 * too: the server expects what follows the client's last byte, and the client
 * what it has acknowledged last.
 *
 * Where numbers are noted only from some moment on, who has been silent since is
 * asked: a segment far off the window is answered by one that has both numbers
 * (RFC 9293, 3.10.7.4). By NAT the server is asked, which is nearer, and elsewhere
 * the client, since the answer has to pass here.
 */
#include "forward/reset.h"

#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/route.h>
#include <net/tcp.h>
#include <uapi/linux/shunt.h>

#include "forward/request.h"
#include "forward/track.h"
#include "path/packet.h"
#include "table/conn.h"
#include "table/dest.h"

#define TTL	64

/* Segments may come twice or in another order. 0 is: none seen yet. */
static void advance(u32 *number, u32 seen)
{
	u32 known = READ_ONCE(*number);

	if (!known || after(seen, known))
		WRITE_ONCE(*number, seen);
}

/**
 * shunt_reset_note() - remember what a RST will need
 * @c:		a TCP connection
 * @pkt:	a segment of it
 * @dir:	its direction
 *
 * Context: RCU read lock.
 */
void shunt_reset_note(struct shunt_conn *c, const struct shunt_packet *pkt,
		      enum shunt_dir dir)
{
	unsigned int length = pkt->skb->len - pkt->transport;
	bool request = dir == SHUNT_DIR_REQUEST;
	const struct tcphdr *th;
	struct tcphdr buf;
	u32 end;

	th = skb_header_pointer(pkt->skb, pkt->transport, sizeof(buf), &buf);
	if (!th || th->rst || th->doff < 5 || length < th->doff * 4)
		return;
	end = ntohl(th->seq) + th->syn + th->fin + length - th->doff * 4;
	if (th->syn && request) {
		WRITE_ONCE(c->sent, end);
		WRITE_ONCE(c->acked, 0);
	} else {
		advance(request ? &c->sent : &c->acked, end);
	}
	if (th->ack)
		advance(request ? &c->acked : &c->sent, ntohl(th->ack_seq));
}

/* By direct routing, the client's FIN is the last that is seen of most. */
static bool is_open(const struct shunt_conn *c)
{
	switch (READ_ONCE(c->state)) {
	case SHUNT_TCP_ESTABLISHED:
		return true;
	case SHUNT_TCP_FIN_WAIT:
	case SHUNT_TCP_CLOSE_WAIT:
		return c->fwd == SHUNT_FWD_MASQ;
	default:
		return false;
	}
}

static void put_ip4(struct sk_buff *skb, const struct shunt_tuple *tuple)
{
	struct iphdr *iph = skb_put_zero(skb, sizeof(*iph));

	iph->version = 4;
	iph->ihl = 5;
	iph->tot_len = htons(sizeof(*iph) + sizeof(struct tcphdr));
	iph->frag_off = htons(IP_DF);
	iph->ttl = TTL;
	iph->protocol = IPPROTO_TCP;
	iph->saddr = tuple->src4;
	iph->daddr = tuple->dst4;
	ip_send_check(iph);
	skb->protocol = htons(ETH_P_IP);
}

static void put_ip6(struct sk_buff *skb, const struct shunt_tuple *tuple)
{
	struct ipv6hdr *ip6h = skb_put_zero(skb, sizeof(*ip6h));

	ip6h->version = 6;
	ip6h->payload_len = htons(sizeof(struct tcphdr));
	ip6h->nexthdr = IPPROTO_TCP;
	ip6h->hop_limit = TTL;
	ip6h->saddr = tuple->src6;
	ip6h->daddr = tuple->dst6;
	skb->protocol = htons(ETH_P_IPV6);
}

static void put_tcp(struct sk_buff *skb, const struct shunt_tuple *tuple,
		    u8 flag, u32 seq)
{
	struct tcphdr *th = skb_put_zero(skb, sizeof(*th));
	__wsum sum;

	th->source = tuple->sport;
	th->dest = tuple->dport;
	th->seq = htonl(seq);
	th->doff = sizeof(*th) / 4;
	tcp_flag_byte(th) = flag;
	sum = csum_partial(th, sizeof(*th), 0);
	if (tuple->af == AF_INET)
		th->check = csum_tcpudp_magic(tuple->src4, tuple->dst4,
					      sizeof(*th), IPPROTO_TCP, sum);
	else
		th->check = csum_ipv6_magic(&tuple->src6, &tuple->dst6,
					    sizeof(*th), IPPROTO_TCP, sum);
}

static struct sk_buff *build(const struct shunt_tuple *tuple, u8 flag, u32 seq)
{
	struct sk_buff *skb = alloc_skb(MAX_HEADER + sizeof(struct ipv6hdr) +
					sizeof(struct tcphdr), GFP_ATOMIC);

	if (!skb)
		return NULL;
	skb_reserve(skb, MAX_HEADER);
	skb_reset_network_header(skb);
	if (tuple->af == AF_INET)
		put_ip4(skb, tuple);
	else
		put_ip6(skb, tuple);
	skb_set_transport_header(skb, skb->len);
	put_tcp(skb, tuple, flag, seq);
	return skb;
}

/* The source may be anybody's: a firewall mark's, or the client's. */
static struct dst_entry *route4(struct net *net, const struct shunt_tuple *to)
{
	struct flowi4 fl4 = {
		.saddr = to->src4,
		.daddr = to->dst4,
		.flowi4_proto = IPPROTO_TCP,
		.flowi4_flags = FLOWI_FLAG_ANYSRC,
	};
	struct rtable *rt = ip_route_output_key(net, &fl4);

	return IS_ERR(rt) ? NULL : &rt->dst;
}

static struct dst_entry *route6(struct net *net, const struct shunt_tuple *to)
{
	struct flowi6 fl6 = {
		.saddr = to->src6,
		.daddr = to->dst6,
		.flowi6_proto = IPPROTO_TCP,
		.flowi6_flags = FLOWI_FLAG_ANYSRC,
	};
	struct dst_entry *dst = ip6_route_output(net, NULL, &fl6);

	if (!dst->error)
		return dst;
	dst_release(dst);
	return NULL;
}

static void output(struct shunt_packet *pkt)
{
	bool v4 = pkt->tuple.af == AF_INET;
	struct net *net = pkt->sn->net;
	struct sk_buff *skb = pkt->skb;
	struct dst_entry *dst = v4 ? route4(net, &pkt->tuple) :
				     route6(net, &pkt->tuple);

	if (!dst) {
		kfree_skb(skb);
		return;
	}
	skb_dst_set(skb, dst);
	shunt_forward_hide(pkt);
	skb->ipvs_property = 1;
	NF_HOOK(v4 ? NFPROTO_IPV4 : NFPROTO_IPV6, NF_INET_LOCAL_OUT, net, NULL,
		skb, NULL, dst->dev, dst_output);
}

/* A packet of the connection that neither end has sent. */
static bool forge(struct shunt_packet *pkt, struct shunt_net *sn,
		  const struct shunt_conn *c, enum shunt_dir dir,
		  const struct shunt_tuple *tuple, u8 flag, u32 seq)
{
	struct sk_buff *skb = build(tuple, flag, seq);

	if (!skb)
		return false;
	shunt_packet_init(pkt, skb, sn, shunt_conn_af(c), false);
	shunt_packet_parse(pkt);
	if (unlikely(shunt_conn_marks(c) & SHUNT_MARK_TRACKED))
		shunt_track_adopt(pkt, c, dir);
	return true;
}

static void to_client(struct shunt_net *sn, const struct shunt_conn *c, u8 flag,
		      u32 seq)
{
	struct shunt_packet pkt;
	struct shunt_tuple tuple;

	shunt_tuple_invert(&tuple, shunt_conn_request(c));
	if (forge(&pkt, sn, c, SHUNT_DIR_REPLY, &tuple, flag, seq))
		output(&pkt);
}

/* As if the client had sent it, so by whatever method the connection has. */
static void to_server(struct shunt_net *sn, const struct shunt_conn *c, u8 flag,
		      u32 seq)
{
	struct shunt_packet pkt;

	if (!forge(&pkt, sn, c, SHUNT_DIR_REQUEST,
		   shunt_conn_request(c), flag, seq))
		return;
	switch (shunt_forward_request(&pkt, c)) {
	case SHUNT_DROP:
		kfree_skb(pkt.skb);
		break;
	case SHUNT_PASS:
		/* To the director, under the address that it has now. */
		shunt_packet_parse(&pkt);
		output(&pkt);
		break;
	default:
		break;
	}
}

/* One of the connections that are reset where RSTs are asked for. */
static bool can_be_reset(const struct shunt_conn *c)
{
	return shunt_conn_proto(c) == IPPROTO_TCP &&
	       c->kind == SHUNT_CONN_WHOLE && is_open(c);
}

/* False for one that has been asked, or is dead. */
static bool mark_asked(struct shunt_conn *c)
{
	bool first;

	spin_lock_bh(&c->lock);
	first = !c->dead && !(shunt_conn_marks(c) & SHUNT_MARK_ASKED);
	if (first)
		shunt_conn_mark(c, SHUNT_MARK_ASKED);
	spin_unlock_bh(&c->lock);
	return first;
}

/**
 * shunt_reset_ask() - learn the numbers of a connection soon to be reset
 * @sn:	the netns
 * @c:	a connection
 *
 * Nothing happens unless it is an open TCP connection that has said too little.
 *
 * Context: RCU read lock, process.
 */
void shunt_reset_ask(struct shunt_net *sn, struct shunt_conn *c)
{
	if (!can_be_reset(c) || (READ_ONCE(c->sent) && READ_ONCE(c->acked)) ||
	    !mark_asked(c))
		return;
	local_bh_disable();
	if (c->fwd == SHUNT_FWD_MASQ)
		to_server(sn, c, TCPHDR_ACK, 0);
	else
		to_client(sn, c, TCPHDR_ACK, 0);
	local_bh_enable();
}

/**
 * shunt_reset_send() - tell both ends that a connection is over
 * @sn:	the netns
 * @c:	a connection that the director is about to take out of the table
 *
 * Nothing happens unless it is an open TCP connection, and its service asks for
 * it or its real server is at the end of draining; nor to an end of which too
 * little was seen.
 *
 * Context: RCU read lock, bottom halves off.
 */
void shunt_reset_send(struct shunt_net *sn, struct shunt_conn *c)
{
	if (!(READ_ONCE(c->dest->flags) & SHUNT_DEST_RESETTING) ||
	    !can_be_reset(c))
		return;
	if (READ_ONCE(c->sent))
		to_server(sn, c, TCPHDR_RST, READ_ONCE(c->sent));
	if (READ_ONCE(c->acked))
		to_client(sn, c, TCPHDR_RST, READ_ONCE(c->acked));
}
