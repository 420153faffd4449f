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

#endif /* SHUNT_LAB_FORGE_H */
