/* SPDX-License-Identifier: GPL-2.0-only */
/* Netlink sockets: what is sent, and all that comes back. */
#ifndef FUZZ_TALK_H
#define FUZZ_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "generate.h"
#include "listing.h"

#define ANSWERS	256

/* An acknowledgement, or the end of a dump. */
struct answer {
	bool done;
	uint32_t seq;
	int error;
	bool text;	/* it tells why */
	uint32_t at;	/* what it is about begins there in the request; 0 when it does not say so */
};

struct answers {
	struct answer all[ANSWERS];
	size_t count;
	bool lost;	/* there was more than the socket had room for */
	const char *wrong;
};

int talk_open(void);
bool talk_send(int sock, const struct datagram *d);
bool talk_read(int sock, struct listing *l, struct answers *answers);
bool talk_read_some(int sock);
int talk_request(int sock, const struct datagram *d, struct listing *l);
bool talk_families(int sock);
int talk_listen(void);
bool talk_hear(int sock, unsigned int *events, bool *lost);

#endif /* FUZZ_TALK_H */
