/* SPDX-License-Identifier: GPL-2.0-only */
/* KTAP for unit tests: expect() what has to be true, end main() with unit_end(). */
#ifndef UNIT_H
#define UNIT_H

#include <stdio.h>
#include <string.h>

static int unit_count, unit_failures;

__attribute__((unused)) static int unit_result(int good, const char *text)
{
	unit_count++;
	unit_failures += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", unit_count, text);
	return good;
}

#define expect(condition, ...)						\
	do {								\
		int unit_good = !!(condition);				\
		char unit_text[512];					\
									\
		snprintf(unit_text, sizeof(unit_text), __VA_ARGS__);	\
		unit_result(unit_good, unit_text);			\
	} while (0)

/* Both strings are shown where they differ. */
__attribute__((unused))
static void expect_text(const char *got, const char *wanted, const char *text)
{
	if (!unit_result(!strcmp(got, wanted), text))
		printf("# got    \"%s\"\n# wanted \"%s\"\n", got, wanted);
}

static int unit_end(void)
{
	return unit_failures ? 1 : 0;
}

#endif
