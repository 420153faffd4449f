/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A command line's words, one option after the other.
 *
 * popt decides what they mean. Where that is plain (each option a word of its
 * own, its value the next one, as -S writes them) popt is not asked: a file with
 * thousands of lines is read ten times as fast so.
 */
#ifndef SHUNTADM_SCAN_H
#define SHUNTADM_SCAN_H

#include <popt.h>

#include "options.h"

/* More words than that are popt's. */
#define SCAN_WORDS	24

/**
 * struct scan - where we are
 * @classic:	only ipvsadm's options are known
 * @def:	where the words are plain: the option that each is, NULL for none
 * @popt:	NULL where the words are plain
 * @typed:	the option as it stands on the command line
 * @arg:	its value, or NULL; good until the next step
 * @fault:	what is wrong with @typed
 */
struct scan {
	int argc;
	const char **argv;
	bool classic;
	const struct option_def *def[SCAN_WORDS];
	int option;
	int word;
	poptContext popt;
	char *popt_arg;
	const char *typed;
	const char *arg;
	const char *fault;
};

/** scan_open() - begin with argv[1] */
void scan_open(struct scan *scan, int argc, const char **argv, bool classic);

void scan_close(struct scan *scan);

/**
 * scan_option() - the next option
 *
 * Return: NULL after the last one, and where @fault is set.
 */
const struct option_def *scan_option(struct scan *scan);

/** scan_word() - after the options: the next word that belongs to none, or NULL */
const char *scan_word(struct scan *scan);

#endif
