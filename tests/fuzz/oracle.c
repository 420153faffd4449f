// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "oracle.h"

#include <linux/if_ether.h>
#include <netinet/in.h>

#include "../lab/wire.h"

#define MAX_INPUTS	64
#define PAST		65536	/* frames of which the director may still have something to say */
#define LATE		128	/* that may still be on their way */
#define IKE_PORT	500
#define FTP_PORT	21

struct conn conns[MAX_CONNS];
int n_conns;

/* What the director's IP may have seen: a frame's packet, or one made of fragments. */
struct input {
	struct packet p;
	const struct frame *raw;	/* NULL for what was put together */
	size_t at;			/* where in it the packet begins, behind tags */
	bool host;			/* the frame was for the director */
	bool group;			/* it was for all, or for many */
	bool own;
	bool passed, told;		/* something that came out is accounted for by it */
};

static struct input inputs[MAX_INPUTS];
static int n_inputs;

static struct {
	struct frame frame;
	bool passed, told;
} past[PAST];
static unsigned long n_past;

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static bool is_six(const struct packet *p)
{
	return p->b[0] >> 4 == 6;
}

static const uint8_t *source(const struct packet *p)
{
	return p->b + (is_six(p) ? 8 : 12);
}

static const uint8_t *destination(const struct packet *p)
{
	return p->b + (is_six(p) ? 24 : 16);
}

static size_t alen(bool six)
{
	return six ? 16 : 4;
}

static bool is_icmp(bool six, int proto)
{
	return proto == (six ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
}

static bool is_error_type(bool six, uint8_t type)
{
	return six ? type && type < 128 : type == 3 || type == 4 || type == 11 || type == 12;
}

/* --- connections */

static bool ports_of(struct flow *flow, int proto, const uint8_t *l4, size_t left)
{
	flow->proto = proto;
	if (proto == IPPROTO_ESP || proto == IPPROTO_AH) {
		flow->proto = IPPROTO_UDP;
		flow->sport = flow->dport = IKE_PORT;
		return true;
	}
	if ((proto != IPPROTO_TCP && proto != IPPROTO_UDP && proto != IPPROTO_SCTP) || left < 4)
		return false;
	flow->sport = get16(l4);
	flow->dport = get16(l4 + 2);
	return true;
}

static bool quoted_flow(const struct packet *p, size_t off, struct flow *flow)
{
	const uint8_t *q = p->b + off + 8;
	size_t left = p->len - off - 8, inner;
	bool six = is_six(p);
	uint16_t port;
	int proto;

	if (p->len < off + 8 + (six ? 40 : 20) || q[0] >> 4 != p->b[0] >> 4 || !is_error_type(six, p->b[off]))
		return false;
	proto = model_transport(q, left, &inner);
	if (proto < 0 || inner > left || !ports_of(flow, proto, q + inner, left - inner))
		return false;
	flow->src = q + (six ? 24 : 16);
	flow->dst = q + (six ? 8 : 12);
	port = flow->sport;
	flow->sport = flow->dport;
	flow->dport = port;
	flow->error = true;
	return true;
}

bool flow_of(const struct packet *p, struct flow *flow)
{
	size_t off;
	int proto = model_transport(p->b, p->len, &off);

	if (proto < 0 || off > p->len)
		return false;
	if (is_icmp(is_six(p), proto))
		return quoted_flow(p, off, flow);
	flow->error = false;
	flow->src = source(p);
	flow->dst = destination(p);
	return ports_of(flow, proto, p->b + off, p->len - off);
}

static bool is_at(bool six, const uint8_t *addr, uint16_t port, const uint8_t *want, uint16_t want_port)
{
	return port == want_port && !memcmp(addr, want, alen(six));
}

const struct conn *conn_of(const struct packet *p, bool *reply)
{
	bool six = is_six(p);
	struct flow flow;

	if (!flow_of(p, &flow))
		return NULL;
	for (const struct conn *c = conns; c < conns + n_conns; c++) {
		if (c->six != six || c->s->proto != flow.proto)
			continue;
		*reply = false;
		if (is_at(six, flow.src, flow.sport, client_ip[six], c->cport) &&
		    is_at(six, flow.dst, flow.dport, vip[six], c->s->port))
			return c;
		*reply = true;
		if (c->s->method == MASQ && c->server >= 0 &&
		    is_at(six, flow.dst, flow.dport, client_ip[six], c->cport) &&
		    is_at(six, flow.src, flow.sport, real_ip[six][c->server], c->s->rport))
			return c;
	}
	return NULL;
}

/* --- what goes in */

/* Tags of no VLAN are taken off; in a VLAN it is for nobody. False: not for us. */
static bool ether_packet(const struct frame *f, struct input *in)
{
	size_t at = 12;

	in->own = f->at == OWN;
	in->host = in->own || !memcmp(f->b, director_mac[f->at], 6);
	in->group = !in->own && f->b[0] & 1;
	while (at + 4 <= f->len && (get16(f->b + at) == ETH_P_8021Q || get16(f->b + at) == ETH_P_8021AD)) {
		if (get16(f->b + at + 2) & 0xfff)
			in->host = in->group = false;
		at += 4;
	}
	if (at + 2 > f->len || (get16(f->b + at) != ETH_P_IP && get16(f->b + at) != ETH_P_IPV6))
		return false;
	in->at = at + 2;
	in->p.len = f->len - in->at;
	memcpy(in->p.b, f->b + in->at, in->p.len);
	return in->p.len >= 20 && (in->p.b[0] >> 4 == 6) == (get16(f->b + at) == ETH_P_IPV6);
}

/* The kernel fills in lengths and sums of what a raw socket sends. */
static void finish_own(struct packet *p)
{
	if (is_six(p))
		return;
	p->b[2] = p->len >> 8;
	p->b[3] = p->len;
	v6 = false;
	fix_ip(p->b);
}

/* Nobody looks at what it says of itself. */
static bool is_seen(struct input *in)
{
	if (!in->own)
		return model_seen(&in->p);
	finish_own(&in->p);
	return true;
}

static void add_frame(const struct frame *f)
{
	struct input *in = &inputs[n_inputs];

	if (n_inputs == MAX_INPUTS || !ether_packet(f, in))
		return;
	if (!is_seen(in))
		return;
	in->raw = f;
	in->passed = in->told = false;
	n_inputs++;
}

/* A fragment: where it belongs in its packet's content, and what is in front of all of them. */
struct part {
	const struct packet *p;
	size_t header, next_at, data, at, len;
	uint32_t id;
	uint8_t next;
	bool more;
};

static bool part4(const struct packet *p, struct part *part)
{
	unsigned int frag = get16(p->b + 6);

	part->header = part->data = (p->b[0] & 15) * 4;
	if (!(frag & 0x3fff) || part->header > p->len)
		return false;
	part->at = (frag & 0x1fff) * 8;
	part->more = frag & 0x2000;
	part->id = get16(p->b + 4);
	part->next = p->b[9];
	part->next_at = 9;
	return true;
}

static bool part6(const struct packet *p, struct part *part)
{
	uint8_t next = p->b[6];
	size_t off = 40;

	part->next_at = 6;
	while (next != IPPROTO_FRAGMENT) {
		if ((next != 0 && next != 43 && next != 60) || off + 8 > p->len)
			return false;
		part->next_at = off;
		next = p->b[off];
		off += (p->b[off + 1] + 1) * 8u;
	}
	if (off + 8 > p->len)
		return false;
	part->header = off;
	part->data = off + 8;
	part->next = p->b[off];
	part->at = get16(p->b + off + 2) & 0xfff8;
	part->more = p->b[off + 3] & 1;
	memcpy(&part->id, p->b + off + 4, 4);
	/* What is all of its packet needs no others. */
	return part->at || part->more;
}

static bool part_of(const struct packet *p, struct part *part)
{
	if (p->len < 20 || !(is_six(p) ? part6(p, part) : part4(p, part)))
		return false;
	part->p = p;
	part->len = p->len - part->data;
	return true;
}

static bool belong_together(const struct part *a, const struct part *b)
{
	bool six = is_six(a->p);

	return is_six(b->p) == six && a->id == b->id && !memcmp(source(a->p), source(b->p), 2 * alen(six)) &&
	       (six || a->next == b->next);
}

static bool overlap(const struct part *a, const struct part *b)
{
	return a->at < b->at + b->len && b->at < a->at + a->len;
}

/* The end that the first of them which is a last one says there is; that of any packet where there is none. */
static size_t end_of(const struct part *parts, int n)
{
	for (int i = 0; i < n; i++)
		if (belong_together(&parts[0], &parts[i]) && !parts[i].more)
			return parts[i].at + parts[i].len;
	return SIZE_MAX;
}

/* What lies behind the end is refused, and nothing else with it. */
static bool is_part_of(const struct part *parts, const struct part *part, size_t end)
{
	return belong_together(&parts[0], part) && part->at + part->len <= end;
}

/* Whether the largest of IPv4's fragments, or one as large, may not be divided further: then all of the packet may not. */
static bool largest_keeps_whole(const struct part *parts, int n, size_t end)
{
	size_t most = 0, most_whole = 0;

	for (int i = 0; i < n; i++) {
		const struct packet *p = parts[i].p;

		if (!is_part_of(parts, &parts[i], end))
			continue;
		if (p->len > most)
			most = p->len;
		if (p->b[6] & 0x40 && p->len > most_whole)
			most_whole = p->len;
	}
	return most == most_whole;
}

/* Puts fragments together; false when something is missing, or is there twice. One that comes again is left out. */
static bool assemble(const struct part *parts, int n, struct packet *whole)
{
	const size_t end = end_of(parts, n);
	const struct part *first = NULL;
	size_t total = 0, got = 0;

	for (int i = 0; i < n; i++) {
		bool again = false;

		if (!is_part_of(parts, &parts[i], end))
			continue;
		for (int k = 0; k < i; k++) {
			if (!is_part_of(parts, &parts[k], end) || !overlap(&parts[i], &parts[k]))
				continue;
			if (parts[i].at != parts[k].at || parts[i].len != parts[k].len)
				return false;
			again = true;
		}
		if (again)
			continue;
		got += parts[i].len;
		if (!parts[i].more)
			total = parts[i].at + parts[i].len;
		if (!parts[i].at && !first)
			first = &parts[i];
		if (parts[i].at + parts[i].len > MAX_PACKET - 512)
			return false;
	}
	if (!first || got != total)
		return false;
	memcpy(whole->b, first->p->b, first->header);
	whole->b[first->next_at] = first->next;
	for (int i = n - 1; i >= 0; i--)
		if (is_part_of(parts, &parts[i], end))
			memcpy(whole->b + first->header + parts[i].at, parts[i].p->b + parts[i].data, parts[i].len);
	whole->len = first->header + total;
	v6 = is_six(first->p);
	if (!v6) {
		whole->b[6] = largest_keeps_whole(parts, n, end) ? 0x40 : 0;
		whole->b[7] = 0;
	}
	set_length(whole);
	return true;
}

/* The first part says for whom all of them are, whatever MAC address the others had. */
static bool first_is_for(const bool *hosts, const struct part *parts, int from, int to)
{
	while (from < to && parts[from].at)
		from++;
	return from < to && hosts[from];
}

/* What has been lost of an overlap is begun anew by what comes next: any run of fragments may make a packet. */
static void add_assembled(void)
{
	static struct part parts[MAX_SHOT];
	bool hosts[MAX_SHOT];
	int n = 0, frames = n_inputs;

	for (int i = 0; i < frames && n < MAX_SHOT; i++)
		/* What was for another host nobody has seen. */
		if ((inputs[i].host || inputs[i].group) && part_of(&inputs[i].p, &parts[n]))
			hosts[n++] = inputs[i].host;
	for (int from = 0; from < n; from++) {
		for (int to = from + 1; to <= n && n_inputs < MAX_INPUTS; to++) {
			struct input *in = &inputs[n_inputs];

			/* Not those of which one at an end has nothing to do with it: they are there without. */
			if (!belong_together(&parts[from], &parts[to - 1]) || !assemble(parts + from, to - from, &in->p))
				continue;
			in->raw = NULL;
			in->host = first_is_for(hosts, parts, from, to);
			in->own = inputs[0].own;
			in->passed = in->told = false;
			n_inputs += model_seen(&in->p);
		}
	}
}

/* --- what comes out */

static bool is_ftp(const struct service *s)
{
	return s->proto == IPPROTO_TCP && s->port == FTP_PORT;
}

static bool is_tunnel(enum method method)
{
	return method >= IPIP && method <= GUE_SUM;
}

static bool sums_right(const struct packet *p)
{
	static struct packet copy;
	size_t off;
	int proto = model_transport(p->b, p->len, &off);

	if (!is_six(p) && sum_fold(sum_bytes(p->b, (p->b[0] & 15) * 4, 0)) != 0xffff)
		return false;
	if (proto != IPPROTO_TCP && proto != IPPROTO_UDP && !is_icmp(is_six(p), proto))
		return true;
	if (off + sum_offset(proto) + 2 > p->len || (proto == IPPROTO_UDP && !get16(p->b + off + 6)))
		return true;
	copy_packet(&copy, p);
	v6 = is_six(p);
	fix_sum(&copy, off, proto);
	/* The kernel never writes 0 where a device could have (skb_checksum_help()). */
	if (!get16(copy.b + off + sum_offset(proto)) && get16(p->b + off + sum_offset(proto)) == 0xffff)
		return true;
	return !memcmp(copy.b + off + sum_offset(proto), p->b + off + sum_offset(proto), 2);
}

/* Of FTP's control connection answers may change, numbers with them: what is around them may not, nor a right checksum. */
static bool ftp_same(const struct packet *want, const struct packet *got, bool right)
{
	size_t off, off_got;

	if (model_transport(want->b, want->len, &off) != IPPROTO_TCP || off + 20 > want->len ||
	    model_transport(got->b, got->len, &off_got) != IPPROTO_TCP || off != off_got || got->len < off + 20)
		return false;
	return !memcmp(source(want), source(got), 2 * alen(is_six(want))) && !memcmp(want->b + off, got->b + off, 4) &&
	       !memcmp(want->b + off + 12, got->b + off + 12, 4) && (!right || sums_right(got)) &&
	       (size_t)get16(got->b + (is_six(got) ? 4 : 2)) + (is_six(got) ? 40 : 0) == got->len;
}

/* What is in a tunnel's packet that goes to the right place. */
static bool unwrap(const struct packet *out, const struct service *s, bool six, int server, struct packet *inner)
{
	int want = six ? IPPROTO_IPV6 : IPPROTO_IPIP, proto;
	bool outer6 = six != s->crossed;
	size_t off;
	const uint8_t *h;

	if (is_six(out) != outer6 || !sums_right(out) || memcmp(source(out), dip[outer6], alen(outer6)) ||
	    memcmp(destination(out), real_ip[outer6][server], alen(outer6)))
		return false;
	proto = model_transport(out->b, out->len, &off);
	h = out->b + off;
	if (s->method == GRE || s->method == GRE_SUM) {
		if (proto != IPPROTO_GRE || h[0] != (s->method == GRE_SUM ? 0x80 : 0) || h[1] ||
		    get16(h + 2) != (six ? ETH_P_IPV6 : ETH_P_IP) ||
		    (h[0] && sum_fold(sum_bytes(h, out->len - off, 0)) != 0xffff))
			return false;
		off += h[0] ? 8 : 4;
	} else if (s->method == GUE || s->method == GUE_SUM) {
		if (proto != IPPROTO_UDP || get16(h + 2) != 6080 || get16(h + 4) != out->len - off ||
		    !get16(h + 6) != (s->method == GUE) || h[8] || h[9] != want || h[10] || h[11])
			return false;
		off += 12;
	} else if (proto != want) {
		return false;
	}
	if (off > out->len)
		return false;
	inner->len = out->len - off;
	memcpy(inner->b, out->b + off, inner->len);
	return true;
}

static bool from_to(const struct frame *f, enum port at, const uint8_t *mac)
{
	return f->at == at && mac && !memcmp(f->b, mac, 6) && !memcmp(f->b + 6, director_mac[at], 6);
}

static struct world world_of(const struct service *s, bool six, int server, uint16_t vport, uint16_t rport, bool reply)
{
	struct world w = { .alen = alen(six), .vport = vport, .rport = rport };

	memcpy(w.client, client_ip[six], 16);
	memcpy(w.service, vip[six], 16);
	memcpy(w.server, real_ip[six][server], 16);
	w.way = reply ? REPLY : s->method == MASQ ? NAT : DR;
	return w;
}

/* The client is whoever the packet says it is. */
static void set_client(struct world *w, const struct flow *flow, bool reply)
{
	memcpy(w->client, reply ? flow->dst : flow->src, w->alen);
}

static void unroute(struct packet *p)
{
	v6 = is_six(p);
	p->b[v6 ? 7 : 8]++;
	fix_ip(p->b);
}

static bool became(const struct input *in, const struct packet *out, const struct frame *f, const struct service *s,
		   const struct world *w, int server)
{
	static struct packet want, inner;
	bool six = is_six(&in->p);
	enum port at = INSIDE;
	const uint8_t *mac = real_mac[server];

	copy_packet(&want, &in->p);
	if (!model_translate(w, &want))
		return false;
	if (w->way == REPLY)
		mac = way_to(six, destination(&want), &at);
	/* What the director sends itself has not been routed. */
	if (w->way == REPLY && in->own)
		unroute(&want);
	if (!from_to(f, at, mac))
		return false;
	if (is_tunnel(s->method))
		return unwrap(out, s, six, server, &inner) && model_same(&want, &inner);
	if (model_same(&want, out))
		return true;
	return is_ftp(s) && ftp_same(&want, out, sums_right(&in->p));
}

/* Data connections have ports that the ends agree upon. */
static bool became_ftp_data(const struct input *in, const struct packet *out, const struct frame *f, const struct service *s,
			    const struct flow *flow)
{
	bool six = is_six(&in->p), reply = !memcmp(flow->src, real_ip[six][0], alen(six));
	struct flow now;
	struct world w;

	if (!flow_of(out, &now) || flow->proto != IPPROTO_TCP)
		return false;
	w = world_of(s, six, 0, reply ? now.sport : flow->dport, reply ? flow->sport : now.dport, reply);
	set_client(&w, flow, reply);
	return became(in, out, f, s, &w, 0);
}

static bool is_through_of(const struct input *in, const struct packet *out, const struct frame *f, const struct service *s,
			  const struct flow *flow, const struct conn *c)
{
	bool six = is_six(&in->p);
	struct world w;

	for (int n = 0; n < 2; n++) {
		if (!(s->servers >> n & 1) || (c && c->server >= 0 && c->server != n))
			continue;
		if (flow->dport == s->port && !memcmp(flow->dst, vip[six], alen(six))) {
			w = world_of(s, six, n, s->port, s->rport, false);
			set_client(&w, flow, false);
			if (became(in, out, f, s, &w, n))
				return true;
		}
		if (s->method == MASQ && flow->sport == s->rport && !memcmp(flow->src, real_ip[six][n], alen(six))) {
			w = world_of(s, six, n, s->port, s->rport, true);
			set_client(&w, flow, true);
			if (became(in, out, f, s, &w, n))
				return true;
		}
	}
	return is_ftp(s) && !c && became_ftp_data(in, out, f, s, flow);
}

static bool is_through(const struct input *in, const struct packet *out, const struct frame *f)
{
	const struct conn *c;
	struct flow flow;
	bool reply;

	if (!in->host || !flow_of(&in->p, &flow))
		return false;
	c = conn_of(&in->p, &reply);
	for (const struct service *s = services; s < services + n_services; s++) {
		if (service_is_there(s) && (c ? c->s == s : s->proto == flow.proto) &&
		    is_through_of(in, out, f, s, &flow, c))
			return true;
	}
	return false;
}

static bool is_routed(const struct input *in, const struct packet *out, const struct frame *f)
{
	static struct packet want;
	bool six = is_six(&in->p), reply = false;
	const struct conn *c = conn_of(&in->p, &reply);
	const uint8_t *mac;
	struct flow flow;
	enum port at;

	if (!in->host || in->own || is_directors(six, destination(&in->p)))
		return false;
	/* A translation that did not take place; IP looks at no error without a right checksum. */
	if (c && reply && flow_of(&in->p, &flow) && !flow.error)
		return false;
	mac = way_to(six, destination(&in->p), &at);
	if (!from_to(f, at, mac))
		return false;
	copy_packet(&want, &in->p);
	model_route(&want);
	return model_same(&want, out);
}

static bool is_sent(const struct input *in, const struct packet *out, const struct frame *f)
{
	const uint8_t *mac;
	enum port at;

	if (!in->own)
		return false;
	mac = way_to(is_six(&in->p), destination(&in->p), &at);
	/* To a group's MAC address, where it is a group's. */
	return (from_to(f, at, mac) || (f->b[0] & 1 && destination(&in->p)[0] >= 224)) && model_same(&in->p, out);
}

/* --- the director's own answers */

static bool is_reset(const struct packet *in, const struct packet *out, size_t off)
{
	size_t at;

	return model_transport(in->b, in->len, &at) == IPPROTO_TCP && at + 4 <= in->len && out->len >= off + 20 &&
	       out->len == off + (out->b[off + 12] >> 4) * 4u && out->b[off + 13] & 4 &&
	       !memcmp(source(out), destination(in), alen(is_six(in))) &&
	       !memcmp(in->b + at, out->b + off + 2, 2) && !memcmp(in->b + at + 2, out->b + off, 2);
}

/* Where the director itself has SCTP: an ABORT or a SHUTDOWN COMPLETE, of an association that it does not know. */
static bool is_abort(const struct packet *in, const struct packet *out, size_t off)
{
	size_t at;
	uint32_t crc;

	if (model_transport(in->b, in->len, &at) != IPPROTO_SCTP || at + 4 > in->len || out->len < off + 16 ||
	    memcmp(source(out), destination(in), alen(is_six(in))))
		return false;
	crc = sum_sctp(out->b + off, out->len - off);
	return (out->b[off + 12] == 6 || out->b[off + 12] == 14) && !memcmp(&crc, out->b + off + 8, 4) &&
	       !memcmp(in->b + at, out->b + off + 2, 2) && !memcmp(in->b + at + 2, out->b + off, 2);
}

/* An echo or a timestamp, with what was asked. */
static bool is_echo(const struct packet *in, const struct packet *out, size_t off)
{
	bool six = is_six(in);
	size_t at;

	if (!is_icmp(six, model_transport(in->b, in->len, &at)) || at + 8 > in->len)
		return false;
	if (!six && out->b[off] == 14)
		return in->b[at] == 13 && out->len == off + 20 && !memcmp(in->b + at + 4, out->b + off + 4, 8);
	return in->b[at] == (six ? 128 : 8) && in->len - at == out->len - off &&
	       !memcmp(in->b + at + 4, out->b + off + 4, in->len - at - 4);
}

/* What is quoted is what was sent, but for what stations on the way may change, and no byte more. */
static bool is_quote(const uint8_t *q, size_t len, const uint8_t *sent, size_t sent_len)
{
	size_t header = (sent[0] & 15) * 4;

	if (len > sent_len || len < 20 || len < (sent_len < header + 8 ? sent_len : header + 8) || q[0] != sent[0])
		return false;
	return !memcmp(q, sent, 8) && q[9] == sent[9] && !memcmp(q + 12, sent + 12, 8) && len >= header &&
	       !memcmp(q + header, sent + header, len - header);
}

/* Likewise; the headers of fragments that are all of their packet may have gone. */
static bool is_quote6(const uint8_t *q, size_t len, const uint8_t *sent, size_t sent_len)
{
	static struct packet a, b;

	a.len = len;
	b.len = sent_len;
	if (len > sent_len || len < 40 || len < (sent_len < 48 ? sent_len : 48))
		return false;
	memcpy(a.b, q, len);
	memcpy(b.b, sent, sent_len);
	model_unfragment(&a);
	model_unfragment(&b);
	return a.len <= b.len && !memcmp(a.b, b.b, 4) && a.b[6] == b.b[6] && !memcmp(a.b + 8, b.b + 8, a.len - 8);
}

static bool is_quote_of(const uint8_t *q, size_t len, const uint8_t *sent, size_t sent_len)
{
	return sent[0] >> 4 == 6 ? is_quote6(q, len, sent, sent_len) : is_quote(q, len, sent, sent_len);
}

static bool is_answer_error(bool six, uint8_t type)
{
	return six ? type >= 1 && type <= 4 : type == 3 || type == 11 || type == 12;
}

static int transport_of(const struct packet *p, size_t *off)
{
	struct part part;

	if (!part_of(p, &part))
		return model_transport(p->b, p->len, off);
	*off = part.data;
	return part.at ? -1 : part.next;
}

static void blur_sum(struct packet *p)
{
	size_t off, sum;
	int proto = transport_of(p, &off);

	if (proto < 0)
		return;
	sum = off + (proto == IPPROTO_SCTP ? 8 : sum_offset(proto));
	if ((proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP) && sum + 4 <= p->len)
		memset(p->b + sum, 0, proto == IPPROTO_SCTP ? 4 : 2);
}

/* All but what a translation of the destination changes. */
static void blur_destination(struct packet *p)
{
	bool six = is_six(p);
	size_t off;
	int proto = transport_of(p, &off);

	memset(p->b + (six ? 24 : 16), 0, alen(six));
	if (proto >= 0 && off + 4 <= p->len)
		memset(p->b + off + 2, 0, 2);
	blur_sum(p);
}

/* Whether a packet is quoted, but for what @blur takes away from both. */
static bool is_blurred_quote(const uint8_t *q, size_t len, const struct packet *p, void (*blur)(struct packet *))
{
	static struct packet said, sent;

	if (len < (is_six(p) ? 48 : 28) || len > sizeof(said.b) || q[0] >> 4 != p->b[0] >> 4)
		return false;
	said.len = len;
	memcpy(said.b, q, len);
	copy_packet(&sent, p);
	blur(&said);
	blur(&sent);
	return is_quote_of(said.b, said.len, sent.b, sent.len);
}

/* IP looks at no length of what the director itself sends: where that is wrong, nobody can tell what SCTP's sum was before a translation. */
static bool quotes_wrong_length(const struct input *in, const uint8_t *q, size_t len)
{
	return in->own && is_six(&in->p) && get16(in->p.b + 4) + 40u != in->p.len && is_blurred_quote(q, len, &in->p, blur_sum);
}

static bool is_server(bool six, const uint8_t *addr)
{
	return real_server(six, addr) >= 0 || !memcmp(addr, dip[six], alen(six));
}

/*
 * An error about what went straight to a real server may speak of the service, as it does of what was on its way there by NAT; one that
 * goes another way than to the client (a source route) may speak of the real server.
 */
static bool quotes_other_end(const struct input *in, const uint8_t *q, size_t len, bool routed)
{
	bool six = is_six(&in->p);
	const uint8_t *to = destination(&in->p), *now = q + (six ? 24 : 16);

	if (!is_blurred_quote(q, len, &in->p, blur_destination))
		return false;
	return (is_server(six, to) && !memcmp(now, vip[six], alen(six))) ||
	       (routed && !memcmp(to, vip[six], alen(six)) && is_server(six, now));
}

static bool quotes(const struct input *in, const uint8_t *q, size_t len, bool routed)
{
	const struct frame *f = in->raw;

	if (is_quote_of(q, len, in->p.b, in->p.len) || quotes_other_end(in, q, len, routed) || quotes_wrong_length(in, q, len))
		return true;
	/* With the header of a fragment that is all of its packet. */
	return f && !in->own && in->at + 20 < f->len && is_quote_of(q, len, f->b + in->at, f->len - in->at);
}

/* Whether it is for that sender, from the director, over the right wire, and its sums are right. */
static bool is_from_director(const struct input *in, const struct packet *out, const struct frame *f)
{
	enum port at;
	const uint8_t *mac = way_to(is_six(out), destination(out), &at);

	/* The neighbours of link-local addresses are not known to us. */
	if (is_six(out) && destination(out)[0] == 0xfe)
		return is_directors(true, source(out)) && sums_right(out);
	/* Who asks a group is answered over the wire that he asked on, whoever he says that he is. */
	if (is_six(out) && destination(&in->p)[0] == 0xff && is_six(&in->p) && in->raw && in->raw->at == f->at)
		return is_directors(true, source(out)) && sums_right(out);
	/* To a group's MAC address, where a group is said to have asked. */
	if (!is_six(out) && destination(out)[0] >= 224 && f->b[0] & 1)
		return is_directors(false, source(out)) && sums_right(out);
	return from_to(f, at, mac) && is_directors(is_six(out), source(out)) && sums_right(out);
}

/* Who came by a source route is answered by one, with the last station at the end of the option. */
static const uint8_t *last_station(const struct packet *p)
{
	size_t header = (p->b[0] & 15) * 4, at = 20;

	while (!is_six(p) && at + 2 <= header && at + 2 <= p->len && p->b[at]) {
		size_t len = p->b[at] == 1 ? 1 : p->b[at + 1];

		if (!len || at + len > header || at + len > p->len)
			break;
		if ((p->b[at] == 0x83 || p->b[at] == 0x89) && len >= 7)
			return p->b + at + len - 4;
		at += len;
	}
	return destination(p);
}

/*
 * nf_defrag_ipv6 takes the header of a fragment that is all of its packet out, and leaves the transport header behind it: IP goes on there,
 * and takes what it finds for what the first header said comes next. False where nothing is before such a header.
 */
static bool as_defrag_leaves(const struct input *in, struct packet *p)
{
	size_t off = 40, at, len;
	const uint8_t *b;
	uint8_t next;

	if (!in->raw || in->own || !is_six(&in->p))
		return false;
	b = in->raw->b + in->at;
	len = get16(b + 4) + 40u;
	for (next = b[6]; next != IPPROTO_FRAGMENT; ) {
		if ((next != 0 && next != IPPROTO_ROUTING && next != IPPROTO_AH && next != IPPROTO_DSTOPTS) || off + 8 > len)
			return false;
		at = off;
		off += next == IPPROTO_AH ? (b[at + 1] + 2) * 4u : (b[at + 1] + 1) * 8u;
		next = b[at];
	}
	if (off == 40 || off + 8 > len)
		return false;
	memcpy(p->b, b, 40);
	memcpy(p->b + 40, b + off + 8, len - off - 8);
	p->len = 40 + len - off - 8;
	return true;
}

static bool is_answer(const struct packet *in, const struct packet *out, size_t off, int proto)
{
	bool six = is_six(out);

	if (proto == IPPROTO_TCP)
		return is_reset(in, out, off);
	if (proto == IPPROTO_SCTP)
		return is_abort(in, out, off);
	return is_icmp(six, proto) && off + 8 <= out->len &&
	       (out->b[off] == (six ? 129 : 0) || (!six && out->b[off] == 14)) && is_echo(in, out, off);
}

static bool is_told(const struct input *in, const struct packet *out, const struct frame *f)
{
	static struct packet left;
	bool six = is_six(out);
	size_t off;
	int proto;

	if (is_six(&in->p) != six || memcmp(last_station(out), source(&in->p), alen(six)) || !is_from_director(in, out, f))
		return false;
	proto = model_transport(out->b, out->len, &off);
	if (is_icmp(six, proto) && off + 8 <= out->len && is_answer_error(six, out->b[off]))
		return quotes(in, out->b + off + 8, out->len - off - 8, last_station(out) != destination(out));
	return is_answer(&in->p, out, off, proto) || (as_defrag_leaves(in, &left) && is_answer(&left, out, off, proto));
}

/* Of an error about a tunnel's packet the client hears in terms of its own. */
static bool is_relayed(const struct input *in, const struct packet *out, const struct frame *f)
{
	bool six = is_six(out);
	const uint8_t *q;
	size_t off, len, said;

	if (!is_directors(is_six(&in->p), destination(&in->p)) ||
	    !is_icmp(six, model_transport(out->b, out->len, &off)) || out->len < off + 8 + (six ? 44 : 24) ||
	    !is_answer_error(six, out->b[off]) || !is_from_director(in, out, f))
		return false;
	q = out->b + off + 8;
	len = out->len - off - 8;
	said = six ? 40 + get16(q + 4) : get16(q + 2);
	return q[0] >> 4 == (six ? 6 : 4) && len <= said && memmem(in->p.b, in->p.len, q, len) &&
	       !memcmp(q + (six ? 8 : 12), destination(out), alen(six)) && !memcmp(q + (six ? 24 : 16), vip[six], alen(six));
}

static bool is_chatter(const struct frame *f, const struct packet *p)
{
	size_t off;
	int proto;

	if (memcmp(f->b + 6, director_mac[f->at], 6))
		return false;
	if (get16(f->b + 12) == ETH_P_ARP)
		return f->len >= 42;
	proto = model_transport(p->b, p->len, &off);
	if (!is_six(p))
		return proto == IPPROTO_IGMP && destination(p)[0] == 224;
	/* They all go no further than the link, and groups are told of behind a hop-by-hop header. */
	if (proto != IPPROTO_ICMPV6 || off + 4 > p->len || !sums_right(p))
		return false;
	return ((p->b[off] >= 130 && p->b[off] <= 132) || p->b[off] == 143) ? p->b[7] == 1 :
	       p->b[off] >= 133 && p->b[off] <= 137 && p->b[7] == 255;
}

/* Each packet that went in may come out once, and be answered once. No fragment is translated by itself. */
static enum fate explain(struct input *in, const struct packet *out, const struct frame *f)
{
	enum fate fate = WRONG;
	struct part part;

	if (!in->passed)
		fate = !part_of(out, &part) && is_through(in, out, f) ? THROUGH : is_routed(in, out, f) ? ROUTED :
		       is_sent(in, out, f) ? SENT : WRONG;
	if (fate != WRONG) {
		in->passed = true;
		return fate;
	}
	if (!in->told)
		fate = is_told(in, out, f) ? TOLD : is_relayed(in, out, f) ? RELAYED : WRONG;
	if (fate != WRONG)
		in->told = true;
	return fate;
}

/* An error may be late: when fragments or a neighbour did not come. */
static bool is_late_error(const struct packet *out, const struct frame *f)
{
	bool six = is_six(out);
	static struct input in;
	size_t off;

	if (!is_icmp(six, model_transport(out->b, out->len, &off)) || off + 28 > out->len || !is_answer_error(six, out->b[off]))
		return false;
	for (unsigned long i = 1; i <= PAST && i <= n_past; i++) {
		const struct frame *old = &past[(n_past - i) % PAST].frame;
		const size_t at = six ? 8 : 12;

		if (memmem(old->b, old->len < 80 ? old->len : 80, out->b + off + 8 + at, alen(six)) && ether_packet(old, &in) &&
		    is_seen(&in)) {
			in.raw = old;
			if (is_told(&in, out, f))
				return true;
		}
	}
	return false;
}

static enum fate explain_late(const struct packet *out, const struct frame *f)
{
	static struct input in;
	enum fate fate;

	if (is_late_error(out, f))
		return TOLD;
	for (unsigned long i = 1; i <= LATE && i <= n_past; i++) {
		unsigned long at = (n_past - i) % PAST;

		in.raw = &past[at].frame;
		in.passed = past[at].passed;
		in.told = past[at].told;
		if (!ether_packet(in.raw, &in) || !is_seen(&in))
			continue;
		fate = explain(&in, out, f);
		past[at].passed = in.passed;
		past[at].told = in.told;
		if (fate != WRONG)
			return fate;
	}
	return WRONG;
}

static enum fate explain_any(const struct packet *out, const struct frame *f)
{
	for (int i = 0; i < n_inputs; i++) {
		enum fate fate = explain(&inputs[i], out, f);

		if (fate != WRONG)
			return fate;
	}
	return WRONG;
}

/* --- one after the other */

static struct packet pieces[MAX_SHOT * 4];
static struct frame piece_frames[MAX_SHOT * 4];
static int n_pieces;

void oracle_begin(const struct frame *frames, int n)
{
	n_inputs = n_pieces = 0;
	for (int i = 0; i < n; i++)
		add_frame(&frames[i]);
	add_assembled();
}

static bool keep_piece(const struct packet *p, const struct frame *f)
{
	struct part part;

	if (n_pieces == MAX_SHOT * 4 || !part_of(p, &part))
		return false;
	copy_packet(&pieces[n_pieces], p);
	piece_frames[n_pieces++] = *f;
	return true;
}

enum fate oracle_judge(const struct frame *out, bool odd)
{
	static struct packet p;
	enum fate fate;

	if (odd || out->len < ETHERNET)
		return WRONG;
	p.len = out->len - ETHERNET;
	memcpy(p.b, out->b + ETHERNET, p.len);
	if (is_chatter(out, &p))
		return CHATTER;
	if (p.len < 20 || get16(out->b + 12) != (is_six(&p) ? ETH_P_IPV6 : ETH_P_IP) || (is_six(&p) && p.len < 40))
		return WRONG;
	if (keep_piece(&p, out))
		return PART;
	fate = explain_any(&p, out);
	return fate == WRONG ? explain_late(&p, out) : fate;
}

/* Fragments that make no packet have been routed as they are. */
static enum fate explain_parts(const struct part *parts, int n)
{
	enum fate fate = WRONG;

	for (int i = 0; i < n; i++) {
		const struct frame *f = &piece_frames[parts[i].p - pieces];

		fate = explain_any(parts[i].p, f);
		if (fate == WRONG)
			fate = explain_late(parts[i].p, f);
		if (fate == WRONG)
			return WRONG;
	}
	return fate;
}

/* Takes those that belong to the first one, in order, as one packet. */
static enum fate judge_pieces(void)
{
	static struct part parts[MAX_SHOT * 4], left[MAX_SHOT * 4];
	static struct packet whole;
	int n = 0, rest = 0;
	enum fate fate;

	for (int i = 0; i < n_pieces; i++) {
		struct part part;

		part_of(&pieces[i], &part);
		if (!i || belong_together(&parts[0], &part))
			parts[n++] = part;
		else
			left[rest++] = part;
	}
	fate = assemble(parts, n, &whole) ? explain_any(&whole, &piece_frames[0]) : WRONG;
	if (fate == WRONG)
		fate = explain_parts(parts, n);
	for (int i = 0; i < rest; i++) {
		int from = left[i].p - pieces;

		if (from != i) {
			copy_packet(&pieces[i], &pieces[from]);
			piece_frames[i] = piece_frames[from];
		}
	}
	n_pieces = rest;
	return fate;
}

static void remember(const struct input *in)
{
	unsigned long at = n_past++ % PAST;

	past[at].frame = *in->raw;
	past[at].passed = in->passed;
	past[at].told = in->told;
}

int oracle_end(unsigned int counts[FATES])
{
	int wrong = 0;

	while (n_pieces) {
		enum fate fate = judge_pieces();

		counts[fate]++;
		wrong += fate == WRONG;
	}
	for (int i = 0; i < n_inputs; i++)
		if (inputs[i].raw)
			remember(&inputs[i]);
	return wrong;
}

void oracle_forget(void)
{
	n_past = 0;
}

int oracle_inputs(void)
{
	return n_inputs;
}

const struct packet *oracle_input(int i)
{
	return &inputs[i].p;
}

bool oracle_wants(struct packet *want)
{
	const struct conn *c;
	struct world w;
	bool reply;
	struct flow flow;

	if (!n_inputs || !flow_of(&inputs[0].p, &flow))
		return false;
	c = conn_of(&inputs[0].p, &reply);
	if (!c || c->server < 0)
		return false;
	w = world_of(c->s, c->six, c->server, c->s->port, c->s->rport, reply);
	set_client(&w, &flow, reply);
	copy_packet(want, &inputs[0].p);
	return model_translate(&w, want);
}
