// SPDX-License-Identifier: GPL-2.0-only
/* Weighted round robin, smooth: see sched/spread.h. */
#include "sched/sched.h"

#include <linux/math64.h>
#include <linux/minmax.h>

#include "sched/spread.h"
#include "table/dest.h"

/*
 * Reduced by their common divisor the weights mean the same. Only if the circle
 * still does not fit 32 bits do they lose their last digits.
 */
static void prepare(struct shunt_picks *picks)
{
	u32 divisor = 0, shift = 0, end = 0, i;
	u64 sum = 0;

	for (i = 0; i < picks->count; i++) {
		divisor = shunt_gcd(picks->pick[i].dest->weight, divisor);
		sum += picks->pick[i].dest->weight;
	}
	sum = div_u64(sum, divisor);
	while ((sum >> shift) + picks->count > U32_MAX)
		shift++;
	for (i = 0; i < picks->count; i++) {
		end += max(picks->pick[i].dest->weight / divisor >> shift, 1u);
		picks->pick[i].end = end;
	}
	picks->circle = end;
	picks->stride = shunt_spread_stride(end);
}

static struct shunt_dest *pick(const struct shunt_picks *picks, u32 turn)
{
	u32 position = shunt_spread_position(turn, picks->stride, picks->circle);
	u32 low = 0, high = picks->count - 1;

	while (low < high) {
		u32 middle = (low + high) / 2;

		if (position < picks->pick[middle].end)
			high = middle;
		else
			low = middle + 1;
	}
	return picks->pick[low].dest;
}

const struct shunt_scheduler shunt_sched_wrr = {
	.name = "wrr",
	.prepare = prepare,
	.pick = pick,
};
