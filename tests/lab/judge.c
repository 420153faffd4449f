// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "judge.h"
#include "wire.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#define MARK_PORT	9999
#define MARK_TRIES	50
#define MAX_OUT		64

static const uint8_t vip_mac[6] = { 2, 0, 0, 0, 0, 0xd0 }, dip_mac[6] = { 2, 0, 0, 0, 0, 0xd1 };
static const uint8_t gw_mac[6] = { 2, 0, 0, 0, 0, 0xf1 }, rs1_mac[6] = { 2, 0, 0, 0, 0, 1 };

enum { GW, RS1, RS2, POINTS };
static int in_fd, out_fd[POINTS], marks_fd, snmp_fd, snmp6_fd, netstat_fd;

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
unsigned int all_dropped;
bool (*may_also)(const struct packet *sent, const struct packet *out);

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

void send_in(const struct packet *p)
{
	if (world.way == REPLY)
		send_from(in_fd, rs1_mac, dip_mac, p);
	else
		send_from(in_fd, gw_mac, vip_mac, p);
}

void send_at_gateway(const struct packet *p)
{
	send_from(marks_fd, gw_mac, vip_mac, p);
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
void fence(void)
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

void judge(const struct packet *sent, bool must)
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
		else if (outputs[i].point == goal && may_also && may_also(sent, p) && !through)
			through = true;
		else if (outputs[i].point == goal && is_routed(&seen, p) && !routed)
			routed = true;
		/* To whoever the packet says has sent it, who may be at the other side. */
		else if (outputs[i].point != RS2 && is_answer(sent, p))
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
void try(const struct packet *p, bool must)
{
	send_in(p);
	fence();
	judge(p, must);
}

void conclude(const char *what, const char *kind)
{
	if (!topic.sent)
		return;
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
void open_all(void)
{
	static const struct { int proto; uint8_t flags; } steps[] = {
		{ IPPROTO_TCP, 0x02 }, { IPPROTO_TCP, 0x10 }, { IPPROTO_UDP, 0 }, { IPPROTO_SCTP, 1 } };
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

/* --- before all */

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

void judge_start(void)
{
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
}
