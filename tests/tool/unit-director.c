// SPDX-License-Identifier: GPL-2.0-only
/*
 * A configuration that changes while it is fetched. The linker puts a kernel in
 * the place of the real one (--wrap=shunt_nl_talk) that has one virtual service,
 * on another port from one dump to the next, until it keeps still.
 */
#include <netinet/in.h>
#include <netlink/genl/genl.h>

#include "codec.h"
#include "director.h"
#include "unit.h"

/* How many dumps of services there were, and after how many it keeps still. */
static int dumps, restless;

static int give_service(shunt_nl_row_fn row, void *arg)
{
	struct service service = {
		.addr = { .family = AF_INET, .word = { htonl(0x01020304) } },
		.protocol = IPPROTO_TCP,
		.port = 80 + (dumps < restless ? dumps : restless),
		.sched = "rr",
	};
	struct nl_msg *msg = nlmsg_alloc();
	int failed;

	genlmsg_put(msg, 0, 0, 99, 0, 0, SHUNT_CMD_NEW_SERVICE, 1);
	codec_put_service(msg, &service);
	failed = row(nlmsg_hdr(msg), arg);
	nlmsg_free(msg);
	return failed;
}

int __wrap_shunt_nl_talk(struct shunt_nl *nl, struct nl_msg *msg,
			 shunt_nl_row_fn row, void *arg,
			 struct shunt_nl_reply *reply);

int __wrap_shunt_nl_talk(struct shunt_nl *nl, struct nl_msg *msg,
			 shunt_nl_row_fn row, void *arg,
			 struct shunt_nl_reply *reply)
{
	int cmd = ((struct genlmsghdr *)nlmsg_data(nlmsg_hdr(msg)))->cmd;
	int failed = 0;

	memset(reply, 0, sizeof(*reply));
	if (cmd == SHUNT_CMD_GET_ALL || cmd == SHUNT_CMD_GET_SERVICE) {
		failed = give_service(row, arg);
		dumps++;
		/* IPVS does not say so. */
		reply->interrupted = nl->is_shunt && dumps <= restless;
	}
	nlmsg_free(msg);
	return failed;
}

/* How many dumps it takes to have the configuration; -1 where it fails. */
static int fetch(bool is_shunt, int changes, struct error *error)
{
	struct director director = { .nl = { .is_shunt = is_shunt } };
	struct config config = CONFIG_EMPTY;
	int failed;

	dumps = 0;
	restless = changes;
	memset(error, 0, sizeof(*error));
	failed = director_config(&director, &config, error);
	if (!failed)
		expect(config.table.count == 1 &&
		       list_at(&config.table, struct entry, 0)->service.port ==
		       80 + changes, "it is the last there was");
	config_free(&config);
	return failed ? -1 : dumps;
}

static void configurations(void)
{
	const char *text = "the configuration changes all the time, try again";
	struct error error;

	expect(fetch(true, 0, &error) == 1, "Shunt, nothing changes: one dump");
	expect(fetch(true, 3, &error) == 4, "three interrupted ones, the fourth is it");
	expect(fetch(true, 99, &error) < 0, "Shunt never keeps still");
	expect_text(error.classic, text, text);

	expect(fetch(false, 0, &error) == 2, "IPVS, nothing changes: two dumps");
	expect(fetch(false, 3, &error) == 5, "the fifth is as the fourth was");
	expect(fetch(false, 99, &error) < 0, "IPVS never keeps still");
	expect_text(error.classic, text, text);
}

/* What is only looked at may be a moment old. */
static void lists(void)
{
	struct director director = { .nl = { .is_shunt = true } };
	struct list table = LIST_OF(struct entry);
	struct error error = { 0 };

	dumps = 0;
	restless = 99;
	expect(!director_services(&director, NULL, true, &table, &error) &&
	       table.count == 1, "what never keeps still is listed");
	table_free(&table);
}

int main(void)
{
	configurations();
	lists();
	return unit_end();
}
