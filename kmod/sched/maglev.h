/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Google's Maglev hashing: a table of slots in which every server has its share,
 * and which stays nearly the same when a server comes or goes.
 *
 * Each server has an order of its own in which it likes the slots: from a start,
 * by a skip, round the table. They take turns, and whose turn it is takes the
 * slot he likes best of those that are left. When a server goes, its slots go to
 * the others, and few of the others' change hands.
 *
 *	start, skip	likes			takes
 *	A  3, 4		3 0 4 1 5 2 6		3, then 1, then 6	size 7
 *	B  0, 2		0 2 4 6 1 3 5		0, then 2
 *	C  3, 1		3 4 5 6 0 1 2		4, then 5
 *
 * A server's turns are as frequent as its weight is: in each round it saves up
 * its weight, and with the greatest weight there is it pays for a slot.
 *
 * Pure: tested in userspace.
 */
#ifndef SHUNT_MAGLEV_H
#define SHUNT_MAGLEV_H

#include <linux/types.h>

/* A prime: any skip comes by every slot. 300 shares are exact to 1 %. */
#define SHUNT_MAGLEV_SIZE	32749
#define SHUNT_MAGLEV_FREE	0xffff

/**
 * struct shunt_maglev_server - a server while the table is filled
 * @next:	the slot it likes best of those it has not looked at, below the
 *		size
 * @skip:	from there to the next, from 1 to the size - 1
 * @weight:	its weight, 0 for no slots
 * @saved:	towards a slot
 */
struct shunt_maglev_server {
	u32 next;
	u32 skip;
	u32 weight;
	u64 saved;
};

static inline u32 shunt_maglev_take(u16 *slot,
				    struct shunt_maglev_server *server)
{
	u32 taken;

	do {
		taken = server->next;
		server->next = (taken + server->skip) % SHUNT_MAGLEV_SIZE;
	} while (slot[taken] != SHUNT_MAGLEV_FREE);
	return taken;
}

/**
 * shunt_maglev_fill() - fill a table
 * @slot:	SHUNT_MAGLEV_SIZE numbers of servers, filled
 * @server:	the servers in an order that is everywhere the same; used up
 * @count:	how many there are; those beyond the size get nothing
 *
 * Every server of a weight above 0 has a slot, and none has two more than are
 * due to it; what the light ones have above that the heavy ones have less. When
 * there is none of a weight above 0 the table stays free.
 */
static inline void shunt_maglev_fill(u16 *slot,
				     struct shunt_maglev_server *server,
				     u32 count)
{
	u32 greatest = 0, filled = 0, i;

	if (count > SHUNT_MAGLEV_SIZE)
		count = SHUNT_MAGLEV_SIZE;
	for (i = 0; i < SHUNT_MAGLEV_SIZE; i++)
		slot[i] = SHUNT_MAGLEV_FREE;
	for (i = 0; i < count; i++) {
		if (server[i].weight > greatest)
			greatest = server[i].weight;
	}
	if (!greatest)
		return;
	for (i = 0; i < count; i++)
		server[i].saved = greatest - server[i].weight;

	for (i = 0; filled < SHUNT_MAGLEV_SIZE; i = (i + 1) % count) {
		server[i].saved += server[i].weight;
		if (!server[i].weight || server[i].saved < greatest)
			continue;
		server[i].saved -= greatest;
		slot[shunt_maglev_take(slot, &server[i])] = i;
		filled++;
	}
}

#endif /* SHUNT_MAGLEV_H */
