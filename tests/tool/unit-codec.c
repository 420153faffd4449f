// SPDX-License-Identifier: GPL-2.0-only
/* What is put has to be got again, and what others send has to be understood. */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>

#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "codec.h"
#include "unit.h"

#define FAMILY 42

static struct nl_msg *message(int cmd)
{
	struct nl_msg *msg = nlmsg_alloc_size(8192);

	genlmsg_put(msg, 1, 1, FAMILY, 0, 0, cmd, SHUNT_GENL_VERSION);
	return msg;
}

static struct service a_service(void)
{
	struct service service = {
		.addr = { .family = AF_INET6 },
		.protocol = IPPROTO_TCP,
		.port = 443,
		.sched = "wrr",
		.pe = "sip",
		.flags = SHUNT_SVC_F_PERSISTENT | SHUNT_SVC_F_SCHED2,
		.timeout = 360,
		.netmask = 64,
		.terms = { true, { 60, 5, 10, 1, 1 } },
	};

	inet_pton(AF_INET6, "2001:db8::1", service.addr.word);
	return service;
}

static struct dest a_dest(void)
{
	struct dest dest = {
		.addr = { .family = AF_INET },
		.port = 8080,
		.forward = SHUNT_FWD_TUNNEL,
		.weight = 3,
		.u_threshold = 10,
		.l_threshold = 5,
		.tun_type = TUNNEL_GUE,
		.tun_port = 6080,
		.tun_flags = TUNNEL_F_REMCSUM,
		.drain = { true, true, 60 },
	};

	inet_pton(AF_INET, "10.0.0.1", dest.addr.word);
	return dest;
}

static void round_trips(void)
{
	struct service service = a_service(), service2;
	struct dest dest = a_dest(), dest2;
	struct timeouts timeouts = { 900, 120, 300 }, timeouts2;
	struct sync_daemon daemon = {
		.state = SYNC_BACKUP, .interface = "eth0", .syncid = 5,
		.maxlen = 1400, .port = 8848, .ttl = 2,
	}, daemon2;
	struct nl_msg *msg;

	msg = message(SHUNT_CMD_NEW_SERVICE);
	expect(!codec_put_service(msg, &service) &&
	       !codec_get_service(nlmsg_hdr(msg), &service2) &&
	       !memcmp(&service, &service2, sizeof(service)),
	       "a service comes back as it was");
	nlmsg_free(msg);

	msg = message(SHUNT_CMD_NEW_SERVICE);
	expect(!codec_put_new_service(msg, &service) &&
	       !codec_get_service(nlmsg_hdr(msg), &service2) &&
	       !memcmp(&service, &service2, sizeof(service)),
	       "so does a new one");
	nlmsg_free(msg);

	service.terms.said = false;
	msg = message(SHUNT_CMD_NEW_SERVICE);
	expect(!codec_put_service(msg, &service) &&
	       !codec_get_service(nlmsg_hdr(msg), &service2) &&
	       !service2.terms.value[TERM_TCP],
	       "what is not said of its connections is not sent");
	nlmsg_free(msg);

	msg = message(SHUNT_CMD_NEW_DEST);
	expect(!codec_put_service_key(msg, &service) &&
	       !codec_put_dest(msg, &dest) &&
	       !codec_get_dest(nlmsg_hdr(msg), AF_INET6, &dest2) &&
	       !memcmp(&dest, &dest2, sizeof(dest)),
	       "a real server comes back as it was");
	nlmsg_free(msg);

	msg = message(SHUNT_CMD_NEW_DEST);
	expect(!codec_put_new_dest(msg, &dest) &&
	       !codec_get_dest(nlmsg_hdr(msg), AF_INET6, &dest2) &&
	       !memcmp(&dest, &dest2, sizeof(dest)),
	       "so does a new one");
	nlmsg_free(msg);

	dest.drain.said = false;
	msg = message(SHUNT_CMD_NEW_DEST);
	expect(!codec_put_dest(msg, &dest) &&
	       !codec_get_dest(nlmsg_hdr(msg), AF_INET, &dest2) &&
	       !dest2.drain.on && !dest2.drain.seconds,
	       "what is not said of draining is not sent");
	nlmsg_free(msg);

	dest.forward = SHUNT_FWD_ROUTE;
	msg = message(SHUNT_CMD_NEW_DEST);
	expect(!codec_put_dest(msg, &dest) &&
	       !codec_get_dest(nlmsg_hdr(msg), AF_INET, &dest2) &&
	       !dest2.tun_type && !dest2.tun_port && !dest2.tun_flags,
	       "a real server without a tunnel sends nothing of tunnels");
	nlmsg_free(msg);

	inet_pton(AF_INET6, "ff05::5", daemon.group.word);
	daemon.group.family = AF_INET6;
	msg = message(SHUNT_CMD_NEW_DAEMON);
	expect(!codec_put_daemon(msg, &daemon) &&
	       !codec_get_daemon(nlmsg_hdr(msg), &daemon2) &&
	       !memcmp(&daemon, &daemon2, sizeof(daemon)),
	       "a synchronisation daemon comes back as it was");
	nlmsg_free(msg);

	msg = message(SHUNT_CMD_SET_CONFIG);
	expect(!codec_put_timeouts(msg, &timeouts) &&
	       !codec_get_timeouts(nlmsg_hdr(msg), &timeouts2) &&
	       !memcmp(&timeouts, &timeouts2, sizeof(timeouts)),
	       "timeouts come back as they were");
	nlmsg_free(msg);
}

static void fwmark(void)
{
	struct service service = { .fwmark = 7, .addr.family = AF_INET6 };
	struct nlattr *attrs[SHUNT_SVC_ATTR_MAX + 1];
	struct service back;
	struct nl_msg *msg = message(SHUNT_CMD_GET_SERVICE);

	codec_put_service_key(msg, &service);
	nla_parse_nested(attrs, SHUNT_SVC_ATTR_MAX,
			 nlmsg_find_attr(nlmsg_hdr(msg), GENL_HDRLEN,
					 SHUNT_CMD_ATTR_SERVICE), NULL);
	expect(attrs[SHUNT_SVC_ATTR_AF] && attrs[SHUNT_SVC_ATTR_FWMARK] &&
	       !attrs[SHUNT_SVC_ATTR_PROTOCOL] && !attrs[SHUNT_SVC_ATTR_ADDR] &&
	       !attrs[SHUNT_SVC_ATTR_PORT],
	       "a firewall mark goes without protocol, address and port");
	expect(!codec_get_service(nlmsg_hdr(msg), &back) && back.fwmark == 7 &&
	       back.addr.family == AF_INET6, "and comes back so");
	nlmsg_free(msg);
}

static void put_stats(struct nl_msg *msg, int type, bool wide)
{
	struct nlattr *nest = nla_nest_start(msg, type);

	for (int i = SHUNT_STATS_ATTR_CONNS; i <= SHUNT_STATS_ATTR_OUTBPS; i++)
		if (wide || i == SHUNT_STATS_ATTR_INBYTES ||
		    i == SHUNT_STATS_ATTR_OUTBYTES)
			nla_put_u64(msg, i, wide ? 1000000000000 + i : i);
		else
			nla_put_u32(msg, i, i);
	nla_nest_end(msg, nest);
}

/* As the kernel answers, with what differs between kernels. */
static struct nl_msg *answer(uint16_t family, int nested, size_t addr_size,
			     bool narrow, bool wide)
{
	struct shunt_flags flags = { .flags = 0x3, .mask = ~0u };
	uint8_t addr[16] = { 192, 0, 2, 1 };
	struct nl_msg *msg = message(SHUNT_CMD_NEW_SERVICE);
	struct nlattr *nest;

	nest = nla_nest_start(msg, SHUNT_CMD_ATTR_SERVICE | nested);
	nla_put_u16(msg, SHUNT_SVC_ATTR_AF, family);
	nla_put_u16(msg, SHUNT_SVC_ATTR_PROTOCOL, IPPROTO_UDP);
	nla_put(msg, SHUNT_SVC_ATTR_ADDR, addr_size, addr);
	nla_put_u16(msg, SHUNT_SVC_ATTR_PORT, htons(53));
	nla_put_string(msg, SHUNT_SVC_ATTR_SCHED_NAME, "rr");
	nla_put(msg, SHUNT_SVC_ATTR_FLAGS, sizeof(flags), &flags);
	nla_put_u32(msg, SHUNT_SVC_ATTR_TIMEOUT, 300);
	nla_put_u32(msg, SHUNT_SVC_ATTR_NETMASK, ~0u);
	if (narrow)
		put_stats(msg, SHUNT_SVC_ATTR_STATS, false);
	if (wide)
		put_stats(msg, SHUNT_SVC_ATTR_STATS64, true);
	nla_nest_end(msg, nest);
	return msg;
}

static void answers(void)
{
	struct service service;
	struct nl_msg *msg;

	msg = answer(AF_INET, 0, 16, true, true);
	expect(!codec_get_service(nlmsg_hdr(msg), &service) &&
	       service.addr.word[0] == inet_addr("192.0.2.1") &&
	       !service.addr.word[1] && service.port == 53 &&
	       !strcmp(service.sched, "rr") && service.flags == 0x3,
	       "a dumped service is understood");
	expect(service.stats && service.stats->value[0] == 1000000000001,
	       "its 64 bit counters are preferred");
	free(service.stats);
	nlmsg_free(msg);

	msg = answer(AF_INET, NLA_F_NESTED, 4, true, false);
	expect(!codec_get_service(nlmsg_hdr(msg), &service) &&
	       service.addr.word[0] == inet_addr("192.0.2.1"),
	       "a nest with the flag and an address of 4 bytes too");
	expect(service.stats && service.stats->value[0] == 1 &&
	       service.stats->value[3] == 4 && service.stats->value[9] == 10,
	       "counters of 32 bit are read where there are no others");
	free(service.stats);
	nlmsg_free(msg);

	msg = answer(AF_INET, 0, 2, false, false);
	expect(codec_get_service(nlmsg_hdr(msg), &service),
	       "an address of 2 bytes is malformed");
	nlmsg_free(msg);

	msg = answer(AF_INET6, 0, 4, false, false);
	expect(codec_get_service(nlmsg_hdr(msg), &service),
	       "and an IPv6 one of 4 bytes");
	nlmsg_free(msg);

	msg = answer(AF_UNIX, 0, 16, false, false);
	expect(codec_get_service(nlmsg_hdr(msg), &service),
	       "and one of another family");
	nlmsg_free(msg);

	msg = message(SHUNT_CMD_NEW_SERVICE);
	expect(codec_get_service(nlmsg_hdr(msg), &service),
	       "a message without a service is none");
	nlmsg_free(msg);
}

static void put_drop(struct nl_msg *msg, const char *name, uint64_t packets)
{
	struct nlattr *nest = nla_nest_start(msg, SHUNT_CMD_ATTR_DROP);

	nla_put_string(msg, SHUNT_DROP_ATTR_NAME, name);
	nla_put_string(msg, SHUNT_DROP_ATTR_TEXT, "for a reason");
	nla_put_u64(msg, SHUNT_DROP_ATTR_PACKETS, packets);
	nla_nest_end(msg, nest);
}

static void drops(void)
{
	struct nl_msg *msg = message(SHUNT_CMD_GET_DROPS);
	struct nlattr *nest;
	struct drop drop;

	put_drop(msg, "first", 1);
	put_drop(msg, "second", 5000000000);
	expect(codec_get_drop(nlmsg_hdr(msg), 0, &drop) == 1 &&
	       !strcmp(drop.name, "first") && drop.packets == 1,
	       "the first drop reason");
	expect(codec_get_drop(nlmsg_hdr(msg), 1, &drop) == 1 &&
	       !strcmp(drop.name, "second") && drop.packets == 5000000000,
	       "the second");
	expect(!codec_get_drop(nlmsg_hdr(msg), 2, &drop), "there is no third");
	nlmsg_free(msg);

	msg = message(SHUNT_CMD_GET_DROPS);
	nest = nla_nest_start(msg, SHUNT_CMD_ATTR_DROP);
	nla_put_string(msg, SHUNT_DROP_ATTR_NAME, "first");
	nla_nest_end(msg, nest);
	expect(codec_get_drop(nlmsg_hdr(msg), 0, &drop) == -1,
	       "a drop reason without a number is malformed");
	nlmsg_free(msg);
}

static struct nl_msg *a_conn(void)
{
	uint8_t client[16] = { 198, 51, 100, 7 }, virtual[16] = { 192, 0, 2, 1 };
	uint8_t dest[16] = { 10, 0, 0, 1 };
	struct nl_msg *msg = message(SHUNT_CMD_GET_CONN);
	struct nlattr *nest = nla_nest_start(msg, SHUNT_CMD_ATTR_CONN);

	nla_put_u16(msg, SHUNT_CONN_ATTR_AF, AF_INET);
	nla_put_u16(msg, SHUNT_CONN_ATTR_PROTOCOL, IPPROTO_TCP);
	nla_put(msg, SHUNT_CONN_ATTR_CLIENT_ADDR, 16, client);
	nla_put_u16(msg, SHUNT_CONN_ATTR_CLIENT_PORT, htons(40000));
	nla_put(msg, SHUNT_CONN_ATTR_VIRTUAL_ADDR, 16, virtual);
	nla_put_u16(msg, SHUNT_CONN_ATTR_VIRTUAL_PORT, htons(80));
	nla_put_u16(msg, SHUNT_CONN_ATTR_DEST_AF, AF_INET);
	nla_put(msg, SHUNT_CONN_ATTR_DEST_ADDR, 16, dest);
	nla_put_u16(msg, SHUNT_CONN_ATTR_DEST_PORT, htons(8080));
	nla_put_string(msg, SHUNT_CONN_ATTR_STATE, "ESTABLISHED");
	nla_put_u32(msg, SHUNT_CONN_ATTR_FWD_METHOD, SHUNT_FWD_ROUTE);
	nla_put_u32(msg, SHUNT_CONN_ATTR_EXPIRES, 899);
	nla_put_string(msg, SHUNT_CONN_ATTR_PE_NAME, "sip");
	nla_put(msg, SHUNT_CONN_ATTR_PE_DATA, 3, "a@bcd");
	nla_nest_end(msg, nest);
	return msg;
}

/* A message of GET_ALL, the continuation of one, and one without real servers. */
static void all(void)
{
	struct list dests = LIST_OF(struct dest);
	struct nl_msg *msg = message(SHUNT_CMD_GET_ALL);
	struct service service = a_service(), got;
	struct dest dest = a_dest();

	codec_put_service(msg, &service);
	expect(!codec_get_dests(nlmsg_hdr(msg), AF_INET, &dests) &&
	       !dests.count, "a service without real servers");
	for (int i = 1; i <= 40; i++) {
		dest.weight = i;
		codec_put_dest(msg, &dest);
	}
	expect(!codec_get_service(nlmsg_hdr(msg), &got) &&
	       !codec_get_dests(nlmsg_hdr(msg), AF_INET, &dests) &&
	       !service_compare(&got, &service) && dests.count == 40,
	       "a service and its 40 real servers");
	expect(dests.count == 40 &&
	       list_at(&dests, struct dest, 0)->weight == 1 &&
	       list_at(&dests, struct dest, 39)->weight == 40 &&
	       !dest_compare(list_at(&dests, struct dest, 39), &dest) &&
	       list_at(&dests, struct dest, 39)->tun_port == dest.tun_port,
	       "in their order, with all there is to them");
	nlmsg_free(msg);

	msg = message(SHUNT_CMD_GET_ALL);
	codec_put_service_key(msg, &service);
	codec_put_dest(msg, &dest);
	expect(!codec_get_service(nlmsg_hdr(msg), &got) && !got.sched[0] &&
	       !service_compare(&got, &service) &&
	       !codec_get_dests(nlmsg_hdr(msg), AF_INET, &dests) &&
	       dests.count == 41, "a service's key and one more real server");
	nla_put(msg, SHUNT_CMD_ATTR_DEST, 0, NULL);
	expect(codec_get_dests(nlmsg_hdr(msg), AF_INET, &dests),
	       "a real server without an address is refused");
	nlmsg_free(msg);
	list_free(&dests);
}

static void conns(void)
{
	struct nl_msg *msg = a_conn();
	struct conn conn;

	expect(!codec_get_conn(nlmsg_hdr(msg), &conn) &&
	       conn.client.word[0] == inet_addr("198.51.100.7") &&
	       conn.client_port == 40000 && conn.virtual_port == 80 &&
	       conn.dest.word[0] == inet_addr("10.0.0.1") &&
	       conn.dest_port == 8080 && conn.expires == 899 &&
	       conn.protocol == IPPROTO_TCP &&
	       conn.forward == SHUNT_FWD_ROUTE &&
	       !strcmp(conn.state, "ESTABLISHED"), "a connection");
	expect(!strcmp(conn.pe, "sip") && conn.pe_data &&
	       !strcmp(conn.pe_data, "a@b"), "what its engine knows");
	free(conn.pe_data);
	nlmsg_free(msg);
}

static void info(void)
{
	struct nl_msg *msg = message(SHUNT_CMD_SET_INFO);
	struct info got;

	nla_put_u32(msg, SHUNT_INFO_ATTR_VERSION, SHUNT_IPVS_VERSION);
	nla_put_u32(msg, SHUNT_INFO_ATTR_CONN_TAB_SIZE, 4096);
	expect(!codec_get_info(nlmsg_hdr(msg), &got) &&
	       got.version == 0x10201 && got.conn_tab_size == 4096,
	       "the answer to GET_INFO");
	nlmsg_free(msg);
}

/*
 * Damage answers at random: the sanitizers find what reads past them. The copy
 * is as long as the message, so that they see its end.
 */
static void damage(struct nl_msg *msg, unsigned int rounds)
{
	struct nlmsghdr *good = nlmsg_hdr(msg);
	size_t size = good->nlmsg_len;

	for (unsigned int i = 0; i < rounds; i++) {
		struct list dests = LIST_OF(struct dest);
		struct nlmsghdr *bad = malloc(size);
		struct sync_daemon daemon;
		struct timeouts timeouts;
		struct service service;
		struct dest dest;
		struct conn conn;
		struct drop drop;
		struct info got;

		memcpy(bad, good, size);
		for (int n = rand() % 4; n >= 0; n--)
			((uint8_t *)bad)[GENL_HDRLEN + NLMSG_HDRLEN +
				rand() % (size - GENL_HDRLEN - NLMSG_HDRLEN)] =
				rand() % 2 ? rand() : rand() % 20;
		codec_get_service(bad, &service);
		free(service.stats);
		codec_get_dest(bad, AF_INET6, &dest);
		free(dest.stats);
		codec_get_daemon(bad, &daemon);
		codec_get_timeouts(bad, &timeouts);
		codec_get_info(bad, &got);
		codec_get_conn(bad, &conn);
		free(conn.pe_data);
		codec_get_drop(bad, 0, &drop);
		codec_get_dests(bad, AF_INET6, &dests);
		for (size_t d = 0; d < dests.count; d++)
			free(list_at(&dests, struct dest, d)->stats);
		list_free(&dests);
		free(bad);
	}
}

static void damaged(void)
{
	struct service service = a_service();
	struct dest dest = a_dest();
	struct sync_daemon daemon = { .state = 1, .interface = "eth0" };
	struct nl_msg *msg = answer(AF_INET, 0, 16, true, true);

	srand(1);
	damage(msg, 20000);
	nlmsg_free(msg);

	msg = message(SHUNT_CMD_NEW_DEST);
	codec_put_service(msg, &service);
	codec_put_dest(msg, &dest);
	codec_put_daemon(msg, &daemon);
	put_drop(msg, "first", 1);
	damage(msg, 20000);
	nlmsg_free(msg);

	msg = a_conn();
	damage(msg, 20000);
	nlmsg_free(msg);
	expect(1, "60000 damaged messages are survived");
}

static void full(void)
{
	struct nl_msg *msg = nlmsg_alloc_size(NLMSG_HDRLEN + GENL_HDRLEN + 60);
	struct service service = a_service();

	genlmsg_put(msg, 1, 1, FAMILY, 0, 0, 1, 1);
	expect(codec_put_service(msg, &service),
	       "a message that is full is noticed");
	nlmsg_free(msg);
}

int main(void)
{
	round_trips();
	fwmark();
	answers();
	drops();
	all();
	conns();
	info();
	damaged();
	full();
	return unit_end();
}
