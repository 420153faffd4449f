// SPDX-License-Identifier: GPL-2.0-only
/*
 * helper/ftp_text.h: what is said on FTP's control connection.
 */
#include "helper/ftp_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/inet.h>

#include "unit.h"

typedef enum shunt_ftp_word parser(const char *text, unsigned int length,
				   struct shunt_ftp_place *place);

/* Text in memory of its very length, so that a byte read too many is noticed. */
static enum shunt_ftp_word parse(parser *parse, const char *text, size_t length,
				 struct shunt_ftp_place *place)
{
	char *copy = malloc(length ?: 1);
	enum shunt_ftp_word word;

	memset(place, 0, sizeof(*place));
	memcpy(copy, text, length);
	word = parse(copy, length, place);
	free(copy);
	return word;
}

struct saying {
	const char *text;
	enum shunt_ftp_word word;
	const char *addr;
	u16 port;
	const char *changes;	/* what of an answer may be replaced */
};

static void check(parser *parser, const struct saying *s)
{
	struct shunt_ftp_place place;
	enum shunt_ftp_word word = parse(parser, s->text, strlen(s->text),
					 &place);
	union nf_inet_addr addr = {};

	expect(word == s->word, "%s: %d", s->text, word);
	if (word != s->word || !s->port)
		return;
	expect(ntohs(place.port) == s->port, "%s: %d", s->text,
	       ntohs(place.port));
	if (s->addr) {
		inet_pton(place.af, s->addr, &addr);
		expect(!memcmp(&addr, &place.addr, sizeof(addr)), "%s", s->text);
	}
	if (s->changes)
		expect(place.length == strlen(s->changes) &&
		       !memcmp(s->text + place.at, s->changes, place.length),
		       "%s: %u bytes from %u on", s->text, place.length,
		       place.at);
}

static const struct saying commands[] = {
	{ "PASV\r\n", SHUNT_FTP_PASV },
	{ "pasv\r\n", SHUNT_FTP_PASV },
	{ "PASV\n", SHUNT_FTP_PASV },
	{ "EPSV\r\n", SHUNT_FTP_EPSV },
	{ "EPSV 2\r\n", SHUNT_FTP_EPSV },
	{ "EPSV ALL\r\n", SHUNT_FTP_EPSV },
	{ "PORT 192,0,2,1,200,13\r\n", SHUNT_FTP_PORT, "192.0.2.1", 51213 },
	{ "port   192,0,2,1,0,1\r\n", SHUNT_FTP_PORT, "192.0.2.1", 1 },
	{ "EPRT |1|192.0.2.1|51213|\r\n", SHUNT_FTP_EPRT, "192.0.2.1", 51213 },
	{ "EPRT |2|2001:db8::1|51213|\r\n", SHUNT_FTP_EPRT, "2001:db8::1",
	  51213 },
	{ "EPRT !2!::ffff:192.0.2.1!65535!\r\n", SHUNT_FTP_EPRT,
	  "::ffff:192.0.2.1", 65535 },
	{ "NOOP\r\nPASV\r\n", SHUNT_FTP_PASV },
	{ "PASV\r\nNOOP\r\n", SHUNT_FTP_PASV },
	{ "PASV\r\nEPSV\r\n", SHUNT_FTP_EPSV },
	{ "PASV\r\nRETR PAS", SHUNT_FTP_PASV },
	{ "PORT 1,2,3,4,5,6\r\nPORT 9,9,9\r\n", SHUNT_FTP_PORT, "1.2.3.4",
	  1286 },
	{ "", SHUNT_FTP_NOTHING },
	{ "\r\n\r\n\n", SHUNT_FTP_NOTHING },
	{ "PASV", SHUNT_FTP_NOTHING },
	{ "PASVE\r\n", SHUNT_FTP_NOTHING },
	{ "RETR PASV\r\n", SHUNT_FTP_NOTHING },
	{ " PASV\r\n", SHUNT_FTP_NOTHING },
	{ "PORT\r\n", SHUNT_FTP_NOTHING },
	{ "PORT 192,0,2,1,200\r\n", SHUNT_FTP_NOTHING },
	{ "PORT 192,0,2,1,0,0\r\n", SHUNT_FTP_NOTHING },
	{ "PORT 192,0,2,256,1,1\r\n", SHUNT_FTP_NOTHING },
	{ "PORT 192,0,2,1,,1\r\n", SHUNT_FTP_NOTHING },
	{ "PORT 192.0.2.1,1,1\r\n", SHUNT_FTP_NOTHING },
	{ "PORT 99999999999999999999,0,2,1,1,1\r\n", SHUNT_FTP_NOTHING },
	{ "EPRT |1|2001:db8::1|51213|\r\n", SHUNT_FTP_NOTHING },
	{ "EPRT |2|192.0.2.1|51213|\r\n", SHUNT_FTP_NOTHING },
	{ "EPRT |3|192.0.2.1|51213|\r\n", SHUNT_FTP_NOTHING },
	{ "EPRT |0|192.0.2.1|51213|\r\n", SHUNT_FTP_NOTHING },
	{ "EPRT ||192.0.2.1|51213|\r\n", SHUNT_FTP_NOTHING },
	{ "EPRT |1|192.0.2.1|65536|\r\n", SHUNT_FTP_NOTHING },
	{ "EPRT |1|192.0.2.1|0|\r\n", SHUNT_FTP_NOTHING },
	{ "EPRT |1|192.0.2.1|51213\r\n", SHUNT_FTP_NOTHING },
	{ "EPRT 11111111\r\n", SHUNT_FTP_NOTHING },
	{ "EPRT \r\n", SHUNT_FTP_NOTHING },
	{ "EPRT |\r\n", SHUNT_FTP_NOTHING },
};

static void understands_commands(void)
{
	int i;

	for (i = 0; i < COUNT(commands); i++)
		check(shunt_ftp_command, &commands[i]);
}

static const struct saying answers[] = {
	{ "227 Entering Passive Mode (192,0,2,1,200,13).\r\n", SHUNT_FTP_PASV,
	  "192.0.2.1", 51213, "192,0,2,1,200,13" },
	{ "227 Entering Passive Mode 192,0,2,1,200,13\r\n", SHUNT_FTP_PASV,
	  "192.0.2.1", 51213, "192,0,2,1,200,13" },
	{ "227 =192,0,2,1,200,13\n", SHUNT_FTP_PASV, "192.0.2.1", 51213,
	  "192,0,2,1,200,13" },
	{ "227 Mode 2 for 10 (192,0,2,1,200,13)\r\n", SHUNT_FTP_PASV,
	  "192.0.2.1", 51213, "192,0,2,1,200,13" },
	{ "200 yes\r\n227 (1,2,3,4,5,6)\r\n200 yes\r\n", SHUNT_FTP_PASV,
	  "1.2.3.4", 1286, "1,2,3,4,5,6" },
	{ "229 Extended (|||51213|)\r\n", SHUNT_FTP_EPSV, NULL, 51213,
	  "51213" },
	{ "229 (so) (!!!1!)\r\n", SHUNT_FTP_EPSV, NULL, 1, "1" },
	{ "", SHUNT_FTP_NOTHING },
	{ "227 Entering Passive Mode (192,0,2,1,200,13)", SHUNT_FTP_NOTHING },
	{ "227-Entering Passive Mode (192,0,2,1,200,13)\r\n",
	  SHUNT_FTP_NOTHING },
	{ "227 Entering Passive Mode (192,0,2,1,200)\r\n", SHUNT_FTP_NOTHING },
	{ "227 Entering Passive Mode (192,0,2,300,200,13)\r\n",
	  SHUNT_FTP_NOTHING },
	{ "227 (192,0,2,1,0,0)\r\n", SHUNT_FTP_NOTHING },
	{ "227\r\n", SHUNT_FTP_NOTHING },
	{ "227 \r\n", SHUNT_FTP_NOTHING },
	{ "214 227 (192,0,2,1,200,13)\r\n", SHUNT_FTP_NOTHING },
	{ "229 Extended (||51213|)\r\n", SHUNT_FTP_NOTHING },
	{ "229 Extended (|||51213)\r\n", SHUNT_FTP_NOTHING },
	{ "229 Extended (|||0|)\r\n", SHUNT_FTP_NOTHING },
	{ "229 Extended (|||65536|)\r\n", SHUNT_FTP_NOTHING },
	{ "229 Extended (||||)\r\n", SHUNT_FTP_NOTHING },
	{ "229 Extended (1111111)\r\n", SHUNT_FTP_NOTHING },
	{ "229 (\r\n", SHUNT_FTP_NOTHING },
};

static void understands_answers(void)
{
	int i;

	for (i = 0; i < COUNT(answers); i++)
		check(shunt_ftp_answer, &answers[i]);
}

/* Cut off anywhere, a line is none, and nobody reads what is not there. */
static void cut_off(parser *parser, const struct saying *s)
{
	size_t length, end = strcspn(s->text, "\n");
	struct shunt_ftp_place place;
	enum shunt_ftp_word word;

	for (length = 0; length <= end && s->text[end]; length++) {
		word = parse(parser, s->text, length, &place);
		expect(word == SHUNT_FTP_NOTHING, "%.*s", (int)length, s->text);
	}
}

static void cut_off_anywhere(void)
{
	int i;

	for (i = 0; i < COUNT(commands); i++)
		cut_off(shunt_ftp_command, &commands[i]);
	for (i = 0; i < COUNT(answers); i++)
		cut_off(shunt_ftp_answer, &answers[i]);
}

/* What is said of a damaged text is about the text, and in it. */
static void damaged(parser *parser, const struct saying *s)
{
	struct shunt_ftp_place place;
	size_t length = strlen(s->text);
	enum shunt_ftp_word word;
	char text[128];
	int i, changes;

	for (i = 0; i < 2000 && length; i++) {
		memcpy(text, s->text, length);
		for (changes = unit_random() % 4; changes >= 0; changes--)
			text[unit_random() % length] =
				unit_random() % 2 ? unit_random() :
					"0123456789,|()\r\n "[unit_random() % 17];
		word = parse(parser, text, length, &place);
		if (word == SHUNT_FTP_NOTHING ||
		    (parser == shunt_ftp_command && !place.af))
			continue;
		expect(place.port, "%.*s", (int)length, text);
		if (parser == shunt_ftp_answer)
			expect(place.length &&
			       place.at + place.length < length, "%.*s",
			       (int)length, text);
	}
}

static void damaged_anyhow(void)
{
	int i;

	for (i = 0; i < COUNT(commands); i++)
		damaged(shunt_ftp_command, &commands[i]);
	for (i = 0; i < COUNT(answers); i++)
		damaged(shunt_ftp_answer, &answers[i]);
}

/* What is put in the place of an answer's numbers is read as it was meant. */
static void formats_what_it_reads(void)
{
	char to[SHUNT_FTP_TEXT_MAX], text[128];
	struct shunt_ftp_place place, back;
	unsigned int length;
	int i;

	for (i = 0; i < 20000; i++) {
		memset(&place, 0, sizeof(place));
		place.word = i % 2 ? SHUNT_FTP_PASV : SHUNT_FTP_EPSV;
		place.port = unit_random() | 1;
		if (place.word == SHUNT_FTP_PASV)
			place.addr.ip = unit_random();
		memset(to, 'x', sizeof(to));
		length = shunt_ftp_format(to, &place);
		expect(length < sizeof(to) && !to[length], "%u", length);
		snprintf(text, sizeof(text),
			 i % 2 ? "227 (%s)\r\n" : "229 (|||%s|)\r\n", to);
		parse(shunt_ftp_answer, text, strlen(text), &back);
		expect(back.word == place.word && back.port == place.port &&
		       !memcmp(&back.addr, &place.addr, sizeof(back.addr)),
		       "%s", text);
	}
}

/* What a client says, in segments of that many bytes. */
static enum shunt_ftp_word hear(struct shunt_ftp_line *line, u32 seq,
				const char *text, unsigned int size,
				struct shunt_ftp_place *place)
{
	unsigned int length = strlen(text), at, n;
	enum shunt_ftp_word word, last = SHUNT_FTP_NOTHING;
	struct shunt_ftp_place said;
	char *copy;

	for (at = 0; at < length; at += n) {
		n = length - at < size ? length - at : size;
		copy = malloc(n);
		memcpy(copy, text + at, n);
		word = shunt_ftp_hear(line, seq + at, copy, n, &said);
		free(copy);
		if (word) {
			last = word;
			*place = said;
		}
	}
	return last;
}

/* However a command is cut into segments, it is heard as if it came whole. */
static void hears_pieces(void)
{
	struct shunt_ftp_place whole, place;
	unsigned int size;
	u32 seq;
	int i;

	for (i = 0; i < COUNT(commands); i++) {
		for (size = 1; size <= strlen(commands[i].text); size++) {
			struct shunt_ftp_line line = {};

			/* Numbers begin anew behind the highest. */
			seq = -(u32)(unit_random() % 40);
			expect(!hear(&line, seq - 8, "NOOP 1\r\n", 8, &place),
			       "%d", i);
			parse(shunt_ftp_command, commands[i].text,
			      strlen(commands[i].text), &whole);
			if (strlen(commands[i].text) >= SHUNT_FTP_LINE_MAX)
				continue;
			hear(&line, seq, commands[i].text, size, &place);
			expect(!commands[i].word ||
			       (place.word == whole.word &&
				(whole.word == SHUNT_FTP_PASV ||
				 whole.word == SHUNT_FTP_EPSV ||
				 (place.port == whole.port &&
				  place.af == whole.af &&
				  !memcmp(&place.addr, &whole.addr,
					  sizeof(place.addr))))),
			       "%s, %u bytes each: %d", commands[i].text, size,
			       place.word);
		}
	}
}

#define PORT	"PORT 192,0,2,1,200,13\r\n"

/* A line that is too long to be one, even where a segment begins like one. */
static void hears_no_middle(void)
{
	struct shunt_ftp_line line = {};
	struct shunt_ftp_place place;
	char name[200];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	expect(!hear(&line, 1, name, sizeof(name), &place), "the name");
	expect(!hear(&line, 200, PORT, sizeof(PORT), &place), "its end");
	expect(hear(&line, 200 + strlen(PORT), PORT, sizeof(PORT), &place) ==
	       SHUNT_FTP_PORT, "a line of its own");
}

/* What gets lost, comes again, comes early, or is not of the connection. */
static void hears_in_order(void)
{
	struct shunt_ftp_line line = {};
	struct shunt_ftp_place place;

	expect(!hear(&line, 1000, "PORT 192,", 99, &place), "a part");
	expect(!hear(&line, 1000, "PORT 192,", 99, &place), "again");
	expect(!hear(&line, 1000 - 2 * SHUNT_FTP_WINDOW, PORT, 99, &place),
	       "before the window");
	expect(!hear(&line, 1000 + 2 * SHUNT_FTP_WINDOW, PORT, 99, &place),
	       "behind the window");
	expect(hear(&line, 1009, "0,2,1,200,13\r\n", 99, &place) ==
	       SHUNT_FTP_PORT, "the rest");
	expect(hear(&line, 1009 + 14, PORT, 99, &place) == SHUNT_FTP_PORT,
	       "another");
	expect(hear(&line, 1009 + 14, PORT, 99, &place) == SHUNT_FTP_PORT,
	       "another again");
	expect(!hear(&line, 1046, "PORT 192,", 99, &place), "a part");
	expect(!hear(&line, 1060, "2,1,200,13\r\n", 99, &place), "with a gap");
	expect(hear(&line, 1072, PORT, 99, &place) == SHUNT_FTP_PORT, "whole");
}

static const struct unit_case cases[] = {
	{ "commands are understood, and only they", understands_commands },
	{ "answers are understood, and only they", understands_answers },
	{ "a line cut off at any byte says nothing", cut_off_anywhere },
	{ "damaged text is read within its bounds", damaged_anyhow },
	{ "a command in pieces is the same", hears_pieces },
	{ "the middle of a long line is no command", hears_no_middle },
	{ "pieces go together in order, and in the window", hears_in_order },
	{ "what replaces an answer's numbers reads as meant",
	  formats_what_it_reads },
};

int main(int argc, char **argv)
{
	return unit_run(argc, argv, cases, COUNT(cases));
}
