/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many requests over one socket, without waiting for the answer to each.
 */
#ifndef SHUNTADM_PIPE_H
#define SHUNTADM_PIPE_H

#include "nl.h"

/**
 * struct pipe_ops - the two sides of a pipe
 * @make:	writes a request into @msg, over what is there, for item number @i
 *		and as many that follow it as it takes; returns how many those
 *		are with it, 0 when it does not fit
 * @refused:	the kernel refused the request @hdr, which begins with item
 *		number @i; nonzero: send no more
 */
struct pipe_ops {
	size_t (*make)(size_t i, struct nl_msg *msg, void *arg);
	int (*refused)(size_t i, struct nlmsghdr *hdr,
		       const struct shunt_nl_reply *reply, void *arg);
};

/**
 * pipe_run() - send requests for @count items, which get nothing but an ack
 *
 * They are carried out in order. Those that are on their way when one before
 * them is refused are carried out, too.
 *
 * Return: 0, or -1 with @reply filled in when it is unknown what came of some.
 */
int pipe_run(struct shunt_nl *nl, size_t count, const struct pipe_ops *ops,
	     void *arg, struct shunt_nl_reply *reply);

#endif
