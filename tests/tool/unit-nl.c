// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport, against the one family that every kernel has: nlctrl. Acks,
 * dumps, refusals and the texts of refusals come from a real kernel here.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

#include "nl.h"
#include "unit.h"

static int count_row(struct nlmsghdr *hdr, void *arg)
{
	(void)hdr;
	++*(int *)arg;
	return 0;
}

static int bad_row(struct nlmsghdr *hdr, void *arg)
{
	(void)hdr;
	(void)arg;
	return -1;
}

static struct nl_msg *ask_for(const struct shunt_nl *nl, const char *name)
{
	struct nl_msg *msg = shunt_nl_request(nl, CTRL_CMD_GETFAMILY, 0);

	nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, name);
	return msg;
}

int main(void)
{
	struct shunt_nl_reply reply;
	struct shunt_nl nl;
	int rows = 0;

	expect(!shunt_nl_open(&nl), "a socket");
	expect(!shunt_nl_resolve(&nl, "shunt-no-such"), "no such family");
	expect(shunt_nl_resolve(&nl, "nlctrl") && nl.family == GENL_ID_CTRL &&
	       !nl.is_shunt, "the family nlctrl");

	expect(!shunt_nl_talk(&nl, ask_for(&nl, "nlctrl"), count_row, &rows,
			      &reply) && rows == 1 && !reply.error,
	       "a request gets its answer and its ack");
	expect(!shunt_nl_talk(&nl, ask_for(&nl, "nlctrl"), NULL, NULL, &reply),
	       "an answer nobody wants is passed over");

	expect(shunt_nl_talk(&nl, ask_for(&nl, "shunt-no-such"), count_row,
			     &rows, &reply) && reply.error == ENOENT &&
	       !reply.reason[0], "a refusal without a text");
	expect(shunt_nl_talk(&nl, ask_for(&nl, "a-name-much-too-long-for-a-family"),
			     count_row, &rows, &reply) && reply.error &&
	       strstr(reply.reason, "policy"),
	       "a refusal with the kernel's text: %s", reply.reason);
	expect(shunt_nl_talk(&nl, shunt_nl_request(&nl, 200, 0), count_row,
			     &rows, &reply) && reply.error == EOPNOTSUPP,
	       "a command that is not there");

	rows = 0;
	expect(!shunt_nl_talk(&nl, shunt_nl_request(&nl, CTRL_CMD_GETFAMILY,
						    NLM_F_DUMP),
			      count_row, &rows, &reply) && rows > 0,
	       "a dump of %d rows", rows);
	expect(shunt_nl_talk(&nl, ask_for(&nl, "nlctrl"), bad_row, NULL,
			     &reply) && reply.error == EBADMSG,
	       "an answer that makes no sense");
	expect(shunt_nl_talk(&nl, NULL, NULL, NULL, &reply) &&
	       reply.error == ENOMEM, "a message that could not be made");
	shunt_nl_close(&nl);
	return unit_end();
}
