// SPDX-License-Identifier: GPL-2.0-only
#include "text.h"

char *text_number(char *at, uint32_t number)
{
	char digits[10];
	int count = 0;

	if (number < 10) {
		*at = '0' + number;
		return at + 1;
	}
	do
		digits[count++] = '0' + number % 10;
	while (number /= 10);
	while (count)
		*at++ = digits[--count];
	return at;
}

char *text_pad(char *at, const char *start, int width)
{
	while (at < start + width)
		*at++ = ' ';
	return at;
}
