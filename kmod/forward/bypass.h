/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Forwarding past the real servers.
 */
#ifndef SHUNT_BYPASS_H
#define SHUNT_BYPASS_H

#include "net.h"
#include "table/tuple.h"

struct shunt_dest;
struct shunt_service;

struct shunt_dest *shunt_bypass_create(struct shunt_net *sn,
				       struct shunt_service *svc);
struct shunt_dest *shunt_bypass_dest(struct shunt_net *sn,
				     const struct shunt_service *svc,
				     const struct shunt_tuple *tuple);

#endif /* SHUNT_BYPASS_H */
