// SPDX-License-Identifier: GPL-2.0-only
/*
 * proto/: connections that see any packets in any order. Whatever comes, the
 * state has a name and a timeout, and what is said of it agrees.
 */
#include "proto/proto.h"

#include "fuzz.h"

static u8 next(u8 proto, u8 state, enum shunt_view view, u8 what, bool strict)
{
	if (proto == IPPROTO_SCTP)
		return shunt_sctp_next(state, view, what);
	return strict ? shunt_tcp_next_strict(state, view, what) :
			shunt_tcp_next(state, view, what);
}

static void check_state(u8 proto, u8 state)
{
	must(state < (proto == IPPROTO_SCTP ? SHUNT_SCTP_MAX : SHUNT_TCP_MAX),
	     "%u", state);
	must(shunt_state_name(proto, state)[0] != 'E' ||
	     shunt_state_name(proto, state)[1] != 'R', "%u has no name", state);
	must(shunt_timeout(&shunt_default_timeouts, proto, state),
	     "%u has no timeout", state);
	must(shunt_state_established(proto, state) +
	     shunt_state_opening(proto, state) +
	     shunt_state_over(proto, state) <= 1, "%u is two things", state);
	must(!shunt_state_over(proto, state) ||
	     !shunt_state_active(proto, state), "%u is over, active", state);
}

/* The shortcut of the fast path, and what a forged packet may not do. */
static void check_tcp(u8 before, u8 after, u8 view, u8 flags, bool strict)
{
	must(!shunt_tcp_settled(before, flags) || after == before,
	     "%u settled, then %u by %#x", before, after, flags);
	if (before == SHUNT_TCP_SYN_RECV && flags & SHUNT_TCP_RST)
		must(view == SHUNT_VIEW_REPLY || shunt_tcp_half_open(after),
		     "a client's RST: %u", after);
	if (before == SHUNT_TCP_ESTABLISHED && flags & SHUNT_TCP_SYN &&
	    !(flags & SHUNT_TCP_RST))
		must(after == before, "a SYN: %u", after);
	if (strict && view == SHUNT_VIEW_REQUEST &&
	    after == SHUNT_TCP_ESTABLISHED)
		must(before == SHUNT_TCP_ESTABLISHED ||
		     before == SHUNT_TCP_NONE,
		     "opened by the client: %u", before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz fuzz = { data, data + size };
	u8 how = fuzz_take(&fuzz, 1), proto, state = 0, after, view, what;
	bool strict = how & 2;

	proto = how & 1 ? IPPROTO_SCTP : IPPROTO_TCP;
	while (fuzz.at < fuzz.end) {
		view = fuzz_take(&fuzz, 1) % 3;
		what = fuzz_take(&fuzz, 1);
		after = next(proto, state, view, what, strict);
		check_state(proto, after);
		if (proto == IPPROTO_TCP)
			check_tcp(state, after, view, what, strict);
		state = after;
	}
	return 0;
}
