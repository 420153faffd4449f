/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices at which the fast path takes packets.
 */
#ifndef SHUNT_DEVICES_H
#define SHUNT_DEVICES_H

struct shunt_net;

int shunt_devices_register(void);
void shunt_devices_unregister(void);
void shunt_devices_take(struct shunt_net *sn);
void shunt_devices_leave(struct shunt_net *sn);

#endif /* SHUNT_DEVICES_H */
