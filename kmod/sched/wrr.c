// SPDX-License-Identifier: GPL-2.0-only
/* Weighted round robin, smooth: see sched/spread.h. */
#include "sched/circle.h"
#include "sched/pick.h"

static int prepare(struct shunt_picks *picks)
{
	shunt_circle_build(picks);
	picks->stride = shunt_spread_stride(picks->circle);
	return 0;
}

static __always_inline struct shunt_dest *at(const struct shunt_picks *picks,
					     u32 turn)
{
	u32 position = shunt_spread_position(turn, picks->stride,
					     picks->circle);

	return shunt_circle_at(picks, position)->dest;
}

static struct shunt_dest *choose(struct shunt_service *svc,
				 const struct shunt_picks *picks,
				 const struct shunt_tuple *tuple)
{
	return shunt_take_turns(svc, picks, at);
}

const struct shunt_scheduler shunt_sched_wrr = {
	.name = "wrr",
	.prepare = prepare,
	.choose = choose,
};
