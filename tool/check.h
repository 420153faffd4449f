/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHUNTADM_CHECK_H
#define SHUNTADM_CHECK_H

#include "command.h"
#include "error.h"

/**
 * check_command() - do these options go together?
 * @classic:	accept, as ipvsadm does, options that have no effect
 *
 * Looks at the command line only: what the director supports is the kernel's
 * to say.
 *
 * Return: 0, or -1 with @error set.
 */
int check_command(const struct command *cmd, bool classic,
		  struct error *error);

#endif
