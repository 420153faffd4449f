/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHUNTADM_SAVE_H
#define SHUNTADM_SAVE_H

#include <stdbool.h>
#include <stdio.h>

#include "table.h"

/*
 * Write the commands that make what is passed, one a line, as -R reads them.
 * @classic: as ipvsadm's -R does
 */
void save_services(FILE *out, const struct list *table, bool numeric,
		   bool classic);
void save_timeouts(FILE *out, const struct timeouts *timeouts);
void save_daemons(FILE *out, const struct list *daemons);

#endif
