// SPDX-License-Identifier: GPL-2.0-only
#include "table/persist.h"

#include <linux/random.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include "helper/ftp.h"
#include "table/dest.h"

/* Beside the protocol: the template is one by an engine's id. */
#define BY_ID		0x100

/* Places an id may have: others may have the same hash. */
#define PLACES		8

/* How long a template outlives its time while connections follow it, seconds. */
#define GRACE		60

/**
 * shunt_engine_name() - what a persistence engine is called
 * @engine:	below SHUNT_ENGINE_MAX
 *
 * Return: a constant string, empty for none.
 */
const char *shunt_engine_name(enum shunt_engine engine)
{
	static const char *const names[SHUNT_ENGINE_MAX] = {
		[SHUNT_ENGINE_NONE]	= "",
		[SHUNT_ENGINE_SIP]	= "sip",
	};

	return names[engine];
}

/* The client as the service's netmask sees it. */
static void mask_client(struct shunt_tuple *t, const struct shunt_service *svc,
			const struct shunt_tuple *request)
{
	if (t->af == AF_INET)
		t->src4 = request->src4 & READ_ONCE(svc->netmask);
	else
		ipv6_addr_prefix(&t->src6, &request->src6,
				 READ_ONCE(svc->prefix));
}

/*
 * One template serves all that has to stay together: a port of a service, all
 * ports of one for all ports, all that bears a service's firewall mark, and all
 * ports with FTP, whose data connections have others.
 */
static void template_tuple(struct shunt_tuple *t,
			   const struct shunt_service *svc,
			   const struct shunt_tuple *request)
{
	memset(t, 0, sizeof(*t));
	t->af = request->af;
	mask_client(t, svc, request);
	if (svc->key.fwmark) {
		if (t->af == AF_INET)
			t->dst4 = cpu_to_be32(svc->key.fwmark);
		else
			t->dst6.s6_addr32[0] = cpu_to_be32(svc->key.fwmark);
		return;
	}
	t->sport = cpu_to_be16(request->proto);
	if (request->dport == svc->key.port &&
	    !shunt_ftp_is_port(svc->key.port))
		t->dport = svc->key.port;
	if (t->af == AF_INET)
		t->dst4 = request->dst4;
	else
		t->dst6 = request->dst6;
}

static siphash_key_t id_key __ro_after_init;

/**
 * shunt_persist_init() - draw the key by which ids are hashed
 *
 * Context: module init.
 */
void __init shunt_persist_init(void)
{
	get_random_bytes(&id_key, sizeof(id_key));
}

/*
 * Where the client's address would be there is a hash of the id, which goes with
 * the service's other templates but cannot be one of them.
 */
static void set_place(struct shunt_tuple *t, const struct shunt_client *client,
		      u32 place)
{
	u64 hash = siphash(client->id, client->id_length, &id_key) + place;

	t->sport |= cpu_to_be16(BY_ID);
	if (t->af == AF_INET) {
		t->src4 = (__force __be32)(u32)hash;
	} else {
		memset(&t->src6, 0, sizeof(t->src6));
		memcpy(&t->src6, &hash, sizeof(hash));
	}
}

static bool is_of(const struct shunt_conn *template,
		  const struct shunt_client *client)
{
	const struct shunt_call *call = shunt_conn_call(template);

	return call->length == client->id_length &&
	       !memcmp(call->id, client->id, call->length);
}

static struct shunt_conn *find(struct shunt_net *sn,
			       const struct shunt_service *svc,
			       const struct shunt_client *client)
{
	struct shunt_conn *template;
	struct shunt_tuple tuple;
	enum shunt_dir dir;
	u32 place;

	template_tuple(&tuple, svc, client->request);
	if (!client->id)
		return shunt_conn_lookup(sn, &tuple, &dir);
	for (place = 0; place < PLACES; place++) {
		set_place(&tuple, client, place);
		template = shunt_conn_lookup(sn, &tuple, &dir);
		if (!template || is_of(template, client))
			return template;
	}
	return NULL;
}

/* A real server that has no weight left keeps the clients it has, or not. */
static bool is_usable(const struct shunt_net *sn,
		      const struct shunt_conn *template, u8 proto)
{
	const struct shunt_dest *dest = template->dest;

	if (shunt_conn_is_dead(template) ||
	    test_bit(SHUNT_DEST_REMOVED, &dest->flags) ||
	    test_bit(SHUNT_DEST_ENDED, &dest->flags) ||
	    shunt_dest_is_left(dest, proto))
		return false;
	return READ_ONCE(dest->weight) ||
	       !READ_ONCE(sn->settings.expire_quiescent_template);
}

/**
 * shunt_template_find() - where a client's connections to a service go
 * @sn:		the netns
 * @svc:	the service, which is persistent
 * @client:	who begins a connection
 *
 * Context: RCU read lock, bottom halves off.
 * Return: the template, whose time begins anew; or NULL.
 */
struct shunt_conn *shunt_template_find(struct shunt_net *sn,
				       const struct shunt_service *svc,
				       const struct shunt_client *client)
{
	struct shunt_conn *template = find(sn, svc, client);

	if (!template)
		return NULL;
	if (!is_usable(sn, template, client->request->proto)) {
		shunt_conn_kill(sn, template);
		return NULL;
	}
	shunt_conn_touch(template);
	return template;
}

static struct shunt_call *make_call(const struct shunt_client *client,
				    const struct shunt_tuple *masked)
{
	struct shunt_call *call = kmalloc(struct_size(call, id,
						      client->id_length),
					  GFP_ATOMIC);

	if (!call)
		return NULL;
	call->client = shunt_tuple_src(masked);
	call->length = client->id_length;
	memcpy(call->id, client->id, client->id_length);
	return call;
}

/* In the first of its places that no other has taken. */
static struct shunt_conn *create_by_id(struct shunt_net *sn,
				       struct shunt_conn_plan *plan,
				       const struct shunt_client *client,
				       struct shunt_tuple *tuple)
{
	struct shunt_conn *template, *owner;
	const struct shunt_tuple masked = *tuple;
	enum shunt_dir dir;
	u32 place;

	for (place = 0; place < PLACES; place++) {
		set_place(tuple, client, place);
		plan->call = make_call(client, &masked);
		if (!plan->call)
			return ERR_PTR(-ENOMEM);
		template = shunt_conn_create(sn, plan);
		if (PTR_ERR_OR_ZERO(template) != -EEXIST)
			return template;
		owner = shunt_conn_lookup(sn, tuple, &dir);
		if (!owner || is_of(owner, client))
			return template;
	}
	return ERR_PTR(-EBUSY);
}

/**
 * shunt_template_create() - let a client's connections to a service stay
 * @sn:		the netns
 * @svc:	the service, which is persistent
 * @client:	who begins the first of them
 * @dest:	where they go
 *
 * Context: RCU read lock, bottom halves off.
 * Return: the template, or as shunt_conn_create().
 */
struct shunt_conn *shunt_template_create(struct shunt_net *sn,
					 const struct shunt_service *svc,
					 const struct shunt_client *client,
					 struct shunt_dest *dest)
{
	struct shunt_tuple tuple;
	struct shunt_conn_plan plan = {
		.request = &tuple,
		.dest = dest,
		.fwd = READ_ONCE(dest->fwd),
		.timeout = READ_ONCE(svc->timeout),
	};

	template_tuple(&tuple, svc, client->request);
	if (tuple.dport)
		plan.port = dest->port ?: tuple.dport;
	return client->id ? create_by_id(sn, &plan, client, &tuple) :
			    shunt_conn_create(sn, &plan);
}

/**
 * shunt_template_stays() - whether what has expired is needed still
 * @c:	a connection or template whose time has passed
 *
 * One that is followed gets some more time: a template, or the control connection
 * of FTP's data connections.
 *
 * Return: true if it does.
 */
bool shunt_template_stays(struct shunt_conn *c)
{
	u32 seen = READ_ONCE(c->seen), now = (u32)jiffies;

	if (refcount_read(&c->refs) == 1)
		return false;
	if (!shunt_conn_is_template(c)) {
		if (test_bit(SHUNT_DEST_REMOVED, &c->dest->flags))
			return false;
		shunt_conn_touch(c);
		return true;
	}
	/* Unless another connection has just begun, whose time is longer. */
	if ((s32)(now - seen) >= (s32)(c->timeout * HZ))
		cmpxchg(&c->seen, seen,
			now - (c->timeout - min_t(u32, c->timeout, GRACE)) * HZ);
	return true;
}
