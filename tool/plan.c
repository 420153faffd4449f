// SPDX-License-Identifier: GPL-2.0-only
#include "plan.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE_FLAGS (~SHUNT_SVC_F_HASHED)

/* What a daemon has that was started without saying. */
#define DEFAULT_GROUP	0xe0000051	/* 224.0.0.81 */
#define DEFAULT_PORT	8848
#define DEFAULT_TTL	1

static bool is_part(const struct command *cmd)
{
	return cmd->id == CMD_ADD_SERVICE || cmd->id == CMD_ADD_SERVER ||
	       cmd->id == CMD_SET || cmd->id == CMD_START_DAEMON;
}

static int rank(const struct command *cmd)
{
	if (cmd->id == CMD_SET)
		return 0;
	return cmd->id == CMD_START_DAEMON ? 2 : 1;
}

/*
 * By what two commands are about, 0 where that is the same. A service comes
 * right before its real servers.
 */
static int compare(const struct command *a, const struct command *b)
{
	bool a_server = a->id == CMD_ADD_SERVER;
	bool b_server = b->id == CMD_ADD_SERVER;
	int order = rank(a) - rank(b);

	if (order || a->id == CMD_SET)
		return order;
	if (a->id == CMD_START_DAEMON)
		return (int)a->daemon.state - (int)b->daemon.state;
	order = service_compare(&a->service, &b->service);
	if (!order)
		order = a_server - b_server;
	return order || !a_server ? order : dest_compare(&a->dest, &b->dest);
}

static int compare_steps(const void *left, const void *right)
{
	const struct step *a = left, *b = right;
	int order = compare(&a->cmd, &b->cmd);

	if (order)
		return order;
	return a->line < b->line ? -1 : a->line > b->line;
}

static void sort(struct list *steps)
{
	if (steps->count)
		qsort(steps->items, steps->count, steps->size, compare_steps);
}

/* A dump that something changed meanwhile may have the same thing twice. */
static void sort_once(struct list *steps)
{
	size_t kept = 0;

	sort(steps);
	for (size_t i = 0; i < steps->count; i++) {
		struct step *step = list_at(steps, struct step, i);
		struct step *next = list_at(steps, struct step, kept);

		if (kept && !compare(&next[-1].cmd, &step->cmd))
			continue;
		*next = *step;
		kept++;
	}
	steps->count = kept;
}

/* Two commands about the same thing; the line of the first is known. */
static void twice(const struct command *cmd, unsigned int line,
		  struct error *error)
{
	const char *what = "the same is added";

	if (cmd->id == CMD_SET)
		what = "the timeouts are set";
	if (cmd->id == CMD_START_DAEMON)
		what = "a daemon of that kind is started";
	error_set(error, EXIT_USAGE, "%s in line %u already", what, line);
}

const struct step *plan_fault(struct list *steps, struct error *error)
{
	const struct step *service = NULL;

	for (size_t i = 0; i < steps->count; i++) {
		const struct step *step = list_at(steps, struct step, i);

		if (is_part(&step->cmd))
			continue;
		error_set(error, EXIT_USAGE,
			  "'%s' is no part of a configuration, as -A, -a, --set and --start-daemon are",
			  command_name(step->cmd.id));
		return step;
	}
	sort(steps);
	for (size_t i = 0; i < steps->count; i++) {
		const struct step *step = list_at(steps, struct step, i);

		if (i && !compare(&step[-1].cmd, &step->cmd)) {
			twice(&step->cmd, step[-1].line, error);
			return step;
		}
		if (step->cmd.id == CMD_ADD_SERVICE)
			service = step;
		if (step->cmd.id != CMD_ADD_SERVER)
			continue;
		if (!service || service_compare(&service->cmd.service,
						&step->cmd.service)) {
			error_set(error, EXIT_USAGE,
				  "a real server of a virtual service that is not added");
			return step;
		}
	}
	return NULL;
}

/* 0 keeps a timeout as it is. */
static bool same_timeouts(const struct timeouts *old,
			  const struct timeouts *new)
{
	return (!new->tcp || new->tcp == old->tcp) &&
	       (!new->tcp_fin || new->tcp_fin == old->tcp_fin) &&
	       (!new->udp || new->udp == old->udp);
}

static bool same_terms(const struct terms *old, const struct terms *new)
{
	return !memcmp(old->value, new->value, sizeof(new->value));
}

/* Timeout and mask of persistence mean nothing to a service without it. */
static bool same_service(const struct service *old, const struct service *new)
{
	if ((old->flags ^ new->flags) & SERVICE_FLAGS ||
	    strcmp(old->sched, new->sched) || strcmp(old->pe, new->pe) ||
	    !same_terms(&old->terms, &new->terms))
		return false;
	return !(new->flags & SHUNT_SVC_F_PERSISTENT) ||
	       (old->timeout == new->timeout && old->netmask == new->netmask);
}

static bool same_tunnel(const struct dest *old, const struct dest *new)
{
	return old->tun_type == new->tun_type &&
	       (new->tun_type == TUNNEL_IPIP ||
		old->tun_flags == new->tun_flags) &&
	       (new->tun_type != TUNNEL_GUE || old->tun_port == new->tun_port);
}

/* A server is local because its address is, whatever else was asked for. */
static bool same_forward(const struct dest *old, const struct dest *new)
{
	if (old->forward == SHUNT_FWD_LOCAL)
		return true;
	return old->forward == new->forward &&
	       (new->forward != SHUNT_FWD_TUNNEL || same_tunnel(old, new));
}

/* Time goes on: what was saved with more of it is the same. */
static bool same_drain(const struct drain *old, const struct drain *new)
{
	if (!old->on || !new->on)
		return old->on == new->on;
	return !new->seconds == !old->seconds && old->seconds <= new->seconds;
}

static bool same_dest(const struct dest *old, const struct dest *new)
{
	return same_forward(old, new) && old->weight == new->weight &&
	       old->u_threshold == new->u_threshold &&
	       old->l_threshold == new->l_threshold &&
	       same_drain(&old->drain, &new->drain);
}

static bool same_group(const struct address *old, const struct address *new)
{
	struct address group = {
		.family = AF_INET,
		.word = { htonl(DEFAULT_GROUP) },
	};

	if (new->family)
		group = *new;
	return old->family == group.family &&
	       !memcmp(old->word, group.word, sizeof(group.word));
}

/* The longest message is up to the interface where it is not said. */
static bool same_daemon(const struct sync_daemon *old,
			const struct sync_daemon *new)
{
	return !strcmp(old->interface, new->interface) &&
	       old->syncid == new->syncid &&
	       (!new->maxlen || old->maxlen == new->maxlen) &&
	       same_group(&old->group, &new->group) &&
	       old->port == (new->port ? new->port : DEFAULT_PORT) &&
	       old->ttl == (new->ttl ? new->ttl : DEFAULT_TTL);
}

static bool same(const struct command *old, const struct command *new)
{
	switch (new->id) {
	case CMD_SET:
		return same_timeouts(&old->timeouts, &new->timeouts);
	case CMD_ADD_SERVICE:
		return same_service(&old->service, &new->service);
	case CMD_ADD_SERVER:
		return same_dest(&old->dest, &new->dest);
	default:
		return same_daemon(&old->daemon, &new->daemon);
	}
}

/**
 * struct stages - the parts of a plan, each a list of struct step
 * @raise:	adds, and edits what will do no less
 * @lower:	edits real servers that will take less
 * @remove:	deletes
 */
struct stages {
	struct list raise;
	struct list lower;
	struct list remove;
};

static int put(struct list *plan, const struct step *step, enum command_id id)
{
	struct step *copy = list_add(plan, step);

	if (!copy)
		return -1;
	copy->cmd.id = id;
	/* Local is what the kernel makes of it, not what it is asked for. */
	if (copy->cmd.dest.forward == SHUNT_FWD_LOCAL)
		copy->cmd.dest.forward = SHUNT_FWD_ROUTE;
	return 0;
}

/* Will the server take less than before? */
static bool is_lowered(const struct dest *old, const struct dest *new)
{
	return new->weight < old->weight ||
	       (new->u_threshold && (!old->u_threshold ||
				     new->u_threshold < old->u_threshold));
}

static int edit(struct stages *stages, const struct step *old,
		const struct step *new)
{
	struct list *plan = &stages->raise;

	if (same(&old->cmd, &new->cmd))
		return 0;
	switch (new->cmd.id) {
	case CMD_ADD_SERVICE:
		return put(plan, new, CMD_EDIT_SERVICE);
	case CMD_ADD_SERVER:
		if (is_lowered(&old->cmd.dest, &new->cmd.dest))
			plan = &stages->lower;
		return put(plan, new, CMD_EDIT_SERVER);
	case CMD_START_DAEMON:
		/* There is no other way. */
		return put(plan, old, CMD_STOP_DAEMON) ||
		       put(plan, new, CMD_START_DAEMON);
	default:
		return put(plan, new, CMD_SET);
	}
}

/* @service: the last that was removed; its real servers went with it. */
static int remove_old(struct list *plan, const struct step *old,
		      const struct step **service)
{
	switch (old->cmd.id) {
	case CMD_ADD_SERVICE:
		*service = old;
		return put(plan, old, CMD_DELETE_SERVICE);
	case CMD_ADD_SERVER:
		if (*service && !service_compare(&(*service)->cmd.service,
						 &old->cmd.service))
			return 0;
		return put(plan, old, CMD_DELETE_SERVER);
	case CMD_START_DAEMON:
		return put(plan, old, CMD_STOP_DAEMON);
	default:
		return 0;
	}
}

static int append(struct list *plan, const struct list *more)
{
	for (size_t i = 0; i < more->count; i++)
		if (!list_add(plan, list_at(more, struct step, i)))
			return -1;
	return 0;
}

/* @from and @to are sorted. */
static int fill(struct stages *stages, const struct list *from,
		const struct list *to)
{
	const struct step *service = NULL;
	size_t i = 0, j = 0;
	int failed = 0;

	while (!failed && (i < from->count || j < to->count)) {
		const struct step *old = list_at(from, struct step, i);
		const struct step *new = list_at(to, struct step, j);
		int order = i == from->count ? 1 : j == to->count ? -1 :
			    compare(&old->cmd, &new->cmd);

		if (order > 0)
			failed = put(&stages->raise, new, new->cmd.id);
		else if (order < 0)
			failed = remove_old(&stages->remove, old, &service);
		else
			failed = edit(stages, old, new);
		i += order <= 0;
		j += order >= 0;
	}
	return failed;
}

int plan_make(struct list *from, struct list *to, struct list *plan)
{
	struct stages stages = {
		.raise = LIST_OF(struct step),
		.lower = LIST_OF(struct step),
		.remove = LIST_OF(struct step),
	};
	int failed;

	sort_once(from);
	sort_once(to);
	failed = fill(&stages, from, to) || append(plan, &stages.raise) ||
		 append(plan, &stages.lower) || append(plan, &stages.remove);
	list_free(&stages.raise);
	list_free(&stages.lower);
	list_free(&stages.remove);
	return failed ? -1 : 0;
}
