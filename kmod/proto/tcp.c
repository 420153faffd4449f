// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP as a director sees it: it guesses both ends' state from the flags alone,
 * and from the client's half alone where replies pass it by.
 *
 *            SYN            ACK or reply          FIN of one side
 *   (none) ------> SYN_RECV ------> ESTABLISHED ------> CLOSE_WAIT (client's)
 *                                                       FIN_WAIT   (server's,
 *                                                        or half view)
 *                           FIN of the other side: TIME_WAIT, RST: CLOSE
 */
#include "proto/proto.h"

static const char *const names[SHUNT_TCP_MAX] = {
	[SHUNT_TCP_NONE]	= "NONE",
	[SHUNT_TCP_ESTABLISHED]	= "ESTABLISHED",
	[SHUNT_TCP_SYN_SENT]	= "SYN_SENT",
	[SHUNT_TCP_SYN_RECV]	= "SYN_RECV",
	[SHUNT_TCP_FIN_WAIT]	= "FIN_WAIT",
	[SHUNT_TCP_TIME_WAIT]	= "TIME_WAIT",
	[SHUNT_TCP_CLOSE]	= "CLOSE",
	[SHUNT_TCP_CLOSE_WAIT]	= "CLOSE_WAIT",
	[SHUNT_TCP_LAST_ACK]	= "LAST_ACK",
	[SHUNT_TCP_LISTEN]	= "LISTEN",
	[SHUNT_TCP_SYNACK]	= "SYNACK",
};

/* A SYN opens anew whatever is not open; a SYN+ACK only confirms. */
static u8 on_syn(u8 state, enum shunt_view view)
{
	if (view == SHUNT_VIEW_REPLY)
		return state;
	return state == SHUNT_TCP_ESTABLISHED ? state : SHUNT_TCP_SYN_RECV;
}

static u8 on_fin(u8 state, enum shunt_view view)
{
	switch (state) {
	case SHUNT_TCP_ESTABLISHED:
		return view == SHUNT_VIEW_REQUEST ? SHUNT_TCP_CLOSE_WAIT :
						    SHUNT_TCP_FIN_WAIT;
	case SHUNT_TCP_FIN_WAIT:	/* the server's came first */
		return view == SHUNT_VIEW_REQUEST ? SHUNT_TCP_TIME_WAIT : state;
	case SHUNT_TCP_CLOSE_WAIT:	/* the client's came first */
		return view == SHUNT_VIEW_REPLY ? SHUNT_TCP_TIME_WAIT : state;
	case SHUNT_TCP_SYN_RECV:
	case SHUNT_TCP_SYNACK:
		return SHUNT_TCP_TIME_WAIT;
	case SHUNT_TCP_NONE:
		return view == SHUNT_VIEW_REPLY ? SHUNT_TCP_TIME_WAIT :
						  SHUNT_TCP_CLOSE;
	default:
		return state;
	}
}

static u8 on_ack(u8 state, enum shunt_view view)
{
	switch (state) {
	case SHUNT_TCP_NONE:
	case SHUNT_TCP_SYN_RECV:
	case SHUNT_TCP_SYNACK:
		return SHUNT_TCP_ESTABLISHED;
	case SHUNT_TCP_LAST_ACK:
		return view == SHUNT_VIEW_REPLY ? state : SHUNT_TCP_CLOSE;
	default:
		return state;
	}
}

/* A client's RST against an unanswered SYN may be forged: it changes nothing. */
static u8 on_rst(u8 state, enum shunt_view view)
{
	if (view == SHUNT_VIEW_REPLY)
		return state == SHUNT_TCP_TIME_WAIT ? state : SHUNT_TCP_CLOSE;
	return state == SHUNT_TCP_SYN_RECV ? state : SHUNT_TCP_CLOSE;
}

/**
 * shunt_tcp_next() - the state a segment takes its connection to
 * @state:	before, enum shunt_tcp_state
 * @view:	who sent it and what we see of the connection
 * @flags:	byte 13 of its TCP header
 *
 * The states and what leads to them are those IPVS shows (checked against it by
 * tests/netns/states).
 *
 * Return: the state after.
 */
u8 shunt_tcp_next(u8 state, enum shunt_view view, u8 flags)
{
	if (flags & SHUNT_TCP_RST)
		return on_rst(state, view);
	if (flags & SHUNT_TCP_SYN)
		return on_syn(state, view);
	if (flags & SHUNT_TCP_FIN)
		return on_fin(state, view);
	if (flags & SHUNT_TCP_ACK)
		return on_ack(state, view);
	return state;
}

/**
 * shunt_tcp_next_strict() - the same, where a client has to prove itself
 * @state:	before, enum shunt_tcp_state
 * @view:	who sent it and what we see of the connection
 * @flags:	byte 13 of its TCP header
 *
 * By NAT only the server's word after its SYN+ACK (SYNACK) opens a connection;
 * where that cannot be seen the client's has to do.
 *
 * Return: the state after.
 */
u8 shunt_tcp_next_strict(u8 state, enum shunt_view view, u8 flags)
{
	u8 next = shunt_tcp_next(state, view, flags);

	switch (view) {
	case SHUNT_VIEW_REQUEST:
		if (state == SHUNT_TCP_SYNACK && !(flags & SHUNT_TCP_RST))
			return state;
		if (state == SHUNT_TCP_SYN_RECV && next == SHUNT_TCP_ESTABLISHED)
			return state;
		return next;
	case SHUNT_VIEW_REPLY:
		return next == SHUNT_TCP_SYN_RECV && flags & SHUNT_TCP_SYN ?
			       SHUNT_TCP_SYNACK : next;
	case SHUNT_VIEW_HALF:
		return next == SHUNT_TCP_SYN_RECV ? SHUNT_TCP_SYNACK : next;
	}
	return next;
}

/**
 * shunt_tcp_active() - whether a connection counts as active
 * @state:	enum shunt_tcp_state
 *
 * Return: true where IPVS lists it under ActiveConn, false for InActConn.
 */
bool shunt_tcp_active(u8 state)
{
	switch (state) {
	case SHUNT_TCP_ESTABLISHED:
	case SHUNT_TCP_SYN_SENT:
	case SHUNT_TCP_SYN_RECV:
	case SHUNT_TCP_SYNACK:
		return true;
	default:
		return false;
	}
}

/**
 * shunt_tcp_name() - a state as listings show it
 * @state:	enum shunt_tcp_state
 *
 * Return: a constant string.
 */
const char *shunt_tcp_name(u8 state)
{
	return state < SHUNT_TCP_MAX ? names[state] : "ERR!";
}
