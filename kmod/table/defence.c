// SPDX-License-Identifier: GPL-2.0-only
/*
 * Once a second, while a mode is not off, it is looked up what memory is
 * available. Scarce is what the kernel could give without swapping, page cache
 * included, and not, as with IPVS, what lies idle: that says little where files
 * have been read.
 *
 * Entries are dropped at the pace of IPVS, 1/32 of the table a second: in their
 * order in the hash, in which nobody can choose a place. Open connections are
 * none of them, while IPVS drops some that have been silent for a minute.
 */
#include "table/defence.h"

#include <linux/mm.h>
#include <linux/rhashtable.h>

#include "net.h"
#include "table/conn.h"

#define ROUND	32	/* seconds to come by every connection */
#define SILENCE	60	/* seconds after which a flow may be over */
#define BATCH	512	/* connections without a break for others */

/* Who reads or sets the mode at the same time finds it as if before or after. */
static bool in_force(int *mode, bool scarce)
{
	switch (READ_ONCE(*mode)) {
	case SHUNT_DEFENCE_OFF:
		return false;
	case SHUNT_DEFENCE_ALWAYS:
		return true;
	}
	if (scarce)
		cmpxchg(mode, SHUNT_DEFENCE_READY, SHUNT_DEFENCE_ACTIVE);
	else
		cmpxchg(mode, SHUNT_DEFENCE_ACTIVE, SHUNT_DEFENCE_READY);
	return scarce;
}

static bool is_on(const struct shunt_settings *settings)
{
	return READ_ONCE(settings->drop_entry) ||
	       READ_ONCE(settings->drop_packet) ||
	       READ_ONCE(settings->secure_tcp);
}

/* The less there is, the more are dropped; below 0 it is all of them. */
static u32 drop_rate(struct shunt_settings *settings, long available)
{
	long threshold = READ_ONCE(settings->amemthresh);
	bool scarce = available < threshold;
	int rate;

	if (!in_force(&settings->drop_packet, scarce))
		return 0;
	if (READ_ONCE(settings->drop_packet) != SHUNT_DEFENCE_ALWAYS)
		return scarce ? threshold / (threshold - available) : 0;
	rate = READ_ONCE(settings->am_droprate);
	return rate < 0 ? 1 : rate;
}

/**
 * shunt_defence_update() - see what is in force by now
 * @sn:	the netns, whose settings or memory may have changed
 *
 * Context: process.
 */
void shunt_defence_update(struct shunt_net *sn)
{
	struct shunt_settings *settings = &sn->settings;
	struct shunt_defence *defence = &sn->defence;
	long available = si_mem_available();
	bool scarce = available < READ_ONCE(settings->amemthresh);

	WRITE_ONCE(defence->drop_entries,
		   in_force(&settings->drop_entry, scarce));
	WRITE_ONCE(defence->drop_rate, drop_rate(settings, available));
	WRITE_ONCE(defence->strict_tcp,
		   in_force(&settings->secure_tcp, scarce));
	if (is_on(settings))
		queue_delayed_work(system_power_efficient_wq, &defence->work,
				   HZ);
}

/*
 * What a flood leaves behind: half-open connections, and flows that said all they
 * had to say at once, and nothing for a minute.
 */
static bool is_expendable(const struct shunt_conn *c)
{
	u32 seen = READ_ONCE(c->seen);

	switch (shunt_conn_proto(c)) {
	case IPPROTO_TCP:
		return shunt_tcp_half_open(READ_ONCE(c->state));
	case IPPROTO_SCTP:
		return shunt_sctp_half_open(READ_ONCE(c->state));
	case IPPROTO_UDP:
		return seen - c->born < HZ &&
		       (s32)((u32)jiffies - seen) >= SILENCE * HZ;
	default:	/* a template */
		return false;
	}
}

/* The walk goes on where it was; false at the end of the table. */
static bool thin_out(struct shunt_net *sn, unsigned int count)
{
	struct shunt_conn *c = NULL;

	rhashtable_walk_start(&sn->defence.iter);
	while (count-- && (c = shunt_conn_walk_next(&sn->defence.iter))) {
		if (is_expendable(c))
			shunt_conn_kill(sn, c);
	}
	rhashtable_walk_stop(&sn->defence.iter);
	return c;
}

static void end_walk(struct shunt_defence *defence)
{
	if (!defence->walking)
		return;
	rhashtable_walk_exit(&defence->iter);
	defence->walking = false;
}

static void drop_entries(struct shunt_net *sn)
{
	unsigned int left = atomic_read(&sn->conn_count) / ROUND + 1, count;
	struct shunt_defence *defence = &sn->defence;

	if (!defence->walking) {
		rhashtable_walk_enter(&sn->conns, &defence->iter);
		defence->walking = true;
	}
	for (; left; left -= count) {
		count = min_t(unsigned int, left, BATCH);
		if (!thin_out(sn, count)) {
			end_walk(defence);
			return;
		}
		cond_resched();
	}
}

static void work(struct work_struct *work)
{
	struct shunt_defence *defence = container_of(to_delayed_work(work),
						     struct shunt_defence,
						     work);
	struct shunt_net *sn = container_of(defence, struct shunt_net, defence);

	shunt_defence_update(sn);
	if (READ_ONCE(defence->drop_entries))
		drop_entries(sn);
	else
		end_walk(defence);
}

/**
 * shunt_defence_drops() - whether a new connection is to be sacrificed
 * @sn:	the netns
 *
 * Return: true for one of so many.
 */
bool shunt_defence_drops(struct shunt_net *sn)
{
	u32 rate = READ_ONCE(sn->defence.drop_rate);

	if (likely(!rate))
		return false;
	return (u32)atomic_fetch_inc(&sn->defence.arrivals) % rate == 0;
}

/**
 * shunt_defence_init() - set up a netns's defence
 * @sn:	the netns
 */
void shunt_defence_init(struct shunt_net *sn)
{
	INIT_DELAYED_WORK(&sn->defence.work, work);
}

/**
 * shunt_defence_exit() - end a netns's defence
 * @sn:	the netns; nobody can change its settings any more
 */
void shunt_defence_exit(struct shunt_net *sn)
{
	cancel_delayed_work_sync(&sn->defence.work);
	end_walk(&sn->defence);
}
