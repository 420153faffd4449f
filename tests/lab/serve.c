// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "serve.h"
#include "wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#define MAX_FDS	4096

enum kind { LISTENER, DATAGRAMS, STREAM };

struct peer {
	enum kind kind;
	bool hold;		/* stays open when the client has closed */
	bool bad;		/* a byte was not the pattern's */
	struct request req;
	size_t req_len;		/* bytes of the request that are here */
	uint64_t done;		/* bytes of its pattern moved so far */
};

static struct pollfd fds[MAX_FDS];
static struct peer peers[MAX_FDS];
static int n_fds;
static char self[NAME_SIZE];

/* Any byte in the wrong place shows: neighbours differ, and so do far ones. */
static uint8_t pattern_byte(uint64_t off)
{
	uint32_t word = (uint32_t)(off / 4 + 1) * 2654435761u;

	word ^= word >> 15;
	return word >> off % 4 * 8;
}

void pattern_fill(uint8_t *buf, uint64_t off, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = pattern_byte(off + i);
}

bool pattern_check(const uint8_t *buf, uint64_t off, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (buf[i] != pattern_byte(off + i))
			return false;
	return true;
}

static void add(int fd, enum kind kind)
{
	if (n_fds == MAX_FDS) {
		close(fd);
		return;
	}
	fds[n_fds] = (struct pollfd){ .fd = fd, .events = POLLIN };
	peers[n_fds++] = (struct peer){ .kind = kind };
}

static void drop(int i)
{
	close(fds[i].fd);
	n_fds--;
	fds[i] = fds[n_fds];
	peers[i] = peers[n_fds];
}

static void reset(int i)
{
	struct linger linger = { .l_onoff = 1 };

	setsockopt(fds[i].fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	drop(i);
}

/* Sends all of it; these answers are small or their reader is waiting. */
static bool send_all(int fd, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			struct pollfd pfd = { .fd = fd, .events = POLLOUT };

			if (poll(&pfd, 1, 20000) == 1)
				continue;
		}
		if (n <= 0)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

static bool send_name(int fd, const char *text)
{
	char name[NAME_SIZE] = "";

	snprintf(name, sizeof(name), "%s", text);
	return send_all(fd, name, sizeof(name));
}

static bool send_pattern(int fd, uint64_t n)
{
	static uint8_t buf[1 << 16];

	for (uint64_t off = 0; off < n; off += sizeof(buf)) {
		size_t len = n - off < sizeof(buf) ? n - off : sizeof(buf);

		pattern_fill(buf, off, len);
		if (!send_all(fd, buf, len))
			return false;
	}
	return true;
}

/* A whole request is here; false closes the connection. */
static bool answer(int i)
{
	struct peer *p = &peers[i];

	switch (p->req.op) {
	case 'w':
		p->req_len = 0;
		return send_name(fds[i].fd, self);
	case 'g':
		p->req_len = 0;
		return send_pattern(fds[i].fd, p->req.n);
	case 'h':
		p->req_len = 0;
		p->hold = true;
		return send_name(fds[i].fd, "ok");
	case 'p':
		p->done = 0;
		p->bad = false;
		return true;
	}
	return false;
}

static bool take_pattern(int i, const uint8_t *buf, size_t len)
{
	struct peer *p = &peers[i];

	p->bad |= !pattern_check(buf, p->done, len);
	p->done += len;
	if (p->done < p->req.n)
		return true;
	p->req_len = 0;
	return send_name(fds[i].fd, p->bad ? "bad" : "ok");
}

/* Returns false when the slot was given up: another peer may be in it now. */
static bool stream(int i)
{
	static uint8_t buf[1 << 16];
	struct peer *p = &peers[i];
	bool in_pattern = p->req_len == sizeof(p->req);
	size_t want = sizeof(p->req) - p->req_len;
	ssize_t len;

	if (in_pattern) {
		want = p->req.n - p->done < sizeof(buf) ? p->req.n - p->done : sizeof(buf);
		len = recv(fds[i].fd, buf, want, 0);
	} else {
		len = recv(fds[i].fd, (uint8_t *)&p->req + p->req_len, want, 0);
	}
	if (len < 0 && errno == EAGAIN)
		return true;
	if (!len && p->hold) {
		fds[i].events = 0;
		return true;
	}
	if (len <= 0) {
		drop(i);
		return false;
	}
	if (in_pattern) {
		if (take_pattern(i, buf, len))
			return true;
	} else {
		p->req_len += len;
		if (p->req_len < sizeof(p->req))
			return true;
		if (p->req.op == 'r') {
			reset(i);
			return false;
		}
		if (answer(i))
			return true;
	}
	drop(i);
	return false;
}

/* Answers from the address that was asked, which for DR is on another device. */
static void datagram(int fd)
{
	static uint8_t buf[1 << 16];
	char control[256] __attribute__((aligned(8)));
	struct sockaddr_storage from;
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr msg = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	ssize_t len;
	bool ok;

	len = recvmsg(fd, &msg, 0);
	if (len < NAME_SIZE)
		return;
	/* Text is something else. */
	ok = buf[0] != 'e' || pattern_check(buf + NAME_SIZE, 0, len - NAME_SIZE);
	memset(buf, 0, NAME_SIZE);
	strcpy((char *)buf, ok ? self : "bad");
	iov.iov_len = len;
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		/* The source, and no device: the route decides. */
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo *info = (void *)CMSG_DATA(c);

			info->ipi_ifindex = 0;
			info->ipi_spec_dst = info->ipi_addr;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			((struct in6_pktinfo *)CMSG_DATA(c))->ipi6_ifindex = 0;
		}
	}
	sendmsg(fd, &msg, 0);
}

static void listen_one(int family, int type, int proto, int port)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(family, type | SOCK_CLOEXEC, proto), one = 1;
	bool v4 = family == AF_INET;

	if (fd < 0)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (v4)
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one));
	if (bind(fd, v4 ? (void *)&in4 : (void *)&in6, v4 ? sizeof(in4) : sizeof(in6)))
		err(1, "bind port %d", port);
	if (type == SOCK_STREAM && listen(fd, 1024))
		err(1, "listen");
	add(fd, type == SOCK_STREAM ? LISTENER : DATAGRAMS);
}

struct serve_port serve_port(const char *text)
{
	bool sctp = !strncmp(text, "sctp/", 5);

	return (struct serve_port){ .number = atoi(sctp ? text + 5 : text), .sctp = sctp };
}

static void listen_both(int type, int proto, int port)
{
	listen_one(AF_INET, type, proto, port);
	listen_one(AF_INET6, type, proto, port);
}

void serve_listen(const char *name, const struct serve_port *ports, int n_ports)
{
	strncpy(self, name, sizeof(self) - 1);
	for (int i = 0; i < n_ports; i++) {
		if (ports[i].sctp) {
			listen_both(SOCK_STREAM, IPPROTO_SCTP, ports[i].number);
		} else {
			listen_both(SOCK_STREAM, IPPROTO_TCP, ports[i].number);
			listen_both(SOCK_DGRAM, IPPROTO_UDP, ports[i].number);
		}
	}
}

static void accept_one(int i)
{
	int fd = accept4(fds[i].fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;

	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	add(fd, STREAM);
}

/* One process serves all: forks are dear where this runs. */
void serve_run(void)
{
	for (;;) {
		if (poll(fds, n_fds, -1) < 0)
			err(1, "poll");
		for (int i = n_fds - 1; i >= 0; i--) {
			if (!fds[i].revents)
				continue;
			if (peers[i].kind == LISTENER)
				accept_one(i);
			else if (peers[i].kind == DATAGRAMS)
				datagram(fds[i].fd);
			else if (fds[i].events)
				stream(i);
			else
				drop(i);
		}
	}
}
