/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a director may make of an IP packet: a stupid model, without states.
 *
 * A packet here is bytes from the IP header on. TCP and UDP have a port of the
 * service and another of the real server, ICMP errors quote such packets.
 */
#ifndef SHUNT_LAB_MODEL_H
#define SHUNT_LAB_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MAX_PACKET	(1 << 16)

enum way { NAT, DR, REPLY };

/* Addresses take the first alen bytes; ports are in host byte order. */
struct world {
	size_t alen;
	uint8_t client[16], service[16], server[16];
	uint16_t cport, vport, rport;
	enum way way;
};

struct packet {
	uint8_t b[MAX_PACKET];
	size_t len;
};

static inline void copy_packet(struct packet *to, const struct packet *from)
{
	to->len = from->len;
	memcpy(to->b, from->b, from->len);
}

/* Where the transport header is, behind IPv6 extensions, and its protocol; -1 where there is none. */
int model_transport(const uint8_t *p, size_t len, size_t *off);

/* What IP takes of a frame's content: cut to its length, without the header of a fragment that is all. False: nothing. */
bool model_seen(struct packet *p);

/* Of IPv6, the headers of a fragment that is all of its packet go. */
void model_unfragment(struct packet *p);

/* What comes out: one hop further, translated. False when the packet names no connection of the service. */
bool model_translate(const struct world *w, struct packet *p);

/* The packet as a router passes it on. */
void model_route(struct packet *p);

/* Whether a packet is a live connection's beyond doubt, so that it may not be merely routed. */
bool model_is_live(const struct world *w, const struct packet *p);

/* Whether a packet has a source route of IPv4, or something like it. */
bool model_has_route(const struct packet *p);

/* Whether two packets are the same; of sums, two ways to write 0 are, and fragments that are all of a packet are none. */
bool model_same(const struct packet *want, const struct packet *got);

#endif /* SHUNT_LAB_MODEL_H */
