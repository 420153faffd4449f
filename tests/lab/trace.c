// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace -o FILE [-a ADDR]... [-p PORT]... [-g PORT] NETNS:DEV...
 *
 * Captures on devices of several network namespaces at once. Returns, printing
 * the pid of the process that goes on, when every socket is open; on SIGTERM
 * that process waits until no frame has come for a while and leaves FILE, a
 * line a frame in the order of time:
 *
 *  1 ns since the first    7 ip4 | ip6 | arp | 0xTYPE   13 tcp|udp|sctp|icmp|icmp6|N
 *  2 netns                 8 source address             14 flags, comma separated
 *  3 device                9 source port                15 IP header checksum
 *  4 in | out | other     10 destination address        16 layer 4 checksum
 *  5 source MAC           11 destination port           17 IP length
 *  6 destination MAC      12 TTL                        18 digest
 *
 * Flags: TCP's as letters; SCTP's chunks by number, as in 10+0; fragments as frag=OFFSET[+]; df; for ICMP errors
 * type/code=T/C, mtu=N and the quoted packet as in=PROTO/SRC/SPORT/DST/DPORT
 * (with in=bad/... when its IP header checksum is wrong); neighbour discovery
 * as target=ADDR; of tunnels (IPIP, GRE, and GUE to the port of -g) DSCP and ECN
 * as tos=0xNN if not 0, gre=HEADER or gue=HEADER, and of the packet inside
 * inttl=N, intos=0xNN if not 0, incsum= as in 16, or remote where the receiver is
 * to fill it in, and itself as in=... Layer 4 checksum: ok, bad, none (UDP), frag (not seen whole),
 * partial (left to the device, and the pseudo header's sum is right, if it has one) or
 * badpartial. The digest covers the IP packet without TTL and IPv4 header
 * checksum: equal digests mean a packet that was routed and nothing else.
 * Frames that the kernel had no room for make a last line "lost N".
 *
 * With -a or -p only frames with one of the addresses and one of the ports
 * (those of a quoted packet or one in a tunnel count) are kept.
 */
#define _GNU_SOURCE
#include "wire.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define MAX_TAPS	32
#define MAX_FILTER	16
#define QUIET_MS	100
#define RCVBUF		(64 << 20)

struct tap {
	char netns[32];
	char dev[IF_NAMESIZE];
	int fd;
};

/* A packet as its line tells it, and what the filter wants to know. */
struct frame {
	char type[8], src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN], proto[8];
	char flags[256];
	const char *ip_csum, *l4_csum;
	char in_src[INET6_ADDRSTRLEN], in_dst[INET6_ADDRSTRLEN];
	int sport, dport, ttl, in_sport, in_dport;
	unsigned int len;
	uint64_t digest;
	bool partial, remote, filled;
};

struct line {
	uint64_t ns;
	unsigned int seq;
	char *text;
};

static struct tap taps[MAX_TAPS];
static int n_taps;
static const char *addrs[MAX_FILTER];
static int n_addrs;
static int ports[MAX_FILTER];
static int n_ports;
static int gue_port;
static struct line *lines;
static unsigned int n_lines;
static volatile sig_atomic_t stopping;

static void on_term(int sig)
{
	(void)sig;
	stopping = 1;
}

__attribute__((format(printf, 2, 3)))
static void flag(struct frame *f, const char *fmt, ...)
{
	size_t used = strlen(f->flags);
	va_list ap;

	if (used)
		f->flags[used++] = ',';
	va_start(ap, fmt);
	vsnprintf(f->flags + used, sizeof(f->flags) - used, fmt, ap);
	va_end(ap);
}

static uint64_t digest(const uint8_t *p, size_t len, bool v4)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < len; i++) {
		bool mutable = v4 ? i == 8 || i == 10 || i == 11 : i == 7;

		h = (h ^ (mutable ? 0 : p[i])) * 0x100000001b3;
	}
	return h;
}

static const char *l4_verdict(const struct frame *f, uint32_t pseudo, const uint8_t *l4, size_t len, size_t field)
{
	uint16_t stored = l4[field] << 8 | l4[field + 1];

	if (f->filled && sum_fold(sum_bytes(l4, len, pseudo)) == 0xffff)
		return "ok";
	if (f->partial)
		return stored == sum_fold(pseudo) ? "partial" : "badpartial";
	return sum_fold(sum_bytes(l4, len, pseudo)) == 0xffff ? "ok" : "bad";
}

static const char *proto_name(int proto)
{
	static char number[8];

	switch (proto) {
	case IPPROTO_TCP:	return "tcp";
	case IPPROTO_UDP:	return "udp";
	case IPPROTO_SCTP:	return "sctp";
	case IPPROTO_ICMP:	return "icmp";
	case IPPROTO_ICMPV6:	return "icmp6";
	case IPPROTO_IPIP:	return "ipip";
	case IPPROTO_IPV6:	return "ipv6";
	case IPPROTO_GRE:	return "gre";
	}
	snprintf(number, sizeof(number), "%d", proto);
	return number;
}

/* Steps over IPv6 extension headers; returns the upper protocol. */
static int skip_extensions(const uint8_t *p, size_t len, size_t *off, int next, int *frag_off, bool *more)
{
	while (*off + 8 <= len) {
		switch (next) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
			next = p[*off];
			*off += (p[*off + 1] + 1) * 8;
			break;
		case IPPROTO_FRAGMENT:
			*frag_off = (p[*off + 2] << 8 | p[*off + 3]) & ~7;
			*more = p[*off + 3] & 1;
			next = p[*off];
			*off += 8;
			break;
		default:
			return next;
		}
	}
	return next;
}

/* The packet that an ICMP error quotes, cut short as it may be. */
static void quoted(struct frame *f, const uint8_t *p, size_t len, bool v4)
{
	int proto, frag_off = 0;
	const char *fault = "";
	bool more = false;
	size_t off;

	if (len < (v4 ? 20u : 40u))
		return;
	if (v4) {
		off = (p[0] & 15) * 4;
		proto = p[9];
		inet_ntop(AF_INET, p + 12, f->in_src, sizeof(f->in_src));
		inet_ntop(AF_INET, p + 16, f->in_dst, sizeof(f->in_dst));
		if (off > len || sum_fold(sum_bytes(p, off, 0)) != 0xffff)
			fault = "bad/";
	} else {
		off = 40;
		proto = skip_extensions(p, len, &off, p[6], &frag_off, &more);
		inet_ntop(AF_INET6, p + 8, f->in_src, sizeof(f->in_src));
		inet_ntop(AF_INET6, p + 24, f->in_dst, sizeof(f->in_dst));
	}
	if (off + 4 <= len) {
		f->in_sport = p[off] << 8 | p[off + 1];
		f->in_dport = p[off + 2] << 8 | p[off + 3];
	}
	flag(f, "in=%s%s/%s/%d/%s/%d", fault, proto_name(proto), f->in_src, f->in_sport, f->in_dst, f->in_dport);
}

static void icmp4(struct frame *f, const uint8_t *p, size_t len)
{
	flag(f, "type/code=%d/%d", p[0], p[1]);
	f->l4_csum = sum_fold(sum_bytes(p, len, 0)) == 0xffff ? "ok" : "bad";
	if (p[0] != ICMP_DEST_UNREACH && p[0] != ICMP_TIME_EXCEEDED && p[0] != ICMP_PARAMETERPROB)
		return;
	if (p[0] == ICMP_DEST_UNREACH && p[1] == ICMP_FRAG_NEEDED)
		flag(f, "mtu=%d", p[6] << 8 | p[7]);
	quoted(f, p + 8, len - 8, true);
}

static void icmp6(struct frame *f, const uint8_t *p, size_t len, uint32_t pseudo)
{
	char target[INET6_ADDRSTRLEN];
	uint32_t mtu;

	flag(f, "type/code=%d/%d", p[0], p[1]);
	f->l4_csum = l4_verdict(f, pseudo, p, len, 2);
	if ((p[0] == 135 || p[0] == 136) && len >= 24) {
		flag(f, "target=%s", inet_ntop(AF_INET6, p + 8, target, sizeof(target)));
		return;
	}
	if (p[0] >= 128)
		return;
	if (p[0] == ICMP6_PACKET_TOO_BIG) {
		memcpy(&mtu, p + 4, 4);
		flag(f, "mtu=%u", ntohl(mtu));
	}
	quoted(f, p + 8, len - 8, false);
}

static void tcp_flags(struct frame *f, uint8_t bits)
{
	char text[8], *t = text;

	for (int i = 0; i < 6; i++)
		if (bits & 1 << i)
			*t++ = "FSRPAU"[i];
	*t = 0;
	flag(f, "%s", text[0] ? text : "none");
}

static void treatment(struct frame *f, const char *name, const uint8_t *p, bool v4)
{
	int tos = v4 ? p[1] : (p[0] & 15) << 4 | p[1] >> 4;

	if (tos)
		flag(f, "%s=0x%02x", name, tos);
}

static void layer4(struct frame *f, const uint8_t *ip, const uint8_t *p, size_t len, int proto, bool v4, bool whole);

/*
 * The packet in a tunnel's. A checksum that is left to the device is filled in, so that the sum over all of it can be told.
 */
static void inside(struct frame *f, uint8_t *p, size_t len, bool v4)
{
	struct frame in = { .partial = f->partial || f->remote };
	size_t off = v4 ? (p[0] & 15) * 4 : 40, field;
	int proto = v4 ? p[9] : p[6];
	const char *csum;

	if (len < off + 8 || p[0] >> 4 != (v4 ? 4 : 6)) {
		flag(f, "in=bad");
		return;
	}
	if (v4 && sum_fold(sum_bytes(p, off, 0)) != 0xffff)
		flag(f, "in=badsum");
	layer4(&in, p, p + off, len - off, proto, v4, true);
	if (!strcmp(in.l4_csum, "badpartial")) {
		in.partial = false;
		layer4(&in, p, p + off, len - off, proto, v4, true);
	}
	csum = in.l4_csum;
	field = off + (proto == IPPROTO_TCP ? 16 : 6);
	if (in.partial && !strcmp(csum, "partial") && field + 2 <= len) {
		uint16_t sum = ~sum_fold(sum_bytes(p + off, len - off, 0));

		if (f->remote) {
			csum = "remote";
		} else {
			p[field] = sum >> 8;
			p[field + 1] = sum;
			f->filled = true;
		}
	}
	flag(f, "inttl=%d", v4 ? p[8] : p[7]);
	treatment(f, "intos", p, v4);
	flag(f, "incsum=%s", csum);
	quoted(f, p, len, v4);
}

/* Returns true where there was a packet in it, with what comes before that told. */
static bool gre(struct frame *f, uint8_t *p, size_t len)
{
	size_t off = p[0] & 0x80 ? 8 : 4;
	bool v4 = p[2] == 8 && !p[3];

	flag(f, "gre=%02x%02x/%02x%02x", p[0], p[1], p[2], p[3]);
	if (off + 20 > len)
		return false;
	inside(f, p + off, len - off, v4);
	f->l4_csum = off == 4 ? "none" : sum_fold(sum_bytes(p, len, 0)) == 0xffff ? "ok" : f->partial && !p[4] && !p[5] ?
		"partial" : "bad";
	return true;
}

static void gue(struct frame *f, uint8_t *p, size_t len)
{
	size_t off = 4 + (p[0] & 31) * 4;

	if (off + 20 > len)
		return;
	f->remote = off == 12 && p[3] & 1 && p[4] & 0x80;
	flag(f, "gue=%02x%02x%02x%02x", p[0], p[1], p[2], p[3]);
	if (f->remote)
		flag(f, "remcsum=%d/%d", p[8] << 8 | p[9], p[10] << 8 | p[11]);
	inside(f, p + off, len - off, p[1] == IPPROTO_IPIP);
}

/* True if all is told of a tunnel's packet; GUE's has a UDP checksum yet. */
static bool tunnel(struct frame *f, const uint8_t *ip, uint8_t *p, size_t len, int proto, bool v4)
{
	switch (proto) {
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		treatment(f, "tos", ip, v4);
		inside(f, p, len, proto == IPPROTO_IPIP);
		return true;
	case IPPROTO_GRE:
		treatment(f, "tos", ip, v4);
		return gre(f, p, len);
	case IPPROTO_UDP:
		if (gue_port && (p[2] << 8 | p[3]) == gue_port) {
			treatment(f, "tos", ip, v4);
			gue(f, p + 8, len - 8);
		}
		return false;
	default:
		return false;
	}
}

static void sctp_chunks(struct frame *f, const uint8_t *p, size_t len)
{
	char text[64] = "";
	size_t off = 12, used = 0;

	while (off + 4 <= len && used < sizeof(text) - 8) {
		size_t size = p[off + 2] << 8 | p[off + 3];

		used += sprintf(text + used, "%s%d", used ? "+" : "", p[off]);
		off += size < 4 ? 4 : (size + 3) & ~3;
	}
	flag(f, "%s", text[0] ? text : "none");
}

/* The device's part is all of it: what is there before means nothing. */
static const char *sctp_verdict(const struct frame *f, const uint8_t *p, size_t len)
{
	uint32_t stored;

	if (f->partial)
		return "partial";
	memcpy(&stored, p + 8, sizeof(stored));
	return stored == sum_sctp(p, len) ? "ok" : "bad";
}

static void layer4(struct frame *f, const uint8_t *ip, const uint8_t *p, size_t len, int proto, bool v4, bool whole)
{
	uint32_t pseudo = v4 ? sum_pseudo(ip + 12, ip + 16, 4, proto, len) : sum_pseudo(ip + 8, ip + 24, 16, proto, len);

	strcpy(f->proto, proto_name(proto));
	f->l4_csum = whole ? "-" : "frag";
	if (len < 8)
		return;
	if (proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP) {
		f->sport = p[0] << 8 | p[1];
		f->dport = p[2] << 8 | p[3];
	}
	if (proto == IPPROTO_TCP && len >= 20)
		tcp_flags(f, p[13]);
	if (proto == IPPROTO_SCTP)
		sctp_chunks(f, p, len);
	if (!whole || tunnel(f, ip, (uint8_t *)p, len, proto, v4))
		return;
	if (proto == IPPROTO_TCP && len >= 20)
		f->l4_csum = l4_verdict(f, pseudo, p, len, 16);
	else if (proto == IPPROTO_UDP)
		f->l4_csum = (v4 || (gue_port && f->dport == gue_port)) && !p[6] && !p[7] ? "none" : l4_verdict(f, pseudo, p, len, 6);
	else if (proto == IPPROTO_SCTP && len >= 12)
		f->l4_csum = sctp_verdict(f, p, len);
	else if (proto == IPPROTO_ICMP)
		icmp4(f, p, len);
	else if (proto == IPPROTO_ICMPV6)
		icmp6(f, p, len, pseudo);
}

static void ip4(struct frame *f, const uint8_t *p, size_t len)
{
	size_t hlen = (p[0] & 15) * 4, total = p[2] << 8 | p[3];
	int frag = p[6] << 8 | p[7], off = (frag & 0x1fff) * 8;

	strcpy(f->type, "ip4");
	inet_ntop(AF_INET, p + 12, f->src, sizeof(f->src));
	inet_ntop(AF_INET, p + 16, f->dst, sizeof(f->dst));
	if (total > len || total < hlen)
		total = len;
	f->len = total;
	f->ttl = p[8];
	f->ip_csum = sum_fold(sum_bytes(p, hlen, 0)) == 0xffff ? "ok" : "bad";
	f->digest = digest(p, total, true);
	if (frag & 0x3fff)
		flag(f, "frag=%d%s", off, frag & 0x2000 ? "+" : "");
	if (off) {
		strcpy(f->proto, proto_name(p[9]));
		f->l4_csum = "frag";
	} else {
		layer4(f, p, p + hlen, total - hlen, p[9], true, !(frag & 0x2000));
	}
	if (frag & 0x4000)
		flag(f, "df");
}

static void ip6(struct frame *f, const uint8_t *p, size_t len)
{
	size_t total = 40 + (p[4] << 8 | p[5]), off = 40;
	int proto, frag_off = -1;
	bool more = false;

	strcpy(f->type, "ip6");
	inet_ntop(AF_INET6, p + 8, f->src, sizeof(f->src));
	inet_ntop(AF_INET6, p + 24, f->dst, sizeof(f->dst));
	if (total > len)
		total = len;
	f->len = total;
	f->ttl = p[7];
	f->digest = digest(p, total, false);
	proto = skip_extensions(p, total, &off, p[6], &frag_off, &more);
	if (frag_off >= 0)
		flag(f, "frag=%d%s", frag_off, more ? "+" : "");
	if (frag_off > 0 || off > total) {
		strcpy(f->proto, proto_name(proto));
		f->l4_csum = "frag";
	} else {
		layer4(f, p, p + off, total - off, proto, false, !more);
	}
}

static void arp(struct frame *f, const uint8_t *p, size_t len)
{
	strcpy(f->type, "arp");
	if (len < 28)
		return;
	flag(f, "%s", p[7] == 1 ? "who-has" : "is-at");
	inet_ntop(AF_INET, p + 14, f->src, sizeof(f->src));
	inet_ntop(AF_INET, p + 24, f->dst, sizeof(f->dst));
}

static bool wanted(const struct frame *f)
{
	bool addr = !n_addrs, port = !n_ports;

	for (int i = 0; i < n_addrs; i++)
		addr |= !strcmp(addrs[i], f->src) || !strcmp(addrs[i], f->dst) ||
			!strcmp(addrs[i], f->in_src) || !strcmp(addrs[i], f->in_dst);
	for (int i = 0; i < n_ports; i++)
		port |= ports[i] == f->sport || ports[i] == f->dport ||
			ports[i] == f->in_sport || ports[i] == f->in_dport;
	return addr && port;
}

static void keep(const struct tap *tap, const struct frame *f, uint64_t ns, const char *dir, const uint8_t *eth)
{
	struct line *l;
	char *text;

	if (asprintf(&text,
		     "%s %s %s %02x:%02x:%02x:%02x:%02x:%02x %02x:%02x:%02x:%02x:%02x:%02x %s %s %d %s %d %d %s %s %s %s %u %016lx",
		     tap->netns, tap->dev, dir, eth[6], eth[7], eth[8], eth[9], eth[10], eth[11],
		     eth[0], eth[1], eth[2], eth[3], eth[4], eth[5], f->type, f->src, f->sport, f->dst, f->dport,
		     f->ttl, f->proto, f->flags[0] ? f->flags : "-", f->ip_csum, f->l4_csum, f->len, f->digest) < 0)
		err(1, "asprintf");
	if (!(n_lines & 1023)) {
		lines = realloc(lines, (n_lines + 1024) * sizeof(*lines));
		if (!lines)
			err(1, "realloc");
	}
	l = &lines[n_lines];
	l->ns = ns;
	l->seq = n_lines++;
	l->text = text;
}

static void parse(const struct tap *tap, const uint8_t *p, size_t len, const struct sockaddr_ll *ll, uint64_t ns, bool partial)
{
	struct frame f = { .src = "-", .dst = "-", .proto = "-", .ip_csum = "-", .l4_csum = "-", .partial = partial };
	int type = p[12] << 8 | p[13];
	const char *dir = "in";

	if (ll->sll_pkttype == PACKET_OUTGOING)
		dir = "out";
	else if (ll->sll_pkttype == PACKET_OTHERHOST)
		dir = "other";
	snprintf(f.type, sizeof(f.type), "0x%04x", type);
	if (type == ETH_P_IP && len >= 34)
		ip4(&f, p + 14, len - 14);
	else if (type == ETH_P_IPV6 && len >= 54)
		ip6(&f, p + 14, len - 14);
	else if (type == ETH_P_ARP)
		arp(&f, p + 14, len - 14);
	if (wanted(&f))
		keep(tap, &f, ns, dir, p);
}

/* Takes one frame off the socket; false when there is none. */
static bool take(const struct tap *tap)
{
	static uint8_t buf[1 << 17];
	char control[256] __attribute__((aligned(8)));
	struct iovec iov = { buf, sizeof(buf) };
	struct sockaddr_ll ll;
	struct msghdr msg = { .msg_name = &ll, .msg_namelen = sizeof(ll), .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control, .msg_controllen = sizeof(control) };
	struct timespec ts = { 0 };
	bool partial = false;
	struct cmsghdr *c;
	ssize_t len;

	len = recvmsg(tap->fd, &msg, MSG_DONTWAIT);
	if (len < 14)
		return len >= 0;
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
			struct tpacket_auxdata aux;

			memcpy(&aux, CMSG_DATA(c), sizeof(aux));
			partial = aux.tp_status & TP_STATUS_CSUMNOTREADY;
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		}
	}
	parse(tap, buf, len, &ll, ts.tv_sec * 1000000000ull + ts.tv_nsec, partial);
	return true;
}

static void tap_open(struct tap *tap, const char *where)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	const char *colon = strchr(where, ':');
	int one = 1, size = RCVBUF;

	if (!colon)
		errx(2, "%s: not NETNS:DEV", where);
	snprintf(tap->netns, sizeof(tap->netns), "%.*s", (int)(colon - where), where);
	snprintf(tap->dev, sizeof(tap->dev), "%s", colon + 1);
	if (netns_enter(tap->netns))
		err(1, "netns %s", tap->netns);
	ll.sll_ifindex = if_nametoindex(tap->dev);
	if (!ll.sll_ifindex)
		err(1, "%s: device %s", tap->netns, tap->dev);
	/* Protocol 0 first: nothing is taken before the socket is bound. */
	tap->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (tap->fd < 0)
		err(1, "packet socket");
	if (setsockopt(tap->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    setsockopt(tap->fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) ||
	    setsockopt(tap->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)) ||
	    bind(tap->fd, (struct sockaddr *)&ll, sizeof(ll)))
		err(1, "%s", where);
}

static void capture(void)
{
	struct pollfd fds[MAX_TAPS];
	int ready;

	for (int i = 0; i < n_taps; i++)
		fds[i] = (struct pollfd){ .fd = taps[i].fd, .events = POLLIN };
	do {
		ready = poll(fds, n_taps, QUIET_MS);
		for (int i = 0; i < n_taps; i++)
			while (take(&taps[i]))
				;
	} while (!stopping || ready > 0);
}

static int by_time(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void report(const char *file)
{
	struct tpacket_stats stats;
	unsigned int lost = 0;
	char temp[256];
	FILE *out;

	snprintf(temp, sizeof(temp), "%s.part", file);
	out = fopen(temp, "w");
	if (!out)
		err(1, "%s", temp);
	qsort(lines, n_lines, sizeof(*lines), by_time);
	for (unsigned int i = 0; i < n_lines; i++)
		fprintf(out, "%lu %s\n", lines[i].ns - lines[0].ns, lines[i].text);
	for (int i = 0; i < n_taps; i++) {
		socklen_t len = sizeof(stats);

		if (!getsockopt(taps[i].fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
			lost += stats.tp_drops;
	}
	if (lost)
		fprintf(out, "lost %u\n", lost);
	if (fclose(out) || rename(temp, file))
		err(1, "%s", file);
}

int main(int argc, char **argv)
{
	struct sigaction term = { .sa_handler = on_term };
	const char *file = NULL;
	pid_t pid;
	int o;

	while ((o = getopt(argc, argv, "o:a:p:g:")) != -1) {
		if (o == 'o')
			file = optarg;
		else if (o == 'a' && n_addrs < MAX_FILTER)
			addrs[n_addrs++] = optarg;
		else if (o == 'p' && n_ports < MAX_FILTER)
			ports[n_ports++] = atoi(optarg);
		else if (o == 'g')
			gue_port = atoi(optarg);
		else
			return 2;
	}
	if (!file || optind == argc || argc - optind > MAX_TAPS)
		errx(2, "usage: trace -o FILE [-a ADDR]... [-p PORT]... [-g PORT] NETNS:DEV...");
	unlink(file);
	for (; optind < argc; optind++)
		tap_open(&taps[n_taps++], argv[optind]);

	sigaction(SIGTERM, &term, NULL);
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid) {
		printf("%d\n", pid);
		return 0;
	}
	/* Whoever reads the pid must not wait for us. */
	close(STDOUT_FILENO);
	capture();
	report(file);
	return 0;
}
