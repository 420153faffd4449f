// SPDX-License-Identifier: GPL-2.0-only
#include "nl.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include <linux/shunt.h>

/* More than any request takes; libnl would clear a page for each. */
#define REQUEST_SIZE 1024

/* Room for the events of some thousand changes, should they come at once. */
#define EVENTS_SIZE (16 << 20)

/* One request under way. */
struct talk {
	shunt_nl_row_fn row;
	void *arg;
	struct shunt_nl_reply *reply;
	bool done;
};

int shunt_nl_open(struct shunt_nl *nl, size_t size)
{
	int one = 1;
	int fd;

	memset(nl, 0, sizeof(*nl));
	nl->socket = nl_socket_alloc();
	if (!nl->socket)
		return ENOMEM;
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
	nl->socket = NULL;
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

void shunt_nl_rewrite(struct nl_msg *msg, int cmd)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	struct genlmsghdr *genl = nlmsg_data(hdr);

	genl->cmd = cmd;
	hdr->nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
}

/* @tlvs: the attributes that an ack or the end of a dump carries. */
static void read_reason(struct shunt_nl_reply *reply, struct nlattr *tlvs, int len)
{
	struct nlattr *text = nla_find(tlvs, len, NLMSGERR_ATTR_MSG);

	if (text)
		snprintf(reply->reason, sizeof(reply->reason), "%.*s",
			 nla_len(text), (char *)nla_data(text));
}

void shunt_nl_read_error(struct nlmsghdr *hdr, struct shunt_nl_reply *reply)
{
	struct nlmsgerr *err = nlmsg_data(hdr);
	int used = sizeof(*err);

	memset(reply, 0, sizeof(*reply));
	reply->error = -err->error;
	if (!(hdr->nlmsg_flags & NLM_F_CAPPED))
		used += NLMSG_ALIGN(err->msg.nlmsg_len) - NLMSG_HDRLEN;
	if ((hdr->nlmsg_flags & NLM_F_ACK_TLVS) && nlmsg_datalen(hdr) > used)
		read_reason(reply, (struct nlattr *)((char *)err + used),
			    nlmsg_datalen(hdr) - used);
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *err, void *arg)
{
	/* libnl hands out the payload; the header is right before it. */
	struct nlmsghdr *hdr = (struct nlmsghdr *)((char *)err - NLMSG_HDRLEN);
	struct talk *talk = arg;

	(void)from;
	talk->done = true;
	shunt_nl_read_error(hdr, talk->reply);
	return NL_STOP;
}

/* A dump that fails on its way says so in the message that ends it. */
static int on_finish(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	struct talk *talk = arg;
	int error;

	talk->done = true;
	if (nlmsg_datalen(hdr) < (int)sizeof(error))
		return NL_STOP;
	memcpy(&error, nlmsg_data(hdr), sizeof(error));
	if (error < 0)
		talk->reply->error = -error;
	if (hdr->nlmsg_flags & NLM_F_ACK_TLVS)
		read_reason(talk->reply,
			    (struct nlattr *)((char *)nlmsg_data(hdr) +
					      sizeof(error)),
			    nlmsg_datalen(hdr) - sizeof(error));
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct talk *talk = arg;

	(void)msg;
	talk->done = true;
	return NL_STOP;
}

static int on_row(struct nl_msg *msg, void *arg)
{
	struct talk *talk = arg;

	if (!talk->row || !talk->row(nlmsg_hdr(msg), talk->arg))
		return NL_OK;
	talk->reply->error = EBADMSG;
	talk->done = true;
	return NL_STOP;
}

/* What was dumped changed meanwhile; who asked knows whether that matters. */
static int on_interrupted(struct nl_msg *msg, void *arg)
{
	struct talk *talk = arg;

	(void)msg;
	talk->reply->interrupted = true;
	return NL_OK;
}

static int receive(struct shunt_nl *nl, struct nl_cb *cb, struct talk *talk)
{
	while (!talk->done) {
		int error = nl_recvmsgs(nl->socket, cb);

		if (talk->done)
			break;
		if (error < 0) {
			talk->reply->error = EIO;
			snprintf(talk->reply->reason,
				 sizeof(talk->reply->reason), "%s",
				 nl_geterror(error));
			break;
		}
	}
	return talk->reply->error ? -1 : 0;
}

int shunt_nl_talk(struct shunt_nl *nl, struct nl_msg *msg, shunt_nl_row_fn row, void *arg,
	    struct shunt_nl_reply *reply)
{
	struct talk talk = { .row = row, .arg = arg, .reply = reply };
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int failed = -1;

	memset(reply, 0, sizeof(*reply));
	if (!msg || !cb) {
		reply->error = ENOMEM;
		goto out;
	}
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, &talk);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, &talk);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, &talk);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_row, &talk);
	nl_cb_set(cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_interrupted, &talk);

	if (nl_send_auto(nl->socket, msg) < 0)
		reply->error = EIO;
	else
		failed = receive(nl, cb, &talk);
out:
	nl_cb_put(cb);
	nlmsg_free(msg);
	return failed;
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
