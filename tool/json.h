/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes JSON as it comes: no tree is built. Whoever calls closes what was
 * opened; commas, line breaks and escapes are looked after here.
 */
#ifndef SHUNTADM_JSON_H
#define SHUNTADM_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct json - a JSON text on its way out
 * @one_line:	no line break before the end
 * @depth:	how many objects and arrays are open
 * @filled:	the innermost of them has something in it
 */
struct json {
	FILE *out;
	bool one_line;
	unsigned int depth;
	bool filled;
};

/*
 * A value of any kind takes a @key inside an object and NULL in an array or at
 * the top.
 */

/** json_open() - begin an object ('{') or an array ('[') */
void json_open(struct json *json, const char *key, char bracket);

/** json_close() - end what was opened last: '}' or ']' */
void json_close(struct json *json, char bracket);

/**
 * json_string() - a text
 * @text:	UTF-8; bytes that are none become U+FFFD
 */
void json_string(struct json *json, const char *key, const char *text);

void json_number(struct json *json, const char *key, uint64_t number);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);

#endif
