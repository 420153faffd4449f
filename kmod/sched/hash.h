/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses hashed to one of 256 buckets, as dh and sh of ip_vs do it: directors
 * of both kinds send a client to the same real server.
 *
 * Pure: tested in userspace.
 */
#ifndef SHUNT_HASH_H
#define SHUNT_HASH_H

#include <asm/byteorder.h>
#include <linux/netfilter.h>
#include <linux/types.h>
#include <uapi/linux/shunt.h>

/* Flags of sh and mh. */
#define SHUNT_HASH_FALLBACK	SHUNT_SVC_F_SCHED1
#define SHUNT_HASH_PORT		SHUNT_SVC_F_SCHED2

#define SHUNT_BUCKETS	256

/**
 * shunt_addr_fold() - an address in 32 bits
 * @addr:	the address, the bytes behind an IPv4 one zero
 *
 * Return: the words of the address combined, host byte order.
 */
static inline u32 shunt_addr_fold(const union nf_inet_addr *addr)
{
	return ntohl(addr->ip6[0] ^ addr->ip6[1] ^ addr->ip6[2] ^
		     addr->ip6[3]);
}

/**
 * shunt_bucket() - the bucket of a number
 * @value:	of shunt_addr_fold(), a port added or not
 *
 * Multiplied by the golden section, of which the upper bits depend on all of
 * the number's.
 */
static inline u32 shunt_bucket(u32 value)
{
	return (value * 0x61c88647u) >> 24;
}

#endif /* SHUNT_HASH_H */
