// SPDX-License-Identifier: GPL-2.0-only
#include "options.h"

#include <netinet/in.h>
#include <string.h>

#include "scan.h"
#include "values.h"

#define COMMAND(name, letter, id, value, arg, help) \
	{ name, letter, SECTION_COMMAND, true, id, 0, value, arg, help, false }
#define OPTION(name, letter, section, id, param, value, arg, help) \
	{ name, letter, SECTION_##section, false, id, param, value, arg, help, \
	  false }
/* What ipvsadm has not. */
#define OWN_COMMAND(name, id, help) \
	{ name, 0, SECTION_COMMAND, true, id, 0, VALUE_NONE, NULL, help, true }
#define OWN_OPTION(name, section, id, help) \
	{ name, 0, SECTION_##section, false, id, 0, VALUE_NONE, NULL, help, \
	  true }
#define OWN_VALUE(name, section, id, value, arg, help) \
	{ name, 0, SECTION_##section, false, id, 0, value, arg, help, true }

const struct option_def option_table[] = {
	COMMAND("add-service", 'A', CMD_ADD_SERVICE, VALUE_NONE, NULL,
		"add a virtual service"),
	COMMAND("edit-service", 'E', CMD_EDIT_SERVICE, VALUE_NONE, NULL,
		"change a virtual service; what is not named gets its default"),
	COMMAND("delete-service", 'D', CMD_DELETE_SERVICE, VALUE_NONE, NULL,
		"delete a virtual service and its real servers"),
	COMMAND("clear", 'C', CMD_FLUSH, VALUE_NONE, NULL,
		"delete all virtual services"),
	COMMAND("add-server", 'a', CMD_ADD_SERVER, VALUE_NONE, NULL,
		"add a real server to a virtual service"),
	COMMAND("edit-server", 'e', CMD_EDIT_SERVER, VALUE_NONE, NULL,
		"change a real server; what is not named gets its default"),
	COMMAND("delete-server", 'd', CMD_DELETE_SERVER, VALUE_NONE, NULL,
		"delete a real server"),
	COMMAND("list", 'L', CMD_LIST, VALUE_NONE, NULL,
		"list services and real servers, or what the options say"),
	COMMAND(NULL, 'l', CMD_LIST, VALUE_NONE, NULL,
		"the same as -L"),
	COMMAND("zero", 'Z', CMD_ZERO, VALUE_NONE, NULL,
		"zero the counters of one service, or all"),
	COMMAND("save", 'S', CMD_SAVE, VALUE_NONE, NULL,
		"write the configuration to stdout as -R reads it"),
	COMMAND("restore", 'R', CMD_RESTORE, VALUE_NONE, NULL,
		"read commands from a file or stdin, one a line"),
	COMMAND("set", 0, CMD_SET, VALUE_NONE, "TCP TCPFIN UDP",
		"set the timeouts, in seconds; 0 keeps one"),
	COMMAND("start-daemon", 0, CMD_START_DAEMON, VALUE_REQUIRED,
		"master|backup", "start a connection synchronisation daemon"),
	COMMAND("stop-daemon", 0, CMD_STOP_DAEMON, VALUE_REQUIRED,
		"master|backup", "stop a connection synchronisation daemon"),
	OWN_COMMAND("monitor", CMD_MONITOR,
		    "print changes of the configuration as they come"),
	COMMAND("help", 'h', CMD_HELP, VALUE_NONE, NULL, "print this"),
	COMMAND("version", 'v', CMD_VERSION, VALUE_NONE, NULL,
		"print the version"),

	OPTION("tcp-service", 't', SERVICE, OPT_SERVICE, IPPROTO_TCP,
	       VALUE_REQUIRED, "HOST[:PORT]", "a TCP service"),
	OPTION("udp-service", 'u', SERVICE, OPT_SERVICE, IPPROTO_UDP,
	       VALUE_REQUIRED, "HOST[:PORT]", "a UDP service"),
	OPTION("sctp-service", 0, SERVICE, OPT_SERVICE, IPPROTO_SCTP,
	       VALUE_REQUIRED, "HOST[:PORT]", "an SCTP service"),
	OPTION("fwmark-service", 'f', SERVICE, OPT_SERVICE, 0,
	       VALUE_REQUIRED, "MARK", "whatever bears this firewall mark"),
	OPTION("ipv6", '6', SERVICE, OPT_IPV6, 0,
	       VALUE_NONE, NULL, "after -f: the mark is for IPv6"),

	OPTION("scheduler", 's', SCHEDULING, OPT_SCHEDULER, 0,
	       VALUE_REQUIRED, "NAME", "scheduler, default wlc"),
	OPTION("sched-flags", 'b', SCHEDULING, OPT_SCHED_FLAGS, 0,
	       VALUE_REQUIRED, "FLAG,...", "scheduler flags"),
	OPTION("persistent", 'p', SCHEDULING, OPT_PERSISTENT, 0,
	       VALUE_OPTIONAL, "SECONDS",
	       "a client stays with its server, default 360"),
	OPTION("netmask", 'M', SCHEDULING, OPT_NETMASK, 0,
	       VALUE_REQUIRED, "MASK",
	       "what is one client to -p: a mask, for IPv6 a prefix length"),
	OPTION("pe", 0, SCHEDULING, OPT_PE, 0,
	       VALUE_REQUIRED, "NAME", "persistence engine"),
	OPTION("ops", 'o', SCHEDULING, OPT_OPS, 0,
	       VALUE_NONE, NULL, "schedule each packet (UDP, marks)"),

	OWN_VALUE("tcp-timeout", CONNECTIONS, OPT_TCP_TIMEOUT, VALUE_REQUIRED,
		  "SECONDS", "TCP may be idle for so long, default as --set"),
	OWN_VALUE("tcp-fin-timeout", CONNECTIONS, OPT_TCP_FIN_TIMEOUT,
		  VALUE_REQUIRED, "SECONDS", "the same after a FIN"),
	OWN_VALUE("udp-timeout", CONNECTIONS, OPT_UDP_TIMEOUT, VALUE_REQUIRED,
		  "SECONDS", "the same for UDP"),
	OWN_OPTION("reset-on-expiry", CONNECTIONS, OPT_RESET,
		   "end idle TCP connections with a RST to both ends"),
	OWN_OPTION("udp-leave", CONNECTIONS, OPT_UDP_LEAVE,
		   "UDP leaves a removed or quiesced server at once"),

	OPTION("real-server", 'r', SERVER, OPT_SERVER, 0,
	       VALUE_REQUIRED, "HOST[:PORT]",
	       "the real server, default port the service's"),
	OPTION("gatewaying", 'g', SERVER, OPT_FORWARD, SHUNT_FWD_ROUTE,
	       VALUE_NONE, NULL, "forward by direct routing (default)"),
	OPTION("ipip", 'i', SERVER, OPT_FORWARD, SHUNT_FWD_TUNNEL,
	       VALUE_NONE, NULL, "forward through a tunnel"),
	OPTION("masquerading", 'm', SERVER, OPT_FORWARD, SHUNT_FWD_MASQ,
	       VALUE_NONE, NULL, "forward by NAT"),
	OPTION("weight", 'w', SERVER, OPT_WEIGHT, 0,
	       VALUE_REQUIRED, "N", "share of the load, default 1; 0 drains"),
	OPTION("u-threshold", 'x', SERVER, OPT_UTHRESHOLD, 0,
	       VALUE_REQUIRED, "N", "no new connections from so many on"),
	OPTION("l-threshold", 'y', SERVER, OPT_LTHRESHOLD, 0,
	       VALUE_REQUIRED, "N", "new connections again below so many"),
	OWN_VALUE("drain", SERVER, OPT_DRAIN, VALUE_OPTIONAL, "SECONDS",
		  "weight 0, tell when empty, end what is left then (Shunt only)"),
	OPTION("tun-type", 0, SERVER, OPT_TUN_TYPE, 0,
	       VALUE_REQUIRED, "ipip|gue|gre", "kind of tunnel, default ipip"),
	OPTION("tun-port", 0, SERVER, OPT_TUN_PORT, 0,
	       VALUE_REQUIRED, "PORT", "where the GUE tunnel ends"),
	OPTION("tun-nocsum", 0, SERVER, OPT_TUN_NOCSUM, 0,
	       VALUE_NONE, NULL, "no tunnel checksums (default)"),
	OPTION("tun-csum", 0, SERVER, OPT_TUN_CSUM, TUNNEL_F_CSUM,
	       VALUE_NONE, NULL, "tunnel checksums"),
	OPTION("tun-remcsum", 0, SERVER, OPT_TUN_REMCSUM, TUNNEL_F_REMCSUM,
	       VALUE_NONE, NULL, "remote checksum offload"),

	OPTION("connection", 'c', LIST, OPT_CONNECTION, 0,
	       VALUE_NONE, NULL, "list connections"),
	OPTION("timeout", 0, LIST, OPT_TIMEOUT, 0,
	       VALUE_NONE, NULL, "list the timeouts"),
	OPTION("daemon", 0, LIST, OPT_DAEMON, 0,
	       VALUE_NONE, NULL, "list the synchronisation daemons"),
	OWN_OPTION("drops", LIST, OPT_DROPS,
		   "list why packets were dropped; with -X, all reasons (Shunt only)"),
	OPTION("stats", 0, LIST, OPT_STATS, 0,
	       VALUE_NONE, NULL, "list counters"),
	OPTION("rate", 0, LIST, OPT_RATE, 0,
	       VALUE_NONE, NULL, "list rates"),
	OPTION("thresholds", 0, LIST, OPT_THRESHOLDS, 0,
	       VALUE_NONE, NULL, "list connection thresholds"),
	OPTION("persistent-conn", 0, LIST, OPT_PERSISTENT_CONN, 0,
	       VALUE_NONE, NULL,
	       "list persistent connections; with -c, persistence engine data"),
	OPTION("tun-info", 0, LIST, OPT_TUN_INFO, 0,
	       VALUE_NONE, NULL, "list tunnel details"),
	OPTION("numeric", 'n', LIST, OPT_NUMERIC, 0,
	       VALUE_NONE, NULL, "list and save numbers instead of names"),
	OPTION("exact", 'X', LIST, OPT_EXACT, 0,
	       VALUE_NONE, NULL, "list whole numbers"),
	OPTION("nosort", 0, LIST, OPT_NOSORT, 0,
	       VALUE_NONE, NULL, "list in the kernel's order"),
	OWN_OPTION("json", LIST, OPT_JSON,
		   "list everything, or print changes, as JSON"),
	OPTION("sort", 0, LIST, OPT_SORT, 0,
	       VALUE_NONE, NULL, "list sorted (default)"),

	OWN_OPTION("replace", RESTORE, OPT_REPLACE,
		   "change what is configured into what the file says"),
	OWN_OPTION("keep-going", RESTORE, OPT_KEEP_GOING,
		   "apply the other lines where the kernel refuses one"),

	OPTION("mcast-interface", 0, DAEMON, OPT_MCAST, 0,
	       VALUE_REQUIRED, "NAME", "interface to multicast on"),
	OPTION("syncid", 0, DAEMON, OPT_SYNCID, 0,
	       VALUE_REQUIRED, "N", "0..255, default 0"),
	OPTION("sync-maxlen", 0, DAEMON, OPT_SYNC_MAXLEN, 0,
	       VALUE_REQUIRED, "BYTES", "longest message"),
	OPTION("mcast-group", 0, DAEMON, OPT_MCAST_GROUP, 0,
	       VALUE_REQUIRED, "ADDRESS", "default 224.0.0.81"),
	OPTION("mcast-port", 0, DAEMON, OPT_MCAST_PORT, 0,
	       VALUE_REQUIRED, "PORT", "default 8848"),
	OPTION("mcast-ttl", 0, DAEMON, OPT_MCAST_TTL, 0,
	       VALUE_REQUIRED, "N", "default 1"),
	{ 0 },
};

#define N_ENTRIES (sizeof(option_table) / sizeof(option_table[0]))

static const char *const command_names[N_COMMANDS] = {
	[CMD_ADD_SERVICE] = "add-service",
	[CMD_EDIT_SERVICE] = "edit-service",
	[CMD_DELETE_SERVICE] = "delete-service",
	[CMD_FLUSH] = "flush",
	[CMD_ADD_SERVER] = "add-server",
	[CMD_EDIT_SERVER] = "edit-server",
	[CMD_DELETE_SERVER] = "delete-server",
	[CMD_LIST] = "list",
	[CMD_ZERO] = "zero",
	[CMD_SAVE] = "save",
	[CMD_RESTORE] = "restore",
	[CMD_SET] = "set",
	[CMD_START_DAEMON] = "start-daemon",
	[CMD_STOP_DAEMON] = "stop-daemon",
	[CMD_MONITOR] = "monitor",
	[CMD_HELP] = "help",
	[CMD_VERSION] = "version",
};

const char *command_name(enum command_id id)
{
	return command_names[id];
}

const char *option_name(enum option_id id)
{
	/* One name for what has several spellings. */
	if (id == OPT_SERVICE)
		return "service-address";
	if (id == OPT_FORWARD)
		return "forwarding-method";
	for (size_t i = 0; i < N_ENTRIES - 1; i++)
		if (!option_table[i].is_command &&
		    option_table[i].id == (int)id)
			return option_table[i].name;
	return NULL;
}

bool options_classic(const char *name)
{
	return !strcmp(name, "ipvsadm");
}

static int no_command(const char *name, const char *first, const char *why,
		      struct error *error)
{
	error_set(error, EXIT_KERNEL,
		  "Try `%s -h' or '%s --help' for more information.",
		  name, name);
	return error_replace(error,
			     "%s: %s\nTry `%s -h' or '%s --help' for more information.",
			     first, why, name, name);
}

static int set_daemon_state(struct command *cmd, const char *text,
			    struct error *error)
{
	if (!strcmp(text, "master"))
		cmd->daemon.state = SYNC_MASTER;
	else if (!strcmp(text, "backup"))
		cmd->daemon.state = SYNC_BACKUP;
	else
		error_set(error, EXIT_USAGE, "illegal %s specified",
			  cmd->id == CMD_START_DAEMON ?
			  "start-daemon parameter" : "start_daemon");
	if (cmd->daemon.state)
		return 0;
	return error_explain(error, "--%s `%s': neither master nor backup",
			     command_name(cmd->id), text);
}

/* The first option has to be the command. */
static int parse_command(struct scan *scan, const char *name,
			 struct command *cmd, struct error *error)
{
	const struct option_def *def = scan_option(scan);

	if (!def && scan->fault)
		return no_command(name, scan->typed, scan->fault, error);
	if (!def) {
		const char *word = scan_word(scan);

		return no_command(name, word ? word : "--", "not a command",
				  error);
	}
	if (!def->is_command)
		return no_command(name, scan->typed,
				  "the first option has to be a command",
				  error);
	cmd->id = def->id;
	return scan->arg ? set_daemon_state(cmd, scan->arg, error) : 0;
}

/* Marks an option as given, which most may be only once. */
static int mark(struct command *cmd, const struct option_def *def,
		struct error *error)
{
	uint64_t bit = 1ULL << def->id;

	if ((cmd->given & bit) && def->id < N_CHECKED)
		return error_set(error, EXIT_USAGE,
				 "multiple '%s' options specified",
				 option_name(def->id));
	cmd->given |= bit;
	return 0;
}

/* ipvsadm names the last word it took, which may be the command's value. */
static int second_command(const struct scan *scan, const struct command *cmd,
			  struct error *error)
{
	bool apart = scan->arg && !strchr(scan->typed, '=');

	error_set(error, EXIT_USAGE, "invalid option `%s'",
		  apart ? scan->arg : scan->typed);
	return error_explain(error, "the command is '%s' already",
			     command_name(cmd->id));
}

static int parse_rest(struct scan *scan, struct command *cmd,
		      struct pending *pending, struct error *error)
{
	const struct option_def *def;

	while ((def = scan_option(scan))) {
		if (def->is_command)
			return second_command(scan, cmd, error);
		if (mark(cmd, def, error) ||
		    values_set(cmd, pending, def, scan->arg, error))
			return -1;
	}
	if (scan->fault)
		return error_set(error, EXIT_KERNEL, "%s: %s", scan->typed,
				 scan->fault);
	return 0;
}

/* The same word where it outlives the scan. */
static const char *own_word(const struct scan *scan, const char *word)
{
	for (int i = 1; word && i < scan->argc; i++)
		if (!strcmp(scan->argv[i], word))
			return scan->argv[i];
	return NULL;
}

static int parse_words(struct scan *scan, struct command *cmd,
		       struct error *error)
{
	const char *words[3], *surplus;

	if (cmd->id == CMD_SET) {
		for (int i = 0; i < 3; i++)
			words[i] = scan_word(scan);
		if (values_set_timeouts(cmd, words, error))
			return -1;
	}
	/* ipvsadm reads stdin alone. */
	if (cmd->id == CMD_RESTORE && !scan->classic)
		cmd->file = own_word(scan, scan_word(scan));
	surplus = scan_word(scan);
	if (!surplus)
		return 0;
	return error_set(error, EXIT_USAGE, "unexpected argument %s", surplus);
}

static int parse(struct scan *scan, const char *name, struct command *cmd,
		 struct error *error)
{
	struct pending pending = { 0 };
	int failed;

	if (parse_command(scan, name, cmd, error))
		return -1;
	/* Who asks for help gets it, whatever else is on the line. */
	if (cmd->id == CMD_HELP || cmd->id == CMD_VERSION)
		return 0;

	failed = parse_rest(scan, cmd, &pending, error) ||
		 parse_words(scan, cmd, error) ||
		 values_finish(cmd, &pending, error);
	values_forget(&pending);
	/* Called as ipvsadm, we say no more than ipvsadm does. */
	cmd->service.terms.said = !scan->classic;
	cmd->dest.drain.said = !scan->classic;
	return failed ? -1 : 0;
}

int options_parse(int argc, const char **argv, struct command *cmd,
		  struct error *error)
{
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash ? slash + 1 : argv[0];
	struct scan scan;
	int failed;

	memset(cmd, 0, sizeof(*cmd));
	if (argc < 2) {
		cmd->id = CMD_LIST;
		return 0;
	}
	scan_open(&scan, argc, argv, options_classic(name));
	failed = parse(&scan, name, cmd, error);
	scan_close(&scan);
	return failed;
}
