/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHUNT_REQUEST_H
#define SHUNT_REQUEST_H

#include <uapi/linux/shunt.h>

#include "forward/forward.h"
#include "table/conn.h"

/**
 * shunt_forward_request() - send a request the way its connection has
 * @pkt:	the request
 * @c:		its connection
 *
 * Context: RCU read lock.
 * Return: the verdict.
 */
static inline enum shunt_verdict
shunt_forward_request(struct shunt_packet *pkt, const struct shunt_conn *c)
{
	switch (c->fwd) {
	case SHUNT_FWD_MASQ:
		return shunt_nat_request(pkt, c);
	case SHUNT_FWD_LOCAL:
		return shunt_local_deliver(pkt, NULL);
	case SHUNT_FWD_TUNNEL:
		return shunt_tunnel_request(pkt, c);
	default:
		return shunt_dr_request(pkt, c);
	}
}

#endif /* SHUNT_REQUEST_H */
