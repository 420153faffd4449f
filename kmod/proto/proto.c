// SPDX-License-Identifier: GPL-2.0-only
/* What is said of states whatever the protocol. */
#include "proto/proto.h"

/* Above the longest that a lost packet takes to be sent again (RFC 9260, 16). */
#define SCTP_RTO_MAX	61
#define SCTP_RTO	4

const struct shunt_timeouts shunt_default_timeouts = {
	.tcp = {
		[SHUNT_TCP_NONE]	= 2,
		[SHUNT_TCP_ESTABLISHED]	= 900,
		[SHUNT_TCP_SYN_SENT]	= 120,
		[SHUNT_TCP_SYN_RECV]	= 60,
		[SHUNT_TCP_FIN_WAIT]	= 120,
		[SHUNT_TCP_TIME_WAIT]	= 120,
		[SHUNT_TCP_CLOSE]	= 10,
		[SHUNT_TCP_CLOSE_WAIT]	= 60,
		[SHUNT_TCP_LAST_ACK]	= 30,
		[SHUNT_TCP_LISTEN]	= 120,
		[SHUNT_TCP_SYNACK]	= 120,
	},
	.sctp = {
		[SHUNT_SCTP_NONE]		= 2,
		[SHUNT_SCTP_INIT1]		= SCTP_RTO,
		[SHUNT_SCTP_INIT]		= SCTP_RTO_MAX,
		[SHUNT_SCTP_COOKIE_SENT]	= SCTP_RTO_MAX,
		[SHUNT_SCTP_COOKIE_REPLIED]	= SCTP_RTO_MAX,
		[SHUNT_SCTP_COOKIE_WAIT]	= SCTP_RTO_MAX,
		[SHUNT_SCTP_COOKIE]		= SCTP_RTO_MAX,
		[SHUNT_SCTP_COOKIE_ECHOED]	= SCTP_RTO_MAX,
		[SHUNT_SCTP_ESTABLISHED]	= 900,
		[SHUNT_SCTP_SHUTDOWN_SENT]	= SCTP_RTO_MAX,
		[SHUNT_SCTP_SHUTDOWN_RECEIVED]	= SCTP_RTO_MAX,
		[SHUNT_SCTP_SHUTDOWN_ACK_SENT]	= SCTP_RTO_MAX,
		[SHUNT_SCTP_REJECTED]		= SCTP_RTO,
		[SHUNT_SCTP_CLOSED]		= SCTP_RTO_MAX,
	},
	.udp = 300,
};

/**
 * shunt_state_active() - whether a connection counts as active
 * @proto:	of the connection
 * @state:	of the connection
 *
 * Return: true where IPVS lists it under ActiveConn, false for InActConn.
 */
bool shunt_state_active(u8 proto, u8 state)
{
	switch (proto) {
	case IPPROTO_TCP:
		return shunt_tcp_active(state);
	case IPPROTO_SCTP:
		return state == SHUNT_SCTP_ESTABLISHED;
	default:
		return false;
	}
}

/**
 * shunt_state_established() - whether both ends have agreed on a connection
 * @proto:	of the connection
 * @state:	of the connection
 *
 * Return: false for a protocol without states.
 */
bool shunt_state_established(u8 proto, u8 state)
{
	switch (proto) {
	case IPPROTO_TCP:
		return state == SHUNT_TCP_ESTABLISHED;
	case IPPROTO_SCTP:
		return state == SHUNT_SCTP_ESTABLISHED;
	default:
		return false;
	}
}

/**
 * shunt_state_opening() - whether both ends have yet to agree on a connection
 * @proto:	of the connection
 * @state:	of the connection
 *
 * Return: true before its handshake's end; false for a protocol without states.
 */
bool shunt_state_opening(u8 proto, u8 state)
{
	switch (proto) {
	case IPPROTO_TCP:
		return state == SHUNT_TCP_NONE || state == SHUNT_TCP_SYN_SENT ||
		       state == SHUNT_TCP_LISTEN || shunt_tcp_half_open(state);
	case IPPROTO_SCTP:
		return state < SHUNT_SCTP_ESTABLISHED;
	default:
		return false;
	}
}

/**
 * shunt_state_over() - whether both ends are done with a connection
 * @proto:	of the connection
 * @state:	of the connection
 *
 * Return: true where the next packet that opens begins another; false for a
 * protocol without states.
 */
bool shunt_state_over(u8 proto, u8 state)
{
	switch (proto) {
	case IPPROTO_TCP:
		return state == SHUNT_TCP_TIME_WAIT || state == SHUNT_TCP_CLOSE;
	case IPPROTO_SCTP:
		return state == SHUNT_SCTP_CLOSED;
	default:
		return false;
	}
}

/**
 * shunt_state_name() - a state as listings show it
 * @proto:	IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP; 0 for a persistence
 *		template
 * @state:	of the connection
 *
 * Return: a constant string.
 */
const char *shunt_state_name(u8 proto, u8 state)
{
	switch (proto) {
	case 0:
		return state == SHUNT_ASSURED ? "ASSURED" : "NONE";
	case IPPROTO_UDP:
		return "UDP";
	case IPPROTO_SCTP:
		return shunt_sctp_name(state);
	default:
		return shunt_tcp_name(state);
	}
}
