/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHUNT_RESET_H
#define SHUNT_RESET_H

#include "table/tuple.h"

struct shunt_conn;
struct shunt_net;
struct shunt_packet;

void shunt_reset_note(struct shunt_conn *c, const struct shunt_packet *pkt,
		      enum shunt_dir dir);
void shunt_reset_ask(struct shunt_net *sn, struct shunt_conn *c);
void shunt_reset_send(struct shunt_net *sn, struct shunt_conn *c);

#endif /* SHUNT_RESET_H */
