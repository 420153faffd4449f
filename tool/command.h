/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHUNTADM_COMMAND_H
#define SHUNTADM_COMMAND_H

#include <stdbool.h>

#include "model.h"

enum command_id {
	CMD_NONE,
	CMD_ADD_SERVICE,
	CMD_EDIT_SERVICE,
	CMD_DELETE_SERVICE,
	CMD_FLUSH,
	CMD_ADD_SERVER,
	CMD_EDIT_SERVER,
	CMD_DELETE_SERVER,
	CMD_LIST,
	CMD_ZERO,
	CMD_SAVE,
	CMD_RESTORE,
	CMD_SET,
	CMD_START_DAEMON,
	CMD_STOP_DAEMON,
	CMD_MONITOR,
	CMD_HELP,
	CMD_VERSION,
	N_COMMANDS,
};

/*
 * What may stand beside a command. The order is the one in which ipvsadm finds
 * fault with a command line that has more than one.
 */
enum option_id {
	OPT_NUMERIC,
	OPT_CONNECTION,
	OPT_SERVICE,
	OPT_SCHEDULER,
	OPT_PERSISTENT,
	OPT_NETMASK,
	OPT_SERVER,
	OPT_FORWARD,
	OPT_WEIGHT,
	OPT_UTHRESHOLD,
	OPT_LTHRESHOLD,
	OPT_MCAST,
	OPT_TIMEOUT,
	OPT_DAEMON,
	OPT_STATS,
	OPT_RATE,
	OPT_THRESHOLDS,
	OPT_PERSISTENT_CONN,
	OPT_NOSORT,
	OPT_SYNCID,
	OPT_EXACT,
	OPT_OPS,
	OPT_PE,
	OPT_SCHED_FLAGS,
	OPT_MCAST_GROUP,
	OPT_MCAST_PORT,
	OPT_MCAST_TTL,
	OPT_SYNC_MAXLEN,
	OPT_TUN_INFO,
	OPT_TUN_TYPE,
	OPT_TUN_PORT,
	OPT_TUN_NOCSUM,
	OPT_TUN_CSUM,
	OPT_TUN_REMCSUM,
	OPT_DROPS,
	OPT_TCP_TIMEOUT,
	OPT_TCP_FIN_TIMEOUT,
	OPT_UDP_TIMEOUT,
	OPT_RESET,
	OPT_UDP_LEAVE,
	OPT_DRAIN,
	N_CHECKED,

	/* These have no part in the command x option matrix. */
	OPT_IPV6 = N_CHECKED,
	OPT_SORT,
	OPT_JSON,
	OPT_REPLACE,
	OPT_KEEP_GOING,
	N_OPTIONS,
};

/**
 * struct command - a command line, understood
 * @given:	bit (1 << option_id) for each option that was there
 * @file:	what -R reads, NULL for stdin; a word of the command line
 * @server_port: host byte order; what -r says, @dest has what -g and -i make of it
 */
struct command {
	enum command_id id;
	uint64_t given;
	const char *file;
	uint16_t server_port;
	struct service service;
	struct dest dest;
	struct sync_daemon daemon;
	struct timeouts timeouts;
};

/**
 * struct step - one of many commands
 * @line:	of the file it comes from, 0 where it comes from none
 */
struct step {
	unsigned int line;
	struct command cmd;
};

static inline bool command_has(const struct command *cmd, enum option_id id)
{
	return cmd->given & (1ULL << id);
}

/** command_name() - what messages call a command, "add-service" */
const char *command_name(enum command_id id);

/** option_name() - what messages call an option, "service-address" */
const char *option_name(enum option_id id);

#endif
