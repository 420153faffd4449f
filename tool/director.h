/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHUNTADM_DIRECTOR_H
#define SHUNTADM_DIRECTOR_H

#include "config.h"
#include "error.h"
#include "nl.h"
#include "table.h"

/**
 * struct director - the kernel side, reached
 * @info:	what GET_INFO says; the total only after director_total()
 */
struct director {
	struct shunt_nl nl;
	struct info info;
};

/**
 * director_open() - find the family, loading a module if need be
 * @classic:	load what ipvsadm loads
 *
 * SHUNT comes first, then IPVS; the environment variable SHUNT_FAMILY allows
 * one of them only.
 *
 * Return: 0, or -1 with @error set.
 */
int director_open(struct director *director, bool classic,
		  struct error *error);

void director_close(struct director *director);

/** director_total() - fetch what all real servers did, where that is known */
int director_total(struct director *director, struct error *error);

/*
 * Fetch what is listed. Return 0, or -1 with @error set.
 * director_services(): @only selects one service, NULL all of them; @brief does
 * without statistics where they cost something.
 * director_config(): fails where it does not keep still, so that no half of it
 * is taken for all.
 */
int director_services(struct director *director, const struct service *only,
		      bool brief, struct list *table, struct error *error);
int director_conns(struct director *director, struct list *conns,
		   struct error *error);
int director_daemons(struct director *director, struct list *daemons,
		     struct error *error);
int director_timeouts(struct director *director, struct timeouts *timeouts,
		      struct error *error);
int director_config(struct director *director, struct config *config,
		    struct error *error);
int director_drops(struct director *director, struct list *drops,
		   struct error *error);

#endif
