// SPDX-License-Identifier: GPL-2.0-only
#include "restore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "options.h"

#define WORDS_MAX 64
#define BLANKS " \t\r\n"

/* Splits @line in place into argv[1] and on; false for too many words. */
static bool split(char *line, const char **argv, int *argc)
{
	char *rest = NULL;
	char *word = strtok_r(line, BLANKS, &rest);

	if (word && (!strcmp(word, "ipvsadm") || !strcmp(word, "shuntadm")))
		word = strtok_r(NULL, BLANKS, &rest);
	for (*argc = 1; word; word = strtok_r(NULL, BLANKS, &rest)) {
		if (*argc == WORDS_MAX - 1)
			return false;
		argv[(*argc)++] = word;
	}
	argv[*argc] = NULL;
	return true;
}

void restore_name_line(struct error *error, unsigned int number)
{
	char message[sizeof(error->text) - 32];

	snprintf(message, sizeof(message), "%s", error_message(error, false));
	error_replace(error, "line %u: %s", number, message);
}

static int parse_line(char *text, const char *program, bool classic,
		      struct command *cmd, struct error *error)
{
	const char *argv[WORDS_MAX] = { program };
	int argc;

	cmd->id = CMD_NONE;
	if (!split(text, argv, &argc))
		return error_set(error, EXIT_USAGE, "too many words");
	if (argc == 1 || argv[1][0] == '#')
		return 0;
	if (options_parse(argc, argv, cmd, error) ||
	    check_command(cmd, classic, error))
		return -1;
	if (cmd->id == CMD_RESTORE || cmd->id == CMD_HELP ||
	    cmd->id == CMD_VERSION || cmd->id == CMD_MONITOR)
		return error_set(error, EXIT_KERNEL,
				 "the '%s' command cannot be restored",
				 command_name(cmd->id));
	return 0;
}

int restore_parse(FILE *in, const char *program, bool classic,
		  struct list *lines, struct error *error)
{
	struct restore_line line = { 0 };
	char *text = NULL;
	size_t size = 0;
	int failed = 0;

	while (!failed && getline(&text, &size, in) >= 0) {
		line.number++;
		failed = parse_line(text, program, classic, &line.cmd, error);
		if (failed)
			restore_name_line(error, line.number);
		else if (line.cmd.id != CMD_NONE && !list_add(lines, &line))
			failed = error_set(error, EXIT_KERNEL, "%s",
					   strerror(ENOMEM));
	}
	free(text);
	return failed;
}
