// SPDX-License-Identifier: GPL-2.0-only
/*
 * A setting is here when it does its work; where the work is yet to be built
 * there is none. As with IPVS each takes any int, but for the modes.
 */
#include "control/sysctl.h"

#include <linux/slab.h>
#include <linux/sysctl.h>

#include "forward/track.h"
#include "net.h"
#include "path/ingress.h"
#include "table/limit.h"

const struct shunt_settings shunt_default_settings = {
	.amemthresh = 1024,
	.am_droprate = 10,
	.conn_reuse_mode = 1,
	.fast_path = SHUNT_FAST_ESTABLISHED,
	.pmtu_disc = 1,
	.snat_reroute = 1,
};

static int do_range(SHUNT_CTL_TABLE *table, int write, void *buffer,
		    size_t *lenp, loff_t *ppos, void *max)
{
	struct ctl_table ranged = *table;

	ranged.extra1 = SYSCTL_ZERO;
	ranged.extra2 = max;
	return proc_dointvec_minmax(&ranged, write, buffer, lenp, ppos);
}

/* A mode takes effect at once. */
static int do_mode(SHUNT_CTL_TABLE *table, int write, void *buffer,
		   size_t *lenp, loff_t *ppos)
{
	int err = do_range(table, write, buffer, lenp, ppos, SYSCTL_THREE);

	if (write && !err)
		shunt_defence_update(table->extra1);
	return err;
}

static int do_fast_path(SHUNT_CTL_TABLE *table, int write, void *buffer,
			size_t *lenp, loff_t *ppos)
{
	return do_range(table, write, buffer, lenp, ppos, SYSCTL_TWO);
}

/* What @set has the last word on. */
static int do_asked(SHUNT_CTL_TABLE *table, int write, void *buffer,
		    size_t *lenp, loff_t *ppos,
		    int (*set)(struct shunt_net *sn, int value))
{
	int value = READ_ONCE(*(int *)table->data);
	struct ctl_table own = { .data = &value, .maxlen = sizeof(value) };
	int err = proc_dointvec(&own, write, buffer, lenp, ppos);

	return err || !write ? err : set(table->extra1, value);
}

/* Not every kernel, or netns, can have connections tracked. */
static int set_conntrack(SHUNT_CTL_TABLE *table, int write, void *buffer,
			 size_t *lenp, loff_t *ppos)
{
	return do_asked(table, write, buffer, lenp, ppos, shunt_track_set);
}

/* Not everybody may have more. */
static int set_conn_max(SHUNT_CTL_TABLE *table, int write, void *buffer,
			size_t *lenp, loff_t *ppos)
{
	return do_asked(table, write, buffer, lenp, ppos, shunt_limit_set);
}

static const struct {
	const char *name;
	size_t offset;
	proc_handler *handler;
} knobs[] = {
#define ANY(name, handler) \
	{ #name, offsetof(struct shunt_settings, name), handler }
#define KNOB(name)	ANY(name, proc_dointvec)
#define MODE(name)	ANY(name, do_mode)
	KNOB(am_droprate),
	KNOB(amemthresh),
	KNOB(cache_bypass),
	ANY(conn_max, set_conn_max),
	KNOB(conn_reuse_mode),
	ANY(conntrack, set_conntrack),
	MODE(drop_entry),
	MODE(drop_packet),
	KNOB(expire_nodest_conn),
	KNOB(expire_quiescent_template),
	ANY(fast_path, do_fast_path),
	KNOB(ignore_tunneled),
	KNOB(nat_icmp_send),
	KNOB(pmtu_disc),
	KNOB(schedule_icmp),
	MODE(secure_tcp),
	KNOB(sloppy_sctp),
	KNOB(sloppy_tcp),
	KNOB(snat_reroute),
#undef MODE
#undef KNOB
#undef ANY
};

/* Before 6.6 the kernel wants an empty entry behind the last one. */
static struct ctl_table *make_table(struct shunt_net *sn)
{
	struct ctl_table *table;
	size_t i;

	table = kcalloc(ARRAY_SIZE(knobs) + 1, sizeof(*table),
			GFP_KERNEL_ACCOUNT);
	if (!table)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(knobs); i++) {
		table[i].procname = knobs[i].name;
		table[i].data = (void *)&sn->settings + knobs[i].offset;
		table[i].maxlen = sizeof(int);
		table[i].mode = 0644;
		table[i].proc_handler = knobs[i].handler;
		table[i].extra1 = sn;
	}
	return table;
}

/**
 * shunt_sysctl_init() - make a netns's sysctls
 * @sn:	the netns, in which nobody has any of these names
 *
 * Its root may change them, whoever that is to other netns.
 *
 * Return: 0 or -ENOMEM.
 */
int shunt_sysctl_init(struct shunt_net *sn)
{
	struct ctl_table *table = make_table(sn);

	if (!table)
		return -ENOMEM;
	sn->sysctl = register_net_sysctl_sz(sn->net, "net/ipv4/vs", table,
					    ARRAY_SIZE(knobs));
	if (!sn->sysctl) {
		kfree(table);
		return -ENOMEM;
	}
	return 0;
}

/**
 * shunt_sysctl_exit() - take a netns's sysctls away
 * @sn:	the netns
 *
 * What they were set to holds on.
 */
void shunt_sysctl_exit(struct shunt_net *sn)
{
	const struct ctl_table *table = sn->sysctl->ctl_table_arg;

	unregister_net_sysctl_table(sn->sysctl);
	kfree(table);
}
