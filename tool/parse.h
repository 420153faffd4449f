/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text to values. Pure but for the resolver, which parse_endpoint() asks about
 * names that are no addresses.
 *
 * The functions return NULL when they understood the text, else why not.
 */
#ifndef SHUNTADM_PARSE_H
#define SHUNTADM_PARSE_H

#include <stdbool.h>

#include "model.h"

/** parse_number() - a decimal number of @min..@max that is the whole of @text */
const char *parse_number(const char *text, uint32_t min, uint32_t max,
			 uint32_t *number);

/** parse_address() - a numeric address of either family */
const char *parse_address(const char *text, struct address *addr);

/**
 * parse_endpoint() - host[:port], where IPv6 with a port is [host]:port
 * @port:	left alone where the text names none
 *
 * Names mean IPv4 addresses, in brackets IPv6 ones. Ports may be the names
 * that services(5) has for @protocol.
 */
const char *parse_endpoint(const char *text, uint16_t protocol,
			   struct address *addr, uint16_t *port);

/**
 * parse_netmask() - the granularity of persistence, as the attribute wants it
 *
 * A mask for IPv4, a prefix length for IPv6.
 */
const char *parse_netmask(const char *text, uint16_t family, uint32_t *netmask);

/** parse_multicast() - a multicast address of either family */
const char *parse_multicast(const char *text, struct address *addr);

enum parse_flag { FLAG_OK, FLAG_UNKNOWN, FLAG_INCOMPATIBLE };

/**
 * parse_sched_flag() - one scheduler flag
 * @sched:	the scheduler it is meant for
 * @flag:	SHUNT_SVC_F_SCHED1..3
 */
enum parse_flag parse_sched_flag(const char *text, const char *sched,
				 uint32_t *flag);

/** sched_flag_name() - what the scheduler @sched calls flag number @index, 0..2 */
const char *sched_flag_name(const char *sched, unsigned int index);

/** protocol_name() - "TCP", or NULL for a protocol without a short name */
const char *protocol_name(uint16_t protocol);

/** parse_protocol() - protocol_name()'s inverse; false for other words */
bool parse_protocol(const char *text, uint16_t *protocol);

#endif
