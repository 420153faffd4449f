// SPDX-License-Identifier: GPL-2.0-only
#include "change.h"

#include <stddef.h>

#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "codec.h"
#include "pipe.h"
#include "refusal.h"

/* 0 for what changes nothing. */
static int netlink_command(enum command_id id)
{
	static const int commands[N_COMMANDS] = {
		[CMD_ADD_SERVICE] = SHUNT_CMD_NEW_SERVICE,
		[CMD_EDIT_SERVICE] = SHUNT_CMD_SET_SERVICE,
		[CMD_DELETE_SERVICE] = SHUNT_CMD_DEL_SERVICE,
		[CMD_FLUSH] = SHUNT_CMD_FLUSH,
		[CMD_ADD_SERVER] = SHUNT_CMD_NEW_DEST,
		[CMD_EDIT_SERVER] = SHUNT_CMD_SET_DEST,
		[CMD_DELETE_SERVER] = SHUNT_CMD_DEL_DEST,
		[CMD_ZERO] = SHUNT_CMD_ZERO,
		[CMD_SET] = SHUNT_CMD_SET_CONFIG,
		[CMD_START_DAEMON] = SHUNT_CMD_NEW_DAEMON,
		[CMD_STOP_DAEMON] = SHUNT_CMD_DEL_DAEMON,
	};

	return commands[id];
}

static int put_change(struct nl_msg *msg, const struct command *cmd)
{
	switch (cmd->id) {
	case CMD_ADD_SERVICE:
		return codec_put_new_service(msg, &cmd->service);
	case CMD_EDIT_SERVICE:
		return codec_put_service(msg, &cmd->service);
	case CMD_DELETE_SERVICE:
		return codec_put_service_key(msg, &cmd->service);
	case CMD_ZERO:
		return command_has(cmd, OPT_SERVICE) ?
		       codec_put_service_key(msg, &cmd->service) : 0;
	case CMD_ADD_SERVER:
		return codec_put_service_key(msg, &cmd->service) ||
		       codec_put_new_dest(msg, &cmd->dest);
	case CMD_EDIT_SERVER:
	case CMD_DELETE_SERVER:
		return codec_put_service_key(msg, &cmd->service) ||
		       codec_put_dest(msg, &cmd->dest);
	case CMD_SET:
		return codec_put_timeouts(msg, &cmd->timeouts);
	case CMD_START_DAEMON:
	case CMD_STOP_DAEMON:
		return codec_put_daemon(msg, &cmd->daemon);
	default:
		return 0;
	}
}

bool change_is(const struct command *cmd)
{
	return netlink_command(cmd->id);
}

/* ip_vs would pass over what it does not know. */
int change_possible(const struct director *director, const struct command *cmd,
		    struct error *error)
{
	static const enum option_id own[] = {
		OPT_TCP_TIMEOUT, OPT_TCP_FIN_TIMEOUT, OPT_UDP_TIMEOUT,
		OPT_RESET, OPT_UDP_LEAVE, OPT_DRAIN,
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (command_has(cmd, own[i]) && !director->nl.is_shunt)
			return error_set(error, EXIT_KERNEL,
					 "--%s needs Shunt, and this is ip_vs",
					 option_name(own[i]));
	return 0;
}

static struct nl_msg *make(const struct shunt_nl *nl,
			   const struct command *cmd)
{
	struct nl_msg *msg = shunt_nl_request(nl, netlink_command(cmd->id), 0);

	if (msg && put_change(msg, cmd)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int change_run(struct director *director, const struct command *cmd,
	       struct error *error)
{
	struct shunt_nl *nl = &director->nl;
	struct shunt_nl_reply reply;

	if (change_possible(director, cmd, error))
		return -1;
	if (shunt_nl_talk(nl, make(nl, cmd), NULL, NULL, &reply))
		return refusal(error, cmd->id, command_name(cmd->id), &reply);
	return 0;
}

/* Changes under way. @whole: what belongs together goes together. */
struct changes {
	const struct step *steps;
	size_t count;
	bool whole;
	change_refused_fn refused;
	void *arg;
};

/* Does step @i add a real server to the service of @cmd? */
static bool adds_to(const struct changes *changes, size_t i,
		    const struct command *cmd)
{
	const struct command *next;

	if (i >= changes->count)
		return false;
	next = &changes->steps[i].cmd;
	return next->id == CMD_ADD_SERVER &&
	       !service_compare(&next->service, &cmd->service);
}

/* As many as fit; the others come behind. */
static size_t put_servers(const struct changes *changes, size_t i,
			  struct nl_msg *msg, const struct command *cmd)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	size_t count = 0;

	while (adds_to(changes, i + count, cmd)) {
		const struct command *next = &changes->steps[i + count].cmd;
		uint32_t used = hdr->nlmsg_len;

		if (codec_put_new_dest(msg, &next->dest)) {
			hdr->nlmsg_len = used;
			break;
		}
		count++;
	}
	return count;
}

/* A new service and its real servers are one request to Shunt. */
static size_t make_step(size_t i, struct nl_msg *msg, void *arg)
{
	const struct changes *changes = arg;
	const struct command *cmd = &changes->steps[i].cmd;
	size_t servers = 0;

	shunt_nl_rewrite(msg, netlink_command(cmd->id));
	if (put_change(msg, cmd))
		return 0;
	if (changes->whole && cmd->id == CMD_ADD_SERVICE)
		servers = put_servers(changes, i + 1, msg, cmd);
	if (servers)
		shunt_nl_set_command(msg, SHUNT_CMD_NEW_ALL);
	return 1 + servers;
}

/* Which of a request's steps it was that was refused. */
static size_t refused_part(struct nlmsghdr *hdr, uint32_t offset)
{
	const struct genlmsghdr *genl = nlmsg_data(hdr);
	struct nlattr *attr;
	size_t part = 0;
	int rest;

	if (genl->cmd != SHUNT_CMD_NEW_ALL)
		return 0;
	nlmsg_for_each_attr(attr, hdr, GENL_HDRLEN, rest)
		if (nla_type(attr) == SHUNT_CMD_ATTR_DEST &&
		    (char *)attr - (char *)hdr <= (ptrdiff_t)offset)
			part++;
	return part;
}

static int step_refused(size_t i, struct nlmsghdr *hdr,
			const struct shunt_nl_reply *reply, void *arg)
{
	const struct changes *changes = arg;
	const struct step *step = &changes->steps[i];
	struct error error = { 0 };

	step += refused_part(hdr, reply->offset);
	refusal(&error, step->cmd.id, command_name(step->cmd.id), reply);
	return changes->refused(step, &error, changes->arg);
}

int change_run_all(struct director *director, const struct step *steps,
		   size_t count, bool whole, change_refused_fn refused,
		   void *arg, struct error *error)
{
	static const struct pipe_ops ops = {
		.make = make_step,
		.refused = step_refused,
	};
	struct changes changes = {
		.steps = steps,
		.count = count,
		.whole = whole && director->nl.is_shunt,
		.refused = refused,
		.arg = arg,
	};
	struct shunt_nl_reply reply;

	if (pipe_run(&director->nl, count, &ops, &changes, &reply))
		return refusal(error, CMD_RESTORE, "restore", &reply);
	return 0;
}
