// SPDX-License-Identifier: GPL-2.0-only
#include "table/service.h"

#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "forward/bypass.h"
#include "helper/ftp.h"
#include "sched/sched.h"
#include "table/dest.h"
#include "table/trash.h"

static const struct rhashtable_params params = {
	.head_offset = offsetof(struct shunt_service, link),
	.key_offset = offsetof(struct shunt_service, key),
	.key_len = sizeof(struct shunt_service_key),
	.automatic_shrinking = true,
};

/**
 * shunt_service_lookup() - find a virtual service
 * @sn:		the netns
 * @key:	its key, every byte set
 *
 * Context: RCU read lock or shunt_net.mutex.
 * Return: the service, or NULL.
 */
struct shunt_service *shunt_service_lookup(struct shunt_net *sn,
					   const struct shunt_service_key *key)
{
	return rhashtable_lookup_fast(&sn->services, key, params);
}

/* How many there are of the kinds that packets ask for apart. */
static void count(struct shunt_net *sn, const struct shunt_service *svc, int by)
{
	sn->service_count += by;
	if (svc->key.fwmark)
		WRITE_ONCE(sn->by_mark, sn->by_mark + by);
	else if (!svc->key.port)
		WRITE_ONCE(sn->all_ports, sn->all_ports + by);
	else if (shunt_ftp_is_port(svc->key.port))
		WRITE_ONCE(sn->ftp_services, sn->ftp_services + by);
}

static void free_service(struct rcu_head *rcu)
{
	struct shunt_service *svc = container_of(rcu, struct shunt_service,
						 rcu);

	if (svc->nobody)
		shunt_dest_put(svc->nobody);
	kfree(svc);
}

/**
 * shunt_service_create() - make a virtual service without real servers
 * @sn:		the netns
 * @key:	its key
 * @sched:	its scheduler
 * @flags:	SHUNT_SVC_F_*
 *
 * Context: shunt_net.mutex.
 * Return: the service, -EEXIST, or -ENOMEM.
 */
struct shunt_service *shunt_service_create(struct shunt_net *sn,
					   const struct shunt_service_key *key,
					   const struct shunt_scheduler *sched,
					   u32 flags)
{
	struct shunt_service *svc;
	int err;

	svc = kzalloc(sizeof(*svc), GFP_KERNEL_ACCOUNT);
	if (!svc)
		return ERR_PTR(-ENOMEM);
	svc->key = *key;
	svc->sched = sched;
	svc->flags = flags;
	INIT_LIST_HEAD(&svc->dests);
	INIT_LIST_HEAD(&svc->removed);
	/* Directors started together shall not all begin with the same one. */
	atomic_set(&svc->turn, get_random_u32());

	if (key->fwmark) {
		svc->nobody = shunt_bypass_create(sn, svc);
		err = -ENOMEM;
		if (!svc->nobody)
			goto err_free;
	}
	err = xa_alloc_cyclic(&sn->service_ids, &svc->id, svc, xa_limit_32b,
			      &sn->next_service_id, GFP_KERNEL);
	if (err < 0)
		goto err_free;
	err = rhashtable_lookup_insert_fast(&sn->services, &svc->link, params);
	if (err)
		goto err_id;
	count(sn, svc, 1);
	return svc;

err_id:
	xa_erase(&sn->service_ids, svc->id);
err_free:
	free_service(&svc->rcu);
	return ERR_PTR(err);
}

/**
 * shunt_service_destroy() - remove a virtual service and its real servers
 * @sn:		the netns
 * @svc:	the service
 *
 * Its connections stay with the real servers in the trash.
 *
 * Context: shunt_net.mutex.
 */
void shunt_service_destroy(struct shunt_net *sn, struct shunt_service *svc)
{
	struct shunt_dest *dest, *next;

	rhashtable_remove_fast(&sn->services, &svc->link, params);
	xa_erase(&sn->service_ids, svc->id);
	count(sn, svc, -1);

	list_for_each_entry_safe(dest, next, &svc->dests, list)
		shunt_dest_remove(sn, dest);
	shunt_trash_forget_service(svc);
	shunt_picks_free(rcu_replace_pointer(svc->picks, NULL,
					     lockdep_is_held(&sn->mutex)));
	call_rcu(&svc->rcu, free_service);
}

/* Everything the real servers of a list have ever counted. */
static void add_dests(const struct list_head *dests, struct shunt_stats *stats,
		      const struct cpumask *cpus)
{
	const struct shunt_dest *dest;

	list_for_each_entry(dest, dests, list)
		shunt_counters_read(stats, dest->counters, cpus);
}

/**
 * shunt_service_stats() - what a service's real servers have counted
 * @svc:	the service
 * @stats:	filled, counts since they were last zeroed
 *
 * Context: shunt_net.mutex.
 */
void shunt_service_stats(const struct shunt_service *svc,
			 struct shunt_stats *stats)
{
	*stats = (struct shunt_stats){};
	memcpy(stats->count, svc->gone, sizeof(svc->gone));
	add_dests(&svc->dests, stats, cpu_possible_mask);
	add_dests(&svc->removed, stats, cpu_possible_mask);
	shunt_stats_since(stats, svc->zero);
}

/**
 * shunt_total_stats_on() - what all real servers of a netns have counted
 * @sn:		the netns
 * @stats:	filled, counts since they were last zeroed
 * @cpus:	what was counted on these
 *
 * Context: shunt_net.mutex.
 */
void shunt_total_stats_on(struct shunt_net *sn, struct shunt_stats *stats,
			  const struct cpumask *cpus)
{
	struct shunt_service *svc;
	unsigned long id;
	int cpu, i;

	*stats = (struct shunt_stats){};
	for_each_cpu(cpu, cpus) {
		for (i = 0; i < SHUNT_COUNT_MAX; i++)
			stats->count[i] += per_cpu_ptr(sn->carry, cpu)->value[i];
	}
	xa_for_each(&sn->service_ids, id, svc)
		add_dests(&svc->dests, stats, cpus);
	shunt_trash_stats(sn, stats, cpus);
}

/**
 * shunt_total_zero() - let the total count from zero
 * @sn:	the netns
 *
 * Context: shunt_net.mutex.
 */
void shunt_total_zero(struct shunt_net *sn)
{
	struct shunt_stats stats;
	int cpu;

	for_each_possible_cpu(cpu) {
		shunt_total_stats_on(sn, &stats, cpumask_of(cpu));
		shunt_counts_sub(per_cpu_ptr(sn->carry, cpu)->value, &stats);
	}
}

/**
 * shunt_services_init() - set up a netns's table of services
 * @sn:	the netns
 *
 * Return: 0 or a negative errno.
 */
int shunt_services_init(struct shunt_net *sn)
{
	xa_init_flags(&sn->service_ids, XA_FLAGS_ALLOC1 | XA_FLAGS_ACCOUNT);
	return rhashtable_init(&sn->services, &params);
}

/**
 * shunt_services_exit() - free a netns's table of services
 * @sn:	the netns; it has no service any more
 */
void shunt_services_exit(struct shunt_net *sn)
{
	rhashtable_destroy(&sn->services);
	xa_destroy(&sn->service_ids);
}
