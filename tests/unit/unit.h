/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every test program here shares: cases, expectations and KTAP lines.
 */
#ifndef UNIT_H
#define UNIT_H

#include <linux/types.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

/**
 * struct unit_case - a test
 * @text:	what is true if it passes
 * @run:	fails it by any expect() that does not hold
 */
struct unit_case {
	const char *text;
	void (*run)(void);
};

/**
 * expect() - fail the running case unless a condition holds
 * @condition:	what has to hold
 * @...:	printf format and arguments: the case at hand, in numbers
 */
#define expect(condition, ...) do {					\
	if (!(condition))						\
		unit_fail(__FILE__, __LINE__, #condition, __VA_ARGS__);	\
} while (0)

__attribute__((format(printf, 4, 5)))
void unit_fail(const char *file, int line, const char *condition,
	       const char *format, ...);

/* Print a comment, with -v only. */
__attribute__((format(printf, 1, 2)))
void unit_note(const char *format, ...);

/* The same numbers in every run. */
u32 unit_random(void);

/* The body of main(). Return: the exit code. */
int unit_run(int argc, char **argv, const struct unit_case *cases, int count);

#endif /* UNIT_H */
