// SPDX-License-Identifier: GPL-2.0-only
#include "control/netlink.h"

#include <net/genetlink.h>

#include "control/attr.h"
#include "table/conn.h"

const struct nla_policy shunt_cmd_policy[SHUNT_CMD_ATTR_MAX + 1] = {
	[SHUNT_CMD_ATTR_SERVICE]	= { .type = NLA_NESTED },
	[SHUNT_CMD_ATTR_DEST]		= { .type = NLA_NESTED },
	[SHUNT_CMD_ATTR_DAEMON]		= { .type = NLA_NESTED },
	[SHUNT_CMD_ATTR_TIMEOUT_TCP]	= { .type = NLA_U32 },
	[SHUNT_CMD_ATTR_TIMEOUT_TCP_FIN] = { .type = NLA_U32 },
	[SHUNT_CMD_ATTR_TIMEOUT_UDP]	= { .type = NLA_U32 },
	[SHUNT_CMD_ATTR_BRIEF]		= { .type = NLA_FLAG },
};

static struct shunt_service *need_service(struct shunt_net *sn,
					  const struct shunt_service_key *key,
					  struct netlink_ext_ack *extack)
{
	struct shunt_service *svc = shunt_service_lookup(sn, key);

	if (!svc)
		NL_SET_ERR_MSG(extack, "no such virtual service");
	return svc;
}

static struct shunt_service *add_service(struct shunt_net *sn,
					 struct shunt_service_config *config,
					 struct netlink_ext_ack *extack)
{
	int err;

	if (shunt_service_lookup(sn, &config->key)) {
		NL_SET_ERR_MSG(extack, "this virtual service exists already");
		return ERR_PTR(-EEXIST);
	}
	err = shunt_get_service_parts(config, extack);
	if (err)
		return ERR_PTR(err);
	return shunt_config_add_service(sn, config, extack);
}

/* Of NEW_ALL: who sent it is told which of them is refused. */
static int collect_dests(struct shunt_net *sn, struct shunt_service *svc,
			 struct genl_info *info)
{
	struct netlink_ext_ack *extack = info->extack;
	struct shunt_dest_config config;
	struct nlattr *attr;
	int err, rest;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest) {
		if (nla_type(attr) != SHUNT_CMD_ATTR_DEST)
			continue;
		err = shunt_get_dest_config(&config, svc->key.af, attr, true,
					    extack) ?:
		      shunt_config_collect_dest(sn, svc, &config, extack);
		if (err && !extack->bad_attr)
			NL_SET_BAD_ATTR(extack, attr);
		if (err)
			return err;
	}
	return 0;
}

/* NEW_SERVICE, and NEW_ALL, which has its real servers in the same message. */
static int new_service(struct sk_buff *skb, struct genl_info *info)
{
	struct shunt_net *sn = shunt_net(genl_info_net(info));
	bool all = info->genlhdr->cmd == SHUNT_CMD_NEW_ALL;
	struct shunt_service_config config;
	struct shunt_service *svc;
	int err;

	err = shunt_get_service_config(&config, info->attrs[SHUNT_CMD_ATTR_SERVICE],
				 info->extack);
	if (err)
		return err;
	mutex_lock(&sn->mutex);
	svc = add_service(sn, &config, info->extack);
	err = PTR_ERR_OR_ZERO(svc);
	if (!err && all) {
		err = collect_dests(sn, svc, info) ?:
		      shunt_config_use_dests(sn, svc);
		if (err)
			shunt_config_delete_service(sn, svc);
	}
	mutex_unlock(&sn->mutex);
	return err;
}

static int set_service(struct sk_buff *skb, struct genl_info *info)
{
	struct shunt_net *sn = shunt_net(genl_info_net(info));
	struct shunt_service_config config;
	struct shunt_service *svc;
	int err;

	err = shunt_get_service_config(&config, info->attrs[SHUNT_CMD_ATTR_SERVICE],
				 info->extack);
	if (err)
		return err;
	mutex_lock(&sn->mutex);
	svc = need_service(sn, &config.key, info->extack);
	err = svc ? shunt_get_service_parts(&config, info->extack) : -ESRCH;
	if (!err)
		err = shunt_config_edit_service(sn, svc, &config, info->extack);
	mutex_unlock(&sn->mutex);
	return err;
}

static int del_service(struct sk_buff *skb, struct genl_info *info)
{
	struct shunt_net *sn = shunt_net(genl_info_net(info));
	struct shunt_service_key key;
	struct shunt_service *svc;
	int err;

	err = shunt_get_service_key(&key, info->attrs[SHUNT_CMD_ATTR_SERVICE], info->extack);
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

	err = shunt_get_service_key(&key, info->attrs[SHUNT_CMD_ATTR_SERVICE], extack);
	if (err)
		return err;
	mutex_lock(&sn->mutex);
	svc = need_service(sn, &key, extack);
	err = svc ? shunt_get_dest_config(&config, key.af,
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
		err = shunt_get_service_key(&key, nest, info->extack);
		if (err)
			return err;
	}
	mutex_lock(&sn->mutex);
	if (!nest) {
		shunt_config_zero_all(sn);
	} else {
		svc = need_service(sn, &key, info->extack);
		if (svc)
			shunt_config_zero_service(svc);
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
	header = genlmsg_put_reply(msg, info,
				   shunt_netlink_family(info->nlhdr), 0, cmd);
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
	return shunt_put_service(msg, data, false);
}

static int get_service(struct sk_buff *skb, struct genl_info *info)
{
	struct shunt_net *sn = shunt_net(genl_info_net(info));
	struct shunt_service_key key;
	struct shunt_service *svc;
	int err;

	err = shunt_get_service_key(&key, info->attrs[SHUNT_CMD_ATTR_SERVICE], info->extack);
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
	return shunt_put_timeouts(msg, sn);
}

static int get_config(struct sk_buff *skb, struct genl_info *info)
{
	return answer(info, SHUNT_CMD_SET_CONFIG, fill_config, NULL);
}

static int fill_info(struct sk_buff *msg, struct shunt_net *sn,
		     const void *data)
{
	const struct nlattr *brief = data;
	struct shunt_stats stats;

	if (nla_put_u32(msg, SHUNT_INFO_ATTR_VERSION, SHUNT_IPVS_VERSION) ||
	    nla_put_u32(msg, SHUNT_INFO_ATTR_CONN_TAB_SIZE,
			shunt_conn_buckets(sn)))
		return -EMSGSIZE;
	if (brief)
		return 0;
	shunt_total_stats(sn, &stats);
	return shunt_put_stats64(msg, SHUNT_INFO_ATTR_STATS64, &stats);
}

static int get_info(struct sk_buff *skb, struct genl_info *info)
{
	struct shunt_net *sn = shunt_net(genl_info_net(info));
	int err;

	mutex_lock(&sn->mutex);
	err = answer(info, SHUNT_CMD_SET_INFO, fill_info,
		     info->attrs[SHUNT_CMD_ATTR_BRIEF]);
	mutex_unlock(&sn->mutex);
	return err;
}

static int fill_drops(struct sk_buff *msg, struct shunt_net *sn,
		      const void *data)
{
	enum shunt_drop reason;
	int err = 0;

	for (reason = 0; !err && reason < SHUNT_DROP_MAX; reason++)
		err = shunt_put_drop(msg, sn, reason);
	return err;
}

static int get_drops(struct sk_buff *skb, struct genl_info *info)
{
	return answer(info, SHUNT_CMD_GET_DROPS, fill_drops, NULL);
}

#define LAX	(GENL_DONT_VALIDATE_STRICT | GENL_DONT_VALIDATE_DUMP)
#define OP(_cmd, ...) {							\
	.cmd = SHUNT_CMD_##_cmd,					\
	.flags = GENL_UNS_ADMIN_PERM,					\
	__VA_ARGS__							\
}
#define DO(_cmd, _doit)							\
	OP(_cmd, .validate = LAX, .doit = _doit)
#define DUMP(_cmd, _dumpit)						\
	OP(_cmd, .validate = LAX, .dumpit = _dumpit)
/* Changes come by the thousand: room for no more attributes than they take. */
#define FEW	.policy = shunt_cmd_policy, .maxattr = SHUNT_CMD_ATTR_DEST
#define CHANGE(_cmd, _doit)						\
	OP(_cmd, .validate = LAX, .doit = _doit, FEW)

static const struct genl_ops ops[] = {
	CHANGE(NEW_SERVICE, new_service),
	CHANGE(SET_SERVICE, set_service),
	CHANGE(DEL_SERVICE, del_service),
	OP(GET_SERVICE, .validate = LAX, .doit = get_service,
	   .dumpit = shunt_dump_services),
	CHANGE(NEW_DEST, change_dest),
	CHANGE(SET_DEST, change_dest),
	CHANGE(DEL_DEST, change_dest),
	DUMP(GET_DEST, shunt_dump_dests),
	DO(NEW_DAEMON, refuse_daemon),
	DO(DEL_DAEMON, refuse_daemon),
	DUMP(GET_DAEMON, shunt_dump_daemons),
	DO(SET_CONFIG, set_config),
	DO(GET_CONFIG, get_config),
	DO(GET_INFO, get_info),
	DO(ZERO, zero),
	DO(FLUSH, flush),
	OP(GET_CONN, .start = shunt_dump_conns_start,
	   .dumpit = shunt_dump_conns, .done = shunt_dump_conns_done),
	OP(GET_DROPS, .doit = get_drops),
	OP(GET_ALL, .dumpit = shunt_dump_all),
	OP(NEW_ALL, .doit = new_service, FEW),
};

/* From GET_CONN on everything is strict. */
#define FAMILY								\
	.version = SHUNT_GENL_VERSION,					\
	.netnsok = true,						\
	.parallel_ops = true,						\
	.module = THIS_MODULE,						\
	.maxattr = SHUNT_CMD_ATTR_MAX,					\
	.policy = shunt_cmd_policy,					\
	.ops = ops,							\
	.n_ops = ARRAY_SIZE(ops),					\
	.resv_start_op = SHUNT_CMD_GET_CONN

static const struct genl_multicast_group groups[] = {
	[SHUNT_GROUP_EVENTS] = {
		.name = SHUNT_GENL_EVENTS,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

struct genl_family shunt_family __ro_after_init = {
	.name = SHUNT_GENL_NAME,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
	FAMILY,
};

/* The same under the name that IPVS clients look for; control/ipvs.c has it. */
struct genl_family shunt_ipvs_family __ro_after_init = {
	.name = SHUNT_GENL_COMPAT_NAME,
	FAMILY,
};

/**
 * shunt_netlink_family() - the family a request came to, for the answer
 * @request:	the request
 *
 * Return: &shunt_family or &shunt_ipvs_family.
 */
const struct genl_family *shunt_netlink_family(const struct nlmsghdr *request)
{
	return request->nlmsg_type == shunt_family.id ? &shunt_family :
							&shunt_ipvs_family;
}

/**
 * shunt_netlink_init() - register the family SHUNT
 *
 * Return: 0 or a negative errno.
 */
int __init shunt_netlink_init(void)
{
	return genl_register_family(&shunt_family);
}

/**
 * shunt_netlink_exit() - unregister the family SHUNT
 *
 * When it returns no request is being handled any more.
 */
void shunt_netlink_exit(void)
{
	genl_unregister_family(&shunt_family);
}
