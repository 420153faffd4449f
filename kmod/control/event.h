/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What changes in the configuration is told to whoever listens to the multicast
 * group SHUNT_GENL_EVENTS in its netns. Each message looks like the answer to
 * the GET of what it is about; its command says what happened.
 */
#ifndef SHUNT_EVENT_H
#define SHUNT_EVENT_H

#include <uapi/linux/shunt.h>

#include "net.h"

struct shunt_dest;
struct shunt_service;

void shunt_event_service(struct shunt_net *sn, enum shunt_cmd cmd,
			 const struct shunt_service *svc);
void shunt_event_dest(struct shunt_net *sn, enum shunt_cmd cmd,
		      const struct shunt_service *svc,
		      const struct shunt_dest *dest);
void shunt_event_drained(struct shunt_net *sn, const struct shunt_dest *dest);
void shunt_event_timeouts(struct shunt_net *sn);
void shunt_events_end(void);

#endif /* SHUNT_EVENT_H */
