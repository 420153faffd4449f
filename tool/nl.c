// SPDX-License-Identifier: GPL-2.0-only
#include "nl.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include <linux/shunt.h>

/* Room for a service with some ninety real servers. */
#define REQUEST_SIZE 8192

/* Room for the events of some thousand changes, should they come at once. */
#define EVENTS_SIZE (16 << 20)

/* The kernel's own limit. */
#define ERRNO_MAX 4095

int shunt_nl_open(struct shunt_nl *nl, size_t size)
{
	int one = 1;
	int fd;

	memset(nl, 0, sizeof(*nl));
	nl->socket = nl_socket_alloc();
	nl->buffer = malloc(size);
	nl->size = size;
	if (!nl->socket || !nl->buffer) {
		shunt_nl_close(nl);
		return ENOMEM;
	}
	if (genl_connect(nl->socket) < 0) {
		int error = errno;

		shunt_nl_close(nl);
		return error ? error : EPROTONOSUPPORT;
	}
	nl_socket_set_msg_buf_size(nl->socket, size);

	/*
	 * The texts of refusals, without the request repeated in front of them.
	 * A kernel that knows neither still gives the errno.
	 */
	fd = nl_socket_get_fd(nl->socket);
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	return 0;
}

void shunt_nl_close(struct shunt_nl *nl)
{
	nl_socket_free(nl->socket);
	free(nl->buffer);
	nl->socket = NULL;
	nl->buffer = NULL;
}

bool shunt_nl_resolve(struct shunt_nl *nl, const char *name)
{
	int family = genl_ctrl_resolve(nl->socket, name);

	if (family < 0)
		return false;
	nl->family = family;
	nl->is_shunt = !strcmp(name, SHUNT_GENL_NAME);
	return true;
}

struct nl_msg *shunt_nl_request(const struct shunt_nl *nl, int cmd, int flags)
{
	struct nl_msg *msg = nlmsg_alloc_size(REQUEST_SIZE);

	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, nl->family, 0,
				flags | NLM_F_ACK, cmd, SHUNT_GENL_VERSION)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

void shunt_nl_set_command(struct nl_msg *msg, int cmd)
{
	struct genlmsghdr *genl = nlmsg_data(nlmsg_hdr(msg));

	genl->cmd = cmd;
}

void shunt_nl_rewrite(struct nl_msg *msg, int cmd)
{
	shunt_nl_set_command(msg, cmd);
	nlmsg_hdr(msg)->nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
}

/* @tlvs: the attributes that an ack or the end of a dump carries. */
static void read_reason(struct shunt_nl_reply *reply, struct nlattr *tlvs, int len)
{
	struct nlattr *text = nla_find(tlvs, len, NLMSGERR_ATTR_MSG);
	struct nlattr *offset = nla_find(tlvs, len, NLMSGERR_ATTR_OFFS);

	if (offset && nla_len(offset) >= (int)sizeof(uint32_t))
		reply->offset = nla_get_u32(offset);
	if (text)
		snprintf(reply->reason, sizeof(reply->reason), "%.*s",
			 nla_len(text), (char *)nla_data(text));
}

/* The kernel's number as an errno: what is none makes no sense. */
static int error_of(int number)
{
	return number > 0 || number < -ERRNO_MAX ? EBADMSG : -number;
}

/* Where attributes begin: behind the request, which may be repeated. */
static size_t error_size(const struct nlmsghdr *hdr, const struct nlmsgerr *err)
{
	size_t request = err->msg.nlmsg_len;

	if (hdr->nlmsg_flags & NLM_F_CAPPED || request < NLMSG_HDRLEN)
		return sizeof(*err);
	return sizeof(*err) - NLMSG_HDRLEN + NLMSG_ALIGN(request);
}

void shunt_nl_read_error(struct nlmsghdr *hdr, struct shunt_nl_reply *reply)
{
	struct nlmsgerr *err = nlmsg_data(hdr);
	size_t size = nlmsg_datalen(hdr), used;

	memset(reply, 0, sizeof(*reply));
	if (nlmsg_datalen(hdr) < (int)sizeof(*err)) {
		reply->error = EBADMSG;
		return;
	}
	reply->error = error_of(err->error);
	used = error_size(hdr, err);
	if ((hdr->nlmsg_flags & NLM_F_ACK_TLVS) && size > used)
		read_reason(reply, (struct nlattr *)((char *)err + used),
			    size - used);
}

int shunt_nl_unanswered(const struct nlmsghdr *request)
{
	const struct genlmsghdr *genl = nlmsg_data(request);

	return genl->cmd == SHUNT_CMD_DEL_DAEMON ? 0 : EINTR;
}

/* A dump that fails on its way says so in the message that ends it. */
static void read_end(struct nlmsghdr *hdr, struct shunt_nl_reply *reply)
{
	int error;

	if (nlmsg_datalen(hdr) < (int)sizeof(error))
		return;
	memcpy(&error, nlmsg_data(hdr), sizeof(error));
	if (error < 0)
		reply->error = error_of(error);
	if (hdr->nlmsg_flags & NLM_F_ACK_TLVS)
		read_reason(reply, (struct nlattr *)((char *)nlmsg_data(hdr) +
						     sizeof(error)),
			    nlmsg_datalen(hdr) - sizeof(error));
}

/* One message of an answer; true where it was the last. */
static bool take(struct nlmsghdr *hdr, shunt_nl_row_fn row, void *arg,
		 struct shunt_nl_reply *reply)
{
	/* What was dumped changed meanwhile; who asked knows whether it matters. */
	if (hdr->nlmsg_flags & NLM_F_DUMP_INTR)
		reply->interrupted = true;
	switch (hdr->nlmsg_type) {
	case NLMSG_ERROR:
		shunt_nl_read_error(hdr, reply);
		return true;
	case NLMSG_DONE:
		read_end(hdr, reply);
		return true;
	case NLMSG_NOOP:
		return false;
	case NLMSG_OVERRUN:
		reply->error = ENOBUFS;
		return true;
	}
	if (row && row(hdr, arg))
		reply->error = EBADMSG;
	return reply->error;
}

/* Rows are read where they came to: libnl would copy each of thousands. */
static void receive(struct shunt_nl *nl, const struct nlmsghdr *request,
		    shunt_nl_row_fn row, void *arg,
		    struct shunt_nl_reply *reply)
{
	const uint32_t seq = request->nlmsg_seq;

	for (;;) {
		ssize_t got = recv(shunt_nl_fd(nl), nl->buffer, nl->size,
				   MSG_TRUNC | MSG_DONTWAIT);
		struct nlmsghdr *hdr = nl->buffer;
		int rest = got;

		if (got < 0 && errno == EAGAIN) {
			reply->error = shunt_nl_unanswered(request);
			return;
		}
		if (got < 0 || (size_t)got > nl->size) {
			reply->error = got < 0 ? errno : EMSGSIZE;
			return;
		}
		for (; NLMSG_OK(hdr, rest); hdr = NLMSG_NEXT(hdr, rest))
			if (hdr->nlmsg_seq == seq && take(hdr, row, arg, reply))
				return;
	}
}

int shunt_nl_talk(struct shunt_nl *nl, struct nl_msg *msg, shunt_nl_row_fn row,
		  void *arg, struct shunt_nl_reply *reply)
{
	memset(reply, 0, sizeof(*reply));
	if (!msg)
		reply->error = ENOMEM;
	else if (nl_send_auto(nl->socket, msg) < 0)
		reply->error = EIO;
	else
		receive(nl, nlmsg_hdr(msg), row, arg, reply);
	nlmsg_free(msg);
	return reply->error ? -1 : 0;
}

/* A negative number of libnl as an errno. */
static int group_error(int error)
{
	switch (-error) {
	case NLE_OBJ_NOTFOUND:
		return EOPNOTSUPP;
	case NLE_NOMEM:
		return ENOMEM;
	case NLE_PERM:
	case NLE_NOACCESS:
		return EPERM;
	default:
		return EIO;
	}
}

/*
 * The groups' numbers; 0 or a positive errno. Asked for on a socket of its own,
 * as an event that is there first would be taken for the answer.
 */
static int find_groups(const char *family, const char *group, int *events,
		       int *farewells)
{
	struct shunt_nl asking;
	int error = shunt_nl_open(&asking, SHUNT_NL_LONG);

	if (error)
		return error;
	*events = genl_ctrl_resolve_grp(asking.socket, family, group);
	/* A family that goes away says nothing itself, this group says it. */
	*farewells = genl_ctrl_resolve_grp(asking.socket, "nlctrl", "notify");
	shunt_nl_close(&asking);
	if (*events < 0)
		return group_error(*events);
	return *farewells < 0 ? group_error(*farewells) : 0;
}

int shunt_nl_subscribe(struct shunt_nl *nl, const char *family,
		       const char *group)
{
	int size = EVENTS_SIZE;
	int events, farewells;
	int error = find_groups(family, group, &events, &farewells);

	if (error)
		return error;
	/* Beyond the limit for all where we may, else as far as that goes. */
	if (setsockopt(shunt_nl_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE, &size,
		       sizeof(size)))
		nl_socket_set_buffer_size(nl->socket, size, 0);
	if (nl_socket_add_membership(nl->socket, events) < 0 ||
	    nl_socket_add_membership(nl->socket, farewells) < 0)
		return errno;
	return 0;
}

int shunt_nl_fd(const struct shunt_nl *nl)
{
	return nl_socket_get_fd(nl->socket);
}

/* Where messages of groups go to. */
struct listener {
	const struct shunt_nl *nl;
	shunt_nl_row_fn row;
	void *arg;
	int error;
};

static bool is_farewell(const struct shunt_nl *nl, struct nlmsghdr *hdr)
{
	const struct genlmsghdr *genl = nlmsg_data(hdr);
	struct nlattr *id;

	if (hdr->nlmsg_type != GENL_ID_CTRL || !genlmsg_valid_hdr(hdr, 0) ||
	    genl->cmd != CTRL_CMD_DELFAMILY)
		return false;
	id = nlmsg_find_attr(hdr, GENL_HDRLEN, CTRL_ATTR_FAMILY_ID);
	return id && nla_get_u16(id) == nl->family;
}

static int on_event(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	struct listener *listener = arg;

	if (hdr->nlmsg_type == listener->nl->family) {
		if (listener->row(hdr, listener->arg))
			listener->error = EBADMSG;
	} else if (is_farewell(listener->nl, hdr)) {
		listener->error = ENODEV;
	}
	return listener->error ? NL_STOP : NL_OK;
}

/* Events are answers to nothing: their numbers mean nothing either. */
static int on_number(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

int shunt_nl_receive(struct shunt_nl *nl, shunt_nl_row_fn row, void *arg)
{
	struct listener listener = { .nl = nl, .row = row, .arg = arg };
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int got;

	if (!cb)
		return ENOMEM;
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_number, NULL);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_event, &listener);
	got = nl_recvmsgs(nl->socket, cb);
	nl_cb_put(cb);
	if (listener.error)
		return listener.error;
	/* libnl's word for ENOBUFS and for its own lack of memory. */
	if (got == -NLE_NOMEM)
		return ENOBUFS;
	return got < 0 ? EIO : 0;
}
