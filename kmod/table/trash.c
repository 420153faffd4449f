// SPDX-License-Identifier: GPL-2.0-only
#include "table/trash.h"

#include <linux/jhash.h>

#include "table/dest.h"

/* How long a removed real server can come back. */
#define TRASH_PERIOD	(120 * HZ)

static u32 hash(const struct shunt_service_key *key,
		const union nf_inet_addr *addr, __be16 port)
{
	return jhash2((const u32 *)addr, sizeof(*addr) / sizeof(u32),
		      jhash2((const u32 *)key, sizeof(*key) / sizeof(u32),
			     (__force u32)port));
}

/**
 * shunt_trash_put() - keep a real server that has been removed
 * @sn:		the netns
 * @dest:	the real server, in no list
 *
 * Context: shunt_net.mutex.
 */
void shunt_trash_put(struct shunt_net *sn, struct shunt_dest *dest)
{
	dest->removed = jiffies;
	list_add(&dest->list, &dest->svc->removed);
	hash_add(sn->trash, &dest->trash,
		 hash(&dest->key, &dest->addr, dest->port));
	queue_delayed_work(system_power_efficient_wq, &sn->trash_work,
			   TRASH_PERIOD + HZ);
}

/**
 * shunt_trash_take() - get a real server back
 * @sn:		the netns
 * @svc:	its service, or one of the same name
 * @af:		AF_INET or AF_INET6
 * @addr:	real address
 * @port:	real port
 *
 * What it counted for a service of that name which is gone by now is not this
 * service's.
 *
 * Context: shunt_net.mutex.
 * Return: the real server, in no list, or NULL.
 */
struct shunt_dest *shunt_trash_take(struct shunt_net *sn,
				    struct shunt_service *svc, u8 af,
				    const union nf_inet_addr *addr,
				    __be16 port)
{
	struct shunt_stats stats = {};
	struct shunt_dest *dest;

	hash_for_each_possible(sn->trash, dest, trash,
			       hash(&svc->key, addr, port)) {
		if (shunt_dest_is_at(dest, af, addr, port) &&
		    !memcmp(&dest->key, &svc->key, sizeof(svc->key)))
			goto found;
	}
	return NULL;

found:
	if (dest->svc) {
		list_del(&dest->list);
	} else {
		shunt_counters_read(&stats, dest->counters, cpu_possible_mask);
		memcpy(dest->zero, stats.count, sizeof(dest->zero));
		shunt_counts_add(svc->zero, &stats);
	}
	hash_del(&dest->trash);
	return dest;
}

/* Its counts are kept where they belong; its rates are over. */
static void throw_away(struct shunt_net *sn, struct shunt_dest *dest)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct shunt_stats stats = {};

		shunt_counters_read(&stats, dest->counters, cpumask_of(cpu));
		shunt_counts_add(per_cpu_ptr(sn->carry, cpu)->value, &stats);
		if (dest->svc)
			shunt_counts_add(dest->svc->gone, &stats);
	}
	if (dest->svc)
		list_del(&dest->list);
	hash_del(&dest->trash);
	shunt_dest_put(dest);
}

static void empty(struct work_struct *work)
{
	struct shunt_net *sn = container_of(to_delayed_work(work),
					    struct shunt_net, trash_work);
	struct hlist_node *next;
	struct shunt_dest *dest;
	unsigned int i;

	mutex_lock(&sn->mutex);
	hash_for_each_safe(sn->trash, i, next, dest, trash) {
		/* Kept by its connections: they may yet want it back. */
		if (refcount_read(&dest->refs) == 1 &&
		    time_after_eq(jiffies, dest->removed + TRASH_PERIOD))
			throw_away(sn, dest);
	}
	if (!hash_empty(sn->trash))
		queue_delayed_work(system_power_efficient_wq, &sn->trash_work,
				   TRASH_PERIOD / 8);
	mutex_unlock(&sn->mutex);
}

/**
 * shunt_trash_forget_service() - a service goes before its removed servers
 * @svc:	the service
 *
 * Context: shunt_net.mutex.
 */
void shunt_trash_forget_service(struct shunt_service *svc)
{
	struct shunt_dest *dest, *next;

	list_for_each_entry_safe(dest, next, &svc->removed, list) {
		list_del(&dest->list);
		dest->svc = NULL;
	}
}

/**
 * shunt_trash_stats() - add what removed real servers have counted
 * @sn:		the netns
 * @stats:	added to
 * @cpus:	what was counted on these
 *
 * Context: shunt_net.mutex.
 */
void shunt_trash_stats(struct shunt_net *sn, struct shunt_stats *stats,
		       const struct cpumask *cpus)
{
	struct shunt_dest *dest;
	unsigned int i;

	hash_for_each(sn->trash, i, dest, trash)
		shunt_counters_read(stats, dest->counters, cpus);
}

/**
 * shunt_trash_init() - set up a netns's trash
 * @sn:	the netns
 */
void shunt_trash_init(struct shunt_net *sn)
{
	hash_init(sn->trash);
	INIT_DELAYED_WORK(&sn->trash_work, empty);
}

/**
 * shunt_trash_exit() - throw away all removed real servers at once
 * @sn:	the netns; it has no service any more
 */
void shunt_trash_exit(struct shunt_net *sn)
{
	struct hlist_node *next;
	struct shunt_dest *dest;
	unsigned int i;

	cancel_delayed_work_sync(&sn->trash_work);
	hash_for_each_safe(sn->trash, i, next, dest, trash)
		throw_away(sn, dest);
}
