/* SPDX-License-Identifier: GPL-2.0-only */
/* Sends packets through the director, takes what comes out, and judges it. */
#ifndef SHUNT_LAB_JUDGE_H
#define SHUNT_LAB_JUDGE_H

#include "forge.h"

/* So many packets came out nowhere, and nobody but the balancer can have counted them. */
extern unsigned int all_dropped;

/* Opens what is needed; the world is known. Leaves us in the director's netns. */
void judge_start(void);
/* The connections that the packets are about, open. */
void open_all(void);

/* What else may come out, translated in a way of its own; NULL for nothing. */
extern bool (*may_also)(const struct packet *sent, const struct packet *out);

void send_in(const struct packet *p);
/* From the client's side, whatever the way. */
void send_at_gateway(const struct packet *p);
/* Sends a good packet and takes all that comes out up to it. */
void fence(void);
/* What is to be thought of that; MUST when it had to come through. */
void judge(const struct packet *sent, bool must);
/* The three of them for one packet. */
void try(const struct packet *p, bool must);
/* Says what has become of them since the last time, if there were any. */
void conclude(const char *what, const char *kind);

#endif /* SHUNT_LAB_JUDGE_H */
