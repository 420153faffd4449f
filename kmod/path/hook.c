// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way of a packet that path/ingress.c did not take:
 *
 *   request  LOCAL_IN  parse -> connection, or schedule one -> state -> forward
 *   reply    FORWARD   parse -> connection -> state -> rewrite -> goes on
 *   error    both      parse -> quoted packet's connection -> rewrite
 *
 * Requests are taken behind the firewall's INPUT rules, replies behind its
 * FORWARD rules. Where the director itself is the client its requests are taken
 * at LOCAL_OUT and what answers them at LOCAL_IN; where it is the real server
 * its replies and errors are at LOCAL_OUT, too.
 */
#include "path/hook.h"

#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/slab.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <uapi/linux/shunt.h>

#include "forward/forward.h"
#include "forward/hop.h"
#include "forward/request.h"
#include "forward/reset.h"
#include "forward/track.h"
#include "helper/ftp.h"
#include "path/account.h"
#include "path/devices.h"
#include "path/frag.h"
#include "path/icmp.h"
#include "path/packet.h"
#include "path/schedule.h"
#include "path/watch.h"
#include "table/conn.h"
#include "table/dest.h"

static unsigned int to_netfilter(enum shunt_verdict verdict)
{
	switch (verdict) {
	case SHUNT_DROP:
		return NF_DROP;
	case SHUNT_STOLEN:
		return NF_STOLEN;
	default:
		return NF_ACCEPT;
	}
}

/* Counted, and noted by the connection's state. */
static __always_inline void note(struct shunt_packet *pkt,
				 struct shunt_conn *c, enum shunt_dir dir)
{
	shunt_account(c, dir, pkt->skb->len);
	if (shunt_conn_proto(c) == IPPROTO_TCP)
		shunt_conn_tcp(pkt->sn, c, dir, pkt->tcp_flags);
	else if (unlikely(shunt_conn_proto(c) == IPPROTO_SCTP))
		shunt_conn_sctp(pkt->sn, c, dir, pkt->sctp_chunk);
	else if (dir == SHUNT_DIR_REPLY)
		shunt_conn_answered(c);
}

/* What few connections need; false when the packet is to be dropped. */
static noinline bool attend(struct shunt_packet *pkt, struct shunt_conn *c,
			    enum shunt_dir dir)
{
	u8 marks = shunt_conn_marks(c);
	int err = 0;

	if (marks & SHUNT_MARK_TRACKED)
		shunt_track_packet(pkt, c, dir);
	if (marks & SHUNT_MARK_FTP)
		err = shunt_ftp_follow(pkt, c, dir);
	if (err)
		shunt_drop(pkt->sn, shunt_conn_drop_reason(err));
	else if (marks & SHUNT_MARK_ASKED && dir == SHUNT_DIR_REPLY)
		shunt_reset_note(c, pkt, dir);
	return !err;
}

static enum shunt_verdict deliver(struct shunt_packet *pkt,
				  struct shunt_conn *c)
{
	note(pkt, c, SHUNT_DIR_REQUEST);
	if (unlikely(shunt_conn_marks(c)) &&
	    !attend(pkt, c, SHUNT_DIR_REQUEST))
		return SHUNT_DROP;
	return shunt_forward_request(pkt, c);
}

static enum shunt_verdict begin(struct shunt_packet *pkt)
{
	enum shunt_verdict verdict;
	struct shunt_conn *c;

	c = shunt_schedule(pkt, &verdict);
	if (!c)
		return verdict == SHUNT_PASS ? shunt_schedule_none(pkt) :
					       verdict;
	verdict = deliver(pkt, c);
	shunt_conn_discard(c);
	return verdict;
}

/*
 * A packet of a connection that is over, and begins another. nf_conntrack has it
 * for one of the old, which it has just lost: this one is dropped and the next
 * try will do.
 */
static enum shunt_verdict begin_anew(struct shunt_packet *pkt,
				     struct shunt_conn *c)
{
	bool known = shunt_track_knows(pkt, c);

	shunt_conn_kill(pkt->sn, c);
	if (unlikely(known))
		return shunt_packet_drop(pkt, SHUNT_DROP_ANEW);
	return begin(pkt);
}

/*
 * A removed real server's connections wait for it to come back or for their
 * timeout, unless they are to end now: then the packet has none.
 */
static enum shunt_verdict request(struct shunt_packet *pkt,
				  struct shunt_conn *c)
{
	unsigned long flags = READ_ONCE(c->dest->flags);

	if (likely(!(flags & SHUNT_DEST_SPECIAL)))
		return deliver(pkt, c);
	if (flags & SHUNT_DEST_NOTED && shunt_conn_proto(c) == IPPROTO_TCP)
		shunt_reset_note(c, pkt, SHUNT_DIR_REQUEST);
	if (!shunt_dest_is_left(c->dest, shunt_conn_proto(c))) {
		if (!(flags & 1ul << SHUNT_DEST_REMOVED))
			return deliver(pkt, c);
		if (!READ_ONCE(pkt->sn->settings.expire_nodest_conn))
			return shunt_packet_drop(pkt, SHUNT_DROP_DEST_REMOVED);
	}
	return begin_anew(pkt, c);
}

static enum shunt_verdict reply(struct shunt_packet *pkt, struct shunt_conn *c)
{
	note(pkt, c, SHUNT_DIR_REPLY);
	if (unlikely(shunt_conn_marks(c)) && !attend(pkt, c, SHUNT_DIR_REPLY))
		return SHUNT_DROP;
	return shunt_nat_reply(pkt, c);
}

/*
 * A client that uses a port again so soon starts over, with any real server
 * unless it has to stay with one. By direct routing the client's FIN is the last
 * that is seen of a connection.
 */
static bool is_over(const struct shunt_packet *pkt, const struct shunt_conn *c)
{
	const struct shunt_settings *settings = &pkt->sn->settings;
	int mode;
	u8 state;

	if (!shunt_packet_opens(pkt))
		return false;
	if (READ_ONCE(settings->expire_nodest_conn) &&
	    !READ_ONCE(c->dest->weight))
		return true;
	if (c->template)
		return false;
	mode = READ_ONCE(settings->conn_reuse_mode);
	state = READ_ONCE(c->state);
	if (shunt_conn_proto(c) == IPPROTO_TCP && state == SHUNT_TCP_FIN_WAIT)
		return mode & 2 && c->fwd != SHUNT_FWD_MASQ;
	return mode && shunt_state_over(shunt_conn_proto(c), state);
}

static enum shunt_verdict flow_in(struct shunt_packet *pkt)
{
	struct shunt_conn *c;
	enum shunt_dir dir;

	c = shunt_conn_lookup(pkt->sn, &pkt->tuple, &dir);
	if (!c)
		return begin(pkt);
	if (dir == SHUNT_DIR_REPLY)
		return reply(pkt, c);
	if (likely(!is_over(pkt, c)))
		return request(pkt, c);
	return begin_anew(pkt, c);
}

static enum shunt_verdict flow_out(struct shunt_packet *pkt)
{
	enum shunt_verdict verdict;
	struct shunt_conn *c;
	enum shunt_dir dir;

	c = shunt_conn_lookup(pkt->sn, &pkt->tuple, &dir);
	if (!c)
		return shunt_schedule_none(pkt);
	if (dir != SHUNT_DIR_REPLY)
		return SHUNT_PASS;
	verdict = reply(pkt, c);
	if (verdict != SHUNT_REWRITTEN)
		return verdict;
	verdict = shunt_forward_reroute(pkt);
	if (verdict == SHUNT_PASS && READ_ONCE(pkt->sn->settings.fast_path))
		shunt_hop_learn(pkt->sn, c, pkt->skb);
	return verdict;
}

/*
 * Beside its ports it cannot be trusted to have what a translation changes, and
 * without one it would betray the real server.
 */
static enum shunt_verdict broken(struct shunt_packet *pkt)
{
	enum shunt_dir dir;

	if (!shunt_conn_lookup(pkt->sn, &pkt->tuple, &dir))
		return SHUNT_PASS;
	return shunt_packet_drop(pkt, SHUNT_DROP_BROKEN);
}

static __always_inline enum shunt_verdict
handle(struct shunt_packet *pkt,
       enum shunt_verdict (*flow)(struct shunt_packet *pkt))
{
	enum shunt_verdict verdict = SHUNT_PASS;

	/* What NFQUEUE reinjects comes in process context, with them on. */
	local_bh_disable();
	switch (shunt_packet_parse(pkt)) {
	case SHUNT_PACKET_FLOW:
		verdict = flow(pkt);
		break;
	case SHUNT_PACKET_BROKEN:
		verdict = broken(pkt);
		break;
	case SHUNT_PACKET_ICMP:
		verdict = shunt_icmp(pkt);
		break;
	case SHUNT_PACKET_OTHER:
		break;
	}
	local_bh_enable();
	return verdict;
}

static unsigned int local_in(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	struct shunt_packet pkt;

	if (unlikely(skb->pkt_type != PACKET_HOST || skb->ipvs_property))
		return NF_ACCEPT;
	shunt_packet_init(&pkt, skb, priv, state->pf, false);
	return to_netfilter(handle(&pkt, flow_in));
}

/* Only what can belong to a connection, or an error about it. */
static bool worth_collecting(const struct iphdr *iph)
{
	switch (iph->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
	case IPPROTO_AH:
	case IPPROTO_ESP:
	case IPPROTO_ICMP:
		return true;
	default:
		return false;
	}
}

/* True when the fragment has been kept, until the others come. */
static bool collect(struct sk_buff *skb, u8 pf, struct net *net, u32 user)
{
	return pf == NFPROTO_IPV4 && unlikely(ip_is_fragment(ip_hdr(skb))) &&
	       worth_collecting(ip_hdr(skb)) &&
	       shunt_frag_gather(skb, net, user) == SHUNT_STOLEN;
}

static bool is_icmp(const struct sk_buff *skb, u8 pf)
{
	return pf == NFPROTO_IPV4 ? ip_hdr(skb)->protocol == IPPROTO_ICMP :
				    ipv6_hdr(skb)->nexthdr == IPPROTO_ICMPV6;
}

/*
 * Debian's kernels clear what is on the stack, so that a function with a struct
 * shunt_packet costs something even where it does nothing: those that most
 * packets only come by are in two.
 */
static noinline unsigned int reply_out(struct shunt_net *sn,
				       struct sk_buff *skb,
				       const struct nf_hook_state *state)
{
	enum shunt_verdict verdict;
	struct shunt_packet pkt;

	if (collect(skb, state->pf, sn->net, IP_DEFRAG_VS_FWD))
		return NF_STOLEN;

	shunt_packet_init(&pkt, skb, sn, state->pf, false);
	verdict = handle(&pkt, flow_out);
	if (verdict == SHUNT_REWRITTEN)
		verdict = shunt_forward_reroute(&pkt);
	return to_netfilter(verdict);
}

/*
 * Replies; errors always: those about a virtual service that is known by a mark
 * go through the director when they have none.
 */
static unsigned int forward(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	struct shunt_net *sn = priv;

	if (!shunt_watches(sn->watch, skb, state->pf) &&
	    !is_icmp(skb, state->pf))
		return NF_ACCEPT;
	return reply_out(sn, skb, state);
}

/*
 * The director's own client learns of a drop by an ICMP error, as any other:
 * its socket is not told that the packet may not be sent.
 */
static noinline unsigned int own_out(struct shunt_net *sn, struct sk_buff *skb,
				     const struct nf_hook_state *state)
{
	enum shunt_verdict verdict;
	struct shunt_packet pkt;

	if (collect(skb, state->pf, sn->net, IP_DEFRAG_VS_OUT))
		return NF_STOLEN;
	shunt_packet_init(&pkt, skb, sn, state->pf, true);
	verdict = handle(&pkt, flow_in);
	if (verdict == SHUNT_REWRITTEN) {
		/* It may come by again, at LOCAL_IN. */
		skb->ipvs_property = 1;
		verdict = shunt_forward_reroute(&pkt);
	}
	if (verdict == SHUNT_DROP) {
		kfree_skb(skb);
		return NF_STOLEN;
	}
	return to_netfilter(verdict);
}

static unsigned int local_out(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	return skb->ipvs_property ? NF_ACCEPT : own_out(priv, skb, state);
}

static const struct nf_hook_ops ops[] = {
	{
		.hook		= local_in,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= NF_IP_PRI_NAT_SRC - 1,
	},
	{
		.hook		= local_out,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_OUT,
		.priority	= NF_IP_PRI_NAT_DST + 1,
	},
	{
		.hook		= local_in,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= NF_IP6_PRI_NAT_SRC - 1,
	},
	{
		.hook		= local_out,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_LOCAL_OUT,
		.priority	= NF_IP6_PRI_NAT_DST + 1,
	},
};

/* Only where there is NAT or a service by mark: the others need not pay. */
static const struct nf_hook_ops forward_ops[] = {
	{
		.hook		= forward,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_FORWARD,
		.priority	= NF_IP_PRI_NAT_SRC - 1,
	},
	{
		.hook		= forward,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_FORWARD,
		.priority	= NF_IP6_PRI_NAT_SRC - 1,
	},
};

/**
 * struct shunt_hooks - some of a netns's
 * @rcu:	who lists them may still read @ops
 * @count:	how many
 * @ops:	what netfilter calls
 */
struct shunt_hooks {
	struct rcu_head rcu;
	unsigned int count;
	struct nf_hook_ops ops[];
};

static int add(struct shunt_net *sn, struct shunt_hooks **to,
	       const struct nf_hook_ops *from, unsigned int count)
{
	struct shunt_hooks *hooks;
	unsigned int i;
	int err;

	if (*to)
		return 0;
	hooks = kzalloc(struct_size(hooks, ops, count), GFP_KERNEL_ACCOUNT);
	if (!hooks)
		return -ENOMEM;
	hooks->count = count;
	for (i = 0; i < count; i++) {
		hooks->ops[i] = from[i];
		hooks->ops[i].priv = sn;
	}
	err = nf_register_net_hooks(sn->net, hooks->ops, count);
	if (err)
		kfree_rcu(hooks, rcu);
	else
		*to = hooks;
	return err;
}

static void remove(struct shunt_net *sn, struct shunt_hooks **from)
{
	struct shunt_hooks *hooks = *from;

	if (!hooks)
		return;
	*from = NULL;
	nf_unregister_net_hooks(sn->net, hooks->ops, hooks->count);
	kfree_rcu(hooks, rcu);
}

/* What was watched for is of no interest once there was nothing left to do. */
static int watch(struct shunt_net *sn)
{
	if (!sn->watch)
		sn->watch = kvzalloc(sizeof(*sn->watch), GFP_KERNEL_ACCOUNT);
	else
		memset(sn->watch, 0, sizeof(*sn->watch));
	return sn->watch ? 0 : -ENOMEM;
}

/**
 * shunt_hooks_register() - have a netns's packets come by
 * @sn:		the netns
 *
 * Context: shunt_net.mutex, may sleep.
 * Return: 0 or a negative errno.
 */
int shunt_hooks_register(struct shunt_net *sn)
{
	int err;

	/* The packet path takes one for the other. */
	BUILD_BUG_ON(NFPROTO_IPV4 != AF_INET || NFPROTO_IPV6 != AF_INET6);

	if (sn->hooks)
		return 0;
	err = watch(sn);
	if (!err)
		err = add(sn, &sn->hooks, ops, ARRAY_SIZE(ops));
	if (!err)
		shunt_devices_take(sn);
	return err;
}

/**
 * shunt_hooks_register_forward() - have packets that pass through come by, too
 * @sn:		the netns, whose own do
 *
 * Context: shunt_net.mutex, may sleep.
 * Return: 0 or a negative errno.
 */
int shunt_hooks_register_forward(struct shunt_net *sn)
{
	return add(sn, &sn->forward_hooks, forward_ops,
		   ARRAY_SIZE(forward_ops));
}

/**
 * shunt_hooks_unregister() - leave a netns's packets alone again
 * @sn:	the netns
 *
 * Packets under way may still be in a hook until a grace period has passed.
 * Context: shunt_net.mutex, may sleep.
 */
void shunt_hooks_unregister(struct shunt_net *sn)
{
	if (!sn->hooks)
		return;
	shunt_devices_leave(sn);
	remove(sn, &sn->forward_hooks);
	remove(sn, &sn->hooks);
}

/**
 * shunt_hooks_exit() - free what packets were told by
 * @sn:	the netns, none of whose packets is in a hook
 */
void shunt_hooks_exit(struct shunt_net *sn)
{
	kvfree(sn->watch);
}
