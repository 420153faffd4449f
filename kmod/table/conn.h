/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection and the table of them.
 *
 * Lifetime: a connection belongs to the table and is never counted per packet.
 * Who finds it under the RCU read lock may use it until that lock is dropped.
 * shunt_conn_kill() takes it out once; its memory follows after a grace period.
 */
#ifndef SHUNT_CONN_H
#define SHUNT_CONN_H

#include <linux/jiffies.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>

#include "net.h"
#include "table/tuple.h"

struct shunt_dest;
struct shunt_ftp;

/**
 * struct shunt_call - what a template by a persistence engine remembers
 * @client:	address of its first client, as the service's netmask sees it
 * @length:	bytes of @id
 * @id:		what the engine found, of SIP the Call-ID
 */
struct shunt_call {
	union nf_inet_addr client;
	u8 length;
	u8 id[];
};

/**
 * struct shunt_node - one direction of a connection in the table
 * @link:	in shunt_net.conns
 * @tuple:	the packets it stands for; an IPv4 one is cut short
 */
struct shunt_node {
	struct rhash_head link;
	struct shunt_tuple tuple;
};

#define SHUNT_NODE4_SIZE \
	(offsetof(struct shunt_node, tuple) + SHUNT_TUPLE4_SIZE)
#define SHUNT_NODE6_SIZE \
	(offsetof(struct shunt_node, tuple) + SHUNT_TUPLE6_SIZE)

/* How much of a connection there is. */
enum shunt_conn_kind {
	SHUNT_CONN_WHOLE,
	SHUNT_CONN_REPLIES,	/* only replies find it: one-packet scheduling */
	SHUNT_CONN_LOOSE,	/* in no table; who made it discards it */
	SHUNT_CONN_EXPECTED,	/* as yet without a client's port: helper/ftp.c */
};

/* What few connections need. */
#define SHUNT_MARK_FTP		0x1	/* @ftp is there */
#define SHUNT_MARK_TRACKED	0x2	/* nf_conntrack sees it: forward/track.c */
#define SHUNT_MARK_ASKED	0x4	/* numbers are wanted: forward/reset.c */

/**
 * struct shunt_conn - a connection
 * @wheel:	in a slot of the expiry wheel (table/expire.c)
 * @rcu:	in its place once the connection is dead
 * @lock:	serialises state changes and death; guards @wheel, @due, @shard,
 *		@dead and, of TCP and SCTP, writes to @state
 * @due:	the wheel's tick at which expiry is checked next
 * @shard:	the part of the wheel it is in
 * @dead:	out of the table or about to be
 * @kind:	enum shunt_conn_kind
 * @refs:	one for the table, one for each connection that follows it
 * @timeout:	seconds; 0 for those of protocol and state
 * @template:	the one it follows, or NULL: a template or, for FTP's data
 *		connections, the control connection
 * @sent:	TCP: the number behind the client's last byte, 0 while unknown;
 *		this and @acked are noted for RSTs (forward/reset.c)
 * @born:	UDP: jiffies of its first packet
 * @acked:	TCP: the number that the client expects next, 0 while unknown
 * @call:	of a template by a persistence engine; of other templates NULL
 * @ftp:	what is known of an FTP control connection; of others NULL
 * @dest:	its real server, for life
 * @seen:	jiffies of its last packet
 * @state:	protocol state (proto/proto.h), read locklessly
 * @fwd:	forwarding method; a later change of the real server's is not
 *		followed
 * @hop:	where its replies go on, a number by forward/hop.c, or 0
 * @nodes:	the request's node, behind it the reply's; the latter is in the
 *		table only where replies pass through (NAT)
 *
 * Two cache lines for IPv4, the second of which is all that a packet of an
 * established connection reads or writes.
 */
struct shunt_conn {
	union {
		struct list_head wheel;
		struct rcu_head rcu;
	};
	spinlock_t lock;
	u32 due;
	u8 shard;
	bool dead;
	u8 kind;
	refcount_t refs;
	u32 timeout;
	struct shunt_conn *template;
	union {
		u32 sent;
		u32 born;
	};
	u32 acked;
	union {
		struct shunt_call *call;
		struct shunt_ftp *ftp;
	};

	struct shunt_dest *dest __aligned(64);
	u32 seen;
	u8 state;
	u8 fwd;
	u16 hop;
	u8 nodes[];
};

/* The request's tuple is at the same place whatever its addresses are. */
static inline const struct shunt_tuple *
shunt_conn_request(const struct shunt_conn *c)
{
	return &((const struct shunt_node *)c->nodes)->tuple;
}

/**
 * shunt_conn_proto() - a connection's protocol
 * @c:	the connection
 *
 * Return: IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP; 0 for a template.
 */
static inline u8 shunt_conn_proto(const struct shunt_conn *c)
{
	return shunt_conn_request(c)->proto;
}

/**
 * shunt_conn_af() - the family of a connection's addresses
 * @c:	the connection
 *
 * Return: AF_INET or AF_INET6.
 */
static inline u8 shunt_conn_af(const struct shunt_conn *c)
{
	return shunt_conn_request(c)->af;
}

/**
 * shunt_conn_is_template() - whether it is no connection but a template
 * @c:	a connection or a persistence template (table/persist.c)
 */
static inline bool shunt_conn_is_template(const struct shunt_conn *c)
{
	return !shunt_conn_proto(c);
}

static inline struct shunt_node *shunt_conn_node(struct shunt_conn *c,
						 enum shunt_dir dir)
{
	size_t size = shunt_conn_af(c) == AF_INET ? SHUNT_NODE4_SIZE :
						    SHUNT_NODE6_SIZE;

	return (struct shunt_node *)(c->nodes + dir * size);
}

static inline const struct shunt_tuple *
shunt_conn_tuple(const struct shunt_conn *c, enum shunt_dir dir)
{
	return &shunt_conn_node((struct shunt_conn *)c, dir)->tuple;
}

/**
 * shunt_conn_marks() - what a connection needs that others do not
 * @c:	a connection
 *
 * Next to what a packet is compared with, so that asking costs next to nothing.
 *
 * Return: SHUNT_MARK_*.
 */
static inline u8 shunt_conn_marks(const struct shunt_conn *c)
{
	return READ_ONCE(shunt_conn_request(c)->marks);
}

/**
 * shunt_conn_mark() - note that a connection needs something
 * @c:		a connection that the caller has just made, or whose lock he has
 * @mark:	SHUNT_MARK_*
 *
 * Who sees the mark and reads what it is about needs a barrier in between.
 */
static inline void shunt_conn_mark(struct shunt_conn *c, u8 mark)
{
	struct shunt_tuple *request =
		&shunt_conn_node(c, SHUNT_DIR_REQUEST)->tuple;

	smp_store_release(&request->marks, request->marks | mark);
}

/**
 * shunt_conn_shown_proto() - the protocol that a listing shows
 * @c:	a connection or template
 *
 * Return: IPPROTO_*; of a template that of the service, 0 where that is known
 * by a firewall mark.
 */
static inline u8 shunt_conn_shown_proto(const struct shunt_conn *c)
{
	if (!shunt_conn_is_template(c))
		return shunt_conn_proto(c);
	return be16_to_cpu(shunt_conn_request(c)->sport);
}

/**
 * shunt_conn_call() - what a persistence engine knows of a template
 * @c:	a connection or template
 *
 * Return: of any but a template by a persistence engine NULL.
 */
static inline const struct shunt_call *
shunt_conn_call(const struct shunt_conn *c)
{
	return shunt_conn_is_template(c) ? c->call : NULL;
}

/**
 * shunt_conn_shown_client() - the client's address that a listing shows
 * @c:	a connection or template
 *
 * Return: the address, of a template as the service's netmask sees it.
 */
static inline union nf_inet_addr
shunt_conn_shown_client(const struct shunt_conn *c)
{
	const struct shunt_call *call = shunt_conn_call(c);

	if (call)
		return call->client;
	return shunt_tuple_src(shunt_conn_request(c));
}

/**
 * shunt_conn_shown_port() - the client's port that a listing shows
 * @c:	a connection or template
 *
 * Return: the port, network byte order; of a template 0.
 */
static inline __be16 shunt_conn_shown_port(const struct shunt_conn *c)
{
	if (shunt_conn_is_template(c))
		return 0;
	return shunt_conn_request(c)->sport;
}

/**
 * struct shunt_conn_plan - what a new connection shall be like
 * @request:	tuple of its first packet
 * @dest:	its real server
 * @port:	port there, network byte order
 * @fwd:	forwarding method, enum shunt_fwd
 * @state:	protocol state its first packet takes it to
 * @template:	the one it follows, or NULL; see struct shunt_conn
 * @timeout:	seconds; 0 for those of protocol and state
 * @kind:	enum shunt_conn_kind
 * @call:	NULL; or what a template by a persistence engine remembers, of
 *		kmalloc(), to be freed with it
 */
struct shunt_conn_plan {
	const struct shunt_tuple *request;
	struct shunt_dest *dest;
	__be16 port;
	u8 fwd;
	u8 state;
	u8 kind;
	u32 timeout;
	struct shunt_conn *template;
	struct shunt_call *call;
};

/**
 * shunt_conn_touch() - note that a packet of the connection was seen
 * @c:	the connection
 */
static inline void shunt_conn_touch(struct shunt_conn *c)
{
	u32 now = (u32)jiffies;

	if (READ_ONCE(c->seen) != now)
		WRITE_ONCE(c->seen, now);
}

static inline bool shunt_conn_is_dead(const struct shunt_conn *c)
{
	return READ_ONCE(c->dead);
}

/**
 * shunt_conn_is_spare() - whether a connection may go where the table is full
 * @c:		the connection
 * @alone:	no packet has come but that which made it
 *
 * Who has shown no more than one packet: half-open TCP, one datagram without an
 * answer, a template whose clients have not got through; and what is over.
 */
static inline bool shunt_conn_is_spare(const struct shunt_conn *c, bool alone)
{
	u8 state = READ_ONCE(c->state), proto = shunt_conn_proto(c);

	if (c->kind == SHUNT_CONN_EXPECTED)
		return false;
	if (proto == IPPROTO_TCP || proto == IPPROTO_SCTP)
		return shunt_state_opening(proto, state) ||
		       shunt_state_over(proto, state);
	return alone && state != SHUNT_ASSURED;
}

/**
 * shunt_conn_drop_reason() - why a packet goes whose connection cannot be made
 * @err:	of shunt_conn_create(), where no other connection is in the way
 */
static inline enum shunt_drop shunt_conn_drop_reason(int err)
{
	switch (err) {
	case -ENOMEM:
		return SHUNT_DROP_NO_MEMORY;
	case -ENOSPC:
		return SHUNT_DROP_CONN_MAX;
	default:
		return SHUNT_DROP_TABLE;
	}
}

int shunt_conn_caches_create(void);
void shunt_conn_caches_destroy(void);
int shunt_conns_init(struct shunt_net *sn);
void shunt_conns_exit(struct shunt_net *sn);

struct shunt_conn *shunt_conn_lookup(struct shunt_net *sn,
				     const struct shunt_tuple *tuple,
				     enum shunt_dir *dir);
struct shunt_conn *shunt_conn_create(struct shunt_net *sn,
				     const struct shunt_conn_plan *plan);
struct shunt_conn *shunt_conn_claim(struct shunt_net *sn,
				    const struct shunt_conn_plan *plan);
struct shunt_conn *shunt_conn_once(struct shunt_net *sn,
				   struct shunt_conn_plan *plan);
void shunt_conn_discard(struct shunt_conn *c);
bool shunt_conn_kill(struct shunt_net *sn, struct shunt_conn *c);
void shunt_conn_expire(struct shunt_net *sn, struct shunt_conn *c);
void shunt_conn_answer(struct shunt_conn *c);
void shunt_conn_tcp(struct shunt_net *sn, struct shunt_conn *c,
		    enum shunt_dir dir, u8 flags);
void shunt_conn_sctp(struct shunt_net *sn, struct shunt_conn *c,
		     enum shunt_dir dir, u8 chunk);
u32 shunt_conn_expires(const struct shunt_net *sn, const struct shunt_conn *c);

u32 shunt_conn_buckets(struct shunt_net *sn);

struct shunt_conn *shunt_conn_walk_peek(struct rhashtable_iter *iter);
struct shunt_conn *shunt_conn_walk_next(struct rhashtable_iter *iter);

/**
 * shunt_conn_answered() - note that the real server has answered
 * @c:	a connection without a state machine
 */
static inline void shunt_conn_answered(struct shunt_conn *c)
{
	if (unlikely(READ_ONCE(c->state) != SHUNT_ASSURED))
		shunt_conn_answer(c);
}

#endif /* SHUNT_CONN_H */
