// SPDX-License-Identifier: GPL-2.0-only
#include "print_json.h"

#include <arpa/inet.h>
#include <string.h>

#include "json.h"
#include "names.h"
#include "parse.h"

/* Counts changes that would break who reads it, which new keys are not. */
#define SCHEMA_VERSION 1

#define N_COUNTERS (SHUNT_STATS_ATTR_OUTBYTES - SHUNT_STATS_ATTR_CONNS + 1)

/* Both halves of struct stats. */
static const char *const counters[N_COUNTERS] = {
	"connections", "in_packets", "out_packets", "in_bytes", "out_bytes",
};

static const char *const rates[N_COUNTERS] = {
	"connections_per_second", "in_packets_per_second",
	"out_packets_per_second", "in_bytes_per_second",
	"out_bytes_per_second",
};

/* What stands for "there is none". */
static void put_number(struct json *json, const char *key, uint64_t number,
		       bool there)
{
	if (there)
		json_number(json, key, number);
	else
		json_null(json, key);
}

static void put_text(struct json *json, const char *key, const char *text,
		     bool there)
{
	if (there)
		json_string(json, key, text);
	else
		json_null(json, key);
}

static void put_address(struct json *json, const char *key,
			const struct address *addr, bool there)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (there)
		names_address(text, sizeof(text), addr);
	put_text(json, key, text, there);
}

static void put_half(struct json *json, const char *key,
		     const char *const names[N_COUNTERS],
		     const struct stats *stats, int first)
{
	json_open(json, key, '{');
	for (int i = 0; i < N_COUNTERS; i++)
		json_number(json, names[i], stats ? stats->value[first + i] : 0);
	json_close(json, '}');
}

static void put_stats(struct json *json, const struct stats *stats)
{
	put_half(json, "stats", counters, stats, 0);
	put_half(json, "rates", rates, stats, N_COUNTERS);
}

static void put_protocol(struct json *json, uint16_t protocol, bool there)
{
	const char *name = protocol_name(protocol);
	char number[8];

	snprintf(number, sizeof(number), "%u", protocol);
	put_text(json, "protocol", name ? name : number, there);
}

static void put_forwarding(struct json *json, uint32_t forward)
{
	static const char *const names[] = {
		[SHUNT_FWD_MASQ] = "masquerading",
		[SHUNT_FWD_LOCAL] = "local",
		[SHUNT_FWD_TUNNEL] = "tunnel",
		[SHUNT_FWD_ROUTE] = "gatewaying",
		[SHUNT_FWD_BYPASS] = "bypass",
	};
	bool known = forward < sizeof(names) / sizeof(names[0]);

	put_text(json, "forwarding", known ? names[forward] : "", known);
}

/* What tells a service from the others. */
static void put_key(struct json *json, const struct service *service)
{
	bool by_address = !service->fwmark;

	put_protocol(json, service->protocol, by_address);
	put_address(json, "address", &service->addr, by_address);
	put_number(json, "port", service->port, by_address);
	put_number(json, "fwmark", service->fwmark, !by_address);
	json_string(json, "address_family",
		    service->addr.family == AF_INET6 ? "IPv6" : "IPv4");
}

static void put_persistence(struct json *json, const struct service *service)
{
	struct in_addr mask = { .s_addr = service->netmask };
	char text[INET_ADDRSTRLEN];

	if (!(service->flags & SHUNT_SVC_F_PERSISTENT)) {
		json_null(json, "persistence");
		return;
	}
	if (service->addr.family == AF_INET6)
		snprintf(text, sizeof(text), "%u", service->netmask);
	else
		inet_ntop(AF_INET, &mask, text, sizeof(text));
	json_open(json, "persistence", '{');
	json_number(json, "timeout_seconds", service->timeout);
	json_string(json, "netmask", text);
	put_text(json, "engine", service->pe, service->pe[0]);
	json_close(json, '}');
}

static void put_terms(struct json *json, const struct terms *terms)
{
	static const char *const names[] = {
		[TERM_TCP] = "tcp_seconds",
		[TERM_TCP_FIN] = "tcp_fin_seconds",
		[TERM_UDP] = "udp_seconds",
	};

	json_open(json, "own_timeouts", '{');
	for (int i = TERM_TCP; i <= TERM_UDP; i++)
		put_number(json, names[i], terms->value[i], terms->value[i]);
	json_close(json, '}');
	json_bool(json, "reset_on_expiry", terms->value[TERM_RESET]);
	json_bool(json, "udp_leave", terms->value[TERM_UDP_LEAVE]);
}

/* All of a service but its real servers. */
static void put_service(struct json *json, const struct service *service)
{
	put_key(json, service);
	json_string(json, "scheduler", service->sched);
	json_open(json, "scheduler_flags", '[');
	for (unsigned int i = 0; i < 3; i++)
		if (service->flags & SHUNT_SVC_F_SCHED1 << i)
			json_string(json, NULL,
				    sched_flag_name(service->sched, i));
	json_close(json, ']');
	put_persistence(json, service);
	json_bool(json, "one_packet", service->flags & SHUNT_SVC_F_ONEPACKET);
	put_terms(json, &service->terms);
	put_stats(json, service->stats);
}

static void put_tunnel(struct json *json, const struct dest *dest)
{
	static const char *const types[] = {
		[TUNNEL_IPIP] = "ipip",
		[TUNNEL_GUE] = "gue",
		[TUNNEL_GRE] = "gre",
	};
	bool known = dest->tun_type < sizeof(types) / sizeof(types[0]);
	const char *checksum = "none";

	if (dest->forward != SHUNT_FWD_TUNNEL) {
		json_null(json, "tunnel");
		return;
	}
	if (dest->tun_flags & TUNNEL_F_REMCSUM)
		checksum = "remcsum";
	else if (dest->tun_flags & TUNNEL_F_CSUM)
		checksum = "csum";
	json_open(json, "tunnel", '{');
	put_text(json, "type", known ? types[dest->tun_type] : "", known);
	put_number(json, "port", dest->tun_port, dest->tun_type == TUNNEL_GUE);
	json_string(json, "checksum", checksum);
	json_close(json, '}');
}

static void put_drain(struct json *json, const struct drain *drain)
{
	if (!drain->on) {
		json_null(json, "draining");
		return;
	}
	json_open(json, "draining", '{');
	put_number(json, "left_seconds", drain->seconds, drain->seconds);
	json_close(json, '}');
}

static void put_server(struct json *json, const struct dest *dest)
{
	put_address(json, "address", &dest->addr, true);
	json_number(json, "port", dest->port);
	put_forwarding(json, dest->forward);
	put_tunnel(json, dest);
	json_number(json, "weight", dest->weight);
	put_number(json, "upper_threshold", dest->u_threshold,
		   dest->u_threshold);
	put_number(json, "lower_threshold", dest->l_threshold,
		   dest->l_threshold);
	put_drain(json, &dest->drain);
	json_number(json, "active_connections", dest->active);
	json_number(json, "inactive_connections", dest->inactive);
	json_number(json, "persistent_connections", dest->persistent);
	put_stats(json, dest->stats);
}

static void put_timeouts(struct json *json, const struct timeouts *timeouts)
{
	json_open(json, "timeouts", '{');
	json_number(json, "tcp_seconds", timeouts->tcp);
	json_number(json, "tcp_fin_seconds", timeouts->tcp_fin);
	json_number(json, "udp_seconds", timeouts->udp);
	json_close(json, '}');
}

static void put_director(struct json *json, const struct director *director)
{
	const struct info *info = &director->info;
	char version[16];

	snprintf(version, sizeof(version), "%u.%u.%u",
		 info->version >> 16 & 0xff, info->version >> 8 & 0xff,
		 info->version & 0xff);
	json_open(json, "director", '{');
	json_string(json, "family", director->nl.is_shunt ?
		    SHUNT_GENL_NAME : SHUNT_GENL_COMPAT_NAME);
	json_string(json, "ipvs_version", version);
	json_number(json, "connection_table_size", info->conn_tab_size);
	if (info->has_total) {
		put_stats(json, &info->total);
	} else {
		json_null(json, "stats");
		json_null(json, "rates");
	}
	json_close(json, '}');
}

static struct json begin(FILE *out, const struct director *director)
{
	struct json json = { .out = out };

	json_open(&json, NULL, '{');
	json_number(&json, "schema_version", SCHEMA_VERSION);
	put_director(&json, director);
	return json;
}

void print_json_services(FILE *out, const struct director *director,
			 const struct list *table)
{
	struct json json = begin(out, director);

	json_open(&json, "services", '[');
	for (size_t i = 0; i < table->count; i++) {
		const struct entry *entry = list_at(table, struct entry, i);

		json_open(&json, NULL, '{');
		put_service(&json, &entry->service);
		json_open(&json, "real_servers", '[');
		for (size_t j = 0; j < entry->dests.count; j++) {
			json_open(&json, NULL, '{');
			put_server(&json,
				   list_at(&entry->dests, struct dest, j));
			json_close(&json, '}');
		}
		json_close(&json, ']');
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_close(&json, '}');
}

static void put_endpoint(struct json *json, const char *key,
			 const struct address *addr, uint16_t port)
{
	json_open(json, key, '{');
	put_address(json, "address", addr, true);
	json_number(json, "port", port);
	json_close(json, '}');
}

static void put_conn(struct json *json, const struct conn *conn)
{
	put_protocol(json, conn->protocol, true);
	json_string(json, "state", conn->state);
	json_number(json, "expires_seconds", conn->expires);
	put_endpoint(json, "client", &conn->client, conn->client_port);
	put_endpoint(json, "virtual", &conn->virtual, conn->virtual_port);
	put_endpoint(json, "real_server", &conn->dest, conn->dest_port);
	put_forwarding(json, conn->forward);
	if (!conn->pe[0]) {
		json_null(json, "persistence_engine");
		return;
	}
	json_open(json, "persistence_engine", '{');
	json_string(json, "name", conn->pe);
	put_text(json, "data", conn->pe_data, conn->pe_data);
	json_close(json, '}');
}

void print_json_conns(FILE *out, const struct director *director,
		      const struct list *conns)
{
	struct json json = begin(out, director);

	json_open(&json, "connections", '[');
	for (size_t i = 0; i < conns->count; i++) {
		json_open(&json, NULL, '{');
		put_conn(&json, list_at(conns, struct conn, i));
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_close(&json, '}');
}

void print_json_timeouts(FILE *out, const struct director *director,
			 const struct timeouts *timeouts)
{
	struct json json = begin(out, director);

	put_timeouts(&json, timeouts);
	json_close(&json, '}');
}

static void put_daemon(struct json *json, const struct sync_daemon *daemon)
{
	json_string(json, "role",
		    daemon->state == SYNC_MASTER ? "master" : "backup");
	json_string(json, "interface", daemon->interface);
	json_number(json, "syncid", daemon->syncid);
	put_number(json, "sync_maxlen_bytes", daemon->maxlen, daemon->maxlen);
	put_address(json, "mcast_group", &daemon->group, daemon->group.family);
	put_number(json, "mcast_port", daemon->port, daemon->port);
	put_number(json, "mcast_ttl", daemon->ttl, daemon->ttl);
}

void print_json_daemons(FILE *out, const struct director *director,
			const struct list *daemons)
{
	struct json json = begin(out, director);

	json_open(&json, "daemons", '[');
	for (size_t i = 0; i < daemons->count; i++) {
		json_open(&json, NULL, '{');
		put_daemon(&json, list_at(daemons, struct sync_daemon, i));
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_close(&json, '}');
}

void print_json_drops(FILE *out, const struct director *director,
		      const struct list *drops)
{
	struct json json = begin(out, director);

	json_open(&json, "drops", '[');
	for (size_t i = 0; i < drops->count; i++) {
		const struct drop *drop = list_at(drops, struct drop, i);

		json_open(&json, NULL, '{');
		json_string(&json, "reason", drop->name);
		json_string(&json, "description", drop->text);
		json_number(&json, "packets", drop->packets);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_close(&json, '}');
}

/* RFC 3339, in UTC. */
static void put_time(struct json *json, const struct timespec *time)
{
	char seconds[32], text[48];
	struct tm utc;

	gmtime_r(&time->tv_sec, &utc);
	strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text, sizeof(text), "%s.%06uZ", seconds,
		 (unsigned int)time->tv_nsec / 1000);
	json_string(json, "time", text);
}

static void put_object(struct json *json, const struct event *event)
{
	switch (event->object) {
	case EVENT_NOTHING:
		break;
	case EVENT_SERVICE:
		json_open(json, "service", '{');
		put_service(json, &event->service);
		json_close(json, '}');
		break;
	case EVENT_SERVER:
		json_open(json, "service", '{');
		put_key(json, &event->service);
		json_close(json, '}');
		json_open(json, "real_server", '{');
		put_server(json, &event->dest);
		json_close(json, '}');
		break;
	case EVENT_TIMEOUTS:
		put_timeouts(json, &event->timeouts);
		break;
	}
}

void print_json_event(FILE *out, const struct event *event)
{
	struct json json = { .out = out, .one_line = true };

	json_open(&json, NULL, '{');
	json_number(&json, "schema_version", SCHEMA_VERSION);
	put_time(&json, &event->time);
	json_string(&json, "event", event_name(event->kind));
	put_object(&json, event);
	json_close(&json, '}');
}
