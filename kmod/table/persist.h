/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Persistence: a client's connections to a service go where its first one went.
 * What remembers that is a template, which lives in the table of connections as
 * one that no packet can belong to: protocol 0, and the ports' places tell whose
 * template it is.
 *
 * With a persistence engine it is not the client's address that counts but
 * something that its packets say: of SIP the Call-ID.
 */
#ifndef SHUNT_PERSIST_H
#define SHUNT_PERSIST_H

#include <uapi/linux/shunt.h>

#include "table/conn.h"
#include "table/service.h"

/**
 * struct shunt_client - who has to stay
 * @request:	tuple of a packet that begins a connection
 * @id:		what a persistence engine has found in the packet, which it goes
 *		by then and not by its address; or NULL
 * @id_length:	bytes of it
 */
struct shunt_client {
	const struct shunt_tuple *request;
	const u8 *id;
	u8 id_length;
};

void shunt_persist_init(void);
const char *shunt_engine_name(enum shunt_engine engine);

struct shunt_conn *shunt_template_find(struct shunt_net *sn,
				       const struct shunt_service *svc,
				       const struct shunt_client *client);
struct shunt_conn *shunt_template_create(struct shunt_net *sn,
					 const struct shunt_service *svc,
					 const struct shunt_client *client,
					 struct shunt_dest *dest);
bool shunt_template_stays(struct shunt_conn *c);

/**
 * shunt_service_is_persistent() - whether clients stay with a real server
 * @svc:	the service
 */
static inline bool shunt_service_is_persistent(const struct shunt_service *svc)
{
	/* Pairs with the release in shunt_config_edit_service(): timeout and mask are set. */
	return smp_load_acquire(&svc->flags) & SHUNT_SVC_F_PERSISTENT;
}

#endif /* SHUNT_PERSIST_H */
