/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The generic netlink interface of Shunt, shared by the module and shuntadm.
 *
 * Commands 1-17 and attributes 1-15 are numbered and typed as every IPVS client
 * sends them, so one attribute layout serves both names the family goes by.
 * What Shunt adds starts at 64 in each space and can never meet a number that
 * mainline gives away later.
 *
 * Ports and IPv4 masks are in network byte order, everything else in host
 * order. Addresses are 16 bytes out (IPv4 in the first 4, the rest zero), and
 * 4 or 16 bytes in.
 */
#ifndef _UAPI_LINUX_SHUNT_H
#define _UAPI_LINUX_SHUNT_H

#include <linux/types.h>

#define SHUNT_GENL_NAME		"SHUNT"
#define SHUNT_GENL_COMPAT_NAME	"IPVS"
#define SHUNT_GENL_VERSION	1

/*
 * The multicast group of SHUNT on which changes of the configuration are told:
 * commands NEW, SET and DEL of a service or a real server, and SET_CONFIG, each
 * with what it is about as a GET would show it. Removing a service removes its
 * real servers without a word of them. DEST_DRAINED tells that a real server
 * which is draining has no connection left, and no client that is to stay with
 * it. Needs CAP_NET_ADMIN.
 */
#define SHUNT_GENL_EVENTS	"events"

/* The IPVS version that clients check for: 1.2.1 as 0xMMmmpp. */
#define SHUNT_IPVS_VERSION	0x00010201

/* Scheduler and persistence engine names, terminating NUL included. */
#define SHUNT_NAME_SIZE		16

enum shunt_cmd {
	SHUNT_CMD_UNSPEC,
	SHUNT_CMD_NEW_SERVICE,
	SHUNT_CMD_SET_SERVICE,
	SHUNT_CMD_DEL_SERVICE,
	SHUNT_CMD_GET_SERVICE,		/* do and dump, answers NEW_SERVICE */
	SHUNT_CMD_NEW_DEST,
	SHUNT_CMD_SET_DEST,
	SHUNT_CMD_DEL_DEST,
	SHUNT_CMD_GET_DEST,		/* dump of one service, answers NEW_DEST */
	SHUNT_CMD_NEW_DAEMON,
	SHUNT_CMD_DEL_DAEMON,
	SHUNT_CMD_GET_DAEMON,		/* dump, answers NEW_DAEMON */
	SHUNT_CMD_SET_CONFIG,
	SHUNT_CMD_GET_CONFIG,		/* answers SET_CONFIG */
	SHUNT_CMD_SET_INFO,		/* only ever an answer */
	SHUNT_CMD_GET_INFO,		/* answers SET_INFO */
	SHUNT_CMD_ZERO,			/* one service, or everything */
	SHUNT_CMD_FLUSH,

	SHUNT_CMD_GET_CONN = 64,	/* dump, a connection per message */
	SHUNT_CMD_GET_DROPS,		/* do, all drop reasons in one message */

	/*
	 * Dump of all services with their real servers: in each message a
	 * service, then as many of its real servers as fit; the next message is
	 * about the same service as long as not all of them did. Messages after
	 * the first of a service say no more than its key. The configuration
	 * changed meanwhile where NLM_F_DUMP_INTR is set: ask again.
	 */
	SHUNT_CMD_GET_ALL,

	SHUNT_CMD_DEST_DRAINED,		/* only ever an event */

	/*
	 * A new service with its real servers, as NEW_SERVICE and NEW_DEST would
	 * add them. Where one of them is refused, nothing of it stays, and the
	 * answer says which one by NLMSGERR_ATTR_OFFS. The nests need
	 * NLA_F_NESTED.
	 */
	SHUNT_CMD_NEW_ALL,
};

/* What stands at the top of a message. */
enum shunt_cmd_attr {
	SHUNT_CMD_ATTR_UNSPEC,
	SHUNT_CMD_ATTR_SERVICE,		/* nest of enum shunt_svc_attr */
	SHUNT_CMD_ATTR_DEST,		/* nest of enum shunt_dest_attr; repeated in GET_ALL and NEW_ALL */
	SHUNT_CMD_ATTR_DAEMON,		/* nest of enum shunt_daemon_attr */
	SHUNT_CMD_ATTR_TIMEOUT_TCP,	/* u32 seconds; 0 keeps the old one */
	SHUNT_CMD_ATTR_TIMEOUT_TCP_FIN,	/* u32 seconds; 0 keeps the old one */
	SHUNT_CMD_ATTR_TIMEOUT_UDP,	/* u32 seconds; 0 keeps the old one */

	SHUNT_CMD_ATTR_CONN = 64,	/* nest of enum shunt_conn_attr */
	SHUNT_CMD_ATTR_DROP,		/* nest of enum shunt_drop_attr, repeated */
	SHUNT_CMD_ATTR_BRIEF,		/* flag in GET_ALL and GET_INFO: no statistics, which take most of the time, and no numbers that are 0 */
	__SHUNT_CMD_ATTR_END,
	SHUNT_CMD_ATTR_MAX = __SHUNT_CMD_ATTR_END - 1,
};

enum shunt_info_attr {
	SHUNT_INFO_ATTR_UNSPEC,
	SHUNT_INFO_ATTR_VERSION,	/* u32, SHUNT_IPVS_VERSION */
	SHUNT_INFO_ATTR_CONN_TAB_SIZE,	/* u32, buckets */

	/* Of all real servers together: nest of enum shunt_stats_attr, all u64. */
	SHUNT_INFO_ATTR_STATS64 = 64,
	SHUNT_INFO_ATTR_BRIEF = 66,	/* as SHUNT_CMD_ATTR_BRIEF, in requests only */
	__SHUNT_INFO_ATTR_END,
	SHUNT_INFO_ATTR_MAX = __SHUNT_INFO_ATTR_END - 1,
};

/* A virtual service: (AF, PROTOCOL, ADDR, PORT), or (AF, FWMARK). */
enum shunt_svc_attr {
	SHUNT_SVC_ATTR_UNSPEC,
	SHUNT_SVC_ATTR_AF,		/* u16 */
	SHUNT_SVC_ATTR_PROTOCOL,	/* u16 */
	SHUNT_SVC_ATTR_ADDR,		/* binary, 4 or 16 bytes */
	SHUNT_SVC_ATTR_PORT,		/* be16 */
	SHUNT_SVC_ATTR_FWMARK,		/* u32 */
	SHUNT_SVC_ATTR_SCHED_NAME,	/* string */
	SHUNT_SVC_ATTR_FLAGS,		/* struct shunt_flags */
	SHUNT_SVC_ATTR_TIMEOUT,		/* u32 seconds of persistence */
	SHUNT_SVC_ATTR_NETMASK,		/* IPv4: be32 mask; IPv6: u32 prefix length */
	SHUNT_SVC_ATTR_STATS,		/* nest of enum shunt_stats_attr, 32 bit */
	SHUNT_SVC_ATTR_PE_NAME,		/* string */
	SHUNT_SVC_ATTR_STATS64,		/* nest of enum shunt_stats_attr, all u64 */

	/*
	 * Of the service's connections. In requests, what is absent stays as it
	 * is, and is 0 of a new service.
	 */
	SHUNT_SVC_ATTR_TIMEOUT_TCP = 64, /* u32 seconds; as the next two, 0 for SET_CONFIG's */
	SHUNT_SVC_ATTR_TIMEOUT_TCP_FIN,	/* u32 seconds */
	SHUNT_SVC_ATTR_TIMEOUT_UDP,	/* u32 seconds */
	SHUNT_SVC_ATTR_RESET,		/* u32; 1: RST to both ends of TCP connections that expire */
	SHUNT_SVC_ATTR_UDP_LEAVE,	/* u32; 1: UDP leaves a removed or quiesced real server */
	__SHUNT_SVC_ATTR_END,
	SHUNT_SVC_ATTR_MAX = __SHUNT_SVC_ATTR_END - 1,
};

/* A real server of the service in the same message. */
enum shunt_dest_attr {
	SHUNT_DEST_ATTR_UNSPEC,
	SHUNT_DEST_ATTR_ADDR,		/* binary, 4 or 16 bytes */
	SHUNT_DEST_ATTR_PORT,		/* be16 */
	SHUNT_DEST_ATTR_FWD_METHOD,	/* u32, enum shunt_fwd */
	SHUNT_DEST_ATTR_WEIGHT,		/* u32; 0 takes no new connections */
	SHUNT_DEST_ATTR_U_THRESH,	/* u32 connections; 0 is no limit */
	SHUNT_DEST_ATTR_L_THRESH,	/* u32 connections */
	SHUNT_DEST_ATTR_ACTIVE_CONNS,	/* u32 */
	SHUNT_DEST_ATTR_INACT_CONNS,	/* u32 */
	SHUNT_DEST_ATTR_PERSIST_CONNS,	/* u32 */
	SHUNT_DEST_ATTR_STATS,		/* nest of enum shunt_stats_attr, 32 bit */
	SHUNT_DEST_ATTR_ADDR_FAMILY,	/* u16; 0 or absent is the service's */
	SHUNT_DEST_ATTR_STATS64,	/* nest of enum shunt_stats_attr, all u64 */
	SHUNT_DEST_ATTR_TUN_TYPE,	/* u8, enum shunt_tun_type */
	SHUNT_DEST_ATTR_TUN_PORT,	/* be16, where a GUE tunnel ends */
	SHUNT_DEST_ATTR_TUN_FLAGS,	/* u16, SHUNT_TUN_F_* */

	/* Absent in a request, draining goes on unless the weight is above 0. */
	SHUNT_DEST_ATTR_DRAIN = 64,	/* u32; 1 is draining, with weight 0 */
	SHUNT_DEST_ATTR_DRAIN_SECONDS,	/* u32; until connections are ended, 0 is never */
	__SHUNT_DEST_ATTR_END,
	SHUNT_DEST_ATTR_MAX = __SHUNT_DEST_ATTR_END - 1,
};

/* The daemon that synchronises connections. There is none yet. */
enum shunt_daemon_attr {
	SHUNT_DAEMON_ATTR_UNSPEC,
	SHUNT_DAEMON_ATTR_STATE,	/* u32; 1 master, 2 backup */
	SHUNT_DAEMON_ATTR_MCAST_IFN,	/* string, interface */
	SHUNT_DAEMON_ATTR_SYNC_ID,	/* u32 */
	SHUNT_DAEMON_ATTR_SYNC_MAXLEN,	/* u16 bytes */
	SHUNT_DAEMON_ATTR_MCAST_GROUP,	/* binary, 4 bytes */
	SHUNT_DAEMON_ATTR_MCAST_GROUP6,	/* binary, 16 bytes */
	SHUNT_DAEMON_ATTR_MCAST_PORT,	/* u16, host byte order */
	SHUNT_DAEMON_ATTR_MCAST_TTL,	/* u8 */
	__SHUNT_DAEMON_ATTR_END,
	SHUNT_DAEMON_ATTR_MAX = __SHUNT_DAEMON_ATTR_END - 1,
};

/* In STATS the packet, connection and rate counts are u32; in STATS64 all are u64. */
enum shunt_stats_attr {
	SHUNT_STATS_ATTR_UNSPEC,
	SHUNT_STATS_ATTR_CONNS,
	SHUNT_STATS_ATTR_INPKTS,
	SHUNT_STATS_ATTR_OUTPKTS,
	SHUNT_STATS_ATTR_INBYTES,
	SHUNT_STATS_ATTR_OUTBYTES,
	SHUNT_STATS_ATTR_CPS,
	SHUNT_STATS_ATTR_INPPS,
	SHUNT_STATS_ATTR_OUTPPS,
	SHUNT_STATS_ATTR_INBPS,
	SHUNT_STATS_ATTR_OUTBPS,
	SHUNT_STATS_ATTR_PAD,
};

/* A connection, as GET_CONN lists it. */
enum shunt_conn_attr {
	SHUNT_CONN_ATTR_UNSPEC,
	SHUNT_CONN_ATTR_AF,		/* u16, of client and virtual address */
	SHUNT_CONN_ATTR_PROTOCOL,	/* u16 */
	SHUNT_CONN_ATTR_CLIENT_ADDR,	/* binary, 16 bytes */
	SHUNT_CONN_ATTR_CLIENT_PORT,	/* be16 */
	SHUNT_CONN_ATTR_VIRTUAL_ADDR,	/* binary, 16 bytes */
	SHUNT_CONN_ATTR_VIRTUAL_PORT,	/* be16 */
	SHUNT_CONN_ATTR_DEST_AF,	/* u16 */
	SHUNT_CONN_ATTR_DEST_ADDR,	/* binary, 16 bytes */
	SHUNT_CONN_ATTR_DEST_PORT,	/* be16 */
	SHUNT_CONN_ATTR_FWD_METHOD,	/* u32, enum shunt_fwd */
	SHUNT_CONN_ATTR_STATE,		/* string, as in /proc/net/ip_vs_conn */
	SHUNT_CONN_ATTR_EXPIRES,	/* u32 seconds from now */
	SHUNT_CONN_ATTR_PE_NAME,	/* string, of a template by an engine */
	SHUNT_CONN_ATTR_PE_DATA,	/* binary, what the engine goes by */
};

/* A reason for which packets were dropped, as GET_DROPS lists it. */
enum shunt_drop_attr {
	SHUNT_DROP_ATTR_UNSPEC,
	SHUNT_DROP_ATTR_NAME,		/* string, one word */
	SHUNT_DROP_ATTR_TEXT,		/* string, for people */
	SHUNT_DROP_ATTR_PACKETS,	/* u64 */
	SHUNT_DROP_ATTR_PAD,
};

/* Forwarding methods. */
enum shunt_fwd {
	SHUNT_FWD_MASQ,			/* NAT */
	SHUNT_FWD_LOCAL,
	SHUNT_FWD_TUNNEL,
	SHUNT_FWD_ROUTE,		/* direct routing (DR) */
	SHUNT_FWD_BYPASS,
};

/* Kinds of tunnels. */
enum shunt_tun_type {
	SHUNT_TUN_IPIP,
	SHUNT_TUN_GUE,
	SHUNT_TUN_GRE,
};

/* Checksums of GUE and GRE tunnels; the second is GUE's alone and brings the first. */
#define SHUNT_TUN_F_CSUM	0x1u
#define SHUNT_TUN_F_REMCSUM	0x2u

/* Service flags. */
#define SHUNT_SVC_F_PERSISTENT	0x01u
#define SHUNT_SVC_F_HASHED	0x02u	/* set in every dump, ignored on input */
#define SHUNT_SVC_F_ONEPACKET	0x04u
#define SHUNT_SVC_F_SCHED1	0x08u
#define SHUNT_SVC_F_SCHED2	0x10u
#define SHUNT_SVC_F_SCHED3	0x20u

/**
 * struct shunt_flags - the payload of SHUNT_SVC_ATTR_FLAGS
 * @flags:	SHUNT_SVC_F_* to set
 * @mask:	which of them count; the others keep their value
 */
struct shunt_flags {
	__u32 flags;
	__u32 mask;
};

#endif /* _UAPI_LINUX_SHUNT_H */
