/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHUNTADM_RESTORE_H
#define SHUNTADM_RESTORE_H

#include <stdio.h>

#include "command.h"
#include "error.h"
#include "table.h"

/**
 * struct restore - what -R was asked for
 * @program:	what messages call us
 * @file:	what is read, NULL for stdin
 * @classic:	as ipvsadm
 * @replace:	the file is the whole configuration
 * @keep_going:	carry out what can be
 */
struct restore {
	const char *program;
	const char *file;
	bool classic;
	bool replace;
	bool keep_going;
};

/**
 * restore_parse() - read all of @in, commands one a line
 * @steps:	a list of struct step, to be filled; up to a line that is wrong
 *
 * Empty lines and lines that begin with # do not count; a line may begin with
 * "ipvsadm" or "shuntadm".
 *
 * Return: 0, or -1 with @error set, which names the line.
 */
int restore_parse(FILE *in, const struct restore *restore, struct list *steps,
		  struct error *error);

/** restore_name_step() - say in which line it was, or what else it was about */
void restore_name_step(struct error *error, const struct restore *restore,
		       const struct step *step);

#endif
