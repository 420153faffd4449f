// SPDX-License-Identifier: GPL-2.0-only
#include "control/event.h"

#include <net/genetlink.h>

#include "control/attr.h"
#include "control/netlink.h"
#include "table/dest.h"

/*
 * While a command is carried out the family is there. What comes from no
 * command has to see to it that it is.
 */
static DEFINE_MUTEX(end_mutex);
static bool ended;

/**
 * struct event - a message to listeners under construction
 * @skb:	the message
 * @header:	its generic netlink header
 */
struct event {
	struct sk_buff *skb;
	void *header;
};

/* Listeners that miss an event are told so: their next read gives ENOBUFS. */
static void lost(struct shunt_net *sn)
{
	genl_set_err(&shunt_family, sn->net, 0, SHUNT_GROUP_EVENTS, -ENOBUFS);
}

/* False where nobody listens, in whatever netns, or memory is out. */
static bool begin(struct event *event, struct shunt_net *sn, enum shunt_cmd cmd)
{
	if (!genl_has_listeners(&shunt_family, sn->net, SHUNT_GROUP_EVENTS))
		return false;
	event->skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!event->skb) {
		lost(sn);
		return false;
	}
	/* Nothing can be missing room in a new message of this size. */
	event->header = genlmsg_put(event->skb, 0, 0, &shunt_family, 0, cmd);
	return true;
}

static void finish(struct event *event, struct shunt_net *sn, int err)
{
	if (err) {
		nlmsg_free(event->skb);
		lost(sn);
		return;
	}
	genlmsg_end(event->skb, event->header);
	genlmsg_multicast_netns(&shunt_family, sn->net, event->skb, 0,
				SHUNT_GROUP_EVENTS, GFP_KERNEL);
}

/**
 * shunt_event_service() - a virtual service was added, changed or removed
 * @sn:		the netns
 * @cmd:	SHUNT_CMD_NEW_SERVICE, _SET_SERVICE or _DEL_SERVICE
 * @svc:	the service, as it is now or was in the end
 *
 * Context: shunt_net.mutex.
 */
void shunt_event_service(struct shunt_net *sn, enum shunt_cmd cmd,
			 const struct shunt_service *svc)
{
	struct event event;

	if (begin(&event, sn, cmd))
		finish(&event, sn, shunt_put_service(event.skb, svc, false));
}

/**
 * shunt_event_dest() - a real server was added, changed or removed
 * @sn:		the netns
 * @cmd:	SHUNT_CMD_NEW_DEST, _SET_DEST or _DEL_DEST
 * @svc:	its service, of which the key is told
 * @dest:	the real server, as it is now or was in the end
 *
 * Context: shunt_net.mutex.
 */
void shunt_event_dest(struct shunt_net *sn, enum shunt_cmd cmd,
		      const struct shunt_service *svc,
		      const struct shunt_dest *dest)
{
	struct event event;

	if (begin(&event, sn, cmd))
		finish(&event, sn,
		       shunt_put_service_key(event.skb, &svc->key) ?:
		       shunt_put_dest(event.skb, dest, false));
}

/**
 * shunt_event_drained() - a real server that is draining is empty
 * @sn:		the netns
 * @dest:	the real server
 *
 * Context: shunt_net.mutex.
 */
void shunt_event_drained(struct shunt_net *sn, const struct shunt_dest *dest)
{
	mutex_lock(&end_mutex);
	if (!ended)
		shunt_event_dest(sn, SHUNT_CMD_DEST_DRAINED, dest->svc, dest);
	mutex_unlock(&end_mutex);
}

/**
 * shunt_events_end() - no event from now on that comes from no command
 *
 * The family is about to go.
 */
void shunt_events_end(void)
{
	mutex_lock(&end_mutex);
	ended = true;
	mutex_unlock(&end_mutex);
}

/**
 * shunt_event_timeouts() - the timeouts were changed
 * @sn:	the netns
 *
 * Context: shunt_net.mutex.
 */
void shunt_event_timeouts(struct shunt_net *sn)
{
	struct event event;

	if (begin(&event, sn, SHUNT_CMD_SET_CONFIG))
		finish(&event, sn, shunt_put_timeouts(event.skb, sn));
}
