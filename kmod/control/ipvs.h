/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names of in-tree ip_vs, so that its clients find Shunt: the generic
 * netlink family IPVS, /proc/net/ip_vs* and net.ipv4.vs. They are taken when
 * the module is loaded, unless ip_vs has them or the user wants none of it.
 */
#ifndef SHUNT_IPVS_H
#define SHUNT_IPVS_H

int shunt_ipvs_init(void);
void shunt_ipvs_exit(void);

#endif /* SHUNT_IPVS_H */
