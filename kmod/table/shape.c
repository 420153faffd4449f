// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line is a name and a number, or "chain", a length and how many buckets have
 * chains of it. With a good hash and no attack that follows from how full the
 * table is: of b buckets with n entries b * e^-a * a^k / k! have k, a being n/b.
 */
#include "table/shape.h"

#include <linux/proc_fs.h>
#include <linux/rhashtable.h>
#include <linux/seq_file.h>

#include "table/conn.h"

#define BATCH		4096	/* buckets without a break for others */
#define LONGEST		32	/* this and longer: the table would not let it be */

/**
 * struct shape - what the table looks like
 * @buckets:	how many it has
 * @chains:	how many of them have so many entries
 */
struct shape {
	u32 buckets;
	u32 chains[LONGEST + 1];
};

static unsigned int chain_length(const struct bucket_table *tbl, u32 bucket)
{
	struct rhash_head *head;
	unsigned int length = 0;

	rht_for_each_rcu(head, tbl, bucket)
		length++;
	return min_t(unsigned int, length, LONGEST);
}

/* Some buckets from @from on; false when the table is not that one any more. */
static bool count_chains(struct shunt_net *sn, struct shape *shape, u32 from)
{
	const struct bucket_table *tbl;
	u32 end = min(from + BATCH, shape->buckets);
	bool same;

	rcu_read_lock();
	tbl = rht_dereference_rcu(sn->conns.tbl, &sn->conns);
	same = tbl->size == shape->buckets;
	for (; same && from < end; from++)
		shape->chains[chain_length(tbl, from)]++;
	rcu_read_unlock();
	return same;
}

static void look_at(struct shunt_net *sn, struct shape *shape)
{
	u32 bucket;

again:
	memset(shape, 0, sizeof(*shape));
	shape->buckets = shunt_conn_buckets(sn);
	for (bucket = 0; bucket < shape->buckets; bucket += BATCH) {
		if (!count_chains(sn, shape, bucket))
			goto again;
		cond_resched();
	}
}

static int shape_show(struct seq_file *seq, void *v)
{
	struct shunt_net *sn = seq->private;
	struct shape shape;
	unsigned int i;

	look_at(sn, &shape);
	seq_printf(seq, "connections %d\n", atomic_read(&sn->conn_count));
	seq_printf(seq, "conn_max %d\n", READ_ONCE(sn->settings.conn_max));
	seq_printf(seq, "spared %lu\n", atomic_long_read(&sn->spared));
	seq_printf(seq, "entries %d\n", atomic_read(&sn->conns.nelems));
	seq_printf(seq, "buckets %u\n", shape.buckets);
	for (i = 0; i <= LONGEST; i++) {
		if (shape.chains[i])
			seq_printf(seq, "chain %u %u\n", i, shape.chains[i]);
	}
	return 0;
}

DEFINE_PROC_SHOW_ATTRIBUTE(shape);

/**
 * shunt_shape_init() - make a netns's file
 * @sn:	the netns
 *
 * Return: 0 or -ENOMEM.
 */
int shunt_shape_init(struct shunt_net *sn)
{
	return proc_create_data("shunt_table", 0444, sn->net->proc_net,
				&shape_proc_ops, sn) ? 0 : -ENOMEM;
}

/**
 * shunt_shape_exit() - take a netns's file away
 * @sn:	the netns
 *
 * When it returns nobody is reading it any more.
 */
void shunt_shape_exit(struct shunt_net *sn)
{
	remove_proc_entry("shunt_table", sn->net->proc_net);
}
