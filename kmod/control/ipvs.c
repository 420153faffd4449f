// SPDX-License-Identifier: GPL-2.0-only
#include "control/ipvs.h"

#include <linux/module.h>
#include <net/genetlink.h>

#include "control/netlink.h"
#include "control/procfs.h"
#include "control/sysctl.h"
#include "net.h"

static bool ipvs_compat = true;
module_param(ipvs_compat, bool, 0444);
MODULE_PARM_DESC(ipvs_compat,
	"Serve IPVS clients: generic netlink family IPVS, /proc/net/ip_vs*, net.ipv4.vs (default on)");

#define FACES	"generic netlink family IPVS, /proc/net/ip_vs* and net.ipv4.vs are off"

static bool held __ro_after_init;

/*
 * In-tree ip_vs makes its files in /proc before it asks for the name of its
 * family, and the kernel warns of files that exist. So it is stopped earlier.
 */
static int on_module(struct notifier_block *nb, unsigned long state, void *data)
{
	const struct module *mod = data;

	if (state != MODULE_STATE_COMING || strcmp(mod->name, "ip_vs"))
		return NOTIFY_DONE;
	pr_warn("shunt: ip_vs is refused while shunt has its names; unload shunt first, or load it with ipvs_compat=0\n");
	return notifier_from_errno(-EBUSY);
}

static struct notifier_block module_notifier = {
	.notifier_call = on_module,
};

static int __net_init net_init(struct net *net)
{
	struct shunt_net *sn = shunt_net(net);
	int err;

	err = shunt_procfs_init(sn);
	if (err)
		return err;
	err = shunt_sysctl_init(sn);
	if (err)
		shunt_procfs_exit(sn);
	return err;
}

static void __net_exit net_exit(struct net *net)
{
	struct shunt_net *sn = shunt_net(net);

	shunt_sysctl_exit(sn);
	shunt_procfs_exit(sn);
}

/* Registered after the module's own: these files go before what they show. */
static struct pernet_operations net_ops = {
	.init = net_init,
	.exit = net_exit,
};

/**
 * shunt_ipvs_init() - take the names of in-tree ip_vs if they are free
 *
 * Return: 0, also where they are not, or a negative errno.
 */
int __init shunt_ipvs_init(void)
{
	int err;

	if (!ipvs_compat) {
		pr_info("shunt: " FACES ": ipvs_compat=0\n");
		return 0;
	}
	err = register_module_notifier(&module_notifier);
	if (err)
		return err;
	err = genl_register_family(&shunt_ipvs_family);
	if (err)
		goto err_notifier;
	err = register_pernet_subsys(&net_ops);
	if (err)
		goto err_family;
	held = true;
	return 0;

err_family:
	genl_unregister_family(&shunt_ipvs_family);
err_notifier:
	unregister_module_notifier(&module_notifier);
	if (err != -EEXIST)
		return err;
	pr_info("shunt: " FACES ": ip_vs is loaded and has them\n");
	return 0;
}

/**
 * shunt_ipvs_exit() - give the names back
 */
void shunt_ipvs_exit(void)
{
	if (!held)
		return;
	unregister_pernet_subsys(&net_ops);
	genl_unregister_family(&shunt_ipvs_family);
	unregister_module_notifier(&module_notifier);
}
