// SPDX-License-Identifier: GPL-2.0-only
#include "codec.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include <linux/shunt.h>

#define IPV4_SIZE 4
#define IPV6_SIZE 16

static const struct nla_policy service_policy[SHUNT_SVC_ATTR_MAX + 1] = {
	[SHUNT_SVC_ATTR_AF] = { .type = NLA_U16 },
	[SHUNT_SVC_ATTR_PROTOCOL] = { .type = NLA_U16 },
	[SHUNT_SVC_ATTR_PORT] = { .type = NLA_U16 },
	[SHUNT_SVC_ATTR_FWMARK] = { .type = NLA_U32 },
	[SHUNT_SVC_ATTR_FLAGS] = { .minlen = sizeof(struct shunt_flags) },
	[SHUNT_SVC_ATTR_TIMEOUT] = { .type = NLA_U32 },
	[SHUNT_SVC_ATTR_NETMASK] = { .type = NLA_U32 },
	[SHUNT_SVC_ATTR_TIMEOUT_TCP] = { .type = NLA_U32 },
	[SHUNT_SVC_ATTR_TIMEOUT_TCP_FIN] = { .type = NLA_U32 },
	[SHUNT_SVC_ATTR_TIMEOUT_UDP] = { .type = NLA_U32 },
	[SHUNT_SVC_ATTR_RESET] = { .type = NLA_U32 },
	[SHUNT_SVC_ATTR_UDP_LEAVE] = { .type = NLA_U32 },
};

static const struct nla_policy dest_policy[SHUNT_DEST_ATTR_MAX + 1] = {
	[SHUNT_DEST_ATTR_PORT] = { .type = NLA_U16 },
	[SHUNT_DEST_ATTR_FWD_METHOD] = { .type = NLA_U32 },
	[SHUNT_DEST_ATTR_WEIGHT] = { .type = NLA_U32 },
	[SHUNT_DEST_ATTR_U_THRESH] = { .type = NLA_U32 },
	[SHUNT_DEST_ATTR_L_THRESH] = { .type = NLA_U32 },
	[SHUNT_DEST_ATTR_ACTIVE_CONNS] = { .type = NLA_U32 },
	[SHUNT_DEST_ATTR_INACT_CONNS] = { .type = NLA_U32 },
	[SHUNT_DEST_ATTR_PERSIST_CONNS] = { .type = NLA_U32 },
	[SHUNT_DEST_ATTR_ADDR_FAMILY] = { .type = NLA_U16 },
	[SHUNT_DEST_ATTR_TUN_TYPE] = { .type = NLA_U8 },
	[SHUNT_DEST_ATTR_TUN_PORT] = { .type = NLA_U16 },
	[SHUNT_DEST_ATTR_TUN_FLAGS] = { .type = NLA_U16 },
	[SHUNT_DEST_ATTR_DRAIN] = { .type = NLA_U32 },
	[SHUNT_DEST_ATTR_DRAIN_SECONDS] = { .type = NLA_U32 },
};

static const struct nla_policy daemon_policy[SHUNT_DAEMON_ATTR_MAX + 1] = {
	[SHUNT_DAEMON_ATTR_STATE] = { .type = NLA_U32 },
	[SHUNT_DAEMON_ATTR_SYNC_ID] = { .type = NLA_U32 },
	[SHUNT_DAEMON_ATTR_SYNC_MAXLEN] = { .type = NLA_U16 },
	[SHUNT_DAEMON_ATTR_MCAST_PORT] = { .type = NLA_U16 },
	[SHUNT_DAEMON_ATTR_MCAST_TTL] = { .type = NLA_U8 },
};

static const struct nla_policy conn_policy[SHUNT_CONN_ATTR_PE_DATA + 1] = {
	[SHUNT_CONN_ATTR_AF] = { .type = NLA_U16 },
	[SHUNT_CONN_ATTR_PROTOCOL] = { .type = NLA_U16 },
	[SHUNT_CONN_ATTR_CLIENT_PORT] = { .type = NLA_U16 },
	[SHUNT_CONN_ATTR_VIRTUAL_PORT] = { .type = NLA_U16 },
	[SHUNT_CONN_ATTR_DEST_AF] = { .type = NLA_U16 },
	[SHUNT_CONN_ATTR_DEST_PORT] = { .type = NLA_U16 },
	[SHUNT_CONN_ATTR_FWD_METHOD] = { .type = NLA_U32 },
	[SHUNT_CONN_ATTR_EXPIRES] = { .type = NLA_U32 },
};

static const struct nla_policy drop_policy[SHUNT_DROP_ATTR_PAD + 1] = {
	[SHUNT_DROP_ATTR_PACKETS] = { .type = NLA_U64 },
};

static const struct nla_policy info_policy[SHUNT_INFO_ATTR_MAX + 1] = {
	[SHUNT_INFO_ATTR_VERSION] = { .type = NLA_U32 },
	[SHUNT_INFO_ATTR_CONN_TAB_SIZE] = { .type = NLA_U32 },
};

static const struct nla_policy config_policy[SHUNT_CMD_ATTR_TIMEOUT_UDP + 1] = {
	[SHUNT_CMD_ATTR_TIMEOUT_TCP] = { .type = NLA_U32 },
	[SHUNT_CMD_ATTR_TIMEOUT_TCP_FIN] = { .type = NLA_U32 },
	[SHUNT_CMD_ATTR_TIMEOUT_UDP] = { .type = NLA_U32 },
};

/* libnl's own are calls, and there are hundred thousands. */
static inline void *payload(const struct nlattr *attr)
{
	return (char *)attr + NLA_HDRLEN;
}

static inline int length(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

/* How long an attribute has to be to have a value of its type. */
static int min_length(const struct nla_policy *policy)
{
	static const uint8_t sizes[NLA_TYPE_MAX + 1] = {
		[NLA_U8] = 1,
		[NLA_U16] = 2,
		[NLA_U32] = 4,
		[NLA_U64] = 8,
	};

	return policy->minlen ? policy->minlen : sizes[policy->type];
}

/*
 * As nla_parse_nested(), in a fraction of the time: a list of services has
 * hundred thousands of attributes.
 */
static int parse_nested(struct nlattr **attrs, int max, struct nlattr *nest,
			const struct nla_policy *policy)
{
	struct nlattr *attr = payload(nest);
	int rest = length(nest);

	memset(attrs, 0, (max + 1) * sizeof(*attrs));
	while (rest >= NLA_HDRLEN && attr->nla_len >= NLA_HDRLEN &&
	       attr->nla_len <= rest) {
		int type = attr->nla_type & NLA_TYPE_MASK;
		int step = NLA_ALIGN(attr->nla_len);

		if (type <= max) {
			if (policy && attr->nla_len - NLA_HDRLEN <
				      min_length(&policy[type]))
				return -1;
			attrs[type] = attr;
		}
		attr = (struct nlattr *)((char *)attr + step);
		rest -= step;
	}
	return 0;
}

/* An attribute that is missing reads as 0. */
static uint32_t get_u32(struct nlattr *attr)
{
	return attr ? *(uint32_t *)payload(attr) : 0;
}

static uint16_t get_u16(struct nlattr *attr)
{
	return attr ? *(uint16_t *)payload(attr) : 0;
}

static void get_string(struct nlattr *attr, char *text, size_t size)
{
	size_t used = attr ? strnlen(payload(attr), length(attr)) : 0;

	if (used >= size)
		used = size - 1;
	if (used)
		memcpy(text, payload(attr), used);
	text[used] = '\0';
}

static int get_address(struct nlattr *attr, uint16_t family,
		       struct address *addr)
{
	int size = family == AF_INET6 ? IPV6_SIZE : IPV4_SIZE;

	memset(addr, 0, sizeof(*addr));
	if ((family != AF_INET && family != AF_INET6) || !attr ||
	    length(attr) < size)
		return -1;
	addr->family = family;
	memcpy(addr->word, payload(attr), size);
	return 0;
}

/* The same numbers in both nests, some of them shorter in the older one. */
static int read_stats(struct nlattr *nest, struct stats *out)
{
	struct nlattr *attrs[SHUNT_STATS_ATTR_PAD + 1];

	if (parse_nested(attrs, SHUNT_STATS_ATTR_PAD, nest, NULL))
		return -1;
	for (int i = 0; i < STATS_COLUMNS; i++) {
		struct nlattr *attr = attrs[SHUNT_STATS_ATTR_CONNS + i];

		if (attr && nla_len(attr) >= (int)sizeof(uint64_t))
			out->value[i] = nla_get_u64(attr);
		else if (attr && nla_len(attr) >= (int)sizeof(uint32_t))
			out->value[i] = nla_get_u32(attr);
	}
	return 0;
}

static int get_stats(struct nlattr *stats64, struct nlattr *stats,
		     struct stats **out)
{
	struct nlattr *nest = stats64 ? stats64 : stats;

	if (!nest)
		return 0;
	*out = calloc(1, sizeof(**out));
	return *out ? read_stats(nest, *out) : -1;
}

/* Parse the nest of type @type at the top level of a message. */
static int get_nest(struct nlmsghdr *hdr, int type, struct nlattr **attrs,
		    int max, const struct nla_policy *policy)
{
	struct nlattr *nest;

	if (!genlmsg_valid_hdr(hdr, 0))
		return -1;
	nest = nlmsg_find_attr(hdr, GENL_HDRLEN, type);
	if (!nest)
		return -1;
	return parse_nested(attrs, max, nest, policy);
}

/* What is not told is 0, and what is read whole can be said again. */
static void get_terms(struct nlattr **a, struct terms *terms)
{
	terms->said = true;
	for (int i = 0; i < N_TERMS; i++)
		terms->value[i] = get_u32(a[SHUNT_SVC_ATTR_TIMEOUT_TCP + i]);
}

int codec_get_service(struct nlmsghdr *hdr, struct service *service)
{
	struct nlattr *a[SHUNT_SVC_ATTR_MAX + 1];
	struct shunt_flags flags;

	memset(service, 0, sizeof(*service));
	if (get_nest(hdr, SHUNT_CMD_ATTR_SERVICE, a, SHUNT_SVC_ATTR_MAX,
		     service_policy))
		return -1;

	service->fwmark = get_u32(a[SHUNT_SVC_ATTR_FWMARK]);
	if (service->fwmark)
		service->addr.family = get_u16(a[SHUNT_SVC_ATTR_AF]);
	else if (get_address(a[SHUNT_SVC_ATTR_ADDR],
			     get_u16(a[SHUNT_SVC_ATTR_AF]), &service->addr))
		return -1;
	service->protocol = get_u16(a[SHUNT_SVC_ATTR_PROTOCOL]);
	service->port = ntohs(get_u16(a[SHUNT_SVC_ATTR_PORT]));
	get_string(a[SHUNT_SVC_ATTR_SCHED_NAME], service->sched,
		   sizeof(service->sched));
	get_string(a[SHUNT_SVC_ATTR_PE_NAME], service->pe,
		   sizeof(service->pe));
	if (a[SHUNT_SVC_ATTR_FLAGS]) {
		memcpy(&flags, nla_data(a[SHUNT_SVC_ATTR_FLAGS]),
		       sizeof(flags));
		service->flags = flags.flags & flags.mask;
	}
	service->timeout = get_u32(a[SHUNT_SVC_ATTR_TIMEOUT]);
	service->netmask = get_u32(a[SHUNT_SVC_ATTR_NETMASK]);
	get_terms(a, &service->terms);
	return get_stats(a[SHUNT_SVC_ATTR_STATS64], a[SHUNT_SVC_ATTR_STATS],
			 &service->stats);
}

static int get_dest(struct nlattr **a, uint16_t family, struct dest *dest)
{
	uint16_t own_family = get_u16(a[SHUNT_DEST_ATTR_ADDR_FAMILY]);

	if (get_address(a[SHUNT_DEST_ATTR_ADDR],
			own_family ? own_family : family, &dest->addr))
		return -1;
	dest->port = ntohs(get_u16(a[SHUNT_DEST_ATTR_PORT]));
	dest->forward = get_u32(a[SHUNT_DEST_ATTR_FWD_METHOD]);
	dest->weight = get_u32(a[SHUNT_DEST_ATTR_WEIGHT]);
	dest->u_threshold = get_u32(a[SHUNT_DEST_ATTR_U_THRESH]);
	dest->l_threshold = get_u32(a[SHUNT_DEST_ATTR_L_THRESH]);
	dest->active = get_u32(a[SHUNT_DEST_ATTR_ACTIVE_CONNS]);
	dest->inactive = get_u32(a[SHUNT_DEST_ATTR_INACT_CONNS]);
	dest->persistent = get_u32(a[SHUNT_DEST_ATTR_PERSIST_CONNS]);
	if (a[SHUNT_DEST_ATTR_TUN_TYPE])
		dest->tun_type = nla_get_u8(a[SHUNT_DEST_ATTR_TUN_TYPE]);
	dest->tun_port = ntohs(get_u16(a[SHUNT_DEST_ATTR_TUN_PORT]));
	dest->tun_flags = get_u16(a[SHUNT_DEST_ATTR_TUN_FLAGS]);
	dest->drain.said = true;
	dest->drain.on = get_u32(a[SHUNT_DEST_ATTR_DRAIN]);
	dest->drain.seconds = get_u32(a[SHUNT_DEST_ATTR_DRAIN_SECONDS]);
	return get_stats(a[SHUNT_DEST_ATTR_STATS64], a[SHUNT_DEST_ATTR_STATS],
			 &dest->stats);
}

int codec_get_dest(struct nlmsghdr *hdr, uint16_t family, struct dest *dest)
{
	struct nlattr *a[SHUNT_DEST_ATTR_MAX + 1];

	memset(dest, 0, sizeof(*dest));
	if (get_nest(hdr, SHUNT_CMD_ATTR_DEST, a, SHUNT_DEST_ATTR_MAX,
		     dest_policy))
		return -1;
	return get_dest(a, family, dest);
}

int codec_get_dests(struct nlmsghdr *hdr, uint16_t family, struct list *dests)
{
	struct nlattr *a[SHUNT_DEST_ATTR_MAX + 1];
	struct nlattr *attr;
	size_t count = 0;
	int rest;

	nlmsg_for_each_attr(attr, hdr, GENL_HDRLEN, rest)
		count += nla_type(attr) == SHUNT_CMD_ATTR_DEST;
	if (!list_reserve(dests, count))
		return -1;
	nlmsg_for_each_attr(attr, hdr, GENL_HDRLEN, rest) {
		struct dest dest = { 0 };

		if (nla_type(attr) != SHUNT_CMD_ATTR_DEST)
			continue;
		if (parse_nested(a, SHUNT_DEST_ATTR_MAX, attr, dest_policy) ||
		    get_dest(a, family, &dest) || !list_add(dests, &dest)) {
			free(dest.stats);
			return -1;
		}
	}
	return 0;
}

int codec_get_daemon(struct nlmsghdr *hdr, struct sync_daemon *daemon)
{
	struct nlattr *a[SHUNT_DAEMON_ATTR_MAX + 1];

	memset(daemon, 0, sizeof(*daemon));
	if (get_nest(hdr, SHUNT_CMD_ATTR_DAEMON, a, SHUNT_DAEMON_ATTR_MAX,
		     daemon_policy))
		return -1;

	daemon->state = get_u32(a[SHUNT_DAEMON_ATTR_STATE]);
	get_string(a[SHUNT_DAEMON_ATTR_MCAST_IFN], daemon->interface,
		   sizeof(daemon->interface));
	daemon->syncid = get_u32(a[SHUNT_DAEMON_ATTR_SYNC_ID]);
	daemon->maxlen = get_u16(a[SHUNT_DAEMON_ATTR_SYNC_MAXLEN]);
	daemon->port = get_u16(a[SHUNT_DAEMON_ATTR_MCAST_PORT]);
	if (a[SHUNT_DAEMON_ATTR_MCAST_TTL])
		daemon->ttl = nla_get_u8(a[SHUNT_DAEMON_ATTR_MCAST_TTL]);
	if (a[SHUNT_DAEMON_ATTR_MCAST_GROUP6])
		return get_address(a[SHUNT_DAEMON_ATTR_MCAST_GROUP6], AF_INET6,
				   &daemon->group);
	if (a[SHUNT_DAEMON_ATTR_MCAST_GROUP])
		return get_address(a[SHUNT_DAEMON_ATTR_MCAST_GROUP], AF_INET,
				   &daemon->group);
	return 0;
}

int codec_get_timeouts(struct nlmsghdr *hdr, struct timeouts *timeouts)
{
	struct nlattr *a[SHUNT_CMD_ATTR_TIMEOUT_UDP + 1];

	if (genlmsg_parse(hdr, 0, a, SHUNT_CMD_ATTR_TIMEOUT_UDP,
			  config_policy))
		return -1;
	timeouts->tcp = get_u32(a[SHUNT_CMD_ATTR_TIMEOUT_TCP]);
	timeouts->tcp_fin = get_u32(a[SHUNT_CMD_ATTR_TIMEOUT_TCP_FIN]);
	timeouts->udp = get_u32(a[SHUNT_CMD_ATTR_TIMEOUT_UDP]);
	return 0;
}

int codec_get_info(struct nlmsghdr *hdr, struct info *info)
{
	struct nlattr *a[SHUNT_INFO_ATTR_MAX + 1];

	if (genlmsg_parse(hdr, 0, a, SHUNT_INFO_ATTR_MAX, info_policy))
		return -1;
	info->version = get_u32(a[SHUNT_INFO_ATTR_VERSION]);
	info->conn_tab_size = get_u32(a[SHUNT_INFO_ATTR_CONN_TAB_SIZE]);
	info->has_total = a[SHUNT_INFO_ATTR_STATS64] != NULL;
	memset(&info->total, 0, sizeof(info->total));
	return info->has_total ? read_stats(a[SHUNT_INFO_ATTR_STATS64],
					    &info->total) : 0;
}

int codec_get_conn(struct nlmsghdr *hdr, struct conn *conn)
{
	struct nlattr *a[SHUNT_CONN_ATTR_PE_DATA + 1];
	uint16_t family, dest_family;

	memset(conn, 0, sizeof(*conn));
	if (get_nest(hdr, SHUNT_CMD_ATTR_CONN, a, SHUNT_CONN_ATTR_PE_DATA,
		     conn_policy))
		return -1;

	family = get_u16(a[SHUNT_CONN_ATTR_AF]);
	dest_family = get_u16(a[SHUNT_CONN_ATTR_DEST_AF]);
	if (get_address(a[SHUNT_CONN_ATTR_CLIENT_ADDR], family,
			&conn->client) ||
	    get_address(a[SHUNT_CONN_ATTR_VIRTUAL_ADDR], family,
			&conn->virtual) ||
	    get_address(a[SHUNT_CONN_ATTR_DEST_ADDR],
			dest_family ? dest_family : family, &conn->dest))
		return -1;
	conn->protocol = get_u16(a[SHUNT_CONN_ATTR_PROTOCOL]);
	conn->client_port = ntohs(get_u16(a[SHUNT_CONN_ATTR_CLIENT_PORT]));
	conn->virtual_port = ntohs(get_u16(a[SHUNT_CONN_ATTR_VIRTUAL_PORT]));
	conn->dest_port = ntohs(get_u16(a[SHUNT_CONN_ATTR_DEST_PORT]));
	conn->forward = a[SHUNT_CONN_ATTR_FWD_METHOD] ?
			nla_get_u32(a[SHUNT_CONN_ATTR_FWD_METHOD]) :
			FORWARD_UNKNOWN;
	conn->expires = get_u32(a[SHUNT_CONN_ATTR_EXPIRES]);
	get_string(a[SHUNT_CONN_ATTR_STATE], conn->state,
		   sizeof(conn->state));
	get_string(a[SHUNT_CONN_ATTR_PE_NAME], conn->pe, sizeof(conn->pe));
	if (a[SHUNT_CONN_ATTR_PE_DATA])
		conn->pe_data = strndup(nla_data(a[SHUNT_CONN_ATTR_PE_DATA]),
					nla_len(a[SHUNT_CONN_ATTR_PE_DATA]));
	return 0;
}

int codec_get_drop(struct nlmsghdr *hdr, unsigned int index,
		   struct drop *drop)
{
	struct nlattr *a[SHUNT_DROP_ATTR_PAD + 1];
	struct nlattr *attr;
	int rest;

	memset(drop, 0, sizeof(*drop));
	if (!genlmsg_valid_hdr(hdr, 0))
		return -1;
	nlmsg_for_each_attr(attr, hdr, GENL_HDRLEN, rest) {
		if (nla_type(attr) != SHUNT_CMD_ATTR_DROP || index--)
			continue;
		if (parse_nested(a, SHUNT_DROP_ATTR_PAD, attr, drop_policy) ||
		    !a[SHUNT_DROP_ATTR_PACKETS])
			return -1;
		get_string(a[SHUNT_DROP_ATTR_NAME], drop->name,
			   sizeof(drop->name));
		get_string(a[SHUNT_DROP_ATTR_TEXT], drop->text,
			   sizeof(drop->text));
		drop->packets = nla_get_u64(a[SHUNT_DROP_ATTR_PACKETS]);
		return 1;
	}
	return 0;
}

/*
 * As nla_put(), in a fraction of the time: a file of services has hundred
 * thousands of attributes. NULL when @msg is full; the bytes up to the next
 * attribute are zero.
 */
static inline struct nlattr *put(struct nl_msg *msg, int type,
				 const void *data, size_t length)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	size_t used = NLMSG_ALIGN(hdr->nlmsg_len);
	struct nlattr *attr = (struct nlattr *)((char *)hdr + used);
	size_t size = NLA_HDRLEN + length;

	if (used + NLA_ALIGN(size) > nlmsg_get_max_size(msg))
		return NULL;
	memset((char *)attr + NLA_ALIGN(size) - NLA_ALIGNTO, 0, NLA_ALIGNTO);
	attr->nla_type = type;
	attr->nla_len = size;
	if (length)
		memcpy((char *)attr + NLA_HDRLEN, data, length);
	hdr->nlmsg_len = used + NLA_ALIGN(size);
	return attr;
}

static bool put_u8(struct nl_msg *msg, int type, uint8_t value)
{
	return put(msg, type, &value, sizeof(value));
}

static bool put_u16(struct nl_msg *msg, int type, uint16_t value)
{
	return put(msg, type, &value, sizeof(value));
}

static bool put_u32(struct nl_msg *msg, int type, uint32_t value)
{
	return put(msg, type, &value, sizeof(value));
}

static bool put_string(struct nl_msg *msg, int type, const char *text)
{
	return put(msg, type, text, strlen(text) + 1);
}

static struct nlattr *nest_start(struct nl_msg *msg, int type)
{
	return put(msg, type | NLA_F_NESTED, NULL, 0);
}

static void nest_end(struct nl_msg *msg, struct nlattr *nest)
{
	nest->nla_len = (char *)nlmsg_tail(nlmsg_hdr(msg)) - (char *)nest;
}

static bool put_key(struct nl_msg *msg, const struct service *service)
{
	if (!put_u16(msg, SHUNT_SVC_ATTR_AF, service->addr.family))
		return false;
	if (service->fwmark)
		return put_u32(msg, SHUNT_SVC_ATTR_FWMARK, service->fwmark);
	return put_u16(msg, SHUNT_SVC_ATTR_PROTOCOL, service->protocol) &&
	       put(msg, SHUNT_SVC_ATTR_ADDR, service->addr.word,
		   sizeof(service->addr.word)) &&
	       put_u16(msg, SHUNT_SVC_ATTR_PORT, htons(service->port));
}

int codec_put_service_key(struct nl_msg *msg, const struct service *service)
{
	struct nlattr *nest = nest_start(msg, SHUNT_CMD_ATTR_SERVICE);

	if (!nest || !put_key(msg, service))
		return -1;
	nest_end(msg, nest);
	return 0;
}

/* Stock ip_vs passes over them. Of what is new they are 0 without a word. */
static bool put_terms(struct nl_msg *msg, const struct terms *terms,
		      bool is_new)
{
	for (int i = 0; terms->said && i < N_TERMS; i++)
		if ((!is_new || terms->value[i]) &&
		    !put_u32(msg, SHUNT_SVC_ATTR_TIMEOUT_TCP + i,
			     terms->value[i]))
			return false;
	return true;
}

static int put_service(struct nl_msg *msg, const struct service *service,
		       bool is_new)
{
	struct shunt_flags flags = { .flags = service->flags, .mask = ~0u };
	struct nlattr *nest = nest_start(msg, SHUNT_CMD_ATTR_SERVICE);

	if (!nest || !put_key(msg, service) ||
	    !put_string(msg, SHUNT_SVC_ATTR_SCHED_NAME, service->sched) ||
	    (service->pe[0] &&
	     !put_string(msg, SHUNT_SVC_ATTR_PE_NAME, service->pe)) ||
	    !put(msg, SHUNT_SVC_ATTR_FLAGS, &flags, sizeof(flags)) ||
	    !put_u32(msg, SHUNT_SVC_ATTR_TIMEOUT, service->timeout) ||
	    !put_u32(msg, SHUNT_SVC_ATTR_NETMASK, service->netmask) ||
	    !put_terms(msg, &service->terms, is_new))
		return -1;
	nest_end(msg, nest);
	return 0;
}

int codec_put_service(struct nl_msg *msg, const struct service *service)
{
	return put_service(msg, service, false);
}

int codec_put_new_service(struct nl_msg *msg, const struct service *service)
{
	return put_service(msg, service, true);
}

static bool put_tunnel(struct nl_msg *msg, const struct dest *dest)
{
	return put_u8(msg, SHUNT_DEST_ATTR_TUN_TYPE, dest->tun_type) &&
	       put_u16(msg, SHUNT_DEST_ATTR_TUN_PORT, htons(dest->tun_port)) &&
	       put_u16(msg, SHUNT_DEST_ATTR_TUN_FLAGS, dest->tun_flags);
}

/* Stock ip_vs passes over it. */
static bool put_drain(struct nl_msg *msg, const struct drain *drain)
{
	return put_u32(msg, SHUNT_DEST_ATTR_DRAIN, drain->on) &&
	       put_u32(msg, SHUNT_DEST_ATTR_DRAIN_SECONDS, drain->seconds);
}

static int put_dest(struct nl_msg *msg, const struct dest *dest, bool drain)
{
	struct nlattr *nest = nest_start(msg, SHUNT_CMD_ATTR_DEST);

	if (!nest ||
	    !put_u16(msg, SHUNT_DEST_ATTR_ADDR_FAMILY, dest->addr.family) ||
	    !put(msg, SHUNT_DEST_ATTR_ADDR, dest->addr.word,
		 sizeof(dest->addr.word)) ||
	    !put_u16(msg, SHUNT_DEST_ATTR_PORT, htons(dest->port)) ||
	    !put_u32(msg, SHUNT_DEST_ATTR_FWD_METHOD, dest->forward) ||
	    !put_u32(msg, SHUNT_DEST_ATTR_WEIGHT, dest->weight) ||
	    !put_u32(msg, SHUNT_DEST_ATTR_U_THRESH, dest->u_threshold) ||
	    !put_u32(msg, SHUNT_DEST_ATTR_L_THRESH, dest->l_threshold) ||
	    (dest->forward == SHUNT_FWD_TUNNEL && !put_tunnel(msg, dest)) ||
	    (drain && !put_drain(msg, &dest->drain)))
		return -1;
	nest_end(msg, nest);
	return 0;
}

int codec_put_dest(struct nl_msg *msg, const struct dest *dest)
{
	return put_dest(msg, dest, dest->drain.said);
}

int codec_put_new_dest(struct nl_msg *msg, const struct dest *dest)
{
	return put_dest(msg, dest, dest->drain.said && dest->drain.on);
}

static bool put_group(struct nl_msg *msg, const struct address *group)
{
	switch (group->family) {
	case AF_INET:
		return put(msg, SHUNT_DAEMON_ATTR_MCAST_GROUP, group->word,
			   IPV4_SIZE);
	case AF_INET6:
		return put(msg, SHUNT_DAEMON_ATTR_MCAST_GROUP6, group->word,
			   IPV6_SIZE);
	default:
		return true;
	}
}

int codec_put_daemon(struct nl_msg *msg, const struct sync_daemon *daemon)
{
	struct nlattr *nest = nest_start(msg, SHUNT_CMD_ATTR_DAEMON);

	if (!nest ||
	    !put_u32(msg, SHUNT_DAEMON_ATTR_STATE, daemon->state) ||
	    !put_string(msg, SHUNT_DAEMON_ATTR_MCAST_IFN, daemon->interface) ||
	    !put_u32(msg, SHUNT_DAEMON_ATTR_SYNC_ID, daemon->syncid) ||
	    (daemon->maxlen &&
	     !put_u16(msg, SHUNT_DAEMON_ATTR_SYNC_MAXLEN, daemon->maxlen)) ||
	    !put_group(msg, &daemon->group) ||
	    (daemon->port &&
	     !put_u16(msg, SHUNT_DAEMON_ATTR_MCAST_PORT, daemon->port)) ||
	    (daemon->ttl &&
	     !put_u8(msg, SHUNT_DAEMON_ATTR_MCAST_TTL, daemon->ttl)))
		return -1;
	nest_end(msg, nest);
	return 0;
}

int codec_put_timeouts(struct nl_msg *msg, const struct timeouts *timeouts)
{
	if (!put_u32(msg, SHUNT_CMD_ATTR_TIMEOUT_TCP, timeouts->tcp) ||
	    !put_u32(msg, SHUNT_CMD_ATTR_TIMEOUT_TCP_FIN, timeouts->tcp_fin) ||
	    !put_u32(msg, SHUNT_CMD_ATTR_TIMEOUT_UDP, timeouts->udp))
		return -1;
	return 0;
}
