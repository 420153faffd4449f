/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Real servers by address and port, whatever their service.
 */
#ifndef SHUNT_REAL_H
#define SHUNT_REAL_H

#include "net.h"
#include "table/tuple.h"

struct shunt_dest;

void shunt_real_add(struct shunt_net *sn, struct shunt_dest *dest);
void shunt_real_remove(struct shunt_dest *dest);
bool shunt_real_sends(struct shunt_net *sn, const struct shunt_tuple *tuple);

#endif /* SHUNT_REAL_H */
