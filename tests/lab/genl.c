// SPDX-License-Identifier: GPL-2.0-only
/*
 * genl FAMILY REQUEST...: what a generic netlink family answers whoever runs this. A REQUEST is
 *
 *   do:N | dump:N    command N without attributes; says "do N ok MESSAGES", or "do N ERRNO"
 *   join:GROUP       says "join GROUP ok", or "join GROUP ERRNO"
 *   listen:GROUP     joins, says so, and then for ever the command of each message that comes
 */
#define _GNU_SOURCE
#include "attr.h"

#include <err.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	struct nlattr attr;
	char name[GENL_NAMSIZ];
};

static union {
	struct nlmsghdr nl;
	char bytes[1 << 16];
} reply;

static int sock;

static size_t receive(void)
{
	ssize_t len = recv(sock, &reply, sizeof(reply), 0);

	if (len < 0)
		err(1, "recv");
	return len;
}

static void transmit(struct request *r, uint16_t type, uint16_t flags, uint8_t cmd, size_t len)
{
	r->nl = (struct nlmsghdr){ .nlmsg_len = len, .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags };
	r->genl = (struct genlmsghdr){ .cmd = cmd, .version = 1 };
	if (send(sock, r, len, 0) < 0)
		err(1, "send");
}

/* The family's number; its whole description is in reply then. */
static int family_find(const char *name)
{
	struct request r = { .attr = { .nla_len = NLA_HDRLEN + GENL_NAMSIZ, .nla_type = CTRL_ATTR_FAMILY_NAME } };
	const struct nlattr *id;
	size_t len;

	strncpy(r.name, name, sizeof(r.name) - 1);
	transmit(&r, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY, sizeof(r));
	len = receive();
	if (reply.nl.nlmsg_type == NLMSG_ERROR)
		errx(1, "no family %s", name);
	id = attr_find(reply.bytes + NLMSG_HDRLEN + GENL_HDRLEN, len - NLMSG_HDRLEN - GENL_HDRLEN, CTRL_ATTR_FAMILY_ID);
	if (!id)
		errx(1, "the family %s has no number", name);
	return *(const uint16_t *)attr_data(id);
}

static int group_find(const char *family, const char *name)
{
	const struct nlattr *groups, *group, *attr;
	const char *p, *end;

	family_find(family);
	groups = attr_find(reply.bytes + NLMSG_HDRLEN + GENL_HDRLEN,
			   reply.nl.nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN, CTRL_ATTR_MCAST_GROUPS);
	if (!groups)
		errx(1, "the family %s has no groups", family);
	end = (const char *)groups + groups->nla_len;
	for (p = attr_data(groups); p < end; p += NLA_ALIGN(group->nla_len)) {
		group = (const void *)p;
		attr = attr_find(attr_data(group), attr_size(group), CTRL_ATTR_MCAST_GRP_NAME);
		if (!attr || strcmp(attr_data(attr), name))
			continue;
		attr = attr_find(attr_data(group), attr_size(group), CTRL_ATTR_MCAST_GRP_ID);
		return *(const uint32_t *)attr_data(attr);
	}
	errx(1, "the family %s has no group %s", family, name);
}

/* Reads all of an answer: the number of its messages, or a negative errno. */
static int answer(bool dump)
{
	int messages = 0;

	for (;;) {
		int left = receive();

		for (struct nlmsghdr *nl = &reply.nl; NLMSG_OK(nl, (unsigned int)left); nl = NLMSG_NEXT(nl, left)) {
			int error = *(int *)NLMSG_DATA(nl);

			if (nl->nlmsg_type == NLMSG_DONE || (nl->nlmsg_type == NLMSG_ERROR && (error || !dump)))
				return error ?: messages;
			if (nl->nlmsg_type != NLMSG_ERROR)
				messages++;
		}
	}
}

static void ask(const char *family, const char *what, uint8_t cmd)
{
	bool dump = !strcmp(what, "dump");
	struct request r = { 0 };
	int result;

	transmit(&r, family_find(family), dump ? NLM_F_DUMP : NLM_F_ACK, cmd, NLMSG_HDRLEN + GENL_HDRLEN);
	result = answer(dump);
	if (result < 0)
		printf("%s %d %s\n", what, cmd, strerrorname_np(-result));
	else
		printf("%s %d ok %d\n", what, cmd, result);
}

static bool join(const char *family, const char *name)
{
	int group = group_find(family, name);
	bool ok = !setsockopt(sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));

	printf("join %s %s\n", name, ok ? "ok" : strerrorname_np(errno));
	return ok;
}

static void hear(void)
{
	for (;;) {
		fflush(stdout);
		receive();
		printf("%d\n", ((struct genlmsghdr *)NLMSG_DATA(&reply.nl))->cmd);
	}
}

int main(int argc, char **argv)
{
	if (argc < 3)
		errx(2, "usage: genl FAMILY do:N|dump:N|join:GROUP|listen:GROUP...");
	for (int i = 2; i < argc; i++) {
		char *what = argv[i], *value = strchr(what, ':');

		if (!value)
			errx(2, "%s: no such request", what);
		*value++ = 0;
		/* A socket each: what is left unread of one answer is none of the next. */
		sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
		if (sock < 0)
			err(1, "socket");
		if (!strcmp(what, "join"))
			join(argv[1], value);
		else if (!strcmp(what, "listen") && join(argv[1], value))
			hear();
		else if (strcmp(what, "listen"))
			ask(argv[1], what, atoi(value));
		close(sock);
	}
	return 0;
}
