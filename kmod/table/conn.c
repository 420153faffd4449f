// SPDX-License-Identifier: GPL-2.0-only
#include "table/conn.h"

#include <linux/moduleparam.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <uapi/linux/shunt.h>

#include "forward/reset.h"
#include "forward/track.h"
#include "helper/ftp.h"
#include "table/dest.h"
#include "table/expire.h"
#include "table/limit.h"

#define CONN4_SIZE	(offsetof(struct shunt_conn, nodes) + \
			 2 * SHUNT_NODE4_SIZE)
#define CONN6_SIZE	(offsetof(struct shunt_conn, nodes) + \
			 2 * SHUNT_NODE6_SIZE)

#define TAB_BITS_MIN	8
#define TAB_BITS_MAX	20

static int set_tab_bits(const char *val, const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, TAB_BITS_MIN, TAB_BITS_MAX);
}

static const struct kernel_param_ops tab_bits_ops = {
	.set = set_tab_bits,
	.get = param_get_uint,
};

static unsigned int conn_tab_bits;
module_param_cb(conn_tab_bits, &tab_bits_ops, &conn_tab_bits, 0444);
MODULE_PARM_DESC(conn_tab_bits,
	"The first network namespace's connection table starts with 2^n buckets, n from 8 to 20, and never has less (default: as few as will do)");

static struct kmem_cache *conn4_cache __read_mostly;
static struct kmem_cache *conn6_cache __read_mostly;

static u32 hash_tuple(const void *key, u32 len, u32 seed)
{
	return shunt_tuple_hash(key, seed);
}

static u32 hash_node(const void *obj, u32 len, u32 seed)
{
	const struct shunt_node *node = obj;

	return shunt_tuple_hash(&node->tuple, seed);
}

static int compare_node(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct shunt_node *node = obj;

	return !shunt_tuple_equal(&node->tuple, arg->key);
}

static const struct rhashtable_params params = {
	.head_offset = offsetof(struct shunt_node, link),
	.hashfn = hash_tuple,
	.obj_hashfn = hash_node,
	.obj_cmpfn = compare_node,
	.automatic_shrinking = true,
};

static struct shunt_conn *node_conn(struct shunt_node *node)
{
	size_t size = node->tuple.af == AF_INET ? SHUNT_NODE4_SIZE :
						  SHUNT_NODE6_SIZE;

	return (void *)node - node->tuple.dir * size -
	       offsetof(struct shunt_conn, nodes);
}

/**
 * shunt_conn_lookup() - the connection a packet belongs to
 * @sn:		the netns
 * @tuple:	the packet's
 * @dir:	set to the packet's direction
 *
 * Context: RCU read lock, held as long as the result is used.
 * Return: the connection, or NULL.
 */
struct shunt_conn *shunt_conn_lookup(struct shunt_net *sn,
				     const struct shunt_tuple *tuple,
				     enum shunt_dir *dir)
{
	struct shunt_node *node = rhashtable_lookup(&sn->conns, tuple, params);

	if (!node)
		return NULL;
	*dir = node->tuple.dir;
	return node_conn(node);
}

static void reply_tuple(struct shunt_tuple *reply,
			const struct shunt_conn_plan *plan)
{
	shunt_tuple_invert(reply, plan->request);
	reply->dir = SHUNT_DIR_REPLY;
	reply->sport = plan->port;
	if (reply->af == AF_INET)
		reply->src4 = plan->dest->addr.ip;
	else
		reply->src6 = plan->dest->addr.in6;
}

static void set_nodes(struct shunt_conn *c, const struct shunt_conn_plan *plan)
{
	struct shunt_tuple *to = &shunt_conn_node(c, SHUNT_DIR_REQUEST)->tuple;

	memcpy(to, plan->request, shunt_tuple_size(plan->request->af));
	to->dir = SHUNT_DIR_REQUEST;
	to->marks = 0;
	reply_tuple(&shunt_conn_node(c, SHUNT_DIR_REPLY)->tuple, plan);
}

static int insert_node(struct shunt_net *sn, struct shunt_conn *c,
		       enum shunt_dir dir)
{
	struct shunt_node *node = shunt_conn_node(c, dir);

	return rhashtable_lookup_insert_key(&sn->conns, &node->tuple,
					    &node->link, params);
}

static void remove_node(struct shunt_net *sn, struct shunt_conn *c,
			enum shunt_dir dir)
{
	rhashtable_remove_fast(&sn->conns, &shunt_conn_node(c, dir)->link,
			       params);
}

static bool has_requests(const struct shunt_conn *c)
{
	return c->kind == SHUNT_CONN_WHOLE || c->kind == SHUNT_CONN_EXPECTED;
}

/* Replies pass through, so that their tuple is in the table, too. */
static bool has_replies(const struct shunt_conn *c)
{
	return c->fwd == SHUNT_FWD_MASQ && !shunt_conn_is_template(c) &&
	       c->kind != SHUNT_CONN_EXPECTED;
}

/*
 * Requests first: two CPUs may carry packets of one new connection, and it is
 * by the request that the later one learns of it (-EEXIST).
 */
static int publish(struct shunt_net *sn, struct shunt_conn *c)
{
	int err = 0;

	if (has_requests(c))
		err = insert_node(sn, c, SHUNT_DIR_REQUEST);
	if (err || !has_replies(c))
		return err;
	err = insert_node(sn, c, SHUNT_DIR_REPLY);
	if (err && has_requests(c))
		remove_node(sn, c, SHUNT_DIR_REQUEST);
	return err == -EEXIST ? -EADDRINUSE : err;
}

static void free_conn(struct shunt_conn *c)
{
	shunt_hop_put(c->dest->sn, c->hop);
	shunt_dest_put(c->dest);
	/* Or @ftp, which is in the same place. */
	kfree(c->call);
	kmem_cache_free(shunt_conn_af(c) == AF_INET ? conn4_cache : conn6_cache,
			c);
}

/* Nobody finds it any more, but those who follow it may yet hold it. */
static void release(struct rcu_head *rcu)
{
	struct shunt_conn *c = container_of(rcu, struct shunt_conn, rcu);
	struct shunt_conn *template;

	while (c && refcount_dec_and_test(&c->refs)) {
		template = c->template;
		free_conn(c);
		c = template;
	}
}

static enum shunt_load load_of(const struct shunt_conn *c, u8 state)
{
	if (!has_requests(c))
		return SHUNT_LOAD_NONE;
	if (shunt_conn_is_template(c))
		return SHUNT_LOAD_TEMPLATE;
	return shunt_state_active(shunt_conn_proto(c), state) ?
		       SHUNT_LOAD_ACTIVE : SHUNT_LOAD_INACTIVE;
}

static struct shunt_conn *alloc(const struct shunt_conn_plan *plan)
{
	bool v4 = plan->request->af == AF_INET;
	struct shunt_conn *c;

	c = kmem_cache_alloc(v4 ? conn4_cache : conn6_cache, GFP_ATOMIC);
	if (!c)
		return NULL;
	INIT_LIST_HEAD(&c->wheel);
	spin_lock_init(&c->lock);
	c->due = 0;
	c->shard = 0;
	c->dead = false;
	c->kind = plan->kind;
	refcount_set(&c->refs, 1);
	c->seen = (u32)jiffies;
	c->timeout = plan->timeout;
	c->template = plan->template;
	c->sent = 0;
	if (plan->request->proto == IPPROTO_UDP)
		c->born = c->seen;
	c->acked = 0;
	c->call = plan->call;
	c->dest = plan->dest;
	c->state = plan->state;
	c->fwd = plan->fwd;
	c->hop = 0;
	set_nodes(c, plan);
	/* The table still has its own, since we found it there. */
	if (c->template)
		refcount_inc(&c->template->refs);
	return c;
}

/* A client that got through: its template is worth more than others. */
static void assure(struct shunt_conn *template)
{
	if (template && shunt_conn_is_template(template) &&
	    READ_ONCE(template->state) != SHUNT_ASSURED)
		WRITE_ONCE(template->state, SHUNT_ASSURED);
}

/* A template is none, and FTP's data connections are a part of another one. */
static bool counts(const struct shunt_conn *c)
{
	if (shunt_conn_is_template(c))
		return false;
	return !c->template || shunt_conn_is_template(c->template);
}

/* nf_conntrack knows nothing of templates, packets by themselves, and tunnels. */
static bool is_tracked(const struct shunt_conn *c)
{
	return has_requests(c) && !shunt_conn_is_template(c) &&
	       c->fwd != SHUNT_FWD_TUNNEL;
}

/* It is in no table, or not any more. */
static void leave(struct shunt_net *sn, struct shunt_conn *c,
		  enum shunt_load load)
{
	shunt_dest_unbind(c->dest, load);
	shunt_limit_leave(sn);
	if (unlikely(c->kind == SHUNT_CONN_EXPECTED))
		atomic_dec(&sn->expected);
	if (unlikely(shunt_conn_marks(c) & SHUNT_MARK_FTP))
		shunt_ftp_detach(sn, c);
	call_rcu(&c->rcu, release);
}

/**
 * shunt_conn_create() - make a connection and publish it
 * @sn:		the netns
 * @plan:	what it shall be like; the caller's RCU read lock holds real
 *		server and template
 *
 * Context: RCU read lock and bottom halves off.
 * Return: the connection; -EEXIST when another CPU was first, -EADDRINUSE when
 * the replies would be those of another connection (see shunt_conn_claim()),
 * -ENOSPC when the netns may not have more, -ENOMEM, or what the table says
 * (-EBUSY, -E2BIG).
 */
struct shunt_conn *shunt_conn_create(struct shunt_net *sn,
				     const struct shunt_conn_plan *plan)
{
	enum shunt_load load;
	struct shunt_conn *c;
	int err = -ENOSPC;

	/* As a full barrier, too, it pairs with turn(), which may stop the wheel. */
	if (unlikely(!shunt_limit_enter(sn)))
		goto err_call;
	err = -ENOMEM;
	c = alloc(plan);
	if (unlikely(!c))
		goto err_limit;
	load = load_of(c, c->state);
	shunt_dest_bind(c->dest, load);
	if (unlikely(READ_ONCE(sn->settings.conntrack)) && is_tracked(c))
		shunt_conn_mark(c, SHUNT_MARK_TRACKED);
	if (unlikely(c->kind == SHUNT_CONN_EXPECTED))
		atomic_inc(&sn->expected);

	/* Whoever finds it now may change or kill it: the lock lets it settle. */
	spin_lock(&c->lock);
	err = publish(sn, c);
	if (!err)
		shunt_wheel_add(sn, c);
	else
		WRITE_ONCE(c->dead, true);
	spin_unlock(&c->lock);
	if (!err) {
		if (counts(c))
			shunt_count_conn(c->dest->counters);
		if (shunt_state_established(shunt_conn_proto(c), plan->state))
			assure(c->template);
		return c;
	}

	leave(sn, c, load);
	return ERR_PTR(err);

err_limit:
	shunt_limit_leave(sn);
err_call:
	kfree(plan->call);
	return ERR_PTR(err);
}

/*
 * Ends the connection whose replies are in the way: a client that uses one port
 * towards two services which share a real server gets replies that could belong
 * to either. A connection that is over has no more claim to them; with UDP the
 * newer one is more likely to be waiting.
 */
static bool make_way(struct shunt_net *sn, const struct shunt_conn_plan *plan)
{
	struct shunt_tuple reply;
	struct shunt_conn *owner;
	enum shunt_dir dir;

	reply_tuple(&reply, plan);
	owner = shunt_conn_lookup(sn, &reply, &dir);
	if (!owner)
		return true;
	if (reply.proto != IPPROTO_UDP &&
	    !shunt_state_over(reply.proto, READ_ONCE(owner->state)))
		return false;
	shunt_conn_kill(sn, owner);
	return true;
}

/**
 * shunt_conn_claim() - make a connection, if need be in the place of another
 * @sn:		the netns
 * @plan:	as for shunt_conn_create(), no template's
 *
 * One that is over, and whose replies would be taken for the new one's, ends.
 *
 * Context: RCU read lock and bottom halves off.
 * Return: as shunt_conn_create().
 */
struct shunt_conn *shunt_conn_claim(struct shunt_net *sn,
				    const struct shunt_conn_plan *plan)
{
	struct shunt_conn *c = shunt_conn_create(sn, plan);

	if (PTR_ERR_OR_ZERO(c) == -EADDRINUSE && make_way(sn, plan))
		c = shunt_conn_create(sn, plan);
	return c;
}

/* How long a real server may take to answer a packet scheduled by itself. */
#define ONCE_TIMEOUT	30

/* The client's last packet may have gone this very way. */
static struct shunt_conn *find_replies(struct shunt_net *sn,
				       const struct shunt_conn_plan *plan)
{
	struct shunt_tuple reply;
	struct shunt_conn *c;
	enum shunt_dir dir;

	reply_tuple(&reply, plan);
	c = shunt_conn_lookup(sn, &reply, &dir);
	if (!c || c->kind != SHUNT_CONN_REPLIES || c->dest != plan->dest ||
	    shunt_conn_is_dead(c) ||
	    !shunt_tuple_equal(shunt_conn_request(c),
			       plan->request))
		return NULL;
	return c;
}

/**
 * shunt_conn_once() - what forwards a packet that is scheduled by itself
 * @sn:		the netns
 * @plan:	as for shunt_conn_claim(); kind and timeout are set here
 *
 * The next packet will not find it. By NAT its replies do, else it is loose.
 *
 * Context: RCU read lock and bottom halves off.
 * Return: a connection for shunt_conn_discard(), or as shunt_conn_claim().
 */
struct shunt_conn *shunt_conn_once(struct shunt_net *sn,
				   struct shunt_conn_plan *plan)
{
	struct shunt_conn *c;

	plan->timeout = ONCE_TIMEOUT;
	if (plan->fwd == SHUNT_FWD_MASQ) {
		plan->kind = SHUNT_CONN_REPLIES;
		c = find_replies(sn, plan);
		if (!c)
			return shunt_conn_claim(sn, plan);
	} else {
		plan->kind = SHUNT_CONN_LOOSE;
		c = alloc(plan);
		if (!c)
			return ERR_PTR(-ENOMEM);
		shunt_dest_bind(c->dest, SHUNT_LOAD_NONE);
	}
	shunt_count_conn(c->dest->counters);
	return c;
}

/**
 * shunt_conn_discard() - let go of what has forwarded its packet
 * @c:	a connection; nothing happens unless it is loose
 */
void shunt_conn_discard(struct shunt_conn *c)
{
	if (c->kind == SHUNT_CONN_LOOSE)
		release(&c->rcu);
}

static void bury(struct shunt_net *sn, struct shunt_conn *c,
		 enum shunt_load load)
{
	if (has_replies(c))
		remove_node(sn, c, SHUNT_DIR_REPLY);
	if (has_requests(c))
		remove_node(sn, c, SHUNT_DIR_REQUEST);
	if (unlikely(shunt_conn_marks(c) & SHUNT_MARK_TRACKED))
		shunt_track_forget(sn, c);
	leave(sn, c, load);
}

static bool end(struct shunt_net *sn, struct shunt_conn *c, bool expired)
{
	enum shunt_load load;
	bool was_dead;

	/* Until it is out of the table: a packet could meet it dead and there. */
	local_bh_disable();
	spin_lock(&c->lock);
	was_dead = c->dead;
	if (!was_dead) {
		WRITE_ONCE(c->dead, true);
		/* Of UDP it may become another meanwhile, and counts alike. */
		load = load_of(c, READ_ONCE(c->state));
		shunt_wheel_remove(sn, c);
	}
	spin_unlock(&c->lock);
	if (!was_dead) {
		/* As long as nf_conntrack knows whose RSTs they are. */
		if (expired)
			shunt_reset_send(sn, c);
		bury(sn, c, load);
	}
	local_bh_enable();
	return !was_dead;
}

/**
 * shunt_conn_kill() - take a connection out of the table for good
 * @sn:		the netns
 * @c:		the connection
 *
 * Context: RCU read lock, any but hard interrupt.
 * Return: true for the one caller who did it.
 */
bool shunt_conn_kill(struct shunt_net *sn, struct shunt_conn *c)
{
	return end(sn, c, false);
}

/**
 * shunt_conn_expire() - the same, and tell its ends where they are to be told
 * @sn:		the netns
 * @c:		the connection
 *
 * Context: RCU read lock, any but hard interrupt.
 */
void shunt_conn_expire(struct shunt_net *sn, struct shunt_conn *c)
{
	end(sn, c, true);
}

static enum shunt_view view_of(const struct shunt_conn *c, enum shunt_dir dir)
{
	if (c->fwd != SHUNT_FWD_MASQ)
		return SHUNT_VIEW_HALF;
	return dir == SHUNT_DIR_REQUEST ? SHUNT_VIEW_REQUEST : SHUNT_VIEW_REPLY;
}

static u8 next_state(const struct shunt_net *sn, u8 state,
		     enum shunt_view view, u8 flags)
{
	if (unlikely(READ_ONCE(sn->defence.strict_tcp)))
		return shunt_tcp_next_strict(state, view, flags);
	return shunt_tcp_next(state, view, flags);
}

/**
 * shunt_conn_answer() - the real server has answered for the first time
 * @c:	a connection without a state machine
 */
void shunt_conn_answer(struct shunt_conn *c)
{
	WRITE_ONCE(c->state, SHUNT_ASSURED);
	assure(c->template);
}

/* With shunt_conn.lock held: a packet has moved it. */
static void advance(struct shunt_net *sn, struct shunt_conn *c, u8 next)
{
	if (shunt_state_established(shunt_conn_proto(c), next))
		assure(c->template);
	shunt_dest_move(c->dest, load_of(c, c->state), load_of(c, next));
	WRITE_ONCE(c->state, next);
	shunt_wheel_hasten(sn, c);
}

/**
 * shunt_conn_tcp() - follow a TCP segment
 * @sn:		the netns
 * @c:		its connection
 * @dir:	its direction
 * @flags:	byte 13 of its TCP header
 *
 * Call after shunt_conn_touch(): the new state's timeout runs from there.
 * Context: RCU read lock.
 */
void shunt_conn_tcp(struct shunt_net *sn, struct shunt_conn *c,
		    enum shunt_dir dir, u8 flags)
{
	enum shunt_view view = view_of(c, dir);
	u8 state = READ_ONCE(c->state), next;

	if (shunt_tcp_settled(state, flags) ||
	    next_state(sn, state, view, flags) == state)
		return;

	spin_lock_bh(&c->lock);
	next = next_state(sn, c->state, view, flags);
	if (next != c->state && !c->dead)
		advance(sn, c, next);
	spin_unlock_bh(&c->lock);
}

/**
 * shunt_conn_sctp() - follow an SCTP packet
 * @sn:		the netns
 * @c:		its connection
 * @dir:	its direction
 * @chunk:	type of the chunk that counts in it
 *
 * Call after shunt_conn_touch(): the new state's timeout runs from there.
 * Context: RCU read lock.
 */
void shunt_conn_sctp(struct shunt_net *sn, struct shunt_conn *c,
		     enum shunt_dir dir, u8 chunk)
{
	enum shunt_view view = view_of(c, dir);
	u8 state = READ_ONCE(c->state), next;

	if (shunt_sctp_next(state, view, chunk) == state)
		return;

	spin_lock_bh(&c->lock);
	next = shunt_sctp_next(c->state, view, chunk);
	if (next != c->state && !c->dead)
		advance(sn, c, next);
	spin_unlock_bh(&c->lock);
}

/* Its own, its service's, or the netns's. */
static u32 timeout_of(const struct shunt_net *sn, const struct shunt_conn *c)
{
	u8 state = READ_ONCE(c->state), proto = shunt_conn_proto(c);

	if (c->timeout)
		return c->timeout;
	return shunt_terms_timeout(&c->dest->terms, proto, state) ?:
	       shunt_timeout(&sn->timeouts, proto, state);
}

/**
 * shunt_conn_expires() - time left
 * @sn:	the netns
 * @c:	the connection
 *
 * Return: jiffies until it expires if no further packet comes, 0 when that
 * moment has passed.
 */
u32 shunt_conn_expires(const struct shunt_net *sn, const struct shunt_conn *c)
{
	u32 timeout = timeout_of(sn, c) * HZ;
	u32 seen = READ_ONCE(c->seen);
	s32 idle = (s32)((u32)jiffies - seen);

	/* Below 0: it was just seen by a CPU that is a tick ahead. */
	if (idle < 0)
		return timeout;
	return (u32)idle < timeout ? timeout - idle : 0;
}

/**
 * shunt_conn_buckets() - how large the table is
 * @sn:	the netns
 *
 * Return: its buckets at this moment.
 */
u32 shunt_conn_buckets(struct shunt_net *sn)
{
	u32 buckets;

	rcu_read_lock();
	buckets = rht_dereference_rcu(sn->conns.tbl, &sn->conns)->size;
	rcu_read_unlock();
	return buckets;
}

/* The connection of a node that a walk came by, or of the next request's. */
static struct shunt_conn *walk_from(struct rhashtable_iter *iter,
				    struct shunt_node *node)
{
	while (node && (IS_ERR(node) || node->tuple.dir != SHUNT_DIR_REQUEST))
		node = rhashtable_walk_next(iter);
	return node ? node_conn(node) : NULL;
}

/**
 * shunt_conn_walk_peek() - where a walk over the table stands
 * @iter:	a started rhashtable walk over shunt_net.conns
 *
 * A table that is resized meanwhile may show a connection twice, as rhashtable
 * walks do.
 *
 * Context: between rhashtable_walk_start() and _stop().
 * Return: the connection last returned, at the beginning the first; NULL at the
 * end.
 */
struct shunt_conn *shunt_conn_walk_peek(struct rhashtable_iter *iter)
{
	return walk_from(iter, rhashtable_walk_peek(iter));
}

/**
 * shunt_conn_walk_next() - the next connection of a walk
 * @iter:	as for shunt_conn_walk_peek()
 *
 * Return: the connection, NULL at the end.
 */
struct shunt_conn *shunt_conn_walk_next(struct rhashtable_iter *iter)
{
	return walk_from(iter, rhashtable_walk_next(iter));
}

/**
 * shunt_conns_init() - set up a netns's table
 * @sn:	the netns
 *
 * Return: 0 or a negative errno.
 */
int shunt_conns_init(struct shunt_net *sn)
{
	struct rhashtable_params sized = params;

	/* Not for every container of a host. */
	if (conn_tab_bits && net_eq(sn->net, &init_net))
		sized.min_size = 1 << conn_tab_bits;
	atomic_set(&sn->conn_count, 0);
	return rhashtable_init(&sn->conns, &sized);
}

/**
 * shunt_conns_exit() - free a netns's table
 * @sn:	the netns, whose connections shunt_wheel_destroy() has killed
 */
void shunt_conns_exit(struct shunt_net *sn)
{
	rhashtable_destroy(&sn->conns);
}

/**
 * shunt_conn_caches_create() - set up the memory for connections
 *
 * Return: 0 or -ENOMEM.
 */
int shunt_conn_caches_create(void)
{
	/* Debug kernels have larger locks. */
	BUILD_BUG_ON(sizeof(spinlock_t) == 4 && CONN4_SIZE > 128);

	conn4_cache = kmem_cache_create("shunt_conn4", CONN4_SIZE, 0,
					SLAB_HWCACHE_ALIGN, NULL);
	conn6_cache = kmem_cache_create("shunt_conn6", CONN6_SIZE, 0,
					SLAB_HWCACHE_ALIGN, NULL);
	if (conn4_cache && conn6_cache)
		return 0;
	shunt_conn_caches_destroy();
	return -ENOMEM;
}

/**
 * shunt_conn_caches_destroy() - free what shunt_conn_caches_create() set up
 *
 * No connection may be left, those on their way through RCU included.
 */
void shunt_conn_caches_destroy(void)
{
	kmem_cache_destroy(conn4_cache);
	kmem_cache_destroy(conn6_cache);
}
