// SPDX-License-Identifier: GPL-2.0-only
/*
 * table/tuple.h: the key of a connection.
 */
#include "table/tuple.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static const u8 families[] = { AF_INET, AF_INET6 };

/* What the model compares: the five things a connection is known by. */
struct five {
	u8 proto, af;
	u8 src[16], dst[16];
	u16 sport, dport;
};

static struct five five_of(const struct shunt_tuple *t)
{
	struct five f = { .proto = t->proto, .af = t->af, .sport = t->sport,
			  .dport = t->dport };

	if (t->af == AF_INET) {
		memcpy(f.src, &t->src4, 4);
		memcpy(f.dst, &t->dst4, 4);
	} else {
		memcpy(f.src, &t->src6, 16);
		memcpy(f.dst, &t->dst6, 16);
	}
	return f;
}

static void fill_random(void *to, size_t size)
{
	u8 *byte = to;

	while (size--)
		*byte++ = unit_random();
}

static struct shunt_tuple random_tuple(u8 af)
{
	struct shunt_tuple t;

	fill_random(&t, sizeof(t));
	t.proto = unit_random() % 2 ? IPPROTO_TCP : IPPROTO_UDP;
	t.af = af;
	t.dir = unit_random() % SHUNT_DIR_MAX;
	return t;
}

/* As in the table: an IPv4 one has nothing behind the addresses. */
static struct shunt_tuple *store(const struct shunt_tuple *t)
{
	size_t size = shunt_tuple_size(t->af);
	struct shunt_tuple *stored = malloc(size);

	memcpy(stored, t, size);
	return stored;
}

static void test_size(void)
{
	expect(SHUNT_TUPLE4_SIZE == 16, "%zu", (size_t)SHUNT_TUPLE4_SIZE);
	expect(SHUNT_TUPLE6_SIZE == 40, "%zu", SHUNT_TUPLE6_SIZE);
	expect(shunt_tuple_size(AF_INET) == 16, "IPv4");
	expect(shunt_tuple_size(AF_INET6) == 40, "IPv6");
	expect(offsetof(struct shunt_tuple, src6) % 4 == 0,
	       "words are hashed from %zu",
	       offsetof(struct shunt_tuple, src6));
}

static void test_invert(void)
{
	int i, n;

	for (i = 0; i < COUNT(families); i++) {
		for (n = 0; n < 1000; n++) {
			struct shunt_tuple t = random_tuple(families[i]);
			struct shunt_tuple there, back;
			struct five a, b;

			fill_random(&there, sizeof(there));
			fill_random(&back, sizeof(back));
			shunt_tuple_invert(&there, &t);
			shunt_tuple_invert(&back, &there);
			a = five_of(&t);
			b = five_of(&there);
			expect(a.sport == b.dport && a.dport == b.sport,
			       "ports of %d", n);
			expect(!memcmp(a.src, b.dst, 16) &&
			       !memcmp(a.dst, b.src, 16), "addresses of %d", n);
			expect(a.proto == b.proto && a.af == b.af, "%d", n);
			b = five_of(&back);
			expect(!memcmp(&a, &b, sizeof(a)), "%d, twice", n);
			expect(shunt_tuple_equal(&back, &t), "%d, twice", n);
		}
	}
}

static void test_invert_keeps_dir(void)
{
	struct shunt_tuple t = random_tuple(AF_INET), inverted;

	inverted.dir = SHUNT_DIR_REPLY;
	t.dir = SHUNT_DIR_REQUEST;
	shunt_tuple_invert(&inverted, &t);
	expect(inverted.dir == SHUNT_DIR_REPLY, "dir %u", inverted.dir);
}

/* Each byte of the key counts, and none else. */
static bool in_key(const struct shunt_tuple *t, size_t offset)
{
	if (offset == offsetof(struct shunt_tuple, dir) ||
	    offset == offsetof(struct shunt_tuple, marks))
		return false;
	return offset < shunt_tuple_size(t->af);
}

static void check_equal(const struct shunt_tuple *t)
{
	size_t i;

	for (i = 0; i < sizeof(*t); i++) {
		struct shunt_tuple other = *t;

		if (i == offsetof(struct shunt_tuple, af))
			other.af = t->af == AF_INET ? AF_INET6 : AF_INET;
		else
			((u8 *)&other)[i] ^= 1 << unit_random() % 8;
		expect(shunt_tuple_equal(t, &other) == !in_key(t, i),
		       "af %u, byte %zu differs", t->af, i);
		expect(shunt_tuple_equal(&other, t) == !in_key(t, i),
		       "af %u, byte %zu differs, the other way", t->af, i);
		if (!in_key(t, i))
			expect(shunt_tuple_hash(t, 7) ==
			       shunt_tuple_hash(&other, 7),
			       "af %u, hash, byte %zu differs", t->af, i);
	}
}

static void test_equal(void)
{
	int i, n;

	for (i = 0; i < COUNT(families); i++) {
		for (n = 0; n < 500; n++) {
			struct shunt_tuple t = random_tuple(families[i]);
			struct shunt_tuple copy = t;

			expect(shunt_tuple_equal(&t, &copy), "%d", n);
			check_equal(&t);
		}
	}
}

static void test_cut_short(void)
{
	int i, n;

	for (i = 0; i < COUNT(families); i++) {
		for (n = 0; n < 100; n++) {
			struct shunt_tuple t = random_tuple(families[i]);
			struct shunt_tuple u = random_tuple(families[i]);
			struct shunt_tuple *a = store(&t), *b = store(&u);
			union nf_inet_addr addr;

			expect(shunt_tuple_equal(a, &t), "stored %d", n);
			expect(!shunt_tuple_equal(a, b), "two stored, %d", n);
			expect(shunt_tuple_hash(a, n) ==
			       shunt_tuple_hash(&t, n), "hash %d", n);
			shunt_tuple_invert(b, a);
			shunt_tuple_invert(a, &t);
			expect(shunt_tuple_equal(a, b), "inverted %d", n);
			addr = shunt_tuple_src(a);
			expect(!memcmp(&addr, five_of(&t).dst, 16), "src");
			addr = shunt_tuple_dst(b);
			expect(!memcmp(&addr, five_of(&t).src, 16), "dst");
			free(a);
			free(b);
		}
	}
}

static void test_shim_hash(void)
{
	/* lookup3's own: 30 bytes, so 8 words that count as 30 bytes. */
	u32 words[8] = {};

	memcpy(words, "Four score and seven years ago", 30);
	expect(jhash2(words, 8, -2u) == 0x17770551, "%#x",
	       jhash2(words, 8, -2u));
	expect(jhash2(words, 8, -1u) == 0xcd628161, "%#x",
	       jhash2(words, 8, -1u));
}

static void test_hash_differs(void)
{
	int i, n;
	size_t k;

	for (i = 0; i < COUNT(families); i++) {
		u32 same[40] = {}, unseeded = 0;

		for (n = 0; n < 200; n++) {
			struct shunt_tuple t = random_tuple(families[i]);
			u32 seed = unit_random();
			u32 hash = shunt_tuple_hash(&t, seed);

			unseeded += hash == shunt_tuple_hash(&t, seed + 1);
			for (k = 0; k < shunt_tuple_size(t.af); k++) {
				struct shunt_tuple u = t;

				((u8 *)&u)[k] ^= 1;
				if (in_key(&t, k) &&
				    k != offsetof(struct shunt_tuple, af))
					same[k] += hash ==
						   shunt_tuple_hash(&u, seed);
			}
		}
		expect(unseeded <= 1, "the seed does not matter, %u", unseeded);
		for (k = 0; k < 40; k++)
			expect(same[k] <= 1,
			       "af %u: byte %zu, same hash %u times",
			       families[i], k, same[k]);
	}
}

#define BUCKETS	1024

/*
 * Chi square: with 1023 degrees of freedom 1023 +- 45 is to be expected, and
 * six deviations are allowed. rhashtable takes the low bits.
 */
static double chi_square(const u32 *bucket, u32 keys)
{
	double due = (double)keys / BUCKETS, chi = 0;
	u32 i;

	for (i = 0; i < BUCKETS; i++)
		chi += (bucket[i] - due) * (bucket[i] - due) / due;
	return chi;
}

static void check_spread(u8 af, bool low, bool by_address, u32 seed)
{
	struct shunt_tuple t = {
		.proto = IPPROTO_TCP, .af = af, .dport = __cpu_to_be16(80),
	};
	u32 bucket[BUCKETS] = {}, keys = 60000, n, hash;
	double chi;

	for (n = 0; n < keys; n++) {
		if (by_address)
			t.src4 = __cpu_to_be32(0x0a000000 + n);
		else
			t.sport = __cpu_to_be16(1024 + n);
		hash = shunt_tuple_hash(&t, seed);
		bucket[low ? hash % BUCKETS : hash / (1u << 22)]++;
	}
	chi = chi_square(bucket, keys);
	unit_note("af %u, %s bits, by %s, seed %#x: chi square %.0f", af,
		  low ? "low" : "high", by_address ? "address" : "port", seed,
		  chi);
	expect(chi > 750 && chi < 1300,
	       "af %u, %s bits, by %s, seed %#x: chi square %.0f", af,
	       low ? "low" : "high", by_address ? "address" : "port", seed,
	       chi);
}

static void test_spread(void)
{
	static const u32 seeds[] = { 0, 1, 0x12345678, U32_MAX };
	int i, s;

	for (i = 0; i < COUNT(families); i++) {
		for (s = 0; s < COUNT(seeds); s++) {
			check_spread(families[i], true, false, seeds[s]);
			check_spread(families[i], false, false, seeds[s]);
			check_spread(families[i], true, true, seeds[s]);
		}
	}
}

/*
 * Addresses and ports chosen for each other, as somebody who does not know the
 * seed might: no seed may be such that they fall into few chains.
 */
static u32 longest_chain(u8 af, u32 seed)
{
	static u8 chain[1 << 16];
	u32 n, hash, longest = 0;

	memset(chain, 0, sizeof(chain));
	for (n = 0; n < 1 << 14; n++) {
		struct shunt_tuple t = {
			.proto = IPPROTO_TCP, .af = af, .dport = 80,
		};
		u32 word[4];

		t.sport = n;
		word[0] = word[1] = word[2] = word[3] = -t.ports;
		memcpy(&t.src6, word, af == AF_INET ? 4 : 12);
		hash = shunt_tuple_hash(&t, seed) % (1 << 16);
		if (chain[hash] < 255 && ++chain[hash] > longest)
			longest = chain[hash];
	}
	return longest;
}

static void test_chosen(void)
{
	int i, n;

	for (i = 0; i < COUNT(families); i++) {
		for (n = 0; n < 20; n++) {
			u32 seed = unit_random();
			u32 longest = longest_chain(families[i], seed);

			/* By chance it is 5 or 6. */
			expect(longest <= 10,
			       "af %u, seed %#x: %u in one bucket of 65536",
			       families[i], seed, longest);
		}
	}
}

static const struct unit_case cases[] = {
	{ "sizes", test_size },
	{ "an inversion swaps both ends, two are none", test_invert },
	{ "an inversion leaves the direction alone", test_invert_keeps_dir },
	{ "equal by each byte of the key, not by direction, and so the hash",
	  test_equal },
	{ "IPv4 tuples cut short are never read or written behind their end",
	  test_cut_short },
	{ "the stand-in for jhash gives lookup3's published values",
	  test_shim_hash },
	{ "the hash depends on each byte of the key and on the seed",
	  test_hash_differs },
	{ "the hash spreads ports and addresses evenly", test_spread },
	{ "who does not know the seed can't make tuples collide", test_chosen },
};

int main(int argc, char **argv)
{
	return unit_run(argc, argv, cases, COUNT(cases));
}
