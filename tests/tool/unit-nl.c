// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport, against the one family that every kernel has: nlctrl. Acks,
 * dumps, refusals and the texts of refusals come from a real kernel here.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "nl.h"
#include "pipe.h"
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

static struct nl_msg *made(int type, int cmd)
{
	struct nl_msg *msg = nlmsg_alloc();

	genlmsg_put(msg, 0, 7, type, 0, 0, cmd, 1);
	return msg;
}

/* Lets @nl receive @msg from a user, as root only may. */
static int deliver(const struct shunt_nl *nl, struct nl_msg *msg)
{
	struct sockaddr_nl to = {
		.nl_family = AF_NETLINK,
		.nl_pid = nl_socket_get_local_port(nl->socket),
	};
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	int failed;

	failed = sendto(fd, nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len, 0,
			(struct sockaddr *)&to, sizeof(to)) < 0;
	close(fd);
	nlmsg_free(msg);
	return failed;
}

/* An event that is there before all groups are joined is none of their answers. */
static void early_event(void)
{
	struct shunt_nl socket, *nl = &socket;
	int rows = 0;

	shunt_nl_open(nl, SHUNT_NL_LONG);
	nl->family = 999;
	if (!deliver(nl, made(999, 3))) {
		expect(!shunt_nl_subscribe(nl, "nlctrl", "notify"),
		       "an event before the group is joined");
		expect(!shunt_nl_receive(nl, count_row, &rows) && rows == 1,
		       "is received after it");
	}
	shunt_nl_close(nl);
}

static struct nl_msg *farewell(int family)
{
	struct nl_msg *msg = made(GENL_ID_CTRL, CTRL_CMD_DELFAMILY);

	nla_put_u16(msg, CTRL_ATTR_FAMILY_ID, family);
	return msg;
}

/* Groups, of a socket that is told that it is about a family that is not there. */
static void listening(void)
{
	struct shunt_nl socket, *nl = &socket;
	int rows = 0;

	shunt_nl_open(nl, SHUNT_NL_LONG);
	expect(shunt_nl_subscribe(nl, "shunt-no-such", "events") == EOPNOTSUPP,
	       "no such family to listen to");
	expect(shunt_nl_subscribe(nl, "nlctrl", "no-such") == EOPNOTSUPP,
	       "no such group");
	expect(!shunt_nl_subscribe(nl, "nlctrl", "notify"), "a group");

	nl->family = 999;
	if (deliver(nl, made(999, 3))) {
		printf("# not root: what is received is not looked at\n");
		shunt_nl_close(nl);
		return;
	}
	expect(!shunt_nl_receive(nl, count_row, &rows) && rows == 1,
	       "an event, whatever its number in a sequence");
	deliver(nl, made(999, 3));
	expect(shunt_nl_receive(nl, bad_row, NULL) == EBADMSG,
	       "an event that makes no sense");
	deliver(nl, made(998, 3));
	deliver(nl, made(GENL_ID_CTRL, CTRL_CMD_NEWFAMILY));
	deliver(nl, made(GENL_ID_CTRL, CTRL_CMD_DELFAMILY));
	deliver(nl, farewell(998));
	for (int i = 0; i < 4; i++)
		expect(!shunt_nl_receive(nl, bad_row, NULL),
		       "what is not about our family is passed over");
	deliver(nl, farewell(999));
	expect(shunt_nl_receive(nl, bad_row, NULL) == ENODEV,
	       "the family that goes away");
	shunt_nl_close(nl);
}

/*
 * A pipe of requests, every 50th of which is granted. The others have a name too
 * long, so the kernel need not look for a module of that name.
 */
#define PIPED 300

struct piped {
	size_t made;
	size_t refused;
	size_t wrong;
	bool stop;
};

static size_t make(size_t i, struct nl_msg *msg, void *arg)
{
	struct piped *piped = arg;

	piped->made += i == piped->made;
	shunt_nl_rewrite(msg, CTRL_CMD_GETFAMILY);
	return !nla_put_string(msg, CTRL_ATTR_FAMILY_NAME,
			       i % 50 == 49 ? "nlctrl" :
			       "a-name-much-too-long-for-a-family");
}

static int refused(size_t i, struct nlmsghdr *hdr,
		   const struct shunt_nl_reply *reply, void *arg)
{
	struct piped *piped = arg;

	/* In order, all but the granted ones, with the kernel's words. */
	if (i != piped->refused + piped->refused / 49 || nlmsg_datalen(hdr) < 40 ||
	    !strstr(reply->reason, "policy"))
		piped->wrong++;
	piped->refused++;
	return piped->stop;
}

static size_t make_some(size_t i, struct nl_msg *msg, void *arg)
{
	return i < 200 ? make(i, msg, arg) : 0;
}

static void pipes(void)
{
	struct pipe_ops ops = { .make = make, .refused = refused };
	struct shunt_nl socket, *nl = &socket;
	struct piped piped = { 0 };
	struct shunt_nl_reply reply;
	int rows = 0;

	shunt_nl_open(nl, SHUNT_NL_LONG);
	shunt_nl_resolve(nl, "nlctrl");
	expect(!pipe_run(nl, PIPED, &ops, &piped, &reply) &&
	       piped.made == PIPED && piped.refused == PIPED - PIPED / 50 &&
	       !piped.wrong, "a pipe of %d requests, %zu refused, each named",
	       PIPED, piped.refused);
	piped = (struct piped){ .stop = true };
	expect(!pipe_run(nl, PIPED, &ops, &piped, &reply) && piped.refused &&
	       piped.made < PIPED / 2, "stopped, it sends no more batches");
	piped = (struct piped){ 0 };
	ops.make = make_some;
	expect(pipe_run(nl, PIPED, &ops, &piped, &reply) &&
	       reply.error == EMSGSIZE, "a request in a pipe that could not be made");
	expect(!pipe_run(nl, 0, &ops, &piped, &reply), "an empty pipe");
	expect(!shunt_nl_talk(nl, ask_for(nl, "nlctrl"), count_row, &rows,
			      &reply) && rows == 1,
	       "after a pipe there is talk as before");
	shunt_nl_close(nl);
}

/* A refusal as the kernel builds it; @length: of the request, as it says. */
struct refusal {
	struct nlmsghdr hdr;
	struct nlmsgerr err;
	struct nlattr text;
	char words[4];
};

static struct refusal refusal(uint16_t flags, uint32_t length)
{
	return (struct refusal){
		.hdr = { .nlmsg_len = sizeof(struct refusal),
			 .nlmsg_type = NLMSG_ERROR,
			 .nlmsg_flags = flags | NLM_F_ACK_TLVS },
		.err = { .error = -EEXIST, .msg.nlmsg_len = length },
		.text = { .nla_type = NLMSGERR_ATTR_MSG, .nla_len = 8 },
		.words = "why",
	};
}

/* Lengths and numbers that are not so (tests/fuzz/user/answers.c). */
static void odd_refusals(void)
{
	static const uint32_t lengths[] = {
		0, 15, 17, 100, 0x7fffffff, 0x80000000, 0xffffff00, 0xffffffff,
	};
	struct shunt_nl_reply reply;
	struct refusal odd = refusal(0, sizeof(struct nlmsghdr));

	shunt_nl_read_error(&odd.hdr, &reply);
	expect(reply.error == EEXIST && !strcmp(reply.reason, "why"),
	       "a text behind the request's header");
	for (unsigned int i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		odd = refusal(0, lengths[i]);
		shunt_nl_read_error(&odd.hdr, &reply);
		expect(reply.error == EEXIST, "a request of %u bytes",
		       lengths[i]);
		odd = refusal(NLM_F_CAPPED, lengths[i]);
		shunt_nl_read_error(&odd.hdr, &reply);
		expect(!strcmp(reply.reason, "why"), "or of %u, left out",
		       lengths[i]);
	}
	odd.hdr.nlmsg_len = sizeof(odd.hdr) + 4;
	shunt_nl_read_error(&odd.hdr, &reply);
	expect(reply.error == EBADMSG, "a refusal that is cut");
	odd = refusal(0, 0);
	odd.err.error = INT32_MIN;
	shunt_nl_read_error(&odd.hdr, &reply);
	expect(reply.error == EBADMSG, "a number that is no errno");
}

int main(void)
{
	struct shunt_nl_reply reply;
	struct shunt_nl nl;
	int rows = 0;

	expect(!shunt_nl_open(&nl, SHUNT_NL_LONG), "a socket");
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
	listening();
	early_event();
	pipes();
	odd_refusals();
	return unit_end();
}
