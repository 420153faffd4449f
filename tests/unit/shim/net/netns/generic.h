/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_NETNS_GENERIC_H
#define SHIM_NETNS_GENERIC_H

/* For shunt_net(), which nothing tested here calls: linking says if it does. */
void *net_generic(const struct net *net, unsigned int id);

#endif /* SHIM_NETNS_GENERIC_H */
