/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ipvsadm 1.31's formats, to the byte. Fetches nothing.
 */
#ifndef SHUNTADM_PRINT_H
#define SHUNTADM_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "table.h"

/* The list of services, in the order in which one wins over the others. */
enum print_format {
	FORMAT_STATS,
	FORMAT_RATE,
	FORMAT_THRESHOLDS,
	FORMAT_PERSISTENT,
	FORMAT_TUNNEL,
	FORMAT_PLAIN,
};

/**
 * struct print_style - how to print
 * @numeric:	addresses and ports as numbers
 * @exact:	whole numbers; for drops: the zero ones too
 * @classic:	cut names where ipvsadm cuts them, and tell no more than it
 * @engines:	connections: with persistence engine columns
 */
struct print_style {
	enum print_format format;
	bool numeric;
	bool exact;
	bool classic;
	bool engines;
};

/**
 * print_services() - the list of services and real servers
 * @info:	NULL leaves out the line about the director and the totals
 */
void print_services(FILE *out, const struct list *table,
		    const struct info *info, const struct print_style *style);

/** print_service() - a service's own line of the list */
void print_service(FILE *out, const struct service *service,
		   const struct print_style *style);

/** print_server() - a real server and the service it is of, in a line */
void print_server(FILE *out, const struct service *service,
		  const struct dest *dest, const struct print_style *style);

void print_conns(FILE *out, const struct list *conns,
		 const struct print_style *style);
void print_timeouts(FILE *out, const struct timeouts *timeouts);
void print_daemons(FILE *out, const struct list *daemons);
void print_drops(FILE *out, const struct list *drops,
		 const struct print_style *style);

/** print_sched_flags() - comma-separated names of scheduler flags */
void print_sched_flags(FILE *out, const struct service *service);

/**
 * print_terms() - what a service asks for its connections
 * @dashes:	before each name: "" or "--"
 */
void print_terms(FILE *out, const struct terms *terms, const char *dashes);

/** print_netmask() - the netmask attribute as -M takes it */
void print_netmask(FILE *out, const struct service *service);

/** print_has_netmask() - is it other than the default? */
bool print_has_netmask(const struct service *service);

#endif
