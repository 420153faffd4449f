// SPDX-License-Identifier: GPL-2.0-only
/*
 * By NAT the client is told the virtual service's address in the place of the
 * real server's, and what it will open is expected:
 *
 *   PASV, EPSV   client:?    -> VIP:port   -> real server:port
 *   PORT, EPRT   client:port <- VIP:20     <- real server:20
 *
 * The first is a connection without a client's port, which becomes a whole one
 * with the client's first packet. The second is one that has seen no packet yet.
 *
 * Other methods leave packets alone and see the client's half only. There data
 * connections go where a persistent service sends their client, which is what
 * path/schedule.c sees to.
 */
#include "helper/ftp.h"

#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <uapi/linux/shunt.h>

#include "helper/ftp_text.h"
#include "helper/shift.h"
#include "table/conn.h"
#include "table/dest.h"
#include "table/service.h"

static ushort ftp_ports[SHUNT_FTP_PORTS] = { 21 };
static unsigned int ftp_ports_count = 1;
module_param_array(ftp_ports, ushort, &ftp_ports_count, 0444);
MODULE_PARM_DESC(ftp_ports,
	"TCP ports of FTP, at most 8, separated by commas (default 21; 0 for none)");

/* How many ports are tried when the real server's is not free at the VIP. */
#define MAX_TRIES	8

/**
 * struct shunt_ftp - what is known of a control connection
 * @lock:	guards the rest
 * @client:	what the client is saying
 * @server:	how far the real server was
 * @shift:	how what the real server says has changed in length
 * @asked:	what kind of answer the client waits for, enum shunt_ftp_word;
 *		nothing else is taken for one
 * @told:	it has been told one, of which @shift knows
 * @port:	the port it was told
 * @which:	of the ports of FTP
 */
struct shunt_ftp {
	spinlock_t lock;
	struct shunt_ftp_line client;
	struct shunt_ftp_ear server;
	struct shunt_shift shift;
	u8 asked;
	bool told;
	__be16 port;
	u8 which;
};

/**
 * shunt_ftp_port() - a port on which FTP is spoken
 * @which:	a number from 0 on
 *
 * Return: the port, network byte order; 0 when there are no more.
 */
__be16 shunt_ftp_port(unsigned int which)
{
	return which < ftp_ports_count ? cpu_to_be16(ftp_ports[which]) : 0;
}

static int which_port(__be16 port)
{
	unsigned int i;

	for (i = 0; i < ftp_ports_count; i++) {
		if (port && port == cpu_to_be16(ftp_ports[i]))
			return i;
	}
	return -1;
}

/**
 * shunt_ftp_is_port() - whether FTP is spoken on a port
 * @port:	network byte order
 */
bool shunt_ftp_is_port(__be16 port)
{
	return which_port(port) >= 0;
}

/* The port that the real server opens data connections from. */
static __be16 data_port(__be16 port)
{
	return cpu_to_be16(be16_to_cpu(port) - 1);
}

/**
 * shunt_ftp_is_data_port() - whether servers open data connections from a port
 * @port:	network byte order
 */
bool shunt_ftp_is_data_port(__be16 port)
{
	return which_port(cpu_to_be16(be16_to_cpu(port) + 1)) >= 0;
}

/**
 * shunt_ftp_attach() - look after a connection if it is an FTP control one
 * @sn:	the netns
 * @c:	a TCP connection that the caller has just made
 *
 * Context: RCU read lock, bottom halves off.
 * Return: 0 or -ENOMEM.
 */
int shunt_ftp_attach(struct shunt_net *sn, struct shunt_conn *c)
{
	int which = which_port(shunt_conn_request(c)->dport);
	struct shunt_ftp *ftp;

	if (which < 0)
		return 0;
	ftp = kzalloc(sizeof(*ftp), GFP_ATOMIC);
	if (!ftp)
		return -ENOMEM;
	spin_lock_init(&ftp->lock);
	ftp->which = which;

	/* Another CPU may have found it already, and even have killed it. */
	spin_lock(&c->lock);
	if (!c->dead) {
		c->ftp = ftp;
		shunt_conn_mark(c, SHUNT_MARK_FTP);
		atomic_inc(&sn->ftp_conns[which]);
		ftp = NULL;
	}
	spin_unlock(&c->lock);
	kfree(ftp);
	return 0;
}

/**
 * shunt_ftp_detach() - look after it no longer
 * @sn:	the netns
 * @c:	a dead connection with shunt_conn.ftp, freed with it
 */
void shunt_ftp_detach(struct shunt_net *sn, const struct shunt_conn *c)
{
	atomic_dec(&sn->ftp_conns[c->ftp->which]);
}

/* --- what is expected */

static bool is_over(const struct shunt_conn *c)
{
	return !shunt_tcp_active(READ_ONCE(c->state));
}

/* Ends what was expected before, or is over, and leads to the same place. */
static bool make_way(struct shunt_net *sn, const struct shunt_conn_plan *plan)
{
	struct shunt_conn *c;
	enum shunt_dir dir;

	c = shunt_conn_lookup(sn, plan->request, &dir);
	if (!c)
		return true;
	if (dir != SHUNT_DIR_REQUEST || c->dest != plan->dest || !is_over(c))
		return false;
	shunt_conn_kill(sn, c);
	return true;
}

static int create(struct shunt_net *sn, const struct shunt_conn_plan *plan)
{
	int err = PTR_ERR_OR_ZERO(shunt_conn_claim(sn, plan));

	if (err == -EEXIST && make_way(sn, plan))
		err = PTR_ERR_OR_ZERO(shunt_conn_claim(sn, plan));
	return err;
}

/* The client will open a connection to a port of the real server's. */
static int expect_client(struct shunt_net *sn, struct shunt_conn *c,
			 __be16 *port)
{
	const struct shunt_tuple *control = shunt_conn_request(c);
	struct shunt_service_key service = {
		.addr = shunt_tuple_dst(control),
		.af = shunt_conn_af(c),
		.proto = IPPROTO_TCP,
	};
	struct shunt_tuple request = {};
	struct shunt_conn_plan plan = {
		.request = &request,
		.dest = c->dest,
		.port = *port,
		.fwd = c->fwd,
		.state = SHUNT_TCP_LISTEN,
		.kind = SHUNT_CONN_EXPECTED,
		.template = c,
	};
	u16 first = be16_to_cpu(*port), tries;
	int err = -EEXIST;

	memcpy(&request, control, shunt_tuple_size(shunt_conn_af(c)));
	request.sport = 0;
	for (tries = 0; tries < MAX_TRIES && err == -EEXIST; tries++) {
		/* Behind the last port comes not the first, but 1024. */
		request.dport = cpu_to_be16(first + tries < 65536 ?
					    first + tries :
					    first + tries - 65536 + 1024);
		service.port = request.dport;
		if (!shunt_service_lookup(sn, &service))
			err = create(sn, &plan);
	}
	*port = request.dport;
	return err;
}

/*
 * The real server will open a connection to the client. Where another one is in
 * the way that is in use there is none, and the real server's attempt fails.
 */
static int expect_server(struct shunt_net *sn, struct shunt_conn *c,
			 const struct shunt_ftp_place *place)
{
	const struct shunt_tuple *control = shunt_conn_request(c);
	const struct shunt_tuple *reply = shunt_conn_tuple(c, SHUNT_DIR_REPLY);
	struct shunt_tuple request = {};
	struct shunt_conn_plan plan = {
		.request = &request,
		.dest = c->dest,
		.port = data_port(reply->sport),
		.fwd = c->fwd,
		.state = SHUNT_TCP_LISTEN,
		.template = c,
	};
	int err;

	memcpy(&request, control, shunt_tuple_size(shunt_conn_af(c)));
	request.sport = place->port;
	request.dport = data_port(control->dport);
	if (shunt_conn_af(c) == AF_INET)
		request.src4 = place->addr.ip;
	else
		request.src6 = place->addr.in6;
	err = create(sn, &plan);
	return err == -EEXIST || err == -EADDRINUSE ? 0 : err;
}

/**
 * shunt_ftp_arrive() - the data connection that a client was expected to open
 * @pkt:	a packet that begins a connection
 *
 * Context: RCU read lock, bottom halves off.
 * Return: the connection; NULL if none was expected, or as shunt_conn_claim().
 */
struct shunt_conn *shunt_ftp_arrive(const struct shunt_packet *pkt)
{
	struct shunt_tuple tuple = pkt->tuple;
	struct shunt_conn_plan plan = { .request = &pkt->tuple };
	struct shunt_conn *expected, *c;
	enum shunt_dir dir;

	tuple.sport = 0;
	expected = shunt_conn_lookup(pkt->sn, &tuple, &dir);
	if (!expected || expected->kind != SHUNT_CONN_EXPECTED ||
	    test_bit(SHUNT_DEST_REMOVED, &expected->dest->flags))
		return NULL;
	plan.dest = expected->dest;
	plan.port = shunt_conn_tuple(expected, SHUNT_DIR_REPLY)->sport;
	plan.fwd = expected->fwd;
	plan.state = shunt_tcp_next(SHUNT_TCP_NONE, SHUNT_VIEW_REQUEST,
				    pkt->tcp_flags);
	plan.template = expected->template;
	c = shunt_conn_claim(pkt->sn, &plan);
	if (!IS_ERR(c))
		shunt_conn_kill(pkt->sn, expected);
	return c;
}

/* --- what is said */

static struct tcphdr *header_of(const struct shunt_packet *pkt)
{
	return (struct tcphdr *)(pkt->skb->data + pkt->transport);
}

/*
 * What changes in a segment's linear part changes its checksum by the
 * difference, so that one which was wrong stays wrong. One that the device will
 * take covers neither header nor text yet.
 */
static __wsum sum_before(const struct shunt_packet *pkt, unsigned int length)
{
	return csum_partial(header_of(pkt), length, 0);
}

static void renew_sum(struct shunt_packet *pkt, __wsum before,
		      unsigned int length)
{
	struct tcphdr *th = header_of(pkt);

	if (pkt->skb->ip_summed != CHECKSUM_PARTIAL)
		csum_replace_by_diff(&th->check,
				     csum_sub(csum_partial(th, length, 0),
					      before));
}

static void renew_length(struct shunt_packet *pkt, unsigned int before)
{
	unsigned int length = pkt->skb->len - pkt->transport;
	struct ipv6hdr *ip6h = (struct ipv6hdr *)pkt->skb->data;
	struct iphdr *iph = (struct iphdr *)pkt->skb->data;
	__be16 total;

	if (pkt->tuple.af == AF_INET) {
		total = htons(pkt->skb->len);
		csum_replace2(&iph->check, iph->tot_len, total);
		iph->tot_len = total;
	} else {
		ip6h->payload_len = htons(pkt->skb->len - sizeof(*ip6h));
	}
	inet_proto_csum_replace2(&header_of(pkt)->check, pkt->skb,
				 htons(before), htons(length), true);
}

/* Puts @length bytes of @text in the place of @old bytes at @at. */
static int replace(struct shunt_packet *pkt, unsigned int at, unsigned int old,
		   const char *text, unsigned int length)
{
	int growth = (int)length - (int)old;
	struct sk_buff *skb = pkt->skb;
	unsigned int before = skb->len - pkt->transport;
	unsigned int rest = skb->len - at - old;
	int room = skb_tailroom(skb);
	__wsum sum;

	if (skb_ensure_writable(skb, skb->len) ||
	    (growth > room &&
	     pskb_expand_head(skb, 0, growth - room, GFP_ATOMIC)))
		return -ENOMEM;
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	sum = sum_before(pkt, before);
	if (growth > 0)
		skb_put(skb, growth);
	memmove(skb->data + at + length, skb->data + at + old, rest);
	memcpy(skb->data + at, text, length);
	if (growth < 0)
		skb_trim(skb, skb->len + growth);
	renew_sum(pkt, sum, skb->len - pkt->transport);
	if (growth)
		renew_length(pkt, before);
	/* Nobody can be told to send less of what has grown here. */
	if (growth > 0)
		skb->ignore_df = 1;
	return 0;
}

/* It is the real server's own, or what the client is to see anyway. */
static bool is_ours(const struct shunt_ftp_place *place,
		    const struct shunt_conn *c)
{
	if (place->word == SHUNT_FTP_EPSV)
		return true;
	return shunt_conn_af(c) == AF_INET &&
	       (place->addr.ip == shunt_conn_tuple(c, SHUNT_DIR_REPLY)->src4 ||
		place->addr.ip == shunt_conn_request(c)->dst4);
}

/*
 * Where the data connection goes, as the client is to see it. An answer that is
 * sent again has to say the same again; one from before the last is left as it
 * is, since the client has long got it.
 */
static int answer(struct shunt_packet *pkt, struct shunt_conn *c,
		  unsigned int text, struct shunt_ftp_place *place)
{
	u32 start = ntohl(header_of(pkt)->seq) + place->at;
	struct shunt_ftp *ftp = c->ftp;
	bool again = ftp->told && start == ftp->shift.start;
	char said[SHUNT_FTP_TEXT_MAX];
	unsigned int length;
	int err;

	if (again) {
		place->port = ftp->port;
	} else {
		if (place->word != ftp->asked || !is_ours(place, c) ||
		    (ftp->told && (s32)(start - ftp->shift.end) < 0))
			return 0;
		err = expect_client(pkt->sn, c, &place->port);
		if (err)
			return err;
	}
	place->addr = shunt_tuple_dst(shunt_conn_request(c));
	length = shunt_ftp_format(said, place);
	err = replace(pkt, text + place->at, place->length, said, length);
	if (!err && !again) {
		shunt_shift_add(&ftp->shift, start, place->length,
				(s32)length - (s32)place->length);
		ftp->port = place->port;
		ftp->told = true;
		ftp->asked = SHUNT_FTP_NOTHING;
	}
	return err;
}

static int from_server(struct shunt_packet *pkt, struct shunt_conn *c,
		       unsigned int text, u32 seq)
{
	struct sk_buff *skb = pkt->skb;
	struct shunt_ftp *ftp = c->ftp;
	struct shunt_ftp_place place;
	__wsum before;
	int err;

	if (skb->len > text &&
	    shunt_ftp_follows(&ftp->server, seq, skb->len - text) &&
	    (ftp->asked || ftp->told)) {
		if (skb_linearize(skb))
			return -ENOMEM;
		if (shunt_ftp_answer(skb->data + text, skb->len - text,
				     &place)) {
			err = answer(pkt, c, text, &place);
			if (err)
				return err;
		}
	}
	if (!ftp->told)
		return 0;
	if (skb_ensure_writable(skb, text))
		return -ENOMEM;
	before = sum_before(pkt, text - pkt->transport);
	header_of(pkt)->seq = htonl(shunt_shift_seq(&ftp->shift, seq));
	renew_sum(pkt, before, text - pkt->transport);
	return 0;
}

static int hear(struct shunt_packet *pkt, struct shunt_conn *c,
		unsigned int text, u32 seq)
{
	struct sk_buff *skb = pkt->skb;
	struct shunt_ftp_place place;

	if (skb_linearize(skb))
		return -ENOMEM;
	switch (shunt_ftp_hear(&c->ftp->client, seq, skb->data + text,
			       skb->len - text, &place)) {
	case SHUNT_FTP_PASV:
	case SHUNT_FTP_EPSV:
		c->ftp->asked = place.word;
		return 0;
	case SHUNT_FTP_PORT:
	case SHUNT_FTP_EPRT:
		return place.af == shunt_conn_af(c) ?
			       expect_server(pkt->sn, c, &place) : 0;
	default:
		return 0;
	}
}

static int from_client(struct shunt_packet *pkt, struct shunt_conn *c,
		       unsigned int text, u32 seq)
{
	unsigned int length = text - pkt->transport;
	const struct shunt_ftp *ftp = c->ftp;
	struct tcphdr *th;
	__wsum before;
	int err;

	if (pkt->skb->len > text) {
		err = hear(pkt, c, text, seq);
		if (err)
			return err;
	}
	if (!ftp->told)
		return 0;
	if (skb_ensure_writable(pkt->skb, text))
		return -ENOMEM;
	before = sum_before(pkt, length);
	th = header_of(pkt);
	if (th->ack)
		th->ack_seq = htonl(shunt_shift_ack(&ftp->shift,
						    ntohl(th->ack_seq)));
	shunt_shift_sack(&ftp->shift, (u8 *)(th + 1), length - sizeof(*th));
	renew_sum(pkt, before, length);
	return 0;
}

/* The client uses its port again: numbers and words begin anew. */
static void forget(struct shunt_ftp *ftp, u32 seq)
{
	ftp->client.length = 0;
	ftp->client.ear = (struct shunt_ftp_ear){ .next = seq + 1,
						  .tuned = true };
	ftp->server = (struct shunt_ftp_ear){};
	ftp->shift = (struct shunt_shift){};
	ftp->asked = SHUNT_FTP_NOTHING;
	ftp->told = false;
}

/**
 * shunt_ftp_follow() - listen to what is said on a control connection
 * @pkt:	a packet of it, not yet rewritten
 * @c:		the connection, marked SHUNT_MARK_FTP
 * @dir:	the packet's direction
 *
 * A client's line may come in pieces. What the real server says has to be in one
 * segment: its first part would be gone before it is understood.
 *
 * Context: RCU read lock, bottom halves off.
 * Return: 0; -ENOMEM, or as shunt_conn_claim() where what was said cannot be
 * done; then the packet is to be dropped, and it will be said again.
 */
int shunt_ftp_follow(struct shunt_packet *pkt, struct shunt_conn *c,
		     enum shunt_dir dir)
{
	const struct tcphdr *th;
	unsigned int text;
	struct tcphdr buf;
	int err = 0;
	u32 seq;

	th = skb_header_pointer(pkt->skb, pkt->transport, sizeof(buf), &buf);
	if (!th || th->doff * 4 < sizeof(buf))
		return 0;
	text = pkt->transport + th->doff * 4;
	seq = ntohl(th->seq);
	if (text > pkt->skb->len)
		return 0;

	/* Pairs with the release in shunt_conn_mark(). */
	smp_rmb();
	spin_lock(&c->ftp->lock);
	/* A SYN on an open connection is none of its own. */
	if (shunt_tcp_opens(pkt->tcp_flags) &&
	    READ_ONCE(c->state) != SHUNT_TCP_ESTABLISHED)
		forget(c->ftp, seq);
	else if (dir == SHUNT_DIR_REQUEST)
		err = from_client(pkt, c, text, seq);
	else
		err = from_server(pkt, c, text, seq);
	spin_unlock(&c->ftp->lock);
	return err;
}
