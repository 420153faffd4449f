/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way to the kernel: one socket and one resolved family a run. Knows
 * messages, not what is in them.
 */
#ifndef SHUNTADM_NL_H
#define SHUNTADM_NL_H

#include <stdbool.h>
#include <stdint.h>

#include <netlink/msg.h>

/**
 * struct shunt_nl - an open connection to a director
 * @family:	generic netlink family number
 * @is_shunt:	the family is SHUNT and not IPVS
 * @buffer:	of @size bytes, what an answer is read into
 */
struct shunt_nl {
	struct nl_sock *socket;
	void *buffer;
	size_t size;
	int family;
	bool is_shunt;
};

#define SHUNT_NL_REASON_SIZE 256

/**
 * struct shunt_nl_reply - how a request ended
 * @error:	0 or a positive errno
 * @reason:	the kernel's own words (extack), empty where it has none
 * @interrupted:	what was dumped changed under way
 * @offset:	of the attribute that is wrong, from the request's header on; 0
 *		where the kernel does not say
 */
struct shunt_nl_reply {
	int error;
	uint32_t offset;
	bool interrupted;
	char reason[SHUNT_NL_REASON_SIZE];
};

/** shunt_nl_row_fn - takes one answer; nonzero says that it is malformed */
typedef int (*shunt_nl_row_fn)(struct nlmsghdr *hdr, void *arg);

/* What the kernel's dumps fill at most. */
#define SHUNT_NL_LONG	32768

/** shunt_nl_open() - a socket, no family yet; 0 or a positive errno */
int shunt_nl_open(struct shunt_nl *nl, size_t size);

void shunt_nl_close(struct shunt_nl *nl);

/** shunt_nl_resolve() - does the kernel know the family @name? */
bool shunt_nl_resolve(struct shunt_nl *nl, const char *name);

/** shunt_nl_request() - a message for command @cmd; NULL when memory is out */
struct nl_msg *shunt_nl_request(const struct shunt_nl *nl, int cmd, int flags);

/** shunt_nl_set_command() - make a message of shunt_nl_request() one for @cmd */
void shunt_nl_set_command(struct nl_msg *msg, int cmd);

/** shunt_nl_rewrite() - begin a message of shunt_nl_request() anew, for @cmd */
void shunt_nl_rewrite(struct nl_msg *msg, int cmd);

/**
 * shunt_nl_talk() - send a message and read all of its answer
 * @msg:	freed here; NULL answers with ENOMEM
 * @row:	called for each answer; NULL where only an ack is expected
 *
 * Return: 0, or -1 with @reply filled in.
 */
int shunt_nl_talk(struct shunt_nl *nl, struct nl_msg *msg, shunt_nl_row_fn row,
		  void *arg, struct shunt_nl_reply *reply);

/**
 * shunt_nl_subscribe() - listen to the multicast group @group of @family
 *
 * Only shunt_nl_receive() is of use afterwards.
 *
 * Return: 0 or a positive errno.
 */
int shunt_nl_subscribe(struct shunt_nl *nl, const char *family,
		       const char *group);

/** shunt_nl_fd() - the socket, to poll it for what is to be received */
int shunt_nl_fd(const struct shunt_nl *nl);

/**
 * shunt_nl_receive() - read what came to a group; waits where nothing did
 *
 * Return: 0; ENOBUFS when messages were lost, ENODEV when the family is no more,
 * EBADMSG when @row said so, or another positive errno.
 */
int shunt_nl_receive(struct shunt_nl *nl, shunt_nl_row_fn row, void *arg);

/** shunt_nl_read_error() - what a message of the type NLMSG_ERROR says */
void shunt_nl_read_error(struct nlmsghdr *hdr, struct shunt_nl_reply *reply);

/**
 * shunt_nl_unanswered() - how a request ended that got no answer
 * @request:	the request, sent and carried out
 *
 * The kernel carries requests out while they are sent, so that their answers are
 * there afterwards or never, and of all errors EINTR alone is not told
 * (netlink_rcv_skb()). So ends the stop of a synchronisation daemon of ip_vs's
 * whose thread had not run yet; it is stopped all the same.
 *
 * Return: 0 or EINTR.
 */
int shunt_nl_unanswered(const struct nlmsghdr *request);

#endif
