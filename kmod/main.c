// SPDX-License-Identifier: GPL-2.0-only
/* Loading and unloading, and the life of a network namespace. */
#include <linux/module.h>
#include <linux/percpu.h>
#include <net/genetlink.h>

#include "control/config.h"
#include "control/drain.h"
#include "control/event.h"
#include "control/ipvs.h"
#include "control/netlink.h"
#include "control/sysctl.h"
#include "forward/track.h"
#include "net.h"
#include "path/devices.h"
#include "path/frag.h"
#include "path/hook.h"
#include "table/conn.h"
#include "table/defence.h"
#include "table/dest.h"
#include "table/expire.h"
#include "table/limit.h"
#include "table/persist.h"
#include "table/service.h"
#include "table/shape.h"
#include "table/trash.h"

unsigned int shunt_net_id __read_mostly;

static int __net_init net_init(struct net *net)
{
	struct shunt_net *sn = shunt_net(net);
	int err;

	sn->net = net;
	sn->generation = 1;
	sn->timeouts = shunt_default_timeouts;
	sn->settings = shunt_default_settings;
	mutex_init(&sn->mutex);
	shunt_routes_init(&sn->routes);
	shunt_hops_init(&sn->hops);
	INIT_LIST_HEAD(&sn->devices);
	shunt_trash_init(sn);
	shunt_drain_init(sn);
	shunt_defence_init(sn);
	err = shunt_limit_init(sn);
	if (err)
		return err;

	err = -ENOMEM;
	sn->drops = alloc_percpu_gfp(struct shunt_drops, GFP_KERNEL_ACCOUNT);
	if (!sn->drops)
		goto err_limit;
	sn->carry = alloc_percpu_gfp(struct shunt_counts, GFP_KERNEL_ACCOUNT);
	if (!sn->carry)
		goto err_drops;
	err = shunt_services_init(sn);
	if (err)
		goto err_carry;
	err = shunt_conns_init(sn);
	if (err)
		goto err_services;
	err = shunt_shape_init(sn);
	if (err)
		goto err_conns;
	return 0;

err_conns:
	shunt_conns_exit(sn);
err_services:
	shunt_services_exit(sn);
err_carry:
	free_percpu(sn->carry);
err_drops:
	free_percpu(sn->drops);
err_limit:
	shunt_limit_exit(sn);
	return err;
}

/* A grace period lies between this and net_exit(): no packet is left there. */
static void __net_exit net_pre_exit(struct net *net)
{
	struct shunt_net *sn = shunt_net(net);

	mutex_lock(&sn->mutex);
	shunt_hooks_unregister(sn);
	shunt_track_stop(sn);
	mutex_unlock(&sn->mutex);
}

static void __net_exit net_exit(struct net *net)
{
	struct shunt_net *sn = shunt_net(net);

	shunt_shape_exit(sn);
	mutex_lock(&sn->mutex);
	shunt_config_exit(sn);
	mutex_unlock(&sn->mutex);

	sn->used = sn->wheel;
	shunt_defence_exit(sn);
	shunt_wheel_destroy(sn);
	shunt_conns_exit(sn);
	shunt_hooks_exit(sn);
	shunt_drain_exit(sn);
	shunt_trash_exit(sn);
	shunt_frag_release6(sn);
	shunt_track_exit(sn);
	shunt_services_exit(sn);
	shunt_batch_put(sn->batch);
	free_percpu(sn->carry);
	free_percpu(sn->drops);
}

/*
 * A connection's memory follows it after a grace period and lets go of its real
 * server, whose own follows after another and lets go of a route, whose own
 * needs a third. IPv6 routes must be gone before the netns's routing is. Hosts
 * with many netns that never had a service need not wait.
 */
static void __net_exit net_exit_batch(struct list_head *nets)
{
	struct net *net;
	bool used = false;

	list_for_each_entry(net, nets, exit_list)
		used |= shunt_net(net)->used;
	if (used) {
		rcu_barrier();
		rcu_barrier();
		rcu_barrier();
	}
	/* What schedulers remembered has been counted until now. */
	list_for_each_entry(net, nets, exit_list)
		shunt_limit_exit(shunt_net(net));
}

static struct pernet_operations net_ops = {
	.init = net_init,
	.pre_exit = net_pre_exit,
	.exit = net_exit,
	.exit_batch = net_exit_batch,
	.id = &shunt_net_id,
	.size = sizeof(struct shunt_net),
};

static int __init shunt_init(void)
{
	int err;

	shunt_persist_init();
	err = shunt_conn_caches_create();
	if (err)
		return err;
	err = register_pernet_subsys(&net_ops);
	if (err)
		goto err_caches;
	err = shunt_routes_register();
	if (err)
		goto err_pernet;
	err = shunt_devices_register();
	if (err)
		goto err_routes;
	err = shunt_netlink_init();
	if (err)
		goto err_devices;
	err = shunt_ipvs_init();
	if (err)
		goto err_netlink;
	return 0;

err_netlink:
	shunt_events_end();
	shunt_netlink_exit();
err_devices:
	shunt_devices_unregister();
err_routes:
	shunt_routes_unregister();
err_pernet:
	unregister_pernet_subsys(&net_ops);
err_caches:
	shunt_conn_caches_destroy();
	return err;
}

static void __exit shunt_exit(void)
{
	shunt_ipvs_exit();
	shunt_events_end();
	shunt_netlink_exit();
	shunt_devices_unregister();
	shunt_routes_unregister();
	unregister_pernet_subsys(&net_ops);
	shunt_conn_caches_destroy();
}

module_init(shunt_init);
module_exit(shunt_exit);

MODULE_DESCRIPTION("Shunt, a layer-4 load balancer");
MODULE_LICENSE("GPL");
MODULE_ALIAS_GENL_FAMILY(SHUNT_GENL_NAME);
