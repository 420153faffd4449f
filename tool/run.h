/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHUNTADM_RUN_H
#define SHUNTADM_RUN_H

#include "command.h"
#include "director.h"
#include "error.h"

/**
 * run_command() - carry out a checked command
 *
 * Not for -R, -h and -v.
 *
 * Return: 0, or -1 with @error set.
 */
int run_command(struct director *director, const struct command *cmd,
		bool classic, struct error *error);

#endif
