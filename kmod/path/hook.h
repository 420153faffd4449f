/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where packets come in.
 */
#ifndef SHUNT_HOOK_H
#define SHUNT_HOOK_H

struct shunt_net;

int shunt_hooks_register(struct shunt_net *sn);
int shunt_hooks_register_forward(struct shunt_net *sn);
void shunt_hooks_unregister(struct shunt_net *sn);
void shunt_hooks_exit(struct shunt_net *sn);

#endif /* SHUNT_HOOK_H */
