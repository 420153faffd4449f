/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands that change the director, as requests to it.
 */
#ifndef SHUNTADM_CHANGE_H
#define SHUNTADM_CHANGE_H

#include "command.h"
#include "director.h"
#include "error.h"

/** change_is() - is it such a command? */
bool change_is(const struct command *cmd);

/**
 * change_possible() - is the director one that can do what the command asks?
 *
 * What it refuses by itself is not asked for.
 *
 * Return: 0, or -1 with @error set.
 */
int change_possible(const struct director *director, const struct command *cmd,
		    struct error *error);

/**
 * change_run() - carry out one of them
 *
 * Return: 0, or -1 with @error set.
 */
int change_run(struct director *director, const struct command *cmd,
	       struct error *error);

/** change_refused_fn - told of a step that is refused; nonzero: send no more */
typedef int (*change_refused_fn)(const struct step *step, struct error *error,
				 void *arg);

/**
 * change_run_all() - carry out many, in their order
 * @steps:	all of them change something
 * @whole:	one that is refused spoils them all; a new service may go together
 *		with the real servers added to it right behind it then, of which
 *		nothing is carried out where one is refused
 *
 * Some more may have been carried out after one that is refused.
 *
 * Return: 0, or -1 with @error set when it is unknown what was carried out.
 */
int change_run_all(struct director *director, const struct step *steps,
		   size_t count, bool whole, change_refused_fn refused,
		   void *arg, struct error *error);

#endif
