// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files carried out and undone, on a model of a kernel: it has real servers of
 * one service, and goes on with what follows a refused change, as a kernel does.
 * The linker puts it in the place of the real one (--wrap).
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apply.h"
#include "change.h"
#include "unit.h"

#define SERVERS 256

/*
 * Which there are, and all that was asked for: "a1 d2". Number 99 is refused, at
 * 98 the way to the kernel breaks, at 97 somebody interrupts us. A child's is seen.
 */
static bool present[SERVERS];
#define ASKED_SIZE 65536
static char *asked;

static int number_of(const struct command *cmd)
{
	return ntohl(cmd->dest.addr.word[0]) & 0xff;
}

static struct service the_service(void)
{
	return (struct service){
		.addr = { .family = AF_INET, .word = { htonl(0x01020304) } },
		.protocol = IPPROTO_TCP,
		.port = 80,
		.sched = "rr",
	};
}

static struct step step_of(enum command_id id, int number)
{
	struct step step = {
		.line = 1,
		.cmd = {
			.id = id,
			.service = the_service(),
			.dest = {
				.addr = {
					.family = AF_INET,
					.word = { htonl(0x0a000000 + number) },
				},
				.port = 80,
				.weight = 1,
			},
		},
	};

	return step;
}

int __wrap_director_config(struct director *director, struct config *config,
			   struct error *error);
int __wrap_change_run_all(struct director *director, const struct step *steps,
			  size_t count, bool whole, change_refused_fn refused,
			  void *arg, struct error *error);

int __wrap_director_config(struct director *director, struct config *config,
			   struct error *error)
{
	struct entry entry = {
		.service = the_service(),
		.dests = LIST_OF(struct dest),
	};

	(void)director;
	(void)error;
	for (int i = 0; i < SERVERS; i++) {
		struct step step = step_of(CMD_ADD_SERVER, i);

		if (present[i])
			list_add(&entry.dests, &step.cmd.dest);
	}
	list_add(&config->table, &entry);
	return 0;
}

/* What a line does; false where it is refused. */
static bool carry_out(const struct command *cmd)
{
	static const char letters[N_COMMANDS] = {
		[CMD_ADD_SERVER] = 'a', [CMD_EDIT_SERVER] = 'e',
		[CMD_DELETE_SERVER] = 'd', [CMD_ZERO] = 'z',
	};
	int number = number_of(cmd);
	bool is_new = cmd->id == CMD_ADD_SERVER;

	snprintf(strchr(asked, '\0'), 8, "%s%c%d", *asked ? " " : "",
		 letters[cmd->id], number);
	if (cmd->id == CMD_ZERO)
		return true;
	if (number == 99 || present[number] == is_new)
		return false;
	present[number] = cmd->id != CMD_DELETE_SERVER;
	return true;
}

int __wrap_change_run_all(struct director *director, const struct step *steps,
			  size_t count, bool whole, change_refused_fn refused,
			  void *arg, struct error *error)
{
	(void)director;
	(void)whole;
	for (size_t i = 0; i < count; i++) {
		struct error refusal = { 0 };

		if (number_of(&steps[i].cmd) == 97)
			raise(SIGTERM);
		if (number_of(&steps[i].cmd) == 98)
			return error_set(error, EXIT_KERNEL, "broken");
		if (carry_out(&steps[i].cmd))
			continue;
		error_set(&refusal, EXIT_KERNEL, "refused");
		refused(&steps[i], &refusal, arg);
	}
	return 0;
}

/* "a1 d2 e3 q4": add, delete, edit, edit to the weight 0; z: zero, l: list. */
static void parse(const char *text, struct list *steps)
{
	static const enum command_id ids[] = {
		['a'] = CMD_ADD_SERVER, ['d'] = CMD_DELETE_SERVER,
		['e'] = CMD_EDIT_SERVER, ['q'] = CMD_EDIT_SERVER,
		['z'] = CMD_ZERO, ['l'] = CMD_LIST,
	};

	for (; text; text = strchr(text, ' ')) {
		struct step step;

		text += *text == ' ';
		step = step_of(ids[(int)*text], atoi(text + 1));
		step.cmd.dest.weight = *text != 'q';
		list_add(steps, &step);
	}
}

/* Servers 1..3 are there. What goes to stderr is of no interest. */
static int apply(const struct restore *restore, const char *text)
{
	struct list steps = LIST_OF(struct step);
	struct director director = { 0 };
	int status;

	memset(present, 0, sizeof(present));
	present[1] = present[2] = present[3] = true;
	*asked = '\0';
	parse(text, &steps);
	status = apply_file(&director, restore, &steps);
	list_free(&steps);
	return status;
}

/* What is asked for when that is applied, undoing included. */
static void expect_asked(const struct restore *restore, const char *text,
			 int status, const char *wanted)
{
	expect(apply(restore, text) == status, "\"%s\" exits with %d", text,
	       status);
	expect_text(asked, wanted, wanted);
}

static void refusals(void)
{
	struct restore restore = { .program = "shuntadm" };

	expect_asked(&restore, "a4 d1 a5", 0, "a4 d1 a5");
	expect_asked(&restore, "a4 a99 a5", EXIT_KERNEL, "a4 a99 a5 d4 d5");
	/* Nothing is taken away after a refused line. */
	expect_asked(&restore, "a99 d1", EXIT_KERNEL, "a99");
	expect_asked(&restore, "a99 z0", EXIT_KERNEL, "a99");
	expect_asked(&restore, "a99 q1", EXIT_KERNEL, "a99");
	expect_asked(&restore, "a99 e1", EXIT_KERNEL, "a99 e1");
	expect_asked(&restore, "d99 d1", EXIT_KERNEL, "d99");
	expect_asked(&restore, "d1 a99 d2", EXIT_KERNEL, "d1 a99 a1");
	restore.keep_going = true;
	expect_asked(&restore, "a99 d1", EXIT_KERNEL, "a99 d1");
}

/* What is asked for after a list goes out apart from what is before it. */
static void breaks(void)
{
	struct restore restore = { .program = "shuntadm" };

	expect_asked(&restore, "a4 a98 a5", EXIT_KERNEL, "a4 d4");
	restore.keep_going = true;
	expect_asked(&restore, "a4 a98 a5", EXIT_KERNEL, "a4");
	restore = (struct restore){ .program = "ipvsadm", .classic = true };
	expect_asked(&restore, "a4 a99", EXIT_KERNEL, "a4 a99");
	expect_asked(&restore, "a99 a4", 0, "a99 a4");
	expect_asked(&restore, "a99 a98 l0 a5", EXIT_KERNEL, "a99");
}

/* In a child, which dies of it. */
static void expect_interrupted(const struct restore *restore, const char *text,
			       const char *wanted)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid)
		_exit(apply(restore, text));
	waitpid(pid, &status, 0);
	expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM,
	       "\"%s\" is interrupted", text);
	expect_text(asked, wanted, wanted);
}

static void interruptions(void)
{
	struct restore restore = { .program = "shuntadm" };

	/* What goes out together does so, and no more. */
	expect_interrupted(&restore, "a4 a97 a5 d1", "a4 a97 a5 d4 d5 d97");
	expect_interrupted(&restore, "a4 a97", "a4 a97 d4 d97");
	signal(SIGTERM, SIG_IGN);
	expect_asked(&restore, "a4 a97 a5 d1", 0, "a4 a97 a5 d1");
	signal(SIGTERM, SIG_DFL);
	restore.keep_going = true;
	expect_interrupted(&restore, "a4 a97 a5 d1", "a4");
}

/* There is a look at signals now and then, however many lines there are. */
static void many(void)
{
	struct restore restore = { .program = "shuntadm" };
	char text[16 * 1024] = "a97";

	for (int i = 0; i < 5000; i++)
		strcat(text, " e1");
	if (!fork())
		_exit(apply(&restore, text));
	wait(NULL);
	expect(strlen(asked) < 5000 && strstr(asked, "d97"),
	       "one of 5000 lines interrupted: %zu characters", strlen(asked));
}

int main(void)
{
	asked = mmap(NULL, ASKED_SIZE, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (asked == MAP_FAILED)
		return 1;
	/* A child shall not write what is in the buffer again. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	refusals();
	breaks();
	interruptions();
	many();
	return unit_end();
}
