/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHUNTADM_NAMES_H
#define SHUNTADM_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "model.h"

/* Room for a resolved host, brackets, a colon and a resolved service. */
#define NAMES_SIZE 1200

/** names_address() - an address as text */
void names_address(char *text, size_t size, const struct address *addr);

/**
 * names_endpoint() - "address:port", IPv6 in brackets
 * @protocol:	whose services(5) names to use, 0 for none
 * @numeric:	no names at all
 */
void names_endpoint(char text[NAMES_SIZE], const struct address *addr,
		    uint16_t port, uint16_t protocol, bool numeric);

#endif
