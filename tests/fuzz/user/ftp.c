// SPDX-License-Identifier: GPL-2.0-only
/*
 * helper/ftp_text.c: commands line by line, whole and in segments; answers,
 * in which another address and port can be put and found again.
 */
#include "helper/ftp_text.h"

#include <string.h>

#include "fuzz.h"

/* A copy in memory of its very length. */
static char *copy_of(const char *text, size_t length)
{
	char *copy = malloc(length ?: 1);

	memcpy(copy, text, length);
	return copy;
}

static enum shunt_ftp_word command(const char *text, size_t length,
				   struct shunt_ftp_place *place)
{
	char *copy = copy_of(text, length);
	enum shunt_ftp_word word;

	memset(place, 0, sizeof(*place));
	word = shunt_ftp_command(copy, length, place);
	must(place->word == word, "%d, %d", place->word, word);
	free(copy);
	return word;
}

static bool has_place(enum shunt_ftp_word word)
{
	return word == SHUNT_FTP_PORT || word == SHUNT_FTP_EPRT;
}

static void same_place(const struct shunt_ftp_place *a,
		       const struct shunt_ftp_place *b)
{
	if (!has_place(a->word))
		return;
	must(a->port && (a->af == AF_INET || a->af == AF_INET6), "%u", a->af);
	must(a->af == b->af && a->port == b->port &&
	     !memcmp(&a->addr, &b->addr, sizeof(a->addr)), "%u", a->af);
}

/* Six numbers of a byte each are that address and port. */
static void check_six(const char *text, size_t length,
		      const struct shunt_ftp_place *place)
{
	char *copy = copy_of(text, length + 1);
	unsigned int n[6], i;

	copy[length] = '\0';
	must(sscanf(copy, "%u,%u,%u,%u,%u,%u", n, n + 1, n + 2, n + 3, n + 4,
		    n + 5) == 6, "%s", copy);
	for (i = 0; i < 6; i++)
		must(n[i] < 256, "%s", copy);
	must(be32_to_cpu(place->addr.ip) ==
	     (n[0] << 24 | n[1] << 16 | n[2] << 8 | n[3]), "%s", copy);
	must(be16_to_cpu(place->port) == (n[4] << 8 | n[5]), "%s", copy);
	free(copy);
}

/* In more than one piece. */
static bool is_cut(size_t at, size_t next, const size_t cuts[2])
{
	return (at < cuts[0] && cuts[0] < next) ||
	       (at < cuts[1] && cuts[1] < next);
}

/*
 * Each line by itself; the last that says something counts. One that is in
 * pieces, cut at @cuts, has to be short.
 */
static enum shunt_ftp_word model(const char *text, size_t length,
				 const size_t cuts[2],
				 struct shunt_ftp_place *last)
{
	const char *end;
	size_t at, next;

	memset(last, 0, sizeof(*last));
	for (at = 0; at < length; at = next) {
		struct shunt_ftp_place place;

		end = memchr(text + at, '\n', length - at);
		if (!end)
			break;
		next = end + 1 - text;
		if (is_cut(at, next, cuts) && next - at >= SHUNT_FTP_LINE_MAX)
			continue;
		if (!command(text + at, next - at, &place))
			continue;
		*last = place;
		if (place.word == SHUNT_FTP_PORT)
			check_six(text + at + 5, next - at - 6, &place);
	}
	return last->word;
}

static void check_commands(const char *text, size_t length)
{
	const size_t cuts[2] = { length, length };
	struct shunt_ftp_place whole, lines;

	must(command(text, length, &whole) ==
	     model(text, length, cuts, &lines), "%d, by lines %d",
	     whole.word, lines.word);
	same_place(&whole, &lines);
}

/* What the last of the pieces says that says something. */
static void check_pieces(const char *text, size_t length, const size_t cuts[2],
			 u32 seq)
{
	const size_t ends[3] = { cuts[0], cuts[1], length };
	struct shunt_ftp_place last = {}, said, lines;
	struct shunt_ftp_line line = {};
	size_t at = 0, i;

	for (i = 0; i < 3; at = ends[i++]) {
		char *piece = copy_of(text + at, ends[i] - at);

		memset(&said, 0, sizeof(said));
		if (shunt_ftp_hear(&line, seq + at, piece, ends[i] - at, &said))
			last = said;
		free(piece);
	}
	must(line.ear.next == seq + (u32)length, "%u", line.ear.next);
	must(last.word == model(text, length, cuts, &lines),
	     "%d, by lines %d, cut at %zu and %zu", last.word, lines.word,
	     cuts[0], cuts[1]);
	same_place(&last, &lines);
}

/* What an answer says is replaced by something else, which is found then. */
static void check_answer(const char *text, size_t length, u32 addr, u16 port)
{
	struct shunt_ftp_place place = {}, other, again = {};
	char *copy = copy_of(text, length), new[SHUNT_FTP_TEXT_MAX];
	enum shunt_ftp_word word = shunt_ftp_answer(copy, length, &place);
	unsigned int size;

	must(!word || (place.length && place.at + place.length <= length),
	     "%u at %u", place.length, place.at);
	if (word == SHUNT_FTP_PASV)
		check_six(text + place.at, place.length, &place);
	/* With others in front of the numbers more than six may do. */
	if (word && text[place.at - 1] != ',') {
		must(place.port, "no port");
		must(word == SHUNT_FTP_EPSV || place.af == AF_INET, "%u",
		     place.af);
		other = place;
		other.addr.ip = addr;
		other.port = port | cpu_to_be16(1);
		size = shunt_ftp_format(new, &other);
		must(size == strlen(new) && size < sizeof(new), "%u", size);
		copy = realloc(copy, length + size);
		memcpy(copy + place.at, new, size);
		memcpy(copy + place.at + size,
		       text + place.at + place.length,
		       length - place.at - place.length);
		must(shunt_ftp_answer(copy, length - place.length + size,
				      &again) == word, "%d", again.word);
		must(again.at == place.at && again.length == size,
		     "%u at %u", again.length, again.at);
		must(again.port == other.port &&
		     (word == SHUNT_FTP_EPSV || again.addr.ip == addr),
		     "%s", new);
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz fuzz = { data, data + size };
	size_t cuts[2] = { fuzz_take(&fuzz, 1) };
	u32 number = fuzz_take(&fuzz, 4);
	const char *text = (const char *)fuzz.at;
	size_t length = fuzz.end - fuzz.at;

	cuts[0] = cuts[0] < length ? cuts[0] : length;
	cuts[1] = cuts[0] + (number & 15) < length ? cuts[0] + (number & 15) :
						     length;
	check_commands(text, length);
	check_pieces(text, length, cuts, number);
	check_answer(text, length, number, number >> 8);
	return 0;
}
