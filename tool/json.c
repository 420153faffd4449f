// SPDX-License-Identifier: GPL-2.0-only
#include "json.h"

#include <inttypes.h>
#include <string.h>

/*
 * The characters beyond ASCII, by their first byte. What the second may be
 * keeps out overlong forms, surrogates and what is beyond U+10FFFF.
 */
static const struct {
	unsigned char first, last;
	unsigned char min, max;
	unsigned char length;
} forms[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 },
	{ 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

/* How many bytes the character at @text has; 0 where there is none. */
static size_t character(const char *text)
{
	const unsigned char *byte = (const unsigned char *)text;
	size_t i = 0, length = 2;

	if (byte[0] < 0x80)
		return 1;
	while (byte[0] < forms[i].first || byte[0] > forms[i].last)
		if (++i == sizeof(forms) / sizeof(forms[0]))
			return 0;
	if (byte[1] < forms[i].min || byte[1] > forms[i].max)
		return 0;
	/* The NUL at the end is no such byte, so this stays inside. */
	while (length < forms[i].length && (byte[length] & 0xc0) == 0x80)
		length++;
	return length == forms[i].length ? length : 0;
}

static void put_text(FILE *out, const char *text)
{
	fputc('"', out);
	while (*text) {
		size_t length = character(text);

		if (!length)
			fputs("\xef\xbf\xbd", out);	/* U+FFFD */
		else if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			fprintf(out, "\\u%04x", *text);
		else
			fwrite(text, 1, length, out);
		text += length ? length : 1;
	}
	fputc('"', out);
}

static void new_line(const struct json *json)
{
	if (!json->one_line)
		fprintf(json->out, "\n%*s", 2 * json->depth, "");
}

/* What stands before a value. */
static void begin(struct json *json, const char *key)
{
	if (json->filled)
		fputc(',', json->out);
	if (json->depth)
		new_line(json);
	json->filled = true;
	if (!key)
		return;
	put_text(json->out, key);
	fputs(json->one_line ? ":" : ": ", json->out);
}

void json_open(struct json *json, const char *key, char bracket)
{
	begin(json, key);
	fputc(bracket, json->out);
	json->depth++;
	json->filled = false;
}

void json_close(struct json *json, char bracket)
{
	json->depth--;
	if (json->filled)
		new_line(json);
	fputc(bracket, json->out);
	json->filled = true;
	if (!json->depth)
		fputc('\n', json->out);
}

void json_string(struct json *json, const char *key, const char *text)
{
	begin(json, key);
	put_text(json->out, text);
}

void json_number(struct json *json, const char *key, uint64_t number)
{
	begin(json, key);
	fprintf(json->out, "%" PRIu64, number);
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin(json, key);
	fputs(value ? "true" : "false", json->out);
}

void json_null(struct json *json, const char *key)
{
	begin(json, key);
	fputs("null", json->out);
}
