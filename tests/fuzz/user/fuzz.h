/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every fuzz target here shares. A target has LLVMFuzzerTestOneInput(),
 * which libFuzzer calls with bytes in memory of exactly their length.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the run, with the input kept, unless a condition holds. */
#define must(condition, ...) do {					\
	if (!(condition)) {						\
		fprintf(stderr, "%s:%d: not so: %s: ", __FILE__,	\
			__LINE__, #condition);				\
		fprintf(stderr, __VA_ARGS__);				\
		fputc('\n', stderr);					\
		abort();						\
	}								\
} while (0)

/* Input that is read as numbers. */
struct fuzz {
	const uint8_t *at;
	const uint8_t *end;
};

/* A number of so many bytes; what is not there any more is 0. */
static inline uint32_t fuzz_take(struct fuzz *fuzz, int bytes)
{
	uint32_t value = 0;

	while (bytes-- && fuzz->at < fuzz->end)
		value = value << 8 | *fuzz->at++;
	return value;
}

#endif /* FUZZ_H */
