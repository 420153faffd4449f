// SPDX-License-Identifier: GPL-2.0-only
/*
 * helper/shift.h: the numbers of a stream in which texts are replaced, beside a
 * list of where each byte went; options of a TCP header, beside a walk of them.
 */
#include "helper/shift.h"

#include <string.h>

#include "fuzz.h"

#define SENT	2048

/* Where the receiver has the byte, -1 inside a text of another length. */
struct stream {
	u32 first;
	u32 sent;
	s32 grown;
	u32 at[SENT];
	bool inside[SENT];
};

static void send(struct stream *s, u32 length, bool inside)
{
	u32 i;

	for (i = 0; i < length; i++, s->sent++) {
		s->inside[s->sent] = inside && i;
		s->at[s->sent] = s->sent + s->grown;
	}
}

/*
 * From where on numbers are known: the last text but one is forgotten. What was
 * received is known up to the byte before which all was.
 */
static void check(const struct stream *s, struct shunt_shift *shift, u32 from)
{
	u32 i, got, known = from;

	for (i = from; i < s->sent; i++) {
		if (s->inside[i])
			continue;
		must(shunt_shift_seq(shift, s->first + i) ==
		     s->first + s->at[i], "byte %u", i);
		for (got = s->at[known]; got < s->at[i]; got++)
			must(shunt_shift_ack(shift, s->first + got) ==
			     s->first + known, "%u received", got);
		known = i;
	}
}

static void check_stream(struct fuzz *fuzz)
{
	struct stream s = { .first = fuzz_take(fuzz, 4) };
	struct shunt_shift shift = {};
	u32 from = 0, gap, length;
	s32 growth;

	while (fuzz->at < fuzz->end) {
		gap = 1 + fuzz_take(fuzz, 1) % 64;
		length = 1 + fuzz_take(fuzz, 1) % 32;
		growth = (s32)(fuzz_take(fuzz, 1) % 41) - (s32)(length - 1);
		if (s.sent + gap + length + 1 > SENT)
			break;
		send(&s, gap, false);
		shunt_shift_add(&shift, s.first + s.sent, length, growth);
		send(&s, length, growth);
		s.grown += growth;
		send(&s, 1, false);
		check(&s, &shift, from);
		from = s.sent - 1;
	}
}

static bool is_sack_edge(const u8 *options, u32 length, u32 byte)
{
	u32 at = 0, size;

	while (at < length && options[at]) {
		if (options[at] == 1) {
			at++;
			continue;
		}
		if (at + 1 >= length || options[at + 1] < 2 ||
		    at + options[at + 1] > length)
			return false;
		size = options[at + 1];
		if (byte < at + size)
			return options[at] == 5 && byte >= at + 2 &&
			       (byte - at - 2) / 4 < (size - 2) / 4;
		at += size;
	}
	return false;
}

/* Nothing but the edges of SACK blocks changes. */
static void check_options(const u8 *data, u32 length)
{
	struct shunt_shift shift = { .start = 100, .end = 200, .before = 7,
				     .after = 0x01010101 };
	u8 *options = malloc(length ?: 1);
	u32 i;

	memcpy(options, data, length);
	shunt_shift_sack(&shift, options, length);
	for (i = 0; i < length; i++)
		must(options[i] == data[i] || is_sack_edge(data, length, i),
		     "byte %u", i);
	shift = (struct shunt_shift){ .before = -1, .after = -1 };
	memcpy(options, data, length);
	shunt_shift_sack(&shift, options, length);
	for (i = 0; i + 3 < length; i++)
		must(!is_sack_edge(data, length, i) ||
		     memcmp(options + i, data + i, 4) ||
		     is_sack_edge(data, length, i - 1),
		     "byte %u stays", i);
	free(options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz fuzz = { data, data + size };

	check_options(data, size < 40 ? size : 40);
	check_stream(&fuzz);
	return 0;
}
