// SPDX-License-Identifier: GPL-2.0-only
/*
 * nf_conntrack sees a request come in before we do, as a connection from client
 * to virtual service, and what it is to see of the reply is changed to come from
 * the real server, in time before it is entered into the table:
 *
 *   original   client -> VIP           left as it is
 *   reply      real server -> client   was VIP -> client
 *
 * So what nat does in POSTROUTING with the request (SNAT, MASQUERADE) is undone
 * in PREROUTING with the reply, which then looks to us as any other.
 *
 * nf_conntrack need not be there: it is asked for when the sysctl is set, and
 * reached through symbol_get(), so that shunt.ko loads without it.
 */
#include "forward/track.h"

#include <linux/module.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_zones.h>
#include <uapi/linux/shunt.h>

#include "kernel.h"
#include "table/conn.h"

/*
 * What we need of nf_conntrack, valid while @users is not 0: netns for which it
 * is held. It changes under @lock; packets of those netns call @find and @delete.
 */
static struct {
	struct mutex lock;
	unsigned int users;
	typeof(&nf_ct_netns_get) netns_get;
	typeof(&nf_ct_netns_put) netns_put;
	typeof(&nf_conntrack_find_get) find;
	typeof(&nf_ct_delete) delete;
} ct_module = {
	.lock = __MUTEX_INITIALIZER(ct_module.lock),
};

static void put_functions(void)
{
	if (ct_module.netns_get)
		symbol_put(nf_ct_netns_get);
	if (ct_module.netns_put)
		symbol_put(nf_ct_netns_put);
	if (ct_module.find)
		symbol_put(nf_conntrack_find_get);
	if (ct_module.delete)
		symbol_put(nf_ct_delete);
}

static bool get_functions(void)
{
	ct_module.netns_get = symbol_get(nf_ct_netns_get);
	ct_module.netns_put = symbol_get(nf_ct_netns_put);
	ct_module.find = symbol_get(nf_conntrack_find_get);
	ct_module.delete = symbol_get(nf_ct_delete);
	if (ct_module.netns_get && ct_module.netns_put && ct_module.find &&
	    ct_module.delete)
		return true;
	put_functions();
	return false;
}

static void put_module(void)
{
	mutex_lock(&ct_module.lock);
	if (!--ct_module.users)
		put_functions();
	mutex_unlock(&ct_module.lock);
}

static int get_module(void)
{
	int err = 0;

	mutex_lock(&ct_module.lock);
	if (!ct_module.users) {
		if (!shunt_kernel_is_ours())
			err = -ENOEXEC;
		else if (!get_functions() &&
			 (request_module("nf_conntrack") || !get_functions()))
			err = -ENOENT;
	}
	if (!err)
		ct_module.users++;
	mutex_unlock(&ct_module.lock);
	return err;
}

static int hold(struct shunt_net *sn)
{
	int err = get_module();

	if (err)
		return err;
	err = ct_module.netns_get(sn->net, NFPROTO_INET);
	if (err) {
		put_module();
		return err;
	}
	WRITE_ONCE(sn->tracking, true);
	sn->track_held = true;
	return 0;
}

static void release(struct shunt_net *sn)
{
	if (!sn->track_held)
		return;
	sn->track_held = false;
	WRITE_ONCE(sn->tracking, false);
	ct_module.netns_put(sn->net, NFPROTO_INET);
	put_module();
}

/**
 * shunt_track_idle() - let go of nf_conntrack if it is not needed any more
 * @sn:	a netns that had no connections a moment ago
 *
 * Context: shunt_net.mutex, may sleep.
 */
void shunt_track_idle(struct shunt_net *sn)
{
	if (!sn->track_held || sn->settings.conntrack)
		return;
	/* A connection that is just being made may be one to be tracked yet. */
	synchronize_rcu();
	if (!atomic_read(&sn->conn_count))
		release(sn);
}

/*
 * Loading nf_conntrack waits for whoever unloads a module or ends a netns, and
 * with us or ours they would be waiting for this very sysctl.
 */
static bool pin(struct shunt_net *sn)
{
	if (!try_module_get(THIS_MODULE))
		return false;
	if (maybe_get_net(sn->net))
		return true;
	module_put(THIS_MODULE);
	return false;
}

static void unpin(struct shunt_net *sn)
{
	put_net(sn->net);
	module_put(THIS_MODULE);
}

/**
 * shunt_track_set() - set whether new connections are tracked
 * @sn:		the netns
 * @value:	not 0: they are
 *
 * Connections stay as they were made.
 *
 * Context: process, may sleep.
 * Return: 0; -EOPNOTSUPP when nf_conntrack cannot be had, -ENODEV when the
 * netns or the module is on its way out.
 */
int shunt_track_set(struct shunt_net *sn, int value)
{
	int err = 0;

	if (!pin(sn))
		return -ENODEV;
	mutex_lock(&sn->mutex);
	if (value && !sn->track_held)
		err = hold(sn);
	if (!err)
		WRITE_ONCE(sn->settings.conntrack, value);
	if (!atomic_read(&sn->conn_count))
		shunt_track_idle(sn);
	mutex_unlock(&sn->mutex);
	unpin(sn);
	if (!err)
		return 0;
	if (err == -ENOEXEC)
		pr_warn_ratelimited("shunt: conntrack stays 0: built for kernel " UTS_RELEASE " and running on another\n");
	else
		pr_warn_ratelimited("shunt: conntrack stays 0: nf_conntrack is not available (%d)\n",
				    err);
	return -EOPNOTSUPP;
}

/**
 * shunt_track_stop() - nf_conntrack's data of a netns is about to go
 * @sn:	a netns that ends, or that the module leaves
 *
 * In a netns that goes on its connections end with ours.
 */
void shunt_track_stop(struct shunt_net *sn)
{
	if (!check_net(sn->net))
		WRITE_ONCE(sn->tracking, false);
}

/**
 * shunt_track_exit() - let go of nf_conntrack
 * @sn:	a netns that has no connections any more and gets no packets
 */
void shunt_track_exit(struct shunt_net *sn)
{
	release(sn);
}

/**
 * shunt_track_knows() - whether nf_conntrack has the connection in its table
 * @pkt:	a packet of it
 * @c:		the connection
 */
bool shunt_track_knows(const struct shunt_packet *pkt,
		       const struct shunt_conn *c)
{
	enum ip_conntrack_info info;
	const struct nf_conn *ct;

	if (!(shunt_conn_marks(c) & SHUNT_MARK_TRACKED))
		return false;
	ct = nf_ct_get(pkt->skb, &info);
	return ct && nf_ct_is_confirmed(ct);
}

/*
 * FTP's helper changes lengths behind nf_conntrack's back, which then would take
 * packets for being out of the window. It starts anew with each end's SYN.
 */
static void be_liberal(struct nf_conn *ct)
{
	int dir;

	if (nf_ct_protonum(ct) != IPPROTO_TCP)
		return;
	spin_lock(&ct->lock);
	for (dir = 0; dir < IP_CT_DIR_MAX; dir++)
		ct->proto.tcp.seen[dir].flags |= IP_CT_TCP_FLAG_BE_LIBERAL;
	spin_unlock(&ct->lock);
}

/**
 * shunt_track_packet() - tell nf_conntrack what will become of a packet
 * @pkt:	the packet, not yet rewritten
 * @c:		its connection, marked SHUNT_MARK_TRACKED
 * @dir:	its direction
 *
 * Context: RCU read lock, bottom halves off.
 */
void shunt_track_packet(struct shunt_packet *pkt, const struct shunt_conn *c,
			enum shunt_dir dir)
{
	const struct shunt_tuple *request = shunt_conn_request(c);
	const struct shunt_tuple *reply = shunt_conn_tuple(c, SHUNT_DIR_REPLY);
	struct nf_conntrack_tuple *answer;
	enum ip_conntrack_info info;
	struct nf_conn *ct;
	bool ports;

	pkt->tracked = true;
	ct = nf_ct_get(pkt->skb, &info);
	if (!ct || c->fwd != SHUNT_FWD_MASQ)
		return;
	if (shunt_conn_marks(c) & SHUNT_MARK_FTP)
		be_liberal(ct);
	if (nf_ct_is_confirmed(ct) || nf_ct_is_dying(ct) ||
	    CTINFO2DIR(info) != IP_CT_DIR_ORIGINAL)
		return;
	answer = &ct->tuplehash[IP_CT_DIR_REPLY].tuple;
	/* AH and ESP have no ports, whatever those of their connection are. */
	ports = pkt->proto == shunt_conn_proto(c);
	if (dir == SHUNT_DIR_REQUEST) {
		answer->src.u3 = shunt_tuple_src(reply);
		if (ports)
			answer->src.u.all = reply->sport;
	} else {
		answer->dst.u3 = shunt_tuple_dst(request);
		if (ports)
			answer->dst.u.all = request->dport;
	}
}

/* Its entry in nf_conntrack's table, with a reference, or NULL. */
static struct nf_conn *find(struct shunt_net *sn, const struct shunt_conn *c)
{
	const struct shunt_tuple *request = shunt_conn_request(c);
	struct nf_conntrack_tuple_hash *found;
	struct nf_conntrack_tuple tuple = {};

	if (!READ_ONCE(sn->tracking))
		return NULL;
	tuple.src.l3num = shunt_conn_af(c);
	tuple.src.u3 = shunt_tuple_src(request);
	tuple.src.u.all = request->sport;
	tuple.dst.u3 = shunt_tuple_dst(request);
	tuple.dst.u.all = request->dport;
	tuple.dst.protonum = shunt_conn_proto(c);
	found = ct_module.find(sn->net, &nf_ct_zone_dflt, &tuple);
	return found ? nf_ct_tuplehash_to_ctrack(found) : NULL;
}

/**
 * shunt_track_adopt() - let nf_conntrack know a packet that it has not seen
 * @pkt:	a packet that the director has made in another's name
 * @c:		its connection, marked SHUNT_MARK_TRACKED
 * @dir:	its direction
 *
 * So that what becomes of its connection's packets becomes of it.
 *
 * Context: RCU read lock, bottom halves off.
 */
void shunt_track_adopt(struct shunt_packet *pkt, const struct shunt_conn *c,
		       enum shunt_dir dir)
{
	struct nf_conn *ct = find(pkt->sn, c);

	if (!ct)
		return;
	nf_ct_set(pkt->skb, ct, dir == SHUNT_DIR_REQUEST ?
					IP_CT_ESTABLISHED :
					IP_CT_ESTABLISHED_REPLY);
	pkt->tracked = true;
}

/**
 * shunt_track_forget() - take a connection out of nf_conntrack's table
 * @sn:	the netns
 * @c:	a dead connection, marked SHUNT_MARK_TRACKED
 *
 * Context: RCU read lock, bottom halves off.
 */
void shunt_track_forget(struct shunt_net *sn, const struct shunt_conn *c)
{
	struct nf_conn *ct = find(sn, c);

	if (!ct)
		return;
	ct_module.delete(ct, 0, 0);
	nf_conntrack_put(&ct->ct_general);
}
