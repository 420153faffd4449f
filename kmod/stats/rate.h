/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rates that nobody has to keep up to date.
 *
 * A rate is a moving average over periods of SHUNT_RATE_PERIOD seconds in
 * which a new period weighs a quarter, as IPVS users know it. The first packet
 * after a period has ended closes it; while nothing flows nothing is computed,
 * and a reader applies what the silence since then would have done.
 *
 * Pure: no kernel state, tested in userspace.
 */
#ifndef SHUNT_RATE_H
#define SHUNT_RATE_H

#include <linux/types.h>

#define SHUNT_RATE_PERIOD	2	/* seconds */
#define SHUNT_RATE_SHIFT	10	/* averages are fixed point, 2^-10 */

/* (3/4)^SHUNT_RATE_FORGET < 2^-40: after that many periods nothing is left. */
#define SHUNT_RATE_FORGET	97

/**
 * shunt_rate_close() - close a period and let silent ones pass
 * @avg:	average so far, events a period << SHUNT_RATE_SHIFT
 * @events:	what was counted in the period to close
 * @periods:	periods that have ended, 1 when none was silent
 *
 * Return: the new average, same unit as @avg.
 */
static inline u64 shunt_rate_close(u64 avg, u64 events, u32 periods)
{
	if (!periods)
		return avg;
	if (periods > SHUNT_RATE_FORGET)
		return 0;
	avg = avg - avg / 4 + (events << SHUNT_RATE_SHIFT) / 4;
	while (--periods)
		avg -= avg / 4;
	return avg;
}

/**
 * shunt_rate_per_second() - an average for people
 * @avg:	events a period << SHUNT_RATE_SHIFT
 *
 * Return: events a second, rounded to the nearest.
 */
static inline u64 shunt_rate_per_second(u64 avg)
{
	u64 unit = (u64)SHUNT_RATE_PERIOD << SHUNT_RATE_SHIFT;

	return (avg + unit / 2) / unit;
}

#endif /* SHUNT_RATE_H */
