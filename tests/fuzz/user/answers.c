// SPDX-License-Identifier: GPL-2.0-only
/*
 * tool/nl.c, codec.c, event.c, print.c and print_json.c: any datagrams as a
 * director's answer. What is understood can be printed, as JSON too, and what of
 * it can be sent comes back as it was.
 *
 * The first byte says what was asked for, the rest are the datagrams, each behind
 * two bytes with its length.
 */
#include <errno.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <string.h>
#include <sys/socket.h>

#include "codec.h"
#include "event.h"
#include "fuzz.h"
#include "nl.h"
#include "print_json.h"
#include "tool.h"

/* What was understood. */
struct answer {
	int asked;
	uint16_t family;	/* of the last service */
	struct list table, conns, daemons, drops;
	struct timeouts timeouts;
	struct info info;
};

static struct fuzz input;

ssize_t __wrap_recv(int fd, void *buffer, size_t size, int flags)
{
	size_t length = fuzz_take(&input, 2);

	(void)fd;
	(void)flags;
	if (input.at == input.end) {
		errno = EAGAIN;
		return -1;
	}
	if (length > (size_t)(input.end - input.at))
		length = input.end - input.at;
	memcpy(buffer, input.at, length < size ? length : size);
	input.at += length;
	return length;
}

/* The number that answers have to have. */
int __wrap_nl_send_auto(struct nl_sock *socket, struct nl_msg *msg)
{
	(void)socket;
	nlmsg_hdr(msg)->nlmsg_seq = 1;
	return 0;
}

static struct nl_msg *request(void)
{
	struct nl_msg *msg = nlmsg_alloc_size(8192);

	genlmsg_put(msg, 0, 1, 0x21, 0, 0, 1, 1);
	return msg;
}

static void check_service(const struct service *service)
{
	struct nl_msg *msg = request();
	struct service again;

	must(!codec_put_service(msg, service), "no room");
	must(!codec_get_service(nlmsg_hdr(msg), &again), "not read again");
	again.stats = service->stats;
	/* With a mark there is neither. */
	if (service->fwmark) {
		again.protocol = service->protocol;
		again.port = service->port;
	}
	must(!memcmp(service, &again, sizeof(again)), "another");
	nlmsg_free(msg);
}

/* What is not sent: what it did and does. */
static void check_dest(const struct dest *dest)
{
	struct nl_msg *msg = request();
	struct dest again;

	must(!codec_put_dest(msg, dest), "no room");
	must(!codec_get_dest(nlmsg_hdr(msg), 0, &again), "not read again");
	again.active = dest->active;
	again.inactive = dest->inactive;
	again.persistent = dest->persistent;
	again.stats = dest->stats;
	if (dest->forward != SHUNT_FWD_TUNNEL) {
		again.tun_type = dest->tun_type;
		again.tun_port = dest->tun_port;
		again.tun_flags = dest->tun_flags;
	}
	must(!memcmp(dest, &again, sizeof(again)), "another");
	nlmsg_free(msg);
}

static int on_service(struct nlmsghdr *hdr, void *arg)
{
	struct entry entry = { .dests = LIST_OF(struct dest) };
	struct answer *answer = arg;
	int failed = codec_get_service(hdr, &entry.service);

	if (failed) {
		free(entry.service.stats);
		return failed;
	}
	answer->family = entry.service.addr.family;
	check_service(&entry.service);
	return !list_add(&answer->table, &entry);
}

static int on_dests(struct nlmsghdr *hdr, void *arg)
{
	struct answer *answer = arg;
	struct list lone = LIST_OF(struct dest), *dests = &lone;
	int failed;

	if (answer->table.count)
		dests = &list_at(&answer->table, struct entry,
				 answer->table.count - 1)->dests;
	failed = codec_get_dests(hdr, answer->family, dests);
	for (size_t i = 0; i < dests->count; i++) {
		check_dest(list_at(dests, struct dest, i));
		if (dests == &lone)
			free(list_at(dests, struct dest, i)->stats);
	}
	list_free(&lone);
	return failed;
}

static int on_conn(struct nlmsghdr *hdr, void *arg)
{
	struct answer *answer = arg;
	struct conn conn;

	if (codec_get_conn(hdr, &conn)) {
		free(conn.pe_data);
		return -1;
	}
	return !list_add(&answer->conns, &conn);
}

static int on_daemon(struct nlmsghdr *hdr, void *arg)
{
	struct answer *answer = arg;
	struct sync_daemon daemon;

	return codec_get_daemon(hdr, &daemon) ||
	       !list_add(&answer->daemons, &daemon);
}

static int on_drops(struct nlmsghdr *hdr, void *arg)
{
	struct answer *answer = arg;
	struct drop drop;
	int got;

	for (unsigned int i = 0; (got = codec_get_drop(hdr, i, &drop)) > 0; i++)
		if (!list_add(&answer->drops, &drop))
			return -1;
	return got;
}

static int on_timeouts(struct nlmsghdr *hdr, void *arg)
{
	struct answer *answer = arg;

	return codec_get_timeouts(hdr, &answer->timeouts);
}

static int on_info(struct nlmsghdr *hdr, void *arg)
{
	struct answer *answer = arg;

	return codec_get_info(hdr, &answer->info);
}

static int on_event(struct nlmsghdr *hdr, void *arg)
{
	static const struct print_style style = { .format = FORMAT_PLAIN,
						  .numeric = true };
	struct event event = { 0 };
	struct text text;
	char *json;

	(void)arg;
	if (event_read(hdr, &event) <= 0)
		return 0;
	text_begin(&text);
	event_print(text.out, &event, &style);
	free(text_end(&text));
	text_begin(&text);
	print_json_event(text.out, &event);
	json = text_end(&text);
	must(is_json(json) && !strchr(json, '\n')[1], "%s", json);
	free(json);
	return 0;
}

/* Services and their real servers come in turn. */
static int on_table(struct nlmsghdr *hdr, void *arg)
{
	return nlmsg_find_attr(hdr, GENL_HDRLEN, SHUNT_CMD_ATTR_SERVICE) ?
	       on_service(hdr, arg) : on_dests(hdr, arg);
}

static const shunt_nl_row_fn rows[] = {
	on_table, on_conn, on_daemon, on_drops, on_timeouts, on_info, on_event,
};

#define N_ROWS	(sizeof(rows) / sizeof(rows[0]))

static void print_text(FILE *out, const struct answer *a, bool classic)
{
	struct print_style style = { .classic = classic, .numeric = true };

	for (style.format = 0; style.format <= FORMAT_PLAIN; style.format++) {
		style.exact = !style.exact;
		print_services(out, &a->table, &a->info, &style);
	}
	style.engines = !classic;
	print_conns(out, &a->conns, &style);
	print_timeouts(out, &a->timeouts);
	print_daemons(out, &a->daemons);
	print_drops(out, &a->drops, &style);
}

static void print_json(FILE *out, const struct answer *a)
{
	struct director director = { .info = a->info };

	switch (a->asked) {
	case 0:
		print_json_services(out, &director, &a->table);
		break;
	case 1:
		print_json_conns(out, &director, &a->conns);
		break;
	case 2:
		print_json_daemons(out, &director, &a->daemons);
		break;
	case 3:
		print_json_drops(out, &director, &a->drops);
		break;
	default:
		print_json_timeouts(out, &director, &a->timeouts);
	}
}

static void check_prints(struct answer *answer)
{
	struct text text;
	char *json;

	text_begin(&text);
	print_text(text.out, answer, false);
	print_text(text.out, answer, true);
	free(text_end(&text));
	text_begin(&text);
	print_json(text.out, answer);
	json = text_end(&text);
	must(is_json(json), "%s", json);
	free(json);
}

static void check_reply(const struct shunt_nl_reply *reply, int failed)
{
	must(!failed == !reply->error, "%d, %d", failed, reply->error);
	must(memchr(reply->reason, '\0', sizeof(reply->reason)), "no end");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct answer answer = {
		.table = LIST_OF(struct entry), .conns = LIST_OF(struct conn),
		.daemons = LIST_OF(struct sync_daemon),
		.drops = LIST_OF(struct drop),
	};
	static struct shunt_nl nl = { .family = 0x21, .size = 4096 };
	struct shunt_nl_reply reply;
	int failed;

	input = (struct fuzz){ data, data + size };
	if (!nl.socket)
		nl.socket = nl_socket_alloc();
	nl.buffer = malloc(nl.size);
	answer.asked = fuzz_take(&input, 1) % N_ROWS;
	failed = shunt_nl_talk(&nl, request(), rows[answer.asked], &answer,
			       &reply);
	check_reply(&reply, failed);
	check_prints(&answer);
	table_free(&answer.table);
	conns_free(&answer.conns);
	list_free(&answer.daemons);
	list_free(&answer.drops);
	free(nl.buffer);
	return 0;
}
