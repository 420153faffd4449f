/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads what the kernel says, and believes nothing: every attribute has to be one that belongs there, of its size, once, padded
 * with zeros; every string ends where its attribute does. What is wrong is told by listing_wrong().
 */
#ifndef FUZZ_LISTING_H
#define FUZZ_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "model.h"

/* What is read from messages one by one. */
struct listing {
	struct config config;
	struct service *last;	/* the one that GET_ALL goes on with */
	struct key of;		/* the service whose real servers GET_DEST lists */
	unsigned int conns;
	unsigned int drops;
	bool brief;		/* what was asked for */
	bool loose;		/* answers to anything, one behind the other */
	bool idle;		/* no packet was sent: all counters are 0 */
	uint64_t counted;	/* what they add up to */
};

bool listing_message(struct listing *l, const uint8_t *bytes, size_t len);
bool listing_event(const uint8_t *bytes, size_t len);
const char *listing_wrong(void);

void config_print(const struct config *c, FILE *to, bool brief);
void config_print_proc(const struct config *c, FILE *to);

#endif /* FUZZ_LISTING_H */
