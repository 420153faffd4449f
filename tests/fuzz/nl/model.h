/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Shunt has to make of netlink messages: a second opinion on every byte of them, written from the description of the
 * interface and of netlink itself, without a thought about speed. A configuration is lists; a datagram changes it, and for each
 * message in it the verdict is foretold, errno and all.
 */
#ifndef FUZZ_MODEL_H
#define FUZZ_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TERMS		5	/* attributes from SHUNT_SVC_ATTR_TIMEOUT_TCP on */
#define NAME		20	/* room for a name, and for one that is too long */
#define MESSAGES	64	/* that a datagram may have */

/* Which service; every byte is set, so that two can be compared as memory. Ports are in network byte order everywhere here. */
struct key {
	uint8_t addr[16];
	uint32_t fwmark;
	uint16_t af;
	uint16_t proto;
	uint16_t port;
	uint16_t zero;
};

struct dest {
	uint8_t addr[16];
	uint16_t af;
	uint16_t port;
	uint32_t fwd;
	uint32_t weight;
	uint32_t upper;
	uint32_t lower;
	uint8_t tun_type;
	uint16_t tun_port;
	uint16_t tun_flags;
	bool draining;
	uint32_t seconds;	/* to the deadline; as time passes, only an upper bound */
	uint32_t active;	/* these three are read in listings */
	uint32_t inactive;
	uint32_t templates;
};

/* Real servers are in the order in which they were added, and so are services. */
struct service {
	struct key key;
	char sched[NAME];
	char engine[NAME];
	uint32_t flags;
	uint32_t timeout;
	uint32_t netmask;
	uint32_t terms[TERMS];
	struct dest *dests;
	size_t dest_count;
};

struct config {
	struct service *services;
	size_t count;
	uint32_t timeouts[3];
	unsigned int events[256];	/* what listeners have to hear of, by command */
};

/* What a message has to bring about. */
struct verdict {
	uint8_t cmd;
	bool ours;		/* it is for one of our families; of others we know nothing */
	bool acked;		/* an acknowledgement comes, with @error */
	bool asks_dump;
	bool dump;		/* a dump begins, which ends with @error */
	bool busy;		/* or it is refused as another may be going on */
	int error;
	bool text;		/* that tells why */
	uint32_t seq;
	uint32_t at;		/* where the message begins in its datagram */
	uint32_t dest_at;	/* NEW_ALL: where the refused real server begins in the message, 0 for none */
};

/* The machine's, which the model cannot know. */
struct world {
	uint16_t families[2];
	uint32_t hz;
};

extern struct world world;

/* Messages and attributes begin at multiples of four bytes. */
static inline size_t aligned(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

size_t model_datagram(struct config *c, const uint8_t *bytes, size_t len, struct verdict *verdicts);

struct service *config_find(const struct config *c, const struct key *key);
struct service *config_add(struct config *c, const struct service *svc);
void config_remove(struct config *c, struct service *svc);
void config_flush(struct config *c);
void config_clear(struct config *c);
struct dest *service_find(const struct service *svc, const struct dest *dest);
void service_add(struct service *svc, const struct dest *dest);
void service_remove(struct service *svc, struct dest *dest);

#endif /* FUZZ_MODEL_H */
