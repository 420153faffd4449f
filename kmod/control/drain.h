/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHUNT_DRAIN_H
#define SHUNT_DRAIN_H

#include "net.h"

struct shunt_dest;

void shunt_drain_init(struct shunt_net *sn);
void shunt_drain_exit(struct shunt_net *sn);
void shunt_drain_begin(struct shunt_net *sn, struct shunt_dest *dest,
		       u32 seconds);
u32 shunt_drain_left(const struct shunt_dest *dest);

#endif /* SHUNT_DRAIN_H */
