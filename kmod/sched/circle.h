/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The weights of a table one behind the other, on a circle of their sum.
 */
#ifndef SHUNT_CIRCLE_H
#define SHUNT_CIRCLE_H

#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>

#include "sched/sched.h"
#include "sched/spread.h"

/**
 * shunt_circle_build() - lay out the weights
 * @picks:	the table, all of a weight above 0; its circle and where shares
 *		end are filled
 *
 * Reduced by their common divisor the weights mean the same. Only if the circle
 * still does not fit 32 bits do they lose their last digits.
 */
static inline void shunt_circle_build(struct shunt_picks *picks)
{
	u32 divisor = 0, shift = 0, end = 0, i;
	u64 sum = 0;

	for (i = 0; i < picks->count; i++) {
		divisor = shunt_gcd(picks->pick[i].weight, divisor);
		sum += picks->pick[i].weight;
	}
	sum = div_u64(sum, divisor);
	while ((sum >> shift) + picks->count > U32_MAX)
		shift++;
	for (i = 0; i < picks->count; i++) {
		end += max(picks->pick[i].weight / divisor >> shift, 1u);
		picks->pick[i].end = end;
	}
	picks->circle = end;
}

/**
 * shunt_circle_at() - whose share a position is
 * @picks:	the table
 * @position:	below its circle
 */
static inline const struct shunt_pick *
shunt_circle_at(const struct shunt_picks *picks, u32 position)
{
	u32 low = 0, high = picks->count - 1;

	while (low < high) {
		u32 middle = (low + high) / 2;

		if (position < picks->pick[middle].end)
			high = middle;
		else
			low = middle + 1;
	}
	return &picks->pick[low];
}

#endif /* SHUNT_CIRCLE_H */
