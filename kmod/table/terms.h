/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a service asks for its connections, beyond what IPVS has.
 *
 * Each real server has a copy: that is what a connection knows for life, when
 * its service may be gone.
 */
#ifndef SHUNT_TERMS_H
#define SHUNT_TERMS_H

#include "proto/proto.h"

/* In the order of the attributes, from SHUNT_SVC_ATTR_TIMEOUT_TCP on. */
enum shunt_term {
	SHUNT_TERM_TCP,		/* three times seconds, 0: the netns's */
	SHUNT_TERM_TCP_FIN,
	SHUNT_TERM_UDP,
	SHUNT_TERM_RESET,	/* 1: RST to both ends of what expires */
	SHUNT_TERM_UDP_LEAVE,	/* 1: UDP stays only where new ones go */
	SHUNT_TERM_MAX,
};

/**
 * struct shunt_terms - what a service asks for
 * @value:	by enum shunt_term; read locklessly
 */
struct shunt_terms {
	u32 value[SHUNT_TERM_MAX];
};

/**
 * shunt_terms_merge() - change some terms
 * @to:		changed
 * @from:	what to
 * @which:	bits of enum shunt_term: those that are to be changed
 *
 * Return: true if that made a difference.
 */
static inline bool shunt_terms_merge(struct shunt_terms *to,
				     const struct shunt_terms *from, u32 which)
{
	bool changed = false;
	int i;

	for (i = 0; i < SHUNT_TERM_MAX; i++) {
		if (!(which & 1u << i) || to->value[i] == from->value[i])
			continue;
		WRITE_ONCE(to->value[i], from->value[i]);
		changed = true;
	}
	return changed;
}

/**
 * shunt_terms_timeout() - the timeout that a service has of its own
 * @terms:	its terms
 * @proto:	IPPROTO_TCP or IPPROTO_UDP
 * @state:	of the connection
 *
 * As with --set, it is of two TCP states only.
 *
 * Return: seconds, 0 for none.
 */
static inline u32 shunt_terms_timeout(const struct shunt_terms *terms,
				      u8 proto, u8 state)
{
	if (proto == IPPROTO_UDP)
		return READ_ONCE(terms->value[SHUNT_TERM_UDP]);
	if (proto == IPPROTO_TCP && state == SHUNT_TCP_ESTABLISHED)
		return READ_ONCE(terms->value[SHUNT_TERM_TCP]);
	if (proto == IPPROTO_TCP && state == SHUNT_TCP_FIN_WAIT)
		return READ_ONCE(terms->value[SHUNT_TERM_TCP_FIN]);
	return 0;
}

#endif /* SHUNT_TERMS_H */
