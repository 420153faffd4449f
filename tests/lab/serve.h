/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The real servers' side of flow, and the requests both sides speak: 16 bytes,
 * an operation and a number.
 *
 *   w    answers 16 bytes: who we are
 *   g N  answers N bytes of the pattern
 *   p N  takes N bytes of the pattern, answers 16 bytes: "ok" or "bad"
 *   h    from now on does not close when the client has closed
 *   c    closes first
 *   r    resets
 *   e N  (UDP) the request is N bytes long, the pattern after its first 16; so is the answer, which begins with who we are,
 *        as does that to any other datagram
 */
#ifndef SHUNT_LAB_SERVE_H
#define SHUNT_LAB_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_SIZE	16

struct request {
	uint64_t op;
	uint64_t n;
};

void pattern_fill(uint8_t *buf, uint64_t off, size_t len);
bool pattern_check(const uint8_t *buf, uint64_t off, size_t len);

/* A port for SCTP, or else one for both TCP and UDP. */
struct serve_port {
	int number;
	bool sctp;
};

/* "80" or "sctp/80". */
struct serve_port serve_port(const char *text);

/* Listens on these ports, both families, in the current netns. */
void serve_listen(const char *name, const struct serve_port *ports, int n_ports);
_Noreturn void serve_run(void);

#endif /* SHUNT_LAB_SERVE_H */
