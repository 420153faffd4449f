// SPDX-License-Identifier: GPL-2.0-only
#include "path/schedule.h"

#include <linux/icmpv6.h>
#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/udp.h>
#include <net/icmp.h>
#include <net/ip.h>

#include "forward/bypass.h"
#include "helper/ftp.h"
#include "path/here.h"
#include "proto/proto.h"
#include "proto/sip.h"
#include "sched/sched.h"
#include "table/conn.h"
#include "table/dest.h"
#include "table/persist.h"
#include "table/real.h"

/* How many real servers are tried whose replies could be taken for others'. */
#define MAX_TRIES	8

static struct shunt_service *find_marked(const struct shunt_packet *pkt)
{
	const struct shunt_service_key key = {
		.af = pkt->tuple.af,
		.fwmark = pkt->skb->mark,
	};

	return key.fwmark ? shunt_service_lookup(pkt->sn, &key) : NULL;
}

/*
 * FTP's data connections go to the service of the control connection, if that
 * has clients stay: without, nothing tells where.
 */
static struct shunt_service *find_ftp(const struct shunt_packet *pkt,
				      struct shunt_service_key *key)
{
	struct shunt_service *svc;
	unsigned int i;

	if (key->proto != IPPROTO_TCP ||
	    (!shunt_ftp_is_data_port(key->port) &&
	     inet_port_requires_bind_service(pkt->sn->net,
					     be16_to_cpu(key->port))))
		return NULL;
	for (i = 0; (key->port = shunt_ftp_port(i)); i++) {
		svc = shunt_service_lookup(pkt->sn, key);
		if (svc && shunt_service_is_persistent(svc))
			return svc;
	}
	return NULL;
}

/* A service by mark comes first, one for all ports last. */
static struct shunt_service *find_service(const struct shunt_packet *pkt)
{
	const struct shunt_tuple *tuple = &pkt->tuple;
	struct shunt_service_key key = {
		.addr = shunt_tuple_dst(tuple),
		.port = tuple->dport,
		.af = tuple->af,
		.proto = tuple->proto,
	};
	struct shunt_net *sn = pkt->sn;
	struct shunt_service *svc = NULL;

	if (READ_ONCE(sn->by_mark))
		svc = find_marked(pkt);
	if (!svc)
		svc = shunt_service_lookup(sn, &key);
	if (!svc && READ_ONCE(sn->ftp_services))
		svc = find_ftp(pkt, &key);
	if (!svc && READ_ONCE(sn->all_ports)) {
		key.port = 0;
		svc = shunt_service_lookup(sn, &key);
	}
	return svc;
}

/*
 * There is no socket that could answer with a RST, so the sender learns by an
 * ICMP error that nobody serves here.
 */
static enum shunt_verdict refuse(struct shunt_packet *pkt,
				 enum shunt_drop reason)
{
	if (pkt->tuple.af == AF_INET)
		icmp_send(pkt->skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	else
		shunt_packet_icmp6(pkt, ICMPV6_DEST_UNREACH,
				   ICMPV6_PORT_UNREACH, 0);
	return shunt_packet_drop(pkt, reason);
}

/* The real server that the scheduler says; @again when that could not be. */
static int choose(struct shunt_conn_plan *plan, const struct shunt_packet *pkt,
		  struct shunt_service *svc, bool again)
{
	plan->dest = shunt_picks_choose(svc, &pkt->tuple, again);
	if (!plan->dest)
		return -ECONNREFUSED;
	plan->fwd = READ_ONCE(plan->dest->fwd);
	plan->port = plan->dest->port ?: pkt->tuple.dport;
	return 0;
}

/* Who sends a SIP message, which is in one datagram. */
static int identify(struct shunt_client *client, const struct shunt_packet *pkt)
{
	unsigned int header = pkt->transport + sizeof(struct udphdr);

	if (pkt->proto != IPPROTO_UDP)
		return -EBADMSG;
	if (skb_linearize(pkt->skb))
		return -ENOMEM;
	client->id = shunt_sip_call_id(pkt->skb->data + header,
				       pkt->skb->len - header,
				       &client->id_length);
	return client->id ? 0 : -EBADMSG;
}

/*
 * The real server that the client had before. Where a service is for many
 * ports, each stays as it is, whatever the real server's.
 */
static int stay(struct shunt_conn_plan *plan, const struct shunt_packet *pkt,
		struct shunt_service *svc)
{
	const struct shunt_tuple *tuple = &pkt->tuple;
	struct shunt_client client = { .request = tuple };
	struct shunt_conn *template;
	int err;

	if (unlikely(READ_ONCE(svc->engine) != SHUNT_ENGINE_NONE)) {
		err = identify(&client, pkt);
		if (err)
			return err;
	}
	template = shunt_template_find(pkt->sn, svc, &client);
	if (!template) {
		err = choose(plan, pkt, svc, false);
		if (err)
			return err;
		template = shunt_template_create(pkt->sn, svc, &client,
						 plan->dest);
		if (IS_ERR(template))
			return PTR_ERR(template);
	}
	plan->template = template;
	plan->dest = template->dest;
	plan->fwd = READ_ONCE(plan->dest->fwd);
	plan->port = tuple->dport;
	if (tuple->dport == svc->key.port && plan->dest->port)
		plan->port = plan->dest->port;
	return 0;
}

/* No real server is left: the packet may go to its own destination. */
static int go_past(struct shunt_conn_plan *plan, const struct shunt_packet *pkt,
		   const struct shunt_service *svc)
{
	plan->dest = shunt_bypass_dest(pkt->sn, svc, &pkt->tuple);
	if (!plan->dest)
		return -ECONNREFUSED;
	plan->fwd = SHUNT_FWD_BYPASS;
	plan->port = 0;
	return 0;
}

/* But with UDP, one packet would be nothing to schedule. */
static struct shunt_conn *make(const struct shunt_packet *pkt,
			       const struct shunt_service *svc,
			       struct shunt_conn_plan *plan)
{
	if (unlikely(READ_ONCE(svc->flags) & SHUNT_SVC_F_ONEPACKET) &&
	    pkt->tuple.proto == IPPROTO_UDP)
		return shunt_conn_once(pkt->sn, plan);
	return shunt_conn_claim(pkt->sn, plan);
}

static struct shunt_conn *create(const struct shunt_packet *pkt,
				 struct shunt_service *svc, bool again)
{
	struct shunt_conn_plan plan = {
		.request = &pkt->tuple,
		.state = SHUNT_TCP_NONE,
	};
	struct shunt_conn *c;
	int err;

	/* SCTP's comes with the packet's delivery: an INIT counts but once. */
	if (pkt->tuple.proto == IPPROTO_TCP)
		plan.state = shunt_tcp_next(SHUNT_TCP_NONE, SHUNT_VIEW_REQUEST,
					    pkt->tcp_flags);
	err = shunt_service_is_persistent(svc) ? stay(&plan, pkt, svc) :
						 choose(&plan, pkt, svc, again);
	if (unlikely(err == -ECONNREFUSED))
		err = go_past(&plan, pkt, svc);
	if (err)
		return ERR_PTR(err);
	c = make(pkt, svc, &plan);
	if (!IS_ERR(c) && plan.fwd == SHUNT_FWD_MASQ &&
	    pkt->tuple.proto == IPPROTO_TCP && shunt_ftp_attach(pkt->sn, c)) {
		shunt_conn_kill(pkt->sn, c);
		return ERR_PTR(-ENOMEM);
	}
	return c;
}

/* The connection another CPU has made of another packet, unless it is dying. */
static struct shunt_conn *find_twin(struct shunt_packet *pkt)
{
	struct shunt_conn *c;
	enum shunt_dir dir;

	c = shunt_conn_lookup(pkt->sn, &pkt->tuple, &dir);
	if (c && dir == SHUNT_DIR_REQUEST && !shunt_conn_is_dead(c))
		return c;
	return NULL;
}

/*
 * Return: the connection, or why there is none: -ECONNREFUSED where nobody
 * serves, -EADDRINUSE where the replies could be taken for others', and what
 * create() says.
 */
static struct shunt_conn *connect(struct shunt_packet *pkt,
				  struct shunt_service *svc)
{
	struct shunt_conn *c, *twin;
	bool again = false;
	int tries;

	for (tries = 0; tries < MAX_TRIES; tries++) {
		c = create(pkt, svc, again);
		switch (PTR_ERR_OR_ZERO(c)) {
		case -EEXIST:
			twin = find_twin(pkt);
			if (twin)
				return twin;
			break;
		case -EADDRINUSE:
			if (shunt_service_is_persistent(svc))
				return c;
			again = true;
			break;
		default:
			return c;
		}
	}
	return ERR_PTR(-EADDRINUSE);
}

/* Nor is it anything to schedule when FTP's real server asks the client. */
static bool is_ftp_server(const struct shunt_packet *pkt)
{
	return READ_ONCE(pkt->sn->ftp_services) &&
	       pkt->tuple.proto == IPPROTO_TCP &&
	       shunt_ftp_is_data_port(pkt->tuple.sport);
}

/*
 * Where replies pass us by, what a client answers to FTP's real server that has
 * opened a data connection is the first that is seen of it.
 */
static bool answers_ftp_server(const struct shunt_packet *pkt)
{
	return READ_ONCE(pkt->sn->ftp_services) &&
	       shunt_tcp_answers(pkt->tcp_flags) &&
	       shunt_ftp_is_data_port(pkt->tuple.dport);
}

/*
 * The device that took a packet out of a tunnel tells so. A flag of the packet
 * in the tunnel would not: since 6.1.129 and 6.12.15 it is cleared on the way.
 */
static bool is_tunneled(const struct shunt_packet *pkt)
{
	if (pkt->own)
		return false;
	switch (pkt->skb->dev->type) {
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE:
	case ARPHRD_IP6GRE:
		return true;
	default:
		return false;
	}
}

static bool may_begin(const struct shunt_packet *pkt)
{
	const struct shunt_settings *settings = &pkt->sn->settings;

	if (is_ftp_server(pkt))
		return false;
	if (unlikely(READ_ONCE(settings->ignore_tunneled)) && is_tunneled(pkt))
		return false;
	if (pkt->proto == IPPROTO_UDP || shunt_packet_opens(pkt))
		return true;
	if (answers_ftp_server(pkt))
		return true;
	switch (pkt->proto) {
	case IPPROTO_TCP:
		return READ_ONCE(settings->sloppy_tcp) &&
		       !(pkt->tcp_flags & SHUNT_TCP_RST);
	case IPPROTO_SCTP:
		return READ_ONCE(settings->sloppy_sctp) &&
		       pkt->sctp_chunk != SHUNT_SCTP_C_ABORT;
	default:	/* AH and ESP: IKE comes first */
		return false;
	}
}

/* Why there is no connection, told to whom it concerns. */
static void fail(struct shunt_packet *pkt, int err)
{
	switch (err) {
	case -ECONNREFUSED:
		refuse(pkt, SHUNT_DROP_NO_DEST);
		break;
	case -EADDRINUSE:
	case -EEXIST:
		shunt_drop(pkt->sn, SHUNT_DROP_CLASH);
		break;
	case -EBADMSG:
		shunt_drop(pkt->sn, SHUNT_DROP_NO_CALL_ID);
		break;
	default:
		shunt_drop(pkt->sn, shunt_conn_drop_reason(err));
	}
}

/* A client is expected: this goes before any service, as what is known does. */
static struct shunt_conn *arrive(struct shunt_packet *pkt)
{
	struct shunt_conn *c = shunt_ftp_arrive(pkt), *twin;

	if (PTR_ERR_OR_ZERO(c) == -EEXIST) {
		twin = find_twin(pkt);
		if (twin)
			return twin;
	}
	if (IS_ERR(c))
		fail(pkt, PTR_ERR(c));
	return c;
}

static struct shunt_conn *ask_service(struct shunt_packet *pkt,
				      enum shunt_verdict *verdict)
{
	struct shunt_service *svc = find_service(pkt);
	struct shunt_conn *c;

	*verdict = SHUNT_PASS;
	if (!svc)
		return NULL;
	*verdict = SHUNT_DROP;
	if (shunt_defence_drops(pkt->sn)) {
		shunt_drop(pkt->sn, SHUNT_DROP_DEFENCE);
		return NULL;
	}
	c = connect(pkt, svc);
	if (!IS_ERR(c))
		return c;
	fail(pkt, PTR_ERR(c));
	return NULL;
}

/**
 * shunt_schedule() - make a connection for a packet that has none
 * @pkt:	a packet of kind SHUNT_PACKET_FLOW
 * @verdict:	set when there is no connection: SHUNT_PASS if the packet is for
 *		no virtual service or begins no connection, else SHUNT_DROP
 *
 * Context: RCU read lock, bottom halves off.
 * Return: the connection, to be discarded after use, or NULL.
 */
struct shunt_conn *shunt_schedule(struct shunt_packet *pkt,
				  enum shunt_verdict *verdict)
{
	struct shunt_conn *c;

	*verdict = SHUNT_PASS;
	if (!may_begin(pkt))
		return NULL;
	if (unlikely(atomic_read(&pkt->sn->expected))) {
		c = arrive(pkt);
		if (c) {
			*verdict = SHUNT_DROP;
			return IS_ERR(c) ? NULL : c;
		}
	}
	return ask_service(pkt, verdict);
}

/*
 * Whether the routing would let a packet in, where that can be told from its
 * source alone: not where the reverse path filter is to be asked.
 */
static bool has_fair_source(const struct shunt_packet *pkt)
{
	const struct shunt_tuple *tuple = &pkt->tuple;
	struct in_device *in_dev;

	if (tuple->af == AF_INET6)
		return ipv6_addr_type(&tuple->src6) & IPV6_ADDR_UNICAST &&
		       !ipv6_addr_loopback(&tuple->src6);
	in_dev = __in_dev_get_rcu(pkt->skb->dev);
	return in_dev && !IN_DEV_RPFILTER(in_dev) &&
	       inet_addr_type(pkt->sn->net, tuple->src4) == RTN_UNICAST;
}

/**
 * shunt_schedule_early() - make a connection before the packet was routed
 * @pkt:	a TCP or UDP packet without a connection, as it arrived
 *
 * For what goes without saying: whoever would have to be told something, or
 * looked for by a mark, is left to shunt_schedule(), and so is what the routing
 * might not let in.
 *
 * Context: RCU read lock, bottom halves off.
 * Return: the connection, or NULL.
 */
struct shunt_conn *shunt_schedule_early(struct shunt_packet *pkt)
{
	struct shunt_net *sn = pkt->sn;
	struct shunt_service *svc;
	struct shunt_conn *c;

	if (READ_ONCE(sn->by_mark) || READ_ONCE(sn->ftp_services) ||
	    atomic_read(&sn->expected) || READ_ONCE(sn->defence.drop_rate) ||
	    !may_begin(pkt))
		return NULL;
	svc = find_service(pkt);
	/* A packet by itself would be scheduled again if it could not go. */
	if (!svc || READ_ONCE(svc->flags) & SHUNT_SVC_F_ONEPACKET ||
	    !shunt_is_here(sn, svc->key.af, &svc->key, &svc->here) ||
	    !has_fair_source(pkt))
		return NULL;
	c = connect(pkt, svc);
	return IS_ERR(c) ? NULL : c;
}

/**
 * shunt_schedule_quoted() - make a connection for one that an ICMP error is about
 * @pkt:	the error
 * @request:	what a request of that connection would look like
 * @verdict:	as for shunt_schedule()
 *
 * Directors that share their clients may get each other's errors: what chooses
 * the same real server as the other one does sends the error there.
 *
 * Context and return value as for shunt_schedule().
 */
struct shunt_conn *shunt_schedule_quoted(const struct shunt_packet *pkt,
					 const struct shunt_tuple *request,
					 enum shunt_verdict *verdict)
{
	struct shunt_packet asked = *pkt;

	asked.tuple = *request;
	asked.tcp_flags = 0;
	return ask_service(&asked, verdict);
}

/**
 * shunt_schedule_none() - what becomes of a reply that has no connection
 * @pkt:	a packet of kind SHUNT_PACKET_FLOW without a connection
 *
 * The real server can be told, as its client would do. A RST or an ABORT needs no
 * answer, and AH and ESP get none.
 *
 * Context: RCU read lock.
 * Return: SHUNT_PASS, or SHUNT_DROP.
 */
enum shunt_verdict shunt_schedule_none(struct shunt_packet *pkt)
{
	if (likely(!READ_ONCE(pkt->sn->settings.nat_icmp_send)) ||
	    pkt->proto != pkt->tuple.proto || shunt_packet_aborts(pkt) ||
	    !shunt_real_sends(pkt->sn, &pkt->tuple))
		return SHUNT_PASS;
	return refuse(pkt, SHUNT_DROP_NO_CONN);
}
