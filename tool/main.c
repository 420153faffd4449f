// SPDX-License-Identifier: GPL-2.0-only
/*
 * shuntadm - configure a Shunt or IPVS director, as ipvsadm does.
 *
 * A command line is parsed (options.c), checked (check.c), carried out over
 * netlink (run.c, director.c) and only then printed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "help.h"
#include "options.h"
#include "restore.h"
#include "run.h"

/**
 * struct program - how we were called
 * @classic:	as ipvsadm, whose texts and habits are expected then
 */
struct program {
	const char *name;
	bool classic;
};

static int report(const struct program *program, const struct error *error)
{
	fflush(stdout);
	fprintf(stderr, "%s\n", error_message(error, program->classic));
	return error->status;
}

/*
 * A line that the kernel refuses does not keep the others from being applied.
 * ipvsadm exits with the status of the last one, which hides the others'.
 */
static int restore_run(const struct program *program,
		       struct director *director, const struct list *lines)
{
	int status = 0;

	for (size_t i = 0; i < lines->count; i++) {
		const struct restore_line *line =
			list_at(lines, struct restore_line, i);
		struct error error = { 0 };

		if (run_command(director, &line->cmd, program->classic,
				&error)) {
			restore_name_line(&error, line->number);
			report(program, &error);
		}
		if (program->classic || error.status)
			status = error.status;
	}
	return status;
}

static int restore(const struct program *program)
{
	struct list lines = LIST_OF(struct restore_line);
	struct error error = { 0 };
	struct director director;
	int status;

	if (restore_parse(stdin, program->name, program->classic, &lines,
			  &error) ||
	    director_open(&director, program->classic, &error)) {
		status = report(program, &error);
	} else {
		status = restore_run(program, &director, &lines);
		director_close(&director);
	}
	list_free(&lines);
	return status;
}

static int run(const struct program *program, const struct command *cmd)
{
	struct director director;
	struct error error = { 0 };

	if (director_open(&director, program->classic, &error))
		return report(program, &error);
	run_command(&director, cmd, program->classic, &error);
	director_close(&director);
	return error.status ? report(program, &error) : 0;
}

/* What did not reach a full disk or a closed pipe has to show in the status. */
static int flush(const struct program *program, int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	fprintf(stderr, "%s: cannot write the output: %s\n", program->name,
		strerror(errno));
	return status ? status : EXIT_MISSING;
}

int main(int argc, const char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	struct program program = { .name = slash ? slash + 1 : argv[0] };
	struct error error = { 0 };
	struct command cmd;

	program.classic = !strcmp(program.name, "ipvsadm");
	if (options_parse(argc, argv, &cmd, &error) ||
	    check_command(&cmd, program.classic, &error))
		return report(&program, &error);

	switch (cmd.id) {
	case CMD_HELP:
		help_version(stdout, program.classic);
		help_print(stdout, program.name);
		return flush(&program, 0);
	case CMD_VERSION:
		help_version(stdout, program.classic);
		return flush(&program, 0);
	case CMD_RESTORE:
		return flush(&program, restore(&program));
	default:
		return flush(&program, run(&program, &cmd));
	}
}
