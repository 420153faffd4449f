/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changes of the configuration, whoever asks for them. Each happens whole or,
 * with an errno and a text for the user, not at all.
 */
#ifndef SHUNT_CONFIG_H
#define SHUNT_CONFIG_H

#include "forward/tunnel.h"
#include "net.h"
#include "table/service.h"

struct netlink_ext_ack;

/**
 * struct shunt_service_config - a virtual service as asked for
 * @key:	its key
 * @sched_name:	attribute that names its scheduler
 * @pe_name:	attribute that names its persistence engine, or NULL
 * @client:	attribute with netmask or prefix
 * @sched:	its scheduler; as @netmask, @prefix and @engine known only after
 *		shunt_get_service_parts()
 * @flags:	SHUNT_SVC_F_* to set
 * @mask:	which of them count
 * @timeout:	seconds for which a client stays, if it is persistent
 * @netmask:	which clients count as one then: an IPv4 mask
 * @prefix:	an IPv6 prefix length
 * @engine:	enum shunt_engine, what tells clients apart then
 * @terms:	what it asks for its connections
 * @terms_said:	bits of enum shunt_term; the others stay as they are
 */
struct shunt_service_config {
	struct shunt_service_key key;
	const struct nlattr *sched_name;
	const struct nlattr *pe_name;
	const struct nlattr *client;
	const struct shunt_scheduler *sched;
	u32 flags;
	u32 mask;
	u32 timeout;
	union {
		__be32 netmask;
		u32 prefix;
	};
	u8 engine;
	struct shunt_terms terms;
	u32 terms_said;
};

/* What happens to draining; anything else than weight 0 ends it. */
enum shunt_drain {
	SHUNT_DRAIN_KEEP,
	SHUNT_DRAIN_BEGIN,
	SHUNT_DRAIN_END,
};

/**
 * struct shunt_dest_config - a real server as asked for
 * @addr:	real address, bytes behind an IPv4 one zero
 * @port:	real port, network byte order
 * @af:		AF_INET or AF_INET6
 * @fwd:	enum shunt_fwd
 * @tunnel:	what kind of tunnel, if @fwd is one
 * @weight:	0 takes no new connections
 * @upper:	connections at which it is overloaded, 0 for never
 * @lower:	connections below which it no longer is, 0 for 3/4 of @upper
 * @drain:	enum shunt_drain
 * @drain_seconds: when what is left ends, 0 for never
 */
struct shunt_dest_config {
	union nf_inet_addr addr;
	__be16 port;
	u8 af;
	u8 fwd;
	struct shunt_tunnel tunnel;
	u32 weight;
	u32 upper;
	u32 lower;
	u8 drain;
	u32 drain_seconds;
};

struct shunt_service *
shunt_config_add_service(struct shunt_net *sn,
			 const struct shunt_service_config *config,
			 struct netlink_ext_ack *extack);
int shunt_config_edit_service(struct shunt_net *sn, struct shunt_service *svc,
			      const struct shunt_service_config *config,
			      struct netlink_ext_ack *extack);
void shunt_config_delete_service(struct shunt_net *sn,
				 struct shunt_service *svc);
void shunt_config_flush(struct shunt_net *sn);
void shunt_config_exit(struct shunt_net *sn);

int shunt_config_add_dest(struct shunt_net *sn, struct shunt_service *svc,
			  const struct shunt_dest_config *config,
			  struct netlink_ext_ack *extack);
int shunt_config_collect_dest(struct shunt_net *sn, struct shunt_service *svc,
			      const struct shunt_dest_config *config,
			      struct netlink_ext_ack *extack);
int shunt_config_use_dests(struct shunt_net *sn, struct shunt_service *svc);
int shunt_config_edit_dest(struct shunt_net *sn, struct shunt_service *svc,
			   const struct shunt_dest_config *config,
			   struct netlink_ext_ack *extack);
int shunt_config_delete_dest(struct shunt_net *sn, struct shunt_service *svc,
			     const struct shunt_dest_config *config,
			     struct netlink_ext_ack *extack);

void shunt_config_zero_service(struct shunt_service *svc);
void shunt_config_zero_all(struct shunt_net *sn);
void shunt_config_set_timeouts(struct shunt_net *sn, u32 tcp, u32 tcp_fin,
			       u32 udp);

#endif /* SHUNT_CONFIG_H */
