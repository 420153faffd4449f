/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHUNTADM_CONFIG_H
#define SHUNTADM_CONFIG_H

#include "table.h"

/**
 * struct config - all that -S saves
 * @table:	of struct entry
 * @daemons:	of struct sync_daemon
 */
struct config {
	struct list table;
	struct timeouts timeouts;
	struct list daemons;
};

#define CONFIG_EMPTY { \
	.table = LIST_OF(struct entry), \
	.daemons = LIST_OF(struct sync_daemon), \
}

void config_free(struct config *config);

/** config_same() - is there nothing to change from one to the other? */
bool config_same(const struct config *a, const struct config *b);

/**
 * config_steps() - the commands that make it
 * @steps:	a list of struct step, which they are appended to
 *
 * Return: 0, or -1 when memory is out.
 */
int config_steps(const struct config *config, struct list *steps);

#endif
