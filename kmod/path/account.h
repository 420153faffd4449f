/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHUNT_ACCOUNT_H
#define SHUNT_ACCOUNT_H

#include "table/conn.h"
#include "table/dest.h"

/**
 * shunt_account() - count a packet of a connection, which lives on by it
 * @c:		the connection
 * @dir:	the packet's direction
 * @length:	of the packet from its IP header on, in bytes
 *
 * Context: RCU read lock, bottom halves off.
 */
static __always_inline void shunt_account(struct shunt_conn *c,
					  enum shunt_dir dir,
					  unsigned int length)
{
	shunt_count_packet(c->dest->counters,
			   dir == SHUNT_DIR_REQUEST ? SHUNT_COUNT_INPKTS :
						      SHUNT_COUNT_OUTPKTS,
			   length);
	shunt_conn_touch(c);
}

#endif /* SHUNT_ACCOUNT_H */
