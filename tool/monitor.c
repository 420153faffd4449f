// SPDX-License-Identifier: GPL-2.0-only
#include "monitor.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "event.h"
#include "print_json.h"

/**
 * struct monitor - a monitor at work
 * @signals:	a signalfd with what ends us
 * @lost:	events were lost, and nobody was told yet
 * @done:	it is time to end, with @error where that is set
 */
struct monitor {
	struct shunt_nl *nl;
	bool json;
	struct print_style style;
	int signals;
	bool lost;
	bool done;
	struct error *error;
};

static void fail(struct monitor *monitor, int status, const char *text,
		 int error)
{
	error_set(monitor->error, status, "%s: %s", text, strerror(error));
	monitor->done = true;
}

/*
 * Waits here until there is room, and not in write(), which no signal would
 * end. False where there is none and a signal is.
 */
static bool wait_for_room(struct monitor *monitor)
{
	struct pollfd fds[] = {
		{ .fd = STDOUT_FILENO, .events = POLLOUT },
		{ .fd = monitor->signals, .events = POLLIN },
	};

	while (poll(fds, 2, -1) < 0)
		;	/* EINTR: stopped and continued */
	return fds[0].revents;
}

/* A line at once, not when a buffer is full. */
static void put_line(struct monitor *monitor, const char *text, size_t size)
{
	while (size && !monitor->done) {
		ssize_t wrote;

		if (!wait_for_room(monitor)) {
			monitor->done = true;
			break;
		}
		wrote = write(STDOUT_FILENO, text,
			      size < PIPE_BUF ? size : PIPE_BUF);
		if (wrote >= 0) {
			text += wrote;
			size -= wrote;
		} else if (errno == EPIPE) {
			monitor->done = true;
		} else if (errno != EINTR && errno != EAGAIN) {
			fail(monitor, EXIT_MISSING, "cannot write the output",
			     errno);
		}
	}
}

static void say(struct monitor *monitor, struct event *event)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		fail(monitor, EXIT_KERNEL, "cannot print an event", errno);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &event->time);
	if (monitor->json)
		print_json_event(out, event);
	else
		event_print(out, event, &monitor->style);
	fclose(out);
	put_line(monitor, text, size);
	free(text);
}

/* What a program wants to see among the events, and a person does not. */
static void notice(struct monitor *monitor, enum event_kind kind)
{
	struct event event = { .kind = kind };

	if (monitor->json)
		say(monitor, &event);
}

static int event_row(struct nlmsghdr *hdr, void *arg)
{
	struct event event = { 0 };
	int got = event_read(hdr, &event);

	if (got > 0)
		say(arg, &event);
	return got < 0 ? -1 : 0;
}

static void receive(struct monitor *monitor)
{
	int error = shunt_nl_receive(monitor->nl, event_row, monitor);

	switch (error) {
	case 0:
		break;
	case ENOBUFS:
		monitor->lost = true;
		break;
	case ENODEV:
		error_set(monitor->error, EXIT_USAGE,
			  "The director is gone: its module was unloaded");
		monitor->done = true;
		break;
	default:
		fail(monitor, EXIT_KERNEL, "cannot read events", error);
		break;
	}
}

/*
 * We hear of a loss before we read what fitted in ahead of it, and as long as
 * that is not read more is lost. Who makes a new list on being told shall have
 * all of this behind him.
 */
static void tell_loss(struct monitor *monitor)
{
	fputs("Events were lost, they came faster than they could be printed: list to see what there is\n",
	      stderr);
	notice(monitor, EVENT_LOST);
	monitor->lost = false;
}

static void watch(struct monitor *monitor)
{
	/* Nothing is asked of stdout: that its reader went away shows anyway. */
	struct pollfd fds[] = {
		{ .fd = shunt_nl_fd(monitor->nl), .events = POLLIN },
		{ .fd = monitor->signals, .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};

	notice(monitor, EVENT_LISTENING);
	while (!monitor->done) {
		int ready = poll(fds, 3, monitor->lost ? 0 : -1);

		if (ready < 0) {
			if (errno != EINTR)
				fail(monitor, EXIT_KERNEL, "cannot wait",
				     errno);
		} else if (!ready) {
			tell_loss(monitor);
		} else if (fds[1].revents || fds[2].revents) {
			monitor->done = true;
		} else {
			receive(monitor);
		}
	}
	if (monitor->lost)
		tell_loss(monitor);
}

static int signals_open(void)
{
	sigset_t ends;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	return signalfd(-1, &ends, SFD_CLOEXEC);
}

int monitor(struct director *director, bool json, bool numeric,
	    struct error *error)
{
	struct monitor monitor = {
		.nl = &director->nl,
		.json = json,
		.style = { .format = FORMAT_PLAIN, .numeric = numeric },
		.error = error,
	};
	int refused;

	if (!director->nl.is_shunt)
		return error_set(error, EXIT_KERNEL,
				 "--monitor needs Shunt, and this is ip_vs, which does not tell of changes");
	monitor.signals = signals_open();
	if (monitor.signals < 0)
		return error_set(error, EXIT_KERNEL, "cannot wait: %s",
				 strerror(errno));
	refused = shunt_nl_subscribe(monitor.nl, SHUNT_GENL_NAME,
				     SHUNT_GENL_EVENTS);
	if (refused)
		error_set(error, EXIT_KERNEL,
			  "The director does not let us listen to events: %s",
			  strerror(refused));
	else
		watch(&monitor);
	close(monitor.signals);
	return error->status ? -1 : 0;
}
