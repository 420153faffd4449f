// SPDX-License-Identifier: GPL-2.0-only
/*
 * shuntadm - configure a Shunt or IPVS director, as ipvsadm does.
 *
 * A command line is parsed (options.c), checked (check.c), carried out over
 * netlink (run.c, director.c) and only then printed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "check.h"
#include "help.h"
#include "options.h"
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
	return error_report(error, program->classic);
}

static int read_file(const struct restore *restore, struct list *steps,
		     struct error *error)
{
	FILE *in = restore->file ? fopen(restore->file, "re") : stdin;
	int failed;

	if (!in)
		return error_set(error, EXIT_USAGE, "cannot read %s: %s",
				 restore->file, strerror(errno));
	failed = restore_parse(in, restore, steps, error);
	if (in != stdin)
		fclose(in);
	return failed;
}

/* @wrong: what is wrong with the line after the last of @steps, if anything. */
static int apply(const struct restore *restore, struct list *steps,
		 const struct error *wrong)
{
	struct director director;
	struct error error = { 0 };
	int status;

	if (director_open(&director, restore->classic, &error))
		return error_report(&error, restore->classic);
	status = apply_file(&director, restore, steps);
	director_close(&director);
	return wrong->status ? error_report(wrong, restore->classic) : status;
}

/*
 * ipvsadm carries out what comes before a line that is wrong. Called by its own
 * name, shuntadm does nothing then.
 */
static int restore(const struct program *program, const struct command *cmd)
{
	struct restore how = {
		.program = program->name,
		.file = cmd->file,
		.classic = program->classic,
		.replace = command_has(cmd, OPT_REPLACE),
		.keep_going = command_has(cmd, OPT_KEEP_GOING),
	};
	struct list steps = LIST_OF(struct step);
	struct error wrong = { 0 };
	int status;

	if (read_file(&how, &steps, &wrong) &&
	    (!how.classic || how.replace || !steps.count))
		status = report(program, &wrong);
	else
		status = apply(&how, &steps, &wrong);
	list_free(&steps);
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

	/* There is one thread, so nobody to lock them against. */
	__fsetlocking(stdin, FSETLOCKING_BYCALLER);
	__fsetlocking(stdout, FSETLOCKING_BYCALLER);
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
		return flush(&program, restore(&program, &cmd));
	default:
		return flush(&program, run(&program, &cmd));
	}
}
