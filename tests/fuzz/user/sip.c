// SPDX-License-Identifier: GPL-2.0-only
/*
 * proto/sip.c: what is found is inside the message, and what a regular
 * expression finds there.
 */
#include "proto/sip.h"

#include <regex.h>
#include <string.h>

#include "fuzz.h"

/* Blanks, and ends of lines that go on. */
#define BLANKS	"([ \t]|(\r\n|\r|\n)[ \t])*"
#define WORD	"[]A-Za-z0-9.!%*_+`'~()<>:\\\"/?[{}-]+"

static regex_t name, header;

static void compile(void)
{
	if (regcomp(&name, "^(call-id|i)" BLANKS ":" BLANKS "[^ \t\r\n]",
		    REG_EXTENDED | REG_ICASE) ||
	    regcomp(&header, "^(call-id|i)" BLANKS ":" BLANKS
		    "(" WORD "(@" WORD ")?)[ \t]*[\r\n]",
		    REG_EXTENDED | REG_ICASE))
		abort();
}

static bool matches(const regex_t *regex, const char *at, size_t length,
		    regmatch_t *match)
{
	match[0].rm_so = 0;
	match[0].rm_eo = length;
	return !regexec(regex, at, 8, match, REG_STARTEND);
}

/* The first line is none, and CR LF is one end. */
static bool begins_line(const char *text, size_t at)
{
	return at && (text[at - 1] == '\n' ||
		      (text[at - 1] == '\r' && text[at] != '\n'));
}

static const char *model(const char *text, size_t size, size_t *length)
{
	regmatch_t match[8];
	size_t i;

	for (i = 0; i < size; i++) {
		if (!begins_line(text, i) ||
		    !matches(&name, text + i, size - i, match))
			continue;
		if (!matches(&header, text + i, size - i, match))
			return NULL;
		*length = match[6].rm_eo - match[6].rm_so;
		return *length <= SHUNT_SIP_ID_MAX ?
		       text + i + match[6].rm_so : NULL;
	}
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const u8 *id;
	const char *wanted;
	size_t length = 0;
	char *text;
	u8 got = 0;

	if (!name.re_nsub)
		compile();
	id = shunt_sip_call_id(data, size, &got);
	/* The sanitizers think that a regular expression goes on to a NUL. */
	text = malloc(size + 1);
	memcpy(text, data, size);
	text[size] = '\0';
	wanted = model(text, size, &length);
	must((id ? id - data : -1) == (wanted ? wanted - text : -1),
	     "at %td, the model at %td", id ? id - data : -1,
	     wanted ? wanted - text : -1);
	must(!id || (got && got == length && id + got <= data + size),
	     "%u bytes, the model %zu", got, length);
	free(text);
	return 0;
}
