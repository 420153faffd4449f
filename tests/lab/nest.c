// SPDX-License-Identifier: GPL-2.0-only
/*
 * nest CLIENT SERVICE SERVER DIRECTOR: sends bad ICMP errors about packets in tunnels to the director, as mangle does packets.
 *
 * The service has real server SERVER through a tunnel at ports 7001 (IPIP), 7002 (GRE) and 7003 (GUE, to port 6080), and by NAT at
 * port 80, where what comes back tells when a bad error is dealt with. DIRECTOR is where tunnels begin. The director may tell the
 * client, in an ICMP error that quotes nothing but what the error has of the packet inside; or nobody.
 */
#define _GNU_SOURCE
#include "judge.h"
#include "wire.h"

#include <netinet/in.h>
#include <stdlib.h>

#define EXTENSION	12

static uint8_t director[16];
static uint16_t port;	/* the service's, which says the tunnel */
static const char *const names[] = { "IPIP", "GRE", "GUE" };

static size_t address(uint8_t *to, const char *text)
{
	v6 = strchr(text, ':');
	if (inet_pton(v6 ? AF_INET6 : AF_INET, text, to) != 1)
		errx(2, "%s: not an address", text);
	return v6 ? 16 : 4;
}

/* The client's packet. */
static void inside(struct packet *p, uint8_t flags)
{
	struct world w = world;

	world.way = NAT;
	world.vport = port;
	flow_packet(p, IPPROTO_TCP, flags, false, 40);
	world = w;
}

/* What stands between the two IP headers. */
static size_t between(void)
{
	return port == 7001 ? 0 : port == 7002 ? 4 : 12;
}

static void tunnel(struct packet *p)
{
	static const uint8_t gre[2][4] = { { 0, 0, 0x08, 0x00 }, { 0, 0, 0x86, 0xdd } };
	int next = v6 ? IPPROTO_IPV6 : IPPROTO_IPIP, outer = port == 7001 ? next : port == 7002 ? IPPROTO_GRE : IPPROTO_UDP;
	uint8_t gue[12] = { 0xc0, 0, 6080 >> 8, 6080 & 255 };

	if (port == 7002)
		prepend(p, gre[v6], 4);
	if (port == 7003) {
		gue[9] = next;
		put16(gue + 4, p->len + 12);
		prepend(p, gue, 12);
	}
	prepend_ip(p, director, world.server, outer);
}

/* The error that quotes it; WORDS and an extension behind it, as RFC 4884 says. */
static void error_about(struct packet *p, uint8_t words, bool extension)
{
	uint8_t icmp[8] = { v6 ? 1 : 3, v6 ? 3 : 1 };

	if (extension) {
		memset(p->b + p->len, 0, 128);
		p->len = p->len > 128 ? p->len : 128;
		memset(p->b + p->len, 0xee, EXTENSION);
		p->b[p->len] = 0x20;
		p->len += EXTENSION;
	}
	icmp[v6 ? 4 : 5] = words;
	prepend(p, icmp, 8);
	prepend_ip(p, world.server, director, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	fix_sum(p, ip_size(), v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
}

static void base_error(struct packet *p)
{
	inside(p, 0x18);
	tunnel(p);
	error_about(p, 0, false);
}

/* An error of the director's that quotes the client's packet and no byte more. */
static bool is_relayed(const struct packet *sent, const struct packet *out)
{
	size_t off, src = v6 ? 8 : 12, quoted, length;
	int proto = model_transport(out->b, out->len, &off);
	const uint8_t *q = out->b + off + 8;
	static struct packet copy;

	if (proto != (v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP) || off + 8 + ip_size() + 4 > out->len ||
	    memcmp(out->b + src + world.alen, world.client, world.alen))
		return false;
	quoted = out->len - off - 8;
	copy = *out;
	fix_sum(&copy, off, proto);
	if (memcmp(copy.b + off, out->b + off, 8) || !memmem(sent->b, sent->len, q, quoted))
		return false;
	length = (v6 ? q[4] << 8 | q[5] : q[2] << 8 | q[3]) + (v6 ? 40 : 0);
	return !memcmp(q + src, world.client, world.alen) && !memcmp(q + src + world.alen, world.service, world.alen) &&
	       quoted <= length;
}

static void cut(void)
{
	static struct packet whole, p;

	base_error(&whole);
	for (size_t n = 0; n <= whole.len; n++) {
		p = whole;
		p.len = n;
		try(&p, n == whole.len);
	}
}

/* Quotes that end early, in errors that say so. */
static void shorten(void)
{
	size_t first = ip_size() + 8;
	static struct packet whole, p;

	base_error(&whole);
	for (size_t n = first; n <= whole.len; n++) {
		p = whole;
		p.len = n;
		set_length(&p);
		fix_sum(&p, ip_size(), v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
		try(&p, n >= first + 2 * ip_size() + between() + 8);
	}
}

/* Another value in each byte of what is quoted, as far as it is headers. */
static void quotes(void)
{
	size_t first = ip_size() + 8;
	static struct packet whole, p;

	base_error(&whole);
	for (size_t i = first; i < first + 2 * ip_size() + between() + 20; i++) {
		for (int round = 0; round < 3; round++) {
			p = whole;
			p.b[i] ^= round < 2 ? 1 << random() % 8 : random();
			fix_sum(&p, ip_size(), v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
			try(&p, false);
		}
	}
	try(&whole, true);
}

/* Lengths of both quoted packets that are not theirs. */
static void lengths(void)
{
	size_t outer = ip_size() + 8, inner = outer + ip_size() + between();
	static struct packet whole, p;

	base_error(&whole);
	for (int v = 0; v < 240; v++) {
		p = whole;
		put16(p.b + (v & 1 ? outer : inner) + (v6 ? 4 : 2), v < 236 ? v / 2 : 0xffff);
		fix_sum(&p, ip_size(), v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
		try(&p, false);
	}
}

static void extensions(void)
{
	static struct packet p;

	for (int words = 0; words < 256; words++) {
		inside(&p, 0x18);
		tunnel(&p);
		error_about(&p, words, true);
		try(&p, words == 0 || words * (v6 ? 8 : 4) >= 128);
	}
}

static void open_tunnel(void)
{
	static struct packet p;

	inside(&p, 0x02);
	send_at_gateway(&p);
	inside(&p, 0x10);
	send_at_gateway(&p);
	fence();
}

static const struct {
	const char *name;
	void (*run)(void);
} topics[] = { { "cut", cut }, { "shortened", shorten }, { "quotes", quotes }, { "lengths", lengths }, { "extensions", extensions } };

int main(int argc, char **argv)
{
	cpu_set_t one;

	if (argc != 5)
		errx(2, "usage: nest CLIENT SERVICE SERVER DIRECTOR");
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		err(1, "sched_setaffinity");
	world = (struct world){ .way = REPLY, .cport = 4002, .vport = 80, .rport = 8080 };
	address(world.client, argv[1]);
	address(world.service, argv[2]);
	address(world.server, argv[3]);
	world.alen = address(director, argv[4]);

	judge_start();
	may_also = is_relayed;
	srandom(1);
	serial = getpid() << 12;
	for (port = 7001; port <= 7003; port++) {
		for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
			open_all();
			open_tunnel();
			topics[i].run();
			conclude(topics[i].name, names[port - 7001]);
		}
	}
	printf("dropped %u\n", all_dropped);
	return 0;
}
