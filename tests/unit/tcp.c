// SPDX-License-Identifier: GPL-2.0-only
/*
 * proto/tcp.c: what a director makes of the segments it sees.
 *
 * Life cycles are written out step by step. Beside them every sequence of six
 * segments is run through a model that does not know states: it notes who has
 * said what so far, and the state is read off from that.
 */
#include "proto/proto.h"
#include "table/terms.h"

#include <string.h>

#include "unit.h"

#define SYN	SHUNT_TCP_SYN
#define ACK	SHUNT_TCP_ACK
#define FIN	SHUNT_TCP_FIN
#define RST	SHUNT_TCP_RST
#define PSH	0x08
#define URG	0x20
#define SYNACK	(SYN | ACK)
#define FINACK	(FIN | ACK)
#define RSTACK	(RST | ACK)

#define REQUEST	SHUNT_VIEW_REQUEST
#define REPLY	SHUNT_VIEW_REPLY
#define HALF	SHUNT_VIEW_HALF

#define NONE		SHUNT_TCP_NONE
#define ESTABLISHED	SHUNT_TCP_ESTABLISHED
#define SYN_RECV	SHUNT_TCP_SYN_RECV
#define FIN_WAIT	SHUNT_TCP_FIN_WAIT
#define TIME_WAIT	SHUNT_TCP_TIME_WAIT
#define CLOSE		SHUNT_TCP_CLOSE
#define CLOSE_WAIT	SHUNT_TCP_CLOSE_WAIT

static const enum shunt_view views[] = { REQUEST, REPLY, HALF };

static const char *name(u8 state)
{
	return shunt_state_name(IPPROTO_TCP, state);
}

/* --- life cycles ---------------------------------------------------------- */

struct step {
	enum shunt_view view;
	u8 flags;
	u8 want;
};

#define MAX_STEPS 16

struct life {
	const char *text;
	u8 from;
	struct step steps[MAX_STEPS];	/* the first without flags ends it */
};

#define OPEN_NAT {REQUEST, SYN, SYN_RECV}, {REPLY, SYNACK, SYN_RECV}, \
		 {REQUEST, ACK, ESTABLISHED}
#define OPEN_DR	 {HALF, SYN, SYN_RECV}, {HALF, ACK, ESTABLISHED}

static const struct life lives[] = {
	{ "NAT, the client closes first", NONE, {
		OPEN_NAT,
		{REQUEST, PSH | ACK, ESTABLISHED}, {REPLY, ACK, ESTABLISHED},
		{REPLY, PSH | ACK, ESTABLISHED}, {REQUEST, ACK, ESTABLISHED},
		{REQUEST, FINACK, CLOSE_WAIT}, {REPLY, ACK, CLOSE_WAIT},
		{REPLY, FINACK, TIME_WAIT}, {REQUEST, ACK, TIME_WAIT} } },
	{ "NAT, the server closes first", NONE, {
		OPEN_NAT,
		{REPLY, FINACK, FIN_WAIT}, {REQUEST, ACK, FIN_WAIT},
		{REQUEST, FINACK, TIME_WAIT}, {REPLY, ACK, TIME_WAIT} } },
	{ "NAT, both close at once, the client's FIN passes first", NONE, {
		OPEN_NAT,
		{REQUEST, FINACK, CLOSE_WAIT}, {REPLY, FINACK, TIME_WAIT},
		{REQUEST, ACK, TIME_WAIT}, {REPLY, ACK, TIME_WAIT} } },
	{ "NAT, both close at once, the server's FIN passes first", NONE, {
		OPEN_NAT,
		{REPLY, FINACK, FIN_WAIT}, {REQUEST, FINACK, TIME_WAIT},
		{REPLY, ACK, TIME_WAIT}, {REQUEST, ACK, TIME_WAIT} } },
	{ "NAT, half-closed by the client, data still flows back", NONE, {
		OPEN_NAT,
		{REQUEST, FINACK, CLOSE_WAIT}, {REPLY, PSH | ACK, CLOSE_WAIT},
		{REQUEST, ACK, CLOSE_WAIT}, {REPLY, PSH | ACK, CLOSE_WAIT},
		{REPLY, PSH | FINACK, TIME_WAIT} } },
	{ "NAT, half-closed by the server, data still flows in", NONE, {
		OPEN_NAT,
		{REPLY, FINACK, FIN_WAIT}, {REQUEST, PSH | ACK, FIN_WAIT},
		{REPLY, ACK, FIN_WAIT}, {REQUEST, PSH | FINACK, TIME_WAIT} } },
	{ "NAT, the handshake's last ACK is lost, the server's data opens",
	  NONE, {
		{REQUEST, SYN, SYN_RECV}, {REPLY, SYNACK, SYN_RECV},
		{REPLY, PSH | ACK, ESTABLISHED} } },
	{ "NAT, every segment of the handshake comes twice", NONE, {
		{REQUEST, SYN, SYN_RECV}, {REQUEST, SYN, SYN_RECV},
		{REPLY, SYNACK, SYN_RECV}, {REPLY, SYNACK, SYN_RECV},
		{REQUEST, ACK, ESTABLISHED}, {REQUEST, ACK, ESTABLISHED} } },
	{ "NAT, nobody listens", NONE, {
		{REQUEST, SYN, SYN_RECV}, {REPLY, RSTACK, CLOSE},
		{REQUEST, SYN, SYN_RECV} } },
	{ "NAT, the client aborts", NONE, {
		OPEN_NAT, {REQUEST, RST, CLOSE}, {REPLY, ACK, CLOSE},
		{REPLY, FINACK, CLOSE} } },
	{ "NAT, the server aborts", NONE, {
		OPEN_NAT, {REPLY, RSTACK, CLOSE}, {REQUEST, ACK, CLOSE},
		{REQUEST, FINACK, CLOSE} } },
	{ "NAT, a late SYN or SYN+ACK does not disturb what is open", NONE, {
		OPEN_NAT,
		{REQUEST, SYN, ESTABLISHED}, {REPLY, SYNACK, ESTABLISHED} } },
	{ "NAT, a client uses its port again in TIME_WAIT", NONE, {
		OPEN_NAT,
		{REQUEST, FINACK, CLOSE_WAIT}, {REPLY, FINACK, TIME_WAIT},
		{REQUEST, SYN, SYN_RECV}, {REPLY, SYNACK, SYN_RECV},
		{REQUEST, ACK, ESTABLISHED},
		{REPLY, FINACK, FIN_WAIT} } },
	{ "DR, the client closes", NONE, {
		OPEN_DR,
		{HALF, PSH | ACK, ESTABLISHED}, {HALF, ACK, ESTABLISHED},
		{HALF, FINACK, FIN_WAIT}, {HALF, ACK, FIN_WAIT} } },
	{ "DR, the server closes, which only the client's FIN shows", NONE, {
		OPEN_DR,
		{HALF, ACK, ESTABLISHED}, {HALF, FINACK, FIN_WAIT},
		{HALF, FINACK, FIN_WAIT} } },
	{ "DR, half-closed, the client acknowledges what still comes", NONE, {
		OPEN_DR,
		{HALF, FINACK, FIN_WAIT}, {HALF, ACK, FIN_WAIT},
		{HALF, ACK, FIN_WAIT} } },
	{ "DR, the client aborts", NONE, {
		OPEN_DR, {HALF, RST, CLOSE}, {HALF, ACK, CLOSE} } },
	{ "DR, a client uses its port again after closing", NONE, {
		OPEN_DR,
		{HALF, FINACK, FIN_WAIT}, {HALF, ACK, FIN_WAIT},
		{HALF, SYN, SYN_RECV}, {HALF, ACK, ESTABLISHED} } },
	{ "DR, a client uses its port again in TIME_WAIT", TIME_WAIT, {
		{HALF, SYN, SYN_RECV}, {HALF, ACK, ESTABLISHED} } },
	{ "DR, a client uses its port again after aborting", NONE, {
		OPEN_DR, {HALF, RST, CLOSE}, {HALF, SYN, SYN_RECV} } },
	{ "DR, a late SYN does not disturb what is open", NONE, {
		OPEN_DR, {HALF, SYN, ESTABLISHED} } },
	{ "a connection taken over in its middle, NAT", NONE, {
		{REQUEST, ACK, ESTABLISHED} } },
	{ "a connection taken over in its middle by a reply", NONE, {
		{REPLY, PSH | ACK, ESTABLISHED} } },
	{ "a connection taken over in its middle, DR", NONE, {
		{HALF, PSH | ACK, ESTABLISHED} } },
	{ "of a connection nobody knew the client's FIN is seen, NAT", NONE, {
		{REQUEST, FINACK, CLOSE} } },
	{ "of a connection nobody knew the server's FIN is seen", NONE, {
		{REPLY, FINACK, TIME_WAIT} } },
	{ "of a connection nobody knew the client's FIN is seen, DR", NONE, {
		{HALF, FINACK, CLOSE} } },
	{ "the last ACK ends it", SHUNT_TCP_LAST_ACK, {
		{REPLY, ACK, SHUNT_TCP_LAST_ACK}, {REQUEST, ACK, CLOSE} } },
	{ "the last ACK ends it, DR", SHUNT_TCP_LAST_ACK, {
		{HALF, ACK, CLOSE} } },
	{ "SYNACK as another director may tell it, and the ACK",
	  SHUNT_TCP_SYNACK, {
		{HALF, ACK, ESTABLISHED} } },
};

static void test_lives(void)
{
	int i, j;

	for (i = 0; i < COUNT(lives); i++) {
		u8 state = lives[i].from;

		for (j = 0; j < MAX_STEPS && lives[i].steps[j].flags; j++) {
			const struct step *step = &lives[i].steps[j];

			state = shunt_tcp_next(state, step->view, step->flags);
			expect(state == step->want,
			       "%s, step %d: %s, not %s", lives[i].text, j + 1,
			       name(state), name(step->want));
		}
	}
}

/* --- RST ------------------------------------------------------------------ */

/*
 * A server's RST ends everything but TIME_WAIT, where it is a late answer (RFC
 * 1337). A client's ends everything but a handshake: who can send a SYN in
 * another's name can send an RST too.
 */
static void test_rst(void)
{
	int state, i;

	for (state = 0; state < SHUNT_TCP_MAX; state++) {
		for (i = 0; i < COUNT(views); i++) {
			u8 spared = views[i] == REPLY ? TIME_WAIT : SYN_RECV;
			u8 want = state == spared ? spared : CLOSE;

			expect(shunt_tcp_next(state, views[i], RST) == want,
			       "RST in %s, view %d", name(state), i);
			expect(shunt_tcp_next(state, views[i], RSTACK) == want,
			       "RST+ACK in %s, view %d", name(state), i);
		}
	}
}

/* --- SYN ------------------------------------------------------------------ */

static void test_syn(void)
{
	int state;

	for (state = 0; state < SHUNT_TCP_MAX; state++) {
		u8 want = state == ESTABLISHED ? ESTABLISHED : SYN_RECV;

		expect(shunt_tcp_next(state, REQUEST, SYN) == want,
		       "SYN in %s, NAT", name(state));
		expect(shunt_tcp_next(state, HALF, SYN) == want,
		       "SYN in %s, DR", name(state));
		expect(shunt_tcp_next(state, REPLY, SYNACK) == state,
		       "SYN+ACK in %s", name(state));
	}
}

/* --- all sequences against what has been said ----------------------------- */

struct said {
	bool syn, ack, client_fin, server_fin, over;
};

static u8 read_off(const struct said *s, bool half)
{
	if (s->over)
		return CLOSE;
	if (s->client_fin && s->server_fin)
		return TIME_WAIT;
	if (s->client_fin)
		return half ? FIN_WAIT : CLOSE_WAIT;
	if (s->server_fin)
		return FIN_WAIT;
	if (s->ack)
		return ESTABLISHED;
	return s->syn ? SYN_RECV : NONE;
}

static void listen_to(struct said *s, enum shunt_view view, u8 flags)
{
	bool client = view != REPLY, half = view == HALF;
	bool open = s->ack && !s->client_fin && !s->server_fin && !s->over;

	if (flags & RST) {
		u8 spared = client ? SYN_RECV : TIME_WAIT;

		s->over |= read_off(s, half) != spared;
	} else if (flags & SYN) {
		if (client && !open)
			*s = (struct said){ .syn = true };
	} else if (s->over) {
		return;		/* too late */
	} else if (flags & FIN) {
		/* Before the handshake is over there is nothing to end. */
		s->client_fin |= client || !s->ack;
		s->server_fin |= !client || !s->ack;
		s->ack = true;
	} else if (flags & ACK) {
		s->ack = true;
	}
}

static const struct step nat_segments[] = {
	{ REQUEST, SYN }, { REQUEST, ACK }, { REQUEST, PSH | ACK },
	{ REQUEST, FINACK }, { REQUEST, RST },
	{ REPLY, SYNACK }, { REPLY, ACK }, { REPLY, FINACK }, { REPLY, RSTACK },
};

static const struct step half_segments[] = {
	{ HALF, SYN }, { HALF, ACK }, { HALF, PSH | ACK }, { HALF, FINACK },
	{ HALF, RST }, { HALF, RSTACK },
};

static u32 sequences;

static void follow(const struct step *segments, int count, int depth, u8 state,
		   struct said said)
{
	int i;

	if (!depth) {
		sequences++;
		return;
	}
	for (i = 0; i < count; i++) {
		struct said after = said;
		u8 next, want;

		next = shunt_tcp_next(state, segments[i].view,
				      segments[i].flags);
		listen_to(&after, segments[i].view, segments[i].flags);
		want = read_off(&after, segments[i].view == HALF);
		expect(next == want,
		       "%s, view %d, flags %#x, %d to go: %s, not %s",
		       name(state), segments[i].view, segments[i].flags,
		       depth - 1, name(next), name(want));
		if (next == want)
			follow(segments, count, depth - 1, next, after);
	}
}

/* A connection begins with a SYN: that is what shunt makes one of. */
static void test_nat_sequences(void)
{
	sequences = 0;
	follow(nat_segments, COUNT(nat_segments), 6, SYN_RECV,
	       (struct said){ .syn = true });
	unit_note("%u sequences", sequences);
}

static void test_half_sequences(void)
{
	sequences = 0;
	follow(half_segments, COUNT(half_segments), 7, SYN_RECV,
	       (struct said){ .syn = true });
	unit_note("%u sequences", sequences);
}

/* --- what holds for every state, view and flags --------------------------- */

static void for_all(void (*check)(u8 state, enum shunt_view view, u8 flags))
{
	int state, flags, i;

	for (state = 0; state < SHUNT_TCP_MAX; state++)
		for (i = 0; i < COUNT(views); i++)
			for (flags = 0; flags < 256; flags++)
				check(state, views[i], flags);
}

static void check_settled(u8 state, enum shunt_view view, u8 flags)
{
	bool data = (flags & ACK) && !(flags & (SYN | FIN | RST));

	if (shunt_tcp_settled(state, flags))
		expect(shunt_tcp_next(state, view, flags) == state,
		       "%s, view %d, flags %#x", name(state), view, flags);
	/* And it has to spare the lock where most segments are. */
	if (state == ESTABLISHED && data)
		expect(shunt_tcp_settled(state, flags), "flags %#x", flags);
}

static void test_settled(void)
{
	for_all(check_settled);
}

static void check_bits(u8 state, enum shunt_view view, u8 flags)
{
	u8 next = shunt_tcp_next(state, view, flags);
	u8 strongest = flags & RST ? RST : flags & SYN ? SYN :
		       flags & FIN ? FIN : flags & ACK;

	expect(next < SHUNT_TCP_MAX, "%s, view %d, flags %#x: %u", name(state),
	       view, flags, next);
	expect(next == shunt_tcp_next(state, view, strongest),
	       "%s, view %d, flags %#x", name(state), view, flags);
	if (!strongest)
		expect(next == state, "%s, view %d, flags %#x", name(state),
		       view, flags);
}

static void test_bits(void)
{
	for_all(check_bits);
}

static void check_repeated(u8 state, enum shunt_view view, u8 flags)
{
	u8 once = shunt_tcp_next(state, view, flags);

	expect(shunt_tcp_next(once, view, flags) == once,
	       "%s, view %d, flags %#x", name(state), view, flags);
}

static void test_repeated(void)
{
	for_all(check_repeated);
}

/* --- strictly -------------------------------------------------------------- */

/* What secure_tcp makes of each step: a client's word opens nothing by NAT. */
static const struct life strict_lives[] = {
	{ "NAT, a handshake and the server's first segment", NONE, {
		{REQUEST, SYN, SYN_RECV}, {REPLY, SYNACK, SHUNT_TCP_SYNACK},
		{REQUEST, ACK, SHUNT_TCP_SYNACK}, {REPLY, ACK, ESTABLISHED},
		{REQUEST, FINACK, CLOSE_WAIT}, {REPLY, FINACK, TIME_WAIT} } },
	{ "NAT, a client that goes on without an answer", NONE, {
		{REQUEST, SYN, SYN_RECV}, {REQUEST, ACK, SYN_RECV},
		{REQUEST, PSH | ACK, SYN_RECV}, {REQUEST, RST, SYN_RECV},
		{REQUEST, FINACK, TIME_WAIT} } },
	{ "NAT, a client that goes on without the server's word", NONE, {
		{REQUEST, SYN, SYN_RECV}, {REPLY, SYNACK, SHUNT_TCP_SYNACK},
		{REQUEST, SYN, SHUNT_TCP_SYNACK},
		{REQUEST, FINACK, SHUNT_TCP_SYNACK},
		{REQUEST, RST, CLOSE} } },
	{ "NAT, SYN and SYN+ACK come twice", NONE, {
		{REQUEST, SYN, SYN_RECV}, {REQUEST, SYN, SYN_RECV},
		{REPLY, SYNACK, SHUNT_TCP_SYNACK},
		{REPLY, SYNACK, SHUNT_TCP_SYNACK} } },
	{ "NAT, nobody listens", NONE, {
		{REQUEST, SYN, SYN_RECV}, {REPLY, RSTACK, CLOSE} } },
	{ "NAT, the server closes at once", NONE, {
		{REQUEST, SYN, SYN_RECV}, {REPLY, SYNACK, SHUNT_TCP_SYNACK},
		{REPLY, FINACK, TIME_WAIT}, {REQUEST, SYN, SYN_RECV} } },
	{ "NAT, what was open stays so", ESTABLISHED, {
		{REQUEST, SYN, ESTABLISHED}, {REQUEST, ACK, ESTABLISHED},
		{REPLY, SYNACK, ESTABLISHED}, {REPLY, FINACK, FIN_WAIT} } },
	{ "DR, the client's word has to do", NONE, {
		{HALF, SYN, SHUNT_TCP_SYNACK}, {HALF, SYN, SHUNT_TCP_SYNACK},
		{HALF, ACK, ESTABLISHED}, {HALF, SYN, ESTABLISHED},
		{HALF, FINACK, FIN_WAIT}, {HALF, SYN, SHUNT_TCP_SYNACK},
		{HALF, RST, CLOSE} } },
	{ "DR, a FIN instead of an ACK", NONE, {
		{HALF, SYN, SHUNT_TCP_SYNACK}, {HALF, FINACK, TIME_WAIT} } },
};

static void test_strict_lives(void)
{
	int i, j;

	for (i = 0; i < COUNT(strict_lives); i++) {
		u8 state = strict_lives[i].from;

		for (j = 0; j < MAX_STEPS && strict_lives[i].steps[j].flags; j++) {
			const struct step *step = &strict_lives[i].steps[j];

			state = shunt_tcp_next_strict(state, step->view,
						      step->flags);
			expect(state == step->want,
			       "%s, step %d: %s, not %s", strict_lives[i].text,
			       j + 1, name(state), name(step->want));
		}
	}
}

/* Only while the handshake lasts is it another machine. */
static void check_strict(u8 state, enum shunt_view view, u8 flags)
{
	u8 next = shunt_tcp_next(state, view, flags);
	u8 strict = shunt_tcp_next_strict(state, view, flags);

	if (!shunt_tcp_half_open(state) && next != SYN_RECV)
		expect(strict == next, "%s, view %d, flags %#x", name(state),
		       view, flags);
	if (view == REQUEST && shunt_tcp_half_open(state))
		expect(strict != ESTABLISHED, "%s, flags %#x", name(state),
		       flags);
	if (shunt_tcp_settled(state, flags))
		expect(strict == state, "%s, view %d, flags %#x", name(state),
		       view, flags);
}

static void test_strict(void)
{
	for_all(check_strict);
}

/* --- timeouts and names --------------------------------------------------- */

static const struct {
	u8 number;
	const char *name;
	u32 timeout;	/* seconds; 0 where IPVS tells none */
	bool active;
} states[] = {
	{ 0, "NONE", 0, false },
	{ 1, "ESTABLISHED", 900, true },
	{ 2, "SYN_SENT", 120, true },
	{ 3, "SYN_RECV", 60, true },
	{ 4, "FIN_WAIT", 120, false },
	{ 5, "TIME_WAIT", 120, false },
	{ 6, "CLOSE", 10, false },
	{ 7, "CLOSE_WAIT", 60, false },
	{ 8, "LAST_ACK", 30, false },
	{ 9, "LISTEN", 120, false },
	{ 10, "SYNACK", 120, true },
};

static void test_states(void)
{
	int i;

	expect(SHUNT_TCP_MAX == COUNT(states), "%d states", SHUNT_TCP_MAX);
	for (i = 0; i < COUNT(states); i++) {
		u8 state = states[i].number;

		expect(!strcmp(name(state), states[i].name), "%u is %s", state,
		       name(state));
		expect(shunt_tcp_active(state) == states[i].active, "%s",
		       states[i].name);
	}
	expect(!strcmp(name(SHUNT_TCP_MAX), "ERR!"), "%s", name(SHUNT_TCP_MAX));
	expect(!strcmp(name(255), "ERR!"), "%s", name(255));
	expect(!strcmp(shunt_state_name(IPPROTO_UDP, 0), "UDP"), "UDP");
}

static void test_timeouts(void)
{
	struct shunt_timeouts own = shunt_default_timeouts;
	int i;

	for (i = 0; i < COUNT(states); i++) {
		u32 timeout = shunt_timeout(&shunt_default_timeouts,
					    IPPROTO_TCP, states[i].number);

		expect(states[i].timeout ? timeout == states[i].timeout :
					   timeout > 0,
		       "%s: %u s", states[i].name, timeout);
	}
	for (i = 0; i < COUNT(states); i++)
		expect(shunt_timeout(&shunt_default_timeouts, IPPROTO_UDP,
				     states[i].number) == 300, "UDP, %d", i);
	own.tcp[FIN_WAIT] = 7;
	own.udp = 9;
	expect(shunt_timeout(&own, IPPROTO_TCP, FIN_WAIT) == 7, "set to 7");
	expect(shunt_timeout(&own, IPPROTO_TCP, ESTABLISHED) == 900, "not set");
	expect(shunt_timeout(&own, IPPROTO_UDP, FIN_WAIT) == 9, "set to 9");
}

/* Of TCP, only the two states that --set knows have one. */
static void test_terms(void)
{
	const struct shunt_terms asked = {
		.value = {
			[SHUNT_TERM_TCP] = 5,
			[SHUNT_TERM_TCP_FIN] = 6,
			[SHUNT_TERM_UDP] = 7,
		},
	};
	struct shunt_terms terms = {};
	int i;

	expect(!shunt_terms_merge(&terms, &asked, 0), "nothing said");
	expect(!shunt_terms_timeout(&terms, IPPROTO_UDP, 0), "nothing asked");
	expect(shunt_terms_merge(&terms, &asked, 1u << SHUNT_TERM_UDP), "UDP");
	expect(!shunt_terms_timeout(&terms, IPPROTO_TCP, ESTABLISHED),
	       "TCP was not said");
	expect(shunt_terms_merge(&terms, &asked, ~0u), "the others");
	expect(!shunt_terms_merge(&terms, &asked, ~0u), "the same again");
	for (i = 0; i < COUNT(states); i++) {
		u8 number = states[i].number;
		u32 wanted = number == ESTABLISHED ? 5 :
			     number == FIN_WAIT ? 6 : 0;
		u32 got = shunt_terms_timeout(&terms, IPPROTO_TCP, number);

		expect(got == wanted, "%s: %u", states[i].name, got);
		expect(shunt_terms_timeout(&terms, IPPROTO_UDP, number) == 7,
		       "UDP, %d", number);
		expect(!shunt_terms_timeout(&terms, 0, number), "a template");
	}
}

/* Nobody loses anything where these are put out to make room. */
static void test_opening(void)
{
	static const u8 opening[] = {
		SHUNT_TCP_NONE, SHUNT_TCP_SYN_SENT, SYN_RECV, SHUNT_TCP_LISTEN,
		SHUNT_TCP_SYNACK,
	};
	u8 state, i;

	for (state = 0; state < SHUNT_TCP_MAX; state++) {
		bool wanted = false;

		for (i = 0; i < COUNT(opening); i++)
			wanted |= opening[i] == state;
		expect(shunt_state_opening(IPPROTO_TCP, state) == wanted, "%u",
		       state);
	}
	expect(!shunt_state_opening(IPPROTO_UDP, 0), "UDP has no handshake");
	expect(!shunt_state_opening(0, 0), "nor has a template");
}

static const struct unit_case cases[] = {
	{ "lives of connections, step by step", test_lives },
	{ "RST in every state", test_rst },
	{ "SYN and SYN+ACK in every state", test_syn },
	{ "NAT: every sequence of 6 segments after a SYN", test_nat_sequences },
	{ "DR: every sequence of 7 segments after a SYN", test_half_sequences },
	{ "a settled segment leaves every view's state alone", test_settled },
	{ "RST counts before SYN, FIN, ACK; other flags for nothing",
	  test_bits },
	{ "a segment that comes twice does what it does once", test_repeated },
	{ "strictly: lives of connections, step by step", test_strict_lives },
	{ "strictly: no other state than the handshake's is another",
	  test_strict },
	{ "numbers, names and active states are those of IPVS", test_states },
	{ "default timeouts are those of IPVS", test_timeouts },
	{ "timeouts of a service's own", test_terms },
	{ "before the end of the handshake a connection is opening",
	  test_opening },
};

int main(int argc, char **argv)
{
	return unit_run(argc, argv, cases, COUNT(cases));
}
