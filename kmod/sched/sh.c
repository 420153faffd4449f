// SPDX-License-Identifier: GPL-2.0-only
/*
 * Source hashing: the client's address says to whom, with sh-port its port too.
 * A real server has as many buckets in a row as its weight. One that is not
 * available is replaced with sh-fallback only.
 */
#include "sched/hash.h"
#include "sched/pick.h"

static int prepare(struct shunt_picks *picks)
{
	u32 i, who = 0, got = 0;

	for (i = 0; i < SHUNT_BUCKETS; i++) {
		picks->slot[i] = who;
		if (++got >= shunt_pick_newest(picks, who)->weight) {
			who = (who + 1) % picks->count;
			got = 0;
		}
	}
	return 0;
}

/*
 * The buckets that take the place of one lie behind a second one, which differs
 * from bucket to bucket: neighbours do not all fall back to the same.
 */
static struct shunt_dest *choose(struct shunt_service *svc,
				 const struct shunt_picks *picks,
				 const struct shunt_tuple *tuple)
{
	const union nf_inet_addr src = shunt_tuple_src(tuple);
	u32 bucket, value = shunt_addr_fold(&src), i;
	struct shunt_dest *dest;

	if (picks->flags & SHUNT_HASH_PORT)
		value += ntohs(tuple->sport);
	bucket = shunt_bucket(value);
	dest = shunt_pick_slot(picks, bucket);
	if (dest || !(picks->flags & SHUNT_HASH_FALLBACK))
		return dest;
	for (i = 0; i < SHUNT_BUCKETS && !dest; i++)
		dest = shunt_pick_slot(picks,
				       (2 * bucket + i) % SHUNT_BUCKETS);
	return dest;
}

const struct shunt_scheduler shunt_sched_sh = {
	.name = "sh",
	.flags = SHUNT_HASH_FALLBACK | SHUNT_HASH_PORT,
	.everybody = true,
	.slots = SHUNT_BUCKETS,
	.prepare = prepare,
	.choose = choose,
};
