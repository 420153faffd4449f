/* SPDX-License-Identifier: GPL-2.0-only */
/* The director that packets.c sends frames to: nat_up of tests/lab/topology.sh, what it is configured with, what it is joined to. */
#ifndef SHUNT_FUZZ_SCENE_H
#define SHUNT_FUZZ_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_FRAME	1600
#define ETHERNET	14

/* Where frames go in and come out: the clients' side, the real servers', and sockets of the director's own. */
enum port { OUTSIDE, INSIDE, OWN, PORTS };

struct frame {
	enum port at;
	size_t len;
	uint8_t b[MAX_FRAME];
};

enum method { MASQ, DIRECT, IPIP, GRE, GRE_SUM, GUE, GUE_SUM, HERE };

/* The configuration: all services, or those with which the fast path may begin connections. */
enum variant { ALL, EARLY };

struct service {
	uint8_t proto;
	uint16_t port;
	enum method method;
	uint8_t servers;	/* 1: the first, 2: the second, 3: both */
	uint16_t rport;
	const char *options;
	bool crossed;		/* the tunnel's packets are of the other family */
	bool marked;		/* known by a firewall mark */
	bool late;		/* with it the fast path begins no connections */
};

extern const struct service services[];
extern const size_t n_services;
extern enum variant variant;

/* Each address first of IPv4 and then of IPv6. */
extern uint8_t client_ip[2][16], vip[2][16], dip[2][16], real_ip[2][2][16];
extern const uint8_t director_mac[PORTS][6], gw_mac[6], real_mac[2][6];

bool service_is_there(const struct service *s);
/* Which of the real servers has this address; -1 none. */
int real_server(bool six, const uint8_t *addr);
/* Whether it is one of the director's. */
bool is_directors(bool six, const uint8_t *addr);
/* The way to an address, and the MAC there; NULL where nobody is known. */
const uint8_t *way_to(bool six, const uint8_t *addr, enum port *at);

/* The addresses are in the environment. */
void director_start(enum variant which);
/* The commands that configure it, for shuntadm -R. */
void print_rules(void);

/* How many bytes the socket took, or -1: what the kernel refuses, it refuses. */
int frame_send(const struct frame *f);
/* The next frame that came out; false when there is none. *odd is set where it had a VLAN's tag. */
bool frame_take(struct frame *f, bool *odd);
/* Which packets take the fast path, from now on. */
void set_fast_path(int mode);
void open_sockets(void);

#endif /* SHUNT_FUZZ_SCENE_H */
