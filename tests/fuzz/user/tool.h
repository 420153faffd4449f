/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the targets of the tool share: text that it prints, and names that no
 * server on the network is asked for.
 */
#ifndef TOOL_H
#define TOOL_H

#include <stdbool.h>
#include <stdio.h>

/* Where is written to; text_end() gives what was, to be freed. */
struct text {
	FILE *out;
	char *bytes;
	size_t size;
};

void text_begin(struct text *text);
char *text_end(struct text *text);

/* Whether a text is one JSON value (RFC 8259) and a line's end. */
bool is_json(const char *text);

#endif /* TOOL_H */
