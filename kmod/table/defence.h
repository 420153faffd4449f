/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a netns does against floods: always, or while memory is scarce.
 */
#ifndef SHUNT_DEFENCE_H
#define SHUNT_DEFENCE_H

#include <linux/rhashtable-types.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct shunt_net;

/* Modes of drop_entry, drop_packet and secure_tcp, numbered as with IPVS. */
enum shunt_defence_mode {
	SHUNT_DEFENCE_OFF,
	SHUNT_DEFENCE_READY,	/* takes effect when memory gets scarce */
	SHUNT_DEFENCE_ACTIVE,	/* memory is scarce; ends with that */
	SHUNT_DEFENCE_ALWAYS,
};

/**
 * struct shunt_defence - what is in force at the moment
 * @drop_rate:	of so many new connections the first packet of one is dropped;
 *		0 for none
 * @strict_tcp:	a client's word alone opens no connection (proto/proto.h)
 * @drop_entries: what a flood leaves behind is dropped
 * @walking:	@iter is in use
 * @arrivals:	new connections met while @drop_rate was not 0
 * @work:	keeps the others up to date, while any mode is not off
 * @iter:	how far a round over the table has got
 *
 * The first two are read locklessly by packets that begin or change a
 * connection; nothing here is read by others.
 */
struct shunt_defence {
	u32 drop_rate;
	bool strict_tcp;
	bool drop_entries;
	bool walking;
	atomic_t arrivals;
	struct delayed_work work;
	struct rhashtable_iter iter;
};

void shunt_defence_init(struct shunt_net *sn);
void shunt_defence_exit(struct shunt_net *sn);
void shunt_defence_update(struct shunt_net *sn);
bool shunt_defence_drops(struct shunt_net *sn);

#endif /* SHUNT_DEFENCE_H */
