// SPDX-License-Identifier: GPL-2.0-only
#include "generate.h"

#include <arpa/inet.h>
#include <limits.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/shunt.h>
#include <netinet/in.h>
#include <string.h>

#include "draw.h"

static struct datagram *out;
static bool sound;		/* nothing is wrong with what is said, either */
static uint32_t faulty;		/* one attribute in so many is spoilt, 0 for none */
static uint16_t nested;		/* NLA_F_NESTED, or not */

static bool rarely(uint32_t n)
{
	return !sound && one_in(n);
}

/* --- bytes */

static bool room(size_t len)
{
	return out->len + len + 64 < sizeof(out->bytes);
}

static void put_bytes(const void *data, size_t len)
{
	if (!len || !room(len))
		return;
	memcpy(out->bytes + out->len, data, len);
	out->len += len;
	memset(out->bytes + out->len, 0, aligned(len) - len);
	out->len += aligned(len) - len;
}

static void put_header(uint16_t len, uint16_t type)
{
	struct nlattr attr = { .nla_len = len, .nla_type = type };

	put_bytes(&attr, sizeof(attr));
}

static void put(uint16_t type, const void *data, size_t len)
{
	put_header(NLA_HDRLEN + len, type);
	put_bytes(data, len);
}

static void put_number(uint16_t type, uint32_t value)
{
	put(type, &value, sizeof(value));
}

static size_t begin(uint16_t type)
{
	size_t at = out->len;

	put_header(0, type | nested);
	return at;
}

static void end(size_t at)
{
	uint16_t len = out->len - at;

	memcpy(out->bytes + at, &len, sizeof(len));
}

/* --- attributes, and what can be wrong with them */

static uint32_t edge(void)
{
	static const uint32_t edges[] = { 0, 1, 2, 3, 4, 5, 6, 17, 59, 127, 128, 129, 255, 256, 65535, 65536, 0x7ffffffe, 0x7fffffff,
		0x80000000, 0xfffffffe, 0xffffffff };
	uint32_t most = INT_MAX / world.hz;

	switch (below(8)) {
	case 0:
		return draw();
	case 1:
		return most + below(3) - 1;
	default:
		return PICK(edges);
	}
}

static void put_deep(uint16_t type, const void *data, size_t len)
{
	int depth = 1 + below(40);

	for (int i = depth; i; i--)
		put_header(NLA_HDRLEN * i + NLA_HDRLEN + len, type | (one_in(2) ? NLA_F_NESTED : 0));
	put(type, data, len);
}

static void put_junk(uint16_t type, size_t len)
{
	static uint8_t junk[65536];

	draw_bytes(junk, len);
	put(type, junk, len);
}

static void put_lie(uint16_t type, const void *data, size_t len)
{
	static const uint16_t lies[] = { 0, 1, 3, 4, 5, 8, 0x7fff, 0xfffc, 0xffff };

	put_header(one_in(2) ? PICK(lies) : len + below(16), type);
	put_bytes(data, len);
}

/* Names that are none: too long, without an end, with one too early. */
static void put_name(uint16_t type)
{
	char name[64];
	size_t len = 1 + below(sizeof(name) - 1);

	memset(name, 'a' + below(26), sizeof(name));
	if (one_in(2))
		name[below(len)] = 0;
	put(type, name, len);
}

static void spoil(uint16_t type, const void *data, size_t len)
{
	uint8_t more[64] = { 0 };

	memcpy(more, data, len < sizeof(more) ? len : sizeof(more));
	switch (below(16)) {
	case 0:
		break;
	case 1:
		put(type, data, len ? below(len) : 0);
		break;
	case 2:
		put(type, more, len + 1 + below(sizeof(more) - len));
		break;
	case 3:
		put(type, NULL, 0);
		break;
	case 4:
		put_junk(type, one_in(8) ? 1000 + below(30000) : below(200));
		break;
	case 5:
		put(below(110), data, len);
		break;
	case 6:
		put(type | NLA_F_NESTED, data, len);
		break;
	case 7:
		put(type | NLA_F_NET_BYTEORDER, data, len);
		break;
	case 8:
		put_junk(type, len);
		put(type, data, len);
		break;
	case 9:
		put(type, data, len);
		put_junk(type, len);
		break;
	case 10:
		put_deep(type, data, len);
		break;
	case 11:
		put_junk(one_in(2) ? 16 + below(48) : below(0x3fff), below(40));
		put(type, data, len);
		break;
	case 12:
		put_junk(type, len);
		break;
	case 13:
		put_lie(type, data, len);
		break;
	case 14:
		put_name(type);
		break;
	default:
		put_number(type, edge());
	}
}

static void emit(uint16_t type, const void *data, size_t len)
{
	if (faulty && one_in(faulty))
		spoil(type, data, len);
	else
		put(type, data, len);
}

static void emit16(uint16_t type, uint16_t value)
{
	emit(type, &value, sizeof(value));
}

static void emit32(uint16_t type, uint32_t value)
{
	emit(type, &value, sizeof(value));
}

static void emit_string(uint16_t type, const char *s)
{
	emit(type, s, strlen(s) + 1);
}

/* What only ever comes in answers. */
static void emit_unasked(const uint16_t *types, size_t count)
{
	uint16_t type = types[below(count)];
	size_t at;

	if (one_in(2)) {
		put_junk(type, below(60));
		return;
	}
	at = begin(type);
	for (int i = below(12); i; i--)
		put_junk(below(12), below(10));
	end(at);
}

/* --- services */

static void v4(uint8_t *addr, uint32_t value)
{
	memset(addr, 0, 16);
	value = htonl(value);
	memcpy(addr, &value, 4);
}

static void v6(uint8_t *addr, uint16_t first, uint16_t last)
{
	memset(addr, 0, 16);
	addr[0] = first >> 8;
	addr[1] = first;
	addr[14] = last >> 8;
	addr[15] = last;
}

/* Of @known in eight one that there is. */
static struct key draw_key(const struct config *c, uint32_t known)
{
	static const uint16_t ports[] = { 0, 21, 53, 80, 80, 5060 }, protos[] = { IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP };
	static const uint32_t marks[] = { 1, 2, 3, 0xffffffff };
	struct key key = { .af = one_in(2) ? AF_INET : AF_INET6 };

	if (c->count && below(8) < known)
		return c->services[below(c->count)].key;
	if (one_in(8)) {
		key.fwmark = PICK(marks);
		return key;
	}
	key.proto = PICK(protos);
	key.port = htons(PICK(ports));
	if (key.af == AF_INET)
		v4(key.addr, 0x0a090001 + below(3));
	else
		v6(key.addr, 0xfd09, 1 + below(3));
	return key;
}

/* An IPv4 address may have 4 bytes or 16, whatever is behind the fourth. */
static void emit_addr(uint16_t type, uint16_t af, const uint8_t *addr)
{
	uint8_t bytes[16];

	memcpy(bytes, addr, sizeof(bytes));
	if (af == AF_INET && rarely(16))
		draw_bytes(bytes + 4, 12);
	emit(type, bytes, af == AF_INET && one_in(2) ? 4 : 16);
}

static void emit_key(const struct key *key)
{
	emit16(SHUNT_SVC_ATTR_AF, faulty && one_in(24) ? edge() : key->af);
	if (key->fwmark)
		emit32(SHUNT_SVC_ATTR_FWMARK, key->fwmark);
	if (key->fwmark && !rarely(8))
		return;
	emit16(SHUNT_SVC_ATTR_PROTOCOL, faulty && one_in(24) ? edge() : key->proto);
	emit_addr(SHUNT_SVC_ATTR_ADDR, key->af, key->addr);
	emit16(SHUNT_SVC_ATTR_PORT, key->port);
}

static void emit_terms(uint16_t proto)
{
	bool tcp = !proto || proto == IPPROTO_TCP, udp = !proto || proto == IPPROTO_UDP;
	static const uint32_t seconds[] = { 0, 1, 60, 900 };

	for (int i = 0; i < TERMS; i++) {
		bool fits = i == 2 || i == 4 ? udp : tcp;

		if (fits ? one_in(6) : rarely(40))
			emit32(SHUNT_SVC_ATTR_TIMEOUT_TCP + i, rarely(16) ? edge() : i < 3 ? PICK(seconds) : below(2));
	}
}

static const char *draw_scheduler(void)
{
	static const char *const names[] = { "rr", "wrr", "lc", "wlc", "sed", "nq", "dh", "sh", "mh", "lblc", "lblcr", "fo", "ovf",
		"twos", "sh", "rr", "wrr" };
	static const char *const wrong[] = { "", "RR", "r", "rrr", "ip_vs_rr", "wlc ", "aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa" };

	return rarely(24) ? PICK(wrong) : PICK(names);
}

static void emit_flags(uint32_t flags)
{
	static const uint32_t masks[] = { 0, 1, 4, 0x18, 0xff };
	struct shunt_flags value = { flags, rarely(6) ? PICK(masks) : 0xffffffff };

	emit(SHUNT_SVC_ATTR_FLAGS, &value, sizeof(value));
}

static uint32_t draw_flags(const struct key *key, const char *sched)
{
	uint32_t flags = 0;

	if (rarely(32))
		return edge();
	if ((!key->port && !key->fwmark) ? !rarely(8) : one_in(3))
		flags |= SHUNT_SVC_F_PERSISTENT;
	if (one_in(10))
		flags |= SHUNT_SVC_F_ONEPACKET;
	if (one_in(10))
		flags |= SHUNT_SVC_F_HASHED;
	if ((!strcmp(sched, "sh") || !strcmp(sched, "mh")) ? one_in(2) : rarely(32))
		flags |= below(4) * SHUNT_SVC_F_SCHED1;
	return flags;
}

static void emit_service(const struct key *key)
{
	static const uint32_t masks[] = { 0xffffffff, 0xffffffff, 0x00ffffff, 0 }, prefixes[] = { 128, 128, 64, 1 }, times[] = { 1, 360 };
	static const char *const engines[] = { "sip", "sip", "sip", "", "SIP", "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaa" };
	static const uint16_t unasked[] = { SHUNT_SVC_ATTR_STATS, SHUNT_SVC_ATTR_STATS64 };
	const char *sched = draw_scheduler();
	uint32_t flags = draw_flags(key, sched);

	emit_key(key);
	emit_string(SHUNT_SVC_ATTR_SCHED_NAME, sched);
	if (one_in(6))
		emit_string(SHUNT_SVC_ATTR_PE_NAME, sound ? "sip" : PICK(engines));
	emit_flags(flags);
	emit32(SHUNT_SVC_ATTR_TIMEOUT, rarely(16) ? edge() : flags & SHUNT_SVC_F_PERSISTENT ? PICK(times) : 0);
	emit32(SHUNT_SVC_ATTR_NETMASK, rarely(16) ? edge() : key->af == AF_INET ? PICK(masks) : PICK(prefixes));
	emit_terms(key->proto);
	if (rarely(24))
		emit_unasked(unasked, COUNT(unasked));
}

static void emit_service_nest(const struct key *key, bool whole)
{
	size_t at = begin(SHUNT_CMD_ATTR_SERVICE);

	if (whole)
		emit_service(key);
	else
		emit_key(key);
	end(at);
}

/* --- real servers */

static void draw_addr(struct dest *d)
{
	static const uint32_t odd4[] = { 0, 0x7f000001, 0x7fffffff, 0xe0000001, 0xffffffff, 0xf0000001, 0x00000001, 0x01000000 };
	static const uint16_t odd6[][2] = { { 0, 0 }, { 0, 1 }, { 0, 2 }, { 0xfe80, 1 }, { 0xfec0, 1 }, { 0xff02, 1 }, { 0xe000, 1 },
		{ 0x2000, 1 } };
	bool odd = rarely(12);
	size_t i = below(COUNT(odd6));

	if (d->af == AF_INET)
		v4(d->addr, odd ? PICK(odd4) : 0x0a090101 + below(8));
	else if (odd)
		v6(d->addr, odd6[i][0], odd6[i][1]);
	else
		v6(d->addr, 0xfd0a, 1 + below(8));
	if (odd && d->af == AF_INET6 && one_in(4))
		memset(d->addr + 10, 0xff, 2);
}

static struct dest draw_dest(const struct service *svc, uint16_t af, uint32_t known)
{
	static const uint16_t ports[] = { 80, 80, 81, 0 };
	struct dest d = { .af = one_in(12) ? (af == AF_INET ? AF_INET6 : AF_INET) : af };

	if (svc && svc->dest_count && below(8) < known)
		return svc->dests[below(svc->dest_count)];
	d.port = htons(PICK(ports));
	draw_addr(&d);
	return d;
}

static uint32_t edge_or(uint32_t usual, uint32_t rare)
{
	return rarely(rare) ? edge() : usual;
}

static void emit_tunnel(void)
{
	static const uint8_t types[] = { SHUNT_TUN_IPIP, SHUNT_TUN_GUE, SHUNT_TUN_GUE, SHUNT_TUN_GRE, 3, 255 };
	uint8_t type = types[below(COUNT(types) - 2 * sound)];

	if (!rarely(4))
		emit(SHUNT_DEST_ATTR_TUN_TYPE, &type, 1);
	if (type == SHUNT_TUN_GUE ? !rarely(6) : one_in(6))
		emit16(SHUNT_DEST_ATTR_TUN_PORT, rarely(8) ? 0 : htons(6080));
	if (one_in(2))
		emit16(SHUNT_DEST_ATTR_TUN_FLAGS, edge_or(type == SHUNT_TUN_GUE ? below(4) : type == SHUNT_TUN_GRE ? below(2) : 0, 8));
}

static void emit_dest(const struct dest *d, uint16_t service_af, bool whole)
{
	static const uint16_t unasked[] = { SHUNT_DEST_ATTR_ACTIVE_CONNS, SHUNT_DEST_ATTR_INACT_CONNS, SHUNT_DEST_ATTR_PERSIST_CONNS,
		SHUNT_DEST_ATTR_STATS, SHUNT_DEST_ATTR_STATS64 };
	static const uint32_t methods[] = { SHUNT_FWD_MASQ, SHUNT_FWD_MASQ, SHUNT_FWD_ROUTE, SHUNT_FWD_ROUTE, SHUNT_FWD_LOCAL,
		SHUNT_FWD_TUNNEL, SHUNT_FWD_BYPASS };
	static const uint32_t weights[] = { 0, 0, 1, 1, 1, 2, 3, 100, 65535 }, seconds[] = { 0, 1000, 100000 };
	uint32_t fwd = d->af == service_af ? PICK(methods) : SHUNT_FWD_TUNNEL, weight = PICK(weights);

	emit_addr(SHUNT_DEST_ATTR_ADDR, d->af, d->addr);
	emit16(SHUNT_DEST_ATTR_PORT, d->port);
	if (d->af != service_af || one_in(3))
		emit16(SHUNT_DEST_ATTR_ADDR_FAMILY, edge_or(rarely(20) ? 0 : d->af, 40));
	if (!whole && !one_in(8))
		return;
	emit32(SHUNT_DEST_ATTR_FWD_METHOD, edge_or(fwd, 40));
	emit32(SHUNT_DEST_ATTR_WEIGHT, edge_or(weight, 30));
	emit32(SHUNT_DEST_ATTR_U_THRESH, edge_or(one_in(4) ? 10 + below(90) : 0, 40));
	emit32(SHUNT_DEST_ATTR_L_THRESH, edge_or(rarely(16) ? below(20) : 0, 60));
	if (fwd == SHUNT_FWD_TUNNEL || one_in(12))
		emit_tunnel();
	if (weight ? rarely(20) : one_in(2))
		emit32(SHUNT_DEST_ATTR_DRAIN, edge_or(below(2), 20));
	if (weight ? one_in(20) : one_in(3))
		emit32(SHUNT_DEST_ATTR_DRAIN_SECONDS, edge_or(PICK(seconds), 12));
	if (rarely(24))
		emit_unasked(unasked, COUNT(unasked));
}

static void emit_dest_nest(const struct service *svc, uint16_t af, uint32_t known, bool whole)
{
	struct dest d = draw_dest(svc, af, known);
	size_t at = begin(SHUNT_CMD_ATTR_DEST);

	emit_dest(&d, af, whole);
	end(at);
}

/* Different ones, as many as there are asked for. */
static void emit_dests(uint16_t af, unsigned int count)
{
	struct dest d = { .af = af };

	for (unsigned int i = 0; i < count; i++) {
		size_t at;

		if (af == AF_INET)
			v4(d.addr, 0x0a090100 + i);
		else
			v6(d.addr, 0xfd0a, i + 1);
		d.port = htons(80);
		at = begin(SHUNT_CMD_ATTR_DEST);
		emit_dest(&d, af, true);
		end(at);
	}
}

/* --- the rest of what there can be at the top */

static void emit_daemon(void)
{
	size_t at = begin(SHUNT_CMD_ATTR_DAEMON);

	emit32(SHUNT_DAEMON_ATTR_STATE, edge_or(1 + below(2), 8));
	emit_string(SHUNT_DAEMON_ATTR_MCAST_IFN, one_in(2) ? "lo" : "aaaaaaaaaaaaaaaaaaaaaaaa");
	emit32(SHUNT_DAEMON_ATTR_SYNC_ID, edge_or(1, 2));
	if (one_in(2))
		put_junk(SHUNT_DAEMON_ATTR_SYNC_MAXLEN + below(5), below(20));
	end(at);
}

static void emit_timeouts(void)
{
	static const uint32_t seconds[] = { 0, 1, 60, 900 };

	for (int i = 0; i < 3; i++)
		if (!one_in(4))
			emit32(SHUNT_CMD_ATTR_TIMEOUT_TCP + i, edge_or(PICK(seconds), 10));
}

static void emit_anything(const struct config *c)
{
	static const uint16_t types[] = { 0, SHUNT_CMD_ATTR_DAEMON, SHUNT_CMD_ATTR_CONN, SHUNT_CMD_ATTR_DROP, SHUNT_CMD_ATTR_BRIEF, 7, 67,
		0x3fff };
	struct key key = draw_key(c, 4);

	switch (below(6)) {
	case 0:
		emit_service_nest(&key, one_in(2));
		break;
	case 1:
		emit_dest_nest(NULL, key.af, 0, one_in(2));
		break;
	case 2:
		emit_timeouts();
		break;
	case 3:
		emit_daemon();
		break;
	default:
		put_junk(PICK(types), below(64));
	}
}

static void emit_body(uint8_t cmd, const struct config *c)
{
	bool adds = cmd == SHUNT_CMD_NEW_SERVICE || cmd == SHUNT_CMD_NEW_ALL;
	struct key key = draw_key(c, adds ? 1 : 7);
	const struct service *svc = config_find(c, &key);

	switch (cmd) {
	case SHUNT_CMD_NEW_SERVICE:
	case SHUNT_CMD_SET_SERVICE:
		emit_service_nest(&key, true);
		break;
	case SHUNT_CMD_DEL_SERVICE:
	case SHUNT_CMD_GET_SERVICE:
	case SHUNT_CMD_GET_DEST:
		emit_service_nest(&key, one_in(8));
		break;
	case SHUNT_CMD_NEW_DEST:
	case SHUNT_CMD_SET_DEST:
	case SHUNT_CMD_DEL_DEST:
		emit_service_nest(&key, one_in(16));
		emit_dest_nest(svc, key.af, cmd == SHUNT_CMD_NEW_DEST ? 1 : 7, cmd != SHUNT_CMD_DEL_DEST);
		break;
	case SHUNT_CMD_NEW_ALL:
		emit_service_nest(&key, true);
		emit_dests(key.af, one_in(20) ? 20 + below(60) : below(4));
		if (rarely(4))
			emit_dest_nest(NULL, key.af, 0, true);
		break;
	case SHUNT_CMD_NEW_DAEMON:
	case SHUNT_CMD_DEL_DAEMON:
		emit_daemon();
		break;
	case SHUNT_CMD_SET_CONFIG:
		emit_timeouts();
		break;
	case SHUNT_CMD_ZERO:
		if (!one_in(4))
			emit_service_nest(&key, false);
		break;
	case SHUNT_CMD_GET_ALL:
	case SHUNT_CMD_GET_INFO:
		if (one_in(2))
			put(SHUNT_CMD_ATTR_BRIEF, NULL, 0);
		break;
	}
	if (rarely(faulty ? 6 : 40))
		emit_anything(c);
}

/* --- messages */

/* Of every thousand messages so many have a command. What adds is more frequent than what removes; little is flushed. */
static const struct {
	uint8_t cmd;
	uint16_t share;
} commands[] = {
	{ SHUNT_CMD_NEW_SERVICE, 150 }, { SHUNT_CMD_SET_SERVICE, 90 }, { SHUNT_CMD_DEL_SERVICE, 45 }, { SHUNT_CMD_GET_SERVICE, 30 },
	{ SHUNT_CMD_NEW_DEST, 230 }, { SHUNT_CMD_SET_DEST, 130 }, { SHUNT_CMD_DEL_DEST, 80 }, { SHUNT_CMD_GET_DEST, 30 },
	{ SHUNT_CMD_NEW_DAEMON, 8 }, { SHUNT_CMD_DEL_DAEMON, 8 }, { SHUNT_CMD_GET_DAEMON, 8 }, { SHUNT_CMD_SET_CONFIG, 20 },
	{ SHUNT_CMD_GET_CONFIG, 8 }, { SHUNT_CMD_SET_INFO, 4 }, { SHUNT_CMD_GET_INFO, 8 }, { SHUNT_CMD_ZERO, 20 },
	{ SHUNT_CMD_FLUSH, 4 }, { SHUNT_CMD_GET_CONN, 8 }, { SHUNT_CMD_GET_DROPS, 8 }, { SHUNT_CMD_GET_ALL, 15 },
	{ SHUNT_CMD_DEST_DRAINED, 4 }, { SHUNT_CMD_NEW_ALL, 72 },
};

static uint8_t draw_command(void)
{
	uint32_t at = below(1000);

	for (size_t i = 0; i < COUNT(commands); i++) {
		if (at < commands[i].share)
			return commands[i].cmd;
		at -= commands[i].share;
	}
	return draw();
}

static uint16_t draw_flags_of(uint8_t cmd)
{
	uint16_t flags = NLM_F_REQUEST | (one_in(8) ? 0 : NLM_F_ACK);

	if (rarely(24))
		return draw();
	if (one_in(40))
		flags |= NLM_F_ECHO;
	if (rarely(40))
		flags |= 1u << below(16);
	switch (cmd) {
	case SHUNT_CMD_GET_SERVICE:
		return one_in(2) ? flags : flags | NLM_F_DUMP;
	case SHUNT_CMD_GET_DEST:
	case SHUNT_CMD_GET_DAEMON:
	case SHUNT_CMD_GET_CONN:
	case SHUNT_CMD_GET_ALL:
		return one_in(16) ? flags : flags | NLM_F_DUMP;
	default:
		return one_in(40) ? flags | NLM_F_DUMP : flags;
	}
}

static size_t open_request(uint16_t family, uint16_t flags, uint32_t seq, const struct genlmsghdr *genl)
{
	struct nlmsghdr nl = { .nlmsg_type = family, .nlmsg_flags = flags, .nlmsg_seq = seq };
	size_t at = out->len;

	put_bytes(&nl, sizeof(nl));
	put_bytes(genl, sizeof(*genl));
	return at;
}

static void close_request(size_t at)
{
	uint32_t len = out->len - at;

	memcpy(out->bytes + at, &len, sizeof(len));
}

static void message(const struct config *c, uint32_t seq)
{
	uint8_t cmd = draw_command();
	struct genlmsghdr genl = { .cmd = cmd, .version = 1 };
	size_t at;

	sound = one_in(2);
	if (rarely(20))
		genl.version = draw();
	if (rarely(60))
		genl.reserved = draw();
	faulty = sound || one_in(4) ? 0 : 4 + below(20);
	nested = cmd == SHUNT_CMD_NEW_ALL ? !rarely(16) * NLA_F_NESTED : below(2) * NLA_F_NESTED;
	at = open_request(rarely(60) ? draw() & 31 : PICK(world.families), draw_flags_of(cmd), seq, &genl);
	emit_body(cmd, c);
	close_request(at);
	out->messages++;
}

/* --- what happens to whole messages */

static void flip(size_t from)
{
	for (int i = 1 + below(8); i; i--)
		out->bytes[from + below(out->len - from)] ^= 1u << below(8);
}

static void overwrite(size_t from)
{
	static const uint8_t bytes[] = { 0, 1, 2, 4, 0x7f, 0x80, 0xfe, 0xff };

	for (int i = 1 + below(4); i; i--)
		out->bytes[from + below(out->len - from)] = PICK(bytes);
}

static void lie(size_t from)
{
	uint32_t len = one_in(2) ? edge() : out->len - from + below(64) - 32;

	memcpy(out->bytes + from, &len, sizeof(len));
}

static void copy_within(size_t from)
{
	size_t whole = out->len - from, a = below(whole), b = below(whole), len = below(64);

	if (a + len <= whole && b + len <= whole)
		memmove(out->bytes + from + a, out->bytes + from + b, len);
}

/* Cut, with the length that it had or the one that it has. */
static void cut(size_t from)
{
	out->len = from + 1 + below(out->len - from);
	if (one_in(2) && out->len - from >= NLMSG_HDRLEN)
		close_request(from);
}

static void mutate(size_t from)
{
	switch (below(6)) {
	case 0:
		cut(from);
		break;
	case 1:
		lie(from);
		break;
	case 2:
		overwrite(from);
		break;
	case 3:
		copy_within(from);
		break;
	default:
		flip(from);
	}
}

/* --- datagrams */

void generate(struct datagram *d, const struct config *c, uint32_t *seq)
{
	unsigned int count = one_in(10) ? 2 + below(5) : 1;

	out = d;
	d->len = d->messages = 0;
	while (count-- && d->len < 40000) {
		size_t from = d->len;

		message(c, ++*seq);
		if (rarely(4))
			mutate(from);
		if (count && !one_in(16))
			while (d->len % NLMSG_ALIGNTO)
				d->bytes[d->len++] = 0;
	}
}

/* Messages that are right, for whoever wants to know. */
void generate_request(struct datagram *d, uint16_t family, uint8_t cmd, uint16_t flags, uint32_t seq)
{
	struct genlmsghdr genl = { .cmd = cmd, .version = SHUNT_GENL_VERSION };

	out = d;
	d->len = 0;
	nested = NLA_F_NESTED;
	open_request(family, NLM_F_REQUEST | flags, seq, &genl);
	close_request(0);
}

/* What belongs into the one begun last. */
void generate_number(uint16_t type, uint32_t value)
{
	put_number(type, value);
	close_request(0);
}

void generate_flag(uint16_t type)
{
	put(type, NULL, 0);
	close_request(0);
}

static void put_key(const struct key *key)
{
	put(SHUNT_SVC_ATTR_AF, &key->af, sizeof(key->af));
	if (key->fwmark) {
		put(SHUNT_SVC_ATTR_FWMARK, &key->fwmark, sizeof(key->fwmark));
	} else {
		put(SHUNT_SVC_ATTR_PROTOCOL, &key->proto, sizeof(key->proto));
		put(SHUNT_SVC_ATTR_ADDR, key->addr, sizeof(key->addr));
		put(SHUNT_SVC_ATTR_PORT, &key->port, sizeof(key->port));
	}
}

void generate_service(const struct key *key)
{
	size_t at = begin(SHUNT_CMD_ATTR_SERVICE);

	put_key(key);
	end(at);
	close_request(0);
}

void generate_persistent(const struct key *key, uint32_t seconds)
{
	struct shunt_flags flags = { SHUNT_SVC_F_PERSISTENT, 0xffffffff };
	size_t at = begin(SHUNT_CMD_ATTR_SERVICE);

	put_key(key);
	put(SHUNT_SVC_ATTR_SCHED_NAME, "rr", 3);
	put(SHUNT_SVC_ATTR_FLAGS, &flags, sizeof(flags));
	put_number(SHUNT_SVC_ATTR_TIMEOUT, seconds);
	put_number(SHUNT_SVC_ATTR_NETMASK, 0xffffffff);
	end(at);
	close_request(0);
}

void generate_dest(const struct dest *dest)
{
	size_t at = begin(SHUNT_CMD_ATTR_DEST);

	put(SHUNT_DEST_ATTR_ADDR, dest->addr, sizeof(dest->addr));
	put(SHUNT_DEST_ATTR_PORT, &dest->port, sizeof(dest->port));
	put(SHUNT_DEST_ATTR_ADDR_FAMILY, &dest->af, sizeof(dest->af));
	end(at);
	close_request(0);
}
