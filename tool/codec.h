/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Netlink attributes to the model's structs and back. Pure: works on messages
 * in memory.
 */
#ifndef SHUNTADM_CODEC_H
#define SHUNTADM_CODEC_H

#include <netlink/msg.h>

#include "model.h"
#include "table.h"

/*
 * put: append a nest to @msg. Return 0, or -1 when it is full.
 * codec_put_service_key() appends what names a service and nothing else. What
 * is new goes without what only Shunt has, where that is as by default.
 */
int codec_put_service_key(struct nl_msg *msg, const struct service *service);
int codec_put_service(struct nl_msg *msg, const struct service *service);
int codec_put_new_service(struct nl_msg *msg, const struct service *service);
int codec_put_dest(struct nl_msg *msg, const struct dest *dest);
int codec_put_new_dest(struct nl_msg *msg, const struct dest *dest);
int codec_put_daemon(struct nl_msg *msg, const struct sync_daemon *daemon);
int codec_put_timeouts(struct nl_msg *msg, const struct timeouts *timeouts);

/*
 * get: read one answer. Return 0, or -1 when it is malformed or lacks what
 * makes it usable.
 * @family of codec_get_dest(): the service's, for kernels that leave it out.
 * Statistics are the caller's to free, whatever is returned.
 */
int codec_get_service(struct nlmsghdr *hdr, struct service *service);
int codec_get_dest(struct nlmsghdr *hdr, uint16_t family, struct dest *dest);
int codec_get_daemon(struct nlmsghdr *hdr, struct sync_daemon *daemon);
int codec_get_timeouts(struct nlmsghdr *hdr, struct timeouts *timeouts);
int codec_get_info(struct nlmsghdr *hdr, struct info *info);
int codec_get_conn(struct nlmsghdr *hdr, struct conn *conn);

/**
 * codec_get_dests() - all real servers in one answer
 * @family:	the service's
 * @dests:	a list of struct dest, which they are appended to
 *
 * Return: 0, or -1 when one is malformed or memory is out.
 */
int codec_get_dests(struct nlmsghdr *hdr, uint16_t family, struct list *dests);

/**
 * codec_get_drop() - drop reason number @index of those in one answer
 *
 * Return: 1 with @drop filled in, 0 past the last, -1 on a malformed one.
 */
int codec_get_drop(struct nlmsghdr *hdr, unsigned int index,
		   struct drop *drop);

#endif
