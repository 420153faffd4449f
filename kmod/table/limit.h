/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many connections a netns may have: the sysctl conn_max.
 *
 * Where there are as many, a new one takes the place of one that can be spared:
 * half-open or over, or a datagram that nobody has answered. Established ones
 * stay. Without any to spare the new one is refused.
 */
#ifndef SHUNT_LIMIT_H
#define SHUNT_LIMIT_H

#include "net.h"

void shunt_limit_init(struct shunt_net *sn);
int shunt_limit_default(const struct net *net);
int shunt_limit_set(struct shunt_net *sn, int max);
bool shunt_limit_make_room(struct shunt_net *sn, int max);

/**
 * shunt_limit_enter() - count a connection, if there may be another
 * @sn:	the netns
 *
 * Context: RCU read lock and bottom halves off. A full barrier.
 * Return: true if there may; shunt_limit_leave() takes it back.
 */
static inline bool shunt_limit_enter(struct shunt_net *sn)
{
	int max = READ_ONCE(sn->settings.conn_max);

	if (likely(atomic_inc_return(&sn->conn_count) <= max))
		return true;
	return shunt_limit_make_room(sn, max);
}

/**
 * shunt_limit_leave() - a connection is gone
 * @sn:	the netns
 */
static inline void shunt_limit_leave(struct shunt_net *sn)
{
	atomic_dec(&sn->conn_count);
}

#endif /* SHUNT_LIMIT_H */
