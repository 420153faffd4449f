// SPDX-License-Identifier: GPL-2.0-only
/*
 * Destination hashing: the virtual address says to whom, each real server having
 * as many of the buckets, whatever its weight. One that is not available is not
 * replaced.
 */
#include "sched/hash.h"
#include "sched/pick.h"

static int prepare(struct shunt_picks *picks)
{
	u32 i;

	for (i = 0; i < SHUNT_BUCKETS; i++)
		picks->slot[i] = i % picks->count;
	return 0;
}

static struct shunt_dest *choose(struct shunt_service *svc,
				 const struct shunt_picks *picks,
				 const struct shunt_tuple *tuple)
{
	const union nf_inet_addr dst = shunt_tuple_dst(tuple);

	return shunt_pick_slot(picks, shunt_bucket(shunt_addr_fold(&dst)));
}

const struct shunt_scheduler shunt_sched_dh = {
	.name = "dh",
	.everybody = true,
	.slots = SHUNT_BUCKETS,
	.prepare = prepare,
	.choose = choose,
};
