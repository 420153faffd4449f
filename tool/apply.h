/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHUNTADM_APPLY_H
#define SHUNTADM_APPLY_H

#include "director.h"
#include "restore.h"

/**
 * apply_file() - carry out the commands of a file
 * @steps:	of struct step
 *
 * A command that the kernel refuses undoes all of them, unless @restore is
 * classic or says to keep going. So does SIGHUP, SIGINT or SIGTERM, which then
 * end the process as they would have. What goes wrong is printed.
 *
 * Return: what to exit with.
 */
int apply_file(struct director *director, const struct restore *restore,
	       struct list *steps);

#endif
