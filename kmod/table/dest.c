// SPDX-License-Identifier: GPL-2.0-only
#include "table/dest.h"

#include <linux/slab.h>

#include "net.h"

/* How long a removed real server can come back with its connections. */
#define TRASH_PERIOD	(120 * HZ)

static bool addr_equal(const union nf_inet_addr *a, const union nf_inet_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static bool is_at(const struct shunt_dest *dest, u8 af,
		  const union nf_inet_addr *addr, __be16 port)
{
	return dest->af == af && dest->port == port &&
	       addr_equal(&dest->addr, addr);
}

static void free_dest(struct rcu_head *rcu)
{
	struct shunt_dest *dest = container_of(rcu, struct shunt_dest, rcu);

	shunt_route_cache_exit(&dest->route);
	free_percpu(dest->counters);
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
		if (is_at(dest, af, addr, port))
			return dest;
	}
	return NULL;
}

/*
 * Back from the trash with its connections. What it had counted for a service
 * of the same name that is gone meanwhile is not this service's.
 */
static struct shunt_dest *revive(struct shunt_net *sn,
				 struct shunt_service *svc, u8 af,
				 const union nf_inet_addr *addr, __be16 port)
{
	struct shunt_stats stats = {};
	struct shunt_dest *dest;
	int i;

	list_for_each_entry(dest, &sn->trash, list) {
		if (is_at(dest, af, addr, port) &&
		    !memcmp(&dest->key, &svc->key, sizeof(svc->key)))
			goto found;
	}
	return NULL;

found:
	if (!dest->svc) {
		shunt_counters_read(&stats, dest->counters);
		for (i = 0; i < SHUNT_COUNT_MAX; i++) {
			dest->zero[i] = stats.count[i];
			svc->zero[i] += stats.count[i];
		}
	}
	list_del(&dest->list);
	clear_bit(SHUNT_DEST_REMOVED, &dest->flags);
	return dest;
}

static struct shunt_dest *alloc_dest(void)
{
	struct shunt_dest *dest = kzalloc(sizeof(*dest), GFP_KERNEL);

	if (!dest)
		return NULL;
	dest->counters = shunt_counters_alloc();
	if (!dest->counters) {
		kfree(dest);
		return NULL;
	}
	shunt_route_cache_init(&dest->route);
	refcount_set(&dest->refs, 1);
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
 * counters. The caller sets weight, method and thresholds, then the picks.
 *
 * Context: shunt_net.mutex.
 * Return: the real server, or NULL when out of memory.
 */
struct shunt_dest *shunt_dest_create(struct shunt_net *sn,
				     struct shunt_service *svc, u8 af,
				     const union nf_inet_addr *addr,
				     __be16 port)
{
	struct shunt_dest *dest = revive(sn, svc, af, addr, port);

	if (!dest) {
		dest = alloc_dest();
		if (!dest)
			return NULL;
		dest->af = af;
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
 * shunt_dest_remove() - take a real server from its service
 * @sn:		the netns
 * @dest:	the real server; it goes to the trash
 *
 * Context: shunt_net.mutex. The caller renews the picks.
 */
void shunt_dest_remove(struct shunt_net *sn, struct shunt_dest *dest)
{
	set_bit(SHUNT_DEST_REMOVED, &dest->flags);
	dest->removed = jiffies;
	list_move(&dest->list, &sn->trash);
	queue_delayed_work(system_power_efficient_wq, &sn->trash_work,
			   TRASH_PERIOD + HZ);
}

static void throw_away(struct shunt_net *sn, struct shunt_dest *dest)
{
	struct shunt_stats stats = {};
	struct shunt_stats *heir = dest->svc ? &dest->svc->gone : &sn->gone;
	int i;

	shunt_counters_read(&stats, dest->counters);
	for (i = 0; i < SHUNT_COUNT_MAX; i++)
		heir->count[i] += stats.count[i];
	list_del(&dest->list);
	shunt_dest_put(dest);
}

static void empty_trash(struct work_struct *work)
{
	struct shunt_net *sn = container_of(to_delayed_work(work),
					    struct shunt_net, trash_work);
	struct shunt_dest *dest, *next;

	mutex_lock(&sn->mutex);
	list_for_each_entry_safe(dest, next, &sn->trash, list) {
		/* Kept by its connections: they may yet want it back. */
		if (refcount_read(&dest->refs) == 1 &&
		    time_after_eq(jiffies, dest->removed + TRASH_PERIOD))
			throw_away(sn, dest);
	}
	if (!list_empty(&sn->trash))
		queue_delayed_work(system_power_efficient_wq, &sn->trash_work,
				   TRASH_PERIOD / 8);
	mutex_unlock(&sn->mutex);
}

/**
 * shunt_trash_forget_service() - a service goes before its removed servers
 * @sn:		the netns
 * @svc:	the service
 *
 * Context: shunt_net.mutex.
 */
void shunt_trash_forget_service(struct shunt_net *sn,
				const struct shunt_service *svc)
{
	struct shunt_dest *dest;

	list_for_each_entry(dest, &sn->trash, list) {
		if (dest->svc == svc)
			dest->svc = NULL;
	}
}

/**
 * shunt_trash_init() - set up a netns's trash
 * @sn:	the netns
 */
void shunt_trash_init(struct shunt_net *sn)
{
	INIT_LIST_HEAD(&sn->trash);
	INIT_DELAYED_WORK(&sn->trash_work, empty_trash);
}

/**
 * shunt_trash_exit() - throw away all removed real servers at once
 * @sn:	the netns; it has no service any more
 */
void shunt_trash_exit(struct shunt_net *sn)
{
	struct shunt_dest *dest, *next;

	cancel_delayed_work_sync(&sn->trash_work);
	list_for_each_entry_safe(dest, next, &sn->trash, list) {
		list_del(&dest->list);
		shunt_dest_put(dest);
	}
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
	int i;

	*stats = (struct shunt_stats){};
	shunt_counters_read(stats, dest->counters);
	for (i = 0; i < SHUNT_COUNT_MAX; i++)
		stats->count[i] -= dest->zero[i];
}

/**
 * shunt_total_stats() - what all real servers of a netns have ever counted
 * @sn:		the netns
 * @stats:	filled, counts since they were last zeroed
 *
 * Context: shunt_net.mutex.
 */
void shunt_total_stats(struct shunt_net *sn, struct shunt_stats *stats)
{
	struct shunt_service *svc;
	struct shunt_dest *dest;
	unsigned long id;
	int i;

	*stats = sn->gone;
	list_for_each_entry(dest, &sn->trash, list)
		shunt_counters_read(stats, dest->counters);
	xa_for_each(&sn->service_ids, id, svc) {
		shunt_stats_add(stats, &svc->gone);
		list_for_each_entry(dest, &svc->dests, list)
			shunt_counters_read(stats, dest->counters);
	}
	for (i = 0; i < SHUNT_COUNT_MAX; i++)
		stats->count[i] -= sn->zero[i];
}

/**
 * shunt_dest_check_load() - see whether a real server is overloaded
 * @dest:	the real server
 *
 * To be called when its connections or thresholds have changed.
 * Context: any.
 */
void shunt_dest_check_load(struct shunt_dest *dest)
{
	u32 upper = READ_ONCE(dest->upper), lower = READ_ONCE(dest->lower);
	u32 conns = atomic_read(&dest->active) + atomic_read(&dest->inactive);

	if (upper && conns >= upper)
		set_bit(SHUNT_DEST_OVERLOADED, &dest->flags);
	else if (test_bit(SHUNT_DEST_OVERLOADED, &dest->flags) &&
		 (!upper || conns < (lower ?: upper - upper / 4)))
		clear_bit(SHUNT_DEST_OVERLOADED, &dest->flags);
}

/**
 * shunt_dest_bind() - a connection takes a reference and is counted
 * @dest:	its real server
 * @active:	counts as active
 *
 * Context: RCU read lock.
 */
void shunt_dest_bind(struct shunt_dest *dest, bool active)
{
	refcount_inc(&dest->refs);
	atomic_inc(active ? &dest->active : &dest->inactive);
	shunt_dest_check_load(dest);
}

/**
 * shunt_dest_unbind() - a connection is dead and counts no more
 * @dest:	its real server
 * @active:	it was counted as active
 *
 * The reference is put apart, after a grace period.
 */
void shunt_dest_unbind(struct shunt_dest *dest, bool active)
{
	atomic_dec(active ? &dest->active : &dest->inactive);
	shunt_dest_check_load(dest);
}

/**
 * shunt_dest_move() - a connection has become active, or ceased to be
 * @dest:	its real server
 * @was_active:	how it was counted
 * @active:	how it counts now
 */
void shunt_dest_move(struct shunt_dest *dest, bool was_active, bool active)
{
	if (was_active == active)
		return;
	atomic_inc(active ? &dest->active : &dest->inactive);
	atomic_dec(active ? &dest->inactive : &dest->active);
}
