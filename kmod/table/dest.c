// SPDX-License-Identifier: GPL-2.0-only
#include "table/dest.h"

#include <linux/slab.h>

#include "net.h"
#include "table/expire.h"
#include "table/real.h"
#include "table/trash.h"

static void free_dest(struct rcu_head *rcu)
{
	struct shunt_dest *dest = container_of(rcu, struct shunt_dest, rcu);

	shunt_route_forget(&dest->sn->routes, &dest->route);
	shunt_batch_put(dest->batch);
	kfree(dest);
}

/**
 * shunt_dest_put() - let go of a reference
 * @dest:	the real server, freed after a grace period with the last one
 *
 * Context: any.
 */
void shunt_dest_put(struct shunt_dest *dest)
{
	if (refcount_dec_and_test(&dest->refs))
		call_rcu(&dest->rcu, free_dest);
}

/**
 * shunt_dest_lookup() - find a real server of a service
 * @svc:	the service
 * @af:		AF_INET or AF_INET6
 * @addr:	real address
 * @port:	real port
 *
 * Context: shunt_net.mutex.
 * Return: the real server, or NULL.
 */
struct shunt_dest *shunt_dest_lookup(const struct shunt_service *svc, u8 af,
				     const union nf_inet_addr *addr,
				     __be16 port)
{
	struct shunt_dest *dest;

	list_for_each_entry(dest, &svc->dests, list) {
		if (shunt_dest_is_at(dest, af, addr, port))
			return dest;
	}
	return NULL;
}

/**
 * shunt_dest_alloc() - make a real server that is in no service
 * @sn:	the netns
 * @af:	AF_INET or AF_INET6
 *
 * Context: shunt_net.mutex.
 * Return: the real server, for shunt_dest_put(), or NULL when out of memory.
 */
struct shunt_dest *shunt_dest_alloc(struct shunt_net *sn, u8 af)
{
	struct shunt_dest *dest = kzalloc(sizeof(*dest), GFP_KERNEL_ACCOUNT);

	if (!dest)
		return NULL;
	dest->counters = shunt_counters_take(&sn->batch, &dest->batch);
	if (!dest->counters) {
		kfree(dest);
		return NULL;
	}
	refcount_set(&dest->refs, 1);
	dest->sn = sn;
	dest->af = af;
	return dest;
}

/**
 * shunt_dest_create() - add a real server to a service
 * @sn:		the netns
 * @svc:	the service, which has none at this address and port
 * @af:		AF_INET or AF_INET6
 * @addr:	real address
 * @port:	real port
 *
 * One that was removed a short while ago comes back with its connections and
 * counters. The caller sets weight, method and thresholds, settles it, and
 * renews the picks.
 *
 * Context: shunt_net.mutex.
 * Return: the real server, or NULL when out of memory.
 */
struct shunt_dest *shunt_dest_create(struct shunt_net *sn,
				     struct shunt_service *svc, u8 af,
				     const union nf_inet_addr *addr,
				     __be16 port)
{
	struct shunt_dest *dest = shunt_trash_take(sn, svc, af, addr, port);

	if (dest) {
		clear_bit(SHUNT_DEST_REMOVED, &dest->flags);
		dest->last_weight = 0;
	} else {
		dest = shunt_dest_alloc(sn, af);
		if (!dest)
			return NULL;
		dest->addr = *addr;
		dest->port = port;
		dest->key = svc->key;
	}
	dest->svc = svc;
	dest->id = ++sn->next_dest_id;
	list_add(&dest->list, &svc->dests);
	return dest;
}

/**
 * shunt_dest_settle() - let connections see what their service asks for now
 * @sn:		the netns
 * @dest:	a real server of the service, in use or removed
 *
 * To be called when the service's terms or the real server's weight change.
 *
 * Context: shunt_net.mutex.
 */
void shunt_dest_settle(struct shunt_net *sn, struct shunt_dest *dest)
{
	const u32 *value = dest->svc->terms.value;

	if (shunt_terms_merge(&dest->terms, &dest->svc->terms, ~0))
		shunt_wheel_resort(sn);
	assign_bit(SHUNT_DEST_RESETS, &dest->flags, value[SHUNT_TERM_RESET]);
	assign_bit(SHUNT_DEST_LEFT, &dest->flags,
		   value[SHUNT_TERM_UDP_LEAVE] &&
		   (!dest->weight ||
		    test_bit(SHUNT_DEST_REMOVED, &dest->flags)));
}

/**
 * shunt_dest_undrain() - a real server does not have to become empty any more
 * @dest:	the real server
 *
 * Context: shunt_net.mutex.
 */
void shunt_dest_undrain(struct shunt_dest *dest)
{
	if (!test_and_clear_bit(SHUNT_DEST_DRAINING, &dest->flags))
		return;
	clear_bit(SHUNT_DEST_ASKING, &dest->flags);
	clear_bit(SHUNT_DEST_ENDED, &dest->flags);
	dest->deadline = 0;
	list_del(&dest->drain);
}

/**
 * shunt_dest_remove() - take a real server from its service
 * @sn:		the netns
 * @dest:	the real server; it goes to the trash
 *
 * Context: shunt_net.mutex. The caller renews the picks.
 */
void shunt_dest_remove(struct shunt_net *sn, struct shunt_dest *dest)
{
	set_bit(SHUNT_DEST_REMOVED, &dest->flags);
	shunt_dest_settle(sn, dest);
	shunt_dest_undrain(dest);
	list_del(&dest->list);
	shunt_real_remove(dest);
	shunt_trash_put(sn, dest);
	if (READ_ONCE(sn->settings.expire_nodest_conn))
		shunt_wheel_resort(sn);
}

/**
 * shunt_dest_stats() - what a real server has counted
 * @dest:	the real server
 * @stats:	filled, counts since they were last zeroed
 *
 * Context: shunt_net.mutex.
 */
void shunt_dest_stats(const struct shunt_dest *dest, struct shunt_stats *stats)
{
	*stats = (struct shunt_stats){};
	shunt_counters_read(stats, dest->counters, cpu_possible_mask);
	shunt_stats_since(stats, dest->zero);
}

/**
 * shunt_dest_zero() - let a real server count from zero
 * @dest:	the real server
 *
 * Context: shunt_net.mutex.
 */
void shunt_dest_zero(struct shunt_dest *dest)
{
	struct shunt_stats stats;

	shunt_dest_stats(dest, &stats);
	shunt_counts_add(dest->zero, &stats);
}

/**
 * shunt_dest_check_load() - see whether a real server is overloaded
 * @dest:	the real server
 *
 * To be called when its connections or thresholds have changed. Who changes the
 * flag looks again, as what it was based on may have changed meanwhile.
 *
 * Context: any.
 */
void shunt_dest_check_load(struct shunt_dest *dest)
{
	smp_mb__after_atomic();
	for (;;) {
		u32 upper = READ_ONCE(dest->upper);
		u32 lower = READ_ONCE(dest->lower) ?: upper - upper / 4;
		u32 conns = atomic_read(&dest->active) +
			    atomic_read(&dest->inactive);
		bool is = test_bit(SHUNT_DEST_OVERLOADED, &dest->flags);
		bool should = upper &&
			      (conns >= upper || (is && conns >= lower));

		if (is == should)
			return;
		if (should)
			set_bit(SHUNT_DEST_OVERLOADED, &dest->flags);
		else
			clear_bit(SHUNT_DEST_OVERLOADED, &dest->flags);
		smp_mb__after_atomic();
	}
}

static void add_load(struct shunt_dest *dest, enum shunt_load load, int by)
{
	switch (load) {
	case SHUNT_LOAD_ACTIVE:
		atomic_add(by, &dest->active);
		break;
	case SHUNT_LOAD_INACTIVE:
		atomic_add(by, &dest->inactive);
		break;
	case SHUNT_LOAD_TEMPLATE:
		atomic_add(by, &dest->templates);
		break;
	case SHUNT_LOAD_NONE:
		break;
	}
}

/**
 * shunt_dest_bind() - a connection takes a reference and is counted
 * @dest:	its real server
 * @load:	what it counts as
 *
 * Context: RCU read lock.
 */
void shunt_dest_bind(struct shunt_dest *dest, enum shunt_load load)
{
	refcount_inc(&dest->refs);
	add_load(dest, load, 1);
	shunt_dest_check_load(dest);
}

/**
 * shunt_dest_unbind() - a connection is dead and counts no more
 * @dest:	its real server
 * @load:	what it was counted as
 *
 * The reference is put apart, after a grace period.
 */
void shunt_dest_unbind(struct shunt_dest *dest, enum shunt_load load)
{
	add_load(dest, load, -1);
	shunt_dest_check_load(dest);
	/* Pairs with the barriers of the work, which looks at both, too. */
	if (unlikely(test_bit(SHUNT_DEST_DRAINING, &dest->flags)) &&
	    shunt_dest_is_empty(dest))
		mod_delayed_work(system_power_efficient_wq,
				 &dest->sn->drain_work, 0);
}

/**
 * shunt_dest_move() - a connection counts as something else from now on
 * @dest:	its real server
 * @from:	what it was counted as
 * @to:		what it counts as now
 */
void shunt_dest_move(struct shunt_dest *dest, enum shunt_load from,
		     enum shunt_load to)
{
	if (from == to)
		return;
	add_load(dest, to, 1);
	add_load(dest, from, -1);
}
