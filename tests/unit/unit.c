// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/percpu.h>

#define SHOWN	3	/* failures of a case that are told in full */

unsigned long jiffies;
int shim_cpu;
bool shim_out_of_memory;
int shim_allocations;

static bool verbose;
static unsigned int failures;	/* of the running case */

void unit_fail(const char *file, int line, const char *condition,
	       const char *format, ...)
{
	va_list args;

	if (failures++ >= SHOWN)
		return;
	printf("# %s:%d: not so: %s\n#     with ", file, line, condition);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

void unit_note(const char *format, ...)
{
	va_list args;

	if (!verbose)
		return;
	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* Marsaglia's xorshift, 64 bits of state. */
u32 unit_random(void)
{
	static u64 state = 0x5348554e54ull;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (u32)(state >> 32);
}

int unit_run(int argc, char **argv, const struct unit_case *cases, int count)
{
	int i, failed = 0;

	verbose = argc > 1 && !strcmp(argv[1], "-v");
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%d\n", count);
	for (i = 0; i < count; i++) {
		failures = 0;
		cases[i].run();
		if (failures > SHOWN)
			printf("# and %u more\n", failures - SHOWN);
		printf("%s %d - %s\n", failures ? "not ok" : "ok", i + 1,
		       cases[i].text);
		failed += !!failures;
	}
	return failed ? 1 : 0;
}
