/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ICMP errors about balanced connections: each side must see them in terms of
 * the addresses it knows.
 */
#ifndef SHUNT_ICMP_H
#define SHUNT_ICMP_H

#include "path/packet.h"

enum shunt_verdict shunt_icmp(struct shunt_packet *pkt);

#endif /* SHUNT_ICMP_H */
