/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHUNTADM_RESTORE_H
#define SHUNTADM_RESTORE_H

#include <stdio.h>

#include "command.h"
#include "error.h"
#include "table.h"

/**
 * struct restore_line - a command of the file and where it stood
 */
struct restore_line {
	unsigned int number;
	struct command cmd;
};

/**
 * restore_parse() - read all of @in, commands one a line
 * @program:	what messages call us
 * @lines:	a list of struct restore_line, to be filled
 *
 * Empty lines and lines that begin with # do not count; a line may begin with
 * "ipvsadm" or "shuntadm".
 *
 * Return: 0, or -1 with @error set, which names the line.
 */
int restore_parse(FILE *in, const char *program, bool classic,
		  struct list *lines, struct error *error);

/** restore_name_line() - say in which line it was */
void restore_name_line(struct error *error, unsigned int number);

#endif
