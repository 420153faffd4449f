/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many connections a netns may have: the sysctl conn_max.
 *
 * Where there are as many, a new one takes the place of one that can be spared:
 * half-open or over, or a datagram that nobody has answered. Established ones
 * stay. Without any to spare the new one is refused.
 *
 * Who has none but a user namespace of his own can make any number of netns: all
 * of them together may have as many as one. What schedulers remember counts
 * there, too, as it costs as much.
 */
#ifndef SHUNT_LIMIT_H
#define SHUNT_LIMIT_H

#include <linux/uidgid.h>

#include "net.h"

/**
 * struct shunt_owner - who has made a user namespace, and netns of it
 * @list:	all of them
 * @uid:	his, on the host
 * @ns:		where that is the host's root the namespace, else NULL
 * @users:	his netns
 * @max:	how many connections they may have together
 * @count:	how many they have
 */
struct shunt_owner {
	struct list_head list;
	kuid_t uid;
	const struct user_namespace *ns;
	unsigned int users;
	int max;
	atomic_t count;
};

int shunt_limit_init(struct shunt_net *sn);
void shunt_limit_exit(struct shunt_net *sn);
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

	if (likely(atomic_inc_return(&sn->conn_count) <= max && !sn->owner))
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
	if (unlikely(sn->owner))
		atomic_dec(&sn->owner->count);
}

/**
 * shunt_limit_forget() - a scheduler remembers one destination less
 * @sn:	the netns
 */
static inline void shunt_limit_forget(struct shunt_net *sn)
{
	atomic_dec(&sn->remembered);
	if (sn->owner)
		atomic_dec(&sn->owner->count);
}

/**
 * shunt_limit_remember() - count a destination, if one more may be remembered
 * @sn:	the netns, where as many may be as connections
 *
 * Return: true if it may; shunt_limit_forget() takes it back.
 */
static inline bool shunt_limit_remember(struct shunt_net *sn)
{
	int max = READ_ONCE(sn->settings.conn_max);
	bool full = atomic_inc_return(&sn->remembered) > max && max;

	if (sn->owner)
		full |= atomic_inc_return(&sn->owner->count) >
			READ_ONCE(sn->owner->max);
	if (full)
		shunt_limit_forget(sn);
	return !full;
}

#endif /* SHUNT_LIMIT_H */
