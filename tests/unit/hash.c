// SPDX-License-Identifier: GPL-2.0-only
/*
 * sched/dh.c, sh.c, mh.c and twos.c: where hashes and lots send connections.
 */
#include <linux/mm.h>
#include <linux/siphash.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lab.h"
#include "sched/hash.h"
#include "sched/maglev.h"

static void from(struct lab *lab, u32 addr, u16 port)
{
	lab->tuple.src4 = htonl(addr);
	lab->tuple.sport = htons(port);
}

static int choose_for(struct lab *lab, u32 addr, u16 port)
{
	from(lab, addr, port);
	return choose(lab);
}

static void test_siphash(void)
{
	u8 key[16], data[15];
	siphash_key_t k;
	int i;

	for (i = 0; i < 16; i++)
		key[i] = i;
	for (i = 0; i < 15; i++)
		data[i] = i;
	memcpy(&k, key, sizeof(k));
	expect(siphash(data, 15, &k) == 0xa129ca6149be45e5ull, "got %llx",
	       (unsigned long long)siphash(data, 15, &k));
}

/* --- sh and dh ------------------------------------------------------------ */

/* A row of servers, newest first, each as often as its weight; then again. */
static int model_sh(const struct lab *lab, u32 bucket)
{
	for (;;) {
		int i;

		for (i = lab->count - 1; i >= 0; i--) {
			u32 width = lab->dest[i].weight ?: 1;

			if (bucket < width)
				return i;
			bucket -= width;
		}
	}
}

static bool takes(const struct lab *lab, int i)
{
	return lab->dest[i].weight && !lab->dest[i].flags;
}

static void random_pool(struct lab *lab, const char *scheduler, u32 flags)
{
	u32 weight[20], count = 1 + unit_random() % 20, i;

	for (i = 0; i < count; i++)
		weight[i] = unit_random() % 4 ? 1 + unit_random() % 40 : 0;
	lab_init(lab, weight, count);
	for (i = 0; i < count; i++)
		overload(lab, i, unit_random() % 5 == 0);
	lab->svc.flags = flags;
	lab_renew(lab, scheduler);
}

static void test_sh(void)
{
	u32 flags, addr, i, h;
	struct lab lab;
	int n, who, got;
	u16 port;

	for (n = 0; n < 4000; n++) {
		flags = (unit_random() % 4) * SHUNT_HASH_FALLBACK;
		random_pool(&lab, "sh", flags);
		addr = unit_random();
		port = unit_random();
		h = addr + (flags & SHUNT_HASH_PORT ? port : 0);
		h = (h * 0x61c88647u) >> 24;
		who = model_sh(&lab, h);
		for (i = 0; flags & SHUNT_HASH_FALLBACK && i < 256 &&
		     !takes(&lab, who); i++)
			who = model_sh(&lab, (2 * h + i) % 256);
		if (!takes(&lab, who))
			who = -1;
		got = choose_for(&lab, addr, port);
		expect(got == who, "flags %#x, try %d: %d, the model %d",
		       flags, n, got, who);
		lab_exit(&lab);
	}
}

static void test_dh(void)
{
	struct lab lab;
	int n, who, got;
	u32 addr;

	for (n = 0; n < 4000; n++) {
		random_pool(&lab, "dh", 0);
		addr = unit_random();
		lab.tuple.dst4 = htonl(addr);
		who = lab.count - 1 -
		      ((addr * 0x61c88647u) >> 24) % lab.count;
		if (!takes(&lab, who))
			who = -1;
		got = choose_for(&lab, unit_random(), unit_random());
		expect(got == who, "try %d: %d, the model %d", n, got, who);
		lab_exit(&lab);
	}
}

static void test_fold(void)
{
	union nf_inet_addr addr = {};

	addr.ip = htonl(0xc0a80101);
	expect(shunt_addr_fold(&addr) == 0xc0a80101, "IPv4: %#x",
	       shunt_addr_fold(&addr));
	addr.ip6[0] = htonl(0x20010db8);
	addr.ip6[2] = htonl(0x1);
	addr.ip6[3] = htonl(0x10000000);
	expect(shunt_addr_fold(&addr) == 0x30010db9, "IPv6: %#x",
	       shunt_addr_fold(&addr));
}

/* --- mh ------------------------------------------------------------------- */

static u16 *copy_slots(const struct lab *lab)
{
	u16 *copy = malloc(SHUNT_MAGLEV_SIZE * sizeof(*copy));
	u32 i;

	/* By server, as positions among the picks change. */
	for (i = 0; i < SHUNT_MAGLEV_SIZE; i++) {
		const struct shunt_picks *picks = lab->svc.picks;
		u32 at = picks->count - 1 - picks->slot[i];

		copy[i] = picks->pick[at].dest - lab->dest;
	}
	return copy;
}

static void check_shares(const u32 *weight, u32 count)
{
	u32 got[SERVERS] = {}, i;
	struct lab lab;
	double sum = 0;
	u16 *slots;

	lab_start(&lab, "mh", weight, count);
	slots = copy_slots(&lab);
	for (i = 0; i < SHUNT_MAGLEV_SIZE; i++)
		got[slots[i]]++;
	for (i = 0; i < count; i++)
		sum += weight[i];
	for (i = 0; i < count; i++) {
		double due = weight[i] / sum * SHUNT_MAGLEV_SIZE;

		expect(fabs(got[i] - due) <= 1 + due / 1000,
		       "%u of weight %u has %u slots, due are %.1f", i,
		       weight[i], got[i], due);
		expect(!weight[i] || got[i], "%u has none", i);
	}
	free(slots);
	lab_exit(&lab);
}

static void test_maglev_shares(void)
{
	static const u32 uneven[] = { 1, 3, 0, 7 };
	static const u32 large[] = { 65535, 65534, 1, 40000 };
	static const u32 largest[] = { 0x7fffffff, 0x7fffffff, 0x3fffffff };
	u32 many[SERVERS], i;

	check_shares(uneven, COUNT(uneven));
	check_shares(large, COUNT(large));
	check_shares(largest, COUNT(largest));
	for (i = 0; i < SERVERS; i++)
		many[i] = 1;
	check_shares(many, 1);
	check_shares(many, 7);
	check_shares(many, SERVERS);
	for (i = 0; i < SERVERS; i++)
		many[i] = 1 + i % 10;
	check_shares(many, SERVERS);
}

static void test_maglev_percent(void)
{
	static const u32 weight[] = { 1, 2, 3, 4 };
	const u32 keys = 100000;
	u32 got[4] = {}, i;
	struct lab lab;

	lab_start(&lab, "mh", weight, 4);
	for (i = 0; i < keys; i++)
		got[choose_for(&lab, 0x0a000000 + i, 0)]++;
	for (i = 0; i < 4; i++) {
		double due = keys * weight[i] / 10.0;

		/* Keys fall by chance: a percent of all, not of a share. */
		expect(fabs(got[i] - due) <= keys / 100.0,
		       "%u has %u keys, due are %.0f", i, got[i], due);
	}
	lab_exit(&lab);
}

/* One server goes: how many slots of others change hands? */
static void check_removal(u32 count, u32 gone)
{
	u32 weight[SERVERS], i, moved = 0;
	u16 *before, *after;
	struct lab lab;

	for (i = 0; i < count; i++)
		weight[i] = 1;
	lab_start(&lab, "mh", weight, count);
	before = copy_slots(&lab);
	lab.dest[gone].list.next->prev = lab.dest[gone].list.prev;
	lab.dest[gone].list.prev->next = lab.dest[gone].list.next;
	lab_renew(&lab, "mh");
	after = copy_slots(&lab);
	for (i = 0; i < SHUNT_MAGLEV_SIZE; i++) {
		expect(after[i] != gone, "slot %u", i);
		moved += before[i] != after[i];
	}
	expect((double)moved / SHUNT_MAGLEV_SIZE <= 1.0 / count + 0.02,
	       "%u of %u: %.2f %% move", gone, count,
	       100.0 * moved / SHUNT_MAGLEV_SIZE);
	free(before);
	free(after);
	lab_exit(&lab);
}

static void test_maglev_removal(void)
{
	static const u32 counts[] = { 2, 3, 5, 10, 20, 50, 100, SERVERS };
	u32 i, n;

	for (i = 0; i < COUNT(counts); i++) {
		for (n = 0; n < counts[i]; n += 1 + counts[i] / 10)
			check_removal(counts[i], n);
	}
}

/* Two directors that were told the same in another order. */
static void test_maglev_agree(void)
{
	static const u32 weight[] = { 3, 1, 4, 1, 5 }, other[] = { 5, 1, 4, 1, 3 };
	struct lab lab, mirror;
	int n, i;

	lab_start(&lab, "mh", weight, 5);
	lab_init(&mirror, other, 5);
	for (i = 0; i < 5; i++)
		mirror.dest[i].addr = lab.dest[4 - i].addr;
	lab_renew(&mirror, "mh");
	for (n = 0; n < 10000; n++) {
		u32 addr = unit_random();

		expect(choose_for(&lab, addr, 0) ==
		       4 - choose_for(&mirror, addr, 0), "client %#x", addr);
	}
	lab_exit(&lab);
	lab_exit(&mirror);
}

static void test_maglev_quiesced(void)
{
	static const u32 weight[] = { 2, 2, 2 };
	int before[1000], after, n, seen = 0;
	struct lab lab;

	lab_start(&lab, "mh", weight, 3);
	for (n = 0; n < 1000; n++)
		before[n] = choose_for(&lab, n, 0);
	lab.dest[1].weight = 0;
	lab_renew(&lab, "mh");
	for (n = 0; n < 1000; n++) {
		after = choose_for(&lab, n, 0);
		expect(after == (before[n] == 1 ? -1 : before[n]),
		       "client %d: %d, was %d", n, after, before[n]);
	}
	lab.svc.flags = SHUNT_HASH_FALLBACK;
	lab_renew(&lab, "mh");
	for (n = 0; n < 1000; n++) {
		after = choose_for(&lab, n, 0);
		expect(before[n] == 1 ? after == 0 || after == 2 :
		       after == before[n], "client %d: %d, was %d", n, after,
		       before[n]);
		if (before[n] == 1)
			seen |= 1 << after;
	}
	expect(seen == 5, "all of them to one, %#x", seen);
	/* One that never had a weight has no share, not even to be refused. */
	lab.dest[1].last_weight = 0;
	lab.svc.flags = 0;
	lab_renew(&lab, "mh");
	for (n = 0; n < 1000; n++)
		expect(choose_for(&lab, n, 0) >= 0, "client %d", n);
	for (n = 0; n < 3; n++)
		lab.dest[n].weight = lab.dest[n].last_weight = 0;
	lab_renew(&lab, "mh");
	expect(choose_for(&lab, 1, 0) == -1, "nobody has a weight");
	lab_exit(&lab);
}

static void test_maglev_port(void)
{
	static const u32 weight[] = { 1, 1 };
	int n, first, seen = 0;
	struct lab lab;

	lab_start(&lab, "mh", weight, 2);
	first = choose_for(&lab, 7, 0);
	for (n = 0; n < 100; n++)
		expect(choose_for(&lab, 7, n) == first, "port %d", n);
	lab.svc.flags = SHUNT_HASH_PORT;
	lab_renew(&lab, "mh");
	for (n = 0; n < 100; n++)
		seen |= 1 << choose_for(&lab, 7, n);
	expect(seen == 3, "seen %#x", seen);
	lab_exit(&lab);
}

static void test_no_memory(void)
{
	static const char *const name[] = { "mh", "lblc" };
	static const u32 weight[] = { 1, 1 };
	struct shunt_picks *picks;
	struct lab lab;
	int s, n;

	/* The table is there, what else is needed is not. */
	for (s = 0; s < COUNT(name); s++) {
		for (n = 0; n < 2; n++) {
			lab_init(&lab, weight, 2);
			shim_allocations = n;
			shim_out_of_memory = true;
			picks = shunt_picks_create(&lab.svc,
						   shunt_scheduler_find(name[s]),
						   0, NULL);
			shim_out_of_memory = false;
			expect(IS_ERR(picks), "%s, allocation %d", name[s], n);
		}
	}
}

/* --- twos ----------------------------------------------------------------- */

static void test_twos(void)
{
	static const u32 weight[] = { 1, 2, 3, 4 };
	u32 drawn[4] = {}, n;
	struct lab lab;
	int who, i;

	/* Nobody has a connection: the lot decides alone. */
	lab_start(&lab, "twos", weight, 4);
	for (n = 0; n < 100000; n++)
		drawn[choose(&lab)]++;
	for (i = 0; i < 4; i++)
		expect(fabs(drawn[i] - 10000.0 * weight[i]) < 1000,
		       "%d of weight %u was drawn %u times of 100000", i,
		       weight[i], drawn[i]);
	/* Connections that stay even out. */
	for (n = 0; n < 100000; n++) {
		who = choose(&lab);
		has(&lab, who, atomic_read(&lab.dest[who].active) + 1, 0);
	}
	for (i = 0; i < 4; i++) {
		int got = atomic_read(&lab.dest[i].active);

		expect(fabs(got - 10000.0 * weight[i]) <= 100.0 * weight[i],
		       "%d of weight %u has %d of 100000", i, weight[i], got);
	}
	lab_exit(&lab);
}

static const struct unit_case cases[] = {
	{ "the stand-in for SipHash gives its authors' value", test_siphash },
	{ "addresses are folded as ip_vs does", test_fold },
	{ "sh chooses whom the model does, with any flags", test_sh },
	{ "dh chooses whom the model does", test_dh },
	{ "mh: slots are within one of the weights", test_maglev_shares },
	{ "mh: 100000 keys are within 1 % of the weights",
	  test_maglev_percent },
	{ "mh: one of N gone, at most 1/N + 2 % of the keys move",
	  test_maglev_removal },
	{ "mh: the order in which servers were added does not matter",
	  test_maglev_agree },
	{ "mh: weight 0 keeps its share, refused or taken over",
	  test_maglev_quiesced },
	{ "mh: ports matter with mh-port only", test_maglev_port },
	{ "out of memory is told", test_no_memory },
	{ "twos: by weight, and evened out to 1 %", test_twos },
};

int main(int argc, char **argv)
{
	return unit_run(argc, argv, cases, COUNT(cases));
}
