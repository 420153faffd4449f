/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text put together by hand, for what a list has thousands of: printf() takes
 * ten times as long. Each function returns where the text ends, and writes no
 * NUL there.
 */
#ifndef SHUNTADM_TEXT_H
#define SHUNTADM_TEXT_H

#include <stdint.h>

/** text_number() - @number in decimal */
char *text_number(char *at, uint32_t number);

/** text_pad() - blanks, until what began at @start is @width wide */
char *text_pad(char *at, const char *start, int width);

#endif
