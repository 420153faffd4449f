// SPDX-License-Identifier: GPL-2.0-only
/*
 * proto/sctp.c: what a director makes of the chunks it sees.
 *
 * Associations are written out step by step. The table beside them is what stock
 * ip_vs was seen to do with every chunk in every state (6.1.192); the same
 * comparison with the kernel at hand is in tests/netns/sctp.sh.
 */
#include "proto/proto.h"

#include <string.h>

#include "unit.h"

#define REQUEST	SHUNT_VIEW_REQUEST
#define REPLY	SHUNT_VIEW_REPLY
#define HALF	SHUNT_VIEW_HALF

/* RFC 9260, 3.2; those that move nothing, too. */
enum chunk {
	DATA, INIT, INIT_ACK, SACK, HEARTBEAT, HEARTBEAT_ACK, ABORT, SHUTDOWN,
	SHUTDOWN_ACK, ERROR, COOKIE_ECHO, COOKIE_ACK, ECNE, CWR,
	SHUTDOWN_COMPLETE, AUTH,
};

/* As listings show them, and for the table below. */
static const struct {
	const char *name, *code;
	u32 timeout;	/* seconds; 0 where IPVS tells none */
} states[] = {
	{ "NONE", "no", 0 },
	{ "INIT1", "i1", 4 },
	{ "INIT", "in", 61 },
	{ "C-SENT", "cs", 61 },
	{ "C-REPLIED", "cr", 61 },
	{ "C-WAIT", "cw", 61 },
	{ "COOKIE", "co", 61 },
	{ "C-ECHOED", "ce", 61 },
	{ "ESTABLISHED", "es", 900 },
	{ "S-SENT", "ss", 61 },
	{ "S-RECEIVED", "sr", 61 },
	{ "S-ACK-SENT", "sa", 61 },
	{ "REJECTED", "re", 4 },
	{ "CLOSED", "cl", 61 },
};

static const char *name(u8 state)
{
	return shunt_state_name(IPPROTO_SCTP, state);
}

/* --- associations ---------------------------------------------------------- */

struct step {
	enum shunt_view view;
	int chunk;
	const char *want;
};

#define MAX_STEPS 16

struct life {
	const char *text;
	struct step steps[MAX_STEPS];	/* the first without a state ends it */
};

#define OPEN_NAT {REQUEST, INIT, "INIT1"}, {REPLY, INIT_ACK, "C-SENT"}, \
		 {REQUEST, COOKIE_ECHO, "C-REPLIED"}, \
		 {REPLY, COOKIE_ACK, "ESTABLISHED"}
#define OPEN_DR	 {HALF, INIT, "INIT1"}, {HALF, COOKIE_ECHO, "ESTABLISHED"}

static const struct life lives[] = {
	{ "NAT, the client closes", {
		OPEN_NAT,
		{REQUEST, DATA, "ESTABLISHED"}, {REPLY, SACK, "ESTABLISHED"},
		{REPLY, DATA, "ESTABLISHED"}, {REQUEST, SACK, "ESTABLISHED"},
		{REQUEST, SHUTDOWN, "S-RECEIVED"},
		{REPLY, SHUTDOWN_ACK, "S-ACK-SENT"},
		{REQUEST, SHUTDOWN_COMPLETE, "CLOSED"} } },
	{ "NAT, the server closes", {
		OPEN_NAT, {REPLY, SHUTDOWN, "S-SENT"},
		{REQUEST, SHUTDOWN_ACK, "CLOSED"},
		{REPLY, SHUTDOWN_COMPLETE, "CLOSED"} } },
	{ "NAT, nobody listens", {
		{REQUEST, INIT, "INIT1"}, {REPLY, ABORT, "REJECTED"},
		{REQUEST, INIT, "INIT"}, {REPLY, ABORT, "CLOSED"} } },
	{ "NAT, the client aborts, and comes again", {
		OPEN_NAT, {REQUEST, ABORT, "CLOSED"}, OPEN_NAT } },
	{ "NAT, a late INIT does not disturb what is open", {
		OPEN_NAT, {REQUEST, INIT, "ESTABLISHED"},
		{REPLY, INIT_ACK, "ESTABLISHED"} } },
	{ "DR, the client closes", {
		OPEN_DR, {HALF, DATA, "ESTABLISHED"},
		{HALF, SHUTDOWN, "S-RECEIVED"},
		{HALF, SHUTDOWN_COMPLETE, "CLOSED"} } },
	{ "DR, the server closes", {
		OPEN_DR, {HALF, HEARTBEAT_ACK, "ESTABLISHED"},
		{HALF, SHUTDOWN_ACK, "CLOSED"} } },
	{ "DR, an INIT that is sent again", {
		{HALF, INIT, "INIT1"}, {HALF, INIT, "INIT"},
		{HALF, COOKIE_ECHO, "ESTABLISHED"} } },
	{ "taken over in its middle, NAT", { {REQUEST, SACK, "ESTABLISHED"} } },
	{ "taken over in its middle, DR", { {HALF, DATA, "ESTABLISHED"} } },
};

static void test_lives(void)
{
	int i, j;

	for (i = 0; i < COUNT(lives); i++) {
		u8 state = SHUNT_SCTP_NONE;

		for (j = 0; j < MAX_STEPS && lives[i].steps[j].want; j++) {
			const struct step *step = &lives[i].steps[j];

			state = shunt_sctp_next(state, step->view, step->chunk);
			expect(!strcmp(name(state), step->want),
			       "%s, step %d: %s, not %s", lives[i].text, j + 1,
			       name(state), step->want);
		}
	}
}

/* --- every chunk in every state ------------------------------------------- */

/*
 * A column for each state in the order of their numbers; ".." stays, "??" is a
 * state that stock does not get to in that view.
 */
static const struct {
	enum shunt_view view;
	enum chunk chunk;
	const char *row;
} stock[] = {
	{ REQUEST, DATA, "es .. .. .. .. .. .. .. .. .. .. .. .. .." },
	{ REQUEST, INIT, "i1 in .. .. .. .. .. .. .. .. .. .. in i1" },
	{ REQUEST, INIT_ACK, "cw cw cw .. .. co .. .. .. .. .. .. .. .." },
	{ REQUEST, ABORT, "?? cl cl cl cl re cl cl cl cl cl cl cl .." },
	{ REQUEST, SHUTDOWN, "sr .. .. .. .. .. .. .. sr .. .. .. .. .." },
	{ REQUEST, SHUTDOWN_ACK, "cl in .. .. .. .. .. .. .. cl .. cl .. .." },
	{ REQUEST, ERROR, "cl .. .. .. .. .. .. cl .. .. .. .. .. .." },
	{ REQUEST, COOKIE_ECHO, "cr in .. cr .. .. .. .. .. .. .. .. .. .." },
	{ REQUEST, COOKIE_ACK, "es .. .. .. .. .. .. es .. .. .. .. .. .." },
	{ REQUEST, SHUTDOWN_COMPLETE, "cl cl cl .. .. .. .. .. .. .. .. cl .. .." },
	{ REPLY, DATA, "?? .. .. .. .. .. .. .. .. .. .. .. .. .." },
	{ REPLY, INIT, "?? cw cw cw cw .. cw cw .. cw cw cw cw cw" },
	{ REPLY, INIT_ACK, "?? cs cs .. .. .. .. .. .. .. .. .. .. .." },
	{ REPLY, ABORT, "?? re cl cl cl cl cl cl cl cl cl cl cl .." },
	{ REPLY, SHUTDOWN, "?? ss ss ss ss ss ss ss ss .. .. .. .. .." },
	{ REPLY, SHUTDOWN_ACK, "?? sa sa sa sa .. .. .. .. sa sa .. .. .." },
	{ REPLY, ERROR, "?? cl cl cl cl .. .. .. .. .. .. .. .. .." },
	{ REPLY, COOKIE_ECHO, "?? ce ce ce ce ce ce .. .. .. .. .. .. .." },
	{ REPLY, COOKIE_ACK, "?? es es es es es es es .. .. .. .. .. .." },
	{ REPLY, SHUTDOWN_COMPLETE, "?? .. .. .. .. .. .. .. .. .. .. .. .. .." },
	{ HALF, DATA, "es .. .. ?? ?? ?? ?? .. .. ?? .. ?? ?? .." },
	{ HALF, INIT, "i1 in .. ?? ?? ?? ?? .. .. ?? .. ?? ?? i1" },
	{ HALF, INIT_ACK, "ce ce ce ?? ?? ?? ?? .. .. ?? .. ?? ?? .." },
	{ HALF, ABORT, "?? cl cl ?? ?? ?? ?? cl cl ?? cl ?? ?? .." },
	{ HALF, SHUTDOWN, "sr .. .. ?? ?? ?? ?? .. sr ?? .. ?? ?? .." },
	{ HALF, SHUTDOWN_ACK, "cl in .. ?? ?? ?? ?? .. cl ?? .. ?? ?? .." },
	{ HALF, ERROR, "cl .. .. ?? ?? ?? ?? .. .. ?? .. ?? ?? .." },
	{ HALF, COOKIE_ECHO, "es es es ?? ?? ?? ?? .. .. ?? .. ?? ?? .." },
	{ HALF, COOKIE_ACK, "es .. .. ?? ?? ?? ?? es .. ?? .. ?? ?? .." },
	{ HALF, SHUTDOWN_COMPLETE, "cl cl cl ?? ?? ?? ?? .. .. ?? cl ?? ?? .." },
};

static u8 coded(const char *code)
{
	u8 state;

	for (state = 0; state < COUNT(states); state++)
		if (!strncmp(states[state].code, code, 2))
			return state;
	return COUNT(states);
}

static void test_stock(void)
{
	int i;
	u8 state;

	for (i = 0; i < COUNT(stock); i++) {
		for (state = 0; state < COUNT(states); state++) {
			const char *code = stock[i].row + 3 * state;
			u8 next = shunt_sctp_next(state, stock[i].view,
						  stock[i].chunk);
			u8 want = *code == '.' ? state : coded(code);

			expect(*code == '?' || next == want,
			       "view %d, chunk %d in %s: %s, not %s",
			       stock[i].view, stock[i].chunk, name(state),
			       name(next), name(want));
		}
	}
}

static bool moves(int chunk)
{
	int i;

	for (i = 0; i < COUNT(stock); i++)
		if (stock[i].chunk == chunk && chunk != DATA)
			return true;
	return false;
}

static void test_others(void)
{
	enum shunt_view view;
	int chunk;
	u8 state;

	for (chunk = 0; chunk < 256; chunk++) {
		if (moves(chunk))
			continue;
		for (view = REQUEST; view <= HALF; view++) {
			for (state = 1; state < SHUNT_SCTP_MAX; state++)
				expect(shunt_sctp_next(state, view, chunk) ==
				       state, "chunk %d in %s", chunk,
				       name(state));
			expect(shunt_sctp_next(SHUNT_SCTP_NONE, view, chunk) ==
			       SHUNT_SCTP_ESTABLISHED, "chunk %d first", chunk);
		}
	}
}

/* Whatever comes, the state is one that there is. */
static void test_range(void)
{
	enum shunt_view view;
	int chunk;
	u8 state;

	for (chunk = 0; chunk < 256; chunk++)
		for (view = REQUEST; view <= HALF; view++)
			for (state = 0; state < SHUNT_SCTP_MAX; state++)
				expect(shunt_sctp_next(state, view, chunk) <
				       SHUNT_SCTP_MAX, "chunk %d in %d", chunk,
				       state);
}

/* --- timeouts and names --------------------------------------------------- */

static void test_states(void)
{
	u8 state;

	expect(SHUNT_SCTP_MAX == COUNT(states), "%d states", SHUNT_SCTP_MAX);
	for (state = 0; state < COUNT(states); state++) {
		u32 timeout = shunt_timeout(&shunt_default_timeouts,
					    IPPROTO_SCTP, state);
		bool open = state == SHUNT_SCTP_ESTABLISHED;

		expect(!strcmp(name(state), states[state].name), "%u is %s",
		       state, name(state));
		expect(states[state].timeout ?
			       timeout == states[state].timeout : timeout > 0,
		       "%s: %u s", states[state].name, timeout);
		expect(shunt_state_active(IPPROTO_SCTP, state) == open, "%s",
		       states[state].name);
		expect(shunt_state_established(IPPROTO_SCTP, state) == open,
		       "%s", states[state].name);
		expect(shunt_state_over(IPPROTO_SCTP, state) ==
		       (state == SHUNT_SCTP_CLOSED), "%s", states[state].name);
		expect(shunt_state_opening(IPPROTO_SCTP, state) ==
		       (state < SHUNT_SCTP_ESTABLISHED), "%s",
		       states[state].name);
	}
	expect(!strcmp(name(SHUNT_SCTP_MAX), "ERR!"), "%s",
	       name(SHUNT_SCTP_MAX));
}

static void test_opens(void)
{
	int chunk;

	for (chunk = 0; chunk < 256; chunk++)
		expect(shunt_sctp_opens(chunk) == (chunk == INIT), "chunk %d",
		       chunk);
}

static const struct unit_case cases[] = {
	{ "lives of associations, step by step", test_lives },
	{ "every chunk in every state, as with stock ip_vs", test_stock },
	{ "all other chunks leave the state alone", test_others },
	{ "no chunk leads out of the states", test_range },
	{ "names, timeouts and active states are those of IPVS", test_states },
	{ "INIT alone opens", test_opens },
};

int main(int argc, char **argv)
{
	return unit_run(argc, argv, cases, COUNT(cases));
}
