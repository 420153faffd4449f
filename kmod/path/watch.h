/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose packets are worth a look: addresses of virtual services, and of real
 * servers whose replies pass through.
 *
 * A packet that is none of ours shall not notice us, so it is told by a bit of
 * its addresses' hash, not by looking for its connection. Bits are set and never
 * cleared while there are connections, which outlive what they were made for; a
 * bit too many costs a look.
 */
#ifndef SHUNT_WATCH_H
#define SHUNT_WATCH_H

#include <linux/bitmap.h>
#include <linux/hash.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>

#define SHUNT_WATCH_BITS	16

/**
 * struct shunt_watch - a netns's
 * @all:	some service is known by a mark: its packets go anywhere
 * @bits:	one for each address, by its hash
 */
struct shunt_watch {
	bool all;
	DECLARE_BITMAP(bits, 1 << SHUNT_WATCH_BITS);
};

static inline u32 shunt_watch_hash4(__be32 addr)
{
	return hash_32((__force u32)addr, SHUNT_WATCH_BITS);
}

static inline u32 shunt_watch_hash6(const struct in6_addr *addr)
{
	u64 front, back;

	memcpy(&front, addr->s6_addr, sizeof(front));
	memcpy(&back, addr->s6_addr + sizeof(front), sizeof(back));
	return hash_64(front ^ back, SHUNT_WATCH_BITS);
}

static inline bool shunt_watch_either(const struct shunt_watch *watch, u32 a,
				      u32 b)
{
	return test_bit(a, watch->bits) || test_bit(b, watch->bits) ||
	       READ_ONCE(watch->all);
}

/**
 * shunt_watches() - whether a packet may be one of ours
 * @watch:	the netns's
 * @skb:	the packet, its IP header in the linear part
 * @af:		AF_INET or AF_INET6
 *
 * Return: false for one that belongs to no virtual service and no connection.
 */
static inline bool shunt_watches(const struct shunt_watch *watch,
				 const struct sk_buff *skb, u8 af)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	const struct iphdr *iph = ip_hdr(skb);

	return af == AF_INET ?
		       shunt_watch_either(watch, shunt_watch_hash4(iph->daddr),
					  shunt_watch_hash4(iph->saddr)) :
		       shunt_watch_either(watch,
					  shunt_watch_hash6(&ip6h->daddr),
					  shunt_watch_hash6(&ip6h->saddr));
}

/**
 * shunt_watch_for() - have an address's packets looked at
 * @watch:	the netns's
 * @af:		AF_INET or AF_INET6
 * @addr:	the address
 */
static inline void shunt_watch_for(struct shunt_watch *watch, u8 af,
				   const union nf_inet_addr *addr)
{
	set_bit(af == AF_INET ? shunt_watch_hash4(addr->ip) :
				shunt_watch_hash6(&addr->in6), watch->bits);
}

#endif /* SHUNT_WATCH_H */
