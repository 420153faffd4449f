// SPDX-License-Identifier: GPL-2.0-only
/*
 * A message is text: a first line, then headers, a line each (RFC 3261, 7).
 * Nobody has checked it, so every step looks whether there is another byte.
 */
#include "proto/sip.h"

#include <linux/ctype.h>
#include <linux/string.h>

/* What is left to be read. */
struct text {
	const u8 *at;
	const u8 *end;
};

static bool is_line_end(u8 c)
{
	return c == '\r' || c == '\n';
}

static bool is_blank(u8 c)
{
	return c == ' ' || c == '\t';
}

/* The characters of "word" (RFC 3261, 25.1). */
static bool is_word(u8 c)
{
	return c && (isalnum(c) || strchr("-.!%*_+`'~()<>:\\\"/?[]{}", c)) &&
	       c < 0x80;
}

/* To the beginning of the next line, CR, LF and CR LF alike. */
static bool next_line(struct text *text)
{
	while (text->at < text->end && !is_line_end(*text->at))
		text->at++;
	if (text->end - text->at >= 2 && text->at[0] == '\r' &&
	    text->at[1] == '\n')
		text->at++;
	if (text->at < text->end)
		text->at++;
	return text->at < text->end;
}

/* Blanks, and a line's end where the next line begins with one. */
static bool skip_blanks(struct text *text)
{
	struct text next;

	while (text->at < text->end) {
		if (is_line_end(*text->at)) {
			next = *text;
			if (!next_line(&next) || !is_blank(*next.at))
				return false;
			*text = next;
		}
		if (!is_blank(*text->at))
			return true;
		text->at++;
	}
	return false;
}

static bool skip_name(struct text *text, const char *name)
{
	size_t length = strlen(name);

	if (text->end - text->at < length ||
	    strncasecmp((const char *)text->at, name, length))
		return false;
	text->at += length;
	return true;
}

/* The name that says it all, or the short one. */
static bool skip_header(struct text *text)
{
	if (!skip_name(text, "Call-ID") && !skip_name(text, "i"))
		return false;
	if (!skip_blanks(text) || *text->at != ':')
		return false;
	text->at++;
	return skip_blanks(text);
}

static size_t word_length(struct text text)
{
	const u8 *begin = text.at;

	while (text.at < text.end && is_word(*text.at))
		text.at++;
	return text.at - begin;
}

/* Nothing more in this line; a datagram that ends here may have been cut. */
static bool is_done(struct text text)
{
	while (text.at < text.end && is_blank(*text.at))
		text.at++;
	return text.at < text.end && is_line_end(*text.at);
}

/* A word, or two with an @ between them; 0 where there is something else. */
static size_t id_length_of(struct text text)
{
	size_t first = word_length(text), second = 0;

	text.at += first;
	if (first && text.at < text.end && *text.at == '@') {
		text.at++;
		second = word_length(text);
		if (!second)
			return 0;
		text.at += second++;
	}
	return is_done(text) ? first + second : 0;
}

/**
 * shunt_sip_call_id() - find a message's Call-ID
 * @message:	what a datagram holds
 * @length:	how much that is
 * @id_length:	set to the Call-ID's length, 1 to SHUNT_SIP_ID_MAX
 *
 * Return: the Call-ID, within @message; NULL where there is none or it is too
 * long.
 */
const u8 *shunt_sip_call_id(const u8 *message, size_t length, u8 *id_length)
{
	struct text text = { message, message + length };
	struct text header;
	size_t found;

	while (next_line(&text)) {
		header = text;
		if (!skip_header(&header))
			continue;
		found = id_length_of(header);
		if (!found || found > SHUNT_SIP_ID_MAX)
			return NULL;
		*id_length = found;
		return header.at;
	}
	return NULL;
}
