/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What may come out of the director for what went in, and with what bytes: a model (tests/lab/model.h) of one packet at a time,
 * which knows the configuration and, of connections, those that are kept open alone.
 */
#ifndef SHUNT_FUZZ_ORACLE_H
#define SHUNT_FUZZ_ORACLE_H

#include "../lab/forge.h"
#include "scene.h"

#define MAX_SHOT	10	/* frames */
#define MAX_CONNS	64

/* A connection from client_ip that stays open all the time. */
struct conn {
	const struct service *s;
	bool six;
	uint16_t cport;
	int server;	/* 0 or 1: where it is; -1 not known yet */
};

extern struct conn conns[MAX_CONNS];
extern int n_conns;

/* What came out is ... */
enum fate {
	THROUGH,	/* translated, or as it came to a real server */
	ROUTED,		/* as a router passes it on */
	SENT,		/* the director's own, as it is */
	TOLD,		/* an answer of the director's own */
	RELAYED,	/* an error about a tunnel's packet, told to the client */
	CHATTER,	/* ARP, neighbour discovery, group membership */
	PART,		/* a fragment, of which more is known at the end */
	WRONG,
	FATES
};

/* A packet as the addresses and ports of whom it is about. */
struct flow {
	int proto;
	const uint8_t *src, *dst;
	uint16_t sport, dport;
	bool error;	/* an ICMP error, and this is what it quotes, turned round */
};

bool flow_of(const struct packet *p, struct flow *flow);
/* Which of the open connections it is about, and whether it comes from the real server; NULL none. */
const struct conn *conn_of(const struct packet *p, bool *reply);

/* These frames go in, one after the other. */
void oracle_begin(const struct frame *frames, int n);
/* A frame came out; odd when it had a tag, or was too large. */
enum fate oracle_judge(const struct frame *out, bool odd);
/* No more comes out: what becomes of the fragments, and how many are wrong. */
int oracle_end(unsigned int counts[FATES]);
/* What went in before has never been. */
void oracle_forget(void);
/* The packets that the director may have seen, as far as they are no frames by themselves; for the curious. */
int oracle_inputs(void);
const struct packet *oracle_input(int i);
/* What the first packet had to become at the conn's real server, for the curious. */
bool oracle_wants(struct packet *want);

#endif /* SHUNT_FUZZ_ORACLE_H */
