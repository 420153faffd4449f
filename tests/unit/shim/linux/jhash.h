/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_JHASH_H
#define SHIM_JHASH_H

#include <linux/types.h>

/*
 * What the kernel calls jhash is Bob Jenkins' lookup3 (public domain) over
 * whole words. tuple.c compares this one with his published values.
 */
static inline u32 shim_rol(u32 word, int shift)
{
	return word << shift | word >> (32 - shift);
}

static inline void shim_jhash_mix(u32 s[3])
{
	static const u8 shift[] = { 4, 6, 8, 16, 19, 4 };
	int i;

	for (i = 0; i < 6; i++) {
		u32 *x = &s[i % 3], *y = &s[(i + 1) % 3], *z = &s[(i + 2) % 3];

		*x -= *z;
		*x ^= shim_rol(*z, shift[i]);
		*z += *y;
	}
}

static inline u32 shim_jhash_final(u32 s[3])
{
	static const u8 shift[] = { 14, 11, 25, 16, 4, 14, 24 };
	int i;

	for (i = 0; i < 7; i++) {
		u32 *to = &s[(i + 2) % 3], *from = &s[(i + 1) % 3];

		*to ^= *from;
		*to -= shim_rol(*from, shift[i]);
	}
	return s[2];
}

static inline u32 jhash2(const u32 *key, u32 length, u32 initval)
{
	u32 start = 0xdeadbeef + (length << 2) + initval;
	u32 s[3] = { start, start, start }, i;

	for (; length > 3; length -= 3, key += 3) {
		for (i = 0; i < 3; i++)
			s[i] += key[i];
		shim_jhash_mix(s);
	}
	if (!length)
		return s[2];
	for (i = 0; i < length; i++)
		s[i] += key[i];
	return shim_jhash_final(s);
}

static inline u32 jhash_3words(u32 a, u32 b, u32 c, u32 initval)
{
	const u32 words[] = { a, b, c };

	return jhash2(words, 3, initval);
}

static inline u32 jhash_1word(u32 a, u32 initval)
{
	return jhash2(&a, 1, initval);
}

#endif /* SHIM_JHASH_H */
