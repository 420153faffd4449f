// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes each kind of document that shuntadm --json knows into the folder that
 * is its argument, made of everything a director may say. tests/tool/schema
 * looks at them.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "parse.h"
#include "print_json.h"

static const char *folder;

static FILE *document(const char *name)
{
	char path[4096];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s.json", folder, name);
	out = fopen(path, "w");
	if (!out) {
		perror(path);
		exit(1);
	}
	return out;
}

static struct address address(const char *text)
{
	struct address addr = { 0 };

	if (parse_address(text, &addr))
		abort();
	return addr;
}

/* A different number for each, the last ones the largest there are. */
static struct stats some_stats(uint64_t first)
{
	struct stats stats;

	for (int i = 0; i < STATS_COLUMNS; i++)
		stats.value[i] = first + i;
	return stats;
}

static struct stats *stats_of(uint64_t first)
{
	struct stats *stats = malloc(sizeof(*stats));

	*stats = some_stats(first);
	return stats;
}

static struct director shunt(void)
{
	struct director director = {
		.nl.is_shunt = true,
		.info = { SHUNT_IPVS_VERSION, 4096, true, some_stats(1) },
	};

	return director;
}

static void add_dest(struct entry *entry, const char *addr, uint16_t port,
		     struct dest dest)
{
	dest.addr = address(addr);
	dest.port = port;
	list_add(&entry->dests, &dest);
}

/* Every way to forward, and one that is not there yet. */
static struct entry first(void)
{
	struct entry entry = {
		.service = {
			.addr = address("1.2.3.4"), .port = 80,
			.protocol = IPPROTO_TCP, .sched = "rr",
			.netmask = UINT32_MAX, .flags = SHUNT_SVC_F_HASHED,
			.stats = stats_of(UINT64_MAX - STATS_COLUMNS + 1),
		},
		.dests = LIST_OF(struct dest),
	};

	add_dest(&entry, "10.0.0.1", 8080, (struct dest){
		.forward = SHUNT_FWD_MASQ, .weight = 0, .u_threshold = 10,
		.l_threshold = 5, .active = 3, .inactive = 4, .persistent = 7,
		.stats = stats_of(100) });
	add_dest(&entry, "10.0.0.2", 80, (struct dest){
		.forward = SHUNT_FWD_ROUTE, .weight = UINT32_MAX,
		.u_threshold = 20 });
	add_dest(&entry, "10.0.0.3", 80, (struct dest){
		.forward = SHUNT_FWD_LOCAL, .drain = { true, true, 0 } });
	add_dest(&entry, "10.0.0.4", 80, (struct dest){
		.forward = SHUNT_FWD_BYPASS, .drain = { true, true, 57 } });
	add_dest(&entry, "10.0.0.5", 80, (struct dest){
		.forward = SHUNT_FWD_TUNNEL });
	add_dest(&entry, "2001:db8::5", 80, (struct dest){
		.forward = SHUNT_FWD_TUNNEL, .tun_type = TUNNEL_GUE,
		.tun_port = 6080, .tun_flags = TUNNEL_F_REMCSUM });
	add_dest(&entry, "10.0.0.6", 80, (struct dest){
		.forward = SHUNT_FWD_TUNNEL, .tun_type = TUNNEL_GRE,
		.tun_flags = TUNNEL_F_CSUM });
	add_dest(&entry, "10.0.0.7", 80, (struct dest){
		.forward = SHUNT_FWD_TUNNEL, .tun_type = 9 });
	add_dest(&entry, "10.0.0.8", 80, (struct dest){ .forward = 5 });
	return entry;
}

static void services(void)
{
	static const struct service others[] = {
		{ .addr = { .family = AF_INET }, .fwmark = 7, .sched = "sh",
		  .flags = SHUNT_SVC_F_SCHED1 | SHUNT_SVC_F_SCHED2 |
			   SHUNT_SVC_F_PERSISTENT, .timeout = 360 },
		{ .addr = { .family = AF_INET6 }, .fwmark = UINT32_MAX,
		  .sched = "flags", .netmask = 64, .timeout = 1,
		  .flags = SHUNT_SVC_F_SCHED3 | SHUNT_SVC_F_PERSISTENT },
		{ .addr = { .family = AF_INET6 }, .port = 53, .sched = "wrr",
		  .protocol = IPPROTO_UDP, .flags = SHUNT_SVC_F_ONEPACKET },
		{ .addr = { .family = AF_INET6 }, .protocol = 99, .sched = "rr" },
	};
	struct list table = LIST_OF(struct entry);
	struct director director = shunt();
	struct entry entry = first();
	FILE *out;

	list_add(&table, &entry);
	for (int i = 0; i < 4; i++) {
		entry = (struct entry){ .service = others[i],
					.dests = LIST_OF(struct dest) };
		list_add(&table, &entry);
	}
	list_at(&table, struct entry, 1)->service.netmask = htonl(0xffffff00);
	strcpy(list_at(&table, struct entry, 1)->service.pe, "sip");
	list_at(&table, struct entry, 1)->service.terms =
		(struct terms){ true, { 60, 0, UINT32_MAX, 1, 1 } };
	list_at(&table, struct entry, 3)->service.addr = address("2001:db8::1");

	out = document("services");
	print_json_services(out, &director, &table);
	fclose(out);
	table_free(&table);

	/* Nothing to list, and ip_vs, which says less. */
	director.nl.is_shunt = false;
	director.info.has_total = false;
	out = document("no-services");
	print_json_services(out, &director, &table);
	fclose(out);
}

static void conns(void)
{
	struct conn nat = {
		.protocol = IPPROTO_TCP, .client_port = 54321,
		.virtual_port = 80, .dest_port = 8080,
		.client = address("198.51.100.1"),
		.virtual = address("1.2.3.4"), .dest = address("10.0.0.1"),
		.forward = SHUNT_FWD_MASQ, .expires = 899,
		.state = "ESTABLISHED",
	};
	struct conn sip = {
		.protocol = IPPROTO_UDP, .virtual_port = 5060,
		.client = address("2001:db8::9"),
		.virtual = address("2001:db8::1"),
		.dest = address("10.0.0.1"), .forward = FORWARD_UNKNOWN,
		.state = "UDP", .pe = "sip", .pe_data = "a\"b\\c\td\xff",
	};
	struct list list = LIST_OF(struct conn);
	struct director director = shunt();
	FILE *out = document("connections");

	list_add(&list, &nat);
	list_add(&list, &sip);
	sip.pe_data = NULL;
	list_add(&list, &sip);
	print_json_conns(out, &director, &list);
	fclose(out);
	list_free(&list);
}

static void small_lists(void)
{
	struct sync_daemon daemon = { .state = SYNC_MASTER, .interface = "eth0",
				      .syncid = 5 };
	struct drop drop = { "no_dest", "no real server is available",
			     UINT64_MAX };
	struct timeouts timeouts = { 900, 120, 300 };
	struct list daemons = LIST_OF(struct sync_daemon);
	struct list drops = LIST_OF(struct drop);
	struct director director = shunt();
	FILE *out = document("timeouts");

	print_json_timeouts(out, &director, &timeouts);
	fclose(out);

	list_add(&daemons, &daemon);
	daemon = (struct sync_daemon){ SYNC_BACKUP, "eth1", 255, 1400,
				       address("ff05::5"), 8849, 3 };
	list_add(&daemons, &daemon);
	out = document("daemons");
	print_json_daemons(out, &director, &daemons);
	fclose(out);
	list_free(&daemons);

	list_add(&drops, &drop);
	out = document("drops");
	print_json_drops(out, &director, &drops);
	fclose(out);
	list_free(&drops);
}

static void events(void)
{
	static const struct {
		const char *name;
		enum event_kind kind;
		enum event_object object;
	} cases[] = {
		{ "event-listening", EVENT_LISTENING, EVENT_NOTHING },
		{ "event-service", EVENT_ADDED, EVENT_SERVICE },
		{ "event-server", EVENT_REMOVED, EVENT_SERVER },
		{ "event-timeouts", EVENT_CHANGED, EVENT_TIMEOUTS },
		{ "event-lost", EVENT_LOST, EVENT_NOTHING },
	};
	struct list table = LIST_OF(struct entry);
	struct entry entry = first();

	list_add(&table, &entry);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct event event = {
			.time = { 1234, 5678 },
			.kind = cases[i].kind,
			.object = cases[i].object,
			.service = entry.service,
			.dest = *list_at(&entry.dests, struct dest, 0),
			.timeouts = { 900, 120, 300 },
		};
		FILE *out = document(cases[i].name);

		print_json_event(out, &event);
		fclose(out);
	}
	table_free(&table);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	folder = argv[1];
	services();
	conns();
	small_lists();
	events();
	return 0;
}
