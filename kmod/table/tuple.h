/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The key of a connection: who talks to whom, as one packet shows it.
 */
#ifndef SHUNT_TUPLE_H
#define SHUNT_TUPLE_H

#include <linux/in6.h>
#include <linux/jhash.h>
#include <linux/netfilter.h>
#include <linux/socket.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <net/ipv6.h>

/* Which way a packet travels on its connection. */
enum shunt_dir {
	SHUNT_DIR_REQUEST,	/* client to real server */
	SHUNT_DIR_REPLY,	/* real server to client; seen with NAT only */
	SHUNT_DIR_MAX,
};

/**
 * struct shunt_tuple - source and destination of a packet
 * @proto:	IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP; 0 in a persistence
 *		template
 * @af:		AF_INET or AF_INET6, says which addresses are there
 * @dir:	for a tuple in the table its direction; no part of the key
 * @marks:	for a connection's request SHUNT_MARK_*; no part of the key
 * @sport:	source port, network byte order
 * @dport:	destination port, network byte order
 * @ports:	both ports, to compare them at once; hashed with the addresses,
 *		which follow
 * @src4:	IPv4 source
 * @dst4:	IPv4 destination
 * @src6:	IPv6 source
 * @dst6:	IPv6 destination
 *
 * An IPv4 connection stores only the first SHUNT_TUPLE4_SIZE bytes.
 */
struct shunt_tuple {
	u8 proto;
	u8 af;
	u8 dir;
	u8 marks;
	union {
		struct {
			__be16 sport;
			__be16 dport;
		};
		u32 ports;
	};
	union {
		struct {
			__be32 src4;
			__be32 dst4;
		};
		struct {
			struct in6_addr src6;
			struct in6_addr dst6;
		};
	};
};

#define SHUNT_TUPLE4_SIZE	offsetofend(struct shunt_tuple, dst4)
#define SHUNT_TUPLE6_SIZE	sizeof(struct shunt_tuple)

static inline size_t shunt_tuple_size(u8 af)
{
	return af == AF_INET ? SHUNT_TUPLE4_SIZE : SHUNT_TUPLE6_SIZE;
}

static inline bool shunt_tuple_equal(const struct shunt_tuple *a,
				     const struct shunt_tuple *b)
{
	if (a->ports != b->ports || a->proto != b->proto || a->af != b->af)
		return false;
	if (a->af == AF_INET)
		return a->src4 == b->src4 && a->dst4 == b->dst4;
	return ipv6_addr_equal(&a->src6, &b->src6) &&
	       ipv6_addr_equal(&a->dst6, &b->dst6);
}

static inline u32 shunt_tuple_hash(const struct shunt_tuple *t, u32 seed)
{
	seed ^= t->proto;
	if (t->af == AF_INET)
		return jhash_3words((__force u32)t->src4,
				    (__force u32)t->dst4, t->ports, seed);
	/* All but the first word, of which the key is but a part. */
	return jhash2((const u32 *)t + 1, sizeof(*t) / sizeof(u32) - 1, seed);
}

/**
 * shunt_tuple_src() - the source address as a union of both families
 * @t:	the tuple
 *
 * Return: the address, the bytes behind an IPv4 one zero.
 */
static inline union nf_inet_addr shunt_tuple_src(const struct shunt_tuple *t)
{
	union nf_inet_addr addr = {};

	if (t->af == AF_INET)
		addr.ip = t->src4;
	else
		addr.in6 = t->src6;
	return addr;
}

/**
 * shunt_tuple_dst() - the destination address as a union of both families
 * @t:	the tuple
 *
 * Return: the address, the bytes behind an IPv4 one zero.
 */
static inline union nf_inet_addr shunt_tuple_dst(const struct shunt_tuple *t)
{
	union nf_inet_addr addr = {};

	if (t->af == AF_INET)
		addr.ip = t->dst4;
	else
		addr.in6 = t->dst6;
	return addr;
}

/**
 * shunt_tuple_invert() - the tuple of a packet that answers this one
 * @to:		filled whole, direction excepted
 * @from:	the packet's tuple
 */
static inline void shunt_tuple_invert(struct shunt_tuple *to,
				      const struct shunt_tuple *from)
{
	to->sport = from->dport;
	to->dport = from->sport;
	to->proto = from->proto;
	to->af = from->af;
	if (from->af == AF_INET) {
		to->src4 = from->dst4;
		to->dst4 = from->src4;
	} else {
		to->src6 = from->dst6;
		to->dst6 = from->src6;
	}
}

#endif /* SHUNT_TUPLE_H */
