/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Removed real servers. Their connections stay with them, and when one is added
 * again within two minutes it has them back, and its counters.
 */
#ifndef SHUNT_TRASH_H
#define SHUNT_TRASH_H

#include <linux/netfilter.h>

#include "net.h"

struct shunt_dest;
struct shunt_service;

void shunt_trash_init(struct shunt_net *sn);
void shunt_trash_exit(struct shunt_net *sn);
void shunt_trash_put(struct shunt_net *sn, struct shunt_dest *dest);
struct shunt_dest *shunt_trash_take(struct shunt_net *sn,
				    struct shunt_service *svc, u8 af,
				    const union nf_inet_addr *addr,
				    __be16 port);
void shunt_trash_forget_service(struct shunt_service *svc);
void shunt_trash_stats(struct shunt_net *sn, struct shunt_stats *stats,
		       const struct cpumask *cpus);

#endif /* SHUNT_TRASH_H */
