/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What print.h lists, as JSON: schema/shuntadm.schema.json says what is in it,
 * and a change here is one there and in the manual page. Fetches nothing.
 */
#ifndef SHUNTADM_PRINT_JSON_H
#define SHUNTADM_PRINT_JSON_H

#include <stdio.h>

#include "director.h"
#include "event.h"

/*
 * One document each.
 * @director:	whose they are; only what is known about it is used
 */
void print_json_services(FILE *out, const struct director *director,
			 const struct list *table);
void print_json_conns(FILE *out, const struct director *director,
		      const struct list *conns);
void print_json_timeouts(FILE *out, const struct director *director,
			 const struct timeouts *timeouts);
void print_json_daemons(FILE *out, const struct director *director,
			const struct list *daemons);
void print_json_drops(FILE *out, const struct director *director,
		      const struct list *drops);

/** print_json_event() - one line */
void print_json_event(FILE *out, const struct event *event);

#endif
