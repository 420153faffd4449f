/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * net.ipv4.vs.*, the settings of IPVS that Shunt has, too.
 */
#ifndef SHUNT_SYSCTL_H
#define SHUNT_SYSCTL_H

#include "net.h"

extern const struct shunt_settings shunt_default_settings;

int shunt_sysctl_init(struct shunt_net *sn);
void shunt_sysctl_exit(struct shunt_net *sn);

#endif /* SHUNT_SYSCTL_H */
