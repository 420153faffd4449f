// SPDX-License-Identifier: GPL-2.0-only
/*
 * mangle [-f] WAY CLIENT SERVICE SERVER: sends bad packets through the director, one
 * after the other, and judges by a model (model.h) what comes out of it.
 *
 *   WAY       nat | dr: requests, from gw to the service at SERVICE (port 80 or
 *             27015), real server SERVER:8080 or :27015; reply: from rs1, about nat
 *   CLIENT    an address that nobody has; its port is 4000, or 4001 with dr
 *
 * The netns are those of nat_up (topology.sh); real servers and gateway have to
 * be silent. All frames take one CPU and come by in order, so that a good packet
 * behind each bad one tells when that is dealt with. A line for each topic says
 * how many packets
 *
 *   out       came out at all, where translated packets do
 *   through   of these, came out translated as the model says
 *   routed    of these, came out as a router passes on what is not the balancer's
 *   told      made the director answer by ICMP or with a RST
 *   local     were given to the director's own TCP, UDP or ICMP
 *   refused   were counted as errors by its IP
 *   dropped   none of these: Shunt has to have counted as many
 *   WRONG     came out in another way; each is shown
 *   MISSING   had to come through and did not
 *
 * and the last line is "dropped N". Fragments are apart (-f): of those of one
 * packet some may wait for the others, and are neither lost nor counted.
 */
#define _GNU_SOURCE
#include "judge.h"
#include "wire.h"

#include <netinet/in.h>
#include <stdlib.h>

/* Frames cut short, their headers as before. */
static void cut(enum kind kind)
{
	static struct packet whole, p;

	base(&whole, kind);
	for (size_t n = 0; n <= whole.len; n++) {
		p = whole;
		p.len = n;
		try(&p, n == whole.len);
	}
}

/* Packets that end early and whose IP header and checksums say so. */
static void shorten(enum kind kind)
{
	static struct packet whole, p;

	base(&whole, kind);
	for (size_t n = ip_size(); n <= whole.len; n++) {
		p = whole;
		p.len = n;
		set_length(&p);
		fix_sum(&p, ip_size(), proto_of(kind));
		try(&p, n == whole.len);
	}
}

/* Lengths in the headers that are not the packet's. */
static void lengths(enum kind kind)
{
	static struct packet whole, p;
	size_t off = ip_size();
	int total;

	base(&whole, kind);
	total = whole.len - (v6 ? 40 : 0);
	for (int v = -2; v <= total + 2; v++) {
		p = whole;
		put16(p.b + (v6 ? 4 : 2), v);
		fix_ip(p.b);
		try(&p, v == total);
	}
	for (int v = 0; v < 32; v++) {
		p = whole;
		p.b[0] = v < 16 ? (v << 4 | (whole.b[0] & 15)) : ((whole.b[0] & 0xf0) | (v - 16));
		fix_ip(p.b);
		try(&p, v6 ? p.b[0] >> 4 == 6 : p.b[0] == 0x45);
	}
	for (int v = 0; v < 16 && kind == TCP; v++) {
		p = whole;
		p.b[off + 12] = v << 4;
		fix_sum(&p, off, IPPROTO_TCP);
		try(&p, v == 5);
	}
	for (int v = 0; v < 40 && kind == UDP; v++) {
		p = whole;
		put16(p.b + off + 4, v < 39 ? v : 0xffff);
		fix_sum(&p, off, IPPROTO_UDP);
		try(&p, v == 32);
	}
	/* Of the first chunk, of what ends the handshake and of data; what is behind it may be another. */
	for (int v = 0; v < 80 && kind == SCTP; v++) {
		p = whole;
		p.b[off + 12] = v < 40 ? 10 : 0;
		put16(p.b + off + 14, v % 40 < 39 ? v % 40 : 0xffff);
		fix_sum(&p, off, IPPROTO_SCTP);
		try(&p, v % 40 == 28);
	}
}

/* Every bit of each checksum wrong, and the values that mean something. */
static void sums(enum kind kind)
{
	static struct packet whole, p;
	size_t at[2] = { ip_size() + sum_offset(proto_of(kind)), 10 };

	base(&whole, kind);
	for (int which = 0; which < (v6 ? 1 : 2); which++) {
		for (int bit = 0; bit < 18; bit++) {
			p = whole;
			if (bit < 16)
				p.b[at[which] + bit / 8] ^= 1 << bit % 8;
			else
				put16(p.b + at[which], bit == 16 ? 0 : 0xffff);
			try(&p, false);
		}
	}
	try(&whole, true);
}

/* Every combination of the flags that TCP knows, on a connection that is open. */
static void flags(enum kind kind)
{
	static struct packet p;

	for (int v = 0; v < 64 && kind == TCP; v++) {
		open_all();
		flow_packet(&p, IPPROTO_TCP, v, false, v & 1 ? 0 : 8);
		try(&p, v == 0x10 || v == 0x18);
	}
}

/* What IPv4 can carry behind its header: whole and broken options, padded to 4 bytes. */
static const struct {
	const char *text;
	bool good;
} chains[] = {
	{ "01010101", true }, { "00000000", true }, { "00ffffff", true }, { "01010100ffffffff", true },
	{ "07030400", true }, { "07070400000000", true }, { "070b0400000000000000000001", true },
	{ "070b0800000000000000000001", true }, { "070b0c00000000000000000001", true },
	{ "44040500", true }, { "440c0500000000000000000000", true }, { "440c0501000000000000000000", true },
	{ "440c0502000000000000000000", false }, { "440c05f0000000000000000000", false },
	{ "94040000", true }, { "820b0000000000000000000000", true }, { "88040001", true }, { "9e040000", true },
	{ "07", false }, { "0700", false }, { "0701", false }, { "0702", false }, { "070300", false }, { "070303", false },
	{ "070705000000ff", false }, { "0707ff000000ff", false }, { "07ff04", false }, { "072804", false },
	{ "4402", false }, { "4403ff", false }, { "44040000", false }, { "440404000000", false }, { "44ff05", false },
	{ "83", false }, { "830304", false }, { "8307040a000001", false }, { "8307080a000001", false },
	{ "8907040a000001", false }, { "8907080a000001", false }, { "83ff04", false }, { "8300", false },
	{ "070304070304", false }, { "440405004404050000", false }, 
	{ "9400", false }, { "9401", false }, { "9403", false }, { "94ff", false }, { "ff00", false }, { "ff01", false },
	{ "ff02", true }, { "ff03ff", true }, { "ffff", false }, { "0202", true }, { "01010101010101010101010101010101ff", false },
	{ "0707040000000044", false },
};

static size_t from_hex(uint8_t *to, const char *text)
{
	size_t n;
	unsigned int byte;

	for (n = 0; sscanf(text + 2 * n, "%2x", &byte) == 1; n++)
		to[n] = byte;
	return n;
}

static void options(enum kind kind)
{
	static struct packet whole, p;
	uint8_t bytes[40];
	size_t len;

	if (v6)
		return;
	base(&whole, kind);
	for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
		len = from_hex(bytes, chains[i].text);
		with_options(&p, &whole, bytes, len);
		try(&p, chains[i].good);
	}
	memset(bytes, 1, sizeof(bytes));
	for (len = 4; len <= 40; len += 4) {
		with_options(&p, &whole, bytes, len);
		try(&p, true);
	}
	for (int round = 0; round < 40; round++) {
		static const uint8_t types[] = { 0, 1, 7, 68, 131, 137, 148, 130, 255 };

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = random() % 2 ? types[random() % sizeof(types)] : random() % 12;
		with_options(&p, &whole, bytes, 1 + random() % 40);
		try(&p, false);
	}
}

/*
 * Chains of IPv6 extension headers: h hop-by-hop, d destination, r routing with
 * nothing left, R with a segment left, f fragment that is all, a authentication,
 * n no next header, x one that says it is longer than the packet.
 */
static const struct {
	const char *text;
	bool good;
} extensions[] = {
	{ "d", true }, { "h", true }, { "hd", true }, { "dd", true }, { "hdd", true }, { "f", true }, { "df", true },
	{ "hdfd", true }, { "fd", true }, { "ff", false }, { "dh", false }, { "hh", false }, { "dhd", false },
	{ "r", false }, { "R", false }, { "hr", false }, { "dR", false }, { "Rd", false }, { "fR", false }, { "a", false },
	{ "ad", false }, { "da", false }, { "n", false }, { "dn", false }, { "x", false }, { "dx", false }, { "hx", false },
	{ "dddddddd", true }, { "dddddddddddddddddddddddddddddddd", true },
	{ "hdddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd", true },
	{ "ffffffffffffffff", false }, { "RRRRRRRRRRRRRRRR", false }, { "hhhhhhhhhhhhhhhh", false },
	{ "dfdfdfdfdfdfdfdf", false }, { "aaaaaaaaaaaaaaaa", false },
};

static void chain_of(enum kind kind)
{
	static struct packet whole, p;
	char chain[151];

	if (!v6)
		return;
	base(&whole, kind);
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
		with_extensions(&p, &whole, extensions[i].text);
		try(&p, extensions[i].good);
	}
	for (int n = 20; n <= 150; n += 10) {
		memset(chain, 'd', n);
		chain[n] = 0;
		with_extensions(&p, &whole, chain);
		try(&p, true);
		/* Cut in the middle of the bomb, honestly. */
		p.len -= p.len / 3;
		set_length(&p);
		try(&p, false);
	}
	for (int round = 0; round < 60; round++) {
		int n = 1 + random() % 12, at;

		for (int i = 0; i < n; i++)
			chain[i] = "hdrRfanxdd"[random() % 10];
		chain[n] = 0;
		with_extensions(&p, &whole, chain);
		/* Not in a fragment's header: it would wait for others, which is neither lost nor counted. */
		at = random() % (8 * n);
		if (chain[at / 8] != 'f')
			p.b[40 + at] ^= random() % 3 ? 0 : random();
		try(&p, false);
	}
}

/* Errors that quote what is no packet, in every byte of its header. */
static void quotes(enum kind kind)
{
	static struct packet whole, p;
	size_t off = ip_size(), inner = off + 8;

	if (kind != ERROR_TCP && kind != ERROR_UDP)
		return;
	base(&whole, kind);
	/* Without neighbour discovery's, which would change what the director knows. */
	for (int type = 0; type < 130; type += type == 20 ? 107 : 1) {
		p = whole;
		p.b[off] = type;
		fix_sum(&p, off, proto_of(kind));
		try(&p, false);
	}
	for (size_t i = inner; i < inner + ip_size() + 20; i++) {
		for (int round = 0; round < 2; round++) {
			p = whole;
			p.b[i] ^= round < 1 ? 1 << random() % 8 : random();
			fix_sum(&p, off, proto_of(kind));
			try(&p, false);
		}
	}
	/* An error about an error. */
	p = whole;
	memmove(p.b + inner + inner, p.b + inner, p.len - inner);
	memcpy(p.b + inner, whole.b, inner);
	p.len += inner;
	set_length(&p);
	fix_sum(&p, off, proto_of(kind));
	try(&p, false);
	try(&whole, true);
}

/* Anything, in the headers. */
static void noise(enum kind kind)
{
	static struct packet whole, p;
	size_t span;

	base(&whole, kind);
	span = ip_size() + (kind == TCP ? 20 : kind == UDP ? 8 : kind == SCTP ? 16 : 8 + ip_size() + 20);
	for (int round = 0; round < 200; round++) {
		p = whole;
		for (int n = 1 + random() % 4; n; n--)
			p.b[random() % span] ^= random() % 2 ? 1 << random() % 8 : random();
		/* What is for others has other ways, neighbours to ask for and all. */
		memcpy(p.b + (v6 ? 24 : 16), whole.b + (v6 ? 24 : 16), world.alen);
		/* No fragments. */
		if (v6)
			p.b[6] = p.b[6] == 44 ? whole.b[6] : p.b[6];
		else
			memcpy(p.b + 6, whole.b + 6, 2);
		/* Who claims to be the director, IP's routing throws away without a word. */
		if (v6)
			memcpy(p.b + 8, whole.b + 8, 2);
		else
			memcpy(p.b + 12, whole.b + 12, 3);
		if (random() % 4) {
			fix_ip(p.b);
			if (is_error_kind(kind))
				fix_sum(&p, ip_size(), proto_of(kind));
		}
		try(&p, false);
	}
}

/* Ports and hop counts at the end of their range. */
static void ends(enum kind kind)
{
	static const int hops[] = { 0, 1, 2, 255 };
	static struct packet whole, p;
	size_t off = ip_size();

	base(&whole, kind);
	for (int i = 0; i < 4; i++) {
		p = whole;
		p.b[v6 ? 7 : 8] = hops[i];
		fix_ip(p.b);
		try(&p, hops[i] > 1);
	}
	for (int i = 0; i < 4 && !is_error_kind(kind); i++) {
		p = whole;
		put16(p.b + off + (i & 1) * 2, i & 2 ? 0xffff : 0);
		fix_sum(&p, off, proto_of(kind));
		try(&p, false);
	}
}

/* --- fragments */

#define MAX_PIECES	8

/* Plain, or with what its last fields say. */
#define P(from, to)			{ from, to, 0, 0 }
#define Q(from, to, last, other)	{ from, to, last, other }

/* Of a payload of 120 bytes behind the IP header; 0-0 ends the list. */
static const struct {
	const char *text;
	struct piece pieces[MAX_PIECES];
	bool good;
} puzzles[] = {
	{ "in order", { P(0, 40), P(40, 80), P(80, 120) }, true },
	{ "in reverse", { P(80, 120), P(40, 80), P(0, 40) }, true },
	{ "ports and no more at first", { P(0, 8), P(8, 16), P(16, 120) }, true },
	{ "in eights", { P(0, 8), P(8, 16), P(16, 24), P(24, 32), P(32, 40), P(40, 48), P(48, 56), P(56, 120) }, true },
	{ "overlap of 8, other ports", { P(0, 40), Q(0, 48, 0, 0xff), P(48, 120) }, false },
	{ "overlap in front", { P(0, 48), Q(40, 80, 0, 1), P(80, 120) }, false },
	{ "overlap behind", { P(40, 88), P(0, 40), Q(80, 120, 0, 1) }, false },
	{ "one inside another", { P(0, 80), Q(24, 40, 0, 1), P(80, 120) }, false },
	{ "one around another", { P(24, 40), Q(0, 80, 0, 1), P(80, 120) }, false },
	{ "teardrop", { P(0, 40), Q(24, 32, 'l', 1) }, false },
	{ "two ends", { P(0, 40), P(80, 120), Q(40, 80, 'l', 0) }, false },
	{ "more behind the end", { P(0, 40), P(80, 120), Q(120, 160, 'm', 0), P(40, 80) }, false },
	{ "an end before the end", { P(80, 120), P(0, 40), Q(40, 64, 'l', 0) }, false },
	{ "the headers overwritten at last", { P(8, 120), Q(0, 24, 'm', 0x55) }, false },
	{ "an end and nothing else", { P(80, 120) }, false },
	{ "a beginning and nothing else", { P(0, 40) }, false },
	{ "not in eights", { Q(0, 41, 'm', 0), P(48, 120) }, false },
	{ "of no length", { P(0, 40), Q(40, 40, 'm', 0), P(40, 120) }, false },
};

static void fragments(enum kind kind)
{
	size_t header = kind == TCP ? 20 : 8;
	static struct packet whole, p;
	unsigned int id;

	if (kind != TCP && kind != UDP)
		return;
	for (size_t i = 0; i < sizeof(puzzles) / sizeof(puzzles[0]); i++) {
		flow_packet(&whole, proto_of(kind), 0x10, false, 120 - header);
		id = ++serial;
		for (const struct piece *piece = puzzles[i].pieces; piece < puzzles[i].pieces + MAX_PIECES && piece->to; piece++) {
			fragment(&p, &whole, piece, id);
			send_in(&p);
		}
		fence();
		if (!v6)
			put16(whole.b + 4, id);
		fix_ip(whole.b);
		/* IPv6 wants all headers in the first one (RFC 8200, 4.5). */
		judge(&whole, puzzles[i].good && !(v6 && !puzzles[i].pieces[0].from && puzzles[i].pieces[0].to < (int)header));
	}
}

/* --- the frame around them */

static void address(uint8_t *to, const char *text)
{
	v6 = strchr(text, ':');
	world.alen = v6 ? 16 : 4;
	if (inet_pton(v6 ? AF_INET6 : AF_INET, text, to) != 1)
		errx(2, "%s: not an address", text);
}

static const struct {
	const char *name;
	void (*run)(enum kind kind);
	bool all;	/* also with an error about UDP */
} topics[] = {
	{ "cut", cut, true }, { "shortened", shorten, true }, { "lengths", lengths, false }, { "sums", sums, false },
	{ "flags", flags, false }, { "options", options, false }, { "extension headers", chain_of, false },
	{ "quotes", quotes, true }, { "ends", ends, false }, { "noise", noise, false }, { "fragments", fragments, false },
};

int main(int argc, char **argv)
{
	bool pieces = argc > 1 && !strcmp(argv[1], "-f");
	cpu_set_t one;

	argc -= pieces;
	argv += pieces;
	if (argc != 5)
		errx(2, "usage: mangle [-f] nat|dr|reply CLIENT SERVICE SERVER");
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		err(1, "sched_setaffinity");
	world.way = !strcmp(argv[1], "dr") ? DR : !strcmp(argv[1], "reply") ? REPLY : NAT;
	world.cport = world.way == DR ? 4001 : 4000;
	world.vport = world.way == DR ? 27015 : 80;
	world.rport = world.way == DR ? 27015 : 8080;
	address(world.client, argv[2]);
	address(world.service, argv[3]);
	address(world.server, argv[4]);

	judge_start();
	srandom(1);
	/* Fragments of an earlier run may still wait for others of their number. */
	serial = getpid() << 12;
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
		for (enum kind kind = 0; kind < KINDS; kind++) {
			if ((kind == ERROR_UDP && !topics[i].all) || (topics[i].run == fragments) != pieces)
				continue;
			open_all();
			topics[i].run(kind);
			conclude(topics[i].name, kinds[kind]);
		}
	}
	printf("dropped %u\n", all_dropped);
	return 0;
}
