// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every command with every option, against what ipvsadm 1.31 was seen to do: a
 * list of what each command takes, and nothing else.
 */
#include <netinet/in.h>
#include <stdlib.h>

#include "check.h"
#include "unit.h"

#define END (-1)
#define TERMS OPT_TCP_TIMEOUT, OPT_TCP_FIN_TIMEOUT, OPT_UDP_TIMEOUT, \
	OPT_RESET, OPT_UDP_LEAVE

static const struct taken {
	enum command_id id;
	const char *name;
	int required[3];
	int allowed[20];
} taken[] = {
	{ CMD_ADD_SERVICE, "add-service", { OPT_SERVICE, END },
	  { OPT_SCHEDULER, OPT_PERSISTENT, OPT_NETMASK, OPT_OPS, OPT_PE,
	    OPT_SCHED_FLAGS, TERMS, END } },
	{ CMD_EDIT_SERVICE, "edit-service", { OPT_SERVICE, END },
	  { OPT_SCHEDULER, OPT_PERSISTENT, OPT_NETMASK, OPT_OPS, OPT_PE,
	    OPT_SCHED_FLAGS, TERMS, END } },
	{ CMD_DELETE_SERVICE, "delete-service", { OPT_SERVICE, END }, { END } },
	{ CMD_FLUSH, "flush", { END }, { END } },
	{ CMD_ADD_SERVER, "add-server", { OPT_SERVICE, OPT_SERVER, END },
	  { OPT_FORWARD, OPT_WEIGHT, OPT_UTHRESHOLD, OPT_LTHRESHOLD,
	    OPT_TUN_TYPE, OPT_TUN_PORT, OPT_TUN_NOCSUM, OPT_TUN_CSUM,
	    OPT_TUN_REMCSUM, OPT_DRAIN, END } },
	{ CMD_EDIT_SERVER, "edit-server", { OPT_SERVICE, OPT_SERVER, END },
	  { OPT_FORWARD, OPT_WEIGHT, OPT_UTHRESHOLD, OPT_LTHRESHOLD,
	    OPT_TUN_TYPE, OPT_TUN_PORT, OPT_TUN_NOCSUM, OPT_TUN_CSUM,
	    OPT_TUN_REMCSUM, OPT_DRAIN, END } },
	{ CMD_DELETE_SERVER, "delete-server", { OPT_SERVICE, OPT_SERVER, END },
	  { END } },
	{ CMD_LIST, "list", { END },
	  { OPT_NUMERIC, OPT_CONNECTION, OPT_SERVICE, OPT_TIMEOUT, OPT_DAEMON,
	    OPT_STATS, OPT_RATE, OPT_THRESHOLDS, OPT_PERSISTENT_CONN,
	    OPT_NOSORT, OPT_EXACT, OPT_TUN_INFO, OPT_DROPS, END } },
	{ CMD_ZERO, "zero", { END }, { OPT_SERVICE, END } },
	{ CMD_SAVE, "save", { END }, { OPT_NUMERIC, END } },
	{ CMD_RESTORE, "restore", { END }, { END } },
	{ CMD_SET, "set", { END }, { END } },
	{ CMD_START_DAEMON, "start-daemon", { END },
	  { OPT_MCAST, OPT_SYNCID, OPT_MCAST_GROUP, OPT_MCAST_PORT,
	    OPT_MCAST_TTL, OPT_SYNC_MAXLEN, END } },
	{ CMD_STOP_DAEMON, "stop-daemon", { END }, { END } },
	{ CMD_MONITOR, "monitor", { END }, { OPT_NUMERIC, END } },
};

#define N_TAKEN (sizeof(taken) / sizeof(taken[0]))

static bool among(const int *list, int id)
{
	for (; *list != END; list++)
		if (*list == id)
			return true;
	return false;
}

/* A command line that every rule but the matrix is content with. */
static struct command base(const struct taken *by)
{
	struct command cmd = {
		.id = by->id,
		.service = { .addr.family = AF_INET, .port = 80,
			     .protocol = IPPROTO_UDP },
		.dest = { .addr.family = AF_INET, .port = 80,
			  .forward = SHUNT_FWD_MASQ },
	};

	for (const int *id = by->required; *id != END; id++)
		cmd.given |= 1ULL << *id;
	return cmd;
}

/*
 * Timeouts want their protocol; tunnel options want a tunnel, of the type that
 * takes all of them.
 */
static void add_option(struct command *cmd, int id)
{
	cmd->given |= 1ULL << id;
	/* A mark is for any protocol. */
	if (id >= OPT_TCP_TIMEOUT && id <= OPT_UDP_LEAVE)
		cmd->service.fwmark = 7;
	if (id < OPT_TUN_TYPE || id > OPT_TUN_REMCSUM)
		return;
	cmd->dest.forward = SHUNT_FWD_TUNNEL;
	cmd->dest.tun_type = TUNNEL_GUE;
	if (cmd->id == CMD_ADD_SERVER || cmd->id == CMD_EDIT_SERVER)
		cmd->given |= 1ULL << OPT_TUN_PORT;
}

/* ipvsadm takes --syncid where it has no effect. */
static bool idle(const struct taken *by, int id)
{
	return id == OPT_SYNCID &&
	       (by->id == CMD_LIST || by->id == CMD_STOP_DAEMON);
}

/* Says what is wrong and counts it. */
static int one_pair(const struct taken *by, int id, bool classic)
{
	struct command cmd = base(by);
	struct error error = { 0 };
	char wanted[256] = "";

	add_option(&cmd, id);
	if (!among(by->required, id) && !among(by->allowed, id) &&
	    !(classic && idle(by, id)))
		snprintf(wanted, sizeof(wanted),
			 "Illegal '%s' option with the '%s' command",
			 option_name(id), by->name);
	check_command(&cmd, classic, &error);
	if (!strcmp(error.classic, wanted) &&
	    error.status == (wanted[0] ? EXIT_USAGE : 0))
		return 0;
	printf("# %s with %s: got \"%s\", wanted \"%s\"\n", by->name,
	       option_name(id), error.classic, wanted);
	return 1;
}

static void pairs(const struct taken *by)
{
	int wrong = 0;

	for (int id = 0; id < N_CHECKED; id++)
		wrong += one_pair(by, id, true) + one_pair(by, id, false);
	expect(!wrong, "%s takes and refuses the right ones of %d options",
	       by->name, N_CHECKED);
}

static void required(const struct taken *by)
{
	for (const int *id = by->required; *id != END; id++) {
		struct command cmd = base(by);
		struct error error = { 0 };
		char wanted[256];

		cmd.given &= ~(1ULL << *id);
		check_command(&cmd, false, &error);
		snprintf(wanted, sizeof(wanted),
			 "You need to supply the '%s' option for the '%s' command",
			 option_name(*id), by->name);
		expect_text(error.classic, wanted, wanted);
	}
}

/* --json has no column of its own in the table. */
static void json(const struct taken *by)
{
	bool fine = by->id == CMD_LIST || by->id == CMD_MONITOR;
	struct command cmd = base(by);
	struct error error = { 0 };
	char wanted[256], title[64];

	cmd.given |= 1ULL << OPT_JSON;
	check_command(&cmd, false, &error);
	snprintf(wanted, sizeof(wanted),
		 "Illegal 'json' option with the '%s' command", by->name);
	snprintf(title, sizeof(title), "%s --json is %s", by->name,
		 fine ? "taken" : "refused");
	expect_text(error.classic, fine ? "" : wanted, title);
}

static void list_pairs(void)
{
	static const int lists[] = {
		OPT_CONNECTION, OPT_SERVICE, OPT_TIMEOUT, OPT_DAEMON, OPT_DROPS,
	};
	static const int formats[] = {
		OPT_STATS, OPT_RATE, OPT_THRESHOLDS, OPT_PERSISTENT_CONN,
		OPT_TUN_INFO,
	};
	char wanted[256];

	for (int i = 0; i < 5; i++) {
		for (int j = i + 1; j < 5; j++) {
			struct command cmd = { .id = CMD_LIST };
			struct error error = { 0 };

			cmd.given = 1ULL << lists[i] | 1ULL << lists[j];
			check_command(&cmd, true, &error);
			snprintf(wanted, sizeof(wanted),
				 "The option '%s' conflicts with the '%s' option in the 'list' command",
				 option_name(lists[j]), option_name(lists[i]));
			expect_text(error.classic, wanted, wanted);
		}
		for (int j = 0; j < 5; j++) {
			bool fine = lists[i] == OPT_SERVICE ||
				    formats[j] == OPT_TUN_INFO ||
				    (lists[i] == OPT_CONNECTION &&
				     formats[j] == OPT_PERSISTENT_CONN);
			struct command cmd = { .id = CMD_LIST };
			struct error error = { 0 };

			cmd.given = 1ULL << lists[i] | 1ULL << formats[j];
			check_command(&cmd, true, &error);
			snprintf(wanted, sizeof(wanted), "list --%s with --%s",
				 option_name(lists[i]),
				 option_name(formats[j]));
			expect_text(error.classic, fine ? "" :
				    "options conflicts in the list command",
				    wanted);
		}
	}
}

/* What the matrix cannot say. */
static void rules(void)
{
	static const struct {
		const char *title;
		enum command_id id;
		enum option_id option[3];
		uint16_t protocol, port;
		uint32_t fwmark;
		uint32_t forward;
		uint16_t dest_family;
		uint32_t tun_type;
		const char *wanted;
	} cases[] = {
		{ "port 0", CMD_ADD_SERVICE, { OPT_SERVICE }, IPPROTO_TCP, 0,
		  0, 0, 0, 0,
		  "Zero port specified for non-persistent service" },
		{ "port 0, persistent", CMD_EDIT_SERVICE,
		  { OPT_SERVICE, OPT_PERSISTENT }, IPPROTO_TCP, 0,
		  0, 0, 0, 0, "" },
		{ "port 0 of a mark", CMD_ADD_SERVICE, { OPT_SERVICE }, 0, 0,
		  7, 0, 0, 0, "" },
		{ "port 0 to delete", CMD_DELETE_SERVICE, { OPT_SERVICE },
		  IPPROTO_TCP, 0, 0, 0, 0, 0, "" },
		{ "ops for TCP", CMD_ADD_SERVICE, { OPT_SERVICE, OPT_OPS },
		  IPPROTO_TCP, 80, 0, 0, 0, 0,
		  "One-Packet Scheduling is only for UDP virtual services" },
		{ "TCP's timeout for UDP", CMD_ADD_SERVICE,
		  { OPT_SERVICE, OPT_TCP_TIMEOUT }, IPPROTO_UDP, 80, 0, 0, 0, 0,
		  "--tcp-timeout is for TCP services and firewall marks" },
		{ "TCP's FIN for SCTP", CMD_EDIT_SERVICE,
		  { OPT_SERVICE, OPT_TCP_FIN_TIMEOUT }, IPPROTO_SCTP, 80, 0, 0,
		  0, 0,
		  "--tcp-fin-timeout is for TCP services and firewall marks" },
		{ "RST for UDP", CMD_ADD_SERVICE,
		  { OPT_SERVICE, OPT_RESET }, IPPROTO_UDP, 80, 0, 0, 0, 0,
		  "--reset-on-expiry is for TCP services and firewall marks" },
		{ "UDP's timeout for TCP", CMD_ADD_SERVICE,
		  { OPT_SERVICE, OPT_UDP_TIMEOUT }, IPPROTO_TCP, 80, 0, 0, 0, 0,
		  "--udp-timeout is for UDP services and firewall marks" },
		{ "leaving for TCP", CMD_ADD_SERVICE,
		  { OPT_SERVICE, OPT_UDP_LEAVE }, IPPROTO_TCP, 80, 0, 0, 0, 0,
		  "--udp-leave is for UDP services and firewall marks" },
		{ "UDP's timeout for UDP", CMD_ADD_SERVICE,
		  { OPT_SERVICE, OPT_UDP_TIMEOUT }, IPPROTO_UDP, 80, 0, 0, 0, 0,
		  "" },
		{ "ops for a mark", CMD_ADD_SERVICE, { OPT_SERVICE, OPT_OPS },
		  0, 0, 7, 0, 0, 0, "" },
		{ "mixed families, NAT", CMD_ADD_SERVER,
		  { OPT_SERVICE, OPT_SERVER }, IPPROTO_TCP, 80, 0,
		  SHUNT_FWD_MASQ, AF_INET6, 0,
		  "Different address family is allowed only for tunneling servers" },
		{ "mixed families, DR", CMD_ADD_SERVER,
		  { OPT_SERVICE, OPT_SERVER }, IPPROTO_TCP, 80, 0,
		  SHUNT_FWD_ROUTE, AF_INET6, 0,
		  "Different address family is allowed only for tunneling servers" },
		{ "mixed families, tunnel", CMD_ADD_SERVER,
		  { OPT_SERVICE, OPT_SERVER }, IPPROTO_TCP, 80, 0,
		  SHUNT_FWD_TUNNEL, AF_INET6, 0, "" },
		{ "tunnel options with NAT", CMD_ADD_SERVER,
		  { OPT_SERVICE, OPT_SERVER, OPT_TUN_CSUM }, IPPROTO_TCP, 80,
		  0, SHUNT_FWD_MASQ, AF_INET, 0,
		  "Tunnel options conflict with forward method" },
		{ "gue without a port", CMD_ADD_SERVER,
		  { OPT_SERVICE, OPT_SERVER, OPT_TUN_TYPE }, IPPROTO_TCP, 80,
		  0, SHUNT_FWD_TUNNEL, AF_INET, TUNNEL_GUE,
		  "You need to supply the 'tun-port' option for the 'gue' tunnel type" },
		{ "gre with a port", CMD_ADD_SERVER,
		  { OPT_SERVICE, OPT_SERVER, OPT_TUN_PORT }, IPPROTO_TCP, 80,
		  0, SHUNT_FWD_TUNNEL, AF_INET, TUNNEL_GRE,
		  "Illegal 'tun-port' option with the 'gre' tunnel type" },
		{ "gre with remcsum", CMD_ADD_SERVER,
		  { OPT_SERVICE, OPT_SERVER, OPT_TUN_REMCSUM }, IPPROTO_TCP,
		  80, 0, SHUNT_FWD_TUNNEL, AF_INET, TUNNEL_GRE,
		  "Illegal 'tun-remcsum' option with the 'gre' tunnel type" },
		{ "ipip with a checksum", CMD_ADD_SERVER,
		  { OPT_SERVICE, OPT_SERVER, OPT_TUN_NOCSUM }, IPPROTO_TCP,
		  80, 0, SHUNT_FWD_TUNNEL, AF_INET, TUNNEL_IPIP,
		  "Illegal 'tun-nocsum' option with the 'ipip' tunnel type" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error error = { 0 };
		struct command cmd = {
			.id = cases[i].id,
			.service = { .addr.family = AF_INET,
				     .protocol = cases[i].protocol,
				     .port = cases[i].port,
				     .fwmark = cases[i].fwmark },
			.dest = { .addr.family = cases[i].dest_family,
				  .forward = cases[i].forward,
				  .tun_type = cases[i].tun_type },
		};

		for (int j = 0; j < 3; j++)
			if (cases[i].option[j])
				cmd.given |= 1ULL << cases[i].option[j];
		check_command(&cmd, false, &error);
		expect_text(error.classic, cases[i].wanted, cases[i].title);
	}
}

int main(void)
{
	for (size_t i = 0; i < N_TAKEN; i++) {
		pairs(&taken[i]);
		required(&taken[i]);
		json(&taken[i]);
	}
	list_pairs();
	rules();
	return unit_end();
}
