/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changes of the configuration, as the kernel tells of them.
 */
#ifndef SHUNTADM_EVENT_H
#define SHUNTADM_EVENT_H

#include <netlink/msg.h>
#include <time.h>

#include "model.h"
#include "print.h"

/* The last two are about the events themselves: they are told of, or lost. */
enum event_kind {
	EVENT_ADDED,
	EVENT_CHANGED,
	EVENT_REMOVED,
	EVENT_DRAINED,
	EVENT_LISTENING,
	EVENT_LOST,
};

/* What it happened to. */
enum event_object {
	EVENT_NOTHING,
	EVENT_SERVICE,
	EVENT_SERVER,
	EVENT_TIMEOUTS,
};

/**
 * struct event - something that happened
 * @time:	when we heard of it
 * @service:	with EVENT_SERVER, no more of it than its key
 * @dest:	with EVENT_SERVER
 * @timeouts:	with EVENT_TIMEOUTS
 */
struct event {
	struct timespec time;
	enum event_kind kind;
	enum event_object object;
	struct service service;
	struct dest dest;
	struct timeouts timeouts;
};

/**
 * event_read() - one message of the group SHUNT_GENL_EVENTS
 *
 * Leaves @event->time alone.
 *
 * Return: 1 with @event filled in, 0 for what is no event that we know, -1 for
 * a malformed one.
 */
int event_read(struct nlmsghdr *hdr, struct event *event);

/** event_name() - "added", "changed" and so on */
const char *event_name(enum event_kind kind);

/** event_print() - a line of text, in the words of -L */
void event_print(FILE *out, const struct event *event,
		 const struct print_style *style);

#endif
