// SPDX-License-Identifier: GPL-2.0-only
#include "helper/ftp_text.h"

#include <asm/byteorder.h>
#include <linux/ctype.h>
#include <linux/inet.h>
#include <linux/kernel.h>
#include <linux/socket.h>
#include <linux/string.h>

/* What is left to read of a line. */
struct cursor {
	const char *at;
	const char *end;
};

static bool take(struct cursor *line, char c)
{
	if (line->at == line->end || *line->at != c)
		return false;
	line->at++;
	return true;
}

static bool take_number(struct cursor *line, unsigned int max,
			unsigned int *value)
{
	const char *first = line->at;

	for (*value = 0; line->at < line->end && isdigit(*line->at); line->at++) {
		*value = *value * 10 + (*line->at - '0');
		if (*value > max)
			return false;
	}
	return line->at > first;
}

/* h1,h2,h3,h4,p1,p2 */
static bool take_commas(struct cursor *line, struct shunt_ftp_place *place)
{
	unsigned int number[6], i;

	for (i = 0; i < 6; i++) {
		if ((i && !take(line, ',')) ||
		    !take_number(line, 255, &number[i]))
			return false;
	}
	place->af = AF_INET;
	memset(&place->addr, 0, sizeof(place->addr));
	place->addr.ip = cpu_to_be32(number[0] << 24 | number[1] << 16 |
				     number[2] << 8 | number[3]);
	place->port = cpu_to_be16(number[4] << 8 | number[5]);
	return place->port;
}

static bool take_port(struct cursor *line, struct shunt_ftp_place *place)
{
	unsigned int port;

	if (!take_number(line, 65535, &port))
		return false;
	place->port = cpu_to_be16(port);
	return port;
}

static bool take_addr(struct cursor *line, char delimiter,
		      struct shunt_ftp_place *place)
{
	int length = line->end - line->at;
	const char *end;
	bool is;

	memset(&place->addr, 0, sizeof(place->addr));
	if (place->af == AF_INET)
		is = in4_pton(line->at, length, (u8 *)&place->addr.ip,
			      delimiter, &end);
	else
		is = in6_pton(line->at, length, (u8 *)&place->addr.in6,
			      delimiter, &end);
	if (is)
		line->at = end;
	return is;
}

/* |family|address|port|, with any delimiter that cannot be in between. */
static bool take_bars(struct cursor *line, struct shunt_ftp_place *place)
{
	unsigned int family;
	char delimiter;

	if (line->at == line->end)
		return false;
	delimiter = *line->at++;
	if (delimiter < 33 || delimiter > 126 || isxdigit(delimiter) ||
	    delimiter == '.' || delimiter == ':' ||
	    !take_number(line, 2, &family) || !family ||
	    !take(line, delimiter))
		return false;
	place->af = family == 1 ? AF_INET : AF_INET6;
	return take_addr(line, delimiter, place) && take(line, delimiter) &&
	       take_port(line, place) && take(line, delimiter);
}

/* The next line that has come whole, without its end. */
static bool next_line(struct cursor *text, struct cursor *line)
{
	const char *end = memchr(text->at, '\n', text->end - text->at);

	if (!end)
		return false;
	line->at = text->at;
	line->end = end > text->at && end[-1] == '\r' ? end - 1 : end;
	text->at = end + 1;
	return true;
}

/* A verb, in any case, and the blanks behind it. */
static bool take_verb(struct cursor *line, const char *verb)
{
	size_t length = strlen(verb);

	if (line->end - line->at < length ||
	    strncasecmp(line->at, verb, length))
		return false;
	line->at += length;
	if (line->at == line->end)
		return true;
	if (*line->at != ' ')
		return false;
	while (take(line, ' '))
		;
	return true;
}

static enum shunt_ftp_word parse_command(struct cursor line,
					 struct shunt_ftp_place *place)
{
	if (take_verb(&line, "PASV"))
		return SHUNT_FTP_PASV;
	if (take_verb(&line, "EPSV"))
		return SHUNT_FTP_EPSV;
	if (take_verb(&line, "PORT"))
		return take_commas(&line, place) ? SHUNT_FTP_PORT :
						   SHUNT_FTP_NOTHING;
	if (take_verb(&line, "EPRT"))
		return take_bars(&line, place) ? SHUNT_FTP_EPRT :
						 SHUNT_FTP_NOTHING;
	return SHUNT_FTP_NOTHING;
}

/**
 * shunt_ftp_command() - what a client says about a data connection
 * @text:	of the control connection, from the beginning of a line
 * @length:	of it
 * @place:	filled by PORT and EPRT
 *
 * The last that is said counts. A line of which only a part is there is none.
 *
 * Return: what was said.
 */
enum shunt_ftp_word shunt_ftp_command(const char *text, unsigned int length,
				      struct shunt_ftp_place *place)
{
	struct cursor rest = { text, text + length }, line;
	enum shunt_ftp_word word, last = SHUNT_FTP_NOTHING;
	struct shunt_ftp_place said;

	while (next_line(&rest, &line)) {
		word = parse_command(line, &said);
		if (word == SHUNT_FTP_NOTHING)
			continue;
		last = word;
		if (word == SHUNT_FTP_PORT || word == SHUNT_FTP_EPRT)
			*place = said;
	}
	place->word = last;
	return last;
}

/**
 * shunt_ftp_follows() - whether text belongs to what was heard so far
 * @ear:	of the end that says it; the text counts as heard if so
 * @seq:	TCP number of its first byte
 * @length:	of it
 *
 * Who cannot see a connection does not know its numbers. Segments may come twice,
 * or not in order.
 */
bool shunt_ftp_follows(struct shunt_ftp_ear *ear, u32 seq, unsigned int length)
{
	u32 end = seq + length;

	if (!ear->tuned) {
		ear->tuned = true;
		ear->next = end;
		return true;
	}
	if (seq - ear->next + SHUNT_FTP_WINDOW > 2 * SHUNT_FTP_WINDOW)
		return false;
	if ((s32)(end - ear->next) > 0)
		ear->next = end;
	return true;
}

static void keep(struct shunt_ftp_line *line, const char *text,
		 unsigned int length)
{
	if (length < SHUNT_FTP_LINE_MAX - line->length) {
		memcpy(line->part + line->length, text, length);
		line->length += length;
	} else {
		line->length = SHUNT_FTP_LINE_MAX;
	}
}

/* The rest of a line that has begun in an earlier segment, or more of it. */
static unsigned int finish(struct shunt_ftp_line *line, const char *text,
			   unsigned int length, struct shunt_ftp_place *place)
{
	const char *end = memchr(text, '\n', length);
	unsigned int taken = end ? end + 1 - text : length;

	keep(line, text, taken);
	if (end) {
		if (line->length < SHUNT_FTP_LINE_MAX)
			shunt_ftp_command(line->part, line->length, place);
		line->length = 0;
	}
	return taken;
}

/* Where the last line begins that has not come to its end. */
static unsigned int last_line(const char *text, unsigned int length)
{
	while (length && text[length - 1] != '\n')
		length--;
	return length;
}

/**
 * shunt_ftp_hear() - what a client says in a segment
 * @line:	what it has said before
 * @seq:	TCP number of @text
 * @text:	of the control connection
 * @length:	of it
 * @place:	as for shunt_ftp_command()
 *
 * A line may come in pieces, if they come in order.
 *
 * Return: what was said.
 */
enum shunt_ftp_word shunt_ftp_hear(struct shunt_ftp_line *line, u32 seq,
				   const char *text, unsigned int length,
				   struct shunt_ftp_place *place)
{
	struct shunt_ftp_ear before = line->ear;
	struct shunt_ftp_place rest = {};
	unsigned int at = 0;

	place->word = SHUNT_FTP_NOTHING;
	if (!shunt_ftp_follows(&line->ear, seq, length))
		return SHUNT_FTP_NOTHING;
	/* Nothing new: the answer may have got lost. */
	if (before.tuned && line->ear.next == before.next)
		return shunt_ftp_command(text, length, place);

	if (before.tuned && seq != before.next)
		line->length = 0;
	if (line->length)
		at = finish(line, text, length, place);
	if (shunt_ftp_command(text + at, length - at, &rest))
		*place = rest;
	if (!line->length) {
		at = last_line(text, length);
		keep(line, text + at, length - at);
	}
	return place->word;
}

/*
 * Some servers leave the brackets out, so that six numbers are looked for
 * wherever they may begin (RFC 1123, 4.1.2.6).
 */
static bool find_commas(struct cursor line, struct shunt_ftp_place *place,
			struct cursor *found)
{
	const char *first = line.at;

	for (; line.at < line.end; line.at++) {
		if (!isdigit(*line.at) ||
		    (line.at > first && isdigit(line.at[-1])))
			continue;
		*found = line;
		if (take_commas(found, place)) {
			found->end = found->at;
			found->at = line.at;
			return true;
		}
	}
	return false;
}

/* (|||port|), of which only the port may change. */
static bool find_bars(struct cursor line, struct shunt_ftp_place *place,
		      struct cursor *found)
{
	char delimiter;

	while (line.end - line.at > 4) {
		if (*line.at++ != '(')
			continue;
		delimiter = *line.at;
		*found = line;
		if (delimiter < 33 || delimiter > 126 || isdigit(delimiter) ||
		    !take(found, delimiter) || !take(found, delimiter) ||
		    !take(found, delimiter))
			continue;
		line.at = found->at;
		if (!take_port(found, place) || found->at == found->end ||
		    *found->at != delimiter)
			continue;
		found->end = found->at;
		found->at = line.at;
		return true;
	}
	return false;
}

/**
 * shunt_ftp_answer() - what a server says about a data connection
 * @text:	of the control connection, from the beginning of a line
 * @length:	of it
 * @place:	filled
 *
 * Return: the command it answers, or SHUNT_FTP_NOTHING.
 */
enum shunt_ftp_word shunt_ftp_answer(const char *text, unsigned int length,
				     struct shunt_ftp_place *place)
{
	struct cursor rest = { text, text + length }, line, found;

	while (next_line(&rest, &line)) {
		place->word = SHUNT_FTP_NOTHING;
		if (line.end - line.at < 4)
			continue;
		memset(place, 0, sizeof(*place));
		if (!memcmp(line.at, "227 ", 4)) {
			line.at += 4;
			if (find_commas(line, place, &found))
				place->word = SHUNT_FTP_PASV;
		} else if (!memcmp(line.at, "229 ", 4)) {
			line.at += 4;
			if (find_bars(line, place, &found))
				place->word = SHUNT_FTP_EPSV;
		}
		if (place->word == SHUNT_FTP_NOTHING)
			continue;
		place->at = found.at - text;
		place->length = found.end - found.at;
		return place->word;
	}
	return SHUNT_FTP_NOTHING;
}

/**
 * shunt_ftp_format() - address and port as an answer has them
 * @to:		where to, SHUNT_FTP_TEXT_MAX bytes
 * @place:	of an answer
 *
 * Return: bytes, at most SHUNT_FTP_TEXT_MAX - 1.
 */
unsigned int shunt_ftp_format(char *to, const struct shunt_ftp_place *place)
{
	u32 addr = be32_to_cpu(place->addr.ip);
	u16 port = be16_to_cpu(place->port);

	if (place->word == SHUNT_FTP_EPSV)
		return scnprintf(to, SHUNT_FTP_TEXT_MAX, "%u", port);
	return scnprintf(to, SHUNT_FTP_TEXT_MAX, "%u,%u,%u,%u,%u,%u",
			 addr >> 24, addr >> 16 & 255, addr >> 8 & 255,
			 addr & 255, port >> 8, port & 255);
}
