// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "scene.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "../lab/wire.h"

#define RING_FRAME	2048
#define RING_FRAMES	512

/* As sets, so that a connection at a real server that is none of its service's shows. */
const struct service services[] = {
	{ IPPROTO_TCP, 80, MASQ, 1, 8080, .options = "-s rr" },
	{ IPPROTO_TCP, 81, MASQ, 2, 8081, .options = "-s wlc" },
	{ IPPROTO_UDP, 80, MASQ, 1, 8080, .options = "-s rr" },
	{ IPPROTO_UDP, 81, MASQ, 2, 81, .options = "-s sh" },
	{ IPPROTO_SCTP, 80, MASQ, 1, 8080, .options = "-s rr" },
	{ IPPROTO_SCTP, 81, MASQ, 2, 8081, .options = "-s rr" },
	{ IPPROTO_TCP, 82, MASQ, 3, 8082, .options = "-s rr" },
	{ IPPROTO_UDP, 82, MASQ, 3, 8082, .options = "-s rr" },
	{ IPPROTO_TCP, 83, MASQ, 3, 8083, .options = "-s rr -p 300" },
	{ IPPROTO_UDP, 84, MASQ, 3, 8084, .options = "-s rr -o" },
	{ IPPROTO_UDP, 500, MASQ, 1, 500, .options = "-s rr" },
	{ IPPROTO_UDP, 5060, MASQ, 3, 5060, .options = "-s rr -p 300 --pe sip" },
	{ IPPROTO_TCP, 21, MASQ, 1, 21, .options = "-s rr", .late = true },
	{ IPPROTO_TCP, 5000, MASQ, 2, 5000, .options = "-s rr", .marked = true, .late = true },
	{ IPPROTO_UDP, 5000, MASQ, 2, 5000, .options = "-s rr", .marked = true, .late = true },
	{ IPPROTO_TCP, 27015, DIRECT, 1, 27015, .options = "-s rr" },
	{ IPPROTO_UDP, 27015, DIRECT, 2, 27015, .options = "-s rr" },
	{ IPPROTO_SCTP, 27015, DIRECT, 1, 27015, .options = "-s rr" },
	{ IPPROTO_UDP, 27016, DIRECT, 3, 27016, .options = "-s rr -o" },
	{ IPPROTO_TCP, 7001, IPIP, 1, 7001, .options = "-s rr" },
	{ IPPROTO_TCP, 7002, GRE, 2, 7002, .options = "-s rr" },
	{ IPPROTO_UDP, 7003, GUE_SUM, 1, 7003, .options = "-s rr" },
	{ IPPROTO_TCP, 7004, GRE_SUM, 2, 7004, .options = "-s rr" },
	{ IPPROTO_UDP, 7005, GUE, 2, 7005, .options = "-s rr" },
	{ IPPROTO_TCP, 7006, IPIP, 1, 7006, .options = "-s rr", .crossed = true },
	{ IPPROTO_UDP, 7007, GUE_SUM, 2, 7007, .options = "-s rr", .crossed = true },
	{ IPPROTO_SCTP, 7008, GRE_SUM, 1, 7008, .options = "-s rr", .crossed = true },
	{ IPPROTO_TCP, 85, HERE, 0, 8085, .options = "-s rr" },
	{ IPPROTO_UDP, 85, HERE, 0, 8085, .options = "-s rr" },
};
const size_t n_services = sizeof(services) / sizeof(services[0]);
enum variant variant;

uint8_t client_ip[2][16], vip[2][16], dip[2][16], real_ip[2][2][16];
const uint8_t director_mac[PORTS][6] = { { 2, 0, 0, 0, 0, 0xd0 }, { 2, 0, 0, 0, 0, 0xd1 } };
const uint8_t gw_mac[6] = { 2, 0, 0, 0, 0, 0xf1 };
const uint8_t real_mac[2][6] = { { 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 2 } };

bool service_is_there(const struct service *s)
{
	return variant == ALL || !s->late;
}

int real_server(bool six, const uint8_t *addr)
{
	for (int n = 0; n < 2; n++)
		if (!memcmp(addr, real_ip[six][n], six ? 16 : 4))
			return n;
	return -1;
}

/* Link-local ones are made of the MAC. */
static bool is_link_local(const uint8_t *addr)
{
	return addr[0] == 0xfe && addr[1] == 0x80 && addr[11] == 0xff && addr[12] == 0xfe && addr[13] == 0 && addr[14] == 0 &&
	       (addr[15] == 0xd0 || addr[15] == 0xd1);
}

/* A router is everybody's whose network's address has no more than the network in it (RFC 4291, 2.6.1). */
static bool is_any_routers(const uint8_t *addr)
{
	static const uint8_t nothing[8];

	return !memcmp(addr + 8, nothing, 8) && (!memcmp(addr, vip[1], 8) || !memcmp(addr, dip[1], 8));
}

bool is_directors(bool six, const uint8_t *addr)
{
	size_t len = six ? 16 : 4;

	return !memcmp(addr, vip[six], len) || !memcmp(addr, dip[six], len) || (six && (is_link_local(addr) || is_any_routers(addr))) ||
	       (!six && addr[0] == 127);
}

const uint8_t *way_to(bool six, const uint8_t *addr, enum port *at)
{
	int n = real_server(six, addr);

	*at = memcmp(addr, dip[six], six ? 8 : 3) ? OUTSIDE : INSIDE;
	if (*at == INSIDE)
		return n < 0 ? NULL : real_mac[n];
	return gw_mac;
}

static void address(uint8_t to[2][16], const char *name)
{
	char six[16];

	snprintf(six, sizeof(six), "%s6", name);
	if (!getenv(name) || !getenv(six) || inet_pton(AF_INET, getenv(name), to[0]) != 1 ||
	    inet_pton(AF_INET6, getenv(six), to[1]) != 1)
		errx(2, "the environment has no %s or no %s", name, six);
}

void director_start(enum variant which)
{
	uint8_t real[2][16];

	variant = which;
	address(client_ip, "CIP");
	address(vip, "VIP");
	address(dip, "DIP");
	for (int n = 0; n < 2; n++) {
		address(real, n ? "RIP2" : "RIP1");
		memcpy(real_ip[0][n], real[0], 16);
		memcpy(real_ip[1][n], real[1], 16);
	}
}

/* --- configuration */

static const char *text(bool six, const uint8_t *addr)
{
	static char texts[4][INET6_ADDRSTRLEN + 2];
	static int turn;
	char plain[INET6_ADDRSTRLEN], *to = texts[turn++ % 4];

	inet_ntop(six ? AF_INET6 : AF_INET, addr, plain, sizeof(plain));
	snprintf(to, sizeof(texts[0]), six ? "[%s]" : "%s", plain);
	return to;
}

static const char *method_options(enum method method)
{
	switch (method) {
	case DIRECT:	return "-g";
	case IPIP:	return "-i";
	case GRE:	return "-i --tun-type gre --tun-nocsum";
	case GRE_SUM:	return "-i --tun-type gre --tun-csum";
	case GUE:	return "-i --tun-type gue --tun-port 6080 --tun-nocsum";
	case GUE_SUM:	return "-i --tun-type gue --tun-port 6080 --tun-csum";
	default:	return "-m";
	}
}

static void print_service(const struct service *s, bool six)
{
	const char *letter = s->proto == IPPROTO_TCP ? "-t" : s->proto == IPPROTO_UDP ? "-u" : "--sctp-service";
	const char *prefix = six && strstr(s->options, "-p") ? " -M 128" : "";
	char who[96];

	if (s->marked)
		snprintf(who, sizeof(who), six ? "-f 2 -6" : "-f 1");
	else
		snprintf(who, sizeof(who), "%s %s:%u", letter, text(six, vip[six]), s->port);
	printf("-A %s %s%s\n", who, s->options, prefix);
	for (int n = 0; n < 2; n++)
		if (s->servers >> n & 1)
			printf("-a %s -r %s:%u %s\n", who, text(six != s->crossed, real_ip[six != s->crossed][n]),
			       s->marked ? 0 : s->rport, method_options(s->method));
	if (s->method == HERE)
		printf("-a %s -r %s:%u -m\n", who, text(six, dip[six]), s->rport);
}

void print_rules(void)
{
	bool marked = false;

	for (const struct service *s = services; s < services + n_services; s++) {
		if (!service_is_there(s) || (s->marked && marked))
			continue;
		marked |= s->marked;
		print_service(s, false);
		print_service(s, true);
	}
}

/* --- sockets */

static int packet_fd[2], raw_fd[2], mode_fd;
static uint8_t *ring[2];
static unsigned int next_in_ring[2];

/* Sends as the neighbour, and sees what comes to it in a ring shared with the kernel. */
static void open_port(enum port at, const char *netns, const char *dev)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct tpacket_req req = { .tp_frame_size = RING_FRAME, .tp_frame_nr = RING_FRAMES,
				   .tp_block_size = 16 * RING_FRAME, .tp_block_nr = RING_FRAMES / 16 };
	int version = TPACKET_V2, one = 1, fd;

	if (netns_enter(netns))
		err(1, "netns %s", netns);
	ll.sll_ifindex = if_nametoindex(dev);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&ll, sizeof(ll)))
		err(1, "%s %s", netns, dev);
	ring[at] = mmap(NULL, RING_FRAME * RING_FRAMES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring[at] == MAP_FAILED)
		err(1, "the ring of %s %s", netns, dev);
	packet_fd[at] = fd;
}

void open_sockets(void)
{
	open_port(OUTSIDE, "gw", "eth1");
	open_port(INSIDE, "lan", "to-director");
	if (netns_enter("director"))
		err(1, "netns director");
	raw_fd[0] = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	raw_fd[1] = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	mode_fd = open("/proc/sys/net/ipv4/vs/fast_path", O_WRONLY | O_CLOEXEC);
	if (raw_fd[0] < 0 || raw_fd[1] < 0 || mode_fd < 0)
		err(1, "the director's own");
}

void set_fast_path(int mode)
{
	char text[2] = { '0' + mode, '\n' };

	if (pwrite(mode_fd, text, 2, 0) != 2)
		err(1, "fast_path");
}

static int send_own(const struct frame *f)
{
	const uint8_t *ip = f->b + ETHERNET;
	size_t len = f->len - ETHERNET;
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in to = { .sin_family = AF_INET };

	if (f->b[12] == 0x86) {
		memcpy(&to6.sin6_addr, ip + 24, 16);
		return sendto(raw_fd[1], ip, len, 0, (struct sockaddr *)&to6, sizeof(to6));
	}
	memcpy(&to.sin_addr, ip + 16, 4);
	return sendto(raw_fd[0], ip, len, 0, (struct sockaddr *)&to, sizeof(to));
}

int frame_send(const struct frame *f)
{
	int sent = f->at == OWN ? send_own(f) : send(packet_fd[f->at], f->b, f->len, 0);

	/* An error that an earlier packet has brought is the next call's. */
	if (sent < 0 && f->at != OWN && errno != EMSGSIZE && errno != EINVAL && errno != ENOBUFS)
		err(1, "sending %zu bytes", f->len);
	return sent;
}

static bool take_from(enum port at, struct frame *f, bool *odd)
{
	struct tpacket2_hdr *h = (void *)(ring[at] + next_in_ring[at] * RING_FRAME);

	if (!(__atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
		return false;
	f->at = at;
	f->len = h->tp_snaplen;
	*odd = h->tp_status & (TP_STATUS_VLAN_VALID | TP_STATUS_LOSING) || h->tp_snaplen != h->tp_len || f->len > MAX_FRAME;
	if (f->len > MAX_FRAME)
		f->len = MAX_FRAME;
	memcpy(f->b, (uint8_t *)h + h->tp_mac, f->len);
	__atomic_store_n(&h->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	next_in_ring[at] = (next_in_ring[at] + 1) % RING_FRAMES;
	return true;
}

bool frame_take(struct frame *f, bool *odd)
{
	return take_from(OUTSIDE, f, odd) || take_from(INSIDE, f, odd);
}
