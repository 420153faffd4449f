/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHUNTADM_HELP_H
#define SHUNTADM_HELP_H

#include <stdbool.h>
#include <stdio.h>

/** help_print() - all of option_table, for the program called @name */
void help_print(FILE *out, const char *name);

/** help_version() - the version line; @classic gives ipvsadm's */
void help_version(FILE *out, bool classic);

#endif
