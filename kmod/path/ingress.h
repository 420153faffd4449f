/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fast path: packets are taken where they come in, before the IP stack.
 */
#ifndef SHUNT_INGRESS_H
#define SHUNT_INGRESS_H

#include <linux/netfilter.h>

/* What the sysctl fast_path says. */
enum shunt_fast_path {
	SHUNT_FAST_OFF,
	SHUNT_FAST_ESTABLISHED,	/* connections that the firewall has seen */
	SHUNT_FAST_ALL,		/* new ones, too */
};

unsigned int shunt_ingress(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state);

#endif /* SHUNT_INGRESS_H */
