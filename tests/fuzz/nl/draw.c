// SPDX-License-Identifier: GPL-2.0-only
#include "draw.h"

static uint64_t state;

void draw_seed(uint64_t seed)
{
	state = seed;
	draw();
}

/* A counter that is stirred: any seed will do, and neighbours have nothing in common. */
uint32_t draw(void)
{
	uint64_t x = state += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return (x ^ x >> 31) >> 16;
}

void draw_bytes(void *to, size_t len)
{
	uint8_t *p = to;

	while (len--)
		*p++ = draw();
}
