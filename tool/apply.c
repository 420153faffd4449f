// SPDX-License-Identifier: GPL-2.0-only
#include "apply.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "change.h"
#include "plan.h"
#include "run.h"

/**
 * struct work - commands being carried out
 * @keep_going:	a refusal is no reason to stop
 * @failed:	the step that was refused last
 * @broken:	it came to an end before its end, for another reason
 * @status:	what it would exit with
 */
struct work {
	struct director *director;
	const struct restore *restore;
	bool keep_going;
	const struct step *failed;
	bool broken;
	int status;
};

static void break_off(struct work *work, const struct error *error)
{
	work->status = error_report(error, work->restore->classic);
	work->broken = true;
}

static void fail(struct work *work, const struct step *step,
		 struct error *error)
{
	restore_name_step(error, work->restore, step);
	work->status = error_report(error, work->restore->classic);
	work->failed = step;
}

/* Where one refusal ends it all, those that follow from it are no news. */
static int on_refused(const struct step *step, struct error *error, void *arg)
{
	struct work *work = arg;

	if (work->keep_going || !work->failed)
		fail(work, step, error);
	return !work->keep_going;
}

/* So many changes go out between two looks at signals. */
#define TOGETHER_MAX 1024

/* What undoing cannot bring back, or not without a gap. */
static bool takes_away(const struct command *cmd)
{
	switch (cmd->id) {
	case CMD_DELETE_SERVICE:
	case CMD_DELETE_SERVER:
	case CMD_FLUSH:
	case CMD_ZERO:
	case CMD_STOP_DAEMON:
		return true;
	case CMD_EDIT_SERVER:
		return !cmd->dest.weight;
	default:
		return false;
	}
}

/*
 * How many changes may go out together. What follows a refused one is carried
 * out nevertheless, so where that ends it all, nothing is taken away before all
 * that came first is known to have worked.
 */
static size_t count_changes(const struct work *work, const struct list *steps,
			    size_t first)
{
	size_t end = first;

	for (; end < steps->count && end - first < TOGETHER_MAX; end++) {
		const struct command *cmd =
			&list_at(steps, struct step, end)->cmd;

		if (!change_is(cmd) ||
		    (end > first && !work->keep_going && takes_away(cmd)))
			break;
	}
	return end - first;
}

static const int deadly[] = { SIGHUP, SIGINT, SIGTERM };

#define N_DEADLY (sizeof(deadly) / sizeof(deadly[0]))

/* Was one held back that would have ended us? */
static bool is_pending(void)
{
	sigset_t set;

	sigpending(&set);
	for (size_t i = 0; i < N_DEADLY; i++)
		if (sigismember(&set, deadly[i]))
			return true;
	return false;
}

/*
 * What is half done is undone first, and what is undone is undone to the end.
 * Nor does it matter that nobody reads what a line prints. @old: what was blocked.
 */
static void hold_signals(sigset_t *old)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	for (size_t i = 0; i < N_DEADLY; i++) {
		struct sigaction action;

		/* One that nohup ignores would be pending, too. */
		sigaction(deadly[i], NULL, &action);
		if (action.sa_handler != SIG_IGN)
			sigaddset(&set, deadly[i]);
	}
	sigprocmask(SIG_BLOCK, &set, old);
}

/* Nothing that keeps going holds signals, so they end that where it is. */
static bool is_interrupted(struct work *work)
{
	struct error error = { 0 };

	if (work->keep_going || !is_pending())
		return false;
	error_set(&error, EXIT_KERNEL, "Interrupted");
	break_off(work, &error);
	return true;
}

/* Changes go out together, what prints something has to wait for them. */
static void carry_out(struct work *work, const struct list *steps)
{
	size_t done;

	for (size_t i = 0; i < steps->count; i += done) {
		const struct step *step = list_at(steps, struct step, i);
		struct error error = { 0 };

		done = count_changes(work, steps, i);
		if (done && change_run_all(work->director, step, done,
					   !work->keep_going, on_refused, work,
					   &error)) {
			break_off(work, &error);
			return;
		}
		if (!done && run_command(work->director, &step->cmd,
					 work->restore->classic, &error))
			fail(work, step, &error);
		done += !done;
		if ((work->failed && !work->keep_going) ||
		    is_interrupted(work))
			return;
	}
}

static bool names_daemon(const struct list *steps)
{
	for (size_t i = 0; i < steps->count; i++) {
		enum command_id id = list_at(steps, struct step, i)->cmd.id;

		if (id == CMD_START_DAEMON || id == CMD_STOP_DAEMON)
			return true;
	}
	return false;
}

/* What is configured now, as steps; daemons are left out where none is meant. */
static int fetch(struct director *director, bool daemons, struct list *steps,
		 struct error *error)
{
	struct config config = CONFIG_EMPTY;
	int failed = director_config(director, &config, error);

	if (!daemons)
		list_free(&config.daemons);
	if (!failed && config_steps(&config, steps))
		failed = error_set(error, EXIT_KERNEL, "%s", strerror(ENOMEM));
	config_free(&config);
	return failed;
}

/* Makes @from into @to; what is refused then is printed and left out. */
static int change_over(struct work *work, struct list *from, struct list *to,
		       struct error *error)
{
	struct list plan = LIST_OF(struct step);
	int failed = plan_make(from, to, &plan);

	if (failed)
		error_set(error, EXIT_KERNEL, "%s", strerror(ENOMEM));
	else
		carry_out(work, &plan);
	list_free(&plan);
	return failed;
}

/* Brings @before back; what stayed the same is not touched. */
static void undo(struct director *director, const struct restore *restore,
		 bool daemons, struct list *before)
{
	struct work work = {
		.director = director,
		.restore = restore,
		.keep_going = true,
	};
	struct list now = LIST_OF(struct step);
	struct error error = { 0 };

	if (fetch(director, daemons, &now, &error) ||
	    change_over(&work, &now, before, &error))
		error_report(&error, false);
	list_free(&now);
	if (error.status || work.failed || work.broken)
		fputs("Part of it is applied: what was there before could not be brought back\n",
		      stderr);
	else
		fputs("Nothing of it is applied; --keep-going applies what can be\n",
		      stderr);
}

static int check_possible(const struct director *director,
			  const struct restore *restore,
			  const struct list *steps, struct error *error)
{
	for (size_t i = 0; i < steps->count; i++) {
		const struct step *step = list_at(steps, struct step, i);

		if (!change_possible(director, &step->cmd, error))
			continue;
		restore_name_step(error, restore, step);
		return -1;
	}
	return 0;
}

static int check_replacement(const struct restore *restore,
			     struct list *steps, struct error *error)
{
	const struct step *step;

	if (!steps->count)
		return error_set(error, EXIT_USAGE,
				 "there is nothing to replace the configuration by; -C deletes all virtual services");
	step = plan_fault(steps, error);
	if (!step)
		return 0;
	restore_name_step(error, restore, step);
	return -1;
}

static int apply(struct director *director, const struct restore *restore,
		 struct list *steps)
{
	struct work work = {
		.director = director,
		.restore = restore,
		.keep_going = restore->keep_going || restore->classic,
	};
	struct list before = LIST_OF(struct step);
	bool daemons = names_daemon(steps);
	struct error error = { 0 };

	if (check_possible(director, restore, steps, &error) ||
	    (restore->replace && check_replacement(restore, steps, &error)) ||
	    ((restore->replace || !work.keep_going) &&
	     fetch(director, daemons, &before, &error))) {
		work.status = error_report(&error, restore->classic);
	} else if (restore->replace) {
		if (change_over(&work, &before, steps, &error))
			work.status = error_report(&error, restore->classic);
	} else {
		carry_out(&work, steps);
	}
	if ((work.failed || work.broken) && !work.keep_going)
		undo(director, restore, daemons, &before);
	/* ipvsadm exits with the status of the last line, which hides the others'. */
	if (restore->classic && !restore->replace && work.failed &&
	    !work.broken &&
	    work.failed != list_at(steps, struct step, steps->count - 1))
		work.status = 0;
	list_free(&before);
	return work.status;
}

int apply_file(struct director *director, const struct restore *restore,
	       struct list *steps)
{
	bool undoes = !restore->keep_going && !restore->classic;
	sigset_t old;
	int status;

	if (!undoes)
		return apply(director, restore, steps);
	hold_signals(&old);
	status = apply(director, restore, steps);
	fflush(stdout);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return status;
}
