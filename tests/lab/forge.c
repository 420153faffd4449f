// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "forge.h"
#include "wire.h"

#include <netinet/in.h>

struct world world;
bool v6;
unsigned int serial;

void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

size_t ip_size(void)
{
	return v6 ? 40 : 20;
}

static uint32_t pseudo(const uint8_t *ip, int proto, size_t len)
{
	return v6 ? sum_pseudo(ip + 8, ip + 24, 16, proto, len) : sum_pseudo(ip + 12, ip + 16, 4, proto, len);
}

void fix_ip(uint8_t *ip)
{
	if (v6)
		return;
	put16(ip + 10, 0);
	put16(ip + 10, ~sum_fold(sum_bytes(ip, (ip[0] & 15) * 4, 0)));
}

void set_length(struct packet *p)
{
	put16(p->b + (v6 ? 4 : 2), p->len - (v6 ? 40 : 0));
	fix_ip(p->b);
}

size_t sum_offset(int proto)
{
	return proto == IPPROTO_TCP ? 16 : proto == IPPROTO_UDP ? 6 : proto == IPPROTO_SCTP ? 8 : 2;
}

void fix_sum(struct packet *p, size_t off, int proto)
{
	uint8_t *sum = p->b + off + sum_offset(proto);

	if (off + sum_offset(proto) + (proto == IPPROTO_SCTP ? 4 : 2) > p->len)
		return;
	if (proto == IPPROTO_SCTP) {
		uint32_t crc = sum_sctp(p->b + off, p->len - off);

		memcpy(sum, &crc, 4);
		return;
	}
	put16(sum, 0);
	put16(sum, ~sum_fold(sum_bytes(p->b + off, p->len - off,
				       proto == IPPROTO_ICMP ? 0 : pseudo(p->b, proto, p->len - off))));
	if (proto == IPPROTO_UDP && !sum[0] && !sum[1])
		put16(sum, 0xffff);
}

static size_t put_ip(uint8_t *ip, const uint8_t *src, const uint8_t *dst, int proto, size_t len)
{
	memset(ip, 0, ip_size());
	if (v6) {
		ip[0] = 0x60;
		put16(ip + 4, len);
		ip[6] = proto;
		ip[7] = 64;
		memcpy(ip + 8, src, 16);
		memcpy(ip + 24, dst, 16);
		return 40;
	}
	ip[0] = 0x45;
	put16(ip + 2, 20 + len);
	put16(ip + 4, ++serial);
	ip[8] = 64;
	ip[9] = proto;
	memcpy(ip + 12, src, 4);
	memcpy(ip + 16, dst, 4);
	fix_ip(ip);
	return 20;
}

static size_t header_of(int proto)
{
	return proto == IPPROTO_TCP ? 20 : proto == IPPROTO_SCTP ? 16 : 8;
}

/* Of SCTP the header includes that of a chunk. */
void flow_packet(struct packet *p, int proto, uint8_t flags, bool back, size_t payload)
{
	const uint8_t *from = world.way == REPLY ? world.server : world.client;
	const uint8_t *to = world.way == REPLY ? world.client : world.service;
	uint16_t from_port = world.way == REPLY ? world.rport : world.cport;
	uint16_t to_port = world.way == REPLY ? world.cport : world.vport;
	size_t off = ip_size(), header = header_of(proto);
	uint8_t *l4 = p->b + off;

	put_ip(p->b, back ? to : from, back ? from : to, proto, header + payload);
	memset(l4, 0, header);
	put16(l4, back ? to_port : from_port);
	put16(l4 + 2, back ? from_port : to_port);
	if (proto == IPPROTO_TCP) {
		l4[12] = 0x50;
		l4[13] = flags;
	} else if (proto == IPPROTO_SCTP) {
		put32(l4 + 4, 0x5eed);
		l4[12] = flags;
		put16(l4 + 14, 4 + payload);
	} else {
		put16(l4 + 4, header + payload);
	}
	for (size_t i = 0; i < payload; i++)
		l4[header + i] = i;
	p->len = off + header + payload;
	fix_sum(p, off, proto);
}

/* An ICMP error from the sender of this way's packets about one that came to it. */
static void error_packet(struct packet *p, int proto)
{
	static struct packet quoted;
	size_t off = ip_size();

	flow_packet(&quoted, proto, 0x10, true, 24);
	put_ip(p->b, world.way == REPLY ? world.server : world.client, world.way == REPLY ? world.client : world.service,
	       v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, 8 + quoted.len);
	memset(p->b + off, 0, 8);
	p->b[off] = v6 ? 1 : 3;
	p->b[off + 1] = v6 ? 3 : 1;
	memcpy(p->b + off + 8, quoted.b, quoted.len);
	p->len = off + 8 + quoted.len;
	fix_sum(p, off, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
}

const char *const kinds[KINDS] = { "TCP", "UDP", "SCTP", "error about TCP", "error about UDP" };

int proto_of(enum kind kind)
{
	return kind == TCP ? IPPROTO_TCP : kind == UDP ? IPPROTO_UDP : kind == SCTP ? IPPROTO_SCTP :
	       v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
}

bool is_error_kind(enum kind kind)
{
	return kind == ERROR_TCP || kind == ERROR_UDP;
}

void base(struct packet *p, enum kind kind)
{
	if (!is_error_kind(kind))
		flow_packet(p, proto_of(kind), kind == SCTP ? 0 : 0x18, false, 24);
	else
		error_packet(p, kind == ERROR_TCP ? IPPROTO_TCP : IPPROTO_UDP);
}

void with_options(struct packet *p, const struct packet *whole, const uint8_t *options, size_t len)
{
	size_t padded = (len + 3) & ~3u;

	copy_packet(p, whole);
	memmove(p->b + 20 + padded, p->b + 20, p->len - 20);
	memset(p->b + 20, 0, padded);
	memcpy(p->b + 20, options, len);
	p->len += padded;
	p->b[0] = 0x45 + padded / 4;
	set_length(p);
}

static int extension_of(char c)
{
	switch (c) {
	case 'h':	return 0;
	case 'r':
	case 'R':	return 43;
	case 'f':	return 44;
	case 'a':	return 51;
	case 'n':	return 59;
	default:	return 60;
	}
}

void with_extensions(struct packet *p, const struct packet *whole, const char *chain)
{
	size_t n = strlen(chain);
	uint8_t *h = p->b + 40;

	copy_packet(p, whole);
	memmove(h + 8 * n, h, p->len - 40);
	memset(h, 0, 8 * n);
	p->len += 8 * n;
	for (size_t i = 0; i < n; i++, h += 8) {
		h[0] = chain[i + 1] ? extension_of(chain[i + 1]) : whole->b[6];
		if (chain[i] == 'x')
			h[1] = 255;
		else if (chain[i] == 'h' || chain[i] == 'd')
			h[2] = 1, h[3] = 4;
		else if (chain[i] == 'R')
			h[3] = 1;
		else if (chain[i] == 'f')
			put32(h + 4, ++serial);
	}
	p->b[6] = extension_of(chain[0]);
	set_length(p);
}

void fragment(struct packet *p, const struct packet *whole, const struct piece *piece, unsigned int id)
{
	size_t header = ip_size() + (v6 ? 8 : 0), n = piece->to - piece->from;
	bool more = piece->last ? piece->last == 'm' : piece->to < 120;

	memcpy(p->b, whole->b, ip_size());
	if (v6) {
		uint8_t *h = p->b + 40;

		memset(h, 0, 8);
		h[0] = p->b[6];
		p->b[6] = 44;
		put16(h + 2, (piece->from & 0xfff8) | more);
		put32(h + 4, id);
	} else {
		put16(p->b + 4, id);
		put16(p->b + 6, piece->from / 8 | (more ? 0x2000 : 0));
	}
	for (size_t i = 0; i < n; i++)
		p->b[header + i] = whole->b[ip_size() + piece->from + i] ^ piece->other;
	p->len = header + n;
	set_length(p);
}

void prepend(struct packet *p, const uint8_t *header, size_t len)
{
	memmove(p->b + len, p->b, p->len);
	memcpy(p->b, header, len);
	p->len += len;
}

void prepend_ip(struct packet *p, const uint8_t *src, const uint8_t *dst, int proto)
{
	uint8_t ip[40] = { v6 ? 0x60 : 0x45 };

	ip[v6 ? 6 : 9] = proto;
	ip[v6 ? 7 : 8] = 64;
	memcpy(ip + (v6 ? 8 : 12), src, world.alen);
	memcpy(ip + (v6 ? 24 : 16), dst, world.alen);
	prepend(p, ip, ip_size());
	set_length(p);
}
