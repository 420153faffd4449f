// SPDX-License-Identifier: GPL-2.0-only
/* The JSON writer. What is written with it, tests/tool/schema looks at. */
#include <stdlib.h>

#include "json.h"
#include "unit.h"

static void texts(void)
{
	static const char *const cases[][2] = {
		{ "plain /text", "\"plain /text\"" },
		{ "", "\"\"" },
		{ "\"\\", "\"\\\"\\\\\"" },
		{ "\n\t\x01\x1f\x7f", "\"\\u000a\\u0009\\u0001\\u001f\x7f\"" },
		/* Each length, and the first and last of each form. */
		{ "\u00e4\u20ac\U0001f600", "\"\u00e4\u20ac\U0001f600\"" },
		{ "\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf",
		  "\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\"" },
		{ "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
		  "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"" },
		/* A lone byte, one that never stands, one that is cut off. */
		{ "a\x80z", "\"a\ufffdz\"" },
		{ "\xff", "\"\ufffd\"" },
		{ "\xe2\x82", "\"\ufffd\ufffd\"" },
		{ "\xe2\x82z", "\"\ufffd\ufffdz\"" },
		{ "\xf0\x9f\x98", "\"\ufffd\ufffd\ufffd\"" },
		/* Overlong, a surrogate, beyond the last character. */
		{ "\xc0\xaf", "\"\ufffd\ufffd\"" },
		{ "\xe0\x9f\xbf", "\"\ufffd\ufffd\ufffd\"" },
		{ "\xed\xa0\x80", "\"\ufffd\ufffd\ufffd\"" },
		{ "\xf4\x90\x80\x80", "\"\ufffd\ufffd\ufffd\ufffd\"" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* Of the exact size, so that reading past the end shows. */
		char *given = strdup(cases[i][0]);
		char *text = NULL, title[64];
		size_t size;
		struct json json = { .out = open_memstream(&text, &size) };

		json_string(&json, NULL, given);
		fclose(json.out);
		snprintf(title, sizeof(title), "text number %zu", i);
		expect_text(text, cases[i][1], title);
		free(text);
		free(given);
	}
}

static void write_all(struct json *json)
{
	json_open(json, NULL, '{');
	json_number(json, "number", UINT64_MAX);
	json_open(json, "list", '[');
	json_number(json, NULL, 0);
	json_open(json, NULL, '{');
	json_close(json, '}');
	json_bool(json, NULL, true);
	json_close(json, ']');
	json_open(json, "nothing", '[');
	json_close(json, ']');
	json_bool(json, "no", false);
	json_null(json, "a \"key\"");
	json_close(json, '}');
}

static void shapes(void)
{
	static const char *const wanted[] = {
		"{\n"
		"  \"number\": 18446744073709551615,\n"
		"  \"list\": [\n"
		"    0,\n"
		"    {},\n"
		"    true\n"
		"  ],\n"
		"  \"nothing\": [],\n"
		"  \"no\": false,\n"
		"  \"a \\\"key\\\"\": null\n"
		"}\n",
		"{\"number\":18446744073709551615,\"list\":[0,{},true],"
		"\"nothing\":[],\"no\":false,\"a \\\"key\\\"\":null}\n",
	};

	for (int one_line = 0; one_line < 2; one_line++) {
		char *text = NULL;
		size_t size;
		struct json json = {
			.out = open_memstream(&text, &size),
			.one_line = one_line,
		};

		write_all(&json);
		fclose(json.out);
		expect_text(text, wanted[one_line],
			    one_line ? "in one line" : "in many lines");
		free(text);
	}
}

int main(void)
{
	texts();
	shapes();
	return unit_end();
}
