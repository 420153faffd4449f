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
#include "model.h"
#include "wire.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define MARK_PORT	9999
#define MARK_TRIES	50
#define MAX_OUT		64

static const uint8_t vip_mac[6] = { 2, 0, 0, 0, 0, 0xd0 }, dip_mac[6] = { 2, 0, 0, 0, 0, 0xd1 };
static const uint8_t gw_mac[6] = { 2, 0, 0, 0, 0, 0xf1 }, rs1_mac[6] = { 2, 0, 0, 0, 0, 1 };

enum { GW, RS1, RS2, POINTS };
static int in_fd, out_fd[POINTS], marks_fd, snmp_fd, snmp6_fd, netstat_fd;
static struct world world;
static bool v6;
static unsigned int serial;

/* What came out for one bad packet. */
struct output {
	int point;
	struct packet p;
};

static struct output outputs[MAX_OUT];
static int n_outputs;

struct tally {
	unsigned int sent, out, through, routed, told, local, refused, dropped, wrong, missing;
};

static struct tally topic;
static unsigned int all_dropped;

/* --- packets */

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static size_t ip_size(void)
{
	return v6 ? 40 : 20;
}

static uint32_t pseudo(const uint8_t *ip, int proto, size_t len)
{
	return v6 ? sum_pseudo(ip + 8, ip + 24, 16, proto, len) : sum_pseudo(ip + 12, ip + 16, 4, proto, len);
}

static void fix_ip(uint8_t *ip)
{
	if (v6)
		return;
	put16(ip + 10, 0);
	put16(ip + 10, ~sum_fold(sum_bytes(ip, (ip[0] & 15) * 4, 0)));
}

static void set_length(struct packet *p)
{
	put16(p->b + (v6 ? 4 : 2), p->len - (v6 ? 40 : 0));
	fix_ip(p->b);
}

static size_t sum_offset(int proto)
{
	return proto == IPPROTO_TCP ? 16 : proto == IPPROTO_UDP ? 6 : 2;
}

static void fix_sum(struct packet *p, size_t off, int proto)
{
	uint8_t *sum = p->b + off + sum_offset(proto);

	if (off + sum_offset(proto) + 2 > p->len)
		return;
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

/* A TCP or UDP packet of the world's way, or one that comes back. */
static void flow_packet(struct packet *p, int proto, uint8_t flags, bool back, size_t payload)
{
	const uint8_t *from = world.way == REPLY ? world.server : world.client;
	const uint8_t *to = world.way == REPLY ? world.client : world.service;
	uint16_t from_port = world.way == REPLY ? world.rport : world.cport;
	uint16_t to_port = world.way == REPLY ? world.cport : world.vport;
	size_t off = ip_size(), header = proto == IPPROTO_TCP ? 20 : 8;
	uint8_t *l4 = p->b + off;

	put_ip(p->b, back ? to : from, back ? from : to, proto, header + payload);
	memset(l4, 0, header);
	put16(l4, back ? to_port : from_port);
	put16(l4 + 2, back ? from_port : to_port);
	if (proto == IPPROTO_TCP) {
		l4[12] = 0x50;
		l4[13] = flags;
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

enum kind { TCP, UDP, ERROR_TCP, ERROR_UDP, KINDS };
static const char *const kinds[KINDS] = { "TCP", "UDP", "error about TCP", "error about UDP" };

static int proto_of(enum kind kind)
{
	return kind == TCP ? IPPROTO_TCP : kind == UDP ? IPPROTO_UDP : v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
}

static void base(struct packet *p, enum kind kind)
{
	if (kind == TCP || kind == UDP)
		flow_packet(p, proto_of(kind), 0x18, false, 24);
	else
		error_packet(p, kind == ERROR_TCP ? IPPROTO_TCP : IPPROTO_UDP);
}

/* --- the director */

static void send_from(int fd, const uint8_t *src, const uint8_t *dst, const struct packet *p)
{
	static uint8_t frame[MAX_PACKET + 14];

	memcpy(frame, dst, 6);
	memcpy(frame + 6, src, 6);
	put16(frame + 12, v6 ? ETH_P_IPV6 : ETH_P_IP);
	memcpy(frame + 14, p->b, p->len);
	if (send(fd, frame, p->len + 14, 0) < 0)
		err(1, "sending %zu bytes", p->len);
}

static void send_in(const struct packet *p)
{
	if (world.way == REPLY)
		send_from(in_fd, rs1_mac, dip_mac, p);
	else
		send_from(in_fd, gw_mac, vip_mac, p);
}

/* Multicast listeners and neighbours, which come at any time. */
static bool is_chatter(const struct packet *p)
{
	size_t off;
	int proto = model_transport(p->b, p->len, &off);

	return proto == IPPROTO_ICMPV6 && off < p->len && p->b[off] >= 130 && p->b[off] <= 143 && p->b[off] != 138;
}

/* A frame that came out; false when there is none. *p is without one when it is nothing to look at. */
static bool take(int fd, struct packet *p)
{
	static uint8_t frame[MAX_PACKET + 14];
	struct sockaddr_ll ll;
	socklen_t size = sizeof(ll);
	ssize_t len = recvfrom(fd, frame, sizeof(frame), MSG_DONTWAIT, (struct sockaddr *)&ll, &size);

	if (len < 0)
		return false;
	p->len = 0;
	if (len > 14 && ll.sll_pkttype != PACKET_OUTGOING && frame[12] == (v6 ? 0x86 : 0x08) && frame[13] == (v6 ? 0xdd : 0)) {
		p->len = len - 14;
		memcpy(p->b, frame + 14, p->len);
		if (is_chatter(p))
			p->len = 0;
	}
	return true;
}

/* The good packet: a datagram from a port of its own, numbered. */
static void mark_packet(struct packet *p, uint32_t number)
{
	uint16_t client = world.cport;

	world.cport = MARK_PORT;
	flow_packet(p, IPPROTO_UDP, 0, false, 4);
	world.cport = client;
	memcpy(p->b + p->len - 4, &number, 4);
	fix_sum(p, ip_size(), IPPROTO_UDP);
}

static bool is_mark(const struct packet *p, uint32_t number)
{
	size_t off;

	return model_transport(p->b, p->len, &off) == IPPROTO_UDP && p->len == off + 12 && !memcmp(p->b + off + 8, &number, 4) &&
	       p->b[off + (world.way == REPLY ? 2 : 0)] == MARK_PORT >> 8 &&
	       p->b[off + (world.way == REPLY ? 3 : 1)] == (MARK_PORT & 255);
}

static void collect(int point, const struct packet *p)
{
	if (n_outputs == MAX_OUT)
		errx(1, "too much comes out");
	outputs[n_outputs].point = point;
	outputs[n_outputs++].p = *p;
}

/* Sends the good packet and takes all that comes out up to it. */
static void fence(void)
{
	int goal = world.way == REPLY ? GW : RS1;
	static struct packet p;
	static uint32_t number;
	bool seen = false;

	n_outputs = 0;
	mark_packet(&p, ++number);
	send_in(&p);
	for (int tries = 0; !seen; tries++) {
		struct pollfd pfd = { .fd = out_fd[goal], .events = POLLIN };

		if (tries == MARK_TRIES)
			errx(1, "a good packet did not come through");
		poll(&pfd, 1, 100);
		while (!seen && take(out_fd[goal], &p)) {
			seen = p.len && is_mark(&p, number);
			if (p.len && !seen)
				collect(goal, &p);
		}
	}
	for (int point = 0; point < POINTS; point++) {
		while (point != goal && take(out_fd[point], &p)) {
			if (p.len)
				collect(point, &p);
		}
	}
}

/* --- its counters */

static bool is_one_of(const char *const *names, const char *name)
{
	while (*names && strcmp(*names, name))
		names++;
	return *names;
}

/* A name and a value a line. */
static void sum_lines(char *text, const char *const *a, unsigned long *sum_a, const char *const *b, unsigned long *sum_b)
{
	*sum_a = *sum_b = 0;
	for (char *name = strtok(text, " \t\n"); name; name = strtok(NULL, " \t\n")) {
		char *value = strtok(NULL, " \t\n");

		if (value && is_one_of(a, name))
			*sum_a += strtoul(value, NULL, 10);
		if (value && is_one_of(b, name))
			*sum_b += strtoul(value, NULL, 10);
	}
}

/* Two lines each, names and values. */
static unsigned long sum_columns(char *text, const char *group, const char *const *names)
{
	unsigned long sum = 0;
	char *head, *values, *h, *v, *save_h, *save_v;

	head = strstr(text, group);
	values = head ? strstr(head + 1, group) : NULL;
	if (!values)
		errx(1, "no %s", group);
	values[strcspn(values, "\n")] = 0;
	head[strcspn(head, "\n")] = 0;
	h = strtok_r(head, " ", &save_h);
	v = strtok_r(values, " ", &save_v);
	while (h && v) {
		if (is_one_of(names, h))
			sum += strtoul(v, NULL, 10);
		h = strtok_r(NULL, " ", &save_h);
		v = strtok_r(NULL, " ", &save_v);
	}
	return sum;
}

static char *read_file(int fd)
{
	static char text[1 << 15];
	size_t used = 0;
	ssize_t n;

	while ((n = pread(fd, text + used, sizeof(text) - 1 - used, used)) > 0)
		used += n;
	text[used] = 0;
	return text;
}

struct counts {
	unsigned long local, refused;
};

static struct counts counts;

static void read_counts(struct counts *c)
{
	static const char *const local6[] = { "Ip6InDelivers", NULL };
	static const char *const refused6[] = { "Ip6InHdrErrors", "Ip6InAddrErrors", "Ip6InUnknownProtos", "Ip6InTruncatedPkts",
						"Ip6InDiscards", "Ip6InNoRoutes", "Ip6ReasmFails", NULL };
	static const char *const local4[] = { "InDelivers", NULL };
	static const char *const refused4[] = { "InHdrErrors", "InAddrErrors", "InUnknownProtos", "InDiscards", "ReasmFails",
						NULL };
	static const char *const truncated[] = { "InTruncatedPkts", "InNoRoutes", NULL };

	if (v6) {
		sum_lines(read_file(snmp6_fd), local6, &c->local, refused6, &c->refused);
	} else {
		c->local = sum_columns(read_file(snmp_fd), "Ip: ", local4);
		c->refused = sum_columns(read_file(snmp_fd), "Ip: ", refused4) +
			     sum_columns(read_file(netstat_fd), "IpExt: ", truncated);
	}
}

/* --- the judge */

static void show(const char *what, const struct packet *p)
{
	printf("#   %s, %zu bytes:", what, p->len);
	for (size_t i = 0; i < p->len && i < 160; i++)
		printf("%s%02x", i % 4 ? "" : " ", p->b[i]);
	putchar('\n');
}

/* The director's own ICMP or RST, in terms of what was sent to it. */
static bool is_answer(const struct packet *sent, const struct packet *p)
{
	size_t off, src = v6 ? 8 : 12, quoted, alen = world.alen;
	int proto = model_transport(p->b, p->len, &off);

	if (memcmp(p->b + src + alen, sent->b + src, alen))
		return false;
	if (proto == IPPROTO_TCP)
		return !memcmp(p->b + src, sent->b + src + alen, alen) && p->b[off + 13] & 4;
	if (proto != (v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP) || off + 8 > p->len)
		return false;
	if (v6 ? p->b[off] == 129 : p->b[off] == 0 || p->b[off] == 14 || p->b[off] == 18)
		return true;
	quoted = off + 8;
	/* It quotes what was sent, addresses before all. */
	return p->len >= quoted + ip_size() && !memcmp(p->b + quoted + src, sent->b + src, 2 * alen);
}

/* The fragments that came out at one point, put together; what is none stays as it is. */
static bool gather(struct packet *whole)
{
	static bool have[MAX_PACKET];
	size_t total = 0, got = 0;

	*whole = outputs[0].p;
	if (n_outputs == 1 && (v6 ? whole->b[6] != 44 : !((whole->b[6] << 8 | whole->b[7]) & 0x3fff)))
		return true;
	memset(have, 0, sizeof(have));
	for (int i = 0; i < n_outputs; i++) {
		struct packet *p = &outputs[i].p;
		size_t header = v6 ? 48 : (p->b[0] & 15) * 4u;
		unsigned int frag = v6 ? p->b[42] << 8 | p->b[43] : (p->b[6] << 8 | p->b[7]) << 3;
		size_t at = v6 ? frag & 0xfff8 : frag & 0xfff8, len = p->len - header;
		bool more = v6 ? frag & 1 : p->b[6] & 0x20;

		if (v6 && p->b[6] != 44)
			return false;
		for (size_t k = 0; k < len; k++) {
			if (have[at + k])
				return false;
			have[at + k] = true;
		}
		got += len;
		if (!more)
			total = at + len;
		if (!at) {
			memcpy(whole->b, p->b, header);
			if (v6)
				whole->b[6] = p->b[40];
		}
		memcpy(whole->b + ip_size() + at, p->b + header, len);
	}
	if (!total || got != total)
		return false;
	whole->len = ip_size() + total;
	if (!v6)
		whole->b[6] = 0;
	set_length(whole);
	return true;
}

/* A packet of the real server that is no reply of the service goes on as a router sends it. */
static bool is_routed(const struct packet *seen, const struct packet *out)
{
	static struct packet want;

	if (world.way != REPLY || model_is_live(&world, seen))
		return false;
	want = *seen;
	model_route(&want);
	return model_same(&want, out);
}

static void judge(const struct packet *sent, bool must)
{
	static struct packet seen, want, got;
	bool out = false, through = false, routed = false, told = false, wrong = false, may;
	int goal = world.way == REPLY ? GW : RS1;
	struct counts before = counts;

	read_counts(&counts);
	seen = *sent;
	may = model_seen(&seen);
	want = seen;
	may = may && model_translate(&world, &want);
	if (n_outputs && outputs[0].point == goal && gather(&got)) {
		n_outputs = 1;
		outputs[0].p = got;
	}
	for (int i = 0; i < n_outputs; i++) {
		const struct packet *p = &outputs[i].p;

		out |= outputs[i].point == goal;
		if (outputs[i].point == goal && may && model_same(&want, p) && !through)
			through = true;
		else if (outputs[i].point == goal && is_routed(&seen, p) && !routed)
			routed = true;
		else if (outputs[i].point == (world.way == REPLY ? RS1 : GW) && is_answer(sent, p))
			told = true;
		else {
			wrong = true;
			show(outputs[i].point == goal ? "came out" : "came out where it has no business", p);
		}
	}
	if (wrong || (must && !through)) {
		show("for", sent);
		if (may)
			show("which may be", &want);
	}
	topic.sent++;
	topic.out += out;
	topic.through += through;
	topic.routed += routed;
	topic.told += told;
	topic.wrong += wrong;
	topic.missing += must && !through;
	if (out)
		return;
	/* Source routes are refused, too, without a word. */
	if (counts.refused != before.refused || model_has_route(sent))
		topic.refused++;
	else if (counts.local != before.local)
		topic.local++;
	else
		topic.dropped++;
}

/* One bad packet; MUST when it is good and has to come through. */
static void try(const struct packet *p, bool must)
{
	send_in(p);
	fence();
	judge(p, must);
}

static void conclude(const char *what, const char *kind)
{
	printf("%s, %s: sent %u out %u told %u: through %u routed %u local %u refused %u dropped %u", what, kind, topic.sent,
	       topic.out, topic.told, topic.through, topic.routed, topic.local, topic.refused, topic.dropped);
	if (topic.wrong)
		printf(" WRONG %u", topic.wrong);
	if (topic.missing)
		printf(" MISSING %u", topic.missing);
	putchar('\n');
	all_dropped += topic.dropped;
	topic = (struct tally){ 0 };
}

/* The connections that the packets are about, open. */
static void open_all(void)
{
	static const struct { int proto; uint8_t flags; } steps[] = {
		{ IPPROTO_TCP, 0x02 }, { IPPROTO_TCP, 0x10 }, { IPPROTO_UDP, 0 } };
	enum way way = world.way;
	int fd = in_fd;
	static struct packet p;

	if (way == REPLY) {
		world.way = NAT;
		in_fd = marks_fd;
	}
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		flow_packet(&p, steps[i].proto, steps[i].flags, false, 0);
		send_in(&p);
	}
	fence();
	world.way = way;
	in_fd = fd;
	fence();
	read_counts(&counts);
}

/* --- topics */

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

static void with_options(struct packet *p, const struct packet *whole, const uint8_t *options, size_t len)
{
	size_t padded = (len + 3) & ~3u;

	*p = *whole;
	memmove(p->b + 20 + padded, p->b + 20, p->len - 20);
	memset(p->b + 20, 0, padded);
	memcpy(p->b + 20, options, len);
	p->len += padded;
	p->b[0] = 0x45 + padded / 4;
	set_length(p);
}

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

static int header_of(char c)
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

static void with_extensions(struct packet *p, const struct packet *whole, const char *chain)
{
	size_t n = strlen(chain);
	uint8_t *h = p->b + 40;

	*p = *whole;
	memmove(h + 8 * n, h, p->len - 40);
	memset(h, 0, 8 * n);
	p->len += 8 * n;
	for (size_t i = 0; i < n; i++, h += 8) {
		h[0] = chain[i + 1] ? header_of(chain[i + 1]) : whole->b[6];
		if (chain[i] == 'x')
			h[1] = 255;
		else if (chain[i] == 'h' || chain[i] == 'd')
			h[2] = 1, h[3] = 4;
		else if (chain[i] == 'R')
			h[3] = 1;
		else if (chain[i] == 'f')
			put32(h + 4, ++serial);
	}
	p->b[6] = header_of(chain[0]);
	set_length(p);
}

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
		int n = 1 + random() % 12;

		for (int i = 0; i < n; i++)
			chain[i] = "hdrRfanxdd"[random() % 10];
		chain[n] = 0;
		with_extensions(&p, &whole, chain);
		p.b[40 + random() % (8 * n)] ^= random() % 3 ? 0 : random();
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
	span = ip_size() + (kind == TCP ? 20 : kind == UDP ? 8 : 8 + ip_size() + 20);
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
			if (kind != TCP && kind != UDP)
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
	for (int i = 0; i < 4 && (kind == TCP || kind == UDP); i++) {
		p = whole;
		put16(p.b + off + (i & 1) * 2, i & 2 ? 0xffff : 0);
		fix_sum(&p, off, proto_of(kind));
		try(&p, false);
	}
}

/* --- fragments */

struct piece {
	int from, to;
	char last;	/* 'l': no more fragments, 'm': more, 0: as it is */
	uint8_t other;	/* what its bytes are changed by */
};

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

static void fragment(struct packet *p, const struct packet *whole, const struct piece *piece, unsigned int id)
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

static int packet_socket(const char *netns, const char *dev, int protocol)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(protocol) };
	int size = 16 << 20, fd;

	if (netns_enter(netns))
		err(1, "netns %s", netns);
	ll.sll_ifindex = if_nametoindex(dev);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    bind(fd, (struct sockaddr *)&ll, sizeof(ll)))
		err(1, "%s %s", netns, dev);
	return fd;
}

static int proc_file(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/thread-self/net/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

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

	out_fd[GW] = packet_socket("gw", "eth1", ETH_P_ALL);
	marks_fd = packet_socket("gw", "eth1", 0);
	out_fd[RS1] = packet_socket("rs1", "eth0", ETH_P_ALL);
	in_fd = world.way == REPLY ? packet_socket("rs1", "eth0", 0) : marks_fd;
	out_fd[RS2] = packet_socket("rs2", "eth0", ETH_P_ALL);
	if (netns_enter("director"))
		err(1, "netns director");
	snmp_fd = proc_file("snmp");
	snmp6_fd = proc_file("snmp6");
	netstat_fd = proc_file("netstat");

	srandom(1);
	/* Fragments of an earlier run may still wait for others of their number. */
	serial = getpid() << 12;
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
		for (enum kind kind = 0; kind < KINDS; kind++) {
			if ((kind == ERROR_UDP && !topics[i].all) || (topics[i].run == fragments) != pieces)
				continue;
			open_all();
			topics[i].run(kind);
			if (topic.sent)
				conclude(topics[i].name, kinds[kind]);
		}
	}
	printf("dropped %u\n", all_dropped);
	return 0;
}
