/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables of sysctls come with their size since 6.6, where the function of old
 * became a macro. Before, the size is told by an empty last entry.
 */
#ifndef SHUNT_COMPAT_NET_NAMESPACE_H
#define SHUNT_COMPAT_NET_NAMESPACE_H

#include_next <net/net_namespace.h>

#ifndef register_net_sysctl
#define register_net_sysctl_sz(net, path, table, size) \
	register_net_sysctl(net, path, table)
#endif

#endif /* SHUNT_COMPAT_NET_NAMESPACE_H */
