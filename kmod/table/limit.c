// SPDX-License-Identifier: GPL-2.0-only
#include "table/limit.h"

#include <linux/capability.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/user_namespace.h>

#include "table/expire.h"

/*
 * One for each KiB of memory: with its share of the table an IPv4 connection
 * takes about 150 bytes, so that all of them take a sixth of it.
 */
#define BYTES		1024

/* What a netns of a user namespace may have, of what the first one may. */
#define SHARE		16

/* Of those too many, how many make way for a new one at once. */
#define TRIES		4

/* Seconds between two lines of a netns in the log. */
#define LOG_INTERVAL	60

static int by_memory(void)
{
	u64 max = (u64)totalram_pages() * (PAGE_SIZE / BYTES);

	return min_t(u64, max, INT_MAX);
}

/**
 * shunt_limit_default() - how many connections a netns may have at first
 * @net:	the netns
 *
 * Who has none but a user namespace of his own can make any number of netns, and
 * fill them: there it is less, and goes by what the first netns has.
 *
 * Return: connections, above 0.
 */
int shunt_limit_default(const struct net *net)
{
	int max = 0;

	if (net->user_ns == &init_user_ns)
		return by_memory();
	max = READ_ONCE(shunt_net(&init_net)->settings.conn_max);
	return max_t(int, 1, (max ?: by_memory()) / SHARE);
}

/**
 * shunt_limit_set() - change how many connections a netns may have
 * @sn:		the netns
 * @max:	connections, 0 for no limit
 *
 * Return: 0; -EINVAL, or -EPERM for more than at first by whom the host has given
 * no right to.
 */
int shunt_limit_set(struct shunt_net *sn, int max)
{
	if (max < 0)
		return -EINVAL;
	if ((!max || max > shunt_limit_default(sn->net)) &&
	    !capable(CAP_NET_ADMIN))
		return -EPERM;
	WRITE_ONCE(sn->settings.conn_max, max);
	return 0;
}

static void tell(struct shunt_net *sn, int max)
{
	unsigned long told = READ_ONCE(sn->limit_told);

	if ((told && time_before(jiffies, told + LOG_INTERVAL * HZ)) ||
	    cmpxchg(&sn->limit_told, told, jiffies ?: 1) != told)
		return;
	pr_warn_ratelimited("shunt: netns %u is full: net.ipv4.vs.conn_max allows %d connections, and none can be spared; new ones are refused. Raise it, or see shuntadm -L -c for what they are\n",
			    sn->net->ns.inum, max);
}

/**
 * shunt_limit_make_room() - put out what can be spared
 * @sn:		the netns, in which a connection too many has been counted
 * @max:	how many it may have, 0 for any number
 *
 * Where the limit was lowered, there are more too many.
 *
 * Context: RCU read lock and bottom halves off.
 * Return: true if there is room; else the connection counts no more.
 */
bool shunt_limit_make_room(struct shunt_net *sn, int max)
{
	int tries;

	if (!max)
		return true;
	for (tries = 0; tries < TRIES && shunt_wheel_spare(sn); tries++) {
		atomic_long_inc(&sn->spared);
		if (atomic_read(&sn->conn_count) <= max)
			return true;
	}
	shunt_limit_leave(sn);
	tell(sn, max);
	return false;
}

/**
 * shunt_limit_init() - set up a netns's limit
 * @sn:	the netns
 */
void shunt_limit_init(struct shunt_net *sn)
{
	sn->settings.conn_max = shunt_limit_default(sn->net);
}
