/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A packet without a connection: shall it have one, and with whom?
 */
#ifndef SHUNT_SCHEDULE_H
#define SHUNT_SCHEDULE_H

#include "path/packet.h"

struct shunt_conn;

struct shunt_conn *shunt_schedule(struct shunt_packet *pkt,
				  enum shunt_verdict *verdict);
struct shunt_conn *shunt_schedule_early(struct shunt_packet *pkt);
struct shunt_conn *shunt_schedule_quoted(const struct shunt_packet *pkt,
					 const struct shunt_tuple *request,
					 enum shunt_verdict *verdict);
enum shunt_verdict shunt_schedule_none(struct shunt_packet *pkt);

#endif /* SHUNT_SCHEDULE_H */
