// SPDX-License-Identifier: GPL-2.0-only
#include "restore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "names.h"
#include "options.h"

#define WORDS_MAX 64

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What a file made for a shell has in front of its options. */
static bool is_program(const char *word)
{
	return !strcmp(word, "ipvsadm") || !strcmp(word, "shuntadm");
}

/* Cuts the next word off @rest; NULL at the end. */
static char *next_word(char **rest)
{
	char *word = *rest, *end;

	while (is_blank(*word))
		word++;
	/* Most of a line is neither blank nor its end, and above both. */
	for (end = word; *end > ' ' || (*end && !is_blank(*end)); end++)
		;
	*rest = end;
	if (*end)
		*(*rest)++ = '\0';
	return end > word ? word : NULL;
}

/* Splits @line in place into argv[1] and on; false for too many words. */
static bool split(char *line, const char **argv, int *argc)
{
	char *word = next_word(&line);

	if (word && is_program(word))
		word = next_word(&line);
	for (*argc = 1; word; word = next_word(&line)) {
		if (*argc == WORDS_MAX - 1)
			return false;
		argv[(*argc)++] = word;
	}
	argv[*argc] = NULL;
	return true;
}

/* A step that no line asks for: "delete-server 10.0.0.1:80 of 1.2.3.4:80". */
static void describe(char *text, size_t size, const struct command *cmd)
{
	char service[NAMES_SIZE] = "", server[NAMES_SIZE] = "";

	if (cmd->service.fwmark)
		sprintf(service, "FWM %u%s", cmd->service.fwmark,
			cmd->service.addr.family == AF_INET6 ? " IPv6" : "");
	else if (cmd->service.addr.family)
		names_endpoint(service, &cmd->service.addr, cmd->service.port,
			       cmd->service.protocol, true);
	if (cmd->dest.addr.family)
		names_endpoint(server, &cmd->dest.addr, cmd->dest.port,
			       cmd->service.protocol, true);
	snprintf(text, size, "%s%s%s%s%s", command_name(cmd->id),
		 *server ? " " : "", server,
		 *server ? " of " : *service ? " " : "", service);
}

void restore_name_step(struct error *error, const struct restore *restore,
		       const struct step *step)
{
	char message[sizeof(error->text) - 256], what[256];

	snprintf(message, sizeof(message), "%s", error_message(error, false));
	if (!step->line)
		describe(what, sizeof(what), &step->cmd);
	else if (restore->file)
		snprintf(what, sizeof(what), "%.200s:%u", restore->file,
			 step->line);
	else
		sprintf(what, "line %u", step->line);
	error_replace(error, "%s: %s", what, message);
}

static int parse_line(char *text, const struct restore *restore,
		      struct command *cmd, struct error *error)
{
	const char *argv[WORDS_MAX];
	int argc;

	cmd->id = CMD_NONE;
	argv[0] = restore->program;
	if (!split(text, argv, &argc))
		return error_set(error, EXIT_USAGE, "too many words");
	if (argc == 1 || argv[1][0] == '#')
		return 0;
	if (options_parse(argc, argv, cmd, error) ||
	    check_command(cmd, restore->classic, error))
		return -1;
	if (cmd->id == CMD_RESTORE || cmd->id == CMD_HELP ||
	    cmd->id == CMD_VERSION || cmd->id == CMD_MONITOR)
		return error_set(error, EXIT_KERNEL,
				 "the '%s' command cannot be restored",
				 command_name(cmd->id));
	/*
	 * On a command line that port is a slip. In what -S wrote it is what
	 * another program configured, and where the server is found again.
	 */
	if (!restore->classic && command_has(cmd, OPT_SERVER))
		cmd->dest.port = cmd->server_port;
	return 0;
}

int restore_parse(FILE *in, const struct restore *restore, struct list *steps,
		  struct error *error)
{
	struct step step = { 0 };
	char *text = NULL;
	size_t size = 0;
	ssize_t length;
	int failed = 0;

	while (!failed && (length = getline(&text, &size, in)) >= 0) {
		step.line++;
		/* ipvsadm drops what follows it without a word. */
		if (!restore->classic && strlen(text) != (size_t)length)
			failed = error_set(error, EXIT_USAGE,
					   "a NUL character, where text is expected");
		else
			failed = parse_line(text, restore, &step.cmd, error);
		if (failed)
			restore_name_step(error, restore, &step);
		else if (step.cmd.id != CMD_NONE && !list_add(steps, &step))
			failed = error_set(error, EXIT_KERNEL, "%s",
					   strerror(ENOMEM));
	}
	free(text);
	if (!failed && ferror(in))
		failed = error_set(error, EXIT_USAGE, "cannot read %s: %s",
				   restore->file ? restore->file : "stdin",
				   strerror(errno));
	return failed;
}
