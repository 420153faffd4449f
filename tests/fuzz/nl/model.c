// SPDX-License-Identifier: GPL-2.0-only
#include "model.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/shunt.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"

struct world world;

/* --- a configuration */

struct service *config_find(const struct config *c, const struct key *key)
{
	for (size_t i = 0; i < c->count; i++)
		if (!memcmp(&c->services[i].key, key, sizeof(*key)))
			return &c->services[i];
	return NULL;
}

struct service *config_add(struct config *c, const struct service *svc)
{
	c->services = realloc(c->services, (c->count + 1) * sizeof(*svc));
	c->services[c->count] = *svc;
	return &c->services[c->count++];
}

void config_remove(struct config *c, struct service *svc)
{
	free(svc->dests);
	c->count--;
	memmove(svc, svc + 1, (c->services + c->count - svc) * sizeof(*svc));
}

void config_flush(struct config *c)
{
	while (c->count)
		free(c->services[--c->count].dests);
}

void config_clear(struct config *c)
{
	config_flush(c);
	free(c->services);
	*c = (struct config){ 0 };
}

struct dest *service_find(const struct service *svc, const struct dest *dest)
{
	for (size_t i = 0; i < svc->dest_count; i++) {
		struct dest *d = &svc->dests[i];

		if (d->af == dest->af && d->port == dest->port && !memcmp(d->addr, dest->addr, sizeof(d->addr)))
			return d;
	}
	return NULL;
}

void service_add(struct service *svc, const struct dest *dest)
{
	svc->dests = realloc(svc->dests, (svc->dest_count + 1) * sizeof(*dest));
	svc->dests[svc->dest_count++] = *dest;
}

void service_remove(struct service *svc, struct dest *dest)
{
	svc->dest_count--;
	memmove(dest, dest + 1, (svc->dests + svc->dest_count - dest) * sizeof(*dest));
}

/* --- attributes: what is looked at where, and netlink's rules for it */

struct span {
	const uint8_t *p;	/* NULL: not there */
	size_t len;
};

enum kind { ANY, U8, U16, U32, BYTES, STRING, NEST, FLAG };

struct rule {
	enum kind kind;
	size_t len;	/* of ANY the least, of BYTES and STRING the most */
};

#define TYPES	80

static const struct rule top_rules[TYPES] = {
	[SHUNT_CMD_ATTR_SERVICE]	= { NEST, 0 },
	[SHUNT_CMD_ATTR_DEST]		= { NEST, 0 },
	[SHUNT_CMD_ATTR_DAEMON]		= { NEST, 0 },
	[SHUNT_CMD_ATTR_TIMEOUT_TCP]	= { U32, 0 },
	[SHUNT_CMD_ATTR_TIMEOUT_TCP_FIN] = { U32, 0 },
	[SHUNT_CMD_ATTR_TIMEOUT_UDP]	= { U32, 0 },
	[SHUNT_CMD_ATTR_BRIEF]		= { FLAG, 0 },
};

static const struct rule service_rules[TYPES] = {
	[SHUNT_SVC_ATTR_AF]		= { U16, 0 },
	[SHUNT_SVC_ATTR_PROTOCOL]	= { U16, 0 },
	[SHUNT_SVC_ATTR_ADDR]		= { BYTES, 16 },
	[SHUNT_SVC_ATTR_PORT]		= { U16, 0 },
	[SHUNT_SVC_ATTR_FWMARK]		= { U32, 0 },
	[SHUNT_SVC_ATTR_SCHED_NAME]	= { STRING, 15 },
	[SHUNT_SVC_ATTR_FLAGS]		= { ANY, 8 },
	[SHUNT_SVC_ATTR_TIMEOUT]	= { U32, 0 },
	[SHUNT_SVC_ATTR_NETMASK]	= { U32, 0 },
	[SHUNT_SVC_ATTR_PE_NAME]	= { STRING, 16 },
	[SHUNT_SVC_ATTR_TIMEOUT_TCP]	= { U32, 0 },
	[SHUNT_SVC_ATTR_TIMEOUT_TCP_FIN] = { U32, 0 },
	[SHUNT_SVC_ATTR_TIMEOUT_UDP]	= { U32, 0 },
	[SHUNT_SVC_ATTR_RESET]		= { U32, 0 },
	[SHUNT_SVC_ATTR_UDP_LEAVE]	= { U32, 0 },
};

static const struct rule dest_rules[TYPES] = {
	[SHUNT_DEST_ATTR_ADDR]		= { BYTES, 16 },
	[SHUNT_DEST_ATTR_PORT]		= { U16, 0 },
	[SHUNT_DEST_ATTR_FWD_METHOD]	= { U32, 0 },
	[SHUNT_DEST_ATTR_WEIGHT]	= { U32, 0 },
	[SHUNT_DEST_ATTR_U_THRESH]	= { U32, 0 },
	[SHUNT_DEST_ATTR_L_THRESH]	= { U32, 0 },
	[SHUNT_DEST_ATTR_ADDR_FAMILY]	= { U16, 0 },
	[SHUNT_DEST_ATTR_TUN_TYPE]	= { U8, 0 },
	[SHUNT_DEST_ATTR_TUN_PORT]	= { U16, 0 },
	[SHUNT_DEST_ATTR_TUN_FLAGS]	= { U16, 0 },
	[SHUNT_DEST_ATTR_DRAIN]		= { U32, 0 },
	[SHUNT_DEST_ATTR_DRAIN_SECONDS]	= { U32, 0 },
};

static size_t size_of(enum kind kind)
{
	return kind == U8 ? 1 : kind == U16 ? 2 : kind == U32 ? 4 : 0;
}

static int check_string(struct span value, size_t max)
{
	size_t seen = value.len < max + 1 ? value.len : max + 1;

	if (!seen || !memchr(value.p, 0, seen))
		return -EINVAL;
	if (!value.p[value.len - 1])
		value.len--;
	return value.len > max ? -ERANGE : 0;
}

/* Commands from 64 on are strict, those before let pass what kernels before 5.2 did. */
static int check(struct span value, bool nested, const struct rule *rule, bool strict)
{
	size_t size = size_of(rule->kind);

	if (strict && ((size && value.len != size) || rule->kind == ANY || (rule->kind == NEST) != nested))
		return -EINVAL;
	switch (rule->kind) {
	case FLAG:
		return value.len ? -ERANGE : 0;
	case STRING:
		return check_string(value, rule->len);
	case BYTES:
		return value.len > rule->len ? -ERANGE : 0;
	case NEST:
		return value.len && value.len < NLA_HDRLEN ? -ERANGE : 0;
	case ANY:
		return value.len < rule->len ? -ERANGE : 0;
	default:
		return value.len < size ? -ERANGE : 0;
	}
}

/* The next attribute of what is left, which becomes less; false when there is none. */
static bool next(struct span *in, struct nlattr *attr, struct span *value)
{
	size_t whole;

	if (in->len < NLA_HDRLEN)
		return false;
	memcpy(attr, in->p, sizeof(*attr));
	if (attr->nla_len < NLA_HDRLEN || attr->nla_len > in->len)
		return false;
	*value = (struct span){ in->p + NLA_HDRLEN, attr->nla_len - NLA_HDRLEN };
	whole = aligned(attr->nla_len) < in->len ? aligned(attr->nla_len) : in->len;
	in->p += whole;
	in->len -= whole;
	return true;
}

/* Of several of a type the last one counts. */
static int parse(struct span in, const struct rule *rules, int max, bool strict, struct span *out)
{
	struct nlattr attr;
	struct span value;

	memset(out, 0, TYPES * sizeof(*out));
	while (next(&in, &attr, &value)) {
		int type = attr.nla_type & NLA_TYPE_MASK, err;

		if (!type || type > max) {
			if (strict)
				return -EINVAL;
			continue;
		}
		err = check(value, attr.nla_type & NLA_F_NESTED, &rules[type], strict);
		if (err)
			return err;
		out[type] = value;
	}
	return strict && in.len ? -EINVAL : 0;
}

static uint32_t u32(struct span v)
{
	uint32_t value;

	memcpy(&value, v.p, sizeof(value));
	return value;
}

static uint16_t u16(struct span v)
{
	uint16_t value;

	memcpy(&value, v.p, sizeof(value));
	return value;
}

/* --- services */

static int get_addr(uint8_t *addr, uint16_t af, struct span v)
{
	size_t need = af == AF_INET ? 4 : 16;

	memset(addr, 0, 16);
	if (v.len < need)
		return -EINVAL;
	memcpy(addr, v.p, need);
	return 0;
}

static int get_key(struct key *key, struct span *a)
{
	*key = (struct key){ 0 };
	if (!a[SHUNT_SVC_ATTR_AF].p)
		return -EINVAL;
	key->af = u16(a[SHUNT_SVC_ATTR_AF]);
	if (key->af != AF_INET && key->af != AF_INET6)
		return -EAFNOSUPPORT;
	if (a[SHUNT_SVC_ATTR_FWMARK].p) {
		key->fwmark = u32(a[SHUNT_SVC_ATTR_FWMARK]);
		return key->fwmark ? 0 : -EINVAL;
	}
	if (!a[SHUNT_SVC_ATTR_PROTOCOL].p || !a[SHUNT_SVC_ATTR_ADDR].p || !a[SHUNT_SVC_ATTR_PORT].p)
		return -EINVAL;
	key->proto = u16(a[SHUNT_SVC_ATTR_PROTOCOL]);
	if (key->proto != IPPROTO_TCP && key->proto != IPPROTO_UDP && key->proto != IPPROTO_SCTP)
		return -EPROTONOSUPPORT;
	key->port = u16(a[SHUNT_SVC_ATTR_PORT]);
	return get_addr(key->addr, key->af, a[SHUNT_SVC_ATTR_ADDR]);
}

static int parse_service(struct span nest, struct span *a)
{
	return !nest.p || parse(nest, service_rules, SHUNT_SVC_ATTR_MAX, false, a) ? -EINVAL : 0;
}

static int parse_key(struct span nest, struct key *key)
{
	struct span a[TYPES];

	return parse_service(nest, a) ?: get_key(key, a);
}

/* Which of the flags 0x8, 0x10 and 0x20 a scheduler knows; -1 for no scheduler. */
static int scheduler_flags(const char *name)
{
	static const char *const names[] = { "rr", "wrr", "lc", "wlc", "sed", "nq", "dh", "lblc", "lblcr", "fo", "ovf", "twos" };

	if (!strcmp(name, "sh") || !strcmp(name, "mh"))
		return SHUNT_SVC_F_SCHED1 | SHUNT_SVC_F_SCHED2;
	for (size_t i = 0; i < COUNT(names); i++)
		if (!strcmp(name, names[i]))
			return 0;
	return -1;
}

static int check_terms(const struct key *key, const uint32_t *terms)
{
	uint32_t most = INT_MAX / world.hz;

	if (terms[0] > most || terms[1] > most || terms[2] > most || terms[3] > 1 || terms[4] > 1)
		return -EINVAL;
	if (key->proto && key->proto != IPPROTO_TCP && (terms[0] || terms[1] || terms[3]))
		return -EINVAL;
	return key->proto && key->proto != IPPROTO_UDP && (terms[2] || terms[4]) ? -EINVAL : 0;
}

/* How a service shall be that is not there, or is @old; all of it is checked before any of it counts. */
static int make_service(const struct service *old, struct span *a, const struct key *key, struct service *svc)
{
	const char *sched = (const char *)a[SHUNT_SVC_ATTR_SCHED_NAME].p, *engine = "";
	uint32_t flags = u32(a[SHUNT_SVC_ATTR_FLAGS]), mask, terms[TERMS] = { 0 };
	int known = scheduler_flags(sched);

	memcpy(&mask, a[SHUNT_SVC_ATTR_FLAGS].p + 4, sizeof(mask));
	*svc = old ? *old : (struct service){ .key = *key };
	svc->flags = (svc->flags & ~mask) | (flags & mask);
	svc->timeout = u32(a[SHUNT_SVC_ATTR_TIMEOUT]);
	svc->netmask = u32(a[SHUNT_SVC_ATTR_NETMASK]);
	for (int i = 0; i < TERMS; i++) {
		if (!a[SHUNT_SVC_ATTR_TIMEOUT_TCP + i].p)
			continue;
		terms[i] = u32(a[SHUNT_SVC_ATTR_TIMEOUT_TCP + i]);
		svc->terms[i] = terms[i];
	}
	if (a[SHUNT_SVC_ATTR_PE_NAME].p)
		engine = (const char *)a[SHUNT_SVC_ATTR_PE_NAME].p;
	if (known < 0 || (*engine && strcmp(engine, "sip")))
		return -ENOENT;
	strcpy(svc->sched, sched);
	strcpy(svc->engine, engine);
	if (key->af == AF_INET6 && (svc->netmask < 1 || svc->netmask > 128))
		return -EINVAL;
	if (svc->flags & SHUNT_SVC_F_PERSISTENT ? !svc->timeout || svc->timeout > INT_MAX / world.hz :
						   !key->port && !key->fwmark)
		return -EINVAL;
	if (svc->flags & ~(SHUNT_SVC_F_PERSISTENT | SHUNT_SVC_F_HASHED | SHUNT_SVC_F_ONEPACKET | known))
		return -EOPNOTSUPP;
	return check_terms(key, terms);
}

static int put_service(struct config *c, struct span nest, bool new, struct key *key)
{
	struct span a[TYPES];
	struct service *old, svc;
	int err;

	err = parse_service(nest, a) ?: get_key(key, a);
	if (err)
		return err;
	if (!a[SHUNT_SVC_ATTR_SCHED_NAME].p || !a[SHUNT_SVC_ATTR_FLAGS].p || !a[SHUNT_SVC_ATTR_TIMEOUT].p ||
	    !a[SHUNT_SVC_ATTR_NETMASK].p)
		return -EINVAL;
	old = config_find(c, key);
	if (new == !!old)
		return new ? -EEXIST : -ESRCH;
	err = make_service(old, a, key, &svc);
	if (err)
		return err;
	if (new)
		config_add(c, &svc);
	else
		*old = svc;
	c->events[new ? SHUNT_CMD_NEW_SERVICE : SHUNT_CMD_SET_SERVICE]++;
	return 0;
}

/* --- real servers */

/* The guest's netns has no addresses but 127.0.0.1/8 and ::1, and no routes. */
static bool is_unicast(const struct dest *d)
{
	const uint8_t *a = d->addr;

	if (d->af == AF_INET) {
		uint32_t addr = (uint32_t)a[0] << 24 | a[1] << 16 | a[2] << 8 | a[3];

		return addr && (a[0] & 0xf0) != 0xe0 && addr != 0xffffffff && addr != 0x7fffffff;
	}
	if (a[0] == 0xff || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80))
		return false;
	for (int i = 0; i < 10; i++)
		if (a[i])
			return true;
	if (a[10] == 0xff && a[11] == 0xff)
		return false;
	for (int i = 10; i < 16; i++)
		if (a[i])
			return true;
	return false;
}

static int check_dest(const struct service *svc, const struct dest *d, bool drain)
{
	if (d->af != svc->key.af && d->fwd != SHUNT_FWD_TUNNEL)
		return -EINVAL;
	if (d->weight > INT_MAX || d->lower > d->upper)
		return -ERANGE;
	if (d->upper > INT_MAX || (drain && d->weight) || d->seconds > INT_MAX / world.hz)
		return -EINVAL;
	if (d->tun_type > SHUNT_TUN_GRE || (d->tun_type == SHUNT_TUN_GUE && !d->tun_port))
		return -EINVAL;
	if (d->tun_flags && d->tun_type == SHUNT_TUN_IPIP)
		return -EINVAL;
	return d->tun_flags & SHUNT_TUN_F_REMCSUM && d->tun_type != SHUNT_TUN_GUE ? -EINVAL : 0;
}

/* Which real server; @a is the rest of it. */
static int parse_dest(struct span nest, uint16_t af, struct dest *d, struct span *a)
{
	*d = (struct dest){ .af = af };
	if (!nest.p || parse(nest, dest_rules, SHUNT_DEST_ATTR_MAX, false, a))
		return -EINVAL;
	if (!a[SHUNT_DEST_ATTR_ADDR].p || !a[SHUNT_DEST_ATTR_PORT].p)
		return -EINVAL;
	if (a[SHUNT_DEST_ATTR_ADDR_FAMILY].p && u16(a[SHUNT_DEST_ATTR_ADDR_FAMILY])) {
		d->af = u16(a[SHUNT_DEST_ATTR_ADDR_FAMILY]);
		if (d->af != AF_INET && d->af != AF_INET6)
			return -EAFNOSUPPORT;
	}
	d->port = u16(a[SHUNT_DEST_ATTR_PORT]);
	return get_addr(d->addr, d->af, a[SHUNT_DEST_ATTR_ADDR]);
}

static int get_dest(struct dest *d, struct span *a)
{
	struct span type = a[SHUNT_DEST_ATTR_TUN_TYPE], port = a[SHUNT_DEST_ATTR_TUN_PORT], flags = a[SHUNT_DEST_ATTR_TUN_FLAGS];

	if (!a[SHUNT_DEST_ATTR_FWD_METHOD].p || !a[SHUNT_DEST_ATTR_WEIGHT].p || !a[SHUNT_DEST_ATTR_U_THRESH].p ||
	    !a[SHUNT_DEST_ATTR_L_THRESH].p)
		return -EINVAL;
	d->fwd = u32(a[SHUNT_DEST_ATTR_FWD_METHOD]);
	d->weight = u32(a[SHUNT_DEST_ATTR_WEIGHT]);
	d->upper = u32(a[SHUNT_DEST_ATTR_U_THRESH]);
	d->lower = u32(a[SHUNT_DEST_ATTR_L_THRESH]);
	d->tun_type = type.p ? *type.p : 0;
	d->tun_port = port.p ? u16(port) : 0;
	d->tun_flags = flags.p ? u16(flags) : 0;
	d->seconds = a[SHUNT_DEST_ATTR_DRAIN_SECONDS].p ? u32(a[SHUNT_DEST_ATTR_DRAIN_SECONDS]) : 0;
	if (d->fwd > SHUNT_FWD_BYPASS || d->tun_flags & ~(SHUNT_TUN_F_CSUM | SHUNT_TUN_F_REMCSUM))
		return -EINVAL;
	return 0;
}

/* Draining begins and ends when that is asked for, and ends with a weight. */
static void set_drain(struct dest *d, const struct dest *old, struct span asked)
{
	if (asked.p && u32(asked)) {
		d->draining = true;
	} else if (asked.p || d->weight || !old) {
		d->draining = false;
		d->seconds = 0;
	} else {
		d->draining = old->draining;
		d->seconds = old->seconds;
	}
}

static int put_dest(struct config *c, struct service *svc, struct span nest, uint8_t cmd)
{
	bool new = cmd == SHUNT_CMD_NEW_DEST;
	struct span a[TYPES], drain;
	struct dest d, *old;
	int err;

	err = parse_dest(nest, svc->key.af, &d, a);
	if (!err && cmd != SHUNT_CMD_DEL_DEST)
		err = get_dest(&d, a);
	if (err)
		return err;
	old = service_find(svc, &d);
	if (!new && !old)
		return -ENOENT;
	if (cmd == SHUNT_CMD_DEL_DEST) {
		service_remove(svc, old);
		c->events[cmd]++;
		return 0;
	}
	drain = a[SHUNT_DEST_ATTR_DRAIN];
	err = check_dest(svc, &d, drain.p && u32(drain));
	if (err)
		return err;
	if (new && old)
		return -EEXIST;
	if (new && !is_unicast(&d))
		return -EINVAL;
	set_drain(&d, old, drain);
	if (new)
		service_add(svc, &d);
	else
		*old = d;
	c->events[cmd]++;
	return 0;
}

static int change_dest(struct config *c, struct span *top, uint8_t cmd)
{
	struct service *svc;
	struct key key;
	int err;

	err = parse_key(top[SHUNT_CMD_ATTR_SERVICE], &key);
	if (err)
		return err;
	svc = config_find(c, &key);
	return svc ? put_dest(c, svc, top[SHUNT_CMD_ATTR_DEST], cmd) : -ESRCH;
}

/* A service with its real servers, or nothing. @start is where the message begins. */
static int new_all(struct config *c, struct span attrs, struct span *top, const uint8_t *start, struct verdict *v)
{
	unsigned int events[COUNT(c->events)];
	struct nlattr attr;
	struct span value;
	struct key key;
	int err;

	memcpy(events, c->events, sizeof(events));
	err = put_service(c, top[SHUNT_CMD_ATTR_SERVICE], true, &key);
	if (err)
		return err;
	while (!err && next(&attrs, &attr, &value)) {
		if ((attr.nla_type & NLA_TYPE_MASK) != SHUNT_CMD_ATTR_DEST)
			continue;
		err = put_dest(c, config_find(c, &key), value, SHUNT_CMD_NEW_DEST);
		if (err)
			v->dest_at = value.p - NLA_HDRLEN - start;
	}
	if (!err)
		return 0;
	config_remove(c, config_find(c, &key));
	memcpy(c->events, events, sizeof(events));
	c->events[SHUNT_CMD_NEW_SERVICE]++;
	c->events[SHUNT_CMD_DEL_SERVICE]++;
	return err;
}

/* --- commands */

static int of_service(struct config *c, struct span nest, struct service **svc)
{
	struct key key;
	int err = parse_key(nest, &key);

	if (err)
		return err;
	*svc = config_find(c, &key);
	return *svc ? 0 : -ESRCH;
}

static int set_config(struct config *c, struct span *top)
{
	struct span *timeouts = &top[SHUNT_CMD_ATTR_TIMEOUT_TCP];

	for (int i = 0; i < 3; i++)
		if (timeouts[i].p && u32(timeouts[i]) > INT_MAX / world.hz)
			return -EINVAL;
	for (int i = 0; i < 3; i++)
		if (timeouts[i].p && u32(timeouts[i]))
			c->timeouts[i] = u32(timeouts[i]);
	c->events[SHUNT_CMD_SET_CONFIG]++;
	return 0;
}

static int carry_out(struct config *c, struct span attrs, struct span *top, const uint8_t *start, struct verdict *v)
{
	struct service *svc;
	struct key key;
	int err;

	switch (v->cmd) {
	case SHUNT_CMD_NEW_SERVICE:
	case SHUNT_CMD_SET_SERVICE:
		return put_service(c, top[SHUNT_CMD_ATTR_SERVICE], v->cmd == SHUNT_CMD_NEW_SERVICE, &key);
	case SHUNT_CMD_NEW_ALL:
		return new_all(c, attrs, top, start, v);
	case SHUNT_CMD_NEW_DEST:
	case SHUNT_CMD_SET_DEST:
	case SHUNT_CMD_DEL_DEST:
		return change_dest(c, top, v->cmd);
	case SHUNT_CMD_GET_SERVICE:
		return of_service(c, top[SHUNT_CMD_ATTR_SERVICE], &svc);
	case SHUNT_CMD_ZERO:
		return top[SHUNT_CMD_ATTR_SERVICE].p ? of_service(c, top[SHUNT_CMD_ATTR_SERVICE], &svc) : 0;
	case SHUNT_CMD_DEL_SERVICE:
		err = of_service(c, top[SHUNT_CMD_ATTR_SERVICE], &svc);
		if (err)
			return err;
		config_remove(c, svc);
		c->events[v->cmd]++;
		return 0;
	case SHUNT_CMD_SET_CONFIG:
		return set_config(c, top);
	case SHUNT_CMD_FLUSH:
		c->events[SHUNT_CMD_DEL_SERVICE] += c->count;
		config_flush(c);
		return 0;
	case SHUNT_CMD_NEW_DAEMON:
	case SHUNT_CMD_DEL_DAEMON:
		return -EOPNOTSUPP;
	default:
		return 0;
	}
}

static bool is_among(uint8_t cmd, const uint8_t *cmds, size_t count)
{
	return memchr(cmds, cmd, count);
}

/* What command there is, as an action and as a dump, and which of them have to do with no more than services and real servers. */
static bool is_known(uint8_t cmd, bool dump)
{
	static const uint8_t actions[] = { 1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 13, 15, 16, 17, 65, 68 };
	static const uint8_t dumps[] = { 4, 8, 11, 64, 66 };

	return dump ? is_among(cmd, dumps, sizeof(dumps)) : is_among(cmd, actions, sizeof(actions));
}

static int max_of(uint8_t cmd)
{
	static const uint8_t few[] = { 1, 2, 3, 5, 6, 7, 68 };

	return is_among(cmd, few, sizeof(few)) ? SHUNT_CMD_ATTR_DEST : SHUNT_CMD_ATTR_MAX;
}

/* Dumps look at nothing but GET_DEST's service, and are strict or not at all. */
static int begin_dump(struct span attrs, bool strict, struct verdict *v)
{
	struct span top[TYPES];
	struct key key;
	int err = strict ? parse(attrs, top_rules, SHUNT_CMD_ATTR_MAX, true, top) : 0;

	if (err)
		return err;
	v->dump = true;
	if (v->cmd == SHUNT_CMD_GET_DEST)
		v->error = parse(attrs, top_rules, SHUNT_CMD_ATTR_MAX, false, top) ?:
			   parse_key(top[SHUNT_CMD_ATTR_SERVICE], &key);
	return 0;
}

static int our_message(struct config *c, const struct nlmsghdr *nl, const uint8_t *start, struct verdict *v)
{
	bool dump = (nl->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP, strict;
	uint16_t flags = dump ? nl->nlmsg_flags & ~NLM_F_DUMP : nl->nlmsg_flags;
	struct span attrs = { start + NLMSG_HDRLEN + GENL_HDRLEN, nl->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN };
	struct genlmsghdr genl;
	struct span top[TYPES];
	int err;

	if (nl->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
		return -EINVAL;
	memcpy(&genl, start + NLMSG_HDRLEN, sizeof(genl));
	v->cmd = genl.cmd;
	strict = genl.cmd >= SHUNT_CMD_GET_CONN;
	if (strict && (genl.reserved || flags & ~(NLM_F_REQUEST | NLM_F_ACK | NLM_F_ECHO))) {
		v->text = true;
		return -EINVAL;
	}
	if (!is_known(genl.cmd, dump))
		return -EOPNOTSUPP;
	v->text = true;
	v->asks_dump = dump;
	if (dump)
		return begin_dump(attrs, strict, v);
	err = parse(attrs, top_rules, max_of(genl.cmd), strict, top);
	return err ?: carry_out(c, attrs, top, start, v);
}

static void message(struct config *c, const struct nlmsghdr *nl, const uint8_t *start, struct verdict *v)
{
	int err = 0;

	v->seq = nl->nlmsg_seq;
	v->ours = nl->nlmsg_type == world.families[0] || nl->nlmsg_type == world.families[1];
	if (!(nl->nlmsg_flags & NLM_F_REQUEST) || nl->nlmsg_type < NLMSG_MIN_TYPE)
		v->ours = true;
	else if (v->ours)
		err = our_message(c, nl, start, v);
	if (v->dump)
		return;
	v->error = err;
	v->acked = err || nl->nlmsg_flags & NLM_F_ACK;
}

/* Returns how many messages netlink sees in the datagram. A socket has one dump at a time; how far one has got is not foretold. */
size_t model_datagram(struct config *c, const uint8_t *bytes, size_t len, struct verdict *verdicts)
{
	const uint8_t *start = bytes;
	bool dumping = false;
	struct nlmsghdr nl;
	size_t count = 0;

	while (len >= NLMSG_HDRLEN && count < MESSAGES) {
		struct verdict *v = &verdicts[count];
		size_t whole;

		memcpy(&nl, bytes, sizeof(nl));
		if (nl.nlmsg_len < NLMSG_HDRLEN || nl.nlmsg_len > len)
			break;
		*v = (struct verdict){ .at = bytes - start };
		message(c, &nl, bytes, v);
		v->busy = v->asks_dump && dumping;
		dumping |= v->dump;
		count++;
		whole = aligned(nl.nlmsg_len) < len ? aligned(nl.nlmsg_len) : len;
		bytes += whole;
		len -= whole;
	}
	return count;
}
