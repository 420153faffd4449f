// SPDX-License-Identifier: GPL-2.0-only
/* faults packets: see faults.h. What a tap receives is handled by who writes it there, so that the allocations are the writer's. */
#define _GNU_SOURCE
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "director.h"
#include "forge.h"
#include "wire.h"

#define SYN	0x02
#define ACK	0x10
#define PSH	0x18
#define INIT	1

enum { IN, OUT };
static int taps[2];
static struct director director;
/* Of the tap's end and of who is there. */
static const uint8_t macs[2][2][6] = {
	{ { 2, 0, 0, 0, 0, 0xd0 }, { 2, 0, 0, 0, 0, 0xc1 } },
	{ { 2, 0, 0, 0, 0, 0xd1 }, { 2, 0, 0, 0, 0, 0x01 } },
};

static int open_tap(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr))
		err(1, "%s", name);
	return fd;
}

/* A packet of a scene, and where it comes from. */
struct frame {
	int side;
	struct packet p;
};

static void deliver(const struct frame *frame)
{
	static uint8_t bytes[14 + MAX_PACKET];

	memcpy(bytes, macs[frame->side][0], 6);
	memcpy(bytes + 6, macs[frame->side][1], 6);
	put16(bytes + 12, v6 ? 0x86dd : 0x0800);
	memcpy(bytes + 14, frame->p.b, frame->p.len);
	/* A packet that is lost there is none of the writer's errors. */
	if (write(taps[frame->side], bytes, 14 + frame->p.len) < 0 && errno != ENOMEM && errno != ENOBUFS)
		err(1, "write");
}

/* What has come out: IP, but for what the kernel says to its neighbours. */
static unsigned int drain(void)
{
	static uint8_t bytes[14 + MAX_PACKET];
	unsigned int count = 0;
	ssize_t got;

	for (int side = IN; side <= OUT; side++) {
		while ((got = read(taps[side], bytes, sizeof(bytes))) > 14) {
			bool is_ip = bytes[12] == 8 && !bytes[13];
			bool is_ip6 = bytes[12] == 0x86 && bytes[13] == 0xdd;

			count += is_ip || (is_ip6 && !(bytes[20] == 0 || (bytes[20] == 58 && bytes[54] >= 130)));
		}
	}
	return count;
}

/* What IP itself counts as lost: OutDiscards, ReasmFails and FragFails. */
static uint64_t lost_by_ip(void)
{
	unsigned long long discards, reassembly, fragments;
	FILE *file = fopen("/proc/thread-self/net/snmp", "r");
	int got;

	if (!file)
		err(1, "snmp");
	got = fscanf(file, "Ip: %*[^\n]\nIp: %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %llu %*u %*u %*u %*u %llu %*u %llu",
		     &discards, &reassembly, &fragments);
	fclose(file);
	if (got != 3)
		errx(1, "snmp: %d", got);
	return discards + reassembly + fragments;
}

static uint64_t drops(void)
{
	struct list list = LIST_OF(struct drop);
	struct error error = { 0 };
	uint64_t sum = 0;

	if (director_drops(&director, &list, &error))
		errx(1, "drops: %s", error_message(&error, false));
	for (size_t i = 0; i < list.count; i++)
		sum += list_at(&list, struct drop, i)->packets;
	list_free(&list);
	return sum + lost_by_ip();
}

/* How many connections and templates this client has. */
static unsigned int connections(void)
{
	FILE *file = fopen("/proc/thread-self/net/ip_vs_conn", "r");
	char line[512], client[64];
	unsigned int count = 0;

	if (!file)
		err(1, "ip_vs_conn");
	snprintf(client, sizeof(client), "%02X%02X%02X%02X", world.client[0], world.client[1], world.client[2],
		 world.client[3]);
	while (fgets(line, sizeof(line), file)) {
		char proto[8], from[64];
		struct in6_addr addr;

		if (sscanf(line, "%7s %63s", proto, from) != 2)
			continue;
		if (v6)
			count += inet_pton(AF_INET6, from, &addr) == 1 && !memcmp(&addr, world.client, 16);
		else
			count += !strcmp(from, client);
	}
	fclose(file);
	return count;
}

/* --- scenes: what goes before, and the packet whose allocations fail */

#define FRAMES	4

struct scene {
	struct frame before[FRAMES];
	unsigned int count;
	struct frame last;
};

static struct scene scene;

static struct packet *add(int side)
{
	struct frame *frame = &scene.before[scene.count++];

	frame->side = side;
	return &frame->p;
}

static void payload(struct packet *p, int proto, const char *text)
{
	size_t header = ip_size() + (proto == IPPROTO_TCP ? 20 : 8);

	memcpy(p->b + header, text, strlen(text));
	fix_sum(p, ip_size(), proto);
}

static struct packet *last(int side)
{
	scene.last.side = side;
	return &scene.last.p;
}

static void tcp(void) { flow_packet(last(IN), IPPROTO_TCP, SYN, false, 0); }
static void udp(void) { flow_packet(last(IN), IPPROTO_UDP, 0, false, 24); }
static void sctp(void) { flow_packet(last(IN), IPPROTO_SCTP, INIT, false, 16); }

static void tcp_begun(void) { flow_packet(add(IN), IPPROTO_TCP, SYN, false, 0); }

/* The real server's, which is seen with NAT. */
static void from_server(struct packet *p, int proto, uint8_t flags, size_t size)
{
	world.way = REPLY;
	flow_packet(p, proto, flags, false, size);
	world.way = NAT;
}

static void tcp_open(void)
{
	tcp_begun();
	from_server(add(OUT), IPPROTO_TCP, SYN | ACK, 0);
	flow_packet(add(IN), IPPROTO_TCP, ACK, false, 0);
}

static void data(void)
{
	tcp_open();
	flow_packet(last(IN), IPPROTO_TCP, PSH, false, 24);
}

static void answer(void)
{
	tcp_begun();
	from_server(last(OUT), IPPROTO_TCP, SYN | ACK, 0);
}

static void sip(void)
{
	char text[80];

	snprintf(text, sizeof(text), "INVITE sip:a@b SIP/2.0\r\nCall-ID: %u@faults\r\n\r\n", world.cport);
	flow_packet(last(IN), IPPROTO_UDP, 0, false, strlen(text));
	payload(&scene.last.p, IPPROTO_UDP, text);
}

static void pasv(void)
{
	static const char text[] = "227 Entering Passive Mode (10,2,0,1,200,13).\r\n";
	struct packet *said;

	tcp_open();
	said = add(IN);
	flow_packet(said, IPPROTO_TCP, PSH, false, 6);
	payload(said, IPPROTO_TCP, "PASV\r\n");
	from_server(last(OUT), IPPROTO_TCP, PSH, sizeof(text) - 1);
	payload(&scene.last.p, IPPROTO_TCP, text);
}

static void port(void)
{
	char text[64];

	tcp_open();
	snprintf(text, sizeof(text), "PORT %u,%u,%u,%u,200,13\r\n", world.client[0], world.client[1], world.client[2],
		 world.client[3]);
	flow_packet(last(IN), IPPROTO_TCP, PSH, false, strlen(text));
	payload(&scene.last.p, IPPROTO_TCP, text);
}

/* A datagram in two, of which the second is the last. */
static void in_fragments(void)
{
	static struct packet whole;
	struct packet *first, *second = last(IN);

	flow_packet(&whole, IPPROTO_UDP, 0, false, 120);
	first = add(IN);
	memcpy(first->b, whole.b, 20 + 64);
	first->len = 20 + 64;
	put16(first->b + 6, 0x2000);
	set_length(first);
	memcpy(second->b, whole.b, 20);
	memcpy(second->b + 20, whole.b + 84, whole.len - 84);
	second->len = 20 + whole.len - 84;
	put16(second->b + 6, 64 / 8);
	set_length(second);
}

static void client_error(void)
{
	flow_packet(add(IN), IPPROTO_UDP, 0, false, 24);
	base(last(IN), ERROR_UDP);
}

static void server_error(void)
{
	flow_packet(add(IN), IPPROTO_UDP, 0, false, 24);
	world.way = REPLY;
	base(last(OUT), ERROR_UDP);
	world.way = NAT;
}

static void ttl(void)
{
	data();
	scene.last.p.b[v6 ? 7 : 8] = 1;
	fix_ip(scene.last.p.b);
}

static void too_big(void)
{
	tcp_open();
	flow_packet(last(IN), IPPROTO_TCP, PSH, false, 1440);
	if (!v6)
		scene.last.p.b[6] = 0x40;
	fix_ip(scene.last.p.b);
}

/* The services are in faults.sh. */
static const struct kind_of {
	const char *name;
	uint16_t vport;
	void (*make)(void);
	bool only4;
} all_kinds[] = {
	{ "TCP", 80, tcp }, { "answer", 80, answer }, { "data", 80, data }, { "DR", 81, tcp }, { "DR-data", 81, data },
	{ "IPIP", 82, tcp }, { "GUE", 83, tcp }, { "GRE", 84, tcp }, { "persistent", 85, tcp }, { "lblc", 86, tcp },
	{ "lblcr", 87, tcp }, { "nobody", 88, tcp }, { "UDP", 53, udp }, { "one-packet", 54, udp },
	{ "SCTP", 9, sctp }, { "SIP", 5060, sip }, { "FTP", 21, tcp }, { "PASV", 21, pasv, true },
	{ "PORT", 21, port, true }, { "fragment", 53, in_fragments, true }, { "client-error", 53, client_error },
	{ "server-error", 53, server_error }, { "TTL", 80, ttl }, { "too-big", 80, too_big },
	{ "tunnel-too-big", 82, too_big },
};

/* A client that was not there before; a way that is not known from before. */
static void new_client(const struct kind_of *kind)
{
	static uint16_t client;

	client++;
	world = (struct world){ .alen = v6 ? 16 : 4, .cport = 1024 + client, .vport = kind->vport,
				.rport = kind->vport, .way = NAT };
	if (v6) {
		inet_pton(AF_INET6, "2001:db8:1:1::", world.client);
		put16(world.client + 14, client);
		inet_pton(AF_INET6, "2001:db8:9::1", world.service);
		inet_pton(AF_INET6, "2001:db8:2::1", world.server);
	} else {
		inet_pton(AF_INET, "10.16.0.0", world.client);
		put16(world.client + 2, client);
		inet_pton(AF_INET, "10.9.0.1", world.service);
		inet_pton(AF_INET, "10.2.0.1", world.server);
	}
	faults_write("/proc/sys/net/ipv4/route/flush", "1");
}

/* What came of a packet and of the same once more, undisturbed. */
struct outcome {
	bool hit;
	unsigned int came;
	uint64_t dropped;
	unsigned int again;
	unsigned int conns;
};

static struct outcome play(const struct kind_of *kind, bool on, unsigned int n)
{
	struct outcome outcome;
	uint64_t before;

	new_client(kind);
	memset(&scene, 0, sizeof(scene));
	kind->make();
	for (unsigned int i = 0; i < scene.count; i++)
		deliver(&scene.before[i]);
	drain();
	before = drops();
	faults_arm(on, n);
	deliver(&scene.last);
	outcome.hit = faults_disarm();
	outcome.came = drain();
	outcome.dropped = drops() - before;
	if (kind->make == in_fragments)
		deliver(&scene.before[0]);
	deliver(&scene.last);
	outcome.again = drain();
	outcome.conns = connections();
	return outcome;
}

static bool check(const struct kind_of *kind, bool on, unsigned int n, const struct outcome *got,
		  const struct outcome *well)
{
	const char *wrong = NULL;

	if (!got->came && !got->dropped && well->came)
		wrong = "it is lost without a reason";
	else if (got->again < well->again)
		wrong = "the same once more does not come through";
	else if (got->conns != well->conns)
		wrong = "other connections than without";
	if (wrong)
		printf("not ok - %s%s, allocation %u%s: %s (came %u/%u, dropped %u, again %u/%u, connections %u/%u)\n",
		       kind->name, v6 ? " IPv6" : "", n, on ? " and on" : "", wrong, got->came, well->came,
		       (unsigned int)got->dropped, got->again, well->again, got->conns, well->conns);
	return !wrong;
}

static void test_kind(const struct kind_of *kind, bool on)
{
	struct outcome well = play(kind, false, 0), got;
	unsigned int n, good = 0;

	if (!well.came && !well.dropped)
		printf("not ok - %s%s: nothing comes of it\n", kind->name, v6 ? " IPv6" : "");
	for (n = 1; n < 1000; n++) {
		got = play(kind, on, n);
		if (!got.hit)
			break;
		good += check(kind, on, n, &got, &well);
	}
	if (good == n - 1)
		printf("ok - %s%s: each of %u allocations fails%s\n", kind->name, v6 ? " IPv6" : "", good,
		       on ? ", with all after it" : "");
}

static bool is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return !argc;
}

int faults_packets(const char *in, const char *out, int argc, char **argv)
{
	struct error error = { 0 };

	taps[IN] = open_tap(in);
	taps[OUT] = open_tap(out);
	if (director_open(&director, false, &error))
		errx(1, "%s", error_message(&error, false));
	for (int i = 0; i < 4; i++) {
		v6 = i & 1;
		for (size_t k = 0; k < sizeof(all_kinds) / sizeof(all_kinds[0]); k++)
			if (is_wanted(all_kinds[k].name, argc, argv) && !(v6 && all_kinds[k].only4))
				test_kind(&all_kinds[k], i & 2);
	}
	director_close(&director);
	return 0;
}
