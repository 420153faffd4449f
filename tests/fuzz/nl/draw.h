/* SPDX-License-Identifier: GPL-2.0-only */
/* Random numbers that a seed brings back. */
#ifndef FUZZ_DRAW_H
#define FUZZ_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void draw_seed(uint64_t seed);
uint32_t draw(void);
void draw_bytes(void *to, size_t len);

/* A number from 0 to @n - 1. */
static inline uint32_t below(uint32_t n)
{
	return (uint64_t)draw() * n >> 32;
}

static inline bool one_in(uint32_t n)
{
	return !below(n);
}

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define PICK(array)	((array)[below(COUNT(array))])

#endif /* FUZZ_DRAW_H */
