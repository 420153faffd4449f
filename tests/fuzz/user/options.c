// SPDX-License-Identifier: GPL-2.0-only
/*
 * tool/scan.c, options.c, values.c, parse.c and check.c: any words as a command
 * line, a line of the input each.
 *
 * Where the words are plain they are read without popt, which has to come to the
 * same: "-nn" in front is plain to popt alone.
 */
#include "options.h"

#include <string.h>

#include "check.h"
#include "fuzz.h"
#include "scan.h"

#define WORDS	30

/* Both have two -n in front, which do not count. */
struct line {
	int argc;
	const char *argv[WORDS + 4];
	struct scan scan;
};

static void open_line(struct line *line, bool plain, bool classic, int argc,
		      char **words)
{
	line->argc = 0;
	line->argv[line->argc++] = "shuntadm";
	line->argv[line->argc++] = plain ? "-n" : "-nn";
	if (plain)
		line->argv[line->argc++] = "-n";
	memcpy(line->argv + line->argc, words, argc * sizeof(*words));
	line->argc += argc;
	line->argv[line->argc] = NULL;
	scan_open(&line->scan, line->argc, line->argv, classic);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void check_scan(int argc, char **words, bool classic)
{
	const struct option_def *def;
	struct line a, b;
	const char *word;

	open_line(&a, true, classic, argc, words);
	open_line(&b, false, classic, argc, words);
	must(b.scan.popt, "that is popt's");
	do {
		def = scan_option(&a.scan);
		must(scan_option(&b.scan) == def, "%s, %s", a.scan.typed,
		     b.scan.typed);
		must(!def || same_text(a.scan.arg, b.scan.arg), "%s: %s, %s",
		     a.scan.typed, a.scan.arg, b.scan.arg);
	} while (def);
	must(same_text(a.scan.fault, b.scan.fault), "%s, %s", a.scan.fault,
	     b.scan.fault);
	while (!a.scan.fault) {
		word = scan_word(&a.scan);
		must(same_text(scan_word(&b.scan), word), "%s", word);
		if (!word)
			break;
	}
	scan_close(&a.scan);
	scan_close(&b.scan);
}

/* What is refused says why, with a status; what is not says nothing. */
static void check_line(int argc, char **words, const char *program)
{
	const char *argv[WORDS + 2] = { program };
	struct error error = { 0 };
	struct command cmd;
	int failed;

	memcpy(argv + 1, words, argc * sizeof(*words));
	failed = options_parse(argc + 1, argv, &cmd, &error) ||
		 check_command(&cmd, options_classic(program), &error);
	must(!failed == !error.status, "%d, status %d", failed, error.status);
	must(!failed || (*error_message(&error, true) &&
			 *error_message(&error, false)), "no text");
	must(failed || (cmd.id > CMD_NONE && cmd.id < N_COMMANDS), "%d",
	     cmd.id);
	must(failed || !command_has(&cmd, OPT_SERVICE) ||
	     cmd.service.fwmark || cmd.service.addr.family, "no service");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *rest = text, *words[WORDS];
	int argc = 0;

	memcpy(text, data, size);
	text[size] = '\0';
	while (rest && argc < WORDS)
		words[argc++] = strsep(&rest, "\n");
	check_scan(argc, words, false);
	check_scan(argc, words, true);
	check_line(argc, words, "shuntadm");
	check_line(argc, words, "ipvsadm");
	free(text);
	return 0;
}
