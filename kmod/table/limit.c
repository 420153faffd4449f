// SPDX-License-Identifier: GPL-2.0-only
#include "table/limit.h"

#include <linux/capability.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>
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

static DEFINE_MUTEX(owners_lock);
static LIST_HEAD(owners);

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

/* What the host allows one netns, all of its owner's together may have. */
static void allow(struct shunt_owner *owner, int max)
{
	mutex_lock(&owners_lock);
	if (max > owner->max)
		WRITE_ONCE(owner->max, max);
	mutex_unlock(&owners_lock);
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
	if (sn->owner)
		allow(sn->owner, max ?: INT_MAX);
	return 0;
}

static bool is_owner_full(const struct shunt_net *sn)
{
	return sn->owner && atomic_read(&sn->owner->count) >
				    READ_ONCE(sn->owner->max);
}

static void tell(struct shunt_net *sn, int max)
{
	unsigned long told = READ_ONCE(sn->limit_told);

	if ((told && time_before(jiffies, told + LOG_INTERVAL * HZ)) ||
	    cmpxchg(&sn->limit_told, told, jiffies ?: 1) != told)
		return;
	if (is_owner_full(sn)) {
		pr_warn_ratelimited("shunt: netns %u can have no more: the network namespaces of its owner may have %d connections together; new ones are refused. Whom the host allows more by net.ipv4.vs.conn_max has more\n",
				    sn->net->ns.inum,
				    READ_ONCE(sn->owner->max));
		return;
	}
	pr_warn_ratelimited("shunt: netns %u is full: net.ipv4.vs.conn_max allows %d connections, and none can be spared; new ones are refused. Raise it, or see shuntadm -L -c for what they are\n",
			    sn->net->ns.inum, max);
}

static bool is_full(const struct shunt_net *sn, int max)
{
	return (max && atomic_read(&sn->conn_count) > max) || is_owner_full(sn);
}

/**
 * shunt_limit_make_room() - put out what can be spared
 * @sn:		the netns, in which a connection too many has been counted
 * @max:	how many it may have, 0 for any number
 *
 * Where the limit was lowered, there are more too many. An owner's count is
 * added to here.
 *
 * Context: RCU read lock and bottom halves off.
 * Return: true if there is room; else the connection counts no more.
 */
bool shunt_limit_make_room(struct shunt_net *sn, int max)
{
	int tries;

	if (sn->owner)
		atomic_inc(&sn->owner->count);
	if (!is_full(sn, max))
		return true;
	for (tries = 0; tries < TRIES && shunt_wheel_spare(sn); tries++) {
		atomic_long_inc(&sn->spared);
		if (!is_full(sn, max))
			return true;
	}
	tell(sn, max);
	shunt_limit_leave(sn);
	return false;
}

/* The outermost user namespace that a netns is of. */
static const struct user_namespace *outermost(const struct net *net)
{
	const struct user_namespace *ns = net->user_ns;

	while (ns->parent != &init_user_ns)
		ns = ns->parent;
	return ns;
}

static struct shunt_owner *find_owner(kuid_t uid,
				      const struct user_namespace *ns)
{
	struct shunt_owner *owner;

	list_for_each_entry(owner, &owners, list) {
		if (uid_eq(owner->uid, uid) && owner->ns == ns)
			return owner;
	}
	owner = kzalloc(sizeof(*owner), GFP_KERNEL_ACCOUNT);
	if (!owner)
		return NULL;
	owner->uid = uid;
	owner->ns = ns;
	list_add(&owner->list, &owners);
	return owner;
}

/* Who is the host's root may have made it for anybody. */
static int own(struct shunt_net *sn)
{
	const struct user_namespace *ns = outermost(sn->net);
	const kuid_t uid = ns->owner;

	mutex_lock(&owners_lock);
	sn->owner = find_owner(uid, uid_eq(uid, GLOBAL_ROOT_UID) ? ns : NULL);
	if (sn->owner) {
		sn->owner->users++;
		sn->owner->max = max(sn->owner->max, sn->settings.conn_max);
	}
	mutex_unlock(&owners_lock);
	return sn->owner ? 0 : -ENOMEM;
}

/**
 * shunt_limit_init() - set up a netns's limit
 * @sn:	the netns
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int shunt_limit_init(struct shunt_net *sn)
{
	sn->settings.conn_max = shunt_limit_default(sn->net);
	return sn->net->user_ns == &init_user_ns ? 0 : own(sn);
}

/**
 * shunt_limit_exit() - undo shunt_limit_init()
 * @sn:	the netns, which has no connection any more, nor ever will
 */
void shunt_limit_exit(struct shunt_net *sn)
{
	if (!sn->owner)
		return;
	mutex_lock(&owners_lock);
	if (!--sn->owner->users) {
		list_del(&sn->owner->list);
		kfree(sn->owner);
	}
	mutex_unlock(&owners_lock);
}
