/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How full the table of connections is and how long its chains are:
 * /proc/net/shunt_table.
 */
#ifndef SHUNT_SHAPE_H
#define SHUNT_SHAPE_H

#include "net.h"

int shunt_shape_init(struct shunt_net *sn);
void shunt_shape_exit(struct shunt_net *sn);

#endif /* SHUNT_SHAPE_H */
