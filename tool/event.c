// SPDX-License-Identifier: GPL-2.0-only
#include "event.h"

#include <stdlib.h>
#include <string.h>

#include <netlink/genl/genl.h>

#include "codec.h"

/* What the commands that make up the group mean. */
static const struct {
	uint8_t cmd;
	enum event_kind kind;
	enum event_object object;
} meanings[] = {
	{ SHUNT_CMD_NEW_SERVICE, EVENT_ADDED, EVENT_SERVICE },
	{ SHUNT_CMD_SET_SERVICE, EVENT_CHANGED, EVENT_SERVICE },
	{ SHUNT_CMD_DEL_SERVICE, EVENT_REMOVED, EVENT_SERVICE },
	{ SHUNT_CMD_NEW_DEST, EVENT_ADDED, EVENT_SERVER },
	{ SHUNT_CMD_SET_DEST, EVENT_CHANGED, EVENT_SERVER },
	{ SHUNT_CMD_DEL_DEST, EVENT_REMOVED, EVENT_SERVER },
	{ SHUNT_CMD_DEST_DRAINED, EVENT_DRAINED, EVENT_SERVER },
	{ SHUNT_CMD_SET_CONFIG, EVENT_CHANGED, EVENT_TIMEOUTS },
};

#define N_MEANINGS (sizeof(meanings) / sizeof(meanings[0]))

static int read_object(struct nlmsghdr *hdr, struct event *event)
{
	struct service *service = &event->service;
	struct dest *dest = &event->dest;
	int failed;

	if (event->object == EVENT_TIMEOUTS)
		return codec_get_timeouts(hdr, &event->timeouts);
	dest->stats = NULL;
	failed = codec_get_service(hdr, service) ||
		 (event->object != EVENT_SERVICE &&
		  codec_get_dest(hdr, service->addr.family, dest));
	/* Nobody wants statistics of them. */
	free(service->stats);
	free(dest->stats);
	service->stats = dest->stats = NULL;
	return failed;
}

int event_read(struct nlmsghdr *hdr, struct event *event)
{
	const struct genlmsghdr *genl = nlmsg_data(hdr);

	if (!genlmsg_valid_hdr(hdr, 0))
		return -1;
	for (size_t i = 0; i < N_MEANINGS; i++) {
		if (meanings[i].cmd != genl->cmd)
			continue;
		event->kind = meanings[i].kind;
		event->object = meanings[i].object;
		return read_object(hdr, event) ? -1 : 1;
	}
	return 0;
}

const char *event_name(enum event_kind kind)
{
	static const char *const names[] = {
		[EVENT_ADDED] = "added",
		[EVENT_CHANGED] = "changed",
		[EVENT_REMOVED] = "removed",
		[EVENT_DRAINED] = "drained",
		[EVENT_LISTENING] = "listening",
		[EVENT_LOST] = "lost",
	};

	return names[kind];
}

void event_print(FILE *out, const struct event *event,
		 const struct print_style *style)
{
	struct tm local;
	char when[32];

	localtime_r(&event->time.tv_sec, &local);
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &local);
	fprintf(out, "%s %-7s ", when, event_name(event->kind));

	switch (event->object) {
	case EVENT_NOTHING:
		fputc('\n', out);
		break;
	case EVENT_SERVICE:
		print_service(out, &event->service, style);
		break;
	case EVENT_SERVER:
		print_server(out, &event->service, &event->dest, style);
		break;
	case EVENT_TIMEOUTS:
		print_timeouts(out, &event->timeouts);
		break;
	}
}
