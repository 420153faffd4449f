// SPDX-License-Identifier: GPL-2.0-only
/*
 * sched/spread.h: the stride and what it makes of a share.
 *
 * A share's turns depend on the circle and its length alone, not on where it
 * lies, so going through all lengths on all circles leaves nothing out.
 */
#include "sched/spread.h"

#include <math.h>

#include "unit.h"

/* Products of the first primes have the fewest strides to choose from. */
static const u32 hard_circles[] = {
	6, 30, 210, 2310, 30030, 510510, 9699690, 223092870, 446185740,
	669278610, 1338557220, 4238764530u, 1u << 31, U32_MAX - 4, U32_MAX - 1,
	U32_MAX,
};

/* By subtraction, as Euclid has it. */
static u32 model_gcd(u32 a, u32 b)
{
	if (!a || !b)
		return a + b;
	while (a != b) {
		if (a > b)
			a -= b;
		else
			b -= a;
	}
	return a;
}

static void test_gcd(void)
{
	u32 a, b;

	for (a = 0; a <= 200; a++)
		for (b = 0; b <= 200; b++)
			expect(shunt_gcd(a, b) == model_gcd(a, b),
			       "gcd(%u, %u) = %u", a, b, shunt_gcd(a, b));
	expect(shunt_gcd(U32_MAX, U32_MAX) == U32_MAX, "both U32_MAX");
	expect(shunt_gcd(65535, U32_MAX) == 65535, "65535 divides U32_MAX");
}

static void check_stride(u32 circle)
{
	u32 stride = shunt_spread_stride(circle);

	expect(stride && (stride < circle || circle == 1),
	       "circle %u: stride %u", circle, stride);
	expect(shunt_gcd(stride, circle) == 1,
	       "circle %u: stride %u", circle, stride);
}

static void test_coprime(void)
{
	u32 circle;
	int i;

	for (circle = 1; circle <= 100000; circle++)
		check_stride(circle);
	for (i = 0; i < COUNT(hard_circles); i++)
		check_stride(hard_circles[i]);
	for (i = 0; i < 20000; i++)
		check_stride(unit_random() | 1u << 31);
}

static void check_visits(u32 circle, u32 start)
{
	static u8 visited[2000];
	u32 stride = shunt_spread_stride(circle), n;

	for (n = 0; n < circle; n++)
		visited[n] = 0;
	for (n = 0; n < circle; n++) {
		u32 position = shunt_spread_position(start + n, stride, circle);

		expect(position < circle && !visited[position]++,
		       "circle %u, turn %u: position %u again", circle,
		       start + n, position);
	}
}

static void test_visits(void)
{
	u32 circle;

	for (circle = 1; circle <= 2000; circle++) {
		check_visits(circle, 0);
		check_visits(circle, (1u << 31) - circle / 2);
		check_visits(circle, U32_MAX - circle + 1);
		check_visits(circle, unit_random() / 2);
	}
}

/* Positions by 128-bit arithmetic: nothing may be lost on large circles. */
static void test_position(void)
{
	int i, j;

	for (i = 0; i < COUNT(hard_circles); i++) {
		u32 circle = hard_circles[i];
		u32 stride = shunt_spread_stride(circle);

		for (j = 0; j < 1000; j++) {
			u32 turn = unit_random();
			u32 want = (unsigned __int128)turn * stride % circle;

			expect(shunt_spread_position(turn, stride, circle) ==
			       want, "circle %u, turn %u", circle, turn);
		}
	}
}

struct smoothness {
	double deviation;	/* of a window from its due, in turns */
	u32 run;		/* turns in a row */
};

/*
 * Over all windows of all lengths: with surplus(n) = turns up to n minus their
 * due, a window deviates by the difference of two surpluses, and as they repeat
 * with the circle the worst window is the largest minus the smallest.
 */
static struct smoothness measure(u32 circle, u32 stride, u32 share)
{
	long long surplus = 0, least = 0, most = 0;
	u32 n, run = 0, longest = 0;

	for (n = 0; n < 2 * circle; n++) {
		bool hit = shunt_spread_position(n, stride, circle) < share;

		run = hit ? run + 1 : 0;
		longest = run > longest ? run : longest;
		surplus += hit ? (long long)circle - share : -(long long)share;
		least = surplus < least ? surplus : least;
		most = surplus > most ? surplus : most;
	}
	return (struct smoothness){ (double)(most - least) / circle, longest };
}

/*
 * Theory: the deviation is of the order of the sum of the quotients of Euclid's
 * algorithm on stride and circle, so of log(circle) where they all are small.
 * The best strides there are stay below 0.55 * log2(circle); a stride that
 * goes round in steps of one, or nearly so, is off by a quarter of the circle.
 */
static double allowed_deviation(u32 circle)
{
	return 1 + log2(circle) / 2;
}

static void check_share(u32 circle, u32 share, double *worst)
{
	u32 stride = shunt_spread_stride(circle);
	struct smoothness s = measure(circle, stride, share);

	expect(s.deviation <= allowed_deviation(circle),
	       "share %u of %u, stride %u: off by %.2f turns, %.2f allowed",
	       share, circle, stride, s.deviation, allowed_deviation(circle));
	expect(share > circle / 2 || s.run <= 3,
	       "share %u of %u, stride %u: %u turns in a row", share, circle,
	       stride, s.run);
	if (s.deviation > *worst)
		*worst = s.deviation;
}

static void test_smooth_all(void)
{
	double worst = 0;
	u32 circle, share;

	for (circle = 2; circle <= 300; circle++)
		for (share = 1; share < circle; share++)
			check_share(circle, share, &worst);
	unit_note("all shares of circles up to 300: at most %.2f turns off",
		  worst);
}

static void test_smooth_large(void)
{
	double worst = 0;
	int i;

	for (i = 0; i < 400; i++) {
		u32 circle = 300 + unit_random() % 30000;

		check_share(circle, 1 + unit_random() % (circle - 1), &worst);
		check_share(circle, circle / 2, &worst);
		check_share(circle, circle / 3, &worst);
	}
	for (i = 0; i < COUNT(hard_circles); i++) {
		u32 circle = hard_circles[i];

		if (circle > 1000000)
			break;
		check_share(circle, circle / 2, &worst);
		check_share(circle, circle / 7 + 1, &worst);
	}
	unit_note("circles up to 510510: at most %.2f turns off", worst);
}

static const struct unit_case cases[] = {
	{ "gcd as by subtraction", test_gcd },
	{ "stride and circle share no divisor, circles 1..100000 and hard ones",
	  test_coprime },
	{ "a circle of turns visits every position once, from any turn",
	  test_visits },
	{ "positions of the largest circles are exact", test_position },
	{ "every share of every circle up to 300 comes evenly in any window",
	  test_smooth_all },
	{ "shares of large circles come evenly in any window",
	  test_smooth_large },
};

int main(int argc, char **argv)
{
	return unit_run(argc, argv, cases, COUNT(cases));
}
