/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHUNTADM_OPTIONS_H
#define SHUNTADM_OPTIONS_H

#include "command.h"
#include "error.h"

enum option_section {
	SECTION_COMMAND,
	SECTION_SERVICE,
	SECTION_SCHEDULING,
	SECTION_CONNECTIONS,
	SECTION_SERVER,
	SECTION_LIST,
	SECTION_RESTORE,
	SECTION_DAEMON,
};

enum option_value { VALUE_NONE, VALUE_REQUIRED, VALUE_OPTIONAL };

/**
 * struct option_def - one spelling of a command or an option
 * @name:	long name, NULL where there is only a letter
 * @letter:	short name, or 0
 * @is_command:	@id is an enum command_id, else an enum option_id
 * @param:	what tells spellings of one @id apart (-t and -u, -g and -m)
 * @arg:	what --help calls the value
 * @own:	ipvsadm does not have it
 */
struct option_def {
	const char *name;
	char letter;
	enum option_section section;
	bool is_command;
	int id;
	int param;
	enum option_value value;
	const char *arg;
	const char *help;
	bool own;
};

/** option_table - every command and option there is; ends with a zeroed entry */
extern const struct option_def option_table[];

/** options_classic() - is a program of this name to be ipvsadm? */
bool options_classic(const char *name);

/**
 * options_parse() - a command line into a struct command
 * @argv:	argv[0] says which options there are, ipvsadm's or ours too
 *
 * Bare "shuntadm" lists.
 *
 * Return: 0, or -1 with @error set.
 */
int options_parse(int argc, const char **argv, struct command *cmd,
		  struct error *error);

#endif
