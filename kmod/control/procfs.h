/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /proc/net/ip_vs and its like, as IPVS shows them.
 */
#ifndef SHUNT_PROCFS_H
#define SHUNT_PROCFS_H

struct shunt_net;

int shunt_procfs_init(struct shunt_net *sn);
void shunt_procfs_exit(struct shunt_net *sn);

#endif /* SHUNT_PROCFS_H */
