// SPDX-License-Identifier: GPL-2.0-only
/*
 * faults commands: each line of the input is a command. Those of shuntadm are carried out by its own code in a child.
 *
 *   do COMMAND              shuntadm's, undisturbed
 *   undo [COMMAND]          what leads back from the steps that follow: shuntadm's, or "write FILE TEXT"
 *   step COMMAND            shuntadm's, with each of its allocations failing
 *   step write FILE TEXT    what is written to a file, likewise
 *   step read FILE          what is read
 *
 * A step that was hit may fail for lack of memory, and all is as it was; or it has done all that it does undisturbed.
 */
#define _GNU_SOURCE
#include "faults.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "director.h"
#include "save.h"

#define KNOBS	"/proc/sys/net/ipv4/vs"
#define WORDS	40

/* main() of tool/main.c. */
int shuntadm_main(int argc, const char **argv);

/* How a command ended: what it said is in SAID. */
struct end {
	bool hit;
	int status;
};

static char said[4096];
static char undo[512];

static int split(char *text, const char **words)
{
	int count = 0;

	while (count < WORDS - 1 && (words[count] = strsep(&text, " ")))
		count++;
	words[count] = NULL;
	return count;
}

static int read_all(const char *path)
{
	static char bytes[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC), got;

	if (fd < 0)
		return errno;
	while ((got = read(fd, bytes, sizeof(bytes))) > 0)
		;
	close(fd);
	return got < 0 ? errno : 0;
}

static int carry_out(int count, const char **words)
{
	int error;

	if (count == 4 && !strcmp(words[1], "write"))
		error = faults_write(words[2], words[3]);
	else if (count == 3 && !strcmp(words[1], "read"))
		error = read_all(words[2]);
	else
		return shuntadm_main(count, words);
	if (error)
		fprintf(stderr, "%s\n", strerror(error));
	return error ? 1 : 0;
}

/* In a child, whose output goes to a file without a name. */
static struct end run(const char *command, bool on, unsigned int n)
{
	int file = memfd_create("said", MFD_CLOEXEC), status;
	char copy[512] = "shuntadm ";
	const char *words[WORDS];
	pid_t pid = fork();
	ssize_t length;

	if (!pid) {
		struct end end;

		dup2(file, STDOUT_FILENO);
		dup2(file, STDERR_FILENO);
		strncat(copy, command, sizeof(copy) - 10);
		status = split(copy, words);
		faults_arm(on, n);
		end.status = carry_out(status, words);
		end.hit = faults_disarm();
		fflush(NULL);
		_exit((end.status ? 1 : 0) | (end.hit ? 2 : 0));
	}
	if (file < 0 || pid < 0 || waitpid(pid, &status, 0) != pid)
		err(1, "a child");
	length = pread(file, said, sizeof(said) - 1, 0);
	said[length < 0 ? 0 : length] = '\0';
	close(file);
	if (!WIFEXITED(status))
		errx(1, "%s: killed by signal %d", command, WTERMSIG(status));
	return (struct end){ .status = WEXITSTATUS(status) & 1, .hit = n && WEXITSTATUS(status) & 2 };
}

static bool run_well(const char *command)
{
	if (!*command || !run(command, false, 0).status)
		return true;
	printf("not ok - %s: %s", command, said);
	return false;
}

/* --- all that can be seen of a configuration */

static void put_knobs(FILE *out)
{
	struct dirent **names;
	int count = scandir(KNOBS, &names, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		char path[300], value[64];
		FILE *in;

		snprintf(path, sizeof(path), KNOBS "/%s", names[i]->d_name);
		in = names[i]->d_name[0] == '.' ? NULL : fopen(path, "r");
		if (in && fgets(value, sizeof(value), in))
			fprintf(out, "%s %s", names[i]->d_name, value);
		if (in)
			fclose(in);
		free(names[i]);
	}
	free(names);
}

static char *state(void)
{
	struct config config = CONFIG_EMPTY;
	struct director director;
	struct error error = { 0 };
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out || director_open(&director, false, &error) || director_config(&director, &config, &error))
		errx(1, "the configuration: %s", error_message(&error, false));
	table_sort(&config.table, false);
	save_timeouts(out, &config.timeouts);
	save_services(out, &config.table, true, false);
	put_knobs(out);
	fclose(out);
	config_free(&config);
	director_close(&director);
	return text;
}

/* --- steps */

/* What a step leads from and to, undisturbed. */
struct step_of {
	const char *command;
	char *before;
	char *after;
};

/* What is wrong with how it ended; NULL for nothing. */
static const char *judge(const struct step_of *step, const struct end *end)
{
	char *now = state();
	const char *wrong = NULL;

	if (end->status && strcmp(now, step->before))
		wrong = "refused, but something has changed";
	else if (!end->status && strcmp(now, step->after))
		wrong = "done, but not all of it";
	else if (end->status && !strcasestr(said, "memory"))
		wrong = "refused for another reason";
	if (wrong && strcmp(now, step->before) && strcmp(now, step->after))
		printf("# it is\n%s# and was\n%s", now, step->before);
	/* To where it was, should it be anywhere else. */
	if (strcmp(now, step->before))
		run_well(undo);
	free(now);
	return wrong;
}

static unsigned int in_turn(const struct step_of *step, bool on, unsigned int *bad)
{
	unsigned int n;

	for (n = 1; n < FAULTS_MOST; n++) {
		struct end end = run(step->command, on, n);
		const char *wrong = judge(step, &end);

		if (!end.hit && end.status)
			wrong = "refused without a reason";
		if (wrong) {
			++*bad;
			printf("# %s, allocation %u%s: %s: %s\n", step->command, n, on ? " and on" : "", wrong, said);
		}
		if (!end.hit)
			break;
	}
	return n - 1;
}

static void test_step(const char *command)
{
	struct step_of step = { .command = command, .before = state() };
	unsigned int bad = 0, one, on;

	if (!run_well(command))
		goto out;
	step.after = state();
	if (strcmp(step.before, step.after))
		run_well(undo);
	one = in_turn(&step, false, &bad);
	on = in_turn(&step, true, &bad);
	printf("%sok - %s: %u allocations, %u with all after it, %u of them go wrong\n", bad ? "not " : "", command, one, on,
	       bad);
	free(step.after);
out:
	free(step.before);
}

int faults_commands(FILE *in)
{
	char line[512];

	while (fgets(line, sizeof(line), in)) {
		char *rest = line, *word;

		line[strcspn(line, "\n")] = '\0';
		word = strsep(&rest, " ");
		if (!strcmp(word, "do"))
			run_well(rest);
		else if (!strcmp(word, "undo"))
			snprintf(undo, sizeof(undo), "%s", rest ? rest : "");
		else if (!strcmp(word, "step"))
			test_step(rest);
		else if (*word && *word != '#')
			errx(2, "%s?", word);
	}
	return 0;
}
