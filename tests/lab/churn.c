// SPDX-License-Identifier: GPL-2.0-only
/*
 * churn SEED SECONDS VIP,... REAL,... JOB...: does JOBs at random in the netns it is run in, each in a process of its own and all at
 * once, for so many seconds. What is done follows from SEED; how far each job gets does not. A JOB is
 *
 *   edit         adds, changes and removes services of the virtual addresses and their real servers, and now and then all of them
 *   knobs        writes sysctls, sensible values and others
 *   read         reads the files in /proc/net, in pieces, to the end or not
 *   list         dumps by netlink, read to the end or not
 *   listen       hears events
 *   nets         makes network namespaces with a service and traffic of their own, and leaves them
 *   module=FILE  unloads the module and loads it from there
 *
 * and says at the end "JOB DONE REFUSED", the number of what worked and what did not: the module is not always there. What must not
 * happen, such as a request that has no answer, ends it with a status that is not 0.
 *
 * churn cycles N FILE: loads the module, makes a netns with a service and traffic in it, ends that, and unloads the module, N times.
 */
#define _GNU_SOURCE
#include "../../include/uapi/linux/shunt.h"
#include "attr.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_ADDRESSES	8
#define ANSWER_MS	20000

struct address {
	uint16_t af;
	uint8_t bytes[16];
};

struct addresses {
	struct address is[MAX_ADDRESSES];
	unsigned int count;
};

static struct addresses vips, reals;
static unsigned long done, refused;
static struct timespec deadline;

static uint32_t any(uint32_t below)
{
	return random() % below;
}

static bool time_is_up(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > deadline.tv_sec ||
	       (now.tv_sec == deadline.tv_sec && now.tv_nsec >= deadline.tv_nsec);
}

static bool address_parse(struct address *a, const char *text)
{
	memset(a, 0, sizeof(*a));
	a->af = strchr(text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(a->af, text, a->bytes) == 1;
}

static void addresses_parse(struct addresses *to, char *text)
{
	char *one;

	for (one = strtok(text, ","); one; one = strtok(NULL, ",")) {
		if (to->count == MAX_ADDRESSES || !address_parse(&to->is[to->count++], one))
			errx(2, "%s: no address, or too many", one);
	}
}

/* --- messages */

static struct {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	char attrs[2048];
} message;

static union {
	struct nlmsghdr nl;
	char bytes[1 << 16];
} reply;

static void message_begin(uint8_t cmd)
{
	message.genl = (struct genlmsghdr){ .cmd = cmd, .version = 1 };
	message.nl = (struct nlmsghdr){ .nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN };
}

static struct nlattr *attr_add(uint16_t type, const void *data, size_t len)
{
	struct nlattr *a = (void *)((char *)&message + message.nl.nlmsg_len);

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((char *)a + NLA_HDRLEN, data, len);
	message.nl.nlmsg_len += NLA_ALIGN(a->nla_len);
	return a;
}

static void attr_u16(uint16_t type, uint16_t value)
{
	attr_add(type, &value, sizeof(value));
}

static void attr_u32(uint16_t type, uint32_t value)
{
	attr_add(type, &value, sizeof(value));
}

static struct nlattr *nest_begin(uint16_t type)
{
	return attr_add(type | NLA_F_NESTED, NULL, 0);
}

static void nest_end(struct nlattr *nest)
{
	nest->nla_len = (char *)&message + message.nl.nlmsg_len - (char *)nest;
}

static int open_netlink(void)
{
	struct timeval patience = { .tv_sec = ANSWER_MS / 1000 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);

	if (fd < 0)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

static ssize_t exchange(int fd, uint16_t type, uint16_t flags)
{
	message.nl.nlmsg_type = type;
	message.nl.nlmsg_flags = NLM_F_REQUEST | flags;
	if (send(fd, &message, message.nl.nlmsg_len, 0) < 0)
		err(1, "send");
	return recv(fd, &reply, sizeof(reply), 0);
}

/* An attribute of the controller's answer in reply. */
static const struct nlattr *described(int type)
{
	const size_t headers = NLMSG_HDRLEN + GENL_HDRLEN;

	return attr_find(reply.bytes + headers, reply.nl.nlmsg_len - headers, type);
}

/* The family's number, 0 while the module is not there; its description is in reply. */
static uint16_t family_find(int fd)
{
	const struct nlattr *id;

	message_begin(CTRL_CMD_GETFAMILY);
	attr_add(CTRL_ATTR_FAMILY_NAME, SHUNT_GENL_NAME, sizeof(SHUNT_GENL_NAME));
	if (exchange(fd, GENL_ID_CTRL, 0) <= 0 || reply.nl.nlmsg_type == NLMSG_ERROR)
		return 0;
	id = described(CTRL_ATTR_FAMILY_ID);
	return id ? *(const uint16_t *)attr_data(id) : 0;
}

/* One request on a socket of its own, so that nothing of another answer is in its way: 0 or a negative errno. */
static int request(void)
{
	typeof(message) kept = message;
	int fd = open_netlink(), error = -ENOENT;
	uint16_t family = family_find(fd);
	ssize_t len;

	if (family) {
		message = kept;
		len = exchange(fd, family, NLM_F_ACK);
		if (len < 0)
			errx(1, "command %d: no answer", kept.genl.cmd);
		error = *(int *)NLMSG_DATA(&reply.nl);
	}
	close(fd);
	if (error)
		refused++;
	else
		done++;
	return error;
}

/* --- editing */

static const char *const schedulers[] = {
	"rr", "wrr", "lc", "wlc", "sed", "nq", "dh", "sh", "mh", "lblc", "lblcr", "fo", "ovf", "twos",
};

struct service {
	const struct address *addr;
	uint16_t proto, port;
	uint32_t mark;
};

static const struct address *any_of(const struct addresses *of)
{
	return &of->is[any(of->count)];
}

static struct service any_service(void)
{
	static const uint16_t protos[] = { IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDP, IPPROTO_SCTP };
	static const uint16_t ports[] = { 80, 80, 80, 81, 21, 0 };
	struct service s = { .addr = any_of(&vips), .proto = protos[any(5)], .port = ports[any(6)] };

	if (!any(12))
		s.mark = 1 + any(2);
	return s;
}

static void put_key(const struct service *s)
{
	uint16_t port = htons(s->port);

	attr_u16(SHUNT_SVC_ATTR_AF, s->addr->af);
	if (s->mark) {
		attr_u32(SHUNT_SVC_ATTR_FWMARK, s->mark);
		return;
	}
	attr_u16(SHUNT_SVC_ATTR_PROTOCOL, s->proto);
	attr_add(SHUNT_SVC_ATTR_ADDR, s->addr->bytes, sizeof(s->addr->bytes));
	attr_add(SHUNT_SVC_ATTR_PORT, &port, sizeof(port));
}

/* A service as it is to be; for all ports it has to be persistent. */
static void put_service(const struct service *s)
{
	const char *scheduler = schedulers[any(sizeof(schedulers) / sizeof(schedulers[0]))];
	struct nlattr *nest = nest_begin(SHUNT_CMD_ATTR_SERVICE);
	struct shunt_flags flags = { .mask = ~0u };

	put_key(s);
	if ((!s->port && !s->mark) || !any(5))
		flags.flags |= SHUNT_SVC_F_PERSISTENT;
	else if (s->proto == IPPROTO_UDP && !any(6))
		flags.flags |= SHUNT_SVC_F_ONEPACKET;
	attr_add(SHUNT_SVC_ATTR_SCHED_NAME, scheduler, strlen(scheduler) + 1);
	attr_add(SHUNT_SVC_ATTR_FLAGS, &flags, sizeof(flags));
	attr_u32(SHUNT_SVC_ATTR_TIMEOUT, 1 + any(100));
	attr_u32(SHUNT_SVC_ATTR_NETMASK, s->addr->af == AF_INET ? ~0u : 128);
	if (s->proto == IPPROTO_UDP && !s->mark && !any(3)) {
		attr_u32(SHUNT_SVC_ATTR_TIMEOUT_UDP, any(5));
		attr_u32(SHUNT_SVC_ATTR_UDP_LEAVE, any(2));
	}
	if (s->proto == IPPROTO_TCP && !s->mark && !any(3))
		attr_u32(SHUNT_SVC_ATTR_RESET, any(2));
	if (s->proto == IPPROTO_UDP && flags.flags & SHUNT_SVC_F_PERSISTENT && !any(3))
		attr_add(SHUNT_SVC_ATTR_PE_NAME, "sip", 4);
	nest_end(nest);
}

static void put_brief_service(const struct service *s)
{
	struct nlattr *nest = nest_begin(SHUNT_CMD_ATTR_SERVICE);

	put_key(s);
	nest_end(nest);
}

static void put_dest(const struct service *s)
{
	static const uint32_t methods[] = {
		SHUNT_FWD_MASQ, SHUNT_FWD_MASQ, SHUNT_FWD_MASQ, SHUNT_FWD_ROUTE, SHUNT_FWD_TUNNEL, SHUNT_FWD_LOCAL,
	};
	struct nlattr *nest = nest_begin(SHUNT_CMD_ATTR_DEST);
	const struct address *real = any_of(&reals);
	uint32_t method = methods[any(6)], weight = any(4);
	uint16_t port = htons(s->port);
	uint8_t type = any(3);

	/* Only tunnels go from one family to the other. */
	while (real->af != s->addr->af && method != SHUNT_FWD_TUNNEL)
		real = any_of(&reals);
	attr_u16(SHUNT_DEST_ATTR_ADDR_FAMILY, real->af);
	attr_add(SHUNT_DEST_ATTR_ADDR, real->bytes, sizeof(real->bytes));
	attr_add(SHUNT_DEST_ATTR_PORT, &port, sizeof(port));
	attr_u32(SHUNT_DEST_ATTR_FWD_METHOD, method);
	attr_u32(SHUNT_DEST_ATTR_WEIGHT, weight);
	attr_u32(SHUNT_DEST_ATTR_U_THRESH, any(5) ? 0 : 10);
	attr_u32(SHUNT_DEST_ATTR_L_THRESH, 0);
	if (method == SHUNT_FWD_TUNNEL) {
		port = htons(6080);
		attr_add(SHUNT_DEST_ATTR_TUN_TYPE, &type, sizeof(type));
		attr_add(SHUNT_DEST_ATTR_TUN_PORT, &port, sizeof(port));
	}
	if (!weight && any(2)) {
		attr_u32(SHUNT_DEST_ATTR_DRAIN, 1);
		attr_u32(SHUNT_DEST_ATTR_DRAIN_SECONDS, any(3));
	}
	nest_end(nest);
}

static uint8_t any_change(void)
{
	static const struct { uint8_t cmd, share; } changes[] = {
		{ SHUNT_CMD_NEW_SERVICE, 20 }, { SHUNT_CMD_SET_SERVICE, 20 }, { SHUNT_CMD_DEL_SERVICE, 5 },
		{ SHUNT_CMD_NEW_DEST, 25 }, { SHUNT_CMD_SET_DEST, 15 }, { SHUNT_CMD_DEL_DEST, 8 },
		{ SHUNT_CMD_NEW_ALL, 3 }, { SHUNT_CMD_ZERO, 2 }, { SHUNT_CMD_SET_CONFIG, 1 },
		{ SHUNT_CMD_FLUSH, 1 },
	};
	uint32_t dice = any(100), i = 0;

	for (; dice >= changes[i].share; i++)
		dice -= changes[i].share;
	return changes[i].cmd;
}

static void edit(void)
{
	const struct service s = any_service();
	const uint8_t cmd = any_change();

	message_begin(cmd);
	switch (cmd) {
	case SHUNT_CMD_NEW_SERVICE:
	case SHUNT_CMD_SET_SERVICE:
		put_service(&s);
		break;
	case SHUNT_CMD_DEL_SERVICE:
		put_brief_service(&s);
		break;
	case SHUNT_CMD_SET_CONFIG:
		attr_u32(SHUNT_CMD_ATTR_TIMEOUT_TCP, 1 + any(900));
		attr_u32(SHUNT_CMD_ATTR_TIMEOUT_TCP_FIN, 1 + any(120));
		attr_u32(SHUNT_CMD_ATTR_TIMEOUT_UDP, 1 + any(300));
		break;
	case SHUNT_CMD_ZERO:
	case SHUNT_CMD_FLUSH:
		break;
	case SHUNT_CMD_NEW_ALL:
		put_service(&s);
		put_dest(&s);
		break;
	default:
		put_brief_service(&s);
		put_dest(&s);
	}
	request();
}

/* --- the other jobs */

static bool write_file(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) >= 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

static void turn_knob(void)
{
	static const struct { const char *name, *values[4]; } knobs[] = {
		{ "fast_path", { "0", "1", "2", "1" } },
		{ "fast_path", { "0", "1", "2", "3" } },
		{ "conntrack", { "0", "1", "0", "0" } },
		{ "conn_max", { "0", "10", "300", "100000" } },
		{ "drop_entry", { "0", "1", "2", "3" } },
		{ "drop_packet", { "0", "0", "1", "2" } },
		{ "secure_tcp", { "0", "1", "2", "3" } },
		{ "sloppy_tcp", { "0", "1", "0", "1" } },
		{ "expire_nodest_conn", { "0", "1", "0", "1" } },
		{ "expire_quiescent_template", { "0", "1", "0", "1" } },
		{ "conn_reuse_mode", { "0", "1", "2", "3" } },
		{ "schedule_icmp", { "0", "1", "0", "1" } },
		{ "nat_icmp_send", { "0", "1", "0", "1" } },
		{ "pmtu_disc", { "0", "1", "0", "1" } },
		{ "snat_reroute", { "0", "1", "0", "1" } },
		{ "cache_bypass", { "0", "1", "0", "1" } },
	};
	const uint32_t n = any(sizeof(knobs) / sizeof(knobs[0]));
	char file[80];

	snprintf(file, sizeof(file), "/proc/sys/net/ipv4/vs/%s", knobs[n].name);
	if (write_file(file, knobs[n].values[any(4)]))
		done++;
	else
		refused++;
	poll(NULL, 0, any(30));
}

static void read_file(void)
{
	static const char *const files[] = {
		"ip_vs", "ip_vs_conn", "ip_vs_conn_sync", "ip_vs_stats", "ip_vs_stats_percpu", "ip_vs_app", "shunt_table",
	};
	const uint32_t piece = 1 + any(4000);
	uint32_t pieces = any(2) ? ~0u : any(10);
	char file[80];
	int fd;

	snprintf(file, sizeof(file), "/proc/net/%s", files[any(7)]);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		refused++;
		poll(NULL, 0, 20);
		return;
	}
	while (pieces-- && read(fd, reply.bytes, piece) > 0 && !time_is_up())
		done++;
	/* Somebody who stops in the middle, for a while. */
	poll(NULL, 0, any(20));
	close(fd);
}

static bool is_end(ssize_t len)
{
	int left = len;

	for (struct nlmsghdr *nl = &reply.nl; NLMSG_OK(nl, (unsigned int)left); nl = NLMSG_NEXT(nl, left)) {
		if (nl->nlmsg_type == NLMSG_DONE || nl->nlmsg_type == NLMSG_ERROR)
			return true;
	}
	return false;
}

static void list(void)
{
	static const uint8_t cmds[] = { SHUNT_CMD_GET_ALL, SHUNT_CMD_GET_CONN, SHUNT_CMD_GET_SERVICE, SHUNT_CMD_GET_DEST };
	const uint8_t cmd = cmds[any(4)];
	struct service s = any_service();
	uint32_t pieces = any(3) ? ~0u : any(3);
	int fd = open_netlink();
	uint16_t family = family_find(fd);
	ssize_t len;

	if (!family) {
		refused++;
		poll(NULL, 0, 20);
		close(fd);
		return;
	}
	message_begin(cmd);
	if (cmd == SHUNT_CMD_GET_DEST)
		put_brief_service(&s);
	len = exchange(fd, family, NLM_F_DUMP);
	while (len > 0 && !is_end(len) && pieces-- && !time_is_up())
		len = recv(fd, &reply, sizeof(reply), 0);
	if (len < 0)
		errx(1, "command %d: its dump stops", cmd);
	done++;
	poll(NULL, 0, any(20));
	close(fd);
}

static uint32_t group_find(int fd)
{
	const struct nlattr *groups, *group, *id;

	if (!family_find(fd))
		return 0;
	groups = described(CTRL_ATTR_MCAST_GROUPS);
	if (!groups)
		return 0;
	group = attr_data(groups);
	id = attr_find(attr_data(group), attr_size(group), CTRL_ATTR_MCAST_GRP_ID);
	return id ? *(const uint32_t *)attr_data(id) : 0;
}

/* A while each time: the group is another one when the module has come again. */
static void listen_a_while(void)
{
	int fd = open_netlink(), n;
	uint32_t group = group_find(fd);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	if (!group || setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group))) {
		refused++;
		poll(NULL, 0, 20);
	} else {
		for (n = any(200); n && poll(&pfd, 1, 200) > 0 && !time_is_up(); n--) {
			if (recv(fd, &reply, sizeof(reply), 0) > 0)
				done++;
		}
	}
	close(fd);
}

static bool loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && !ioctl(fd, SIOCSIFFLAGS, &ifr);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* Datagrams from several ports to a service of the loopback device's; how many real servers were met. */
static int own_traffic(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(80), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in real = { .sin_family = AF_INET, .sin_port = htons(81), .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1) };
	int server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), got = 0;
	char text[16];

	if (bind(server, (struct sockaddr *)&real, sizeof(real)))
		err(1, "bind");
	for (int i = 0; i < 8; i++) {
		int client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

		sendto(client, "hello", 5, 0, (struct sockaddr *)&to, sizeof(to));
		got += recv(server, text, sizeof(text), MSG_DONTWAIT) > 0;
		close(client);
	}
	close(server);
	return got;
}

/* 127.0.0.1:80, whose real server is 127.0.0.2:81 by NAT. */
static int own_service(void)
{
	struct address vip = { .af = AF_INET, .bytes = { 127, 0, 0, 1 } }, real = { .af = AF_INET, .bytes = { 127, 0, 0, 2 } };
	struct service s = { .addr = &vip, .proto = IPPROTO_UDP, .port = 80 };
	struct shunt_flags flags = { .mask = ~0u };
	uint16_t port = htons(81);
	struct nlattr *nest;

	message_begin(SHUNT_CMD_NEW_ALL);
	nest = nest_begin(SHUNT_CMD_ATTR_SERVICE);
	put_key(&s);
	attr_add(SHUNT_SVC_ATTR_SCHED_NAME, "rr", 3);
	attr_add(SHUNT_SVC_ATTR_FLAGS, &flags, sizeof(flags));
	attr_u32(SHUNT_SVC_ATTR_TIMEOUT, 0);
	attr_u32(SHUNT_SVC_ATTR_NETMASK, ~0u);
	nest_end(nest);
	nest = nest_begin(SHUNT_CMD_ATTR_DEST);
	attr_add(SHUNT_DEST_ATTR_ADDR, real.bytes, sizeof(real.bytes));
	attr_add(SHUNT_DEST_ATTR_PORT, &port, sizeof(port));
	attr_u32(SHUNT_DEST_ATTR_FWD_METHOD, SHUNT_FWD_MASQ);
	attr_u32(SHUNT_DEST_ATTR_WEIGHT, 1);
	attr_u32(SHUNT_DEST_ATTR_U_THRESH, 0);
	attr_u32(SHUNT_DEST_ATTR_L_THRESH, 0);
	nest_end(nest);
	return request();
}

/* The netns ends with the process, connections and all. */
static int live_in_own_net(void)
{
	int error;

	if (unshare(CLONE_NEWNET) || !loopback_up())
		err(1, "a netns of its own");
	error = own_service();
	return error ? 1 : own_traffic() == 8 ? 0 : 2;
}

/* What live_in_own_net() gives, in a process. */
static int one_net(void)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		err(1, "fork");
	if (!pid)
		_exit(live_in_own_net());
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		errx(1, "a process for a netns died");
	return WEXITSTATUS(status);
}

static void nets(void)
{
	if (one_net())
		refused++;
	else
		done++;
	poll(NULL, 0, any(100));
}

/* --- the module */

static const char *module_file;

static bool load(void)
{
	int fd = open(module_file, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && !syscall(SYS_finit_module, fd, "", 0);

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool unload(void)
{
	return !syscall(SYS_delete_module, "shunt", O_NONBLOCK);
}

/* It is there for most of the time. */
static void reload(void)
{
	poll(NULL, 0, 500 + any(3000));
	if (!unload()) {
		refused++;
		return;
	}
	poll(NULL, 0, any(200));
	if (!load())
		err(1, "the module does not load again");
	done++;
}

static int cycles(unsigned int count)
{
	for (unsigned int i = 1; i <= count; i++) {
		int live;

		if (!load())
			err(1, "cycle %u: load", i);
		live = one_net();
		if (live)
			errx(1, "cycle %u: %s", i, live == 1 ? "no service" : "no traffic");
		if (!unload())
			err(1, "cycle %u: unload", i);
	}
	printf("cycles %u\n", count);
	return 0;
}

/* --- */

static const struct {
	const char *name;
	void (*once)(void);
} jobs[] = {
	{ "edit", edit }, { "knobs", turn_knob }, { "read", read_file }, { "list", list }, { "listen", listen_a_while },
	{ "nets", nets }, { "module", reload },
};

static void do_job(char *what)
{
	char *name = strsep(&what, "=");

	module_file = what;
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		if (strcmp(jobs[i].name, name))
			continue;
		while (!time_is_up())
			jobs[i].once();
		printf("%s %lu %lu\n", name, done, refused);
		fflush(stdout);
		return;
	}
	errx(2, "%s: no such job", name);
}

/* Jobs with one seed would do the same in the same order. */
static void start(char *what, uint64_t seed)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid)
		return;
	srandom(seed);
	do_job(what);
	exit(0);
}

int main(int argc, char **argv)
{
	int status, rc = 0;

	if (argc == 4 && !strcmp(argv[1], "cycles")) {
		module_file = argv[3];
		return cycles(atoi(argv[2]));
	}
	if (argc < 6)
		errx(2, "usage: churn SEED SECONDS VIP,... REAL,... JOB... | churn cycles N FILE");
	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += atoi(argv[2]);
	addresses_parse(&vips, argv[3]);
	addresses_parse(&reals, argv[4]);
	for (int i = 5; i < argc; i++)
		start(argv[i], strtoull(argv[1], NULL, 0) * 100 + i);
	while (wait(&status) > 0)
		rc |= status != 0;
	return rc;
}
