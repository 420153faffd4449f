/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic netlink face: include/uapi/linux/shunt.h says what is spoken.
 * Commands are in netlink.c, dumps in dump.c, attributes in attr.c.
 */
#ifndef SHUNT_NETLINK_H
#define SHUNT_NETLINK_H

#include <net/netlink.h>
#include <uapi/linux/shunt.h>

struct genl_family;

/* Index of the multicast group SHUNT_GENL_EVENTS of shunt_family. */
#define SHUNT_GROUP_EVENTS	0

extern struct genl_family shunt_family;
extern struct genl_family shunt_ipvs_family;
extern const struct nla_policy shunt_cmd_policy[SHUNT_CMD_ATTR_MAX + 1];

int shunt_netlink_init(void);
void shunt_netlink_exit(void);

const struct genl_family *shunt_netlink_family(const struct nlmsghdr *request);

int shunt_dump_all(struct sk_buff *skb, struct netlink_callback *cb);
int shunt_dump_services(struct sk_buff *skb, struct netlink_callback *cb);
int shunt_dump_dests(struct sk_buff *skb, struct netlink_callback *cb);
int shunt_dump_daemons(struct sk_buff *skb, struct netlink_callback *cb);
int shunt_dump_conns_start(struct netlink_callback *cb);
int shunt_dump_conns(struct sk_buff *skb, struct netlink_callback *cb);
int shunt_dump_conns_done(struct netlink_callback *cb);

#endif /* SHUNT_NETLINK_H */
