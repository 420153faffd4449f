/* SPDX-License-Identifier: GPL-2.0-only */
/* What is sent to the director: frames that belong together, made of nothing but a seed and a number. */
#ifndef SHUNT_FUZZ_SHOT_H
#define SHUNT_FUZZ_SHOT_H

#include "oracle.h"

struct shot {
	struct frame frames[MAX_SHOT];
	int n;
	bool must;	/* a good packet of an open connection, which has to come through */
};

void shot_make(struct shot *shot, uint64_t seed, uint64_t number);

/* A good packet of an open connection: TCP flags or an SCTP chunk, from the client or the real server. */
void shot_good(struct shot *shot, const struct conn *c, bool reply, uint8_t flags, const char *text, size_t len);

#endif /* SHUNT_FUZZ_SHOT_H */
