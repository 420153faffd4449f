// SPDX-License-Identifier: GPL-2.0-only
#include "control/attr.h"

#include <uapi/linux/shunt.h>

#include "control/drain.h"
#include "sched/sched.h"
#include "table/conn.h"
#include "table/dest.h"
#include "table/persist.h"

/* A persistence engine's name may be one longer than any, as with ip_vs. */
static const struct nla_policy svc_policy[SHUNT_SVC_ATTR_MAX + 1] = {
	[SHUNT_SVC_ATTR_AF]		= { .type = NLA_U16 },
	[SHUNT_SVC_ATTR_PROTOCOL]	= { .type = NLA_U16 },
	[SHUNT_SVC_ATTR_ADDR]		= { .type = NLA_BINARY, .len = 16 },
	[SHUNT_SVC_ATTR_PORT]		= { .type = NLA_U16 },
	[SHUNT_SVC_ATTR_FWMARK]		= { .type = NLA_U32 },
	[SHUNT_SVC_ATTR_SCHED_NAME]	= { .type = NLA_NUL_STRING,
					    .len = SHUNT_NAME_SIZE - 1 },
	[SHUNT_SVC_ATTR_FLAGS]		= { .len = sizeof(struct shunt_flags) },
	[SHUNT_SVC_ATTR_TIMEOUT]	= { .type = NLA_U32 },
	[SHUNT_SVC_ATTR_NETMASK]	= { .type = NLA_U32 },
	[SHUNT_SVC_ATTR_PE_NAME]	= { .type = NLA_NUL_STRING,
					    .len = SHUNT_NAME_SIZE },
	[SHUNT_SVC_ATTR_TIMEOUT_TCP]	= { .type = NLA_U32 },
	[SHUNT_SVC_ATTR_TIMEOUT_TCP_FIN] = { .type = NLA_U32 },
	[SHUNT_SVC_ATTR_TIMEOUT_UDP]	= { .type = NLA_U32 },
	[SHUNT_SVC_ATTR_RESET]		= { .type = NLA_U32 },
	[SHUNT_SVC_ATTR_UDP_LEAVE]	= { .type = NLA_U32 },
};

static const struct nla_policy dest_policy[SHUNT_DEST_ATTR_MAX + 1] = {
	[SHUNT_DEST_ATTR_ADDR]		= { .type = NLA_BINARY, .len = 16 },
	[SHUNT_DEST_ATTR_PORT]		= { .type = NLA_U16 },
	[SHUNT_DEST_ATTR_FWD_METHOD]	= { .type = NLA_U32 },
	[SHUNT_DEST_ATTR_WEIGHT]	= { .type = NLA_U32 },
	[SHUNT_DEST_ATTR_U_THRESH]	= { .type = NLA_U32 },
	[SHUNT_DEST_ATTR_L_THRESH]	= { .type = NLA_U32 },
	[SHUNT_DEST_ATTR_ADDR_FAMILY]	= { .type = NLA_U16 },
	[SHUNT_DEST_ATTR_TUN_TYPE]	= { .type = NLA_U8 },
	[SHUNT_DEST_ATTR_TUN_PORT]	= { .type = NLA_U16 },
	[SHUNT_DEST_ATTR_TUN_FLAGS]	= { .type = NLA_U16 },
	[SHUNT_DEST_ATTR_DRAIN]		= { .type = NLA_U32 },
	[SHUNT_DEST_ATTR_DRAIN_SECONDS]	= { .type = NLA_U32 },
};

/* An address of 4 or 16 bytes; what lies behind an IPv4 one does not count. */
static int get_addr(union nf_inet_addr *addr, u8 af, const struct nlattr *attr,
		    struct netlink_ext_ack *extack)
{
	int need = af == AF_INET ? sizeof(addr->ip) : sizeof(addr->in6);

	*addr = (union nf_inet_addr){};
	if (nla_len(attr) < need) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "the address is too short for its family");
		return -EINVAL;
	}
	memcpy(addr, nla_data(attr), need);
	return 0;
}

static int get_af(u8 *af, const struct nlattr *attr,
		  struct netlink_ext_ack *extack)
{
	u16 value = nla_get_u16(attr);

	if (value != AF_INET && value != AF_INET6) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "the address family must be IPv4 or IPv6");
		return -EAFNOSUPPORT;
	}
	*af = value;
	return 0;
}

static int get_fwmark(struct shunt_service_key *key, const struct nlattr *attr,
		      struct netlink_ext_ack *extack)
{
	key->fwmark = nla_get_u32(attr);
	if (key->fwmark)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "a firewall mark is above 0");
	return -EINVAL;
}

static int read_service_key(struct shunt_service_key *key, struct nlattr **attrs,
			   struct netlink_ext_ack *extack)
{
	u16 proto;
	int err;

	*key = (struct shunt_service_key){};
	if (!attrs[SHUNT_SVC_ATTR_AF]) {
		NL_SET_ERR_MSG(extack, "a virtual service needs an address family");
		return -EINVAL;
	}
	err = get_af(&key->af, attrs[SHUNT_SVC_ATTR_AF], extack);
	if (err)
		return err;
	if (attrs[SHUNT_SVC_ATTR_FWMARK])
		return get_fwmark(key, attrs[SHUNT_SVC_ATTR_FWMARK], extack);
	if (!attrs[SHUNT_SVC_ATTR_PROTOCOL] || !attrs[SHUNT_SVC_ATTR_ADDR] ||
	    !attrs[SHUNT_SVC_ATTR_PORT]) {
		NL_SET_ERR_MSG(extack, "a virtual service needs protocol, address and port");
		return -EINVAL;
	}
	proto = nla_get_u16(attrs[SHUNT_SVC_ATTR_PROTOCOL]);
	if (proto != IPPROTO_TCP && proto != IPPROTO_UDP &&
	    proto != IPPROTO_SCTP) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[SHUNT_SVC_ATTR_PROTOCOL],
				    "a virtual service's protocol is TCP, UDP or SCTP");
		return -EPROTONOSUPPORT;
	}
	key->proto = proto;
	key->port = nla_get_be16(attrs[SHUNT_SVC_ATTR_PORT]);
	return get_addr(&key->addr, key->af, attrs[SHUNT_SVC_ATTR_ADDR],
			extack);
}

/* Attributes of IPVS, and ours: with all that is between, most was empty. */
#define IPVS_MAX	15
#define OWN_FIRST	64
#define OWN_MAX		8

/**
 * struct attrs - the attributes in a nest, each NULL where it is not there
 * @ipvs:	by number
 * @own:	by number from OWN_FIRST on
 */
struct attrs {
	struct nlattr *ipvs[IPVS_MAX + 1];
	struct nlattr *own[OWN_MAX];
};

/* Of whatever is wrong with the attributes in it, ip_vs's clients hear EINVAL. */
static int parse_nest(struct attrs *attrs, int max, const struct nlattr *nest,
		      const struct nla_policy *policy,
		      struct netlink_ext_ack *extack)
{
	struct nlattr *attr;
	int rest;

	if (nla_validate_nested_deprecated(nest, max, policy, extack))
		return -EINVAL;
	*attrs = (struct attrs){};
	nla_for_each_nested(attr, nest, rest) {
		int type = nla_type(attr);

		if (type <= IPVS_MAX)
			attrs->ipvs[type] = attr;
		else if (type >= OWN_FIRST && type < OWN_FIRST + OWN_MAX)
			attrs->own[type - OWN_FIRST] = attr;
	}
	return 0;
}

static int parse_service(struct attrs *attrs, const struct nlattr *nest,
			 struct netlink_ext_ack *extack)
{
	BUILD_BUG_ON(SHUNT_SVC_ATTR_MAX >= OWN_FIRST + OWN_MAX);
	if (!nest) {
		NL_SET_ERR_MSG(extack, "the virtual service is missing");
		return -EINVAL;
	}
	return parse_nest(attrs, SHUNT_SVC_ATTR_MAX, nest, svc_policy, extack);
}

/**
 * shunt_get_service_key() - which service a request is about
 * @key:	filled, every byte
 * @nest:	SHUNT_CMD_ATTR_SERVICE, or NULL
 * @extack:	told why not
 *
 * Return: 0 or a negative errno.
 */
int shunt_get_service_key(struct shunt_service_key *key, const struct nlattr *nest,
		   struct netlink_ext_ack *extack)
{
	struct attrs attrs;
	int err;

	err = parse_service(&attrs, nest, extack);
	if (err)
		return err;
	return read_service_key(key, attrs.ipvs, extack);
}

static int get_netmask(struct shunt_service_config *config,
		       const struct nlattr *attr,
		       struct netlink_ext_ack *extack)
{
	if (config->key.af == AF_INET) {
		config->netmask = nla_get_be32(attr);
		return 0;
	}
	config->prefix = nla_get_u32(attr);
	if (config->prefix >= 1 && config->prefix <= 128)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "an IPv6 prefix length lies between 1 and 128");
	return -EINVAL;
}

/* Clients of IPVS know nothing of these, and change none of them. */
static void get_terms(struct shunt_service_config *config,
		      struct nlattr **own)
{
	const struct nlattr *attr;
	int i;

	config->terms = (struct shunt_terms){};
	config->terms_said = 0;
	for (i = 0; i < SHUNT_TERM_MAX; i++) {
		attr = own[SHUNT_SVC_ATTR_TIMEOUT_TCP - OWN_FIRST + i];
		if (!attr)
			continue;
		config->terms.value[i] = nla_get_u32(attr);
		config->terms_said |= 1u << i;
	}
}

/* No name is that of none. */
static int get_engine(struct shunt_service_config *config,
		      const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	const char *name = attr ? nla_data(attr) : "";

	for (config->engine = 0; config->engine < SHUNT_ENGINE_MAX;
	     config->engine++)
		if (!strcmp(name, shunt_engine_name(config->engine)))
			return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "no such persistence engine, there is sip");
	return -ENOENT;
}

/**
 * shunt_get_service_config() - a service as a request wants it
 * @config:	filled, but for what shunt_get_service_parts() fills
 * @nest:	SHUNT_CMD_ATTR_SERVICE, or NULL
 * @extack:	told why not
 *
 * Return: 0 or a negative errno.
 */
int shunt_get_service_config(struct shunt_service_config *config,
			      const struct nlattr *nest,
			      struct netlink_ext_ack *extack)
{
	struct shunt_flags flags;
	struct nlattr **attrs;
	struct attrs all;
	int err;

	err = parse_service(&all, nest, extack);
	if (err)
		return err;
	attrs = all.ipvs;
	err = read_service_key(&config->key, attrs, extack);
	if (err)
		return err;
	if (!attrs[SHUNT_SVC_ATTR_SCHED_NAME] || !attrs[SHUNT_SVC_ATTR_FLAGS] ||
	    !attrs[SHUNT_SVC_ATTR_TIMEOUT] || !attrs[SHUNT_SVC_ATTR_NETMASK]) {
		NL_SET_ERR_MSG(extack, "a virtual service needs scheduler, flags, timeout and netmask");
		return -EINVAL;
	}
	config->sched_name = attrs[SHUNT_SVC_ATTR_SCHED_NAME];
	config->pe_name = attrs[SHUNT_SVC_ATTR_PE_NAME];
	config->client = attrs[SHUNT_SVC_ATTR_NETMASK];
	memcpy(&flags, nla_data(attrs[SHUNT_SVC_ATTR_FLAGS]), sizeof(flags));
	config->flags = flags.flags;
	config->mask = flags.mask;
	config->timeout = nla_get_u32(attrs[SHUNT_SVC_ATTR_TIMEOUT]);
	get_terms(config, all.own);
	return 0;
}

/**
 * shunt_get_service_parts() - what a service is made of
 * @config:	of shunt_get_service_config(), of a request still at hand
 * @extack:	told why not
 *
 * Asked for when it is known whether there is such a service: where there is one
 * already, or none, that is what clients of ip_vs hear of first.
 *
 * Return: 0, -ENOENT or -EINVAL.
 */
int shunt_get_service_parts(struct shunt_service_config *config,
			    struct netlink_ext_ack *extack)
{
	config->sched = shunt_scheduler_find(nla_data(config->sched_name));
	if (!config->sched) {
		NL_SET_ERR_MSG_ATTR(extack, config->sched_name,
				    "no such scheduler, there are" SHUNT_SCHEDULER_NAMES);
		return -ENOENT;
	}
	return get_engine(config, config->pe_name, extack) ?:
	       get_netmask(config, config->client, extack);
}

/* Clients of IPVS know nothing of it. */
static void get_drain(struct shunt_dest_config *config, struct nlattr **own)
{
	struct nlattr *drain = own[SHUNT_DEST_ATTR_DRAIN - OWN_FIRST];
	struct nlattr *seconds = own[SHUNT_DEST_ATTR_DRAIN_SECONDS - OWN_FIRST];

	if (drain)
		config->drain = nla_get_u32(drain) ? SHUNT_DRAIN_BEGIN :
						     SHUNT_DRAIN_END;
	if (seconds)
		config->drain_seconds = nla_get_u32(seconds);
}

#define TUN_FLAGS	(SHUNT_TUN_F_CSUM | SHUNT_TUN_F_REMCSUM)

static int get_tunnel(struct shunt_tunnel *tunnel, struct nlattr *const *attrs,
		      struct netlink_ext_ack *extack)
{
	const struct nlattr *type = attrs[SHUNT_DEST_ATTR_TUN_TYPE];
	const struct nlattr *port = attrs[SHUNT_DEST_ATTR_TUN_PORT];
	const struct nlattr *flags = attrs[SHUNT_DEST_ATTR_TUN_FLAGS];

	if (flags && nla_get_u16(flags) & ~TUN_FLAGS) {
		NL_SET_ERR_MSG_ATTR(extack, flags, "no such flag of a tunnel");
		return -EINVAL;
	}
	if (type)
		tunnel->type = nla_get_u8(type);
	if (port)
		tunnel->port = nla_get_be16(port);
	if (flags)
		tunnel->flags = nla_get_u16(flags);
	return 0;
}

/**
 * shunt_get_dest_config() - a real server as a request wants it
 * @config:	filled
 * @service_af:	its service's address family
 * @nest:	SHUNT_CMD_ATTR_DEST, or NULL
 * @whole:	all of it; else only what tells it from others, as who removes
 *		one may send what he likes beside
 * @extack:	told why not
 *
 * Return: 0 or a negative errno.
 */
int shunt_get_dest_config(struct shunt_dest_config *config, u8 service_af,
			   const struct nlattr *nest, bool whole,
			   struct netlink_ext_ack *extack)
{
	struct nlattr **attrs;
	struct attrs all;
	u32 fwd;
	int err;

	BUILD_BUG_ON(SHUNT_DEST_ATTR_MAX >= OWN_FIRST + OWN_MAX);

	*config = (struct shunt_dest_config){ .af = service_af };
	if (!nest) {
		NL_SET_ERR_MSG(extack, "the real server is missing");
		return -EINVAL;
	}
	err = parse_nest(&all, SHUNT_DEST_ATTR_MAX, nest, dest_policy, extack);
	if (err)
		return err;
	attrs = all.ipvs;
	if (!attrs[SHUNT_DEST_ATTR_ADDR] || !attrs[SHUNT_DEST_ATTR_PORT]) {
		NL_SET_ERR_MSG(extack, "a real server needs address and port");
		return -EINVAL;
	}
	if (attrs[SHUNT_DEST_ATTR_ADDR_FAMILY] &&
	    nla_get_u16(attrs[SHUNT_DEST_ATTR_ADDR_FAMILY])) {
		err = get_af(&config->af, attrs[SHUNT_DEST_ATTR_ADDR_FAMILY],
			     extack);
		if (err)
			return err;
	}
	err = get_addr(&config->addr, config->af, attrs[SHUNT_DEST_ATTR_ADDR],
		       extack);
	config->port = nla_get_be16(attrs[SHUNT_DEST_ATTR_PORT]);
	if (err || !whole)
		return err;

	if (!attrs[SHUNT_DEST_ATTR_FWD_METHOD] ||
	    !attrs[SHUNT_DEST_ATTR_WEIGHT] || !attrs[SHUNT_DEST_ATTR_U_THRESH] ||
	    !attrs[SHUNT_DEST_ATTR_L_THRESH]) {
		NL_SET_ERR_MSG(extack, "a real server needs forwarding method, weight and thresholds");
		return -EINVAL;
	}
	fwd = nla_get_u32(attrs[SHUNT_DEST_ATTR_FWD_METHOD]);
	if (fwd > SHUNT_FWD_BYPASS) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[SHUNT_DEST_ATTR_FWD_METHOD],
				    "no such forwarding method");
		return -EINVAL;
	}
	config->fwd = fwd;
	config->weight = nla_get_u32(attrs[SHUNT_DEST_ATTR_WEIGHT]);
	config->upper = nla_get_u32(attrs[SHUNT_DEST_ATTR_U_THRESH]);
	config->lower = nla_get_u32(attrs[SHUNT_DEST_ATTR_L_THRESH]);
	get_drain(config, all.own);
	return get_tunnel(&config->tunnel, attrs, extack);
}

static int put_addr(struct sk_buff *skb, int type,
		    const union nf_inet_addr *addr)
{
	return nla_put(skb, type, sizeof(*addr), addr);
}

/* Clients that do not mask the type want nests without NLA_F_NESTED. */
static struct nlattr *nest_start(struct sk_buff *skb, int type)
{
	return nla_nest_start_noflag(skb, type);
}

static int put_stats32(struct sk_buff *skb, int type,
		       const struct shunt_stats *stats)
{
	const u64 *count = stats->count, *rate = stats->rate;
	struct nlattr *nest = nest_start(skb, type);

	if (!nest ||
	    nla_put_u32(skb, SHUNT_STATS_ATTR_CONNS, count[SHUNT_COUNT_CONNS]) ||
	    nla_put_u32(skb, SHUNT_STATS_ATTR_INPKTS, count[SHUNT_COUNT_INPKTS]) ||
	    nla_put_u32(skb, SHUNT_STATS_ATTR_OUTPKTS, count[SHUNT_COUNT_OUTPKTS]) ||
	    nla_put_u64_64bit(skb, SHUNT_STATS_ATTR_INBYTES,
			      count[SHUNT_COUNT_INBYTES], SHUNT_STATS_ATTR_PAD) ||
	    nla_put_u64_64bit(skb, SHUNT_STATS_ATTR_OUTBYTES,
			      count[SHUNT_COUNT_OUTBYTES], SHUNT_STATS_ATTR_PAD) ||
	    nla_put_u32(skb, SHUNT_STATS_ATTR_CPS,
			shunt_rate_per_second(rate[SHUNT_COUNT_CONNS])) ||
	    nla_put_u32(skb, SHUNT_STATS_ATTR_INPPS,
			shunt_rate_per_second(rate[SHUNT_COUNT_INPKTS])) ||
	    nla_put_u32(skb, SHUNT_STATS_ATTR_OUTPPS,
			shunt_rate_per_second(rate[SHUNT_COUNT_OUTPKTS])) ||
	    nla_put_u32(skb, SHUNT_STATS_ATTR_INBPS,
			shunt_rate_per_second(rate[SHUNT_COUNT_INBYTES])) ||
	    nla_put_u32(skb, SHUNT_STATS_ATTR_OUTBPS,
			shunt_rate_per_second(rate[SHUNT_COUNT_OUTBYTES])))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * shunt_put_stats64() - counts and rates, all u64
 * @skb:	message under construction
 * @type:	of the nest
 * @stats:	what to say
 *
 * Return: 0 or -EMSGSIZE.
 */
int shunt_put_stats64(struct sk_buff *skb, int type,
		       const struct shunt_stats *stats)
{
	struct nlattr *nest = nest_start(skb, type);
	int i;

	if (!nest)
		return -EMSGSIZE;
	/* Both halves of the attributes are in the order of enum shunt_count. */
	for (i = 0; i < SHUNT_COUNT_MAX; i++)
		if (nla_put_u64_64bit(skb, SHUNT_STATS_ATTR_CONNS + i,
				      stats->count[i], SHUNT_STATS_ATTR_PAD))
			return -EMSGSIZE;
	for (i = 0; i < SHUNT_COUNT_MAX; i++)
		if (nla_put_u64_64bit(skb, SHUNT_STATS_ATTR_CPS + i,
				      shunt_rate_per_second(stats->rate[i]),
				      SHUNT_STATS_ATTR_PAD))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* In both forms. */
static int put_stats(struct sk_buff *skb, int type, int type64,
		     const struct shunt_stats *stats)
{
	return put_stats32(skb, type, stats) ?:
	       shunt_put_stats64(skb, type64, stats);
}

/**
 * shunt_put_timeouts() - the timeouts that can be set
 * @skb:	message under construction
 * @sn:		the netns
 *
 * Return: 0 or -EMSGSIZE.
 */
int shunt_put_timeouts(struct sk_buff *skb, const struct shunt_net *sn)
{
	const struct shunt_timeouts *timeouts = &sn->timeouts;

	if (nla_put_u32(skb, SHUNT_CMD_ATTR_TIMEOUT_TCP,
			READ_ONCE(timeouts->tcp[SHUNT_TCP_ESTABLISHED])) ||
	    nla_put_u32(skb, SHUNT_CMD_ATTR_TIMEOUT_TCP_FIN,
			READ_ONCE(timeouts->tcp[SHUNT_TCP_FIN_WAIT])) ||
	    nla_put_u32(skb, SHUNT_CMD_ATTR_TIMEOUT_UDP,
			READ_ONCE(timeouts->udp)))
		return -EMSGSIZE;
	return 0;
}

static int put_key(struct sk_buff *skb, const struct shunt_service_key *key)
{
	if (nla_put_u16(skb, SHUNT_SVC_ATTR_AF, key->af))
		return -EMSGSIZE;
	if (key->fwmark)
		return nla_put_u32(skb, SHUNT_SVC_ATTR_FWMARK, key->fwmark);
	if (nla_put_u16(skb, SHUNT_SVC_ATTR_PROTOCOL, key->proto) ||
	    put_addr(skb, SHUNT_SVC_ATTR_ADDR, &key->addr) ||
	    nla_put_be16(skb, SHUNT_SVC_ATTR_PORT, key->port))
		return -EMSGSIZE;
	return 0;
}

/**
 * shunt_put_service_key() - which virtual service something is about
 * @skb:	message under construction
 * @key:	the service's key
 *
 * Return: 0 or -EMSGSIZE.
 */
int shunt_put_service_key(struct sk_buff *skb,
			  const struct shunt_service_key *key)
{
	struct nlattr *nest = nest_start(skb, SHUNT_CMD_ATTR_SERVICE);

	if (!nest || put_key(skb, key))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_netmask(struct sk_buff *skb, const struct shunt_service *svc)
{
	if (svc->key.af == AF_INET)
		return nla_put_be32(skb, SHUNT_SVC_ATTR_NETMASK, svc->netmask);
	return nla_put_u32(skb, SHUNT_SVC_ATTR_NETMASK, svc->prefix);
}

static int put_nonzero(struct sk_buff *skb, int type, u32 number)
{
	return number ? nla_put_u32(skb, type, number) : 0;
}

/* Most numbers are 0 most of the time, and thousands of them take theirs. */
static int put_number(struct sk_buff *skb, int type, u32 number, bool brief)
{
	return brief ? put_nonzero(skb, type, number) :
		       nla_put_u32(skb, type, number);
}

/* A client of IPVS that asks for none of them is told of none. */
static int put_terms(struct sk_buff *skb, const struct shunt_terms *terms)
{
	int i;

	for (i = 0; i < SHUNT_TERM_MAX; i++)
		if (put_nonzero(skb, SHUNT_SVC_ATTR_TIMEOUT_TCP + i,
				terms->value[i]))
			return -EMSGSIZE;
	return 0;
}

/**
 * shunt_put_service() - a virtual service without its real servers
 * @skb:	message under construction
 * @svc:	the service
 * @brief:	without its statistics and what else is 0
 *
 * Context: shunt_net.mutex.
 * Return: 0 or -EMSGSIZE.
 */
int shunt_put_service(struct sk_buff *skb, const struct shunt_service *svc,
		      bool brief)
{
	const struct shunt_flags flags = {
		.flags = svc->flags | SHUNT_SVC_F_HASHED,
		.mask = ~0,
	};
	struct shunt_stats stats;
	struct nlattr *nest;

	if (!brief)
		shunt_service_stats(svc, &stats);
	nest = nest_start(skb, SHUNT_CMD_ATTR_SERVICE);
	if (!nest || put_key(skb, &svc->key) ||
	    nla_put_string(skb, SHUNT_SVC_ATTR_SCHED_NAME, svc->sched->name) ||
	    nla_put(skb, SHUNT_SVC_ATTR_FLAGS, sizeof(flags), &flags) ||
	    put_number(skb, SHUNT_SVC_ATTR_TIMEOUT, svc->timeout, brief) ||
	    put_netmask(skb, svc) ||
	    put_terms(skb, &svc->terms) ||
	    (svc->engine && nla_put_string(skb, SHUNT_SVC_ATTR_PE_NAME,
					   shunt_engine_name(svc->engine))) ||
	    (!brief && put_stats(skb, SHUNT_SVC_ATTR_STATS,
				 SHUNT_SVC_ATTR_STATS64, &stats)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* What tunnels have is there for every other method, too. */
static int put_tunnel(struct sk_buff *skb, const struct shunt_dest *dest,
		      bool brief)
{
	const struct shunt_tunnel *tunnel = &dest->tunnel;

	if (brief && dest->fwd != SHUNT_FWD_TUNNEL)
		return 0;
	return nla_put_u8(skb, SHUNT_DEST_ATTR_TUN_TYPE, tunnel->type) ?:
	       nla_put_be16(skb, SHUNT_DEST_ATTR_TUN_PORT, tunnel->port) ?:
	       nla_put_u16(skb, SHUNT_DEST_ATTR_TUN_FLAGS, tunnel->flags);
}

/**
 * shunt_put_dest() - a real server
 * @skb:	message under construction
 * @dest:	the real server
 * @brief:	without its statistics and what else is 0
 *
 * Context: shunt_net.mutex.
 * Return: 0 or -EMSGSIZE.
 */
int shunt_put_dest(struct sk_buff *skb, const struct shunt_dest *dest,
		   bool brief)
{
	struct shunt_stats stats;
	struct nlattr *nest;

	if (!brief)
		shunt_dest_stats(dest, &stats);
	nest = nest_start(skb, SHUNT_CMD_ATTR_DEST);
	if (!nest ||
	    put_addr(skb, SHUNT_DEST_ATTR_ADDR, &dest->addr) ||
	    nla_put_be16(skb, SHUNT_DEST_ATTR_PORT, dest->port) ||
	    nla_put_u32(skb, SHUNT_DEST_ATTR_FWD_METHOD, dest->fwd) ||
	    nla_put_u32(skb, SHUNT_DEST_ATTR_WEIGHT, dest->weight) ||
	    put_tunnel(skb, dest, brief) ||
	    put_number(skb, SHUNT_DEST_ATTR_U_THRESH, dest->upper, brief) ||
	    put_number(skb, SHUNT_DEST_ATTR_L_THRESH, dest->lower, brief) ||
	    put_number(skb, SHUNT_DEST_ATTR_ACTIVE_CONNS,
		       atomic_read(&dest->active), brief) ||
	    put_number(skb, SHUNT_DEST_ATTR_INACT_CONNS,
		       atomic_read(&dest->inactive), brief) ||
	    put_number(skb, SHUNT_DEST_ATTR_PERSIST_CONNS,
		       atomic_read(&dest->templates), brief) ||
	    nla_put_u16(skb, SHUNT_DEST_ATTR_ADDR_FAMILY, dest->af) ||
	    put_nonzero(skb, SHUNT_DEST_ATTR_DRAIN,
			test_bit(SHUNT_DEST_DRAINING, &dest->flags)) ||
	    put_nonzero(skb, SHUNT_DEST_ATTR_DRAIN_SECONDS,
			shunt_drain_left(dest)) ||
	    (!brief && put_stats(skb, SHUNT_DEST_ATTR_STATS,
				 SHUNT_DEST_ATTR_STATS64, &stats)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_call(struct sk_buff *skb, const struct shunt_call *call)
{
	return nla_put_string(skb, SHUNT_CONN_ATTR_PE_NAME,
			      shunt_engine_name(SHUNT_ENGINE_SIP)) ?:
	       nla_put(skb, SHUNT_CONN_ATTR_PE_DATA, call->length, call->id);
}

/**
 * shunt_put_conn() - a connection
 * @skb:	message under construction
 * @sn:		the netns
 * @c:		the connection
 *
 * Context: RCU read lock.
 * Return: 0 or -EMSGSIZE.
 */
int shunt_put_conn(struct sk_buff *skb, const struct shunt_net *sn,
		    const struct shunt_conn *c)
{
	const struct shunt_tuple *request = shunt_conn_request(c);
	const struct shunt_tuple *reply = shunt_conn_tuple(c, SHUNT_DIR_REPLY);
	const union nf_inet_addr client = shunt_conn_shown_client(c);
	const union nf_inet_addr virtual = shunt_tuple_dst(request);
	const struct shunt_call *call = shunt_conn_call(c);
	struct nlattr *nest = nest_start(skb, SHUNT_CMD_ATTR_CONN);

	if (!nest ||
	    nla_put_u16(skb, SHUNT_CONN_ATTR_AF, shunt_conn_af(c)) ||
	    nla_put_u16(skb, SHUNT_CONN_ATTR_PROTOCOL,
			shunt_conn_shown_proto(c)) ||
	    put_addr(skb, SHUNT_CONN_ATTR_CLIENT_ADDR, &client) ||
	    nla_put_be16(skb, SHUNT_CONN_ATTR_CLIENT_PORT,
			 shunt_conn_shown_port(c)) ||
	    put_addr(skb, SHUNT_CONN_ATTR_VIRTUAL_ADDR, &virtual) ||
	    nla_put_be16(skb, SHUNT_CONN_ATTR_VIRTUAL_PORT, request->dport) ||
	    nla_put_u16(skb, SHUNT_CONN_ATTR_DEST_AF, c->dest->af) ||
	    put_addr(skb, SHUNT_CONN_ATTR_DEST_ADDR, &c->dest->addr) ||
	    nla_put_be16(skb, SHUNT_CONN_ATTR_DEST_PORT, reply->sport) ||
	    nla_put_u32(skb, SHUNT_CONN_ATTR_FWD_METHOD, c->fwd) ||
	    nla_put_string(skb, SHUNT_CONN_ATTR_STATE,
			   shunt_state_name(shunt_conn_proto(c),
					    READ_ONCE(c->state))) ||
	    nla_put_u32(skb, SHUNT_CONN_ATTR_EXPIRES,
			shunt_conn_expires(sn, c) / HZ) ||
	    (call && put_call(skb, call)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * shunt_put_drop() - how many packets were dropped for a reason
 * @skb:	message under construction
 * @sn:		the netns
 * @reason:	the reason
 *
 * Return: 0 or -EMSGSIZE.
 */
int shunt_put_drop(struct sk_buff *skb, const struct shunt_net *sn,
		    enum shunt_drop reason)
{
	struct nlattr *nest = nest_start(skb, SHUNT_CMD_ATTR_DROP);

	if (!nest ||
	    nla_put_string(skb, SHUNT_DROP_ATTR_NAME, shunt_drop_name(reason)) ||
	    nla_put_string(skb, SHUNT_DROP_ATTR_TEXT, shunt_drop_text(reason)) ||
	    nla_put_u64_64bit(skb, SHUNT_DROP_ATTR_PACKETS,
			      shunt_drop_read(sn->drops, reason),
			      SHUNT_DROP_ATTR_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}
