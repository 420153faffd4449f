/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ICMP errors about packets in tunnels: they come to the director, whose packets
 * these are, and the client is to hear of them in terms of its own.
 */
#ifndef SHUNT_RELAY_H
#define SHUNT_RELAY_H

#include "path/packet.h"

struct shunt_conn;

/**
 * struct shunt_relay - what an ICMP error about a tunnel's packet quotes
 * @conn:	the connection of the packet inside
 * @outer:	offset of the tunnel's IP header
 * @inner:	offset of the IP header of the packet inside
 * @af:		AF_INET or AF_INET6, the packet inside
 */
struct shunt_relay {
	const struct shunt_conn *conn;
	unsigned int outer;
	unsigned int inner;
	u8 af;
};

bool shunt_relay_find(struct shunt_relay *relay, const struct shunt_packet *pkt,
		      unsigned int network);
enum shunt_verdict shunt_relay(struct shunt_packet *pkt,
			       const struct shunt_relay *relay);

#endif /* SHUNT_RELAY_H */
