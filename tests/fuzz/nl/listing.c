// SPDX-License-Identifier: GPL-2.0-only
#include "listing.h"

#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/shunt.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"

static char wrong[256];

const char *listing_wrong(void)
{
	return wrong;
}

static bool complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(wrong, sizeof(wrong), format, args);
	va_end(args);
	return false;
}

/* --- attributes */

#define TYPES		80
#define STRING		(-1)
#define NEST		(-2)
#define BINARY		(-3)

/* An attribute that may be there: in which place it is wanted whatever there is to tell, and where only if all is told. */
struct shape {
	uint16_t type;
	int16_t size;
	enum { MAY, BRIEF, FULL } need;
};

struct value {
	const uint8_t *p;
	size_t len;
};

static const struct shape *shape_of(const struct shape *shapes, size_t count, uint16_t type)
{
	for (size_t i = 0; i < count; i++)
		if (shapes[i].type == type)
			return &shapes[i];
	return NULL;
}

static bool fits(const struct value *v, int size)
{
	switch (size) {
	case STRING:
		return v->len && strnlen((const char *)v->p, v->len) == v->len - 1;
	case NEST:
	case BINARY:
		return true;
	default:
		return v->len == (size_t)size;
	}
}

/* The next attribute; false at the end, and where there is none, which is complained about. */
static bool next(struct value *in, uint16_t *type, struct value *v, bool *bad)
{
	struct nlattr attr;
	size_t pad;

	if (!in->len)
		return false;
	*bad = true;
	if (in->len < NLA_HDRLEN)
		return complain("%zu bytes behind the last attribute", in->len);
	memcpy(&attr, in->p, sizeof(attr));
	if (attr.nla_len < NLA_HDRLEN || aligned(attr.nla_len) > in->len)
		return complain("attribute %u has length %u, %zu are there", attr.nla_type, attr.nla_len, in->len);
	*type = attr.nla_type;
	*v = (struct value){ in->p + NLA_HDRLEN, attr.nla_len - NLA_HDRLEN };
	for (pad = attr.nla_len; pad < aligned(attr.nla_len); pad++)
		if (in->p[pad])
			return complain("attribute %u is padded with %#x", attr.nla_type, in->p[pad]);
	in->p += aligned(attr.nla_len);
	in->len -= aligned(attr.nla_len);
	*bad = false;
	return true;
}

/* All attributes of a nest, none twice. */
static bool read_attrs(const char *what, struct value in, const struct shape *shapes, size_t count, bool brief, struct value *out)
{
	struct value v;
	uint16_t type;
	bool bad = false;

	memset(out, 0, TYPES * sizeof(*out));
	while (next(&in, &type, &v, &bad)) {
		const struct shape *shape = shape_of(shapes, count, type);

		if (!shape)
			return complain("%s: attribute %u does not belong there", what, type);
		if (!fits(&v, shape->size))
			return complain("%s: attribute %u has %zu bytes", what, type, v.len);
		if (out[type].p)
			return complain("%s: attribute %u is there twice", what, type);
		out[type] = v;
	}
	for (size_t i = 0; !bad && i < count; i++)
		if (!out[shapes[i].type].p && (shapes[i].need == BRIEF || (shapes[i].need == FULL && !brief)))
			return complain("%s: attribute %u is missing", what, shapes[i].type);
	return !bad;
}

static uint32_t number(const struct value *v)
{
	uint32_t value = 0;

	if (v->p)
		memcpy(&value, v->p, v->len < 4 ? v->len : 4);
	return value;
}

static void text(char *to, const struct value *v)
{
	snprintf(to, NAME, "%s", v->p ? (const char *)v->p : "");
}

/* --- counters */

static bool read_counters(struct listing *l, struct value in, bool wide)
{
	uint16_t type, expected = SHUNT_STATS_ATTR_CONNS;
	struct value v;
	uint64_t count;
	bool bad = false;

	while (next(&in, &type, &v, &bad)) {
		bool big = wide || type == SHUNT_STATS_ATTR_INBYTES || type == SHUNT_STATS_ATTR_OUTBYTES;

		if (type == SHUNT_STATS_ATTR_PAD && !v.len)
			continue;
		if (type != expected++ || v.len != (big ? 8 : 4))
			return complain("counter %u of %zu bytes where %u has to be", type, v.len, expected - 1);
		count = 0;
		memcpy(&count, v.p, v.len);
		l->counted += count;
	}
	if (!bad && expected != SHUNT_STATS_ATTR_PAD)
		return complain("counter %u is missing", expected);
	return !bad;
}

static bool read_stats(struct listing *l, const struct value *narrow, const struct value *wide)
{
	if (narrow->p && !read_counters(l, *narrow, false))
		return false;
	if (wide->p && !read_counters(l, *wide, true))
		return false;
	if (l->idle && l->counted)
		return complain("something was counted, and no packet was sent");
	return true;
}

/* --- services and real servers */

#define KEY_SHAPES							\
	{ SHUNT_SVC_ATTR_AF, 2, BRIEF },				\
	{ SHUNT_SVC_ATTR_PROTOCOL, 2, MAY },				\
	{ SHUNT_SVC_ATTR_ADDR, 16, MAY },				\
	{ SHUNT_SVC_ATTR_PORT, 2, MAY },				\
	{ SHUNT_SVC_ATTR_FWMARK, 4, MAY }

static const struct shape key_shapes[] = { KEY_SHAPES };

static const struct shape service_shapes[] = {
	KEY_SHAPES,
	{ SHUNT_SVC_ATTR_SCHED_NAME, STRING, BRIEF },
	{ SHUNT_SVC_ATTR_FLAGS, 8, BRIEF },
	{ SHUNT_SVC_ATTR_TIMEOUT, 4, FULL },
	{ SHUNT_SVC_ATTR_NETMASK, 4, BRIEF },
	{ SHUNT_SVC_ATTR_STATS, NEST, FULL },
	{ SHUNT_SVC_ATTR_PE_NAME, STRING, MAY },
	{ SHUNT_SVC_ATTR_STATS64, NEST, FULL },
	{ SHUNT_SVC_ATTR_TIMEOUT_TCP, 4, MAY },
	{ SHUNT_SVC_ATTR_TIMEOUT_TCP_FIN, 4, MAY },
	{ SHUNT_SVC_ATTR_TIMEOUT_UDP, 4, MAY },
	{ SHUNT_SVC_ATTR_RESET, 4, MAY },
	{ SHUNT_SVC_ATTR_UDP_LEAVE, 4, MAY },
};

static const struct shape dest_shapes[] = {
	{ SHUNT_DEST_ATTR_ADDR, 16, BRIEF },
	{ SHUNT_DEST_ATTR_PORT, 2, BRIEF },
	{ SHUNT_DEST_ATTR_FWD_METHOD, 4, BRIEF },
	{ SHUNT_DEST_ATTR_WEIGHT, 4, BRIEF },
	{ SHUNT_DEST_ATTR_U_THRESH, 4, FULL },
	{ SHUNT_DEST_ATTR_L_THRESH, 4, FULL },
	{ SHUNT_DEST_ATTR_ACTIVE_CONNS, 4, FULL },
	{ SHUNT_DEST_ATTR_INACT_CONNS, 4, FULL },
	{ SHUNT_DEST_ATTR_PERSIST_CONNS, 4, FULL },
	{ SHUNT_DEST_ATTR_STATS, NEST, FULL },
	{ SHUNT_DEST_ATTR_ADDR_FAMILY, 2, BRIEF },
	{ SHUNT_DEST_ATTR_STATS64, NEST, FULL },
	{ SHUNT_DEST_ATTR_TUN_TYPE, 1, FULL },
	{ SHUNT_DEST_ATTR_TUN_PORT, 2, FULL },
	{ SHUNT_DEST_ATTR_TUN_FLAGS, 2, FULL },
	{ SHUNT_DEST_ATTR_DRAIN, 4, MAY },
	{ SHUNT_DEST_ATTR_DRAIN_SECONDS, 4, MAY },
};

/* Behind an IPv4 address there is nothing. */
static bool read_addr(uint8_t *addr, uint16_t af, const struct value *v)
{
	static const uint8_t zeros[12];

	memcpy(addr, v->p, 16);
	if (af != AF_INET && af != AF_INET6)
		return complain("address family %u", af);
	return af == AF_INET6 || !memcmp(addr + 4, zeros, sizeof(zeros)) || complain("bytes behind an IPv4 address");
}

static bool read_key(struct key *key, const struct value *a)
{
	*key = (struct key){ .af = number(&a[SHUNT_SVC_ATTR_AF]), .fwmark = number(&a[SHUNT_SVC_ATTR_FWMARK]) };
	if (!!a[SHUNT_SVC_ATTR_FWMARK].p != !a[SHUNT_SVC_ATTR_PROTOCOL].p ||
	    !a[SHUNT_SVC_ATTR_PROTOCOL].p != !a[SHUNT_SVC_ATTR_ADDR].p ||
	    !a[SHUNT_SVC_ATTR_PROTOCOL].p != !a[SHUNT_SVC_ATTR_PORT].p)
		return complain("a service that is neither by mark nor by address");
	if (key->fwmark)
		return true;
	key->proto = number(&a[SHUNT_SVC_ATTR_PROTOCOL]);
	key->port = number(&a[SHUNT_SVC_ATTR_PORT]);
	return read_addr(key->addr, key->af, &a[SHUNT_SVC_ATTR_ADDR]);
}

static bool read_service(struct listing *l, struct value nest, struct service *svc)
{
	struct value a[TYPES];
	uint32_t mask;

	*svc = (struct service){ 0 };
	if (!read_attrs("service", nest, service_shapes, COUNT(service_shapes), l->brief || l->loose, a) || !read_key(&svc->key, a))
		return false;
	text(svc->sched, &a[SHUNT_SVC_ATTR_SCHED_NAME]);
	text(svc->engine, &a[SHUNT_SVC_ATTR_PE_NAME]);
	svc->timeout = number(&a[SHUNT_SVC_ATTR_TIMEOUT]);
	svc->netmask = number(&a[SHUNT_SVC_ATTR_NETMASK]);
	svc->flags = number(&a[SHUNT_SVC_ATTR_FLAGS]);
	memcpy(&mask, a[SHUNT_SVC_ATTR_FLAGS].p + 4, sizeof(mask));
	if (!(svc->flags & SHUNT_SVC_F_HASHED) || mask != 0xffffffff)
		return complain("flags %#x, mask %#x", svc->flags, mask);
	for (int i = 0; i < TERMS; i++)
		svc->terms[i] = number(&a[SHUNT_SVC_ATTR_TIMEOUT_TCP + i]);
	return read_stats(l, &a[SHUNT_SVC_ATTR_STATS], &a[SHUNT_SVC_ATTR_STATS64]);
}

static bool read_dest(struct listing *l, struct value nest, struct dest *d)
{
	struct value a[TYPES];

	if (!read_attrs("real server", nest, dest_shapes, COUNT(dest_shapes), l->brief || l->loose, a))
		return false;
	*d = (struct dest){
		.af = number(&a[SHUNT_DEST_ATTR_ADDR_FAMILY]),
		.port = number(&a[SHUNT_DEST_ATTR_PORT]),
		.fwd = number(&a[SHUNT_DEST_ATTR_FWD_METHOD]),
		.weight = number(&a[SHUNT_DEST_ATTR_WEIGHT]),
		.upper = number(&a[SHUNT_DEST_ATTR_U_THRESH]),
		.lower = number(&a[SHUNT_DEST_ATTR_L_THRESH]),
		.tun_type = number(&a[SHUNT_DEST_ATTR_TUN_TYPE]),
		.tun_port = number(&a[SHUNT_DEST_ATTR_TUN_PORT]),
		.tun_flags = number(&a[SHUNT_DEST_ATTR_TUN_FLAGS]),
		.draining = number(&a[SHUNT_DEST_ATTR_DRAIN]),
		.seconds = number(&a[SHUNT_DEST_ATTR_DRAIN_SECONDS]),
		.active = number(&a[SHUNT_DEST_ATTR_ACTIVE_CONNS]),
		.inactive = number(&a[SHUNT_DEST_ATTR_INACT_CONNS]),
		.templates = number(&a[SHUNT_DEST_ATTR_PERSIST_CONNS]),
	};
	if (l->idle && (d->active || d->inactive || d->templates))
		return complain("a real server has connections, and no packet was sent");
	return read_addr(d->addr, d->af, &a[SHUNT_DEST_ATTR_ADDR]) &&
	       read_stats(l, &a[SHUNT_DEST_ATTR_STATS], &a[SHUNT_DEST_ATTR_STATS64]);
}

/* Listings have the newest real server first. */
static bool add_dest(struct listing *l, struct service *svc, struct value nest)
{
	struct dest d;

	if (!read_dest(l, nest, &d))
		return false;
	if (!l->loose && service_find(svc, &d))
		return complain("a real server is there twice");
	service_add(svc, &d);
	memmove(svc->dests + 1, svc->dests, (svc->dest_count - 1) * sizeof(d));
	svc->dests[0] = d;
	return true;
}

static bool add_service(struct listing *l, struct value nest)
{
	struct service svc;

	if (!read_service(l, nest, &svc))
		return false;
	if (!l->loose && config_find(&l->config, &svc.key))
		return complain("a service is there twice");
	l->last = config_add(&l->config, &svc);
	return true;
}

/* --- messages */

/* A nest of a type at the top, and nothing else there. */
static bool only(struct value in, uint16_t type, struct value *nest)
{
	struct shape shape = { type, NEST, BRIEF };
	struct value a[TYPES];

	if (!read_attrs("message", in, &shape, 1, false, a))
		return false;
	*nest = a[type];
	return true;
}

/* A message goes on with the service of the last one when it has nothing of it but the key. */
static bool read_all(struct listing *l, struct value in)
{
	struct value v, a[TYPES];
	bool bad = false;
	struct key key;
	uint16_t type;

	if (!next(&in, &type, &v, &bad) || type != SHUNT_CMD_ATTR_SERVICE)
		return bad ? false : complain("a message without a service");
	if (read_attrs("key", v, key_shapes, COUNT(key_shapes), false, a)) {
		if (!read_key(&key, a))
			return false;
		if (!l->last || memcmp(&l->last->key, &key, sizeof(key)))
			return complain("a message goes on with another service than the last one");
	} else if (!add_service(l, v)) {
		return false;
	}
	while (next(&in, &type, &v, &bad))
		if (type != SHUNT_CMD_ATTR_DEST ? !complain("attribute %u among real servers", type) : !add_dest(l, l->last, v))
			return false;
	return !bad;
}

static bool read_config(struct listing *l, struct value in)
{
	static const struct shape shapes[] = {
		{ SHUNT_CMD_ATTR_TIMEOUT_TCP, 4, BRIEF },
		{ SHUNT_CMD_ATTR_TIMEOUT_TCP_FIN, 4, BRIEF },
		{ SHUNT_CMD_ATTR_TIMEOUT_UDP, 4, BRIEF },
	};
	struct value a[TYPES];

	if (!read_attrs("timeouts", in, shapes, COUNT(shapes), false, a))
		return false;
	for (int i = 0; i < 3; i++)
		l->config.timeouts[i] = number(&a[SHUNT_CMD_ATTR_TIMEOUT_TCP + i]);
	return true;
}

static bool read_info(struct listing *l, struct value in)
{
	static const struct value none;
	static const struct shape shapes[] = {
		{ SHUNT_INFO_ATTR_VERSION, 4, BRIEF },
		{ SHUNT_INFO_ATTR_CONN_TAB_SIZE, 4, BRIEF },
		{ SHUNT_INFO_ATTR_STATS64, NEST, MAY },
	};
	struct value a[TYPES];

	if (!read_attrs("info", in, shapes, COUNT(shapes), false, a))
		return false;
	if (number(&a[SHUNT_INFO_ATTR_VERSION]) != SHUNT_IPVS_VERSION || !number(&a[SHUNT_INFO_ATTR_CONN_TAB_SIZE]))
		return complain("version or size of the table");
	return read_stats(l, &none, &a[SHUNT_INFO_ATTR_STATS64]);
}

static bool read_conn(struct listing *l, struct value in)
{
	static const struct shape shapes[] = {
		{ SHUNT_CONN_ATTR_AF, 2, BRIEF },
		{ SHUNT_CONN_ATTR_PROTOCOL, 2, BRIEF },
		{ SHUNT_CONN_ATTR_CLIENT_ADDR, 16, BRIEF },
		{ SHUNT_CONN_ATTR_CLIENT_PORT, 2, BRIEF },
		{ SHUNT_CONN_ATTR_VIRTUAL_ADDR, 16, BRIEF },
		{ SHUNT_CONN_ATTR_VIRTUAL_PORT, 2, BRIEF },
		{ SHUNT_CONN_ATTR_DEST_AF, 2, BRIEF },
		{ SHUNT_CONN_ATTR_DEST_ADDR, 16, BRIEF },
		{ SHUNT_CONN_ATTR_DEST_PORT, 2, BRIEF },
		{ SHUNT_CONN_ATTR_FWD_METHOD, 4, BRIEF },
		{ SHUNT_CONN_ATTR_STATE, STRING, BRIEF },
		{ SHUNT_CONN_ATTR_EXPIRES, 4, BRIEF },
		{ SHUNT_CONN_ATTR_PE_NAME, STRING, MAY },
		{ SHUNT_CONN_ATTR_PE_DATA, BINARY, MAY },
	};
	struct value nest, a[TYPES];

	if (!only(in, SHUNT_CMD_ATTR_CONN, &nest) || !read_attrs("connection", nest, shapes, COUNT(shapes), false, a))
		return false;
	l->conns++;
	return !l->idle || complain("a connection, and no packet was sent");
}

static bool read_drops(struct listing *l, struct value in)
{
	static const struct shape shapes[] = {
		{ SHUNT_DROP_ATTR_NAME, STRING, BRIEF },
		{ SHUNT_DROP_ATTR_TEXT, STRING, BRIEF },
		{ SHUNT_DROP_ATTR_PACKETS, 8, BRIEF },
		{ SHUNT_DROP_ATTR_PAD, 0, MAY },
	};
	struct value v, a[TYPES];
	bool bad = false;
	uint16_t type;

	while (next(&in, &type, &v, &bad)) {
		if (type != SHUNT_CMD_ATTR_DROP)
			return complain("attribute %u among the drops", type);
		if (!read_attrs("drop", v, shapes, COUNT(shapes), false, a))
			return false;
		if (l->idle && number(&a[SHUNT_DROP_ATTR_PACKETS]))
			return complain("%s was counted, and no packet was sent", (const char *)a[SHUNT_DROP_ATTR_NAME].p);
		l->drops++;
	}
	return !bad && (l->drops || complain("no drops"));
}

static bool read_service_message(struct listing *l, struct value in)
{
	struct value nest;

	return only(in, SHUNT_CMD_ATTR_SERVICE, &nest) && add_service(l, nest);
}

/* By itself a real server stands for nothing: whose it is was in the request. */
static bool read_dest_message(struct listing *l, struct value in)
{
	struct service *svc = config_find(&l->config, &l->of);
	struct value nest;

	if (!only(in, SHUNT_CMD_ATTR_DEST, &nest))
		return false;
	if (!svc)
		svc = config_add(&l->config, &(struct service){ .key = l->of });
	return add_dest(l, svc, nest);
}

static bool open_message(const uint8_t *bytes, size_t len, uint8_t *cmd, struct value *in)
{
	struct genlmsghdr genl;

	if (len < NLMSG_HDRLEN + GENL_HDRLEN)
		return complain("a message of %zu bytes", len);
	memcpy(&genl, bytes + NLMSG_HDRLEN, sizeof(genl));
	if (genl.version != SHUNT_GENL_VERSION || genl.reserved)
		return complain("version %u, reserved %u", genl.version, genl.reserved);
	*cmd = genl.cmd;
	*in = (struct value){ bytes + NLMSG_HDRLEN + GENL_HDRLEN, len - NLMSG_HDRLEN - GENL_HDRLEN };
	return true;
}

/* A message of an answer. */
bool listing_message(struct listing *l, const uint8_t *bytes, size_t len)
{
	struct value in;
	uint8_t cmd = 0;

	if (!open_message(bytes, len, &cmd, &in))
		return false;
	switch (cmd) {
	case SHUNT_CMD_NEW_SERVICE:
		return read_service_message(l, in);
	case SHUNT_CMD_NEW_DEST:
		return read_dest_message(l, in);
	case SHUNT_CMD_SET_CONFIG:
		return read_config(l, in);
	case SHUNT_CMD_SET_INFO:
		return read_info(l, in);
	case SHUNT_CMD_GET_CONN:
		return read_conn(l, in);
	case SHUNT_CMD_GET_DROPS:
		return read_drops(l, in);
	case SHUNT_CMD_GET_ALL:
		return read_all(l, in);
	default:
		return complain("an answer with command %u", cmd);
	}
}

/* Events say what a GET would, of a real server its service's key before. */
bool listing_event(const uint8_t *bytes, size_t len)
{
	struct listing l = { 0 };
	struct value in, svc, a[TYPES];
	struct service service;
	bool bad = false, ok;
	struct key key;
	uint16_t type;
	uint8_t cmd = 0;

	if (!open_message(bytes, len, &cmd, &in))
		return false;
	switch (cmd) {
	case SHUNT_CMD_NEW_SERVICE:
	case SHUNT_CMD_SET_SERVICE:
	case SHUNT_CMD_DEL_SERVICE:
		return only(in, SHUNT_CMD_ATTR_SERVICE, &svc) && read_service(&l, svc, &service);
	case SHUNT_CMD_NEW_DEST:
	case SHUNT_CMD_SET_DEST:
	case SHUNT_CMD_DEL_DEST:
	case SHUNT_CMD_DEST_DRAINED:
		if (!next(&in, &type, &svc, &bad) || type != SHUNT_CMD_ATTR_SERVICE)
			return complain("an event without a service");
		if (!read_attrs("key", svc, key_shapes, COUNT(key_shapes), false, a) || !read_key(&key, a))
			return false;
		ok = read_dest_message(&l, in);
		config_clear(&l.config);
		return ok;
	case SHUNT_CMD_SET_CONFIG:
		return read_config(&l, in);
	default:
		return complain("an event with command %u", cmd);
	}
}

/* --- for comparison, and for whoever has to find out */

static void print_addr(FILE *to, uint16_t af, const uint8_t *addr)
{
	char s[INET6_ADDRSTRLEN];

	fputs(inet_ntop(af, addr, s, sizeof(s)) ?: "?", to);
}

static void print_dest(FILE *to, const struct dest *d, bool brief)
{
	fputs("  ", to);
	print_addr(to, d->af, d->addr);
	fprintf(to, " port %u fwd %u weight %u threshold %u %u%s", ntohs(d->port), d->fwd, d->weight, d->upper, d->lower,
		d->draining ? " draining" : "");
	if (!brief || d->fwd == SHUNT_FWD_TUNNEL)
		fprintf(to, " tunnel %u %u %#x", d->tun_type, ntohs(d->tun_port), d->tun_flags);
	fputc('\n', to);
}

/* All that a configuration is, but for time and connections; brief listings tell of tunnels only where there is one. */
void config_print(const struct config *c, FILE *to, bool brief)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct service *s = &c->services[i];

		print_addr(to, s->key.af, s->key.addr);
		fprintf(to, " proto %u port %u mark %u: %s flags %#x timeout %u netmask %#x engine '%s' terms %u %u %u %u %u\n",
			s->key.proto, ntohs(s->key.port), s->key.fwmark, s->sched, s->flags | SHUNT_SVC_F_HASHED, s->timeout,
			s->netmask, s->engine, s->terms[0], s->terms[1], s->terms[2], s->terms[3], s->terms[4]);
		for (size_t j = 0; j < s->dest_count; j++)
			print_dest(to, &s->dests[j], brief);
	}
}

static void proc_end(FILE *to, uint16_t af, const uint8_t *a, uint16_t port)
{
	if (af == AF_INET) {
		fprintf(to, "%02X%02X%02X%02X:%04X", a[0], a[1], a[2], a[3], ntohs(port));
		return;
	}
	for (int i = 0; i < 16; i += 2)
		fprintf(to, "%c%02x%02x", i ? ':' : '[', a[i], a[i + 1]);
	fprintf(to, "]:%04X", ntohs(port));
}

static void proc_dest(FILE *to, const struct dest *d)
{
	static const char *const methods[] = { "Masq", "Local", "Tunnel", "Route", "Bypass" };

	fputs("  -> ", to);
	proc_end(to, d->af, d->addr, d->port);
	fprintf(to, "      %-7s %-6d %-10u %-10u\n", methods[d->fwd], (int)d->weight, d->active, d->inactive);
}

/* /proc/net/ip_vs from its fourth line on. */
void config_print_proc(const struct config *c, FILE *to)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct service *s = &c->services[i];
		const struct key *k = &s->key;

		if (k->fwmark) {
			fprintf(to, "FWM  %08X", k->fwmark);
		} else {
			fprintf(to, "%s  ", k->proto == IPPROTO_TCP ? "TCP" : k->proto == IPPROTO_UDP ? "UDP" : "SCTP");
			proc_end(to, k->af, k->addr, k->port);
		}
		fprintf(to, " %s ", s->sched);
		if ((k->fwmark || k->af == AF_INET) && s->flags & SHUNT_SVC_F_ONEPACKET)
			fputs("ops ", to);
		if (!k->fwmark && k->af == AF_INET)
			fputc(' ', to);
		if (s->flags & SHUNT_SVC_F_PERSISTENT)
			fprintf(to, "persistent %d %08X", (int)(s->timeout * world.hz), ntohl(s->netmask));
		fputc('\n', to);
		for (size_t j = s->dest_count; j--;)
			proc_dest(to, &s->dests[j]);
	}
}
