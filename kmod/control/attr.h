/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Netlink attributes into config structs, and what there is into attributes.
 */
#ifndef SHUNT_ATTR_H
#define SHUNT_ATTR_H

#include <net/netlink.h>

#include "control/config.h"
#include "stats/drop.h"

struct shunt_conn;
struct shunt_dest;

int shunt_get_service_key(struct shunt_service_key *key,
			  const struct nlattr *nest,
			  struct netlink_ext_ack *extack);
int shunt_get_service_config(struct shunt_service_config *config,
			     const struct nlattr *nest,
			     struct netlink_ext_ack *extack);
int shunt_get_service_parts(struct shunt_service_config *config,
			    struct netlink_ext_ack *extack);
int shunt_get_dest_config(struct shunt_dest_config *config, u8 service_af,
			  const struct nlattr *nest, bool whole,
			  struct netlink_ext_ack *extack);

int shunt_put_stats64(struct sk_buff *skb, int type,
		      const struct shunt_stats *stats);
int shunt_put_timeouts(struct sk_buff *skb, const struct shunt_net *sn);
int shunt_put_service_key(struct sk_buff *skb,
			  const struct shunt_service_key *key);
int shunt_put_service(struct sk_buff *skb, const struct shunt_service *svc,
		      bool brief);
int shunt_put_dest(struct sk_buff *skb, const struct shunt_dest *dest,
		   bool brief);
int shunt_put_conn(struct sk_buff *skb, const struct shunt_net *sn,
		   const struct shunt_conn *c);
int shunt_put_drop(struct sk_buff *skb, const struct shunt_net *sn,
		   enum shunt_drop reason);

#endif /* SHUNT_ATTR_H */
