/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Forwarding methods, and what they share.
 */
#ifndef SHUNT_FORWARD_H
#define SHUNT_FORWARD_H

#include <net/ip.h>
#include <net/ipv6.h>

#include "path/packet.h"

struct shunt_conn;
struct shunt_dest;
struct shunt_route;

const struct shunt_route *shunt_forward_check(struct shunt_packet *pkt,
					      const struct shunt_conn *c);
const struct shunt_route *shunt_forward_route(struct shunt_packet *pkt,
					      const struct shunt_conn *c);
bool shunt_forward_admit(struct shunt_packet *pkt, unsigned int mtu);
bool shunt_forward_fits(const struct shunt_packet *pkt, unsigned int mtu);
void shunt_forward_decrease_ttl(struct shunt_packet *pkt);
enum shunt_verdict shunt_forward_send(struct shunt_packet *pkt, u8 af,
				      const struct shunt_route *route);
enum shunt_verdict shunt_forward_output(struct shunt_packet *pkt,
					const struct shunt_route *route);
enum shunt_verdict shunt_forward_reroute(struct shunt_packet *pkt);
void shunt_forward_untrack(struct sk_buff *skb);

/**
 * shunt_forward_age() - a router has been passed, by a packet without IP options
 * @skb:	the packet, its IP header writable
 * @af:		AF_INET or AF_INET6
 */
static inline void shunt_forward_age(const struct sk_buff *skb, u8 af)
{
	if (af == AF_INET)
		ip_decrease_ttl(ip_hdr(skb));
	else
		ipv6_hdr(skb)->hop_limit--;
}

/**
 * shunt_forward_hide() - untrack a packet, unless it is one to be tracked
 * @pkt:	the packet
 */
static inline void shunt_forward_hide(const struct shunt_packet *pkt)
{
	if (likely(!pkt->tracked))
		shunt_forward_untrack(pkt->skb);
}

bool shunt_local_check(const struct shunt_packet *pkt,
		       const struct shunt_conn *c,
		       const struct shunt_route *route);
enum shunt_verdict shunt_local_deliver(struct shunt_packet *pkt,
				       const struct shunt_route *route);

enum shunt_verdict shunt_dr_request(struct shunt_packet *pkt,
				    const struct shunt_conn *c);
enum shunt_verdict shunt_tunnel_request(struct shunt_packet *pkt,
					const struct shunt_conn *c);
enum shunt_verdict shunt_tunnel_wrap(struct shunt_packet *pkt,
				     const struct shunt_dest *dest,
				     const struct shunt_route *route);
enum shunt_verdict shunt_nat_request(struct shunt_packet *pkt,
				     const struct shunt_conn *c);
enum shunt_verdict shunt_nat_reply(struct shunt_packet *pkt,
				   const struct shunt_conn *c);

/* Which end of a header is rewritten. */
enum shunt_end {
	SHUNT_END_SRC,
	SHUNT_END_DST,
};

bool shunt_nat_rewrite(struct shunt_packet *pkt, const struct shunt_conn *c,
		       enum shunt_dir dir);
void shunt_nat_quoted(struct shunt_packet *pkt, unsigned int network,
		      unsigned int transport, u8 proto, enum shunt_end end,
		      const union nf_inet_addr *addr, __be16 port);
void shunt_nat_address(struct shunt_packet *pkt, enum shunt_end end,
		       const union nf_inet_addr *addr);

#endif /* SHUNT_FORWARD_H */
