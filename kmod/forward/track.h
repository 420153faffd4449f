/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections that nf_conntrack shall see, where the sysctl conntrack is set.
 */
#ifndef SHUNT_TRACK_H
#define SHUNT_TRACK_H

#include "path/packet.h"

struct shunt_conn;

int shunt_track_set(struct shunt_net *sn, int value);
void shunt_track_idle(struct shunt_net *sn);
void shunt_track_stop(struct shunt_net *sn);
void shunt_track_exit(struct shunt_net *sn);

bool shunt_track_knows(const struct shunt_packet *pkt,
		       const struct shunt_conn *c);
void shunt_track_packet(struct shunt_packet *pkt, const struct shunt_conn *c,
			enum shunt_dir dir);
void shunt_track_adopt(struct shunt_packet *pkt, const struct shunt_conn *c,
		       enum shunt_dir dir);
void shunt_track_forget(struct shunt_net *sn, const struct shunt_conn *c);

#endif /* SHUNT_TRACK_H */
