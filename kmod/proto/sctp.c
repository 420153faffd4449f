// SPDX-License-Identifier: GPL-2.0-only
/*
 * SCTP as a director sees it: it guesses the association's state from the chunks
 * alone, and from the client's half alone where replies pass it by.
 *
 *          INIT         INIT ACK          COOKIE ECHO             COOKIE ACK
 *   (none) ----> INIT1 ---------> C-SENT ------------> C-REPLIED -----------+
 *                  | COOKIE ECHO, half view                                 v
 *                  +---------------------------------------------> ESTABLISHED
 *
 *                SHUTDOWN                SHUTDOWN ACK              SHUTDOWN
 *   ESTABLISHED ---------> S-RECEIVED -------------> S-ACK-SENT ------------+
 *        |  of the server                  SHUTDOWN ACK          COMPLETE   v
 *        +---------------> S-SENT --------------------------------------> CLOSED
 *
 * The states and what leads to them are those IPVS shows, oddities included
 * (checked against it, every chunk in every state, by tests/netns/sctp.sh).
 */
#include "proto/proto.h"

#include <linux/array_size.h>
#include <linux/bits.h>

static const char *const names[SHUNT_SCTP_MAX] = {
	[SHUNT_SCTP_NONE]		= "NONE",
	[SHUNT_SCTP_INIT1]		= "INIT1",
	[SHUNT_SCTP_INIT]		= "INIT",
	[SHUNT_SCTP_COOKIE_SENT]	= "C-SENT",
	[SHUNT_SCTP_COOKIE_REPLIED]	= "C-REPLIED",
	[SHUNT_SCTP_COOKIE_WAIT]	= "C-WAIT",
	[SHUNT_SCTP_COOKIE]		= "COOKIE",
	[SHUNT_SCTP_COOKIE_ECHOED]	= "C-ECHOED",
	[SHUNT_SCTP_ESTABLISHED]	= "ESTABLISHED",
	[SHUNT_SCTP_SHUTDOWN_SENT]	= "S-SENT",
	[SHUNT_SCTP_SHUTDOWN_RECEIVED]	= "S-RECEIVED",
	[SHUNT_SCTP_SHUTDOWN_ACK_SENT]	= "S-ACK-SENT",
	[SHUNT_SCTP_REJECTED]		= "REJECTED",
	[SHUNT_SCTP_CLOSED]		= "CLOSED",
};

/* Sets of states and of views, for the rules. */
#define IN(state)	BIT(SHUNT_SCTP_##state)
#define UP_TO(state)	(2 * IN(state) - 1)
#define ANY		UP_TO(CLOSED)

#define REQUEST		BIT(SHUNT_VIEW_REQUEST)
#define REPLY		BIT(SHUNT_VIEW_REPLY)
#define HALF		BIT(SHUNT_VIEW_HALF)

/**
 * struct rule - where a chunk takes a connection
 * @chunk:	its type
 * @views:	seen so
 * @from:	in one of these states
 * @to:		the state after
 */
struct rule {
	u8 chunk;
	u8 views;
	u16 from;
	u8 to;
};

#define RULE(chunk, views, from, to) \
	{ SHUNT_SCTP_C_##chunk, views, from, SHUNT_SCTP_##to }

/* The first that fits counts; where none does the state stays. */
static const struct rule rules[] = {
	RULE(INIT, REQUEST | HALF, IN(NONE) | IN(CLOSED), INIT1),
	RULE(INIT, REQUEST | HALF, IN(INIT1) | IN(REJECTED), INIT),
	RULE(INIT, REPLY, ANY & ~IN(ESTABLISHED), COOKIE_WAIT),

	RULE(INIT_ACK, REQUEST, UP_TO(INIT), COOKIE_WAIT),
	RULE(INIT_ACK, REQUEST, IN(COOKIE_WAIT), COOKIE),
	RULE(INIT_ACK, REPLY, UP_TO(INIT), COOKIE_SENT),
	RULE(INIT_ACK, HALF, UP_TO(INIT), COOKIE_ECHOED),

	RULE(COOKIE_ECHO, REQUEST, IN(NONE) | IN(COOKIE_SENT), COOKIE_REPLIED),
	RULE(COOKIE_ECHO, REQUEST, IN(INIT1), INIT),
	RULE(COOKIE_ECHO, REPLY, UP_TO(COOKIE), COOKIE_ECHOED),
	RULE(COOKIE_ECHO, HALF, UP_TO(INIT), ESTABLISHED),

	RULE(COOKIE_ACK, REQUEST | HALF, IN(NONE) | IN(COOKIE_ECHOED),
	     ESTABLISHED),
	RULE(COOKIE_ACK, REPLY, UP_TO(COOKIE_ECHOED), ESTABLISHED),

	RULE(ABORT, REQUEST, IN(COOKIE_WAIT), REJECTED),
	RULE(ABORT, REPLY, IN(INIT1), REJECTED),
	RULE(ABORT, REQUEST | REPLY | HALF, ANY, CLOSED),

	RULE(SHUTDOWN, REQUEST | HALF, IN(NONE) | IN(ESTABLISHED),
	     SHUTDOWN_RECEIVED),
	RULE(SHUTDOWN, REPLY, UP_TO(ESTABLISHED), SHUTDOWN_SENT),

	RULE(SHUTDOWN_ACK, REQUEST | HALF, IN(INIT1), INIT),
	RULE(SHUTDOWN_ACK, REQUEST,
	     IN(NONE) | IN(SHUTDOWN_SENT) | IN(SHUTDOWN_ACK_SENT), CLOSED),
	RULE(SHUTDOWN_ACK, REPLY,
	     UP_TO(COOKIE_REPLIED) | IN(SHUTDOWN_SENT) | IN(SHUTDOWN_RECEIVED),
	     SHUTDOWN_ACK_SENT),
	RULE(SHUTDOWN_ACK, HALF, IN(NONE) | IN(ESTABLISHED), CLOSED),

	RULE(SHUTDOWN_COMPLETE, REQUEST, UP_TO(INIT) | IN(SHUTDOWN_ACK_SENT),
	     CLOSED),
	RULE(SHUTDOWN_COMPLETE, HALF, UP_TO(INIT) | IN(SHUTDOWN_RECEIVED),
	     CLOSED),

	RULE(ERROR, REQUEST, IN(NONE) | IN(COOKIE_ECHOED), CLOSED),
	RULE(ERROR, REPLY, UP_TO(COOKIE_REPLIED), CLOSED),
	RULE(ERROR, HALF, IN(NONE), CLOSED),
};

/* Chunks that an open association is full of: data, and what looks after it. */
static bool moves_nothing(u8 chunk)
{
	return chunk == 0 ||
	       (chunk > SHUNT_SCTP_C_INIT_ACK && chunk < SHUNT_SCTP_C_ABORT) ||
	       chunk > SHUNT_SCTP_C_SHUTDOWN_COMPLETE;
}

/**
 * shunt_sctp_next() - the state a packet takes its connection to
 * @state:	before, enum shunt_sctp_state
 * @view:	who sent it and what we see of the connection
 * @chunk:	type of the chunk that counts in it
 *
 * Return: the state after.
 */
u8 shunt_sctp_next(u8 state, enum shunt_view view, u8 chunk)
{
	const struct rule *rule;

	if (!moves_nothing(chunk)) {
		for (rule = rules; rule < rules + ARRAY_SIZE(rules); rule++) {
			if (rule->chunk == chunk && rule->views & BIT(view) &&
			    rule->from & BIT(state))
				return rule->to;
		}
	}
	/* Taken over in its middle. */
	return state == SHUNT_SCTP_NONE ? SHUNT_SCTP_ESTABLISHED : state;
}

/**
 * shunt_sctp_name() - a state as listings show it
 * @state:	enum shunt_sctp_state
 *
 * Return: a constant string.
 */
const char *shunt_sctp_name(u8 state)
{
	return state < SHUNT_SCTP_MAX ? names[state] : "ERR!";
}
