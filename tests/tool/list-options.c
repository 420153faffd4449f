// SPDX-License-Identifier: GPL-2.0-only
/* Prints every spelling that options.c accepts, one a line. */
#include <stdio.h>

#include "options.h"

int main(void)
{
	for (const struct option_def *def = option_table; def->help; def++) {
		if (def->letter)
			printf("-%c\n", def->letter);
		if (def->name)
			printf("--%s\n", def->name);
	}
	return 0;
}
