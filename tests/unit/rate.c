// SPDX-License-Identifier: GPL-2.0-only
/*
 * stats/rate.h against a floating-point average that ticks every period.
 */
#include "stats/rate.h"

#include <math.h>

#include "unit.h"

#define UNIT	(1 << SHUNT_RATE_SHIFT)

/*
 * Each division drops less than one unit, twice a period, and of what was
 * dropped three quarters are left a period later: at most 8 units in the end,
 * in either direction.
 */
#define TRUNCATION	(8.0 / UNIT)

static double model_tick(double avg, double events)
{
	return avg * 3 / 4 + events / 4;
}

static double events_of(u64 avg)
{
	return (double)avg / UNIT;
}

/* Runs both over periods of which most of some stretches are silent. */
static void check_history(u64 most, double silent)
{
	u64 avg = 0, pending = 0;
	double model = 0;
	u32 ended = 0;
	int n;

	for (n = 0; n < 20000; n++) {
		bool quiet = unit_random() < silent * U32_MAX;
		u64 events = quiet ? 0 : unit_random() % (most + 1);
		double error;

		/* The first event after a period has ended closes it. */
		if (events && ended) {
			avg = shunt_rate_close(avg, pending, ended);
			pending = 0;
			ended = 0;
		}
		pending += events;
		model = model_tick(model, events);
		ended++;

		error = events_of(shunt_rate_close(avg, pending, ended)) -
			model;
		expect(fabs(error) <= TRUNCATION + model * 1e-9,
		       "up to %llu events, period %d: %f too many, model %f",
		       most, n, error, model);
	}
}

static void test_history(void)
{
	static const u64 most[] = { 1, 3, 100, 100000, 4000000000u };
	static const double silent[] = { 0, 0.5, 0.9, 0.99 };
	int i, j;

	for (i = 0; i < COUNT(most); i++)
		for (j = 0; j < COUNT(silent); j++)
			check_history(most[i], silent[j]);
}

static void test_lazy(void)
{
	u64 avg, events, eager;
	u32 periods;
	int n;

	for (n = 0; n < 1000; n++) {
		avg = (u64)unit_random() << (n % 24);
		events = unit_random() >> (n % 32);
		eager = shunt_rate_close(avg, events, 1);
		for (periods = 1; periods <= SHUNT_RATE_FORGET; periods++) {
			expect(shunt_rate_close(avg, events, periods) == eager,
			       "avg %llu, %llu events, %u periods", avg,
			       events, periods);
			eager = shunt_rate_close(eager, 0, 1);
		}
	}
}

static void test_no_period(void)
{
	expect(shunt_rate_close(12345, 678, 0) == 12345, "got %llu",
	       shunt_rate_close(12345, 678, 0));
}

static void test_silence(void)
{
	u64 avg = 1000000ull * UNIT, last = avg;
	u32 n;

	expect(pow(0.75, SHUNT_RATE_FORGET) < pow(2, -40), "%g left",
	       pow(0.75, SHUNT_RATE_FORGET));
	for (n = 1; n <= 80; n++) {
		u64 now = shunt_rate_close(avg, 0, n);

		expect(now <= last, "%llu after %llu", now, last);
		expect(fabs(events_of(now) - 1e6 * pow(0.75, n)) <= TRUNCATION,
		       "%u periods: %f", n, events_of(now));
		last = now;
	}
	expect(!shunt_rate_per_second(shunt_rate_close(avg, 0, 60)),
	       "not silent after 60 periods");

	/* Forgetting may not be seen: nothing is left by then anyway. */
	avg = 1000000000000ull << SHUNT_RATE_SHIFT;
	expect(!shunt_rate_per_second(shunt_rate_close(avg, 0,
						       SHUNT_RATE_FORGET)),
	       "10^12 leave %llu", shunt_rate_per_second(
	       shunt_rate_close(avg, 0, SHUNT_RATE_FORGET)));
	expect(!shunt_rate_close(avg, 0, SHUNT_RATE_FORGET + 1), "98 periods");
	expect(!shunt_rate_close(avg, 1000, U32_MAX), "U32_MAX periods");
}

static void test_burst(void)
{
	u64 avg = shunt_rate_close(0, 4000, 1);

	expect(avg == 1000ull * UNIT, "%f", events_of(avg));
	expect(shunt_rate_per_second(avg) == 500, "%llu/s",
	       shunt_rate_per_second(avg));
	avg = shunt_rate_close(avg, 0, 1);
	expect(avg == 750ull * UNIT, "%f", events_of(avg));
	avg = shunt_rate_close(avg, 4000, 2);
	expect(fabs(events_of(avg) - (562.5 + 1000) * 0.75) < TRUNCATION, "%f",
	       events_of(avg));
}

static void check_steady(u64 events)
{
	u64 avg = 0, half_up = (events + 1) / 2;
	int n;

	for (n = 0; n < 300; n++)
		avg = shunt_rate_close(avg, events, 1);
	expect(fabs(events_of(avg) - (double)events) <=
	       TRUNCATION + events * 1e-15, "%llu: %f", events, events_of(avg));
	expect(shunt_rate_per_second(avg) == half_up, "%llu a period: %llu/s",
	       events, shunt_rate_per_second(avg));
}

static void test_steady(void)
{
	u64 events;

	for (events = 0; events < 3000; events++)
		check_steady(events);
	for (events = 1; events <= 1000000000000ull; events *= 10)
		check_steady(events);
}

static void test_large(void)
{
	const u64 events = 1000000000000ull;
	long double model = 0;
	u64 avg = 0;
	int n;

	for (n = 0; n < 200; n++) {
		avg = shunt_rate_close(avg, events + n, 1);
		model = model * 3 / 4 + (long double)(events + n) / 4;
		expect(fabsl((long double)avg / UNIT - model) <= TRUNCATION,
		       "period %d: %f, model %Lf", n, events_of(avg), model);
	}
	check_steady(1000000000000000ull);
}

static void test_rounding(void)
{
	const u64 unit = SHUNT_RATE_PERIOD * UNIT;
	u64 avg;

	for (avg = 0; avg < 50 * unit; avg++)
		expect(shunt_rate_per_second(avg) ==
		       (u64)floor((double)avg / unit + 0.5), "%llu: %llu/s",
		       avg, shunt_rate_per_second(avg));
	expect(shunt_rate_per_second(unit / 2 - 1) == 0, "just below 1/2");
	expect(shunt_rate_per_second(unit / 2) == 1, "1/2");
	expect(shunt_rate_per_second(1000000000000ull * unit) ==
	       1000000000000ull, "10^12/s");
}

static const struct unit_case cases[] = {
	{ "any history as an average that ticks every period", test_history },
	{ "closing late is the same as closing in time", test_lazy },
	{ "no period over, nothing changes", test_no_period },
	{ "silence forgets a quarter a period, and all in the end",
	  test_silence },
	{ "a burst counts a quarter, then less", test_burst },
	{ "a steady flow is told exactly", test_steady },
	{ "10^12 events a period do not overflow", test_large },
	{ "events a second are rounded to the nearest", test_rounding },
};

int main(int argc, char **argv)
{
	return unit_run(argc, argv, cases, COUNT(cases));
}
