/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHUNTADM_VALUES_H
#define SHUNTADM_VALUES_H

#include "options.h"

/**
 * struct pending - values that mean nothing before the whole line is known
 * @netmask:	-M, a mask or a prefix length: the service's family decides
 * @sched_flags: -b, whose names depend on the scheduler
 * @server:	-r, whose port names depend on the service's protocol
 */
struct pending {
	char *netmask;
	char *sched_flags;
	char *server;
};

/**
 * values_set() - store one option's value
 * @text:	its value, NULL where it has none
 *
 * Return: 0, or -1 with @error set.
 */
int values_set(struct command *cmd, struct pending *pending,
	       const struct option_def *def, const char *text,
	       struct error *error);

/** values_finish() - store what values_set() left pending, and defaults */
int values_finish(struct command *cmd, const struct pending *pending,
		  struct error *error);

/** values_set_timeouts() - the three words of --set */
int values_set_timeouts(struct command *cmd, const char *const words[3],
			struct error *error);

/** values_forget() - free what is pending */
void values_forget(struct pending *pending);

#endif
