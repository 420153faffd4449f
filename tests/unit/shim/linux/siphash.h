/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_SIPHASH_H
#define SHIM_SIPHASH_H

#include <string.h>

#include <linux/types.h>

/*
 * SipHash-2-4 by its authors' paper (Aumasson and Bernstein, 2012), on little
 * endian machines. hash.c compares it with their published value.
 */
typedef struct {
	u64 key[2];
} siphash_key_t;

static inline u64 shim_rol64(u64 word, int shift)
{
	return word << shift | word >> (64 - shift);
}

static inline void shim_sip_rounds(u64 v[4], int rounds)
{
	while (rounds--) {
		v[0] += v[1];
		v[1] = shim_rol64(v[1], 13) ^ v[0];
		v[0] = shim_rol64(v[0], 32);
		v[2] += v[3];
		v[3] = shim_rol64(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = shim_rol64(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = shim_rol64(v[1], 17) ^ v[2];
		v[2] = shim_rol64(v[2], 32);
	}
}

static inline u64 siphash(const void *data, size_t length,
			  const siphash_key_t *key)
{
	u64 v[4] = {
		key->key[0] ^ 0x736f6d6570736575ull,
		key->key[1] ^ 0x646f72616e646f6dull,
		key->key[0] ^ 0x6c7967656e657261ull,
		key->key[1] ^ 0x7465646279746573ull,
	};
	const u8 *bytes = data;
	size_t left = length;
	u64 word;

	for (;; bytes += 8, left -= 8) {
		word = 0;
		memcpy(&word, bytes, left < 8 ? left : 8);
		if (left < 8)
			word |= (u64)length << 56;
		v[3] ^= word;
		shim_sip_rounds(v, 2);
		v[0] ^= word;
		if (left < 8)
			break;
	}
	v[2] ^= 0xff;
	shim_sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif /* SHIM_SIPHASH_H */
