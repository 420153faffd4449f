// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "model.h"

#include <netinet/in.h>

#include "wire.h"

#define FRAGMENT	44
#define ROUTING		43
#define IKE_PORT	500

static bool v4(const uint8_t *p)
{
	return p[0] >> 4 == 4;
}

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static size_t ip4_header(const uint8_t *p)
{
	return (p[0] & 15) * 4;
}

/* RFC 1624: a sum over bytes that change. */
static uint16_t adjust(uint16_t sum, const uint8_t *from, const uint8_t *to, size_t len)
{
	return ~sum_fold((uint16_t)~sum + (uint16_t)~sum_fold(sum_bytes(from, len, 0)) + sum_fold(sum_bytes(to, len, 0)));
}

static bool is_extension(int proto)
{
	return proto == 0 || proto == ROUTING || proto == FRAGMENT || proto == 51 || proto == 60;
}

static int transport6(const uint8_t *p, size_t len, size_t *off)
{
	int next = p[6];

	*off = 40;
	while (is_extension(next)) {
		const uint8_t *h = p + *off;

		if (*off + 8 > len || (next == FRAGMENT && get16(h + 2) & ~7) || (next == ROUTING && h[3]))
			return -1;
		*off += next == FRAGMENT ? 8u : next == 51 ? (h[1] + 2) * 4u : (h[1] + 1) * 8u;
		next = h[0];
	}
	return *off <= len ? next : -1;
}

static bool has_ports(int proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
}

/* They have no ports, and go where IKE went. */
static bool is_ipsec(int proto)
{
	return proto == IPPROTO_ESP || proto == IPPROTO_AH;
}

int model_transport(const uint8_t *p, size_t len, size_t *off)
{
	if (len >= 20 && v4(p)) {
		*off = ip4_header(p);
		return *off >= 20 && *off <= len && !(get16(p + 6) & 0x1fff) ? p[9] : -1;
	}
	return len >= 40 && p[0] >> 4 == 6 ? transport6(p, len, off) : -1;
}

void model_unfragment(struct packet *p)
{
	uint8_t *next = &p->b[6];
	size_t off = 40;

	while (off + 8 <= p->len && is_extension(*next)) {
		uint8_t *h = p->b + off;

		if (*next == FRAGMENT) {
			if (get16(h + 2) & ~6)
				return;
			*next = h[0];
			memmove(h, h + 8, p->len - off - 8);
			p->len -= 8;
			put16(p->b + 4, p->len - 40);
			continue;
		}
		off += *next == 51 ? (h[1] + 2) * 4u : (h[1] + 1) * 8u;
		next = h;
	}
}

bool model_seen(struct packet *p)
{
	size_t len;

	if (p->len >= 20 && v4(p->b)) {
		len = get16(p->b + 2);
		if (ip4_header(p->b) < 20 || len < ip4_header(p->b) || len > p->len ||
		    sum_fold(sum_bytes(p->b, ip4_header(p->b), 0)) != 0xffff)
			return false;
		p->len = len;
		return true;
	}
	if (p->len < 40 || p->b[0] >> 4 != 6 || get16(p->b + 4) > p->len - 40u)
		return false;
	p->len = get16(p->b + 4) + 40;
	model_unfragment(p);
	return true;
}

static uint8_t *address(uint8_t *ip, bool dst)
{
	return v4(ip) ? ip + (dst ? 16 : 12) : ip + (dst ? 24 : 8);
}

/* Where a sum over a transport header is, or NULL. */
static uint8_t *sum_of(uint8_t *l4, int proto, size_t len)
{
	if (proto == IPPROTO_TCP)
		return len >= 18 ? l4 + 16 : NULL;
	if (proto == IPPROTO_UDP)
		return len >= 8 && get16(l4 + 6) ? l4 + 6 : NULL;
	return NULL;
}

/* Gives one end of the packet at ip another address and port, and its sums what is due. */
static void set_end(const struct world *w, uint8_t *ip, size_t len, size_t off, int proto, bool dst, const uint8_t *addr,
		    uint16_t port)
{
	uint8_t *a = address(ip, dst), *sum, to[2];

	if (v4(ip))
		put16(ip + 10, adjust(get16(ip + 10), a, addr, 4));
	sum = proto < 0 ? NULL : sum_of(ip + off, proto, len - off);
	if (sum)
		put16(sum, adjust(get16(sum), a, addr, w->alen));
	memcpy(a, addr, w->alen);
	if (proto < 0)
		return;
	put16(to, port);
	if (sum)
		put16(sum, adjust(get16(sum), ip + off + (dst ? 2 : 0), to, 2));
	memcpy(ip + off + (dst ? 2 : 0), to, 2);
	if (sum && proto == IPPROTO_UDP && !get16(sum))
		put16(sum, 0xffff);
}

/* The same for a whole SCTP packet: its sum is as wrong as it was, and covers no address. */
static void set_end_sctp(const struct world *w, uint8_t *ip, size_t len, size_t off, bool dst, const uint8_t *addr, uint16_t port)
{
	uint32_t before = sum_sctp(ip + off, len - off), after, sum;

	set_end(w, ip, len, off, IPPROTO_SCTP, dst, addr, port);
	if (len - off < 12)
		return;
	after = sum_sctp(ip + off, len - off);
	memcpy(&sum, ip + off + 8, 4);
	sum ^= before ^ after;
	memcpy(ip + off + 8, &sum, 4);
}

void model_route(struct packet *p)
{
	if (v4(p->b)) {
		p->b[8]--;
		put16(p->b + 10, 0);
		put16(p->b + 10, ~sum_fold(sum_bytes(p->b, ip4_header(p->b), 0)));
	} else {
		p->b[7]--;
	}
}

/* Whether one end of the packet at ip is this; port 0 is any. */
static bool at(const struct world *w, uint8_t *ip, size_t off, bool dst, const uint8_t *addr, uint16_t port)
{
	return !memcmp(address(ip, dst), addr, w->alen) && (!port || get16(ip + off + (dst ? 2 : 0)) == port);
}

static uint32_t icmp_sum(uint8_t *ip, size_t len, size_t off)
{
	uint32_t pseudo = v4(ip) ? 0 : sum_pseudo(ip + 8, ip + 24, 16, IPPROTO_ICMPV6, len - off);

	return sum_fold(sum_bytes(ip + off, len - off, pseudo));
}

static bool is_error(const struct world *w, int type)
{
	if (w->alen == 16)
		return type && type < 128;
	return type == 3 || type == 4 || type == 11 || type == 12;
}

/* How much longer than its IP header a quoted packet says it is. */
static size_t said_length(const uint8_t *quoted, size_t inner)
{
	size_t said = v4(quoted) ? get16(quoted + 2) : 40u + get16(quoted + 4);

	return said > inner ? said - inner : 0;
}

/* Of a quoted SCTP packet the sum is as wrong as it was, whatever is quoted of it: that depends on its length alone. */
static void set_sum_sctp(uint8_t *l4, size_t there, size_t said, const uint8_t *ports)
{
	static uint8_t before[MAX_PACKET], after[MAX_PACKET];
	uint32_t sum;

	if (there < 12 || said < 12)
		return;
	memset(before, 0, said);
	memset(after, 0, said);
	memcpy(before, ports, 4);
	memcpy(after, l4, 4);
	memcpy(&sum, l4 + 8, 4);
	sum ^= sum_sctp(before, said) ^ sum_sctp(after, said);
	memcpy(l4 + 8, &sum, 4);
}

/* An error goes to the sender of what it quotes, which is the end that has to change. */
static bool translate_error(const struct world *w, uint8_t *ip, size_t len, size_t off)
{
	bool reply = w->way == REPLY;
	uint8_t *quoted = ip + off + 8, ports[4];
	size_t inner, inner_len = len - off - 8;
	bool ipsec;
	int proto;

	if (len < off + 8 || !is_error(w, ip[off]) || icmp_sum(ip, len, off) != 0xffff || !inner_len || v4(quoted) != v4(ip))
		return false;
	proto = model_transport(quoted, inner_len, &inner);
	ipsec = is_ipsec(proto) && w->vport == IKE_PORT;
	if (!ipsec && (!has_ports(proto) || inner + 4 > inner_len))
		return false;
	if (memcmp(address(quoted, false), address(ip, true), w->alen))
		return false;
	if (!at(w, quoted, inner, false, reply ? w->client : w->service, reply || ipsec ? 0 : w->vport) ||
	    !at(w, quoted, inner, true, reply ? w->server : w->client, reply && !ipsec ? w->rport : 0))
		return false;
	if (w->way == DR)
		return true;
	memcpy(ports, quoted + inner, ipsec ? 0 : 4);
	set_end(w, ip, len, off, -1, !reply, reply ? w->service : w->server, 0);
	set_end(w, quoted, inner_len, inner, ipsec ? -1 : proto, reply, reply ? w->service : w->server,
		reply ? w->vport : w->rport);
	if (proto == IPPROTO_SCTP)
		set_sum_sctp(quoted + inner, inner_len - inner, said_length(quoted, inner), ports);
	put16(ip + off + 2, 0);
	put16(ip + off + 2, ~icmp_sum(ip, len, off));
	return true;
}

bool model_translate(const struct world *w, struct packet *p)
{
	size_t off;
	int proto = model_transport(p->b, p->len, &off);

	if (proto == (w->alen == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6)) {
		if (!translate_error(w, p->b, p->len, off))
			return false;
	} else if (is_ipsec(proto) && w->vport == IKE_PORT) {
		if (!at(w, p->b, off, w->way != REPLY, w->way == REPLY ? w->server : w->service, 0))
			return false;
		if (w->way != DR)
			set_end(w, p->b, p->len, off, -1, w->way == NAT, w->way == NAT ? w->server : w->service, 0);
	} else {
		if (!has_ports(proto) || off + 4 > p->len)
			return false;
		if (w->way == REPLY ? !at(w, p->b, off, false, w->server, w->rport) :
				      !at(w, p->b, off, true, w->service, w->vport))
			return false;
		if (w->way == DR)
			;
		else if (proto == IPPROTO_SCTP)
			set_end_sctp(w, p->b, p->len, off, w->way == NAT, w->way == NAT ? w->server : w->service,
				     w->way == NAT ? w->rport : w->vport);
		else
			set_end(w, p->b, p->len, off, proto, w->way == NAT, w->way == NAT ? w->server : w->service,
				w->way == NAT ? w->rport : w->vport);
	}
	model_route(p);
	return true;
}

bool model_is_live(const struct world *w, const struct packet *p)
{
	uint8_t *ip = (uint8_t *)p->b;
	size_t off;
	int proto = model_transport(ip, p->len, &off);

	return has_ports(proto) && off + 4 <= p->len &&
	       at(w, ip, off, false, w->server, w->rport) && at(w, ip, off, true, w->client, w->cport);
}

static bool sums_same(const uint8_t *want, const uint8_t *got, size_t off)
{
	uint16_t a = get16(want + off), b = get16(got + off);

	return a == b || (a == 0 && b == 0xffff) || (a == 0xffff && b == 0);
}

/* Two sums in the quoted packet that may be written in two ways, its IP header's and its transport header's. */
static bool quoted_sums_same(struct packet *want, const struct packet *got, size_t off)
{
	size_t inner, at, quoted = off + 8;
	int proto = model_transport(want->b + quoted, want->len - quoted, &inner);

	if (proto < 0)
		return false;
	if (v4(want->b)) {
		if (!sums_same(want->b, got->b, quoted + 10))
			return false;
		memcpy(want->b + quoted + 10, got->b + quoted + 10, 2);
	}
	at = quoted + inner + (proto == IPPROTO_TCP ? 16 : 6);
	if (at + 2 <= want->len) {
		if (!sums_same(want->b, got->b, at))
			return false;
		memcpy(want->b + at, got->b + at, 2);
	}
	/* Over the other two, so that it is as they are. */
	put16(want->b + off + 2, 0);
	put16(want->b + off + 2, ~icmp_sum(want->b, want->len, off));
	return sums_same(want->b, got->b, off + 2) && icmp_sum((uint8_t *)got->b, got->len, off) == 0xffff;
}

/* An option of IPv4 that names the way. Only its type is looked for: what stands in another option will do. */
bool model_has_route(const struct packet *p)
{
	for (size_t i = 20; v4(p->b) && i < ip4_header(p->b) && i < p->len; i++)
		if (p->b[i] == 131 || p->b[i] == 137)
			return true;
	return false;
}

static bool all_same(struct packet *p, const struct packet *got)
{
	size_t off, sum;
	int proto;

	if (v4(p->b)) {
		/* Stations on the way write into options. */
		if ((got->b[0] & 15) == (p->b[0] & 15))
			memcpy(p->b + 20, got->b + 20, ip4_header(p->b) - 20);
		if (got->b[0] != p->b[0] || sum_fold(sum_bytes(got->b, ip4_header(p->b), 0)) != 0xffff)
			return false;
		memcpy(p->b + 10, got->b + 10, 2);
	}
	if (!memcmp(p->b, got->b, p->len))
		return true;
	proto = model_transport(p->b, p->len, &off);
	sum = off + (proto == IPPROTO_TCP ? 16 : proto == IPPROTO_UDP ? 6 : 2);
	if (proto >= 0 && proto != IPPROTO_SCTP && sum + 2 <= p->len) {
		if ((proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) && off + 8 < p->len && p->b[off] < 128 && p->b[off]) {
			if (!quoted_sums_same(p, got, off))
				return false;
		} else if (!sums_same(p->b, got->b, sum) ||
			   (proto == IPPROTO_UDP && !get16(p->b + sum) != !get16(got->b + sum))) {
			return false;
		}
		memcpy(p->b + sum, got->b + sum, 2);
	}
	return !memcmp(p->b, got->b, p->len);
}

bool model_same(const struct packet *want, const struct packet *got)
{
	static struct packet a, b;

	copy_packet(&a, want);
	copy_packet(&b, got);
	if (!v4(a.b) && !v4(b.b)) {
		model_unfragment(&a);
		model_unfragment(&b);
	}
	return a.len == b.len && all_same(&a, &b);
}
