/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a packet was dropped. Every drop has a reason here and is counted.
 */
#ifndef SHUNT_DROP_H
#define SHUNT_DROP_H

#include <linux/percpu.h>
#include <linux/types.h>

/* enumerator, the name users see, the text that explains it */
#define SHUNT_DROP_REASONS(reason)					       \
	reason(NO_DEST, "no_dest",					       \
	       "no real server could take a new connection")		       \
	reason(DEST_REMOVED, "dest_removed",				       \
	       "the connection's real server has been removed")		       \
	reason(NO_ROUTE, "no_route",					       \
	       "no route to the real server or back to the client")				       \
	reason(OUT_OF_REACH, "out_of_reach",				       \
	       "client or real server is the director itself, where the other cannot reach it") \
	reason(TTL, "ttl",						       \
	       "TTL or hop limit used up (time exceeded was sent)")	       \
	reason(TOO_BIG, "too_big",					       \
	       "larger than the path's MTU (an ICMP error was sent)")	       \
	reason(CLASH, "clash",						       \
	       "another connection already has the same client and real server ports") \
	reason(NO_CONN, "no_conn",					       \
	       "a real server's packet belongs to no connection (an ICMP error was sent)") \
	reason(ANEW, "anew",						       \
	       "a connection began anew that nf_conntrack took for the old one (the client asks again)") \
	reason(BAD_ICMP, "bad_icmp",					       \
	       "ICMP error about a connection with a wrong checksum")	       \
	reason(BROKEN, "broken",					       \
	       "packet of a connection without a whole TCP, UDP or SCTP header")     \
	reason(DEFENCE, "defence",					       \
	       "a new connection that drop_packet gave up")		       \
	reason(NO_CALL_ID, "no_call_id",				       \
	       "no SIP message with a Call-ID, as the service's clients send")  \
	reason(CONN_MAX, "conn_max",					       \
	       "as many connections as the sysctl conn_max allows, and none to spare") \
	reason(TABLE, "table",						       \
	       "the connection table could not take another entry")	       \
	reason(NO_MEMORY, "no_memory",					       \
	       "out of memory")

enum shunt_drop {
#define SHUNT_DROP_ENUM(id, name, text) SHUNT_DROP_##id,
	SHUNT_DROP_REASONS(SHUNT_DROP_ENUM)
#undef SHUNT_DROP_ENUM
	SHUNT_DROP_MAX,
};

/**
 * struct shunt_drops - one CPU's count of drops in a netns
 * @packets:	by enum shunt_drop
 */
struct shunt_drops {
	unsigned long packets[SHUNT_DROP_MAX];
};

const char *shunt_drop_name(enum shunt_drop reason);
const char *shunt_drop_text(enum shunt_drop reason);
u64 shunt_drop_read(const struct shunt_drops __percpu *drops,
		    enum shunt_drop reason);

#endif /* SHUNT_DROP_H */
