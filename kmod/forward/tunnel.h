/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kind of tunnel leads to a real server.
 */
#ifndef SHUNT_TUNNEL_H
#define SHUNT_TUNNEL_H

#include <linux/types.h>

/**
 * struct shunt_tunnel - a kind of tunnel
 * @type:	enum shunt_tun_type
 * @flags:	SHUNT_TUN_F_*
 * @port:	UDP port that a GUE tunnel goes to, network byte order
 *
 * Small enough to be read and written at once.
 */
struct shunt_tunnel {
	u8 type;
	u8 flags;
	__be16 port;
} __aligned(4);

#endif /* SHUNT_TUNNEL_H */
