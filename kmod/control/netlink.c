// SPDX-License-Identifier: GPL-2.0-only
#include "control/netlink.h"

#include <linux/rhashtable.h>
#include <net/genetlink.h>
#include <uapi/linux/shunt.h>

#include "control/config.h"
#include "sched/sched.h"
#include "table/conn.h"
#include "table/dest.h"

static struct genl_family family;

static const struct nla_policy cmd_policy[SHUNT_CMD_ATTR_MAX + 1] = {
	[SHUNT_CMD_ATTR_SERVICE]	= { .type = NLA_NESTED },
	[SHUNT_CMD_ATTR_DEST]		= { .type = NLA_NESTED },
	[SHUNT_CMD_ATTR_DAEMON]		= { .type = NLA_NESTED },
	[SHUNT_CMD_ATTR_TIMEOUT_TCP]	= { .type = NLA_U32 },
	[SHUNT_CMD_ATTR_TIMEOUT_TCP_FIN] = { .type = NLA_U32 },
	[SHUNT_CMD_ATTR_TIMEOUT_UDP]	= { .type = NLA_U32 },
};

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
					    .len = SHUNT_NAME_SIZE - 1 },
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
};

/* ---- attributes in ---- */

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

static int get_service_key(struct shunt_service_key *key, struct nlattr **attrs,
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
	if (attrs[SHUNT_SVC_ATTR_FWMARK]) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[SHUNT_SVC_ATTR_FWMARK],
				    "services by firewall mark are not supported yet");
		return -EOPNOTSUPP;
	}
	if (!attrs[SHUNT_SVC_ATTR_PROTOCOL] || !attrs[SHUNT_SVC_ATTR_ADDR] ||
	    !attrs[SHUNT_SVC_ATTR_PORT]) {
		NL_SET_ERR_MSG(extack, "a virtual service needs protocol, address and port");
		return -EINVAL;
	}
	proto = nla_get_u16(attrs[SHUNT_SVC_ATTR_PROTOCOL]);
	if (proto != IPPROTO_TCP && proto != IPPROTO_UDP) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[SHUNT_SVC_ATTR_PROTOCOL],
				    "this protocol is not supported yet, only TCP and UDP are");
		return -EPROTONOSUPPORT;
	}
	key->proto = proto;
	key->port = nla_get_be16(attrs[SHUNT_SVC_ATTR_PORT]);
	return get_addr(&key->addr, key->af, attrs[SHUNT_SVC_ATTR_ADDR],
			extack);
}

static int parse_service(struct nlattr **attrs, const struct nlattr *nest,
			 struct netlink_ext_ack *extack)
{
	if (!nest) {
		NL_SET_ERR_MSG(extack, "the virtual service is missing");
		return -EINVAL;
	}
	return nla_parse_nested_deprecated(attrs, SHUNT_SVC_ATTR_MAX, nest,
					   svc_policy, extack);
}

/* What makes a service unique, of a request about one that exists. */
static int get_key(struct shunt_service_key *key, const struct nlattr *nest,
		   struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[SHUNT_SVC_ATTR_MAX + 1];
	int err;

	err = parse_service(attrs, nest, extack);
	if (err)
		return err;
	return get_service_key(key, attrs, extack);
}

static int get_service_config(struct shunt_service_config *config,
			      const struct nlattr *nest,
			      struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[SHUNT_SVC_ATTR_MAX + 1];
	struct shunt_flags flags;
	u32 netmask;
	int err;

	err = parse_service(attrs, nest, extack);
	if (err)
		return err;
	err = get_service_key(&config->key, attrs, extack);
	if (err)
		return err;
	if (!attrs[SHUNT_SVC_ATTR_SCHED_NAME] || !attrs[SHUNT_SVC_ATTR_FLAGS] ||
	    !attrs[SHUNT_SVC_ATTR_TIMEOUT] || !attrs[SHUNT_SVC_ATTR_NETMASK]) {
		NL_SET_ERR_MSG(extack, "a virtual service needs scheduler, flags, timeout and netmask");
		return -EINVAL;
	}
	config->sched = shunt_scheduler_find(
			nla_data(attrs[SHUNT_SVC_ATTR_SCHED_NAME]));
	if (!config->sched) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[SHUNT_SVC_ATTR_SCHED_NAME],
				    "no such scheduler yet, there are rr and wrr");
		return -ENOENT;
	}
	if (attrs[SHUNT_SVC_ATTR_PE_NAME] &&
	    *(char *)nla_data(attrs[SHUNT_SVC_ATTR_PE_NAME])) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[SHUNT_SVC_ATTR_PE_NAME],
				    "persistence engines are not supported yet");
		return -ENOENT;
	}
	netmask = nla_get_u32(attrs[SHUNT_SVC_ATTR_NETMASK]);
	if (config->key.af == AF_INET6 && (netmask < 1 || netmask > 128)) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[SHUNT_SVC_ATTR_NETMASK],
				    "an IPv6 prefix length lies between 1 and 128");
		return -EINVAL;
	}
	memcpy(&flags, nla_data(attrs[SHUNT_SVC_ATTR_FLAGS]), sizeof(flags));
	config->flags = flags.flags;
	config->mask = flags.mask;
	return 0;
}

/*
 * A real server: all of it, or with @whole false what tells it from others; who
 * removes one may send more than that.
 */
static int get_dest_config(struct shunt_dest_config *config, u8 service_af,
			   const struct nlattr *nest, bool whole,
			   struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[SHUNT_DEST_ATTR_MAX + 1];
	u32 fwd;
	int err;

	*config = (struct shunt_dest_config){ .af = service_af };
	if (!nest) {
		NL_SET_ERR_MSG(extack, "the real server is missing");
		return -EINVAL;
	}
	err = nla_parse_nested_deprecated(attrs, SHUNT_DEST_ATTR_MAX, nest,
					  dest_policy, extack);
	if (err)
		return err;
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
	return 0;
}

/* ---- attributes out ---- */

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

/* Counts and rates stand in the order of enum shunt_count. */
static int put_stats64(struct sk_buff *skb, int type,
		       const struct shunt_stats *stats)
{
	struct nlattr *nest = nest_start(skb, type);
	int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < SHUNT_COUNT_MAX; i++) {
		if (nla_put_u64_64bit(skb, SHUNT_STATS_ATTR_CONNS + i,
				      stats->count[i], SHUNT_STATS_ATTR_PAD) ||
		    nla_put_u64_64bit(skb, SHUNT_STATS_ATTR_CPS + i,
				      shunt_rate_per_second(stats->rate[i]),
				      SHUNT_STATS_ATTR_PAD))
			return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int put_service(struct sk_buff *skb, struct shunt_net *sn,
		       const struct shunt_service *svc)
{
	const struct shunt_flags flags = {
		.flags = svc->flags | SHUNT_SVC_F_HASHED,
		.mask = ~0,
	};
	u32 netmask = svc->key.af == AF_INET ? ~0 : 128;
	struct shunt_stats stats;
	struct nlattr *nest;

	shunt_service_stats(sn, svc, &stats);
	nest = nest_start(skb, SHUNT_CMD_ATTR_SERVICE);
	if (!nest ||
	    nla_put_u16(skb, SHUNT_SVC_ATTR_AF, svc->key.af) ||
	    nla_put_u16(skb, SHUNT_SVC_ATTR_PROTOCOL, svc->key.proto) ||
	    put_addr(skb, SHUNT_SVC_ATTR_ADDR, &svc->key.addr) ||
	    nla_put_be16(skb, SHUNT_SVC_ATTR_PORT, svc->key.port) ||
	    nla_put_string(skb, SHUNT_SVC_ATTR_SCHED_NAME, svc->sched->name) ||
	    nla_put(skb, SHUNT_SVC_ATTR_FLAGS, sizeof(flags), &flags) ||
	    nla_put_u32(skb, SHUNT_SVC_ATTR_TIMEOUT, 0) ||
	    nla_put_u32(skb, SHUNT_SVC_ATTR_NETMASK, netmask) ||
	    put_stats32(skb, SHUNT_SVC_ATTR_STATS, &stats) ||
	    put_stats64(skb, SHUNT_SVC_ATTR_STATS64, &stats))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_dest(struct sk_buff *skb, const struct shunt_dest *dest)
{
	struct shunt_stats stats;
	struct nlattr *nest;

	shunt_dest_stats(dest, &stats);
	nest = nest_start(skb, SHUNT_CMD_ATTR_DEST);
	if (!nest ||
	    put_addr(skb, SHUNT_DEST_ATTR_ADDR, &dest->addr) ||
	    nla_put_be16(skb, SHUNT_DEST_ATTR_PORT, dest->port) ||
	    nla_put_u32(skb, SHUNT_DEST_ATTR_FWD_METHOD, dest->fwd) ||
	    nla_put_u32(skb, SHUNT_DEST_ATTR_WEIGHT, dest->weight) ||
	    nla_put_u32(skb, SHUNT_DEST_ATTR_U_THRESH, dest->upper) ||
	    nla_put_u32(skb, SHUNT_DEST_ATTR_L_THRESH, dest->lower) ||
	    nla_put_u32(skb, SHUNT_DEST_ATTR_ACTIVE_CONNS,
			atomic_read(&dest->active)) ||
	    nla_put_u32(skb, SHUNT_DEST_ATTR_INACT_CONNS,
			atomic_read(&dest->inactive)) ||
	    nla_put_u32(skb, SHUNT_DEST_ATTR_PERSIST_CONNS, 0) ||
	    nla_put_u16(skb, SHUNT_DEST_ATTR_ADDR_FAMILY, dest->af) ||
	    put_stats32(skb, SHUNT_DEST_ATTR_STATS, &stats) ||
	    put_stats64(skb, SHUNT_DEST_ATTR_STATS64, &stats))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_conn(struct sk_buff *skb, const struct shunt_net *sn,
		    const struct shunt_conn *c)
{
	const struct shunt_tuple *request = shunt_conn_tuple(c,
							SHUNT_DIR_REQUEST);
	const union nf_inet_addr client = shunt_tuple_src(request);
	const union nf_inet_addr virtual = shunt_tuple_dst(request);
	struct nlattr *nest = nest_start(skb, SHUNT_CMD_ATTR_CONN);

	if (!nest ||
	    nla_put_u16(skb, SHUNT_CONN_ATTR_AF, c->af) ||
	    nla_put_u16(skb, SHUNT_CONN_ATTR_PROTOCOL, c->proto) ||
	    put_addr(skb, SHUNT_CONN_ATTR_CLIENT_ADDR, &client) ||
	    nla_put_be16(skb, SHUNT_CONN_ATTR_CLIENT_PORT, request->sport) ||
	    put_addr(skb, SHUNT_CONN_ATTR_VIRTUAL_ADDR, &virtual) ||
	    nla_put_be16(skb, SHUNT_CONN_ATTR_VIRTUAL_PORT, request->dport) ||
	    nla_put_u16(skb, SHUNT_CONN_ATTR_DEST_AF, c->dest->af) ||
	    put_addr(skb, SHUNT_CONN_ATTR_DEST_ADDR, &c->dest->addr) ||
	    nla_put_be16(skb, SHUNT_CONN_ATTR_DEST_PORT, c->dest->port) ||
	    nla_put_u32(skb, SHUNT_CONN_ATTR_FWD_METHOD, c->fwd) ||
	    nla_put_string(skb, SHUNT_CONN_ATTR_STATE,
			   shunt_state_name(c->proto, READ_ONCE(c->state))) ||
	    nla_put_u32(skb, SHUNT_CONN_ATTR_EXPIRES,
			shunt_conn_expires(sn, c) / HZ))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_drop(struct sk_buff *skb, const struct shunt_net *sn,
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

/* ---- commands that change something ---- */

static struct shunt_service *need_service(struct shunt_net *sn,
					  const struct shunt_service_key *key,
					  struct netlink_ext_ack *extack)
{
	struct shunt_service *svc = shunt_service_lookup(sn, key);

	if (!svc)
		NL_SET_ERR_MSG(extack, "no such virtual service");
	return svc;
}

static int new_service(struct sk_buff *skb, struct genl_info *info)
{
	struct shunt_net *sn = shunt_net(genl_info_net(info));
	struct shunt_service_config config;
	int err;

	err = get_service_config(&config, info->attrs[SHUNT_CMD_ATTR_SERVICE],
				 info->extack);
	if (err)
		return err;
	mutex_lock(&sn->mutex);
	err = shunt_config_add_service(sn, &config, info->extack);
	mutex_unlock(&sn->mutex);
	return err;
}

static int set_service(struct sk_buff *skb, struct genl_info *info)
{
	struct shunt_net *sn = shunt_net(genl_info_net(info));
	struct shunt_service_config config;
	struct shunt_service *svc;
	int err;

	err = get_service_config(&config, info->attrs[SHUNT_CMD_ATTR_SERVICE],
				 info->extack);
	if (err)
		return err;
	mutex_lock(&sn->mutex);
	svc = need_service(sn, &config.key, info->extack);
	err = svc ? shunt_config_edit_service(sn, svc, &config, info->extack) :
		    -ESRCH;
	mutex_unlock(&sn->mutex);
	return err;
}

static int del_service(struct sk_buff *skb, struct genl_info *info)
{
	struct shunt_net *sn = shunt_net(genl_info_net(info));
	struct shunt_service_key key;
	struct shunt_service *svc;
	int err;

	err = get_key(&key, info->attrs[SHUNT_CMD_ATTR_SERVICE], info->extack);
	if (err)
		return err;
	mutex_lock(&sn->mutex);
	svc = need_service(sn, &key, info->extack);
	if (svc)
		shunt_config_delete_service(sn, svc);
	mutex_unlock(&sn->mutex);
	return svc ? 0 : -ESRCH;
}

static int flush(struct sk_buff *skb, struct genl_info *info)
{
	struct shunt_net *sn = shunt_net(genl_info_net(info));

	mutex_lock(&sn->mutex);
	shunt_config_flush(sn);
	mutex_unlock(&sn->mutex);
	return 0;
}

/* NEW_DEST, SET_DEST and DEL_DEST differ in what is done in the end only. */
static int change_dest(struct sk_buff *skb, struct genl_info *info)
{
	struct shunt_net *sn = shunt_net(genl_info_net(info));
	struct netlink_ext_ack *extack = info->extack;
	u8 cmd = info->genlhdr->cmd;
	struct shunt_dest_config config;
	struct shunt_service_key key;
	struct shunt_service *svc;
	int err;

	err = get_key(&key, info->attrs[SHUNT_CMD_ATTR_SERVICE], extack);
	if (err)
		return err;
	mutex_lock(&sn->mutex);
	svc = need_service(sn, &key, extack);
	err = svc ? get_dest_config(&config, key.af,
				    info->attrs[SHUNT_CMD_ATTR_DEST],
				    cmd != SHUNT_CMD_DEL_DEST, extack) :
		    -ESRCH;
	if (err)
		goto out;
	if (cmd == SHUNT_CMD_NEW_DEST)
		err = shunt_config_add_dest(sn, svc, &config, extack);
	else if (cmd == SHUNT_CMD_SET_DEST)
		err = shunt_config_edit_dest(sn, svc, &config, extack);
	else
		err = shunt_config_delete_dest(sn, svc, &config, extack);
out:
	mutex_unlock(&sn->mutex);
	return err;
}

static int zero(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *nest = info->attrs[SHUNT_CMD_ATTR_SERVICE];
	struct shunt_net *sn = shunt_net(genl_info_net(info));
	struct shunt_service *svc = NULL;
	struct shunt_service_key key;
	int err = 0;

	if (nest) {
		err = get_key(&key, nest, info->extack);
		if (err)
			return err;
	}
	mutex_lock(&sn->mutex);
	if (!nest) {
		shunt_config_zero_all(sn);
	} else {
		svc = need_service(sn, &key, info->extack);
		if (svc)
			shunt_config_zero_service(sn, svc);
		else
			err = -ESRCH;
	}
	mutex_unlock(&sn->mutex);
	return err;
}

static int get_timeout(u32 *seconds, const struct nlattr *attr,
		       struct netlink_ext_ack *extack)
{
	*seconds = attr ? nla_get_u32(attr) : 0;
	if (*seconds <= INT_MAX / HZ)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "the timeout is out of range");
	return -EINVAL;
}

static int set_config(struct sk_buff *skb, struct genl_info *info)
{
	struct shunt_net *sn = shunt_net(genl_info_net(info));
	struct netlink_ext_ack *extack = info->extack;
	struct nlattr **attrs = info->attrs;
	u32 tcp, tcp_fin, udp;
	int err;

	err = get_timeout(&tcp, attrs[SHUNT_CMD_ATTR_TIMEOUT_TCP], extack);
	if (!err)
		err = get_timeout(&tcp_fin,
				  attrs[SHUNT_CMD_ATTR_TIMEOUT_TCP_FIN],
				  extack);
	if (!err)
		err = get_timeout(&udp, attrs[SHUNT_CMD_ATTR_TIMEOUT_UDP],
				  extack);
	if (err)
		return err;
	mutex_lock(&sn->mutex);
	shunt_config_set_timeouts(sn, tcp, tcp_fin, udp);
	mutex_unlock(&sn->mutex);
	return 0;
}

static int refuse_daemon(struct sk_buff *skb, struct genl_info *info)
{
	NL_SET_ERR_MSG(info->extack, "the sync daemon is not supported yet");
	return -EOPNOTSUPP;
}

/* ---- commands that answer ---- */

/* Sends what @fill puts into a message with command @cmd. */
static int answer(struct genl_info *info, u8 cmd,
		  int (*fill)(struct sk_buff *msg, struct shunt_net *sn,
			      const void *data), const void *data)
{
	struct shunt_net *sn = shunt_net(genl_info_net(info));
	struct sk_buff *msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *header;
	int err;

	if (!msg)
		return -ENOMEM;
	header = genlmsg_put_reply(msg, info, &family, 0, cmd);
	err = header ? fill(msg, sn, data) : -EMSGSIZE;
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

static int fill_service(struct sk_buff *msg, struct shunt_net *sn,
			const void *data)
{
	return put_service(msg, sn, data);
}

static int get_service(struct sk_buff *skb, struct genl_info *info)
{
	struct shunt_net *sn = shunt_net(genl_info_net(info));
	struct shunt_service_key key;
	struct shunt_service *svc;
	int err;

	err = get_key(&key, info->attrs[SHUNT_CMD_ATTR_SERVICE], info->extack);
	if (err)
		return err;
	mutex_lock(&sn->mutex);
	svc = need_service(sn, &key, info->extack);
	err = svc ? answer(info, SHUNT_CMD_NEW_SERVICE, fill_service, svc) :
		    -ESRCH;
	mutex_unlock(&sn->mutex);
	return err;
}

static int fill_config(struct sk_buff *msg, struct shunt_net *sn,
		       const void *data)
{
	const struct shunt_timeouts *timeouts = &sn->timeouts;

	if (nla_put_u32(msg, SHUNT_CMD_ATTR_TIMEOUT_TCP,
			timeouts->tcp[SHUNT_TCP_ESTABLISHED]) ||
	    nla_put_u32(msg, SHUNT_CMD_ATTR_TIMEOUT_TCP_FIN,
			timeouts->tcp[SHUNT_TCP_FIN_WAIT]) ||
	    nla_put_u32(msg, SHUNT_CMD_ATTR_TIMEOUT_UDP, timeouts->udp))
		return -EMSGSIZE;
	return 0;
}

static int get_config(struct sk_buff *skb, struct genl_info *info)
{
	return answer(info, SHUNT_CMD_SET_CONFIG, fill_config, NULL);
}

static int fill_info(struct sk_buff *msg, struct shunt_net *sn,
		     const void *data)
{
	u32 buckets;

	rcu_read_lock();
	buckets = rht_dereference_rcu(sn->conns.tbl, &sn->conns)->size;
	rcu_read_unlock();
	if (nla_put_u32(msg, SHUNT_INFO_ATTR_VERSION, SHUNT_IPVS_VERSION) ||
	    nla_put_u32(msg, SHUNT_INFO_ATTR_CONN_TAB_SIZE, buckets))
		return -EMSGSIZE;
	return 0;
}

static int get_info(struct sk_buff *skb, struct genl_info *info)
{
	return answer(info, SHUNT_CMD_SET_INFO, fill_info, NULL);
}

static int fill_drops(struct sk_buff *msg, struct shunt_net *sn,
		      const void *data)
{
	enum shunt_drop reason;
	int err = 0;

	for (reason = 0; !err && reason < SHUNT_DROP_MAX; reason++)
		err = put_drop(msg, sn, reason);
	return err;
}

static int get_drops(struct sk_buff *skb, struct genl_info *info)
{
	return answer(info, SHUNT_CMD_GET_DROPS, fill_drops, NULL);
}

/* ---- dumps ---- */

/* One message of a dump; cb->seq is never set, ipvsadm could not bear it. */
static void *dump_message(struct sk_buff *skb, struct netlink_callback *cb,
			  u8 cmd)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &family, NLM_F_MULTI, cmd);
}

/* True when the message is complete, false when it goes to the next buffer. */
static bool dump_end(struct sk_buff *skb, void *header, int err)
{
	if (header && !err) {
		genlmsg_end(skb, header);
		return true;
	}
	if (header)
		genlmsg_cancel(skb, header);
	return false;
}

/* cb->args[0]: the id to go on from. */
static int dump_services(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct shunt_net *sn = shunt_net(sock_net(cb->skb->sk));
	struct shunt_service *svc;
	unsigned long id;

	mutex_lock(&sn->mutex);
	xa_for_each_start(&sn->service_ids, id, svc, cb->args[0]) {
		void *header = dump_message(skb, cb, SHUNT_CMD_NEW_SERVICE);

		if (!dump_end(skb, header,
			      header ? put_service(skb, sn, svc) : 0))
			break;
		cb->args[0] = id + 1;
	}
	mutex_unlock(&sn->mutex);
	return skb->len;
}

/* Newest first; cb->args[0]: the id of the last one sent. */
static void dump_service_dests(struct sk_buff *skb, struct netlink_callback *cb,
			       const struct shunt_service *svc)
{
	const struct shunt_dest *dest;

	list_for_each_entry(dest, &svc->dests, list) {
		void *header;

		if (cb->args[0] && dest->id >= cb->args[0])
			continue;
		header = dump_message(skb, cb, SHUNT_CMD_NEW_DEST);
		if (!dump_end(skb, header, header ? put_dest(skb, dest) : 0))
			return;
		cb->args[0] = dest->id;
	}
}

static int dump_dests(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct shunt_net *sn = shunt_net(sock_net(cb->skb->sk));
	struct nlattr *attrs[SHUNT_CMD_ATTR_MAX + 1];
	struct shunt_service_key key;
	struct shunt_service *svc;
	int err;

	err = nlmsg_parse_deprecated(cb->nlh, GENL_HDRLEN, attrs,
				     SHUNT_CMD_ATTR_MAX, cmd_policy,
				     cb->extack);
	if (!err)
		err = get_key(&key, attrs[SHUNT_CMD_ATTR_SERVICE], cb->extack);
	if (err)
		return err;
	mutex_lock(&sn->mutex);
	svc = shunt_service_lookup(sn, &key);
	if (svc)
		dump_service_dests(skb, cb, svc);
	mutex_unlock(&sn->mutex);
	return skb->len;
}

/* No daemon runs, so there is none to list. */
static int dump_daemons(struct sk_buff *skb, struct netlink_callback *cb)
{
	return skb->len;
}

/* cb->args[0]: the walk. */
static int start_conns(struct netlink_callback *cb)
{
	struct shunt_net *sn = shunt_net(sock_net(cb->skb->sk));
	struct rhashtable_iter *iter = kmalloc(sizeof(*iter), GFP_KERNEL);

	if (!iter)
		return -ENOMEM;
	rhashtable_walk_enter(&sn->conns, iter);
	cb->args[0] = (long)iter;
	return 0;
}

static int dump_conns(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct shunt_net *sn = shunt_net(sock_net(cb->skb->sk));
	struct rhashtable_iter *iter = (void *)cb->args[0];
	const struct shunt_conn *c;

	rhashtable_walk_start(iter);
	for (c = shunt_conn_walk_peek(iter); c; c = shunt_conn_walk_next(iter)) {
		void *header = dump_message(skb, cb, SHUNT_CMD_GET_CONN);

		if (!dump_end(skb, header, header ? put_conn(skb, sn, c) : 0))
			break;
	}
	rhashtable_walk_stop(iter);
	return skb->len;
}

static int done_conns(struct netlink_callback *cb)
{
	struct rhashtable_iter *iter = (void *)cb->args[0];

	if (iter) {
		rhashtable_walk_exit(iter);
		kfree(iter);
	}
	return 0;
}

/* ---- the family ---- */

#define LAX	(GENL_DONT_VALIDATE_STRICT | GENL_DONT_VALIDATE_DUMP)
#define DO(_cmd, _doit) {						\
	.cmd = SHUNT_CMD_##_cmd,					\
	.flags = GENL_UNS_ADMIN_PERM,					\
	.validate = LAX,						\
	.doit = _doit,							\
}

static const struct genl_ops ops[] = {
	DO(NEW_SERVICE, new_service),
	DO(SET_SERVICE, set_service),
	DO(DEL_SERVICE, del_service),
	{
		.cmd = SHUNT_CMD_GET_SERVICE,
		.flags = GENL_UNS_ADMIN_PERM,
		.validate = LAX,
		.doit = get_service,
		.dumpit = dump_services,
	},
	DO(NEW_DEST, change_dest),
	DO(SET_DEST, change_dest),
	DO(DEL_DEST, change_dest),
	{
		.cmd = SHUNT_CMD_GET_DEST,
		.flags = GENL_UNS_ADMIN_PERM,
		.validate = LAX,
		.dumpit = dump_dests,
	},
	DO(NEW_DAEMON, refuse_daemon),
	DO(DEL_DAEMON, refuse_daemon),
	{
		.cmd = SHUNT_CMD_GET_DAEMON,
		.flags = GENL_UNS_ADMIN_PERM,
		.validate = LAX,
		.dumpit = dump_daemons,
	},
	DO(SET_CONFIG, set_config),
	DO(GET_CONFIG, get_config),
	DO(GET_INFO, get_info),
	DO(ZERO, zero),
	DO(FLUSH, flush),
	{
		.cmd = SHUNT_CMD_GET_CONN,
		.flags = GENL_UNS_ADMIN_PERM,
		.start = start_conns,
		.dumpit = dump_conns,
		.done = done_conns,
	},
	{
		.cmd = SHUNT_CMD_GET_DROPS,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = get_drops,
	},
};

static struct genl_family family __ro_after_init = {
	.name = SHUNT_GENL_NAME,
	.version = SHUNT_GENL_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.maxattr = SHUNT_CMD_ATTR_MAX,
	.policy = cmd_policy,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	/* From GET_CONN on everything is strict. */
	.resv_start_op = SHUNT_CMD_GET_CONN,
};

/**
 * shunt_netlink_init() - register the family
 *
 * Return: 0 or a negative errno.
 */
int __init shunt_netlink_init(void)
{
	return genl_register_family(&family);
}

/**
 * shunt_netlink_exit() - unregister the family
 *
 * When it returns no request is being handled any more.
 */
void shunt_netlink_exit(void)
{
	genl_unregister_family(&family);
}
