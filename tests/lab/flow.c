// SPDX-License-Identifier: GPL-2.0-only
/*
 * flow [COMMAND]...: makes traffic. Each COMMAND is one argument, or one line of
 * standard input when there are none, and is answered by one line; an answer
 * that tells a failure begins with "error:". All of it is one process, because
 * where it runs starting one is dear.
 *
 *   ns NETNS                      the commands below happen there
 *   serve NETNS NAME PORT...      starts a server (serve.h) that says it is NAME; PORT: N is TCP and UDP, sctp/N SCTP
 *   tcp ID DST PORT [OPTION]...   opens a connection    OPTION: src=ADDR sport=N ttl=N
 *   udp ID DST PORT [OPTION]...   opens a socket
 *   sctp ID DST PORT [OPTION]...  opens an association
 *   who ID                        which server answers
 *   get ID N | put ID N           moves N bytes whose content both sides know
 *   echo ID N                     sends a datagram of N bytes; who answers, with N bytes
 *   send ID N                     sends a datagram and does not wait
 *   sip ID CALL-ID [nowait]       sends a SIP message with that Call-ID, or none for "-"; who answers
 *   hold ID                       the server will not close after us
 *   shut ID | close ID | reset ID FIN | FIN and done with it | RST
 *   end ID | abort ID             the server closes | resets
 *   many tcp|udp|sctp N DST PORT [OPTION]... [keep=PREFIX]  N times open, who, close; who answered, in order
 *   raw SRC SPORT DST DPORT FLAGS [ttl=N] [tos=N] [df=1] [size=N]   a forged TCP segment, flags as in "SA"
 *   syns N SRC DST DPORT          forged SYNs of IPv4 from ports 1024 to 61023 of SRC, then of the addresses behind it
 *   chunk SRC SPORT DST DPORT TYPE [ttl=N]  a forged SCTP packet, a chunk by its number
 *   ipsec SRC DST PROTO [SPORT DPORT]  a forged packet of AH (51) or ESP (50); ports: in AH a UDP datagram
 *   icmp SRC DST TYPE CODE MTU PROTO/SRC/SPORT/DST/DPORT  a forged ICMP error about that packet
 *   arp DEV SRC TARGET...         asks who has each; says who answered. Does not wait for answers to the first
 *                                 target longer than for those to the others.
 *   offload DEV on|off            checksum and segmentation offload
 *   write FILE VALUE              writes a sysctl
 *   flood DST PORT                TCP connections and datagrams without end, in the background
 *   tally                         its "TCP answered, TCP failed, UDP answered, UDP lost" so far
 *   calm                          ends it, and says the tally
 */
#define _GNU_SOURCE
#include "serve.h"
#include "wire.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define MAX_CONNS	2048
#define MAX_WORDS	32
#define TIMEOUT_S	10

struct conn {
	char id[32];
	int fd;
};

union address {
	struct sockaddr sa;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
};

/* What the words behind a command's fixed ones say. */
struct options {
	union address src;
	int sport, ttl, tos, df, size;
	const char *keep;
};

struct tally {
	unsigned int tcp_ok, tcp_failed, udp_ok, udp_lost;
};

static struct conn conns[MAX_CONNS];
static struct tally *tally;
static pid_t flooder;

__attribute__((format(printf, 1, 2)))
static void answer(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

static bool failed;

static void fail(const char *text)
{
	failed = true;
	answer("error: %s", text);
}

static void fail_errno(void)
{
	fail(errno == EAGAIN || errno == EINPROGRESS ? "timeout" : strerror(errno));
}

static socklen_t parse_address(union address *a, const char *text, int port)
{
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, &a->in4.sin_addr) == 1) {
		a->in4.sin_family = AF_INET;
		a->in4.sin_port = htons(port);
		return sizeof(a->in4);
	}
	if (inet_pton(AF_INET6, text, &a->in6.sin6_addr) == 1) {
		a->in6.sin6_family = AF_INET6;
		a->in6.sin6_port = htons(port);
		return sizeof(a->in6);
	}
	errx(2, "%s: not an address", text);
}

static void parse_options(struct options *o, char **words, int n, int family)
{
	*o = (struct options){ .ttl = -1 };
	o->src.sa.sa_family = family;
	for (int i = 0; i < n; i++) {
		if (!strncmp(words[i], "src=", 4))
			parse_address(&o->src, words[i] + 4, 0);
		else if (!strncmp(words[i], "sport=", 6))
			o->sport = atoi(words[i] + 6);
		else if (!strncmp(words[i], "ttl=", 4))
			o->ttl = atoi(words[i] + 4);
		else if (!strncmp(words[i], "tos=", 4))
			o->tos = atoi(words[i] + 4);
		else if (!strncmp(words[i], "df=", 3))
			o->df = atoi(words[i] + 3);
		else if (!strncmp(words[i], "size=", 5))
			o->size = atoi(words[i] + 5);
		else if (!strncmp(words[i], "keep=", 5))
			o->keep = words[i] + 5;
		else
			errx(2, "%s: no such option", words[i]);
	}
}

static struct conn *conn_find(const char *id)
{
	for (int i = 0; i < MAX_CONNS; i++)
		if (conns[i].id[0] && !strcmp(conns[i].id, id))
			return &conns[i];
	fail("no such connection");
	return NULL;
}

static void conn_add(const char *id, int fd)
{
	for (int i = 0; i < MAX_CONNS; i++) {
		if (!conns[i].id[0]) {
			snprintf(conns[i].id, sizeof(conns[i].id), "%s", id);
			conns[i].fd = fd;
			return;
		}
	}
	errx(1, "too many connections");
}

static void conn_close(struct conn *c)
{
	close(c->fd);
	c->id[0] = 0;
}

/* An open socket, or -1 and errno. */
static int dial(int type, int proto, const union address *dst, socklen_t len, const struct options *o, int port)
{
	struct timeval timeout = { .tv_sec = TIMEOUT_S };
	union address src = o->src;
	int fd, one = 1;

	fd = socket(dst->sa.sa_family, type | SOCK_CLOEXEC, proto);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (o->ttl >= 0 && dst->sa.sa_family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_TTL, &o->ttl, sizeof(o->ttl));
	if (o->ttl >= 0 && dst->sa.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &o->ttl, sizeof(o->ttl));
	/* Without it ICMP errors that the kernel takes for passing ones are not reported. */
	setsockopt(fd, IPPROTO_IP, IP_RECVERR, &one, sizeof(one));
	if (dst->sa.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &one, sizeof(one));
	/* An association over both families would be no connection. */
	if (dst->sa.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	src.in4.sin_port = htons(port);
	if (bind(fd, &src.sa, len) || connect(fd, &dst->sa, len)) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static bool read_all(int fd, void *data, size_t len)
{
	uint8_t *p = data;

	while (len) {
		ssize_t n = recv(fd, p, len, 0);

		if (!n)
			errno = ECONNRESET;
		if (n <= 0)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

static bool write_all(int fd, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

static bool request(int fd, char op, uint64_t n)
{
	struct request req = { .op = op, .n = n };

	return write_all(fd, &req, sizeof(req));
}

/* A datagram of len bytes there and back; the server's name, or errno. */
static bool echo(int fd, size_t len, char *name)
{
	static uint8_t buf[1 << 16];
	ssize_t got;

	memset(buf, 0, NAME_SIZE);
	buf[0] = 'e';
	pattern_fill(buf + NAME_SIZE, 0, len - NAME_SIZE);
	if (send(fd, buf, len, 0) < 0)
		return false;
	got = recv(fd, buf, sizeof(buf), 0);
	if (got < 0)
		return false;
	if ((size_t)got != len || !pattern_check(buf + NAME_SIZE, 0, len - NAME_SIZE)) {
		errno = EBADMSG;
		return false;
	}
	memcpy(name, buf, NAME_SIZE);
	return true;
}

static bool ask_who(int fd, int type, char *name)
{
	if (type == SOCK_DGRAM)
		return echo(fd, 64, name);
	return request(fd, 'w', 0) && read_all(fd, name, NAME_SIZE);
}

static void cmd_ns(char **w, int n)
{
	(void)n;
	if (netns_enter(w[1]))
		return fail_errno();
	answer("ok");
}

static void cmd_serve(char **w, int n)
{
	struct serve_port ports[MAX_WORDS];
	int ready[2];
	char byte;
	pid_t pid;

	for (int i = 3; i < n; i++)
		ports[i - 3] = serve_port(w[i]);
	fflush(stdout);
	if (pipe(ready))
		err(1, "pipe");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (netns_enter(w[1]))
			err(1, "%s", w[1]);
		serve_listen(w[2], ports, n - 3);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		serve_run();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) == 1)
		answer("ok");
	else
		fail("the server did not start");
	close(ready[0]);
}

static void open_conn(int type, int proto, char **w, int n)
{
	union address dst;
	socklen_t len = parse_address(&dst, w[2], atoi(w[3]));
	struct options o;
	int fd;

	parse_options(&o, w + 4, n - 4, dst.sa.sa_family);
	fd = dial(type, proto, &dst, len, &o, o.sport);
	if (fd < 0)
		return fail_errno();
	conn_add(w[1], fd);
	answer("ok");
}

static void cmd_tcp(char **w, int n)
{
	open_conn(SOCK_STREAM, IPPROTO_TCP, w, n);
}

static void cmd_udp(char **w, int n)
{
	open_conn(SOCK_DGRAM, IPPROTO_UDP, w, n);
}

static void cmd_sctp(char **w, int n)
{
	open_conn(SOCK_STREAM, IPPROTO_SCTP, w, n);
}

static void cmd_who(char **w, int n)
{
	struct conn *c = conn_find(w[1]);
	socklen_t len = sizeof(int);
	char name[NAME_SIZE];
	int type;

	(void)n;
	if (!c)
		return;
	getsockopt(c->fd, SOL_SOCKET, SO_TYPE, &type, &len);
	if (!ask_who(c->fd, type, name))
		return fail_errno();
	answer("%s", name);
}

static void cmd_get(char **w, int n)
{
	struct conn *c = conn_find(w[1]);
	uint64_t size = strtoull(w[2], NULL, 0), off = 0;
	static uint8_t buf[1 << 16];

	(void)n;
	if (!c)
		return;
	if (!request(c->fd, 'g', size))
		return fail_errno();
	while (off < size) {
		size_t want = size - off < sizeof(buf) ? size - off : sizeof(buf);
		ssize_t len = recv(c->fd, buf, want, 0);

		if (len < 0)
			return fail_errno();
		if (!len)
			return fail("closed early");
		if (!pattern_check(buf, off, len))
			return fail("wrong content");
		off += len;
	}
	answer("ok");
}

static void cmd_put(char **w, int n)
{
	struct conn *c = conn_find(w[1]);
	uint64_t size = strtoull(w[2], NULL, 0);
	static uint8_t buf[1 << 16];
	char name[NAME_SIZE];

	(void)n;
	if (!c)
		return;
	if (!request(c->fd, 'p', size))
		return fail_errno();
	for (uint64_t off = 0; off < size; off += sizeof(buf)) {
		size_t len = size - off < sizeof(buf) ? size - off : sizeof(buf);

		pattern_fill(buf, off, len);
		if (!write_all(c->fd, buf, len))
			return fail_errno();
	}
	if (!read_all(c->fd, name, sizeof(name)))
		return fail_errno();
	if (strcmp(name, "ok"))
		return fail("wrong content");
	answer("ok");
}

static void cmd_echo(char **w, int n)
{
	struct conn *c = conn_find(w[1]);
	char name[NAME_SIZE];

	(void)n;
	if (!c)
		return;
	if (!echo(c->fd, atoi(w[2]), name))
		return fail_errno();
	answer("%s", name);
}

static void cmd_send(char **w, int n)
{
	struct conn *c = conn_find(w[1]);
	static uint8_t buf[1 << 16];

	(void)n;
	if (!c)
		return;
	if (send(c->fd, buf, atoi(w[2]), 0) < 0)
		return fail_errno();
	answer("ok");
}

static void cmd_sip(char **w, int n)
{
	struct conn *c = conn_find(w[1]);
	char text[1024];
	ssize_t len;

	if (!c)
		return;
	len = sprintf(text, "REGISTER sip:lab.example SIP/2.0\r\nVia: SIP/2.0/UDP lab\r\n");
	if (strcmp(w[2], "-"))
		len += snprintf(text + len, sizeof(text) - len - 8, "Call-ID: %s\r\n", w[2]);
	len += sprintf(text + len, "\r\n");
	if (send(c->fd, text, len, 0) < 0)
		return fail_errno();
	if (n > 3)
		return answer("ok");
	len = recv(c->fd, text, sizeof(text) - 1, 0);
	if (len < NAME_SIZE)
		return fail_errno();
	text[NAME_SIZE - 1] = 0;
	answer("%s", text);
}

static void cmd_hold(char **w, int n)
{
	struct conn *c = conn_find(w[1]);
	char name[NAME_SIZE];

	(void)n;
	if (!c)
		return;
	if (!request(c->fd, 'h', 0) || !read_all(c->fd, name, sizeof(name)))
		return fail_errno();
	answer("ok");
}

static void cmd_shut(char **w, int n)
{
	struct conn *c = conn_find(w[1]);

	(void)n;
	if (!c)
		return;
	if (shutdown(c->fd, SHUT_WR))
		return fail_errno();
	answer("ok");
}

static void cmd_close(char **w, int n)
{
	struct conn *c = conn_find(w[1]);

	(void)n;
	if (!c)
		return;
	conn_close(c);
	answer("ok");
}

static void cmd_reset(char **w, int n)
{
	struct linger linger = { .l_onoff = 1 };
	struct conn *c = conn_find(w[1]);

	(void)n;
	if (!c)
		return;
	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	conn_close(c);
	answer("ok");
}

/* Asks the server to go, and waits until it has. */
static void server_leaves(const char *id, char op)
{
	struct conn *c = conn_find(id);
	char byte;

	if (!c)
		return;
	if (!request(c->fd, op, 0) || (recv(c->fd, &byte, 1, 0) < 0 && errno != ECONNRESET))
		return fail_errno();
	answer("ok");
}

static void cmd_end(char **w, int n)
{
	(void)n;
	server_leaves(w[1], 'c');
}

static void cmd_abort(char **w, int n)
{
	(void)n;
	server_leaves(w[1], 'r');
}

static void cmd_many(char **w, int n)
{
	int type = strcmp(w[1], "udp") ? SOCK_STREAM : SOCK_DGRAM, count = atoi(w[2]);
	int proto = strcmp(w[1], "sctp") ? 0 : IPPROTO_SCTP;
	static char text[1 << 16];
	struct options o;
	union address dst;
	char name[NAME_SIZE], id[32];
	socklen_t len;
	size_t used = 0;

	len = parse_address(&dst, w[3], atoi(w[4]));
	parse_options(&o, w + 5, n - 5, dst.sa.sa_family);
	for (int i = 0; i < count && used < sizeof(text) - 64; i++) {
		int fd = dial(type, proto, &dst, len, &o, o.sport ? o.sport + i : 0);
		bool ok = fd >= 0 && ask_who(fd, type, name);

		used += sprintf(text + used, "%s%s", i ? " " : "", ok ? name : errno == EAGAIN ? "timeout" : strerrorname_np(errno));
		if (ok && o.keep) {
			snprintf(id, sizeof(id), "%s%d", o.keep, i);
			conn_add(id, fd);
		} else if (fd >= 0) {
			close(fd);
		}
	}
	answer("%s", text);
}

/* Fills in an IP header for len bytes behind it; returns its size. */
static size_t forge_ip(uint8_t *p, const union address *src, const union address *dst, int proto, size_t len, int ttl)
{
	if (dst->sa.sa_family == AF_INET) {
		struct iphdr ip = { .version = 4, .ihl = 5, .tot_len = htons(20 + len), .ttl = ttl, .protocol = proto,
				    .saddr = src->in4.sin_addr.s_addr, .daddr = dst->in4.sin_addr.s_addr };

		ip.check = htons(~sum_fold(sum_bytes(&ip, sizeof(ip), 0)));
		memcpy(p, &ip, sizeof(ip));
		return sizeof(ip);
	} else {
		struct ip6_hdr ip = { .ip6_flow = htonl(6u << 28), .ip6_plen = htons(len), .ip6_nxt = proto, .ip6_hlim = ttl,
				      .ip6_src = src->in6.sin6_addr, .ip6_dst = dst->in6.sin6_addr };

		memcpy(p, &ip, sizeof(ip));
		return sizeof(ip);
	}
}

static uint32_t forge_pseudo(const union address *src, const union address *dst, int proto, size_t len)
{
	if (dst->sa.sa_family == AF_INET)
		return sum_pseudo(&src->in4.sin_addr, &dst->in4.sin_addr, 4, proto, len);
	return sum_pseudo(&src->in6.sin6_addr, &dst->in6.sin6_addr, 16, proto, len);
}

static void send_forged(const union address *dst, const uint8_t *packet, size_t len)
{
	union address to = *dst;
	bool v4 = dst->sa.sa_family == AF_INET;
	int fd = socket(dst->sa.sa_family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	to.in4.sin_port = 0;
	if (fd < 0 || sendto(fd, packet, len, 0, &to.sa, v4 ? sizeof(to.in4) : sizeof(to.in6)) < 0)
		fail_errno();
	else
		answer("ok");
	close(fd);
}

/* A header; behind it come size bytes that are 0. */
static size_t forge_tcp(uint8_t *p, const union address *src, const union address *dst, const char *flags, size_t size)
{
	struct tcphdr tcp = { .source = src->in4.sin_port, .dest = dst->in4.sin_port, .seq = htonl(1000), .ack_seq = htonl(2000),
			      .doff = 5, .window = htons(1024) };

	tcp.fin = !!strchr(flags, 'F');
	tcp.syn = !!strchr(flags, 'S');
	tcp.rst = !!strchr(flags, 'R');
	tcp.psh = !!strchr(flags, 'P');
	tcp.ack = !!strchr(flags, 'A');
	tcp.check = htons(~sum_fold(sum_bytes(&tcp, sizeof(tcp), forge_pseudo(src, dst, IPPROTO_TCP, sizeof(tcp) + size))));
	memcpy(p, &tcp, sizeof(tcp));
	return sizeof(tcp);
}

/* What an IP header says about how to treat the packet. The ID is given, so that the kernel draws none. */
static void forge_treatment(uint8_t *p, const struct options *o, bool v4)
{
	struct iphdr *ip = (struct iphdr *)p;

	if (!v4) {
		p[0] |= o->tos >> 4;
		p[1] |= o->tos << 4;
		return;
	}
	ip->id = htons(1);
	ip->tos = o->tos;
	ip->frag_off = htons(o->df ? IP_DF : 0);
	ip->check = 0;
	ip->check = htons(~sum_fold(sum_bytes(ip, sizeof(*ip), 0)));
}

static void cmd_raw(char **w, int n)
{
	static uint8_t packet[1 << 16];
	union address src, dst;
	struct options o;
	size_t hlen;

	parse_address(&src, w[1], atoi(w[2]));
	parse_address(&dst, w[3], atoi(w[4]));
	parse_options(&o, w + 6, n - 6, dst.sa.sa_family);
	hlen = forge_ip(packet, &src, &dst, IPPROTO_TCP, sizeof(struct tcphdr) + o.size, o.ttl < 0 ? 64 : o.ttl);
	forge_treatment(packet, &o, dst.sa.sa_family == AF_INET);
	hlen += forge_tcp(packet + hlen, &src, &dst, w[5], o.size);
	memset(packet + hlen, 0, o.size);
	send_forged(&dst, packet, hlen + o.size);
}

static void cmd_syns(char **w, int n)
{
	const unsigned int ports = 60000, count = atoi(w[1]);
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	union address src, dst, to;
	uint8_t packet[64];

	(void)n;
	parse_address(&src, w[2], 0);
	parse_address(&dst, w[3], atoi(w[4]));
	to = dst;
	to.in4.sin_port = 0;
	for (unsigned int i = 0; i < count; i++) {
		size_t hlen = forge_ip(packet, &src, &dst, IPPROTO_TCP, sizeof(struct tcphdr), 64);

		src.in4.sin_port = htons(1024 + i % ports);
		hlen += forge_tcp(packet + hlen, &src, &dst, "S", 0);
		if (sendto(fd, packet, hlen, 0, &to.sa, sizeof(to.in4)) < 0) {
			fail_errno();
			close(fd);
			return;
		}
		if (i % ports == ports - 1)
			src.in4.sin_addr.s_addr = htonl(ntohl(src.in4.sin_addr.s_addr) + 1);
	}
	close(fd);
	answer("ok");
}

/* One chunk, long enough for each of them to be read. */
static size_t forge_sctp(uint8_t *p, const union address *src, const union address *dst, int type)
{
	uint32_t sum;

	memset(p, 0, 32);
	memcpy(p, &src->in4.sin_port, 2);
	memcpy(p + 2, &dst->in4.sin_port, 2);
	p[12] = type;
	p[15] = 20;
	sum = sum_sctp(p, 32);
	memcpy(p + 8, &sum, 4);
	return 32;
}

static void cmd_chunk(char **w, int n)
{
	union address src, dst;
	struct options o;
	uint8_t packet[128];
	size_t hlen;

	parse_address(&src, w[1], atoi(w[2]));
	parse_address(&dst, w[3], atoi(w[4]));
	parse_options(&o, w + 6, n - 6, dst.sa.sa_family);
	hlen = forge_ip(packet, &src, &dst, IPPROTO_SCTP, 32, o.ttl < 0 ? 64 : o.ttl);
	send_forged(&dst, packet, hlen + forge_sctp(packet + hlen, &src, &dst, atoi(w[5])));
}

/* A header and something behind it that nobody reads. */
static void cmd_ipsec(char **w, int n)
{
	union address src, dst;
	uint8_t packet[128];
	size_t hlen;

	parse_address(&src, w[1], 0);
	parse_address(&dst, w[2], 0);
	hlen = forge_ip(packet, &src, &dst, atoi(w[3]), 48, 64);
	pattern_fill(packet + hlen, 0, 48);
	/* Of AH: what comes next, and how long it is itself. */
	if (atoi(w[3]) == IPPROTO_AH) {
		memcpy(packet + hlen, (uint8_t[]){ n > 5 ? IPPROTO_UDP : IPPROTO_NONE, 4, 0, 0 }, 4);
		if (n > 5)
			memcpy(packet + hlen + 24, (uint16_t[]){ htons(atoi(w[4])), htons(atoi(w[5])), htons(24), 0 }, 8);
	}
	send_forged(&dst, packet, hlen + 48);
}

static void cmd_icmp(char **w, int n)
{
	char proto[8], in_src[INET6_ADDRSTRLEN], in_dst[INET6_ADDRSTRLEN];
	union address src, dst, from, to;
	int sport, dport, mtu = atoi(w[5]);
	uint8_t packet[256], *icmp;
	size_t hlen, len;
	uint32_t sum = 0;
	bool v4;

	(void)n;
	if (sscanf(w[6], "%7[^/]/%45[^/]/%d/%45[^/]/%d", proto, in_src, &sport, in_dst, &dport) != 5)
		errx(2, "%s: not PROTO/SRC/SPORT/DST/DPORT", w[6]);
	parse_address(&src, w[1], 0);
	parse_address(&dst, w[2], 0);
	parse_address(&from, in_src, sport);
	parse_address(&to, in_dst, dport);
	v4 = dst.sa.sa_family == AF_INET;

	/* The quoted packet first, to know its length. */
	hlen = v4 ? 20 : 40;
	icmp = packet + hlen;
	memset(icmp, 0, 8);
	icmp[0] = atoi(w[3]);
	icmp[1] = atoi(w[4]);
	icmp[6] = mtu >> 8;
	icmp[7] = mtu;
	if (!strcmp(proto, "sctp")) {
		len = 8 + forge_ip(icmp + 8, &from, &to, IPPROTO_SCTP, 32, 60);
		len += forge_sctp(icmp + len, &from, &to, 0);
	} else if (!strcmp(proto, "esp")) {
		len = 8 + forge_ip(icmp + 8, &from, &to, IPPROTO_ESP, 48, 60);
		pattern_fill(icmp + len, 0, 48);
		len += 48;
	} else {
		len = 8 + forge_ip(icmp + 8, &from, &to, strcmp(proto, "udp") ? IPPROTO_TCP : IPPROTO_UDP,
				   sizeof(struct tcphdr), 60);
		/* A UDP header's first 8 bytes are as good as TCP's here: ports, and what nobody looks at. */
		len += forge_tcp(icmp + len, &from, &to, "A", 0);
	}
	forge_ip(packet, &src, &dst, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, len, 64);
	if (!v4)
		sum = forge_pseudo(&src, &dst, IPPROTO_ICMPV6, len);
	sum = ~sum_fold(sum_bytes(icmp, len, sum));
	icmp[2] = sum >> 8;
	icmp[3] = sum;
	send_forged(&dst, packet, hlen + len);
}

struct arp_frame {
	struct ethhdr eth;
	uint8_t head[8];
	uint8_t smac[6], sip[4], tmac[6], tip[4];
} __attribute__((packed));

static void arp_ask(int fd, const uint8_t *mac, const char *src, const char *target)
{
	struct arp_frame f = { .head = { 0, 1, 8, 0, 6, 4, 0, 1 } };

	memset(f.eth.h_dest, 0xff, 6);
	memcpy(f.eth.h_source, mac, 6);
	f.eth.h_proto = htons(ETH_P_ARP);
	memcpy(f.smac, mac, 6);
	inet_pton(AF_INET, src, f.sip);
	inet_pton(AF_INET, target, f.tip);
	if (send(fd, &f, sizeof(f), 0) < 0)
		err(1, "arp");
}

static void cmd_arp(char **w, int n)
{
	char macs[MAX_WORDS][256] = { "" }, text[4096] = "";
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), missing = n - 4;
	struct ifreq ifr = { 0 };
	struct arp_frame f;

	strncpy(ifr.ifr_name, w[1], IFNAMSIZ - 1);
	ll.sll_ifindex = if_nametoindex(w[1]);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &ifr) || bind(fd, (struct sockaddr *)&ll, sizeof(ll)))
		return fail_errno();
	for (int i = 3; i < n; i++)
		arp_ask(fd, (uint8_t *)ifr.ifr_hwaddr.sa_data, w[2], w[i]);
	while (missing > 0) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };

		if (poll(&pfd, 1, TIMEOUT_S * 1000) != 1)
			break;
		if (recv(fd, &f, sizeof(f), 0) < (ssize_t)sizeof(f) || f.head[7] != 2)
			continue;
		for (int i = 3; i < n; i++) {
			uint8_t ip[4];
			char *mac = macs[i];

			inet_pton(AF_INET, w[i], ip);
			if (memcmp(ip, f.sip, 4))
				continue;
			if (!mac[0] && i > 3)
				missing--;
			sprintf(mac + strlen(mac), "%s%02x:%02x:%02x:%02x:%02x:%02x", mac[0] ? "," : "",
				f.smac[0], f.smac[1], f.smac[2], f.smac[3], f.smac[4], f.smac[5]);
		}
	}
	close(fd);
	for (int i = 3; i < n; i++)
		sprintf(text + strlen(text), "%s%s=%s", i > 3 ? " " : "", w[i], macs[i][0] ? macs[i] : "nobody");
	answer("%s", text);
}

static void cmd_offload(char **w, int n)
{
	static const uint32_t features[] = { ETHTOOL_STXCSUM, ETHTOOL_SSG, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO };
	struct ethtool_value value = { .data = !strcmp(w[2], "on") };
	struct ifreq ifr = { .ifr_data = (void *)&value };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), bad = 0;

	(void)n;
	strncpy(ifr.ifr_name, w[1], IFNAMSIZ - 1);
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		value.cmd = features[i];
		bad |= ioctl(fd, SIOCETHTOOL, &ifr);
	}
	if (bad)
		fail_errno();
	else
		answer("ok");
	close(fd);
}

static void cmd_write(char **w, int n)
{
	int fd = open(w[1], O_WRONLY | O_CLOEXEC);

	(void)n;
	if (fd < 0 || write(fd, w[2], strlen(w[2])) < 0)
		fail_errno();
	else
		answer("ok");
	close(fd);
}

static _Noreturn void flood(const union address *dst, socklen_t len)
{
	struct timeval timeout = { .tv_usec = 200000 };
	struct options o = { .ttl = -1 };
	char name[NAME_SIZE];

	o.src.sa.sa_family = dst->sa.sa_family;
	for (;;) {
		int tcp = dial(SOCK_STREAM, 0, dst, len, &o, 0);
		int udp = dial(SOCK_DGRAM, 0, dst, len, &o, 0);

		setsockopt(tcp, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
		setsockopt(udp, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
		if (tcp >= 0 && ask_who(tcp, SOCK_STREAM, name))
			tally->tcp_ok++;
		else
			tally->tcp_failed++;
		if (udp >= 0 && echo(udp, 600, name))
			tally->udp_ok++;
		else
			tally->udp_lost++;
		close(tcp);
		close(udp);
	}
}

static void cmd_flood(char **w, int n)
{
	union address dst;
	socklen_t len = parse_address(&dst, w[1], atoi(w[2]));

	(void)n;
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fflush(stdout);
	flooder = fork();
	if (flooder < 0 || tally == MAP_FAILED)
		err(1, "flood");
	if (!flooder) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		flood(&dst, len);
	}
	answer("ok");
}

static void cmd_tally(char **w, int n)
{
	(void)w;
	(void)n;
	answer("%u %u %u %u", tally->tcp_ok, tally->tcp_failed, tally->udp_ok, tally->udp_lost);
}

static void cmd_calm(char **w, int n)
{
	kill(flooder, SIGKILL);
	waitpid(flooder, NULL, 0);
	cmd_tally(w, n);
	munmap(tally, sizeof(*tally));
}

static const struct {
	const char *name;
	int min_words;
	void (*run)(char **words, int n);
} commands[] = {
	{ "ns", 2, cmd_ns },
	{ "serve", 4, cmd_serve },
	{ "tcp", 4, cmd_tcp },
	{ "udp", 4, cmd_udp },
	{ "sctp", 4, cmd_sctp },
	{ "who", 2, cmd_who },
	{ "get", 3, cmd_get },
	{ "put", 3, cmd_put },
	{ "echo", 3, cmd_echo },
	{ "send", 3, cmd_send },
	{ "sip", 3, cmd_sip },
	{ "hold", 2, cmd_hold },
	{ "shut", 2, cmd_shut },
	{ "close", 2, cmd_close },
	{ "reset", 2, cmd_reset },
	{ "end", 2, cmd_end },
	{ "abort", 2, cmd_abort },
	{ "many", 5, cmd_many },
	{ "raw", 6, cmd_raw },
	{ "syns", 5, cmd_syns },
	{ "chunk", 6, cmd_chunk },
	{ "ipsec", 4, cmd_ipsec },
	{ "icmp", 7, cmd_icmp },
	{ "arp", 4, cmd_arp },
	{ "offload", 3, cmd_offload },
	{ "write", 3, cmd_write },
	{ "flood", 3, cmd_flood },
	{ "tally", 1, cmd_tally },
	{ "calm", 1, cmd_calm },
};

static void run(char *line)
{
	char *words[MAX_WORDS];
	int n = 0;

	for (char *w = strtok(line, " \t\n"); w && n < MAX_WORDS; w = strtok(NULL, " \t\n"))
		words[n++] = w;
	if (!n)
		return;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(words[0], commands[i].name))
			continue;
		if (n < commands[i].min_words)
			errx(2, "%s: too few words", words[0]);
		commands[i].run(words, n);
		return;
	}
	errx(2, "%s: no such command", words[0]);
}

int main(int argc, char **argv)
{
	char line[4096];

	if (argc > 1) {
		for (int i = 1; i < argc; i++)
			run(argv[i]);
		return failed;
	}
	while (fgets(line, sizeof(line), stdin))
		run(line);
	return 0;
}
