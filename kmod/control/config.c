// SPDX-License-Identifier: GPL-2.0-only
#include "control/config.h"

#include <linux/netlink.h>
#include <net/addrconf.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <uapi/linux/shunt.h>

#include "control/drain.h"
#include "control/event.h"
#include "forward/track.h"
#include "path/frag.h"
#include "path/hook.h"
#include "path/watch.h"
#include "sched/sched.h"
#include "table/dest.h"
#include "table/expire.h"
#include "table/real.h"
#include "table/trash.h"

/* Flags of every service. HASHED changes nothing: who sends it has it. */
#define SERVICE_FLAGS	(SHUNT_SVC_F_HASHED | SHUNT_SVC_F_PERSISTENT |	\
			 SHUNT_SVC_F_ONEPACKET)

/* A service by mark may be for any protocol. */
static int check_terms(const struct shunt_service_config *config,
		       struct netlink_ext_ack *extack)
{
	const u32 *value = config->terms.value;
	const struct shunt_service_key *key = &config->key;

	if (value[SHUNT_TERM_TCP] > INT_MAX / HZ ||
	    value[SHUNT_TERM_TCP_FIN] > INT_MAX / HZ ||
	    value[SHUNT_TERM_UDP] > INT_MAX / HZ) {
		NL_SET_ERR_MSG(extack, "a timeout of the service's own is out of range");
		return -EINVAL;
	}
	if (value[SHUNT_TERM_RESET] > 1) {
		NL_SET_ERR_MSG(extack, "whether to reset what expires is 0 or 1");
		return -EINVAL;
	}
	if (value[SHUNT_TERM_UDP_LEAVE] > 1) {
		NL_SET_ERR_MSG(extack, "whether UDP leaves is 0 or 1");
		return -EINVAL;
	}
	if (key->proto && key->proto != IPPROTO_TCP &&
	    (value[SHUNT_TERM_TCP] || value[SHUNT_TERM_TCP_FIN] ||
	     value[SHUNT_TERM_RESET])) {
		NL_SET_ERR_MSG(extack, "timeouts and resets of TCP are for TCP services and firewall marks");
		return -EINVAL;
	}
	if (key->proto && key->proto != IPPROTO_UDP &&
	    (value[SHUNT_TERM_UDP] || value[SHUNT_TERM_UDP_LEAVE])) {
		NL_SET_ERR_MSG(extack, "a timeout of UDP, and that it leaves, is for UDP services and firewall marks");
		return -EINVAL;
	}
	return 0;
}

static int check_service(const struct shunt_service_config *config, u32 flags,
			 struct netlink_ext_ack *extack)
{
	bool persistent = flags & SHUNT_SVC_F_PERSISTENT;

	if (persistent &&
	    (!config->timeout || config->timeout > INT_MAX / HZ)) {
		NL_SET_ERR_MSG(extack, "the timeout of persistence is out of range");
		return -EINVAL;
	}
	if (!persistent && !config->key.port && !config->key.fwmark) {
		NL_SET_ERR_MSG(extack, "a service for all ports (port 0) has to be persistent");
		return -EINVAL;
	}
	if (flags & ~(SERVICE_FLAGS | config->sched->flags)) {
		if (config->sched->flags)
			NL_SET_ERR_MSG(extack, "this scheduler knows no such flag");
		else
			NL_SET_ERR_MSG(extack, "this scheduler takes no flags");
		return -EOPNOTSUPP;
	}
	return check_terms(config, extack);
}

static void service_changed(struct shunt_net *sn, enum shunt_cmd cmd,
			    const struct shunt_service *svc)
{
	sn->generation++;
	shunt_event_service(sn, cmd, svc);
}

static void dest_changed(struct shunt_net *sn, enum shunt_cmd cmd,
			 const struct shunt_service *svc,
			 const struct shunt_dest *dest)
{
	sn->generation++;
	shunt_event_dest(sn, cmd, svc, dest);
}

/* A netns without services and connections does not look at packets. */
static void idle_locked(struct shunt_net *sn)
{
	if (atomic_read(&sn->conn_count))
		return;
	shunt_track_idle(sn);
	if (sn->service_count)
		return;
	shunt_hooks_unregister(sn);
	shunt_frag_release6(sn);
}

/* The last connection is gone; the services may have gone before it. */
static void on_idle(struct shunt_net *sn)
{
	mutex_lock(&sn->mutex);
	idle_locked(sn);
	mutex_unlock(&sn->mutex);
}

/* What has to be there before a netns's first packet is looked at. */
static int prepare_net(struct shunt_net *sn, u8 af)
{
	int err;

	if (!sn->wheel) {
		err = shunt_wheel_create(sn, on_idle);
		if (err)
			return err;
	}
	if (af == AF_INET6) {
		err = shunt_frag_hold6(sn);
		if (err)
			return err;
	}
	return shunt_hooks_register(sn);
}

static void set_persistence(struct shunt_service *svc,
			    const struct shunt_service_config *config)
{
	WRITE_ONCE(svc->timeout, config->timeout);
	WRITE_ONCE(svc->engine, config->engine);
	if (svc->key.af == AF_INET)
		WRITE_ONCE(svc->netmask, config->netmask);
	else
		WRITE_ONCE(svc->prefix, config->prefix);
}

/* They hold for the connections there are, too, as those of --set do. */
static void set_terms(struct shunt_net *sn, struct shunt_service *svc,
		      const struct shunt_service_config *config)
{
	struct shunt_dest *dest;

	shunt_terms_merge(&svc->terms, &config->terms, config->terms_said);
	list_for_each_entry(dest, &svc->dests, list)
		shunt_dest_settle(sn, dest);
	list_for_each_entry(dest, &svc->removed, list)
		shunt_dest_settle(sn, dest);
	if (svc->nobody)
		shunt_dest_settle(sn, svc->nobody);
}

/**
 * shunt_config_add_service() - add a virtual service
 * @sn:		the netns
 * @config:	the service, of which there is none yet
 * @extack:	told why not
 *
 * Context: shunt_net.mutex.
 * Return: the service, -EINVAL, -EOPNOTSUPP, or -ENOMEM.
 */
struct shunt_service *
shunt_config_add_service(struct shunt_net *sn,
			 const struct shunt_service_config *config,
			 struct netlink_ext_ack *extack)
{
	u32 flags = config->flags & config->mask;
	struct shunt_service *svc;
	int err;

	err = check_service(config, flags, extack);
	if (err)
		return ERR_PTR(err);
	err = prepare_net(sn, config->key.af);
	if (!err && config->key.fwmark)
		err = shunt_hooks_register_forward(sn);
	if (!err) {
		svc = shunt_service_create(sn, &config->key, config->sched,
					   flags);
		err = PTR_ERR_OR_ZERO(svc);
	}
	if (err) {
		idle_locked(sn);
		return ERR_PTR(err);
	}
	if (config->key.fwmark)
		WRITE_ONCE(sn->watch->all, true);
	else
		shunt_watch_for(sn->watch, config->key.af, &config->key.addr);
	/* In time: it has no real server yet. */
	set_persistence(svc, config);
	set_terms(sn, svc, config);
	service_changed(sn, SHUNT_CMD_NEW_SERVICE, svc);
	return svc;
}

static struct shunt_picks *current_picks(const struct shunt_net *sn,
					 const struct shunt_service *svc)
{
	return rcu_dereference_protected(svc->picks,
					 lockdep_is_held(&sn->mutex));
}

static void swap_picks(struct shunt_net *sn, struct shunt_service *svc,
		       struct shunt_picks *picks)
{
	struct shunt_picks *old = current_picks(sn, svc);

	rcu_assign_pointer(svc->picks, picks);
	shunt_picks_free(old);
}

/* The picks have to follow every change of a service or its real servers. */
static int renew_picks(struct shunt_net *sn, struct shunt_service *svc)
{
	struct shunt_picks *picks;

	picks = shunt_picks_create(svc, svc->sched, svc->flags,
				   current_picks(sn, svc));
	if (IS_ERR(picks))
		return PTR_ERR(picks);
	swap_picks(sn, svc, picks);
	return 0;
}

/**
 * shunt_config_edit_service() - change a virtual service
 * @sn:		the netns
 * @svc:	the service
 * @config:	what it shall be like
 * @extack:	told why not
 *
 * Context: shunt_net.mutex.
 * Return: 0, -EINVAL, -EOPNOTSUPP, or -ENOMEM.
 */
int shunt_config_edit_service(struct shunt_net *sn, struct shunt_service *svc,
			      const struct shunt_service_config *config,
			      struct netlink_ext_ack *extack)
{
	u32 flags = (svc->flags & ~config->mask) |
		    (config->flags & config->mask);
	struct shunt_picks *picks;
	int err;

	err = check_service(config, flags, extack);
	if (err)
		return err;
	picks = shunt_picks_create(svc, config->sched, flags,
				   current_picks(sn, svc));
	if (IS_ERR(picks))
		return PTR_ERR(picks);
	svc->sched = config->sched;
	set_persistence(svc, config);
	/* Who sees that clients stay sees for how long, and which are one. */
	smp_store_release(&svc->flags, flags);
	swap_picks(sn, svc, picks);
	set_terms(sn, svc, config);
	service_changed(sn, SHUNT_CMD_SET_SERVICE, svc);
	return 0;
}

static void delete_service(struct shunt_net *sn, struct shunt_service *svc)
{
	service_changed(sn, SHUNT_CMD_DEL_SERVICE, svc);
	shunt_service_destroy(sn, svc);
}

/**
 * shunt_config_delete_service() - remove a virtual service
 * @sn:		the netns
 * @svc:	the service
 *
 * Context: shunt_net.mutex.
 */
void shunt_config_delete_service(struct shunt_net *sn,
				 struct shunt_service *svc)
{
	delete_service(sn, svc);
	idle_locked(sn);
}

/**
 * shunt_config_flush() - remove all virtual services
 * @sn:	the netns
 *
 * Context: shunt_net.mutex.
 */
void shunt_config_flush(struct shunt_net *sn)
{
	struct shunt_service *svc;
	unsigned long id;

	xa_for_each(&sn->service_ids, id, svc) {
		delete_service(sn, svc);
		cond_resched();
	}
	idle_locked(sn);
}

/**
 * shunt_config_exit() - remove all virtual services of a netns that ends
 * @sn:	the netns
 *
 * Nobody is told: when the module goes, the events group has gone before.
 *
 * Context: shunt_net.mutex.
 */
void shunt_config_exit(struct shunt_net *sn)
{
	struct shunt_service *svc;
	unsigned long id;

	xa_for_each(&sn->service_ids, id, svc) {
		shunt_service_destroy(sn, svc);
		cond_resched();
	}
	idle_locked(sn);
}

static int check_addr4(struct net *net, __be32 addr,
		       struct netlink_ext_ack *extack)
{
	switch (inet_addr_type(net, addr)) {
	case RTN_UNICAST:
	case RTN_LOCAL:
		return 0;
	default:
		NL_SET_ERR_MSG(extack, "the real server's address is not a unicast address");
		return -EINVAL;
	}
}

static int check_addr6(struct net *net, const struct in6_addr *addr,
		       struct netlink_ext_ack *extack)
{
	int type = ipv6_addr_type(addr);

	if ((type & IPV6_ADDR_UNICAST && !(type & IPV6_ADDR_LINKLOCAL)) ||
	    type & IPV6_ADDR_LOOPBACK || ipv6_chk_addr(net, addr, NULL, 0))
		return 0;
	NL_SET_ERR_MSG(extack, "the real server's address is not a routable unicast address");
	return -EINVAL;
}

static int check_addr(struct net *net, const struct shunt_dest_config *config,
		      struct netlink_ext_ack *extack)
{
	return config->af == AF_INET ?
		       check_addr4(net, config->addr.ip, extack) :
		       check_addr6(net, &config->addr.in6, extack);
}

/* As with IPVS it is there, right and kept whatever the method is. */
static int check_tunnel(const struct shunt_tunnel *tunnel,
			struct netlink_ext_ack *extack)
{
	if (tunnel->type > SHUNT_TUN_GRE) {
		NL_SET_ERR_MSG(extack, "no such type of tunnel, there are IPIP, GUE and GRE");
		return -EINVAL;
	}
	if (tunnel->type == SHUNT_TUN_GUE && !tunnel->port) {
		NL_SET_ERR_MSG(extack, "a GUE tunnel needs the port where it ends");
		return -EINVAL;
	}
	if (tunnel->flags && tunnel->type == SHUNT_TUN_IPIP) {
		NL_SET_ERR_MSG(extack, "an IPIP tunnel has no checksums");
		return -EINVAL;
	}
	if (tunnel->flags & SHUNT_TUN_F_REMCSUM &&
	    tunnel->type != SHUNT_TUN_GUE) {
		NL_SET_ERR_MSG(extack, "only a GUE tunnel has remote checksum offload");
		return -EINVAL;
	}
	return 0;
}

static int check_dest(const struct shunt_service *svc,
		      const struct shunt_dest_config *config,
		      struct netlink_ext_ack *extack)
{
	if (config->af != svc->key.af && config->fwd != SHUNT_FWD_TUNNEL) {
		NL_SET_ERR_MSG(extack, "the real server's address family must be the service's, unless it is reached through a tunnel");
		return -EINVAL;
	}
	if (config->weight > INT_MAX) {
		NL_SET_ERR_MSG(extack, "the weight is out of range");
		return -ERANGE;
	}
	if (config->lower > config->upper) {
		NL_SET_ERR_MSG(extack, "the lower threshold is above the upper one");
		return -ERANGE;
	}
	if (config->upper > INT_MAX) {
		NL_SET_ERR_MSG(extack, "the upper threshold is out of range");
		return -EINVAL;
	}
	if (config->drain == SHUNT_DRAIN_BEGIN && config->weight) {
		NL_SET_ERR_MSG(extack, "a real server that is draining has weight 0");
		return -EINVAL;
	}
	if (config->drain_seconds > INT_MAX / HZ) {
		NL_SET_ERR_MSG(extack, "the deadline of draining is out of range");
		return -EINVAL;
	}
	return check_tunnel(&config->tunnel, extack);
}

/* Where replies pass through, that has to be seen. */
static int prepare_dest(struct shunt_net *sn,
			const struct shunt_dest_config *config)
{
	return config->fwd == SHUNT_FWD_MASQ ?
		       shunt_hooks_register_forward(sn) : 0;
}

static void set_dest(struct shunt_net *sn, struct shunt_dest *dest,
		     const struct shunt_dest_config *config)
{
	WRITE_ONCE(dest->weight, config->weight);
	if (dest->weight)
		dest->last_weight = dest->weight;
	WRITE_ONCE(dest->tunnel, config->tunnel);
	shunt_dest_settle(sn, dest);
	WRITE_ONCE(dest->fwd, config->fwd);
	WRITE_ONCE(dest->upper, config->upper);
	WRITE_ONCE(dest->lower, config->lower);
	shunt_dest_check_load(dest);
	if (config->fwd == SHUNT_FWD_MASQ) {
		shunt_watch_for(sn->watch, dest->af, &dest->addr);
		shunt_real_add(sn, dest);
	} else {
		shunt_real_remove(dest);
	}
}

static void set_drain(struct shunt_net *sn, struct shunt_dest *dest,
		      const struct shunt_dest_config *config)
{
	if (config->drain == SHUNT_DRAIN_BEGIN)
		shunt_drain_begin(sn, dest, config->drain_seconds);
	else if (config->drain == SHUNT_DRAIN_END || config->weight)
		shunt_dest_undrain(dest);
}

static struct shunt_dest *find_dest(const struct shunt_service *svc,
				    const struct shunt_dest_config *config)
{
	return shunt_dest_lookup(svc, config->af, &config->addr, config->port);
}

/* No packet goes there before the picks are renewed. */
static struct shunt_dest *add_dest(struct shunt_net *sn,
				   struct shunt_service *svc,
				   const struct shunt_dest_config *config,
				   struct netlink_ext_ack *extack)
{
	struct shunt_dest *dest;
	int err;

	err = check_dest(svc, config, extack);
	if (err)
		return ERR_PTR(err);
	if (find_dest(svc, config)) {
		NL_SET_ERR_MSG(extack, "the service has this real server already");
		return ERR_PTR(-EEXIST);
	}
	err = check_addr(sn->net, config, extack);
	if (!err)
		err = prepare_dest(sn, config);
	if (err)
		return ERR_PTR(err);
	dest = shunt_dest_create(sn, svc, config->af, &config->addr,
				 config->port);
	if (!dest)
		return ERR_PTR(-ENOMEM);
	set_dest(sn, dest, config);
	set_drain(sn, dest, config);
	return dest;
}

/**
 * shunt_config_add_dest() - add a real server to a virtual service
 * @sn:		the netns
 * @svc:	the service
 * @config:	the real server
 * @extack:	told why not
 *
 * Context: shunt_net.mutex.
 * Return: 0 or a negative errno, -EEXIST among them.
 */
int shunt_config_add_dest(struct shunt_net *sn, struct shunt_service *svc,
			  const struct shunt_dest_config *config,
			  struct netlink_ext_ack *extack)
{
	struct shunt_dest *dest = add_dest(sn, svc, config, extack);
	int err;

	if (IS_ERR(dest))
		return PTR_ERR(dest);
	err = renew_picks(sn, svc);
	if (err) {
		shunt_dest_remove(sn, dest);
		return err;
	}
	dest_changed(sn, SHUNT_CMD_NEW_DEST, svc, dest);
	return 0;
}

/**
 * shunt_config_collect_dest() - add a real server that is not in use yet
 * @sn:		the netns
 * @svc:	the service, which is new
 * @config:	the real server
 * @extack:	told why not
 *
 * After the last one comes shunt_config_use_dests(), or the service goes.
 *
 * Context: shunt_net.mutex.
 * Return: 0 or a negative errno, -EEXIST among them.
 */
int shunt_config_collect_dest(struct shunt_net *sn, struct shunt_service *svc,
			      const struct shunt_dest_config *config,
			      struct netlink_ext_ack *extack)
{
	return PTR_ERR_OR_ZERO(add_dest(sn, svc, config, extack));
}

/**
 * shunt_config_use_dests() - send packets to a new service's real servers
 * @sn:		the netns
 * @svc:	the service
 *
 * Context: shunt_net.mutex.
 * Return: 0 or -ENOMEM.
 */
int shunt_config_use_dests(struct shunt_net *sn, struct shunt_service *svc)
{
	struct shunt_dest *dest;
	int err;

	err = renew_picks(sn, svc);
	if (err)
		return err;
	list_for_each_entry_reverse(dest, &svc->dests, list)
		dest_changed(sn, SHUNT_CMD_NEW_DEST, svc, dest);
	return 0;
}

static struct shunt_dest *need_dest(const struct shunt_service *svc,
				    const struct shunt_dest_config *config,
				    struct netlink_ext_ack *extack)
{
	struct shunt_dest *dest = find_dest(svc, config);

	if (!dest)
		NL_SET_ERR_MSG(extack, "the service has no such real server");
	return dest;
}

/**
 * shunt_config_edit_dest() - change a real server
 * @sn:		the netns
 * @svc:	its service
 * @config:	which one and what it shall be like
 * @extack:	told why not
 *
 * Connections keep the forwarding method they have.
 *
 * Context: shunt_net.mutex.
 * Return: 0 or a negative errno, -ENOENT among them.
 */
int shunt_config_edit_dest(struct shunt_net *sn, struct shunt_service *svc,
			   const struct shunt_dest_config *config,
			   struct netlink_ext_ack *extack)
{
	struct shunt_dest *dest = need_dest(svc, config, extack);
	struct shunt_dest_config old;
	u32 last_weight;
	int err;

	if (!dest)
		return -ENOENT;
	err = check_dest(svc, config, extack);
	if (!err)
		err = prepare_dest(sn, config);
	if (err)
		return err;
	old = (struct shunt_dest_config){
		.fwd = dest->fwd,
		.tunnel = dest->tunnel,
		.weight = dest->weight,
		.upper = dest->upper,
		.lower = dest->lower,
	};
	last_weight = dest->last_weight;
	set_dest(sn, dest, config);
	err = renew_picks(sn, svc);
	if (err) {
		set_dest(sn, dest, &old);
		dest->last_weight = last_weight;
	} else {
		set_drain(sn, dest, config);
		dest_changed(sn, SHUNT_CMD_SET_DEST, svc, dest);
	}
	return err;
}

/**
 * shunt_config_delete_dest() - remove a real server
 * @sn:		the netns
 * @svc:	its service
 * @config:	which one; only address and port count
 * @extack:	told why not
 *
 * Context: shunt_net.mutex.
 * Return: 0, -ENOENT, or -ENOMEM.
 */
int shunt_config_delete_dest(struct shunt_net *sn, struct shunt_service *svc,
			     const struct shunt_dest_config *config,
			     struct netlink_ext_ack *extack)
{
	struct shunt_dest *dest = need_dest(svc, config, extack);
	struct list_head *before;
	int err;

	if (!dest)
		return -ENOENT;
	/* Nobody may pick it any more before it goes. */
	before = dest->list.prev;
	list_del_init(&dest->list);
	err = renew_picks(sn, svc);
	if (err) {
		list_add(&dest->list, before);
		return err;
	}
	dest_changed(sn, SHUNT_CMD_DEL_DEST, svc, dest);
	shunt_dest_remove(sn, dest);
	return 0;
}

/**
 * shunt_config_zero_service() - let a service count from zero
 * @svc:	the service; its real servers are zeroed with it
 *
 * Context: shunt_net.mutex.
 */
void shunt_config_zero_service(struct shunt_service *svc)
{
	struct shunt_stats stats;
	struct shunt_dest *dest;

	list_for_each_entry(dest, &svc->dests, list)
		shunt_dest_zero(dest);
	list_for_each_entry(dest, &svc->removed, list)
		shunt_dest_zero(dest);
	shunt_service_stats(svc, &stats);
	shunt_counts_add(svc->zero, &stats);
}

/**
 * shunt_config_zero_all() - let everything count from zero
 * @sn:	the netns
 *
 * Context: shunt_net.mutex.
 */
void shunt_config_zero_all(struct shunt_net *sn)
{
	struct shunt_service *svc;
	unsigned long id;

	xa_for_each(&sn->service_ids, id, svc)
		shunt_config_zero_service(svc);
	shunt_total_zero(sn);
}

/**
 * shunt_config_set_timeouts() - change the timeouts ipvsadm knows
 * @sn:		the netns
 * @tcp:	established TCP connections, seconds; 0 leaves it
 * @tcp_fin:	after a FIN, seconds; 0 leaves it
 * @udp:	UDP, seconds; 0 leaves it
 *
 * They hold for the connections there are, too.
 *
 * Context: shunt_net.mutex.
 */
void shunt_config_set_timeouts(struct shunt_net *sn, u32 tcp, u32 tcp_fin,
			       u32 udp)
{
	struct shunt_timeouts *timeouts = &sn->timeouts;

	if (tcp)
		WRITE_ONCE(timeouts->tcp[SHUNT_TCP_ESTABLISHED], tcp);
	if (tcp_fin)
		WRITE_ONCE(timeouts->tcp[SHUNT_TCP_FIN_WAIT], tcp_fin);
	if (udp)
		WRITE_ONCE(timeouts->udp, udp);
	shunt_wheel_resort(sn);
	shunt_event_timeouts(sn);
}
