// SPDX-License-Identifier: GPL-2.0-only
#include "refusal.h"

#include <errno.h>
#include <string.h>

#define SERVICE_COMMANDS \
	(1 << CMD_ADD_SERVICE | 1 << CMD_EDIT_SERVICE | \
	 1 << CMD_DELETE_SERVICE | 1 << CMD_ZERO | 1 << CMD_LIST)
#define SERVER_COMMANDS \
	(1 << CMD_ADD_SERVER | 1 << CMD_EDIT_SERVER | 1 << CMD_DELETE_SERVER)
#define ALL_COMMANDS (~0)

static const struct {
	int commands;
	int error;
	const char *text;
} texts[] = {
	{ SERVICE_COMMANDS, EEXIST, "Service already exists" },
	{ SERVICE_COMMANDS, ENOENT,
	  "Scheduler or persistence engine not found" },
	{ SERVICE_COMMANDS, ESRCH, "No such service" },
	{ SERVER_COMMANDS, EEXIST, "Destination already exists" },
	{ SERVER_COMMANDS, ENOENT, "No such destination" },
	{ SERVER_COMMANDS, ESRCH, "Service not defined" },
	{ 1 << CMD_START_DAEMON, EEXIST, "Daemon has already run" },
	{ 1 << CMD_STOP_DAEMON, ESRCH, "No daemon is running" },
	{ ALL_COMMANDS, EPERM, "Permission denied (you must be root)" },
	{ ALL_COMMANDS, EINVAL,
	  "Invalid operation.  Possibly wrong module version, address not unicast, ..." },
};

static const char *classic_text(enum command_id id, int error)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].error == error && texts[i].commands & 1 << id)
			return texts[i].text;
	return strerror(error);
}

int refusal(struct error *error, enum command_id id, const char *what,
	    const struct shunt_nl_reply *reply)
{
	bool missing = id == CMD_LIST && reply->error == ESRCH;

	error_set(error, missing ? EXIT_MISSING : EXIT_KERNEL, "%s",
		  classic_text(id, reply->error));
	error->kernel = reply->error;
	if (reply->reason[0])
		error_explain(error, "%s", reply->reason);
	else if (reply->error == EOPNOTSUPP)
		error_explain(error, "this director has no '%s'", what);
	return -1;
}
