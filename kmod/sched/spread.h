/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Weighted round robin without a lock, a sequence or a state but one counter.
 *
 * The weights lie one behind the other on a circle of their sum. Turn n looks
 * at position n * stride mod circle and takes whoever's share that is:
 *
 *      0     1     2     3     4     5     6
 *      +--A--+--A--+--A--+--A--+--A--+--B--+--C--+     A:5 B:1 C:1, stride 4
 *      n=0   n=2   n=4   n=6   n=1   n=3   n=5   ->    A A A B A C A
 *
 * As stride and circle share no divisor, any circle consecutive turns visit each
 * position once: the shares are exact. As stride / circle is close to the golden
 * section, successive positions fall far apart and every share is met at even
 * distances (three-distance theorem): nobody gets his turns in a burst.
 *
 * Pure: tested in userspace against a simple model.
 */
#ifndef SHUNT_SPREAD_H
#define SHUNT_SPREAD_H

#include <linux/types.h>

static inline u32 shunt_gcd(u32 a, u32 b)
{
	while (b) {
		u32 rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/*
 * How unevenly multiples of @stride spread over @circle: the sum of the
 * quotients of Euclid's algorithm on the two, smallest for the golden section.
 */
static inline u32 shunt_spread_badness(u32 stride, u32 circle)
{
	u32 sum = 0;

	while (stride) {
		u32 rest = circle % stride;

		sum += circle / stride;
		circle = stride;
		stride = rest;
	}
	return sum;
}

/**
 * shunt_spread_stride() - the stride for a circle
 * @circle:	sum of the weights, at least 1
 *
 * Of the numbers next to circle * (sqrt(5) - 1) / 2 the one that spreads best.
 *
 * Return: a number without common divisor with @circle.
 */
static inline u32 shunt_spread_stride(u32 circle)
{
	u32 golden = (u32)(((u64)circle * 2654435769u) >> 32);
	u32 best = 1, least = ~0u, offset, badness;
	int side;

	for (offset = 0; offset < 64; offset++) {
		for (side = 0; side < 2; side++) {
			u32 stride = side ? golden - offset : golden + offset;

			if (!stride || stride >= circle ||
			    shunt_gcd(stride, circle) != 1)
				continue;
			badness = shunt_spread_badness(stride, circle);
			if (badness < least) {
				least = badness;
				best = stride;
			}
		}
	}
	return best;
}

/**
 * shunt_spread_position() - where a turn looks
 * @turn:	grows by one a call
 * @stride:	of shunt_spread_stride()
 * @circle:	sum of the weights
 *
 * Return: a position below @circle.
 */
static inline u32 shunt_spread_position(u32 turn, u32 stride, u32 circle)
{
	return (u32)((u64)(turn % circle) * stride % circle);
}

#endif /* SHUNT_SPREAD_H */
