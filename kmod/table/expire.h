/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Expiry of connections: a timing wheel of one-second slots.
 */
#ifndef SHUNT_EXPIRE_H
#define SHUNT_EXPIRE_H

#include "net.h"

struct shunt_conn;

int shunt_wheel_create(struct shunt_net *sn, void (*idle)(struct shunt_net *));
void shunt_wheel_destroy(struct shunt_net *sn);
void shunt_wheel_add(struct shunt_net *sn, struct shunt_conn *c);
void shunt_wheel_remove(struct shunt_net *sn, struct shunt_conn *c);
void shunt_wheel_hasten(struct shunt_net *sn, struct shunt_conn *c);
bool shunt_wheel_spare(struct shunt_net *sn);
void shunt_wheel_resort(struct shunt_net *sn);

#endif /* SHUNT_EXPIRE_H */
