// SPDX-License-Identifier: GPL-2.0-only
/*
 * IPv4 packets for the director itself arrive whole at LOCAL_IN. Those that it
 * forwards or sends are put together here, which needs nothing but the kernel
 * proper.
 *
 * IPv6 fragments are put together by nf_defrag_ipv6, a module that need not be
 * there: it is asked for when a netns gets its first IPv6 service and reached
 * through symbol_get(), so that shunt.ko loads without it.
 */
#include "path/frag.h"

#include <linux/module.h>
#include <net/ip.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>

#include "kernel.h"

/**
 * shunt_frag_gather() - collect the fragments of an IPv4 packet
 * @skb:	a fragment
 * @net:	the netns it is in
 * @user:	keeps apart what is collected in different places, IP_DEFRAG_*
 *
 * Context: RCU read lock.
 * Return: SHUNT_PASS when @skb is the whole packet now, SHUNT_STOLEN when it is
 * kept until the others come.
 */
enum shunt_verdict shunt_frag_gather(struct sk_buff *skb, struct net *net,
				     u32 user)
{
	int err;

	/* What a socket sends comes with them on, and a timer has these locks. */
	local_bh_disable();
	err = ip_defrag(net, skb, user);
	local_bh_enable();
	if (err)
		return SHUNT_STOLEN;
	ip_send_check(ip_hdr(skb));
	skb->ignore_df = 1;
	return SHUNT_PASS;
}

static typeof(&nf_defrag_ipv6_enable) get_enable(void)
{
	typeof(&nf_defrag_ipv6_enable) enable;

	if (!shunt_kernel_is_ours())
		return NULL;
	enable = symbol_get(nf_defrag_ipv6_enable);
	/* Who unloads us would wait for us, and modprobe for him. */
	if (enable || !try_module_get(THIS_MODULE))
		return enable;
	if (!request_module("nf_defrag_ipv6"))
		enable = symbol_get(nf_defrag_ipv6_enable);
	module_put(THIS_MODULE);
	return enable;
}

/**
 * shunt_frag_hold6() - have a netns's IPv6 fragments put together
 * @sn:	the netns
 *
 * Context: shunt_net.mutex, may sleep.
 * Return: 0, also where nothing can put them together, or a negative errno.
 */
int shunt_frag_hold6(struct shunt_net *sn)
{
	typeof(&nf_defrag_ipv6_enable) enable;
	int err;

	if (sn->defrag6_held)
		return 0;
	enable = get_enable();
	if (!enable) {
		pr_warn_ratelimited("shunt: nf_defrag_ipv6 is not available: IPv6 fragments to virtual services will be lost\n");
		return 0;
	}
	err = enable(sn->net);
	if (err)
		symbol_put(nf_defrag_ipv6_enable);
	else
		sn->defrag6_held = true;
	return err;
}

/**
 * shunt_frag_release6() - undo shunt_frag_hold6()
 * @sn:	the netns
 *
 * Context: shunt_net.mutex, or the netns's end.
 */
void shunt_frag_release6(struct shunt_net *sn)
{
	typeof(&nf_defrag_ipv6_disable) disable;

	if (!sn->defrag6_held)
		return;
	sn->defrag6_held = false;
	disable = symbol_get(nf_defrag_ipv6_disable);
	if (disable) {
		disable(sn->net);
		symbol_put(nf_defrag_ipv6_disable);
	}
	symbol_put(nf_defrag_ipv6_enable);
}
