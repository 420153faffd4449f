/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Protocol states of a connection and how long it may stay in each.
 *
 * Pure: knows no packet and no kernel state, tested in userspace.
 */
#ifndef SHUNT_PROTO_H
#define SHUNT_PROTO_H

#include <linux/in.h>
#include <linux/types.h>

/* Numbered as IPVS numbers them: its sync protocol carries these. */
enum shunt_tcp_state {
	SHUNT_TCP_NONE,
	SHUNT_TCP_ESTABLISHED,
	SHUNT_TCP_SYN_SENT,
	SHUNT_TCP_SYN_RECV,
	SHUNT_TCP_FIN_WAIT,
	SHUNT_TCP_TIME_WAIT,
	SHUNT_TCP_CLOSE,
	SHUNT_TCP_CLOSE_WAIT,
	SHUNT_TCP_LAST_ACK,
	SHUNT_TCP_LISTEN,
	SHUNT_TCP_SYNACK,
	SHUNT_TCP_MAX,
};

enum shunt_sctp_state {
	SHUNT_SCTP_NONE,
	SHUNT_SCTP_INIT1,
	SHUNT_SCTP_INIT,
	SHUNT_SCTP_COOKIE_SENT,
	SHUNT_SCTP_COOKIE_REPLIED,
	SHUNT_SCTP_COOKIE_WAIT,
	SHUNT_SCTP_COOKIE,
	SHUNT_SCTP_COOKIE_ECHOED,
	SHUNT_SCTP_ESTABLISHED,
	SHUNT_SCTP_SHUTDOWN_SENT,
	SHUNT_SCTP_SHUTDOWN_RECEIVED,
	SHUNT_SCTP_SHUTDOWN_ACK_SENT,
	SHUNT_SCTP_REJECTED,
	SHUNT_SCTP_CLOSED,
	SHUNT_SCTP_MAX,
};

/* What has no such states: nothing yet, or the real server has answered. */
#define SHUNT_ASSURED	1

/* What is seen of a connection, which decides what a flag means. */
enum shunt_view {
	SHUNT_VIEW_REQUEST,	/* a request; replies are seen too (NAT) */
	SHUNT_VIEW_REPLY,	/* a reply */
	SHUNT_VIEW_HALF,	/* a request; replies pass us by (DR, tunnel) */
};

/* The bits of byte 13 of a TCP header that move a connection (RFC 9293, 3.1). */
#define SHUNT_TCP_FIN	0x01
#define SHUNT_TCP_SYN	0x02
#define SHUNT_TCP_RST	0x04
#define SHUNT_TCP_ACK	0x10

/* The chunks of SCTP that move a connection (RFC 9260, 3.2). */
#define SHUNT_SCTP_C_INIT		1
#define SHUNT_SCTP_C_INIT_ACK		2
#define SHUNT_SCTP_C_ABORT		6
#define SHUNT_SCTP_C_SHUTDOWN		7
#define SHUNT_SCTP_C_SHUTDOWN_ACK	8
#define SHUNT_SCTP_C_ERROR		9
#define SHUNT_SCTP_C_COOKIE_ECHO	10
#define SHUNT_SCTP_C_COOKIE_ACK		11
#define SHUNT_SCTP_C_SHUTDOWN_COMPLETE	14

/**
 * struct shunt_timeouts - how long a connection may be silent
 * @tcp:	seconds, by enum shunt_tcp_state
 * @sctp:	seconds, by enum shunt_sctp_state
 * @udp:	seconds
 */
struct shunt_timeouts {
	u32 tcp[SHUNT_TCP_MAX];
	u32 sctp[SHUNT_SCTP_MAX];
	u32 udp;
};

extern const struct shunt_timeouts shunt_default_timeouts;

u8 shunt_tcp_next(u8 state, enum shunt_view view, u8 flags);
u8 shunt_tcp_next_strict(u8 state, enum shunt_view view, u8 flags);
bool shunt_tcp_active(u8 state);
const char *shunt_tcp_name(u8 state);
u8 shunt_sctp_next(u8 state, enum shunt_view view, u8 chunk);
const char *shunt_sctp_name(u8 state);

bool shunt_state_active(u8 proto, u8 state);
bool shunt_state_established(u8 proto, u8 state);
bool shunt_state_opening(u8 proto, u8 state);
bool shunt_state_over(u8 proto, u8 state);
const char *shunt_state_name(u8 proto, u8 state);

/**
 * shunt_timeout() - the timeout of a state
 * @timeouts:	the netns's
 * @proto:	IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP
 * @state:	of the connection
 *
 * Return: seconds.
 */
static inline u32 shunt_timeout(const struct shunt_timeouts *timeouts,
				u8 proto, u8 state)
{
	if (proto == IPPROTO_UDP)
		return READ_ONCE(timeouts->udp);
	if (proto == IPPROTO_SCTP)
		return READ_ONCE(timeouts->sctp[state]);
	return READ_ONCE(timeouts->tcp[state]);
}

/**
 * shunt_tcp_opens() - whether a segment asks for a new connection
 * @flags:	byte 13 of its TCP header
 */
static inline bool shunt_tcp_opens(u8 flags)
{
	return (flags & (SHUNT_TCP_SYN | SHUNT_TCP_ACK | SHUNT_TCP_RST)) ==
	       SHUNT_TCP_SYN;
}

/**
 * shunt_tcp_half_open() - whether a connection waits for its handshake's end
 * @state:	enum shunt_tcp_state
 */
static inline bool shunt_tcp_half_open(u8 state)
{
	return state == SHUNT_TCP_SYN_RECV || state == SHUNT_TCP_SYNACK;
}

/**
 * shunt_sctp_opens() - whether a packet asks for a new association
 * @chunk:	type of its chunk
 */
static inline bool shunt_sctp_opens(u8 chunk)
{
	return chunk == SHUNT_SCTP_C_INIT;
}

/**
 * shunt_sctp_half_open() - whether an association waits for its client's cookie
 * @state:	enum shunt_sctp_state
 */
static inline bool shunt_sctp_half_open(u8 state)
{
	return state == SHUNT_SCTP_INIT1 || state == SHUNT_SCTP_INIT ||
	       state == SHUNT_SCTP_COOKIE_SENT;
}

/**
 * shunt_tcp_answers() - whether a segment answers one that asks for a connection
 * @flags:	byte 13 of its TCP header
 */
static inline bool shunt_tcp_answers(u8 flags)
{
	return (flags & (SHUNT_TCP_SYN | SHUNT_TCP_ACK | SHUNT_TCP_RST)) ==
	       (SHUNT_TCP_SYN | SHUNT_TCP_ACK);
}

/**
 * shunt_tcp_settled() - whether a segment leaves its connection as it is
 * @state:	of the connection
 * @flags:	byte 13 of the TCP header
 *
 * A shortcut: true for nearly all segments there are, and only where
 * shunt_tcp_next() would not change the state.
 */
static inline bool shunt_tcp_settled(u8 state, u8 flags)
{
	return state == SHUNT_TCP_ESTABLISHED &&
	       (flags & (SHUNT_TCP_SYN | SHUNT_TCP_FIN | SHUNT_TCP_RST |
			 SHUNT_TCP_ACK)) == SHUNT_TCP_ACK;
}

#endif /* SHUNT_PROTO_H */
