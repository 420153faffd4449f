// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes as requests: what goes into one together, and which line it was that a
 * refusal is about. The linker puts a model in the place of pipe_run() (--wrap),
 * which refuses what it is told to.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "change.h"
#include "pipe.h"
#include "unit.h"

/* "7" for a request of that command, "7+2" with two real servers in it. */
static char sent[4096];
/* Refuses request number @at, for what is there in its part @part. */
static struct { int at, part; } fault;

static int count_dests(struct nlmsghdr *hdr, uint32_t *offset)
{
	struct nlattr *attr;
	int rest, count = 0;

	nlmsg_for_each_attr(attr, hdr, GENL_HDRLEN, rest) {
		if (nla_type(attr) != SHUNT_CMD_ATTR_DEST)
			continue;
		/* Somewhere in it. */
		if (++count == fault.part)
			*offset = (char *)attr - (char *)hdr + 8;
	}
	return count;
}

int __wrap_pipe_run(struct shunt_nl *nl, size_t count,
		    const struct pipe_ops *ops, void *arg,
		    struct shunt_nl_reply *reply);

int __wrap_pipe_run(struct shunt_nl *nl, size_t count,
		    const struct pipe_ops *ops, void *arg,
		    struct shunt_nl_reply *reply)
{
	struct nl_msg *msg = shunt_nl_request(nl, 0, 0);
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	size_t taken;
	int n = 0;

	(void)reply;
	*sent = '\0';
	for (size_t i = 0; i < count; i += taken, n++) {
		struct shunt_nl_reply refusal = { .error = EEXIST };
		int dests;

		taken = ops->make(i, msg, arg);
		if (!taken)
			break;
		dests = count_dests(hdr, &refusal.offset);
		sprintf(strchr(sent, '\0'), "%s%d", i ? " " : "",
			((struct genlmsghdr *)nlmsg_data(hdr))->cmd);
		if (taken > 1)
			sprintf(strchr(sent, '\0'), "+%d", dests);
		if (n == fault.at && ops->refused(i, hdr, &refusal, arg))
			break;
	}
	nlmsg_free(msg);
	return 0;
}

static struct step step_of(enum command_id id, int port, int number)
{
	return (struct step){
		.cmd = {
			.id = id,
			.service = {
				.addr = { AF_INET, { htonl(0x01020304) } },
				.protocol = IPPROTO_TCP,
				.port = port,
				.sched = "rr",
			},
			.dest = {
				.addr = { AF_INET, { htonl(0x0a000000 + number) } },
				.port = 80,
				.weight = 1,
			},
		},
	};
}

static unsigned int refused_line;

static int on_refused(const struct step *step, struct error *error, void *arg)
{
	(void)error;
	(void)arg;
	refused_line = step->line;
	return 1;
}

/* "A1 a1 a1 e2": commands, each for a service by its port. */
static void run(const char *text, bool is_shunt, bool whole)
{
	static const enum command_id ids[] = {
		['A'] = CMD_ADD_SERVICE, ['a'] = CMD_ADD_SERVER,
		['e'] = CMD_EDIT_SERVER, ['C'] = CMD_FLUSH,
	};
	struct director director = { .nl = { .family = 99, .is_shunt = is_shunt } };
	struct list steps = LIST_OF(struct step);
	struct error error = { 0 };

	for (; text; text = strchr(text, ' ')) {
		struct step step;

		text += *text == ' ';
		step = step_of(ids[(int)*text], atoi(text + 1), steps.count);
		step.line = steps.count + 1;
		list_add(&steps, &step);
	}
	refused_line = 0;
	change_run_all(&director, (struct step *)steps.items, steps.count,
		       whole, on_refused, NULL, &error);
	list_free(&steps);
}

static void expect_sent(const char *text, bool is_shunt, bool whole,
			const char *wanted, const char *title)
{
	fault.at = -1;
	run(text, is_shunt, whole);
	expect_text(sent, wanted, title);
}

static void expect_line(const char *text, int at, int part, unsigned int line)
{
	fault.at = at;
	fault.part = part;
	run(text, true, true);
	expect(refused_line == line, "%s, request %d, part %d: line %u", text,
	       at, part, refused_line);
}

static void together(void)
{
	expect_sent("A1 a1 a1 A2 a2 A3 C A4", true, true, "68+2 68+1 1 17 1",
		    "services with their real servers");
	expect_sent("A1 a1 A2 a1 a2 e2", true, true, "68+1 1 5 5 6",
		    "a real server that is not right behind its service");
	expect_sent("A1 a1 a1", false, true, "1 5 5", "ip_vs takes one by one");
	expect_sent("A1 a1 a1", true, false, "1 5 5",
		    "one by one where a refusal is no reason to stop");
}

/* More real servers than a request has room for. */
static void overflow(void)
{
	char text[8 + 3 * 200] = "A1";
	size_t dests = 0, singles = 0;

	for (int i = 0; i < 200; i++)
		strcat(text, " a1");
	fault.at = -1;
	run(text, true, true);
	sscanf(sent, "68+%zu", &dests);
	for (const char *at = sent; (at = strstr(at, " 5")); at++)
		singles++;
	expect(dests > 50 && singles && dests + singles == 200,
	       "200 real servers: %zu in one request, %zu behind it", dests,
	       singles);
}

static void lines(void)
{
	expect_line("A1 a1 a1 A2 a2", 0, 0, 1);
	expect_line("A1 a1 a1 A2 a2", 0, 1, 2);
	expect_line("A1 a1 a1 A2 a2", 0, 2, 3);
	expect_line("A1 a1 a1 A2 a2", 1, 0, 4);
	expect_line("A1 a1 a1 A2 a2", 1, 1, 5);
	expect_line("A1 a2 e1", 1, 1, 2);
	expect_line("A1 a2 e1", 2, 1, 3);
}

int main(void)
{
	together();
	overflow();
	lines();
	return unit_end();
}
