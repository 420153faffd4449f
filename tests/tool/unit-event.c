// SPDX-License-Identifier: GPL-2.0-only
/* Events, from messages as the kernel multicasts them to lines. */
#include <stdlib.h>

#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "codec.h"
#include "event.h"
#include "parse.h"
#include "print_json.h"
#include "unit.h"

static struct service a_service(void)
{
	struct service service = {
		.protocol = IPPROTO_TCP,
		.port = 80,
		.sched = "rr",
		.netmask = ~0u,
	};

	parse_address("1.1.1.1", &service.addr);
	return service;
}

static struct dest a_dest(void)
{
	struct dest dest = { .port = 8080, .forward = SHUNT_FWD_MASQ,
			     .weight = 3 };

	parse_address("172.16.1.1", &dest.addr);
	return dest;
}

static struct nl_msg *message(int cmd)
{
	struct nl_msg *msg = nlmsg_alloc();

	genlmsg_put(msg, 0, 0, 42, 0, 0, cmd, SHUNT_GENL_VERSION);
	return msg;
}

static struct nl_msg *service_message(int cmd)
{
	struct service service = a_service();
	struct nl_msg *msg = message(cmd);

	codec_put_service(msg, &service);
	return msg;
}

static struct nl_msg *dest_message(int cmd)
{
	struct service service = a_service();
	struct dest dest = a_dest();
	struct nl_msg *msg = message(cmd);

	codec_put_service_key(msg, &service);
	codec_put_dest(msg, &dest);
	return msg;
}

static struct nl_msg *timeouts_message(int cmd)
{
	struct timeouts timeouts = { 900, 120, 300 };
	struct nl_msg *msg = message(cmd);

	codec_put_timeouts(msg, &timeouts);
	return msg;
}

/* 1234.005678 s after the epoch; the tests run in UTC. */
static const struct timespec now = { 1234, 5678999 };

#define SECONDS "1970-01-01 00:20:34 "
#define LINE "{\"schema_version\":1,\"time\":\"1970-01-01T00:20:34.005678Z\",\"event\":"
#define KEY "\"protocol\":\"TCP\",\"address\":\"1.1.1.1\",\"port\":80,\"fwmark\":null,\"address_family\":\"IPv4\""

static void expect_lines(struct nl_msg *msg, const char *text,
			 const char *json)
{
	struct print_style style = { .format = FORMAT_PLAIN, .numeric = true };
	struct event event = { .time = now };
	char *line = NULL, title[128];
	size_t size;
	FILE *out;

	expect(event_read(nlmsg_hdr(msg), &event) == 1, "understood: %s", text);
	nlmsg_free(msg);

	out = open_memstream(&line, &size);
	event_print(out, &event, &style);
	fclose(out);
	snprintf(title, sizeof(title), "as text: %s", text);
	title[strcspn(title, "\n")] = '\0';
	expect_text(line, text, title);
	free(line);

	out = open_memstream(&line, &size);
	print_json_event(out, &event);
	fclose(out);
	if (strlen(line) > strlen(json))	/* its beginning will do */
		line[strlen(json)] = '\0';
	snprintf(title, sizeof(title), "as JSON: %s", text);
	title[strcspn(title, "\n")] = '\0';
	expect_text(line, json, title);
	free(line);
}

static void lines(void)
{
	expect_lines(service_message(SHUNT_CMD_NEW_SERVICE),
		     SECONDS "added   TCP  1.1.1.1:80 rr\n",
		     LINE "\"added\",\"service\":{" KEY ",\"scheduler\":\"rr\",");
	expect_lines(service_message(SHUNT_CMD_SET_SERVICE),
		     SECONDS "changed TCP  1.1.1.1:80 rr\n",
		     LINE "\"changed\",\"service\":{" KEY ",\"scheduler\":\"rr\",");
	expect_lines(service_message(SHUNT_CMD_DEL_SERVICE),
		     SECONDS "removed TCP  1.1.1.1:80 rr\n",
		     LINE "\"removed\",\"service\":{" KEY ",\"scheduler\":\"rr\",");
	expect_lines(dest_message(SHUNT_CMD_NEW_DEST),
		     SECONDS "added   TCP  1.1.1.1:80 -> 172.16.1.1:8080 Masq weight 3\n",
		     LINE "\"added\",\"service\":{" KEY "},\"real_server\":{\"address\":\"172.16.1.1\",\"port\":8080,\"forwarding\":\"masquerading\",");
	expect_lines(dest_message(SHUNT_CMD_SET_DEST),
		     SECONDS "changed TCP  1.1.1.1:80 -> 172.16.1.1:8080 Masq weight 3\n",
		     LINE "\"changed\",\"service\":{" KEY "},\"real_server\":{");
	expect_lines(dest_message(SHUNT_CMD_DEL_DEST),
		     SECONDS "removed TCP  1.1.1.1:80 -> 172.16.1.1:8080 Masq weight 3\n",
		     LINE "\"removed\",\"service\":{" KEY "},\"real_server\":{");
	expect_lines(dest_message(SHUNT_CMD_DEST_DRAINED),
		     SECONDS "drained TCP  1.1.1.1:80 -> 172.16.1.1:8080 Masq weight 3\n",
		     LINE "\"drained\",\"service\":{" KEY "},\"real_server\":{");
	expect_lines(timeouts_message(SHUNT_CMD_SET_CONFIG),
		     SECONDS "changed Timeout (tcp tcpfin udp): 900 120 300\n",
		     LINE "\"changed\",\"timeouts\":{\"tcp_seconds\":900,\"tcp_fin_seconds\":120,\"udp_seconds\":300}}\n");
}

/* What a real server's line has only where it has it. */
static void servers(void)
{
	struct service service = { .fwmark = 7, .addr.family = AF_INET6 };
	struct print_style style = { .format = FORMAT_PLAIN, .numeric = true };
	struct dest dest = {
		.port = 80, .forward = SHUNT_FWD_TUNNEL, .u_threshold = 20,
		.tun_type = TUNNEL_GUE, .tun_port = 6080,
		.tun_flags = TUNNEL_F_CSUM, .drain = { true, true, 60 },
	};
	char *line = NULL;
	size_t size;
	FILE *out = open_memstream(&line, &size);

	parse_address("2001:db8::1", &dest.addr);
	print_server(out, &service, &dest, &style);
	fclose(out);
	expect_text(line, "FWM  7 IPv6 -> [2001:db8::1]:80 Tunnel gue:6080:+c weight 0 thresholds 20 0 draining, 60 s left\n",
		    "a real server with thresholds, in a tunnel, draining");
	free(line);
}

static void others(void)
{
	static const int cmds[] = {
		SHUNT_CMD_GET_SERVICE, SHUNT_CMD_NEW_DAEMON, SHUNT_CMD_SET_INFO,
		SHUNT_CMD_ZERO, SHUNT_CMD_GET_ALL, 200,
	};
	struct event event;
	struct nl_msg *msg;

	for (size_t i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++) {
		msg = service_message(cmds[i]);
		expect(!event_read(nlmsg_hdr(msg), &event),
		       "command %d is no event", cmds[i]);
		nlmsg_free(msg);
	}

	msg = message(SHUNT_CMD_NEW_SERVICE);
	expect(event_read(nlmsg_hdr(msg), &event) < 0,
	       "a service event without a service makes no sense");
	nlmsg_free(msg);
	msg = service_message(SHUNT_CMD_NEW_DEST);
	expect(event_read(nlmsg_hdr(msg), &event) < 0,
	       "a real server's event without one makes no sense");
	nlmsg_free(msg);
	msg = nlmsg_alloc_simple(42, 0);
	expect(event_read(nlmsg_hdr(msg), &event) < 0,
	       "a message without a command makes no sense");
	nlmsg_free(msg);
}

/* The longest kind of event, cut off at each byte. */
static void cut(void)
{
	struct nl_msg *whole = dest_message(SHUNT_CMD_NEW_DEST);
	struct nlmsghdr *hdr = nlmsg_hdr(whole);
	uint32_t length = hdr->nlmsg_len;
	int understood = 0;

	for (uint32_t size = NLMSG_HDRLEN; size < length; size++) {
		struct nlmsghdr *part = malloc(size);
		struct event event;

		memcpy(part, hdr, size);
		part->nlmsg_len = size;
		understood += event_read(part, &event) > 0;
		free(part);
	}
	expect(!understood, "of %u cut messages none is taken for a whole one",
	       length - NLMSG_HDRLEN);
	nlmsg_free(whole);
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	lines();
	servers();
	others();
	cut();
	return unit_end();
}
