/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fragments: only whole packets have ports, so they are put together first.
 */
#ifndef SHUNT_FRAG_H
#define SHUNT_FRAG_H

#include "path/packet.h"

enum shunt_verdict shunt_frag_gather(struct sk_buff *skb, struct net *net,
				     u32 user);
int shunt_frag_hold6(struct shunt_net *sn);
void shunt_frag_release6(struct shunt_net *sn);

#endif /* SHUNT_FRAG_H */
