// SPDX-License-Identifier: GPL-2.0-only
#include "control/netlink.h"

#include <linux/rhashtable.h>
#include <net/genetlink.h>

#include "control/attr.h"
#include "table/conn.h"
#include "table/dest.h"

/* One message of a dump; ipvsadm could not bear cb->seq where it asks. */
static void *dump_message(struct sk_buff *skb, struct netlink_callback *cb,
			  u8 cmd)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   shunt_netlink_family(cb->nlh), NLM_F_MULTI, cmd);
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

/* What a dump callback returns; one object must fit into an empty buffer. */
static int dump_result(const struct sk_buff *skb, bool whole)
{
	return whole || skb->len ? skb->len : -EMSGSIZE;
}

/**
 * shunt_dump_services() - all virtual services, a message each
 * @skb:	buffer to fill
 * @cb:		the dump; args[0] is the id to go on from
 *
 * Return: bytes filled, 0 at the end, or a negative errno.
 */
int shunt_dump_services(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct shunt_net *sn = shunt_net(sock_net(cb->skb->sk));
	struct shunt_service *svc;
	bool whole = true;
	unsigned long id;

	mutex_lock(&sn->mutex);
	xa_for_each_start(&sn->service_ids, id, svc, cb->args[0]) {
		void *header = dump_message(skb, cb, SHUNT_CMD_NEW_SERVICE);

		whole = dump_end(skb, header,
				 header ? shunt_put_service(skb, svc, false) : 0);
		if (!whole)
			break;
		cb->args[0] = id + 1;
	}
	mutex_unlock(&sn->mutex);
	return dump_result(skb, whole);
}

/* Newest first; false when not all fit. */
static bool dump_service_dests(struct sk_buff *skb, struct netlink_callback *cb,
			       const struct shunt_service *svc)
{
	const struct shunt_dest *dest;

	list_for_each_entry(dest, &svc->dests, list) {
		void *header;

		if (cb->args[0] && dest->id >= cb->args[0])
			continue;
		header = dump_message(skb, cb, SHUNT_CMD_NEW_DEST);
		if (!dump_end(skb, header,
			      header ? shunt_put_dest(skb, dest, false) : 0))
			return false;
		cb->args[0] = dest->id;
	}
	return true;
}

/**
 * shunt_dump_dests() - the real servers of the service asked for
 * @skb:	buffer to fill
 * @cb:		the dump; args[0] is the id of the last one sent
 *
 * Return: bytes filled, 0 at the end, or a negative errno.
 */
int shunt_dump_dests(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct shunt_net *sn = shunt_net(sock_net(cb->skb->sk));
	struct nlattr *attrs[SHUNT_CMD_ATTR_MAX + 1];
	struct shunt_service_key key;
	struct shunt_service *svc;
	bool whole = true;
	int err;

	err = nlmsg_parse_deprecated(cb->nlh, GENL_HDRLEN, attrs,
				     SHUNT_CMD_ATTR_MAX, shunt_cmd_policy,
				     cb->extack);
	if (!err)
		err = shunt_get_service_key(&key, attrs[SHUNT_CMD_ATTR_SERVICE], cb->extack);
	if (err)
		return err;
	mutex_lock(&sn->mutex);
	svc = shunt_service_lookup(sn, &key);
	if (svc)
		whole = dump_service_dests(skb, cb, svc);
	mutex_unlock(&sn->mutex);
	return dump_result(skb, whole);
}

/* As many of the service's real servers as fit; false when not all did. */
static bool put_dests(struct sk_buff *skb, struct netlink_callback *cb,
		      const struct shunt_service *svc, bool brief)
{
	const struct shunt_dest *dest;

	list_for_each_entry(dest, &svc->dests, list) {
		void *end = skb_tail_pointer(skb);

		if (cb->args[1] && dest->id >= cb->args[1])
			continue;
		if (shunt_put_dest(skb, dest, brief)) {
			nlmsg_trim(skb, end);
			return false;
		}
		cb->args[1] = dest->id;
	}
	return true;
}

/*
 * A message about a service, or about what of it the last one had no room for.
 * One that would tell none of its real servers goes to the next buffer.
 */
static bool dump_with_dests(struct sk_buff *skb, struct netlink_callback *cb,
			    const struct shunt_service *svc, bool brief)
{
	void *header = dump_message(skb, cb, SHUNT_CMD_GET_ALL);
	const long before = cb->args[1];
	bool whole;
	int err;

	if (!header)
		return false;
	genl_dump_check_consistent(cb, header);
	err = before ? shunt_put_service_key(skb, &svc->key) :
		       shunt_put_service(skb, svc, brief);
	whole = !err && put_dests(skb, cb, svc, brief);
	if (!whole && cb->args[1] == before)
		err = -EMSGSIZE;
	return dump_end(skb, header, err) && whole;
}

/**
 * shunt_dump_all() - all virtual services with their real servers
 * @skb:	buffer to fill
 * @cb:		the dump; args[0] is the id of the service to go on with, args[1]
 *		that of the last of its real servers sent, 0 for none
 *
 * Return: bytes filled, 0 at the end, or a negative errno.
 */
int shunt_dump_all(struct sk_buff *skb, struct netlink_callback *cb)
{
	bool brief = nlmsg_find_attr(cb->nlh, GENL_HDRLEN, SHUNT_CMD_ATTR_BRIEF);
	struct shunt_net *sn = shunt_net(sock_net(cb->skb->sk));
	struct shunt_service *svc;
	bool whole = true;
	unsigned long id;

	mutex_lock(&sn->mutex);
	cb->seq = sn->generation;
	xa_for_each_start(&sn->service_ids, id, svc, cb->args[0]) {
		if (id != cb->args[0])
			cb->args[1] = 0;
		cb->args[0] = id;
		whole = dump_with_dests(skb, cb, svc, brief);
		if (!whole)
			break;
		cb->args[0] = id + 1;
		cb->args[1] = 0;
	}
	mutex_unlock(&sn->mutex);
	return dump_result(skb, whole);
}

/**
 * shunt_dump_daemons() - no daemon runs, so there is none to list
 * @skb:	buffer, left empty
 * @cb:		the dump
 *
 * Return: 0.
 */
int shunt_dump_daemons(struct sk_buff *skb, struct netlink_callback *cb)
{
	return 0;
}

/**
 * shunt_dump_conns_start() - begin to list connections
 * @cb:		the dump; args[0] is the walk
 *
 * Return: 0 or -ENOMEM.
 */
int shunt_dump_conns_start(struct netlink_callback *cb)
{
	struct shunt_net *sn = shunt_net(sock_net(cb->skb->sk));
	struct rhashtable_iter *iter = kmalloc(sizeof(*iter),
					       GFP_KERNEL_ACCOUNT);

	if (!iter)
		return -ENOMEM;
	rhashtable_walk_enter(&sn->conns, iter);
	cb->args[0] = (long)iter;
	return 0;
}

/**
 * shunt_dump_conns() - all connections, a message each
 * @skb:	buffer to fill
 * @cb:		the dump
 *
 * Return: bytes filled, 0 at the end, or a negative errno.
 */
int shunt_dump_conns(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct shunt_net *sn = shunt_net(sock_net(cb->skb->sk));
	struct rhashtable_iter *iter = (void *)cb->args[0];
	const struct shunt_conn *c;
	bool whole = true;

	rhashtable_walk_start(iter);
	for (c = shunt_conn_walk_peek(iter); c; c = shunt_conn_walk_next(iter)) {
		void *header = dump_message(skb, cb, SHUNT_CMD_GET_CONN);

		whole = dump_end(skb, header,
				 header ? shunt_put_conn(skb, sn, c) : 0);
		if (!whole)
			break;
	}
	rhashtable_walk_stop(iter);
	return dump_result(skb, whole);
}

/**
 * shunt_dump_conns_done() - end the listing
 * @cb:		the dump
 *
 * Return: 0.
 */
int shunt_dump_conns_done(struct netlink_callback *cb)
{
	struct rhashtable_iter *iter = (void *)cb->args[0];

	if (iter) {
		rhashtable_walk_exit(iter);
		kfree(iter);
	}
	return 0;
}
