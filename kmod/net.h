/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a network namespace owns.
 */
#ifndef SHUNT_NET_H
#define SHUNT_NET_H

#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/rhashtable-types.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "forward/hop.h"
#include "forward/route.h"
#include "proto/proto.h"
#include "stats/counters.h"
#include "stats/drop.h"
#include "table/defence.h"

struct ctl_table_header;
struct shunt_hooks;
struct shunt_owner;
struct shunt_watch;
struct shunt_dest;
struct shunt_wheel;

#define SHUNT_TRASH_BITS	10
#define SHUNT_REAL_BITS		8
#define SHUNT_FTP_PORTS		8

/**
 * struct shunt_settings - what the sysctls of a netns say
 * @cache_bypass:	not 0: where a service by mark has no real server left, a
 *			packet goes to its own destination
 * @conn_max:		how many connections there may be, 0 for any number; see
 *			table/limit.c
 * @conntrack:		not 0: nf_conntrack sees new connections; see
 *			forward/track.c
 * @nat_icmp_send:	not 0: a real server reached by NAT is told when a packet of
 *			its belongs to no connection
 * @schedule_icmp:	not 0: an ICMP error about an unknown connection to a
 *			virtual service begins one
 * @amemthresh:		available memory below which it is scarce, in pages
 * @am_droprate:	of how many packets drop_packet=3 drops one
 * @drop_entry:		enum shunt_defence_mode: half-open connections are dropped
 * @drop_packet:	enum shunt_defence_mode: some packets that would begin a
 *			connection are dropped
 * @secure_tcp:		enum shunt_defence_mode: TCP is followed strictly
 * @sloppy_sctp:	not 0: a connection may begin with any SCTP packet but an ABORT
 * @sloppy_tcp:		not 0: a connection may begin with any TCP segment but
 *			a RST, as seen after a failover
 * @expire_nodest_conn:	not 0: a connection ends when its real server is removed
 * @expire_quiescent_template:	not 0: a client does not stay with a real server
 *			of weight 0
 * @conn_reuse_mode:	not 0: a SYN on a connection that is over begins another;
 *			with bit 1 set, also when only the client's FIN was seen
 * @ignore_tunneled:	not 0: what comes to the director in a tunnel is left to it
 * @pmtu_disc:		not 0: a packet that is too large for its tunnel and must
 *			not be fragmented is refused; else the tunnel's packets are
 *			fragmented
 * @fast_path:		enum shunt_fast_path
 * @snat_reroute:	not 0: replies rewritten by NAT are routed by their new
 *			source
 *
 * Read locklessly; any int is accepted, as with IPVS.
 */
struct shunt_settings {
	int cache_bypass;
	int conn_max;
	int conntrack;
	int nat_icmp_send;
	int schedule_icmp;
	int amemthresh;
	int am_droprate;
	int drop_entry;
	int drop_packet;
	int secure_tcp;
	int sloppy_sctp;
	int sloppy_tcp;
	int expire_nodest_conn;
	int expire_quiescent_template;
	int conn_reuse_mode;
	int fast_path;
	int ignore_tunneled;
	int pmtu_disc;
	int snat_reroute;
};

/**
 * struct shunt_net - a netns's services, connections and settings
 * @net:		the netns
 * @conns:		struct shunt_node by tuple, see table/conn.c
 * @conn_count:		connections in @conns
 * @spared:		connections put out to make room for others
 * @owner:		whose it is, where he is not the host's root: table/limit.h
 * @remembered:		destinations that schedulers remember, see
 *			sched/locality.c
 * @limit_told:		jiffies when the log last said that there is no room, 0 for
 *			never
 * @expected:		those of them that wait for a client (helper/ftp.c)
 * @ftp_conns:		connections that FTP's helper looks after, by port
 * @wheel:		orders connections by expiry; made with the first service
 * @services:		struct shunt_service by key, see table/service.c
 * @routes:		remembered routes to real servers
 * @hops:		routes that replies go on by
 * @drops:		packets dropped, by reason
 * @timeouts:		seconds, by protocol and state; read locklessly
 * @settings:		what the sysctls say
 * @defence:		what is done against floods
 * @sysctl:		the sysctls, while they are there
 * @mutex:		serialises every change of the configuration; guards the
 *			rest
 * @service_ids:	struct shunt_service by an id that only ever grows, so
 *			that a dump can resume
 * @next_service_id:	where the next service id is taken from
 * @next_dest_id:	the id of the next real server
 * @service_count:	services there are
 * @generation:		grows with every change of what is configured
 * @trash:		removed real servers by address and port, see
 *			table/trash.c
 * @reals:		real servers reached by NAT, see table/real.c; read under RCU
 * @trash_work:		frees them when their time has come
 * @draining:	real servers that are draining
 * @drain_work:	sees when they are empty or have to be (control/drain.c)
 * @carry:		on each CPU, what the total adds to what the real servers
 *			there are have counted: what those freed by now had, less
 *			what was zeroed
 * @batch:		where the next real server's counters are taken from
 * @hooks:		packet hooks while they are registered
 * @forward_hooks:	likewise, for packets that are passing through
 * @watch:		whose packets they look at; made with the first service
 * @by_mark:		services by firewall mark there are; read locklessly
 * @all_ports:		services for all ports there are; read locklessly
 * @ftp_services:	services on a port of FTP there are; read locklessly
 * @used:		had a service in its life; set at its end
 * @tracking:		nf_conntrack may be asked about connections; read
 *			locklessly
 * @track_held:		nf_conntrack is held on our behalf
 * @defrag6_held:	IPv6 packets are reassembled on our behalf
 * @devices:		those whose packets the fast path sees; RTNL
 * @takes_devices:	devices to come belong there, too; RTNL
 */
struct shunt_net {
	struct net *net;
	struct rhashtable conns;
	atomic_t conn_count;
	atomic_long_t spared;
	struct shunt_owner *owner;
	atomic_t remembered;
	unsigned long limit_told;
	atomic_t expected;
	atomic_t ftp_conns[SHUNT_FTP_PORTS];
	struct shunt_wheel *wheel;
	struct rhashtable services;
	struct shunt_routes routes;
	struct shunt_hops hops;
	struct shunt_drops __percpu *drops;
	struct shunt_timeouts timeouts;
	struct shunt_settings settings;
	struct shunt_defence defence;
	struct ctl_table_header *sysctl;

	struct mutex mutex;
	struct xarray service_ids;
	u32 next_service_id;
	u32 next_dest_id;
	unsigned int service_count;
	u32 generation;
	DECLARE_HASHTABLE(trash, SHUNT_TRASH_BITS);
	DECLARE_HASHTABLE(reals, SHUNT_REAL_BITS);
	struct delayed_work trash_work;
	struct list_head draining;
	struct delayed_work drain_work;
	struct shunt_counts __percpu *carry;
	struct shunt_batch *batch;
	struct shunt_hooks *hooks;
	struct shunt_hooks *forward_hooks;
	struct shunt_watch *watch;
	unsigned int by_mark;
	unsigned int all_ports;
	unsigned int ftp_services;
	bool used;
	bool tracking;
	bool track_held;
	bool defrag6_held;

	struct list_head devices;
	bool takes_devices;
};

extern unsigned int shunt_net_id;

static inline struct shunt_net *shunt_net(const struct net *net)
{
	return net_generic(net, shunt_net_id);
}

/**
 * shunt_drop() - count a dropped packet
 * @sn:		the netns
 * @reason:	why
 *
 * The caller frees the packet.
 */
static inline void shunt_drop(struct shunt_net *sn, enum shunt_drop reason)
{
	this_cpu_inc(sn->drops->packets[reason]);
}

#endif /* SHUNT_NET_H */
