/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where replies go on: the routes that the kernel chose for some.
 *
 * The fast path (path/ingress.c) does not ask for a reply's route, since there
 * are as many clients as connections. But most of them are behind few routers,
 * and have one route in common: a connection notes its number.
 */
#ifndef SHUNT_HOP_H
#define SHUNT_HOP_H

#include <linux/hashtable.h>
#include <linux/xarray.h>

struct shunt_conn;
struct shunt_net;
struct shunt_route;
struct sk_buff;

#define SHUNT_HOP_BITS	6

/**
 * struct shunt_hops - a netns's
 * @by_number:	struct shunt_hop, read under RCU; its lock guards the rest, and
 *		how many use them
 * @by_route:	likewise, by the address of the kernel's route
 */
struct shunt_hops {
	struct xarray by_number;
	DECLARE_HASHTABLE(by_route, SHUNT_HOP_BITS);
};

void shunt_hops_init(struct shunt_hops *hops);

const struct shunt_route *shunt_hop_route(struct shunt_net *sn,
					  const struct shunt_conn *c);
void shunt_hop_learn(struct shunt_net *sn, struct shunt_conn *c,
		     const struct sk_buff *skb);
void shunt_hop_put(struct shunt_net *sn, unsigned int number);

#endif /* SHUNT_HOP_H */
