// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maglev hashing: the client's address says to whom, with mh-port its port too,
 * and nearly all clients stay where they are when a real server comes or goes.
 *
 * The table depends on the real servers' addresses and weights and on the seed,
 * so that several directors agree. A real server of weight 0 keeps the share it
 * had: its clients are refused, with mh-fallback they go to others, and nobody
 * else's way changes. One that never had another weight has no share.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/siphash.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "sched/hash.h"
#include "sched/maglev.h"
#include "sched/pick.h"

static unsigned long long mh_seed;
module_param(mh_seed, ullong, 0444);
MODULE_PARM_DESC(mh_seed, "what scheduler mh hashes with; the same on directors that are to agree (0)");

/* What a hash is of: a real server, or a client. */
struct hashed {
	union nf_inet_addr addr;
	__be16 port;
	u16 zero;
	u32 also_zero;
};

static u32 hash(const struct hashed *key, u64 purpose)
{
	const siphash_key_t secret = { { mh_seed, purpose } };

	return (u32)siphash(key, sizeof(*key), &secret);
}

static int compare(const void *a, const void *b)
{
	const struct shunt_dest *x = ((const struct shunt_pick *)a)->dest;
	const struct shunt_dest *y = ((const struct shunt_pick *)b)->dest;

	return x->af - y->af ?: memcmp(&x->addr, &y->addr, sizeof(x->addr)) ?:
	       ntohs(x->port) - ntohs(y->port);
}

static int prepare(struct shunt_picks *picks)
{
	struct shunt_maglev_server *server;
	u32 i;

	server = kvcalloc(picks->count, sizeof(*server), GFP_KERNEL_ACCOUNT);
	if (!server)
		return -ENOMEM;
	sort(picks->pick, picks->count, sizeof(picks->pick[0]), compare, NULL);
	for (i = 0; i < picks->count; i++) {
		const struct shunt_dest *dest =
			shunt_pick_newest(picks, i)->dest;
		struct hashed key = { .addr = dest->addr, .port = dest->port };

		server[i].next = hash(&key, 1) % SHUNT_MAGLEV_SIZE;
		server[i].skip = hash(&key, 2) % (SHUNT_MAGLEV_SIZE - 1) + 1;
		server[i].weight = dest->last_weight;
	}
	shunt_maglev_fill(picks->slot, server, picks->count);
	kvfree(server);
	return 0;
}

/* How many slots in a row may be of real servers that are not available. */
#define MAX_SLOTS	64

/*
 * Whoever is next in the table takes the place of one that is not available; if
 * there are few left, whoever there is.
 */
static struct shunt_dest *choose(struct shunt_service *svc,
				 const struct shunt_picks *picks,
				 const struct shunt_tuple *tuple)
{
	struct hashed key = { .addr = shunt_tuple_src(tuple) };
	struct shunt_dest *dest;
	u32 slot, i;

	if (picks->flags & SHUNT_HASH_PORT)
		key.port = tuple->sport;
	slot = hash(&key, 3) % SHUNT_MAGLEV_SIZE;
	dest = shunt_pick_slot(picks, slot);
	if (dest || !(picks->flags & SHUNT_HASH_FALLBACK))
		return dest;
	for (i = 1; i < MAX_SLOTS && !dest; i++)
		dest = shunt_pick_slot(picks, (slot + i) % SHUNT_MAGLEV_SIZE);
	for (i = 0; i < picks->count && !dest; i++) {
		const struct shunt_pick *pick =
			&picks->pick[(slot + i) % picks->count];

		if (shunt_pick_available(pick))
			dest = pick->dest;
	}
	return dest;
}

const struct shunt_scheduler shunt_sched_mh = {
	.name = "mh",
	.flags = SHUNT_HASH_FALLBACK | SHUNT_HASH_PORT,
	.everybody = true,
	.slots = SHUNT_MAGLEV_SIZE,
	.prepare = prepare,
	.choose = choose,
};
