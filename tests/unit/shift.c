// SPDX-License-Identifier: GPL-2.0-only
/*
 * helper/shift.h: sequence numbers on both sides of a replaced text.
 */
#include "helper/shift.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

/*
 * The model: for each byte that was sent, and the one to come, where the
 * receiver has it. A text that changes its length is one thing, at its beginning.
 */
#define SENT	4000

struct stream {
	u32 first;		/* number of the first byte, sent and received */
	struct shunt_shift shift;
	u32 at[SENT + 1];
	bool inside[SENT + 1];	/* such a text's, but its first */
};

/* Sends from @begin on up to @end: a text that grows, or all the same. */
static void transmit(struct stream *s, u32 begin, u32 end, s32 growth)
{
	u32 i;

	for (i = begin + 1; i <= end; i++) {
		s->inside[i] = growth && i < end;
		s->at[i] = s->at[begin] +
			   (s->inside[i] ? 0 : i - begin + growth);
	}
}

static void replace(struct stream *s, u32 begin, u32 end, s32 growth)
{
	transmit(s, begin, end, growth);
	shunt_shift_add(&s->shift, s->first + begin, end - begin, growth);
}

static void check_numbers(struct stream *s, u32 from, u32 end)
{
	u32 i, got, known;

	for (i = from; i <= end; i++) {
		if (!s->inside[i])
			expect(shunt_shift_seq(&s->shift, s->first + i) ==
			       s->first + s->at[i], "byte %u of %u", i, end);
	}
	for (i = known = from; i <= end; i++) {
		if (s->inside[i])
			continue;
		/* What was received before all up to here had been. */
		for (got = s->at[known]; got < s->at[i]; got++)
			expect(shunt_shift_ack(&s->shift, s->first + got) ==
			       s->first + known, "%u received", got);
		known = i;
	}
}

/* Of what lies before the last text but one nothing is sent again. */
static void streams(void)
{
	struct stream *s = malloc(sizeof(*s));
	u32 from, text, end;
	int run;

	for (run = 0; run < 300; run++) {
		memset(s, 0, sizeof(*s));
		/* Numbers that go round in the middle of it. */
		s->first = run % 3 ? unit_random() : 0u - unit_random() % SENT;
		for (from = 0; from < SENT - 300; from = end) {
			text = from + 10 + unit_random() % 90;
			transmit(s, from, text, 0);
			end = text + 10 + unit_random() % 15;
			replace(s, text, end, (s32)(unit_random() % 17) - 8);
			transmit(s, end, end + 100, 0);
			check_numbers(s, from, end + 100);
		}
	}
	free(s);
}

static void nothing_replaced(void)
{
	struct shunt_shift shift = {};
	int i;

	for (i = 0; i < 10000; i++) {
		u32 number = unit_random();

		expect(shunt_shift_ack(&shift, number) == number, "%u", number);
		expect(shunt_shift_seq(&shift, number) == number, "%u", number);
	}
}

/* Numbers go round more than once behind the last text. */
static void far_behind(void)
{
	struct shunt_shift shift = {};
	u64 number;

	shunt_shift_add(&shift, 1000, 20, 5);
	for (number = 1020; number < 3ull << 32; number += 60000000) {
		expect(shunt_shift_seq(&shift, (u32)number) == (u32)number + 5,
		       "%llu", (unsigned long long)number);
		expect(shunt_shift_ack(&shift, (u32)number + 5) == (u32)number,
		       "%llu", (unsigned long long)number);
	}
}

/* Blocks of SACK wherever they are, and only they; in exactly their memory. */
static void selective(void)
{
	static const u8 given[] = {
		1, 1, 8, 10, 0, 0, 39, 16, 0, 0, 39, 16,
		1, 5, 18, 0, 0, 39, 16, 0, 0, 39, 26, 0, 0, 0, 1, 0, 0, 0, 2,
		5, 10, 0, 0, 78, 32, 0, 0, 78, 42, 0,
	};
	u8 wanted[sizeof(given)], *options = malloc(sizeof(given));
	struct shunt_shift shift = {};

	shunt_shift_add(&shift, 5000, 20, 5);
	memcpy(wanted, given, sizeof(given));
	wanted[18] -= 5;	/* 10000 of the timestamps stays */
	wanted[22] -= 5;
	wanted[36] -= 5;
	wanted[40] -= 5;
	memcpy(options, given, sizeof(given));
	shunt_shift_sack(&shift, options, sizeof(given));
	expect(!memcmp(options, wanted, sizeof(given)), "%d %d %d %d",
	       options[18], options[22], options[36], options[40]);
	free(options);
}

static void odd_options(void)
{
	struct shunt_shift shift = {};
	int i, length;

	shunt_shift_add(&shift, 5000, 20, 5);
	for (i = 0; i < 100000; i++) {
		u8 *options;
		int at;

		length = unit_random() % 41;
		options = malloc(length ?: 1);
		for (at = 0; at < length; at++)
			options[at] = unit_random() % 3 ? unit_random() % 12 :
							  unit_random();
		shunt_shift_sack(&shift, options, length);
		free(options);
	}
}

static const struct unit_case cases[] = {
	{ "streams have the numbers that their bytes have", streams },
	{ "where nothing was replaced numbers stay", nothing_replaced },
	{ "numbers may go round behind a replaced text", far_behind },
	{ "blocks of SACK follow, other options stay", selective },
	{ "options that do not add up are read within their bounds",
	  odd_options },
};

int main(int argc, char **argv)
{
	return unit_run(argc, argv, cases, COUNT(cases));
}
