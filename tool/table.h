/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists of what was fetched, before any of it is printed.
 */
#ifndef SHUNTADM_TABLE_H
#define SHUNTADM_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "model.h"

/**
 * struct list - a growing array
 * @size:	of one item
 */
struct list {
	size_t size;
	size_t count;
	size_t room;
	char *items;
};

#define LIST_OF(type) { .size = sizeof(type) }

/** list_at() - item number @i as a @type pointer */
#define list_at(list, type, i) (&((type *)(list)->items)[i])

/** list_add() - append a copy of @item; NULL when memory is out */
void *list_add(struct list *list, const void *item);

/** list_reserve() - have room for @more items; false when memory is out */
bool list_reserve(struct list *list, size_t more);

void list_free(struct list *list);

/**
 * struct entry - a virtual service with its real servers
 * @dests:	of struct dest
 */
struct entry {
	struct service service;
	struct list dests;
};

/** table_free() - free a list of struct entry */
void table_free(struct list *table);

/** conns_free() - free a list of struct conn */
void conns_free(struct list *conns);

/**
 * table_sort() - by fwmark, family, protocol, address and port
 * @classic:	in ipvsadm's order, which takes numbers from 2^31 on for
 *		negative ones
 */
void table_sort(struct list *table, bool classic);

/*
 * The order of table_sort(), not @classic; 0 where it is the same service, or
 * the same real server of one.
 */
int service_compare(const struct service *a, const struct service *b);
int dest_compare(const struct dest *a, const struct dest *b);

#endif
