// SPDX-License-Identifier: GPL-2.0-only
#include "check.h"

#include <netinet/in.h>
#include <string.h>

/*
 * Which option goes with which command.
 *
 *	+	has to be there
 *	.	may be there
 *	x	is refused
 *	1	at most one of these
 *	0	has no effect: ipvsadm takes it, shuntadm refuses it
 *
 * A column per option, in the order of enum option_id.
 */
static const char *const matrix[N_COMMANDS] = {
	/*
	 * numeric --------------+
	 * service-address --------+
	 * real-server ----------------+
	 * mcast-interface -----------------+
	 * stats ------------------------------+
	 * syncid ----------------------------------+
	 * ops ---------------------------------------+
	 * mcast-group ----------------------------------+
	 * tun-type ------------------------------------------+
	 * drops --------------------------------------------------+
	 * tcp-timeout ---------------------------------------------+
	 *			 | |   |    |  |    | |  |    |    ||
	 */
	[CMD_ADD_SERVICE] =	"xx+...xxxxxxxxxxxxxxx...xxxxxxxxxxx.....x",
	[CMD_EDIT_SERVICE] =	"xx+...xxxxxxxxxxxxxxx...xxxxxxxxxxx.....x",
	[CMD_DELETE_SERVICE] =	"xx+xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	[CMD_FLUSH] =		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	[CMD_ADD_SERVER] =	"xx+xxx+....xxxxxxxxxxxxxxxxxx.....xxxxxx.",
	[CMD_EDIT_SERVER] =	"xx+xxx+....xxxxxxxxxxxxxxxxxx.....xxxxxx.",
	[CMD_DELETE_SERVER] =	"xx+xxx+xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	[CMD_LIST] =		".11xxxxxxxxx11.....0.xxxxxxx.xxxxx1xxxxxx",
	[CMD_ZERO] =		"xx.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	[CMD_SAVE] =		".xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	[CMD_RESTORE] =		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	[CMD_SET] =		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	[CMD_START_DAEMON] =	"xxxxxxxxxxx.xxxxxxx.xxxx....xxxxxxxxxxxxx",
	[CMD_STOP_DAEMON] =	"xxxxxxxxxxxxxxxxxxx0xxxxxxxxxxxxxxxxxxxxx",
	[CMD_MONITOR] =		".xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
};

_Static_assert(sizeof("xx+...xxxxxxxxxxxxxxx...xxxxxxxxxxx.....x") - 1 == N_CHECKED,
	       "a row has a column per option");

/* The same for tunnel types: tun-port, tun-nocsum, tun-csum, tun-remcsum. */
static const char *const tunnel_matrix[] = {
	[TUNNEL_IPIP] = "xxxx",
	[TUNNEL_GUE] = "+111",
	[TUNNEL_GRE] = "x11x",
};

static const char *const tunnel_names[] = {
	[TUNNEL_IPIP] = "ipip",
	[TUNNEL_GUE] = "gue",
	[TUNNEL_GRE] = "gre",
};

/* Who refuses: a command or a tunnel type. */
struct context {
	const char *name;
	const char *kind;
};

static int refuse(enum option_id id, struct context by, struct error *error)
{
	return error_set(error, EXIT_USAGE, "Illegal '%s' option with the '%s' %s",
			 option_name(id), by.name, by.kind);
}

/*
 * What all is right with, as nearly always: seen by bits, which are made of a
 * row when it is first asked for.
 */
static bool is_right(const struct command *cmd, bool classic)
{
	static struct masks {
		bool made;
		uint64_t needed, refused, one, idle;
	} masks[N_COMMANDS];
	struct masks *mask = &masks[cmd->id];
	const char *row = matrix[cmd->id];
	uint64_t given = cmd->given & ((1ULL << N_CHECKED) - 1), one;

	for (size_t i = 0; !mask->made && row[i]; i++) {
		uint64_t bit = 1ULL << i;

		mask->needed |= row[i] == '+' ? bit : 0;
		mask->refused |= row[i] == 'x' ? bit : 0;
		mask->one |= row[i] == '1' ? bit : 0;
		mask->idle |= row[i] == '0' ? bit : 0;
	}
	mask->made = true;
	one = given & mask->one;
	return !(mask->needed & ~given) && !(given & mask->refused) &&
	       !(one & (one - 1)) && (classic || !(given & mask->idle));
}

static int check_row(const struct command *cmd, const char *row,
		     enum option_id first, bool classic, struct context by,
		     struct error *error)
{
	enum option_id only = N_OPTIONS;

	for (size_t i = 0; row[i]; i++) {
		enum option_id id = first + i;
		bool given = command_has(cmd, id);

		if (!given && row[i] == '+')
			return error_set(error, EXIT_USAGE,
					 "You need to supply the '%s' option for the '%s' %s",
					 option_name(id), by.name, by.kind);
		if (!given)
			continue;
		if (row[i] == 'x' || (row[i] == '0' && !classic))
			return refuse(id, by, error);
		if (row[i] == '1' && only != N_OPTIONS)
			return error_set(error, EXIT_USAGE,
					 "The option '%s' conflicts with the '%s' option in the '%s' %s",
					 option_name(id), option_name(only),
					 by.name, by.kind);
		if (row[i] == '1')
			only = id;
	}
	return 0;
}

/* Formats of the service list mean nothing to the other lists. */
static int check_list(const struct command *cmd, bool classic,
		      struct error *error)
{
	bool conns = command_has(cmd, OPT_CONNECTION);
	bool other = conns || command_has(cmd, OPT_TIMEOUT) ||
		     command_has(cmd, OPT_DAEMON) ||
		     command_has(cmd, OPT_DROPS);

	if (!other)
		return 0;
	if (!classic && (command_has(cmd, OPT_SORT) ||
			 command_has(cmd, OPT_NOSORT)))
		return error_set(error, EXIT_USAGE,
				 "--sort and --nosort are for the list of services");
	if (!command_has(cmd, OPT_STATS) && !command_has(cmd, OPT_RATE) &&
	    !command_has(cmd, OPT_THRESHOLDS) &&
	    (conns || !command_has(cmd, OPT_PERSISTENT_CONN)) &&
	    (classic || !command_has(cmd, OPT_TUN_INFO)))
		return 0;
	error_set(error, EXIT_USAGE, "options conflicts in the list command");
	return error_explain(error, "--stats, --rate, --thresholds, --persistent-conn and --tun-info are for the list of services");
}

/* What is for one protocol, and for marks, which may be of any. */
static int check_protocol(const struct command *cmd, enum option_id id,
			  uint16_t protocol, const char *name,
			  struct error *error)
{
	if (!command_has(cmd, id) || cmd->service.fwmark ||
	    cmd->service.protocol == protocol)
		return 0;
	return error_set(error, EXIT_USAGE,
			 "--%s is for %s services and firewall marks",
			 option_name(id), name);
}

static int check_terms(const struct command *cmd, struct error *error)
{
	return check_protocol(cmd, OPT_TCP_TIMEOUT, IPPROTO_TCP, "TCP", error) ||
	       check_protocol(cmd, OPT_TCP_FIN_TIMEOUT, IPPROTO_TCP, "TCP",
			      error) ||
	       check_protocol(cmd, OPT_RESET, IPPROTO_TCP, "TCP", error) ||
	       check_protocol(cmd, OPT_UDP_TIMEOUT, IPPROTO_UDP, "UDP",
			      error) ||
	       check_protocol(cmd, OPT_UDP_LEAVE, IPPROTO_UDP, "UDP", error) ?
	       -1 : 0;
}

static int check_service(const struct command *cmd, struct error *error)
{
	const struct service *service = &cmd->service;

	if (!service->fwmark && !service->port &&
	    !command_has(cmd, OPT_PERSISTENT)) {
		error_set(error, EXIT_USAGE,
			  "Zero port specified for non-persistent service");
		return error_explain(error, "name a port, or take all ports of a client together with --persistent");
	}
	if (command_has(cmd, OPT_OPS) && !service->fwmark &&
	    service->protocol != IPPROTO_UDP)
		return error_set(error, EXIT_USAGE,
				 "One-Packet Scheduling is only for UDP virtual services");
	return check_terms(cmd, error);
}

static int check_tunnel(const struct command *cmd, struct error *error)
{
	const char *name = tunnel_names[cmd->dest.tun_type];

	if (cmd->dest.forward == SHUNT_FWD_TUNNEL)
		return check_row(cmd, tunnel_matrix[cmd->dest.tun_type],
				 OPT_TUN_PORT, true,
				 (struct context){ name, "tunnel type" },
				 error);

	for (int id = OPT_TUN_TYPE; id <= OPT_TUN_REMCSUM; id++) {
		if (!command_has(cmd, id))
			continue;
		error_set(error, EXIT_USAGE,
			  "Tunnel options conflict with forward method");
		return error_explain(error, "--%s goes with --ipip",
				     option_name(id));
	}
	return 0;
}

static int check_drain(const struct command *cmd, struct error *error)
{
	if (!command_has(cmd, OPT_DRAIN) || !cmd->dest.weight)
		return 0;
	return error_set(error, EXIT_USAGE,
			 "--drain is weight 0, and does not go with --weight %u",
			 cmd->dest.weight);
}

static int check_server(const struct command *cmd, struct error *error)
{
	if (cmd->dest.addr.family != cmd->service.addr.family &&
	    cmd->dest.forward != SHUNT_FWD_TUNNEL)
		return error_set(error, EXIT_USAGE,
				 "Different address family is allowed only for tunneling servers");
	return check_drain(cmd, error) || check_tunnel(cmd, error) ? -1 : 0;
}

int check_command(const struct command *cmd, bool classic,
		  struct error *error)
{
	struct context by = { command_name(cmd->id), "command" };

	if (!matrix[cmd->id])
		return 0;
	if (!is_right(cmd, classic) &&
	    check_row(cmd, matrix[cmd->id], 0, classic, by, error))
		return -1;
	if (command_has(cmd, OPT_JSON) && cmd->id != CMD_LIST &&
	    cmd->id != CMD_MONITOR)
		return refuse(OPT_JSON, by, error);

	/* ipvsadm takes --sort anywhere: it does nothing there. */
	if (command_has(cmd, OPT_SORT) && cmd->id != CMD_LIST && !classic)
		return refuse(OPT_SORT, by, error);

	for (int id = OPT_REPLACE; id <= OPT_KEEP_GOING; id++)
		if (command_has(cmd, id) && cmd->id != CMD_RESTORE)
			return refuse(id, by, error);

	switch (cmd->id) {
	case CMD_LIST:
		return check_list(cmd, classic, error);
	case CMD_ADD_SERVICE:
	case CMD_EDIT_SERVICE:
		return check_service(cmd, error);
	case CMD_ADD_SERVER:
	case CMD_EDIT_SERVER:
		return check_server(cmd, error);
	default:
		return 0;
	}
}
