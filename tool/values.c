// SPDX-License-Identifier: GPL-2.0-only
#include "values.h"

#include <limits.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

#define DEFAULT_SCHEDULER	"wlc"
#define DEFAULT_PERSISTENCE	360
#define DEFAULT_WEIGHT		1

#define TIMEOUT_MAX		(31 * 24 * 60 * 60)
#define UDP_PAYLOAD_MAX		(65535 - 20 - 8)

/* The options whose value is a number and nothing else. */
static const struct {
	enum option_id id;
	size_t offset;
	uint32_t min;
	uint32_t max;
	const char *noun;
} numbers[] = {
	{ OPT_WEIGHT, offsetof(struct command, dest.weight),
	  0, INT_MAX, "weight" },
	{ OPT_UTHRESHOLD, offsetof(struct command, dest.u_threshold),
	  0, INT_MAX, "u_threshold" },
	{ OPT_LTHRESHOLD, offsetof(struct command, dest.l_threshold),
	  0, INT_MAX, "l_threshold" },
	{ OPT_TUN_PORT, offsetof(struct command, dest.tun_port),
	  1, USHRT_MAX, "tunnel port" },
	{ OPT_SYNCID, offsetof(struct command, daemon.syncid),
	  0, UCHAR_MAX, "syncid" },
	{ OPT_SYNC_MAXLEN, offsetof(struct command, daemon.maxlen),
	  1, UDP_PAYLOAD_MAX, "sync-maxlen" },
	{ OPT_MCAST_PORT, offsetof(struct command, daemon.port),
	  1, USHRT_MAX, "mcast-port" },
	{ OPT_MCAST_TTL, offsetof(struct command, daemon.ttl),
	  1, UCHAR_MAX, "mcast-ttl" },
	{ OPT_TCP_TIMEOUT, offsetof(struct command, service.terms.value[TERM_TCP]),
	  0, TIMEOUT_MAX, "tcp-timeout" },
	{ OPT_TCP_FIN_TIMEOUT,
	  offsetof(struct command, service.terms.value[TERM_TCP_FIN]),
	  0, TIMEOUT_MAX, "tcp-fin-timeout" },
	{ OPT_UDP_TIMEOUT, offsetof(struct command, service.terms.value[TERM_UDP]),
	  0, TIMEOUT_MAX, "udp-timeout" },
};

#define N_NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

/* Says which option and value the classic text is about, and what is wrong. */
static int explain(const struct option_def *def, const char *text,
		   const char *why, struct error *error)
{
	return error_explain(error, "--%s `%s': %s", def->name, text, why);
}

static int explain_range(const struct option_def *def, const char *text,
			 const char *why, uint32_t min, uint32_t max,
			 struct error *error)
{
	return error_explain(error, "--%s `%s': %s, %u..%u is possible",
			     def->name, text, why, min, max);
}

static int set_number(struct command *cmd, size_t i,
		      const struct option_def *def, const char *text,
		      struct error *error)
{
	uint32_t *field = (uint32_t *)((char *)cmd + numbers[i].offset);
	const char *why;

	why = parse_number(text, numbers[i].min, numbers[i].max, field);
	if (!why)
		return 0;
	error_set(error, EXIT_USAGE, "illegal %s specified", numbers[i].noun);
	return explain_range(def, text, why, numbers[i].min, numbers[i].max,
			     error);
}

static int set_fwmark(struct command *cmd, const struct option_def *def,
		      const char *text, struct error *error)
{
	const char *why;

	cmd->service.addr.family = AF_INET;
	why = parse_number(text, 1, UINT_MAX, &cmd->service.fwmark);
	if (!why)
		return 0;
	error_set(error, EXIT_USAGE, "invalid fwmark value `%s' specified",
		  text);
	return explain_range(def, text, why, 1, UINT_MAX, error);
}

/* @def->param is the protocol, 0 for a firewall mark. */
static int set_service(struct command *cmd, const struct option_def *def,
		       const char *text, struct error *error)
{
	struct service *service = &cmd->service;
	const char *why;

	if (!def->param)
		return set_fwmark(cmd, def, text, error);

	service->protocol = def->param;
	why = parse_endpoint(text, service->protocol, &service->addr,
			     &service->port);
	if (!why)
		return 0;
	error_set(error, EXIT_USAGE,
		  "illegal virtual server address[:port] specified");
	return explain(def, text, why, error);
}

static int set_ipv6(struct command *cmd, struct error *error)
{
	if (!cmd->service.fwmark) {
		error_set(error, EXIT_USAGE, "-6 used before -f\n");
		return error_replace(error, "-6 used before -f: --ipv6 says that the firewall mark before it is for IPv6, an address needs no -6");
	}
	cmd->service.addr.family = AF_INET6;
	return 0;
}

static int set_persistence(struct command *cmd, const struct option_def *def,
			   const char *text, struct error *error)
{
	const char *why;

	cmd->service.flags |= SHUNT_SVC_F_PERSISTENT;
	cmd->service.timeout = DEFAULT_PERSISTENCE;
	if (!text)
		return 0;
	why = parse_number(text, 1, TIMEOUT_MAX, &cmd->service.timeout);
	if (!why)
		return 0;
	error_set(error, EXIT_USAGE, "invalid timeout value `%s' specified",
		  text);
	return explain_range(def, text, why, 1, TIMEOUT_MAX, error);
}

static int set_drain(struct command *cmd, const struct option_def *def,
		     const char *text, struct error *error)
{
	const char *why;

	cmd->dest.drain.on = true;
	if (!text)
		return 0;
	why = parse_number(text, 1, TIMEOUT_MAX, &cmd->dest.drain.seconds);
	if (!why)
		return 0;
	error_set(error, EXIT_USAGE, "illegal drain specified");
	return explain_range(def, text, why, 1, TIMEOUT_MAX, error);
}

/*
 * No scheduler and no persistence engine has a name that does not fit, so the
 * kernel's answer to it is known.
 */
static int set_name(char name[SHUNT_NAME_SIZE], const struct option_def *def,
		    const char *text, struct error *error)
{
	if (strlen(text) < SHUNT_NAME_SIZE) {
		strcpy(name, text);
		return 0;
	}
	error_set(error, EXIT_KERNEL,
		  "Scheduler or persistence engine not found");
	return error_explain(error, "--%s `%s': names have at most %d characters",
			     def->name, text, SHUNT_NAME_SIZE - 1);
}

static int set_tunnel_type(struct command *cmd, const struct option_def *def,
			   const char *text, struct error *error)
{
	static const char *const types[] = {
		[TUNNEL_IPIP] = "ipip",
		[TUNNEL_GUE] = "gue",
		[TUNNEL_GRE] = "gre",
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!strcmp(types[i], text)) {
			cmd->dest.tun_type = i;
			return 0;
		}
	}
	error_set(error, EXIT_USAGE, "illegal tunnel type specified");
	return explain(def, text, "not one of ipip, gue and gre", error);
}

static int set_interface(struct command *cmd, const struct option_def *def,
			 const char *text, struct error *error)
{
	if (strlen(text) < IFNAMSIZ) {
		strcpy(cmd->daemon.interface, text);
		return 0;
	}
	error_set(error, EXIT_KERNEL, "No such device");
	return explain(def, text, "too long for an interface", error);
}

static int set_group(struct command *cmd, const struct option_def *def,
		     const char *text, struct error *error)
{
	const char *why = parse_multicast(text, &cmd->daemon.group);

	if (!why)
		return 0;
	error_set(error, EXIT_USAGE, "invalid IPv%c mcast-group `%s'",
		  cmd->daemon.group.family == AF_INET6 ? '6' : '4', text);
	return explain(def, text, why, error);
}

int values_set(struct command *cmd, struct pending *pending,
	       const struct option_def *def, const char *text,
	       struct error *error)
{
	switch (def->id) {
	case OPT_SERVICE:
		return set_service(cmd, def, text, error);
	case OPT_IPV6:
		return set_ipv6(cmd, error);
	case OPT_SCHEDULER:
		return set_name(cmd->service.sched, def, text, error);
	case OPT_PE:
		return set_name(cmd->service.pe, def, text, error);
	case OPT_PERSISTENT:
		return set_persistence(cmd, def, text, error);
	case OPT_OPS:
		cmd->service.flags |= SHUNT_SVC_F_ONEPACKET;
		return 0;
	case OPT_RESET:
		cmd->service.terms.value[TERM_RESET] = 1;
		return 0;
	case OPT_UDP_LEAVE:
		cmd->service.terms.value[TERM_UDP_LEAVE] = 1;
		return 0;
	case OPT_DRAIN:
		return set_drain(cmd, def, text, error);
	case OPT_FORWARD:
		cmd->dest.forward = def->param;
		return 0;
	case OPT_TUN_TYPE:
		return set_tunnel_type(cmd, def, text, error);
	case OPT_TUN_CSUM:
	case OPT_TUN_REMCSUM:
		cmd->dest.tun_flags |= def->param;
		return 0;
	case OPT_MCAST:
		return set_interface(cmd, def, text, error);
	case OPT_MCAST_GROUP:
		return set_group(cmd, def, text, error);
	case OPT_NETMASK:
		pending->netmask = strdup(text);
		return 0;
	case OPT_SCHED_FLAGS:
		pending->sched_flags = strdup(text);
		return 0;
	case OPT_SERVER:
		pending->server = strdup(text);
		return 0;
	}
	for (size_t i = 0; i < N_NUMBERS; i++)
		if (numbers[i].id == (enum option_id)def->id)
			return set_number(cmd, i, def, text, error);
	return 0;	/* being given is all there is to it */
}

static int finish_netmask(struct command *cmd, const char *text,
			  struct error *error)
{
	struct service *service = &cmd->service;
	bool ipv6 = service->addr.family == AF_INET6;
	const char *why;

	service->netmask = ipv6 ? 128 : UINT_MAX;
	if (!text)
		return 0;
	why = parse_netmask(text, service->addr.family, &service->netmask);
	if (!why)
		return 0;
	error_set(error, EXIT_USAGE, ipv6 ? "illegal ipv6 netmask specified" :
		  "illegal virtual server persistent mask specified");
	return error_explain(error, "--netmask `%s': %s", text, why);
}

static int finish_sched_flags(struct command *cmd, char *text,
			      struct error *error)
{
	const char *sched = cmd->service.sched;
	char *word, *rest = text;

	while (rest && (word = strsep(&rest, ","))) {
		uint32_t flag;

		if (!*word)
			continue;
		switch (parse_sched_flag(word, sched, &flag)) {
		case FLAG_OK:
			cmd->service.flags |= flag;
			break;
		case FLAG_UNKNOWN:
			return error_set(error, EXIT_USAGE,
					 "invalid scheduler flag `%s'", word);
		case FLAG_INCOMPATIBLE:
			error_set(error, EXIT_USAGE,
				  "incompatible scheduler flag `%s'", word);
			return error_explain(error, "the scheduler is %s",
					     sched);
		}
	}
	return 0;
}

/*
 * Gatewaying and tunnels leave the port alone, so it has to be the service's,
 * which is also what a server without a port gets. A firewall mark has no port
 * to insist on, and what is deleted is named as it is.
 */
static int finish_server(struct command *cmd, const char *text,
			 struct error *error)
{
	uint16_t service_port = cmd->service.port;
	const char *why;

	if (!text)
		return 0;
	cmd->dest.port = service_port;
	why = parse_endpoint(text, cmd->service.protocol, &cmd->dest.addr,
			     &cmd->dest.port);
	if (why) {
		error_set(error, EXIT_USAGE,
			  "illegal real server address[:port] specified");
		return error_explain(error, "--real-server `%s': %s", text,
				     why);
	}
	cmd->server_port = cmd->dest.port;
	if (cmd->dest.forward != SHUNT_FWD_MASQ && !cmd->service.fwmark &&
	    cmd->id != CMD_DELETE_SERVER)
		cmd->dest.port = service_port;
	return 0;
}

int values_finish(struct command *cmd, const struct pending *pending,
		  struct error *error)
{
	if (!cmd->service.sched[0])
		strcpy(cmd->service.sched, DEFAULT_SCHEDULER);
	if (!command_has(cmd, OPT_FORWARD))
		cmd->dest.forward = SHUNT_FWD_ROUTE;
	if (!command_has(cmd, OPT_WEIGHT))
		cmd->dest.weight = cmd->dest.drain.on ? 0 : DEFAULT_WEIGHT;

	if (finish_netmask(cmd, pending->netmask, error) ||
	    finish_server(cmd, pending->server, error))
		return -1;
	return finish_sched_flags(cmd, pending->sched_flags, error);
}

int values_set_timeouts(struct command *cmd, const char *const words[3],
			struct error *error)
{
	uint32_t *const fields[3] = {
		&cmd->timeouts.tcp, &cmd->timeouts.tcp_fin, &cmd->timeouts.udp,
	};

	for (int i = 0; i < 3; i++) {
		if (!words[i])
			return error_set(error, EXIT_USAGE,
				"--set option requires 3 timeout values");
	}
	for (int i = 0; i < 3; i++) {
		const char *why = parse_number(words[i], 0, TIMEOUT_MAX,
					       fields[i]);

		if (!why)
			continue;
		error_set(error, EXIT_USAGE,
			  "invalid timeout value `%s' specified", words[i]);
		return error_explain(error, "--set: %s, 0..%d is possible",
				     why, TIMEOUT_MAX);
	}
	return 0;
}

void values_forget(struct pending *pending)
{
	free(pending->netmask);
	free(pending->sched_flags);
	free(pending->server);
}
