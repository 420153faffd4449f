// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "shot.h"

#include <linux/if_ether.h>
#include <netinet/in.h>

#include "../lab/wire.h"

#define SYN	0x02
#define FIN	0x01
#define RST	0x04
#define ACK	0x10
#define MTU	1500

/* --- chance */

static uint64_t state;

static uint64_t next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static unsigned int below(unsigned int n)
{
	return next() % n;
}

static bool percent(unsigned int n)
{
	return below(100) < n;
}

static const uint8_t *one_of(const uint8_t *bytes, size_t n)
{
	return bytes + below(n);
}
#define PICK(array) (*one_of(array, sizeof(array)))

/* --- between whom */

static const struct service *service;
static int server;
static uint16_t cport;	/* of the client of this shot */

/* The world of an open connection, or of another client's, with one of few ports, so that they meet again. */
static void choose_world(void)
{
	const struct conn *c = percent(55) && n_conns ? &conns[below(n_conns)] : NULL;

	v6 = c ? c->six : percent(50);
	do {
		service = c ? c->s : &services[below(n_services)];
	} while (!service_is_there(service));
	server = c && c->server >= 0 ? c->server : service->servers == 3 ? (int)below(2) : service->servers == 2;
	world = (struct world){ .alen = v6 ? 16 : 4, .vport = service->port, .rport = service->rport,
				.way = service->method == MASQ ? NAT : DR };
	memcpy(world.client, client_ip[v6], 16);
	memcpy(world.service, vip[v6], 16);
	memcpy(world.server, real_ip[v6][server], 16);
	cport = c ? c->cport : 20000 + below(1024);
	if (!c)
		world.client[world.alen - 1] = 2 + below(4);
	if (!c && service->port == 500 && percent(70))
		cport = 500;
	world.cport = cport;
}

static void be_reply(void)
{
	world.way = REPLY;
}

/* Now and then an address or a port is not what it should be. */
static void stray(void)
{
	static const uint16_t ports[] = { 0, 20, 21, 53, 79, 80, 81, 85, 500, 4500, 5001, 6080, 8080, 27015, 65535 };

	switch (below(6)) {
	case 0:
		world.vport = ports[below(15)];
		break;
	case 1:
		world.rport = ports[below(15)];
		break;
	case 2:
		memcpy(world.client, dip[v6], 16);
		break;
	case 3:
		memcpy(world.client, real_ip[v6][below(2)], 16);
		break;
	case 4:
		memcpy(world.service, percent(50) ? dip[v6] : real_ip[v6][below(2)], 16);
		break;
	default:
		world.client[below(world.alen)] ^= 1 << below(8);
	}
}

/* --- what they say */

static const char *const words[] = {
	"PASV\r\n", "EPSV\r\n", "PORT 192,168,1,1,%d,%d\r\n", "PORT 192,168,1,1,%d,%d", "EPRT |1|192.168.1.1|%d|\r\n",
	"EPRT |2|2001:db8:192::1|%d|\r\n", "227 Entering Passive Mode (172,16,1,1,%d,%d).\r\n",
	"227 =172,16,1,1,%d,%d\r\n", "229 Entering Extended Passive Mode (|||%d|)\r\n", "227 (172,16,1,2,%d,%d", "229 (|||%d",
	"PORT 1,2,3,4,999,%d\r\n", "227 %d,%d,%d,%d,%d,%d\r\n", "\r\nPASV\r\n", "PA", "SV\r\n", "USER x\r\n",
};

static const char *const messages[] = {
	"INVITE sip:a@b SIP/2.0\r\nCall-ID: %d@h\r\n\r\n", "SIP/2.0 200 OK\r\ni: %d\r\n\r\n", "BYE x SIP/2.0\r\nCall-ID:\r\n %d\r\n",
	"REGISTER sip:x SIP/2.0\r\nCall-ID %d\r\n\r\n", "INVITE\r\nCall-ID: %d", "\r\n\r\n", "Call-ID: %d\r\n",
};

#define COUNT(array) (sizeof(array) / sizeof(array[0]))

/* Behind the header of the packet; the sum is taken anew. */
static void say(struct packet *p, size_t off, int proto, size_t header, const char *text, size_t len)
{
	memcpy(p->b + off + header, text, len);
	fix_sum(p, off, proto);
}

static size_t choose_text(char *to, size_t size)
{
	const char *const *list = service->port == 21 ? words : messages;
	unsigned int n = service->port == 21 ? COUNT(words) : COUNT(messages);
	int len;

	if ((service->port != 21 && service->port != 5060) || percent(10))
		return 0;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	len = snprintf(to, size, list[below(n)], below(200), below(256), below(256), below(256), below(256), below(256));
#pragma GCC diagnostic pop
	return percent(15) ? below(len + 1) : (size_t)len;
}

static uint8_t choose_flags(int proto)
{
	static const uint8_t flags[] = { ACK, ACK, ACK | 8, ACK | 8, SYN, SYN | ACK, FIN | ACK, RST, RST | ACK, 0, SYN | 0xc0 };
	static const uint8_t chunks[] = { 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 64, 128, 192, 255 };

	if (proto == IPPROTO_TCP)
		return percent(85) ? PICK(flags) : below(256);
	return proto == IPPROTO_SCTP ? PICK(chunks) : 0;
}

static size_t choose_size(void)
{
	return percent(70) ? below(64) : percent(80) ? below(600) : MTU - 100 + below(60);
}

static void number(struct packet *p, size_t off)
{
	/* So that what FTP says is in the window as often as not. */
	put32(p->b + off + 4, 1000 + below(percent(80) ? 200 : 1 << 30));
	put32(p->b + off + 8, 1000 + below(percent(80) ? 200 : 1 << 30));
	put16(p->b + off + 14, percent(90) ? 8192 : below(65536));
}

static size_t header_size(int proto)
{
	return proto == IPPROTO_TCP ? 20 : proto == IPPROTO_SCTP ? 16 : 8;
}

static void plain(struct packet *p, int proto, bool back)
{
	static char text[256];
	size_t len = choose_text(text, sizeof(text)), size = len ? len : choose_size();
	uint8_t flags = choose_flags(proto);

	flow_packet(p, proto, flags, back, size);
	if (proto == IPPROTO_TCP)
		number(p, ip_size());
	say(p, ip_size(), proto, header_size(proto), text, len);
	if (proto == IPPROTO_UDP && !v6 && percent(10))
		put16(p->b + 26, 0);
	if (percent(10))
		p->b[v6 ? 7 : 8] = percent(50) ? below(3) : 255;
	if (percent(10) && !v6)
		p->b[1] = below(256);
	if (percent(20) && !v6)
		p->b[6] |= 0x40;
	fix_ip(p->b);
}

static void trim(struct packet *p, size_t most)
{
	if (p->len > most)
		p->len = most;
}

static int icmp(void)
{
	return v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
}

/* Makes an error of what it is to quote; BACK: to whom what is quoted says it is from, from the other one. */
static void make_error(struct packet *p, const uint8_t *src, const uint8_t *dst)
{
	static const uint8_t types4[] = { 3, 3, 3, 11, 12, 4, 5, 0, 8, 13, 3 }, types6[] = { 1, 1, 2, 3, 4, 5, 100, 127, 128, 129, 1 };
	uint8_t head[8] = { v6 ? PICK(types6) : PICK(types4), below(percent(80) ? 6 : 256) };

	if (percent(30))
		put16(head + 6, percent(50) ? 1400 : below(65536));
	else if (percent(10))
		head[v6 ? 4 : 5] = below(64);
	if (head[0] == (v6 ? 1 : 3) && head[1] == 4 && !v6)
		put16(head + 6, 1200 + below(300));
	prepend(p, head, 8);
	prepend_ip(p, src, dst, icmp());
	fix_sum(p, ip_size(), icmp());
}

/* An error from the sender of this way's packets about one that came to it. */
static void error_packet(struct packet *p, int proto)
{
	static const uint8_t cuts[] = { 0, 4, 8, 12, 18, 20, 24, 28 };
	const uint8_t *src = world.way == REPLY ? world.server : world.client;
	const uint8_t *dst = world.way == REPLY ? world.client : world.service;

	plain(p, proto, true);
	if (percent(20))
		trim(p, ip_size() + PICK(cuts));
	else
		trim(p, v6 ? 1232 : 548);
	make_error(p, percent(80) ? src : percent(50) ? world.server : world.client, percent(95) ? dst : dip[v6]);
}

/* The client's packet, in a tunnel. */
static void tunnel(struct packet *p, enum method method)
{
	static const uint8_t gre[2][8] = { { 0, 0, 0x08, 0x00 }, { 0, 0, 0x86, 0xdd } };
	int next = v6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
	uint8_t gue[12] = { 0xc0, 0, 6080 >> 8, 6080 & 255 };

	if (method == GRE || method == GRE_SUM)
		prepend(p, gre[v6], 4);
	if (method == GUE || method == GUE_SUM) {
		gue[9] = next;
		put16(gue + 4, p->len + 12);
		prepend(p, gue, 12);
	}
	if (service->crossed)
		v6 = !v6;
	world.alen = v6 ? 16 : 4;
	prepend_ip(p, dip[v6], real_ip[v6][server], method <= IPIP ? next : method >= GUE ? IPPROTO_UDP : IPPROTO_GRE);
}

/* An error from a router on the tunnel's way. */
static void nested_error(struct packet *p, int proto)
{
	enum method method = service->method >= IPIP && service->method <= GUE_SUM ? service->method : IPIP + below(5);

	world.way = DR;
	plain(p, proto, false);
	trim(p, 400);
	tunnel(p, method);
	make_error(p, percent(50) ? real_ip[v6][server] : world.client, dip[v6]);
}

/* AH and ESP, and a tunnel to the director itself: what is behind the header says nothing. */
static void other_protocol(struct packet *p, int proto)
{
	static const uint8_t others[] = { IPPROTO_ESP, IPPROTO_ESP, IPPROTO_AH, IPPROTO_IPIP, IPPROTO_IPV6, IPPROTO_GRE, 2, 33, 136, 255 };
	int other = PICK(others);

	plain(p, proto, false);
	if (other == IPPROTO_IPIP || other == IPPROTO_IPV6 || other == IPPROTO_GRE) {
		trim(p, 1000);
		if (other == IPPROTO_GRE)
			prepend(p, (const uint8_t [4]){ 0, 0, v6 ? 0x86 : 0x08, v6 ? 0xdd : 0 }, 4);
		prepend_ip(p, world.client, percent(50) ? dip[v6] : world.service, other);
		return;
	}
	p->b[v6 ? 6 : 9] = other;
	/* As AH says itself how long it is: that much. */
	if (other == IPPROTO_AH) {
		p->b[ip_size()] = percent(50) ? IPPROTO_TCP : below(256);
		p->b[ip_size() + 1] = below(8);
	}
	fix_ip(p->b);
}

/* To the director: questions of ICMP and of neighbours. */
static void question(struct packet *p)
{
	static const uint8_t types4[] = { 8, 8, 13, 15, 17, 10 }, types6[] = { 128, 128, 130, 135, 135, 136, 139, 133, 134, 137 };
	static const uint8_t all_nodes[16] = { 0xff, 2, [15] = 1 };
	const uint8_t *dst = percent(50) ? world.service : percent(50) ? dip[v6] : v6 ? all_nodes : client_ip[0];
	uint8_t type = v6 ? PICK(types6) : PICK(types4);

	p->len = 8 + below(64);
	for (size_t i = 0; i < p->len; i++)
		p->b[i] = below(256);
	p->b[0] = type;
	p->b[1] = percent(90) ? 0 : below(256);
	if (type == 135 || type == 136) {
		p->len = 24;
		memset(p->b + 4, 0, 4);
		memcpy(p->b + 8, percent(70) ? dip[1] : client_ip[1], 16);
	}
	prepend_ip(p, world.client, dst, icmp());
	if (v6 && type >= 130)
		p->b[7] = percent(80) ? 255 : 1;
	fix_sum(p, ip_size(), icmp());
}

/* --- what is odd about it */

static void add_options(struct packet *p)
{
	static const uint8_t types[] = { 0, 1, 7, 68, 131, 137, 148, 130, 136, 255 };
	static struct packet whole;
	uint8_t bytes[40];

	if (p->len > MTU - 40)
		return;
	copy_packet(&whole, p);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = percent(50) ? PICK(types) : below(12);
	if (percent(50))
		memset(bytes, 1, sizeof(bytes));
	with_options(p, &whole, bytes, 1 + below(40));
}

static void add_extensions(struct packet *p)
{
	static struct packet whole;
	char chain[16];
	int n = 1 + below(percent(80) ? 4 : 15);

	if (p->len > MTU - 130u)
		return;
	copy_packet(&whole, p);
	for (int i = 0; i < n; i++)
		chain[i] = "hdddfrRanx"[below(percent(60) ? 5 : 10)];
	chain[n] = 0;
	with_extensions(p, &whole, chain);
	/* The number of a fragment that is all comes from the serial number. */
	if (percent(20))
		p->b[40 + below(8 * n)] ^= 1 << below(8);
}

static void lie(struct packet *p)
{
	size_t off = ip_size();
	unsigned int wrong = percent(50) ? p->len - 20 + below(40) : below(65536);

	switch (below(5)) {
	case 0:
		put16(p->b + (v6 ? 4 : 2), wrong);
		break;
	case 1:
		p->b[0] = (p->b[0] & 0xf0) | below(16);
		break;
	case 2:
		p->b[0] = (p->b[0] & 0x0f) | below(16) << 4;
		break;
	case 3:
		put16(p->b + off + (service->proto == IPPROTO_SCTP ? 14 : 4), percent(50) ? wrong : below(40));
		break;
	default:
		p->b[off + 12] = below(256);
	}
	fix_ip(p->b);
}

static void mutate(struct packet *p)
{
	size_t span = percent(80) && p->len > 64 ? 64 : p->len;

	for (int n = p->len ? 1 + below(4) : 0; n; n--)
		p->b[below(span)] ^= percent(50) ? 1u << below(8) : below(256);
	if (percent(75))
		fix_ip(p->b);
	if (percent(50))
		fix_sum(p, ip_size(), p->b[v6 ? 6 : 9]);
}

static void cut(struct packet *p)
{
	p->len = percent(50) ? below(p->len + 1) : ip_size() + below(24);
	if (percent(70) && p->len >= ip_size())
		set_length(p);
	if (percent(50))
		fix_sum(p, ip_size(), p->b[v6 ? 6 : 9]);
}

static void spoil(struct packet *p)
{
	size_t before = p->len;

	if (percent(20)) {
		if (v6)
			add_extensions(p);
		else
			add_options(p);
	}
	if (percent(12))
		lie(p);
	if (percent(15))
		mutate(p);
	if (percent(10) && p->len <= before)
		cut(p);
	if (percent(5) && p->len > ip_size())
		p->b[ip_size() + below(p->len - ip_size())] ^= 1 << below(8);
}

/* --- the frame around it */

static const uint8_t *odd_mac(void)
{
	static const uint8_t macs[][6] = {
		{ 255, 255, 255, 255, 255, 255 }, { 1, 0, 0x5e, 0, 0, 1 }, { 0x33, 0x33, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 0xd0 },
		{ 2, 0, 0, 0, 0, 0xd1 }, { 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 0xf1 }, { 0, 0, 0, 0, 0, 0 }, { 6, 5, 4, 3, 2, 1 },
	};

	return macs[below(COUNT(macs))];
}

static size_t add_tags(uint8_t *to)
{
	size_t n = 0;

	do {
		put16(to + n, percent(80) ? ETH_P_8021Q : ETH_P_8021AD);
		put16(to + n + 2, percent(50) ? below(8) << 13 : below(65536));
		n += 4;
	} while (percent(20) && n < 12);
	return n;
}

/* What a raw socket sends has the header that the kernel expects, and a number, or it gets one that nobody foretells. */
static void be_sendable(uint8_t *ip)
{
	if (v6) {
		ip[0] = 0x60 | (ip[0] & 15);
		return;
	}
	ip[0] = 0x40 | ((ip[0] & 15) < 5 ? 5 : ip[0] & 15);
	ip[5] |= 1;
}

static void add(struct shot *shot, const struct packet *p, enum port at, bool odd)
{
	struct frame *f = &shot->frames[shot->n];
	size_t len = p->len < MTU ? p->len : MTU, at_ip = 12;

	if (shot->n == MAX_SHOT)
		return;
	f->at = at;
	memcpy(f->b, at == OWN ? gw_mac : director_mac[at], 6);
	memcpy(f->b + 6, at == INSIDE ? real_mac[server] : gw_mac, 6);
	if (odd && percent(60))
		memcpy(f->b, odd_mac(), 6);
	if (odd && at != OWN && percent(60))
		at_ip += add_tags(f->b + 12);
	put16(f->b + at_ip, v6 ? ETH_P_IPV6 : ETH_P_IP);
	if (at_ip > 12)
		len = len < MTU - at_ip ? len : MTU - at_ip;
	memcpy(f->b + at_ip + 2, p->b, len);
	f->len = at_ip + 2 + len;
	if (at == OWN)
		be_sendable(f->b + ETHERNET);
	/* What is behind the packet is not to be seen again. */
	if (percent(10) && f->len < MTU - 40 && at != OWN)
		for (int n = below(40); n; n--)
			f->b[f->len++] = 0xa5;
	shot->n++;
}

static enum port choose_port(void)
{
	return percent(6) ? OWN : (world.way == REPLY) != percent(5) ? INSIDE : OUTSIDE;
}

/* A packet in fragments, in any order, some of them missing, twice or over each other. */
static void add_fragments(struct shot *shot, const struct packet *whole, enum port at)
{
	int size = whole->len - ip_size(), n = 2 + below(5), step = (size / n + 8) & ~7, id = ++serial;
	struct piece pieces[MAX_SHOT];
	static struct packet p;
	int k = 0, from = 0;

	do {
		bool more = from + step < size;

		pieces[k++] = (struct piece){ from, more ? from + step : size, more ? 'm' : 'l', 0 };
		from += step;
	} while (from < size);
	for (int i = k - 1; i > 0 && percent(40); i--) {
		int other = below(i + 1);
		struct piece swap = pieces[i];

		pieces[i] = pieces[other];
		pieces[other] = swap;
	}
	if (percent(30)) {
		struct piece *odd = &pieces[below(k)];

		pieces[k] = *odd;
		pieces[k].other = percent(50) ? 0 : 1 + below(255);
		pieces[k].from = percent(50) ? odd->from : (int)below(size) & ~7;
		pieces[k].to = pieces[k].from + (percent(50) ? odd->to - odd->from : 8);
		k += pieces[k].to <= size;
	}
	for (int i = 0; i < k; i++) {
		if (percent(4))
			continue;
		fragment(&p, whole, &pieces[i], id);
		if (percent(3))
			mutate(&p);
		add(shot, &p, at, percent(2));
	}
}

/* --- what must not be */

/* What ends an open connection or begins it anew. */
static bool disturbs(const struct packet *p)
{
	const struct conn *c;
	size_t off;
	bool reply;
	int proto;

	c = conn_of(p, &reply);
	proto = model_transport(p->b, p->len, &off);
	if (!c || proto != c->s->proto)
		return false;
	if (proto == IPPROTO_TCP)
		return off + 14 > p->len || p->b[off + 13] & (SYN | FIN | RST);
	if (proto != IPPROTO_SCTP)
		return false;
	return off + 13 > p->len || (p->b[off + 12] != 0 && (p->b[off + 12] < 3 || p->b[off + 12] > 5));
}

static bool is_disturbing(const struct shot *shot)
{
	bool found = false;

	oracle_begin(shot->frames, shot->n);
	for (int i = 0; i < oracle_inputs(); i++)
		found |= disturbs(oracle_input(i));
	return found;
}

void shot_good(struct shot *shot, const struct conn *c, bool reply, uint8_t flags, const char *text, size_t len)
{
	static struct packet p;

	v6 = c->six;
	service = c->s;
	server = c->server < 0 ? 0 : c->server;
	world = (struct world){ .alen = v6 ? 16 : 4, .cport = c->cport, .vport = c->s->port, .rport = c->s->rport };
	world.way = reply ? REPLY : c->s->method == MASQ ? NAT : DR;
	memcpy(world.client, client_ip[v6], 16);
	memcpy(world.service, vip[v6], 16);
	memcpy(world.server, real_ip[v6][server], 16);
	flow_packet(&p, c->s->proto, flags, false, len);
	say(&p, ip_size(), c->s->proto, header_size(c->s->proto), text, len);
	shot->n = 0;
	shot->must = true;
	add(shot, &p, reply ? INSIDE : OUTSIDE, false);
}

static void make_good(struct shot *shot)
{
	static const char text[300] = "Call-ID: 1\r\n\r\nwhat";
	const struct conn *c = &conns[below(n_conns)];

	shot_good(shot, c, c->s->method == MASQ && percent(50), c->s->proto == IPPROTO_TCP ? ACK : 0, text, 20 + below(280));
}

static void make_odd(struct shot *shot)
{
	static struct packet p;
	enum port at;
	int proto;

	choose_world();
	proto = percent(95) ? service->proto : percent(50) ? IPPROTO_UDP : IPPROTO_TCP;
	if (percent(service->method == MASQ || service->method == HERE ? 45 : 8))
		be_reply();
	if (percent(12))
		stray();
	at = choose_port();
	shot->n = 0;
	shot->must = false;
	switch (below(16)) {
	case 0: case 1: case 2:
		error_packet(&p, proto);
		break;
	case 3:
		nested_error(&p, proto);
		break;
	case 4:
		other_protocol(&p, proto);
		break;
	case 5:
		question(&p);
		break;
	case 6:
	case 7:
		if (percent(80))
			plain(&p, proto, false);
		else
			error_packet(&p, proto);
		if (p.len > ip_size() + 16u) {
			add_fragments(shot, &p, at);
			return;
		}
		break;
	default:
		plain(&p, proto, false);
	}
	if (percent(60))
		spoil(&p);
	add(shot, &p, at, percent(6));
	if (percent(2))
		add(shot, &p, at, false);
}

void shot_make(struct shot *shot, uint64_t seed, uint64_t number)
{
	state = seed * 0xd1342543de82ef95 + number;
	next();
	serial = number;
	if (percent(12)) {
		make_good(shot);
		return;
	}
	make_odd(shot);
	if (!shot->n || is_disturbing(shot))
		make_good(shot);
}
