// SPDX-License-Identifier: GPL-2.0-only
#include "scan.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const struct option_def *letters[UCHAR_MAX + 1];
/* Of ours, and of ipvsadm. */
static struct poptOption *popt_tables[2];

/* The table by letter, and in popt's own form; popt gives back index + 1. */
static void make_tables(bool classic)
{
	struct poptOption *option;
	size_t count = 0;

	while (option_table[count].help)
		count++;
	option = calloc(count + 1, sizeof(*option));
	if (!option)
		abort();
	popt_tables[classic] = option;
	for (size_t i = 0; i < count; i++) {
		const struct option_def *def = &option_table[i];

		if (classic && def->own)
			continue;
		letters[(unsigned char)def->letter] = def;
		option->longName = def->name;
		option->shortName = def->letter;
		option->val = i + 1;
		option->argInfo = def->value == VALUE_NONE ?
				  POPT_ARG_NONE : POPT_ARG_STRING;
		if (def->value == VALUE_OPTIONAL)
			option->argInfo |= POPT_ARGFLAG_OPTIONAL;
		option++;
	}
	letters[0] = NULL;
}

/* The option that @word is, if it is "-x" or "--name" and no more. */
static const struct option_def *plain_option(const char *word)
{
	if (word[1] != '-')
		return word[1] && !word[2] ?
		       letters[(unsigned char)word[1]] : NULL;
	for (const struct option_def *def = option_table; def->help; def++)
		if (def->name && !strcmp(def->name, word + 2))
			return def;
	return NULL;
}

/* How many words follow the option in argv[@i] as its value. */
static int value_words(const struct scan *scan, int i,
		       const struct option_def *def)
{
	if (def->value == VALUE_REQUIRED)
		return 1;
	return def->value == VALUE_OPTIONAL && i + 1 < scan->argc &&
	       scan->argv[i + 1][0] != '-';
}

static bool read_plain(struct scan *scan)
{
	if (scan->argc > SCAN_WORDS)
		return false;
	for (int i = 1; i < scan->argc; i++) {
		const struct option_def *def = NULL;

		if (scan->argv[i][0] == '-') {
			def = plain_option(scan->argv[i]);
			if (!def || (scan->classic && def->own))
				return false;
		}
		scan->def[i] = def;
		if (def)
			i += value_words(scan, i, def);
		if (i >= scan->argc)
			return false;
	}
	return true;
}

void scan_open(struct scan *scan, int argc, const char **argv, bool classic)
{
	if (!popt_tables[classic])
		make_tables(classic);
	scan->argc = argc;
	scan->argv = argv;
	scan->classic = classic;
	scan->option = 1;
	scan->word = 1;
	scan->popt = NULL;
	scan->popt_arg = NULL;
	scan->typed = NULL;
	scan->arg = NULL;
	scan->fault = NULL;
	if (!read_plain(scan))
		scan->popt = poptGetContext(NULL, argc, argv,
					    popt_tables[classic], 0);
}

void scan_close(struct scan *scan)
{
	free(scan->popt_arg);
	if (scan->popt)
		poptFreeContext(scan->popt);
}

static const struct option_def *popt_option(struct scan *scan)
{
	int value = poptGetNextOpt(scan->popt);

	if (value == -1)
		return NULL;
	scan->typed = poptBadOption(scan->popt, POPT_BADOPTION_NOALIAS);
	if (value < -1) {
		scan->fault = poptStrerror(value);
		return NULL;
	}
	free(scan->popt_arg);
	scan->popt_arg = poptGetOptArg(scan->popt);
	scan->arg = scan->popt_arg;
	return &option_table[value - 1];
}

const struct option_def *scan_option(struct scan *scan)
{
	if (scan->popt)
		return popt_option(scan);
	while (scan->option < scan->argc) {
		int i = scan->option++;
		const struct option_def *def = scan->def[i];

		if (!def)
			continue;
		scan->typed = scan->argv[i];
		scan->arg = NULL;
		if (value_words(scan, i, def))
			scan->arg = scan->argv[scan->option++];
		return def;
	}
	return NULL;
}

const char *scan_word(struct scan *scan)
{
	if (scan->popt)
		return poptGetArg(scan->popt);
	while (scan->word < scan->argc) {
		int i = scan->word++;

		if (!scan->def[i])
			return scan->argv[i];
		scan->word += value_words(scan, i, scan->def[i]);
	}
	return NULL;
}
