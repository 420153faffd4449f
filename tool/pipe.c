// SPDX-License-Identifier: GPL-2.0-only
#include "pipe.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

#include <netlink/netlink.h>

/*
 * Every refusal waits to be read, and takes up to 3 kB of the receive buffer
 * until it is.
 */
#define BATCH_MAX	128
#define BATCH_SIZE	32768
#define ROOM		(BATCH_MAX * 4096)

/* Refusals are short: the request is not repeated in them. */
#define ANSWER_SIZE	8192

/*
 * Requests that are sent at once. Only the last asks for an ack, which says that
 * all were carried out; the others answer when they are refused. Their sequence
 * number is their place in the batch, from 1 on.
 */
struct batch {
	size_t item;			/* the next one to be sent */
	size_t count;
	size_t used;
	size_t items[BATCH_MAX];	/* what each request begins with */
	size_t at[BATCH_MAX];		/* and where it is */
	char data[BATCH_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
};

static struct nlmsghdr *request(struct batch *batch, size_t i)
{
	return (struct nlmsghdr *)(batch->data + batch->at[i]);
}

static bool add(struct batch *batch, const struct shunt_nl *nl,
		const struct nl_msg *msg)
{
	const struct nlmsghdr *made = nlmsg_hdr((struct nl_msg *)msg);
	struct nlmsghdr *hdr;

	if (batch->used + NLMSG_ALIGN(made->nlmsg_len) > BATCH_SIZE)
		return false;
	batch->items[batch->count] = batch->item;
	batch->at[batch->count] = batch->used;
	hdr = request(batch, batch->count);
	memcpy(hdr, made, made->nlmsg_len);
	hdr->nlmsg_flags = NLM_F_REQUEST;
	hdr->nlmsg_pid = nl_socket_get_local_port(nl->socket);
	hdr->nlmsg_seq = ++batch->count;
	batch->used += NLMSG_ALIGN(made->nlmsg_len);
	return true;
}

/* Fills the batch, each request by way of @msg; 0 or a positive errno. */
static int fill(struct batch *batch, const struct shunt_nl *nl,
		struct nl_msg *msg, size_t count, const struct pipe_ops *ops,
		void *arg)
{
	batch->count = 0;
	batch->used = 0;
	while (batch->count < BATCH_MAX && batch->item < count) {
		size_t items = ops->make(batch->item, msg, arg);

		if (!items)
			return EMSGSIZE;
		if (!add(batch, nl, msg))
			break;
		batch->item += items;
	}
	request(batch, batch->count - 1)->nlmsg_flags |= NLM_F_ACK;
	return 0;
}

/* The last request has no answer; true to stop. */
static bool go_without(struct batch *batch, const struct pipe_ops *ops,
		       void *arg)
{
	size_t last = batch->count - 1;
	struct shunt_nl_reply reply = {
		.error = shunt_nl_unanswered(request(batch, last)),
	};

	return reply.error && ops->refused(batch->items[last],
					   request(batch, last), &reply, arg);
}

/* Reads one datagram; @done: the answer to the last request was in it. */
static int read_answers(const struct shunt_nl *nl, struct batch *batch,
			const struct pipe_ops *ops, void *arg, bool *stop,
			bool *done)
{
	char data[ANSWER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *hdr = (struct nlmsghdr *)data;
	ssize_t got;
	int rest;

	got = recv(nl_socket_get_fd(nl->socket), data, sizeof(data),
		   MSG_DONTWAIT);
	if (got < 0 && errno == EAGAIN) {
		*stop = go_without(batch, ops, arg) || *stop;
		*done = true;
		return 0;
	}
	if (got < 0)
		return -1;
	for (rest = got; nlmsg_ok(hdr, rest); hdr = nlmsg_next(hdr, &rest)) {
		struct shunt_nl_reply reply;
		size_t i = hdr->nlmsg_seq - 1;

		if (hdr->nlmsg_type != NLMSG_ERROR || i >= batch->count)
			continue;
		shunt_nl_read_error(hdr, &reply);
		if (reply.error && ops->refused(batch->items[i],
						request(batch, i), &reply, arg))
			*stop = true;
		*done = *done || i == batch->count - 1;
	}
	return 0;
}

/* More than is the default; beyond the limit for all where we may. */
static void make_room(const struct shunt_nl *nl)
{
	int fd = nl_socket_get_fd(nl->socket);
	int size = ROOM;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

/* What was not read is no answer to what is asked next. */
static void drain(const struct shunt_nl *nl)
{
	char data[ANSWER_SIZE];
	ssize_t got;

	do
		got = recv(nl_socket_get_fd(nl->socket), data, sizeof(data),
			   MSG_DONTWAIT);
	while (got >= 0 || errno == ENOBUFS);
}

static int send_batch(const struct shunt_nl *nl, struct batch *batch,
		      const struct pipe_ops *ops, void *arg, bool *stop)
{
	bool done = false;

	if (nl_sendto(nl->socket, (void *)batch->data, batch->used) < 0)
		return -1;
	while (!done)
		if (read_answers(nl, batch, ops, arg, stop, &done))
			return -1;
	return 0;
}

/* Batch after batch; 0 or a positive errno. */
static int run(struct shunt_nl *nl, struct nl_msg *msg, size_t count,
	       const struct pipe_ops *ops, void *arg)
{
	struct batch batch;
	bool stop = false;

	batch.item = 0;
	while (batch.item < count && !stop) {
		int error = fill(&batch, nl, msg, count, ops, arg);

		if (error)
			return error;
		errno = EIO;
		if (send_batch(nl, &batch, ops, arg, &stop)) {
			error = errno;
			drain(nl);
			return error;
		}
	}
	return 0;
}

int pipe_run(struct shunt_nl *nl, size_t count, const struct pipe_ops *ops,
	     void *arg, struct shunt_nl_reply *reply)
{
	struct nl_msg *msg = shunt_nl_request(nl, 0, 0);
	int error = ENOMEM;

	make_room(nl);
	if (msg)
		error = run(nl, msg, count, ops, arg);
	nlmsg_free(msg);
	memset(reply, 0, sizeof(*reply));
	reply->error = error;
	return error ? -1 : 0;
}
