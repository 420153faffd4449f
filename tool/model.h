/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a director consists of, as plain structs: the codec fills them from
 * netlink attributes, the parser from the command line, the printer reads them.
 */
#ifndef SHUNTADM_MODEL_H
#define SHUNTADM_MODEL_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include <linux/types.h>

#include <linux/shunt.h>

/**
 * struct address - an IPv4 or IPv6 address
 * @family:	AF_INET or AF_INET6
 * @word:	network byte order; IPv4 is in the first, the others are zero
 */
struct address {
	uint16_t family;
	uint32_t word[4];
};

#define STATS_COLUMNS SHUNT_STATS_ATTR_OUTBPS

/**
 * struct stats - counters and rates
 * @value:	in the order of enum shunt_stats_attr, from CONNS on
 */
struct stats {
	uint64_t value[STATS_COLUMNS];
};

/* What a service asks for its connections; in the order of the attributes. */
enum term {
	TERM_TCP,
	TERM_TCP_FIN,
	TERM_UDP,
	TERM_RESET,
	TERM_UDP_LEAVE,
	N_TERMS,
};

/**
 * struct terms - the same
 * @said:	to be told to the director, as all but ipvsadm does
 * @value:	by enum term; seconds, 0 for what --set says; or 0 and 1
 */
struct terms {
	bool said;
	uint32_t value[N_TERMS];
};

/**
 * struct service - a virtual service
 * @addr:	with @fwmark, only its family counts
 * @protocol:	IPPROTO_*; 0 with @fwmark
 * @port:	host byte order
 * @fwmark:	0 where the service is known by its address
 * @flags:	SHUNT_SVC_F_*
 * @timeout:	seconds of persistence
 * @netmask:	granularity of persistence, as in the netlink attribute
 * @stats:	malloc'ed, NULL where the director did not tell
 */
struct service {
	struct address addr;
	uint16_t protocol;
	uint16_t port;
	uint32_t fwmark;
	char sched[SHUNT_NAME_SIZE];
	char pe[SHUNT_NAME_SIZE];
	uint32_t flags;
	uint32_t timeout;
	uint32_t netmask;
	struct terms terms;
	struct stats *stats;
};

/* How a tunnelled packet is wrapped: --tun-type and --tun-*csum. */
enum tunnel_type { TUNNEL_IPIP, TUNNEL_GUE, TUNNEL_GRE };

#define TUNNEL_F_CSUM		0x1
#define TUNNEL_F_REMCSUM	0x2

/**
 * struct drain - whether a real server becomes empty
 * @said:	to be told to the director, as all but ipvsadm does
 * @seconds:	until its connections are ended, 0 is never
 */
struct drain {
	bool said;
	bool on;
	uint32_t seconds;
};

/**
 * struct dest - a real server
 * @port:	host byte order
 * @tun_port:	host byte order
 * @stats:	malloc'ed, NULL where the director did not tell
 */
struct dest {
	struct address addr;
	uint16_t port;
	uint32_t forward;
	uint32_t weight;
	uint32_t u_threshold;
	uint32_t l_threshold;
	uint32_t active;
	uint32_t inactive;
	uint32_t persistent;
	uint32_t tun_type;
	uint32_t tun_port;
	uint32_t tun_flags;
	struct drain drain;
	struct stats *stats;
};

enum sync_state { SYNC_MASTER = 1, SYNC_BACKUP = 2 };

/**
 * struct sync_daemon - a connection synchronisation daemon
 * @maxlen, @port, @ttl: 0 leaves the choice to the kernel
 * @group:	no family: the kernel's default
 */
struct sync_daemon {
	uint32_t state;
	char interface[IFNAMSIZ];
	uint32_t syncid;
	uint32_t maxlen;
	struct address group;
	uint32_t port;
	uint32_t ttl;
};

/* Seconds; 0 in a request keeps the old value. */
struct timeouts {
	uint32_t tcp;
	uint32_t tcp_fin;
	uint32_t udp;
};

/* The kernel does not say how a connection is forwarded. */
#define FORWARD_UNKNOWN UINT32_MAX

/**
 * struct conn - a connection
 * @forward:	SHUNT_FWD_*, or FORWARD_UNKNOWN
 * @pe:		persistence engine, empty where none is at work
 * @pe_data:	malloc'ed, NULL where there is none
 */
struct conn {
	uint16_t protocol;
	uint16_t client_port;
	uint16_t virtual_port;
	uint16_t dest_port;
	struct address client;
	struct address virtual;
	struct address dest;
	uint32_t forward;
	uint32_t expires;
	char state[16];
	char pe[SHUNT_NAME_SIZE];
	char *pe_data;
};

/* A reason for which packets are dropped. */
struct drop {
	char name[64];
	char text[256];
	uint64_t packets;
};

struct info {
	uint32_t version;
	uint32_t conn_tab_size;
	bool has_total;		/* Shunt says what all real servers did */
	struct stats total;
};

#endif
