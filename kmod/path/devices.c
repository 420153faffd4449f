// SPDX-License-Identifier: GPL-2.0-only
#include "path/devices.h"

#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "net.h"
#include "path/ingress.h"

/**
 * struct taken - a device whose packets come by
 * @list:	in shunt_net.devices
 * @rcu:	who lists the hooks may still read @ops
 * @ops:	what netfilter calls
 */
struct taken {
	struct list_head list;
	struct rcu_head rcu;
	struct nf_hook_ops ops;
};

/*
 * Behind all that the administrator has there. A device that cannot be taken is
 * served by the full path.
 */
static void take(struct shunt_net *sn, struct net_device *dev)
{
	struct taken *taken;

	if (dev->type != ARPHRD_ETHER)
		return;
	taken = kzalloc(sizeof(*taken), GFP_KERNEL_ACCOUNT);
	if (!taken)
		return;
	taken->ops = (struct nf_hook_ops){
		.hook = shunt_ingress,
		.dev = dev,
		.priv = sn,
		.pf = NFPROTO_NETDEV,
		.hooknum = NF_NETDEV_INGRESS,
		.priority = INT_MAX,
	};
	if (nf_register_net_hook(sn->net, &taken->ops)) {
		kfree(taken);
		return;
	}
	list_add(&taken->list, &sn->devices);
}

static void leave(struct shunt_net *sn, struct taken *taken)
{
	nf_unregister_net_hook(sn->net, &taken->ops);
	list_del(&taken->list);
	kfree_rcu(taken, rcu);
}

static void leave_one(struct shunt_net *sn, const struct net_device *dev)
{
	struct taken *taken, *next;

	list_for_each_entry_safe(taken, next, &sn->devices, list) {
		if (taken->ops.dev == dev)
			leave(sn, taken);
	}
}

/**
 * shunt_devices_take() - have the packets of a netns's devices come by
 * @sn:		the netns
 *
 * Those of devices to come, too.
 *
 * Context: process, without RTNL.
 */
void shunt_devices_take(struct shunt_net *sn)
{
	struct net_device *dev;

	rtnl_lock();
	sn->takes_devices = true;
	for_each_netdev(sn->net, dev)
		take(sn, dev);
	rtnl_unlock();
}

/**
 * shunt_devices_leave() - undo shunt_devices_take()
 * @sn:		the netns
 *
 * Packets under way may still come by until a grace period has passed.
 * Context: process, without RTNL.
 */
void shunt_devices_leave(struct shunt_net *sn)
{
	struct taken *taken, *next;

	rtnl_lock();
	sn->takes_devices = false;
	list_for_each_entry_safe(taken, next, &sn->devices, list)
		leave(sn, taken);
	rtnl_unlock();
}

/* A device that moves to another netns leaves the one and comes to the other. */
static int on_device_event(struct notifier_block *block, unsigned long event,
			   void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);
	struct shunt_net *sn = shunt_net(dev_net(dev));

	if (event == NETDEV_REGISTER && sn->takes_devices)
		take(sn, dev);
	else if (event == NETDEV_UNREGISTER)
		leave_one(sn, dev);
	return NOTIFY_DONE;
}

static struct notifier_block device_notifier = {
	.notifier_call = on_device_event,
};

/**
 * shunt_devices_register() - be told when devices come and go
 *
 * Return: 0 or a negative errno.
 */
int shunt_devices_register(void)
{
	return register_netdevice_notifier(&device_notifier);
}

/**
 * shunt_devices_unregister() - undo shunt_devices_register()
 *
 * All devices are left on the way.
 */
void shunt_devices_unregister(void)
{
	unregister_netdevice_notifier(&device_notifier);
}
