// SPDX-License-Identifier: GPL-2.0-only
#include "talk.h"

#include <err.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/shunt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../lab/attr.h"
#include "draw.h"

static union {
	struct nlmsghdr nl;
	uint8_t bytes[1 << 18];
} in;

/* With room for whatever may come; not everybody may have that much. */
int talk_open(void)
{
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC), size = 4 << 20, on = 1, cap = one_in(2);

	if (sock < 0)
		err(1, "socket");
	if (setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(sock, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(sock, SOL_NETLINK, NETLINK_CAP_ACK, &cap, sizeof(cap));
	return sock;
}

/* False for what netlink itself does not take. */
bool talk_send(int sock, const struct datagram *d)
{
	return send(sock, d->bytes, d->len, 0) == (ssize_t)d->len;
}

/* The attributes behind an acknowledgement or a dump's end. */
static void read_reasons(const uint8_t *p, size_t len, struct answer *a)
{
	struct nlattr attr;

	while (len >= NLA_HDRLEN) {
		memcpy(&attr, p, sizeof(attr));
		if (attr.nla_len < NLA_HDRLEN || attr.nla_len > len)
			return;
		if (attr.nla_type == NLMSGERR_ATTR_MSG)
			a->text = attr.nla_len > NLA_HDRLEN + 1 && !p[attr.nla_len - 1];
		if (attr.nla_type == NLMSGERR_ATTR_OFFS && attr.nla_len == NLA_HDRLEN + 4)
			memcpy(&a->at, p + NLA_HDRLEN, 4);
		if (aligned(attr.nla_len) >= len)
			return;
		p += aligned(attr.nla_len);
		len -= aligned(attr.nla_len);
	}
}

static bool read_answer(const struct nlmsghdr *nl, struct answers *answers)
{
	const uint8_t *data = (const uint8_t *)nl + NLMSG_HDRLEN;
	struct answer a = { .done = nl->nlmsg_type == NLMSG_DONE, .seq = nl->nlmsg_seq };
	size_t len = nl->nlmsg_len - NLMSG_HDRLEN, skip = sizeof(a.error);
	struct nlmsghdr request;

	if (len < sizeof(a.error) || (!a.done && len < sizeof(a.error) + sizeof(request)))
		return false;
	memcpy(&a.error, data, sizeof(a.error));
	if (!a.done) {
		memcpy(&request, data + skip, sizeof(request));
		skip += nl->nlmsg_flags & NLM_F_CAPPED ? NLMSG_HDRLEN : aligned(request.nlmsg_len);
	}
	if (nl->nlmsg_flags & NLM_F_ACK_TLVS && skip < len)
		read_reasons(data + skip, len - skip, &a);
	if (answers->count < ANSWERS)
		answers->all[answers->count++] = a;
	return true;
}

static bool read_one(const struct nlmsghdr *nl, struct listing *l, struct answers *answers)
{
	if (nl->nlmsg_type == NLMSG_ERROR || nl->nlmsg_type == NLMSG_DONE)
		return read_answer(nl, answers) || (answers->wrong = "an acknowledgement that is too short", false);
	if (nl->nlmsg_type != world.families[0] && nl->nlmsg_type != world.families[1])
		return true;
	if (listing_message(l, (const uint8_t *)nl, nl->nlmsg_len))
		return true;
	answers->wrong = listing_wrong();
	return false;
}

/*
 * All that there is to read: the kernel has answered when send() returns, and goes on with a dump while it is read.
 * False when something in it is wrong.
 */
bool talk_read(int sock, struct listing *l, struct answers *answers)
{
	*answers = (struct answers){ 0 };
	for (;;) {
		ssize_t got = recv(sock, &in, sizeof(in), MSG_DONTWAIT | MSG_TRUNC);
		int left = got;

		if (got < 0 && errno == EAGAIN)
			return true;
		if (got < 0) {
			answers->lost = true;
			continue;
		}
		for (struct nlmsghdr *nl = &in.nl; left > 0; nl = NLMSG_NEXT(nl, left)) {
			if (got > (ssize_t)sizeof(in) || !NLMSG_OK(nl, (unsigned int)left)) {
				answers->wrong = "an answer that is cut";
				return false;
			}
			if (!read_one(nl, l, answers))
				return false;
		}
	}
}

/* One piece of a dump; false at its end. What is in it may be of any moment, but has to be well-formed. */
bool talk_read_some(int sock)
{
	ssize_t got = recv(sock, &in, 4096, MSG_DONTWAIT);
	int left = got;

	if (got <= 0)
		return false;
	for (struct nlmsghdr *nl = &in.nl; NLMSG_OK(nl, (unsigned int)left); nl = NLMSG_NEXT(nl, left))
		if (nl->nlmsg_type == NLMSG_DONE || nl->nlmsg_type == NLMSG_ERROR)
			return false;
	return true;
}

/* A request that is right: 0 or a negative errno; 1 when what came back is not an answer. */
int talk_request(int sock, const struct datagram *d, struct listing *l)
{
	struct answers answers;

	if (!talk_send(sock, d))
		err(1, "send");
	if (!talk_read(sock, l, &answers) || answers.lost || answers.count != 1)
		return 1;
	return answers.all[0].error;
}

/* --- the controller */

static const struct nlattr *within(const struct nlattr *nest, int type)
{
	return nest ? attr_find(attr_data(nest), attr_size(nest), type) : NULL;
}

static const struct nlattr *describe(int sock, const char *family, int type)
{
	struct {
		struct nlmsghdr nl;
		struct genlmsghdr genl;
		struct nlattr attr;
		char name[GENL_NAMSIZ];
	} request = {
		.nl = { .nlmsg_len = sizeof(request), .nlmsg_type = GENL_ID_CTRL, .nlmsg_flags = NLM_F_REQUEST },
		.genl = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 },
		.attr = { .nla_len = NLA_HDRLEN + GENL_NAMSIZ, .nla_type = CTRL_ATTR_FAMILY_NAME },
	};

	strncpy(request.name, family, sizeof(request.name) - 1);
	if (send(sock, &request, sizeof(request), 0) < 0 || recv(sock, &in, sizeof(in), 0) < 0)
		err(1, "%s", family);
	if (in.nl.nlmsg_type == NLMSG_ERROR)
		return NULL;
	return attr_find(in.bytes + NLMSG_HDRLEN + GENL_HDRLEN, in.nl.nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN, type);
}

bool talk_families(int sock)
{
	static const char *const names[] = { SHUNT_GENL_NAME, SHUNT_GENL_COMPAT_NAME };

	for (size_t i = 0; i < COUNT(names); i++) {
		const struct nlattr *id = describe(sock, names[i], CTRL_ATTR_FAMILY_ID);

		if (!id)
			return false;
		memcpy(&world.families[i], (const uint8_t *)id + NLA_HDRLEN, 2);
	}
	return true;
}

/* A socket that hears of every change. */
int talk_listen(void)
{
	int sock = talk_open();
	const struct nlattr *id = within(within(describe(sock, SHUNT_GENL_NAME, CTRL_ATTR_MCAST_GROUPS), 1), CTRL_ATTR_MCAST_GRP_ID);
	uint32_t group;

	if (!id)
		errx(1, "no group of events");
	memcpy(&group, (const uint8_t *)id + NLA_HDRLEN, sizeof(group));
	if (setsockopt(sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		err(1, "listen");
	return sock;
}

/* Counts events by command; false when one of them is wrong. */
bool talk_hear(int sock, unsigned int *events, bool *lost)
{
	for (;;) {
		ssize_t got = recv(sock, &in, sizeof(in), MSG_DONTWAIT);

		if (got < 0 && errno == EAGAIN)
			return true;
		if (got < 0) {
			*lost = true;
			continue;
		}
		if (!listing_event(in.bytes, in.nl.nlmsg_len))
			return false;
		events[((struct genlmsghdr *)NLMSG_DATA(&in.nl))->cmd]++;
	}
}
