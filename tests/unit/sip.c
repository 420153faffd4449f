// SPDX-License-Identifier: GPL-2.0-only
/*
 * proto/sip.c: finding the Call-ID in what anybody may send.
 *
 * What stock ip_vs was seen to take for a Call-ID (6.1.192) is in the table; it
 * differs where the text says so. Each message is in memory of exactly its
 * length, so that the sanitizers see any step beyond it.
 */
#include "proto/sip.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define FIRST	"INVITE sip:a@b SIP/2.0"
#define A50	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A255	A50 A50 A50 A50 A50 "aaaaa"

static const struct {
	const char *text;
	const char *message;
	const char *id;		/* NULL: there is none */
} samples[] = {
	{ "a request", FIRST "\r\nVia: x\r\nCall-ID: a@b\r\nCSeq: 1\r\n\r\n",
	  "a@b" },
	{ "a response", "SIP/2.0 200 OK\r\nCall-ID: a@b\r\n\r\n", "a@b" },
	{ "no Call-ID", FIRST "\r\nVia: x\r\n\r\n", NULL },
	{ "an empty one", FIRST "\r\nCall-ID: \r\nVia: x\r\n", NULL },
	{ "small letters", FIRST "\r\ncall-id: l\r\n", "l" },
	{ "large letters", FIRST "\r\nCALL-ID: u\r\n", "u" },
	{ "the short name", FIRST "\r\ni: s\r\n", "s" },
	{ "the short name, large", FIRST "\r\nI: s\r\n", "s" },
	{ "blanks before the colon", FIRST "\r\nCall-ID \t : b\r\n", "b" },
	{ "no blank", FIRST "\r\nCall-ID:n\r\n", "n" },
	{ "many blanks", FIRST "\r\nCall-ID: \t  m\r\n", "m" },
	{ "in the next line", FIRST "\r\nCall-ID:\r\n f\r\n", "f" },
	{ "the next line goes on", FIRST "\r\nCall-ID: f\r\n g\r\n", "f" },
	{ "lines end with LF", FIRST "\nCall-ID: l\n\n", "l" },
	{ "lines end with CR", FIRST "\rCall-ID: c\r\r", "c" },
	{ "no SIP", "hello\r\nCall-ID: n\r\n", "n" },
	{ "in the first line", "Call-ID: f\r\n\r\n", NULL },
	{ "behind an empty line", "\r\nCall-ID: e\r\n", "e" },
	{ "not to its end", FIRST "\r\nCall-ID: n", NULL },
	{ "a longer name", FIRST "\r\nX-Call-ID: x\r\nCall-IDs: x\r\n", NULL },
	{ "a longer short name", FIRST "\r\nix: x\r\n", NULL },
	{ "two", FIRST "\r\nCall-ID: 1\r\ni: 2\r\n", "1" },
	{ "the longest", FIRST "\r\nCall-ID: " A255 "\r\n", A255 },
	{ "too long", FIRST "\r\nCall-ID: " A255 "a\r\n", NULL },
	{ "too long with an @", FIRST "\r\nCall-ID: " A50 "@" A255 "\r\n",
	  NULL },
	{ "more than a word", FIRST "\r\nCall-ID: a b\r\n", NULL },
	{ "blanks behind it (stock: none)", FIRST "\r\nCall-ID: a \t\r\n",
	  "a" },
	{ "all characters of a word",
	  FIRST "\r\nCall-ID: aZ09-.!%*_+`'~()<>:\\\"/?[]{}\r\n",
	  "aZ09-.!%*_+`'~()<>:\\\"/?[]{}" },
	{ "a comma", FIRST "\r\nCall-ID: a,b\r\n", NULL },
	{ "a semicolon", FIRST "\r\nCall-ID: a;b\r\n", NULL },
	{ "an ampersand", FIRST "\r\nCall-ID: a&b\r\n", NULL },
	{ "bytes above 127", FIRST "\r\nCall-ID: a\xe4\xc4\r\n", NULL },
	{ "a control character", FIRST "\r\nCall-ID: a\x01\r\n", NULL },
	{ "two @", FIRST "\r\nCall-ID: a@b@c\r\n", NULL },
	{ "nothing behind the @", FIRST "\r\nCall-ID: a@\r\n", NULL },
	{ "nothing before the @", FIRST "\r\nCall-ID: @b\r\n", NULL },
	{ "no colon", FIRST "\r\nCall-ID\r\nVia: x\r\n", NULL },
	{ "nothing", "", NULL },
	{ "ends of lines alone", "\r\n\r\n", NULL },
	{ "SDP's i=", FIRST "\r\n\r\nv=0\r\ni=a b\r\n", NULL },
};

/* What is found in exactly these bytes; to be freed. NULL for none. */
static char *found(const char *message, size_t length)
{
	u8 *copy = malloc(length ?: 1), id_length = 0;
	const u8 *id;
	char *text = NULL;

	memcpy(copy, message, length);
	id = shunt_sip_call_id(copy, length, &id_length);
	expect(!id || (id >= copy && id_length &&
		       id + id_length <= copy + length),
	       "within %zu bytes", length);
	if (id)
		text = strndup((const char *)id, id_length);
	free(copy);
	return text;
}

static void test_samples(void)
{
	int i;

	for (i = 0; i < COUNT(samples); i++) {
		char *id = found(samples[i].message,
				 strlen(samples[i].message));

		expect(samples[i].id ? id && !strcmp(id, samples[i].id) : !id,
		       "%s: %s", samples[i].text, id ?: "none");
		free(id);
	}
}

/* A message that is cut has its Call-ID whole or not at all. */
static void test_cut(void)
{
	size_t length;
	int i;

	for (i = 0; i < COUNT(samples); i++) {
		for (length = 0; length < strlen(samples[i].message); length++) {
			char *id = found(samples[i].message, length);

			expect(!id || (samples[i].id &&
				       !strcmp(id, samples[i].id)),
			       "%s, %zu bytes: %s", samples[i].text, length,
			       id);
			free(id);
		}
	}
}

static void test_nul(void)
{
	const char message[] = FIRST "\r\nCall-ID: a\0b\r\n";
	char *id = found(message, sizeof(message) - 1);

	expect(!id, "%s", id);
	free(id);
}

/* Damaged messages, and heaps of what the parser looks for. */
static void test_damaged(void)
{
	static const char bits[] = "\r\n \t:@iI,aCall-ID";
	char message[128];
	int round, i;

	for (round = 0; round < 200000; round++) {
		const char *from = samples[unit_random() % COUNT(samples)].message;
		size_t length = strlen(from);

		if (length > sizeof(message))
			length = sizeof(message);
		memcpy(message, from, length);
		for (i = unit_random() % 8; length && i; i--)
			message[unit_random() % length] =
				bits[unit_random() % (sizeof(bits) - 1)];
		free(found(message, length));
	}
}

static const struct unit_case cases[] = {
	{ "messages right and wrong", test_samples },
	{ "messages cut at every byte", test_cut },
	{ "a NUL ends nothing", test_nul },
	{ "200000 damaged messages", test_damaged },
};

int main(int argc, char **argv)
{
	return unit_run(argc, argv, cases, COUNT(cases));
}
