// SPDX-License-Identifier: GPL-2.0-only
/* Direct routing: the frame goes to the real server's MAC, the packet as is. */
#include "forward/forward.h"

#include <net/ip.h>

#include "table/conn.h"

/**
 * shunt_dr_request() - send a request by direct routing
 * @pkt:	the request
 * @c:		its connection
 *
 * Context: RCU read lock.
 * Return: the verdict.
 */
enum shunt_verdict shunt_dr_request(struct shunt_packet *pkt,
				    const struct shunt_conn *c)
{
	const struct shunt_route *route = shunt_forward_check(pkt, c);
	unsigned int header = shunt_conn_af(c) == AF_INET ?
				      sizeof(struct iphdr) :
				      sizeof(struct ipv6hdr);

	if (!route)
		return SHUNT_DROP;
	if (skb_ensure_writable(pkt->skb, header))
		return shunt_packet_drop(pkt, SHUNT_DROP_NO_MEMORY);
	return shunt_forward_output(pkt, route);
}
