/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes datagrams: messages that are right, messages with attributes that are not, and messages that are none. Names come from
 * small pools, and half of them from what there is, so that most messages are about something.
 */
#ifndef FUZZ_GENERATE_H
#define FUZZ_GENERATE_H

#include <stddef.h>
#include <stdint.h>

#include "model.h"

struct datagram {
	uint8_t bytes[1 << 17];
	size_t len;
	unsigned int messages;	/* put into it, whatever became of them */
};

void generate(struct datagram *d, const struct config *c, uint32_t *seq);
void generate_request(struct datagram *d, uint16_t family, uint8_t cmd, uint16_t flags, uint32_t seq);
void generate_service(const struct key *key);
void generate_persistent(const struct key *key, uint32_t seconds);
void generate_dest(const struct dest *dest);
void generate_number(uint16_t type, uint32_t value);
void generate_flag(uint16_t type);

#endif /* FUZZ_GENERATE_H */
