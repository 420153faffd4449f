// SPDX-License-Identifier: GPL-2.0-only
/*
 * worst KIND FIRST N: sends the N frames of that kind from number FIRST on out of c0 to the director of tests/perf/ways.sh, and says
 * how many nanoseconds each took: where the clock counts instructions that is what sending, and all that the director does meanwhile,
 * costs.
 *
 *   new        UDP, another client's port each time        again      one flow of UDP
 *   client     UDP, another client's address each time     options    one flow of UDP with 40 bytes of IP options
 *   chain      IPv6, UDP behind as many headers as fit     sip        SIP without a Call-ID, but with all that begins like one
 *   ftp        a control connection's line without end     PORT:new   as new, to another port than 80
 */
#define _GNU_SOURCE
#include "wire.h"

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define ROOM	1400

static uint8_t frame[ETH_HLEN + 1500];
static uint8_t *const packet = frame + ETH_HLEN;
static uint16_t port = 80;

static size_t ip4(uint32_t host, uint8_t proto, size_t options, size_t payload)
{
	struct iphdr *ip = (struct iphdr *)packet;
	const size_t len = sizeof(*ip) + options;

	*ip = (struct iphdr){ .version = 4, .ihl = len / 4, .tot_len = htons(len + payload), .ttl = 64, .protocol = proto,
			      .saddr = htonl(0x0a000101 + host), .daddr = htonl(0x0a090909) };
	memset(ip + 1, 1, options);	/* nothing, one by one */
	ip->check = htons(~sum_fold(sum_bytes(ip, len, 0)));
	return len;
}

static size_t udp(size_t at, uint16_t from, uint16_t to, size_t payload)
{
	struct udphdr h = { .source = htons(from), .dest = htons(to), .len = htons(sizeof(h) + payload) };

	/* Without a checksum, which IPv4 allows. */
	memcpy(packet + at, &h, sizeof(h));
	return at + sizeof(h) + payload;
}

static size_t frame_new(unsigned int i)
{
	return udp(ip4(0, IPPROTO_UDP, 0, 8 + 18), 1024 + i % 60000, port, 18);
}

static size_t frame_client(unsigned int i)
{
	return udp(ip4(i % 60000, IPPROTO_UDP, 0, 8 + 18), 1024, port, 18);
}

static size_t frame_again(unsigned int i)
{
	(void)i;
	return frame_new(0);
}

static size_t frame_options(unsigned int i)
{
	(void)i;
	return udp(ip4(0, IPPROTO_UDP, 40, 8 + 18), 1024, port, 18);
}

/* Destination options of eight bytes, each with one that pads. */
static size_t frame_chain(unsigned int i)
{
	static const uint8_t link[8] = { IPPROTO_DSTOPTS, 0, 1, 4 };
	struct ip6_hdr *ip = (struct ip6_hdr *)packet;
	size_t at = sizeof(*ip), begin;
	uint32_t sum;
	uint16_t check;

	*ip = (struct ip6_hdr){ 0 };
	ip->ip6_vfc = 0x60;
	ip->ip6_nxt = IPPROTO_DSTOPTS;
	ip->ip6_hlim = 64;
	inet_pton(AF_INET6, "fd00::1:1", &ip->ip6_src);
	inet_pton(AF_INET6, "fd00:9::9", &ip->ip6_dst);
	for (; at < ROOM; at += sizeof(link))
		memcpy(packet + at, link, sizeof(link));
	packet[at - sizeof(link)] = IPPROTO_UDP;
	begin = at;
	at = udp(at, 1024 + i % 60000, port, 18);
	ip->ip6_plen = htons(at - sizeof(*ip));
	sum = sum_pseudo(&ip->ip6_src, &ip->ip6_dst, 16, IPPROTO_UDP, at - begin);
	check = htons(~sum_fold(sum_bytes(packet + begin, at - begin, sum)));
	memcpy(packet + begin + 6, &check, sizeof(check));
	return at;
}

static void fill(uint8_t *to, size_t len, const char *with)
{
	for (size_t i = 0, n = strlen(with); i < len; i++)
		to[i] = with[i % n];
}

static size_t frame_sip(unsigned int i)
{
	size_t at = ip4(0, IPPROTO_UDP, 0, 8 + ROOM);
	static const char first[] = "INVITE sip:a@b SIP/2.0\r\n";

	fill(packet + at + 8, ROOM, "Call-I:\r\ni\r\n");
	memcpy(packet + at + 8, first, sizeof(first) - 1);
	return udp(at, 1024 + i % 60000, port, ROOM);
}

static size_t frame_tcp(uint16_t from, uint8_t flags, uint32_t seq, size_t payload)
{
	size_t at = ip4(0, IPPROTO_TCP, 0, sizeof(struct tcphdr) + payload);
	struct tcphdr h = { .source = htons(from), .dest = htons(21), .doff = 5, .seq = htonl(seq), .window = htons(64000) };
	const struct iphdr *ip = (struct iphdr *)packet;
	const size_t len = sizeof(h) + payload;

	h.th_flags = flags;
	h.ack_seq = htonl(1);
	memcpy(packet + at, &h, sizeof(h));
	fill(packet + at + sizeof(h), payload, "PORT 1,2,3,4,");
	h.check = htons(~sum_fold(sum_bytes(packet + at, len, sum_pseudo(&ip->saddr, &ip->daddr, 4, IPPROTO_TCP, len))));
	memcpy(packet + at, &h, sizeof(h));
	return at + len;
}

/* The handshake's own two are the first. */
static size_t frame_ftp(unsigned int i)
{
	if (i == 0)
		return frame_tcp(1024, TH_SYN, 0, 0);
	if (i == 1)
		return frame_tcp(1024, TH_ACK, 1, 0);
	return frame_tcp(1024, TH_ACK | TH_PUSH, 1 + (i - 2) * ROOM, ROOM);
}

static const struct {
	const char *name;
	size_t (*make)(unsigned int i);
} kinds[] = {
	{ "new", frame_new }, { "client", frame_client }, { "again", frame_again }, { "options", frame_options },
	{ "chain", frame_chain }, { "sip", frame_sip }, { "ftp", frame_ftp },
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* Nanoseconds of all frames, without those in which they are made. */
static uint64_t fire(int fd, size_t (*make)(unsigned int), unsigned int first, unsigned int count)
{
	uint64_t sum = 0, before;

	for (unsigned int i = first; i < first + count; i++) {
		size_t len = ETH_HLEN + make(i);

		frame[12] = packet[0] >> 4 == 4 ? 0x08 : 0x86;
		frame[13] = packet[0] >> 4 == 4 ? 0x00 : 0xdd;
		before = now();
		if (send(fd, frame, len, 0) < 0)
			err(1, "send");
		sum += now() - before;
	}
	return sum;
}

int main(int argc, char **argv)
{
	static const uint8_t macs[] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = if_nametoindex("c0") };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	char *kind = argc == 4 ? strchr(argv[1], ':') : NULL;

	if (argc != 4)
		errx(2, "usage: worst KIND FIRST N");
	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)))
		err(1, "c0");
	if (kind)
		port = atoi(argv[1]);
	kind = kind ? kind + 1 : argv[1];
	memcpy(frame, macs, sizeof(macs));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, kind))
			continue;
		printf("%lu\n", (unsigned long)(fire(fd, kinds[i].make, atoi(argv[2]), atoi(argv[3])) / atoi(argv[3])));
		return 0;
	}
	errx(2, "%s: no such kind", kind);
}
