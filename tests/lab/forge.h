/* SPDX-License-Identifier: GPL-2.0-only */
/* Good packets between the ends of a world, to be spoilt. */
#ifndef SHUNT_LAB_FORGE_H
#define SHUNT_LAB_FORGE_H

#include "model.h"

enum kind { TCP, UDP, SCTP, ERROR_TCP, ERROR_UDP, KINDS };

extern const char *const kinds[KINDS];
extern struct world world;
extern bool v6;
extern unsigned int serial;	/* of the packet or fragment made last */

void put16(uint8_t *p, uint16_t v);
void put32(uint8_t *p, uint32_t v);

size_t ip_size(void);
void fix_ip(uint8_t *ip);
void set_length(struct packet *p);
size_t sum_offset(int proto);
void fix_sum(struct packet *p, size_t off, int proto);

/* A packet of TCP (with flags), UDP or SCTP (with that chunk) of the world's way, or one that comes back. */
void flow_packet(struct packet *p, int proto, uint8_t flags, bool back, size_t payload);
int proto_of(enum kind kind);
bool is_error_kind(enum kind kind);
/* A good packet of the world's way. */
void base(struct packet *p, enum kind kind);

/* Puts bytes, or an IP header, in front. */
void prepend(struct packet *p, const uint8_t *header, size_t len);
void prepend_ip(struct packet *p, const uint8_t *src, const uint8_t *dst, int proto);
/* The packet WHOLE with options of IPv4. */
void with_options(struct packet *p, const struct packet *whole, const uint8_t *options, size_t len);
/* The packet WHOLE with extension headers of IPv6, a letter each: see mangle.c. */
void with_extensions(struct packet *p, const struct packet *whole, const char *chain);

/* A part of the 120 bytes behind an IP header. */
struct piece {
	int from, to;
	char last;	/* 'l': no more fragments, 'm': more, 0: as it is */
	uint8_t other;	/* what its bytes are changed by */
};

void fragment(struct packet *p, const struct packet *whole, const struct piece *piece, unsigned int id);

#endif /* SHUNT_LAB_FORGE_H */
