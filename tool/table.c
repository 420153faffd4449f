// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE	/* qsort_r() */
#include "table.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

bool list_reserve(struct list *list, size_t more)
{
	size_t room = list->count + more;
	char *items;

	if (room <= list->room)
		return true;
	items = reallocarray(list->items, room, list->size);
	if (!items)
		return false;
	list->items = items;
	list->room = room;
	return true;
}

void *list_add(struct list *list, const void *item)
{
	char *slot;

	if (list->count == list->room &&
	    !list_reserve(list, list->count ? list->count : 1))
		return NULL;
	slot = list->items + list->count++ * list->size;
	memcpy(slot, item, list->size);
	return slot;
}

void list_free(struct list *list)
{
	free(list->items);
	list->items = NULL;
	list->count = list->room = 0;
}

static void entry_free(struct entry *entry)
{
	for (size_t i = 0; i < entry->dests.count; i++)
		free(list_at(&entry->dests, struct dest, i)->stats);
	list_free(&entry->dests);
	free(entry->service.stats);
}

void table_free(struct list *table)
{
	for (size_t i = 0; i < table->count; i++)
		entry_free(list_at(table, struct entry, i));
	list_free(table);
}

void conns_free(struct list *conns)
{
	for (size_t i = 0; i < conns->count; i++)
		free(list_at(conns, struct conn, i)->pe_data);
	list_free(conns);
}

/*
 * ipvsadm looks at the sign of a 32 bit difference. That is no order (1 < 2^31,
 * but 0 > 2^31), so to give the same list it takes the same comparisons.
 */
static int compare_u32(uint32_t a, uint32_t b, bool classic)
{
	if (a == b)
		return 0;
	if (classic)
		return (int32_t)(a - b) < 0 ? -1 : 1;
	return a < b ? -1 : 1;
}

static int compare_address(const struct address *a, const struct address *b,
			   bool classic)
{
	int order = 0;

	for (int i = 0; i < 4 && !order; i++)
		order = compare_u32(ntohl(a->word[i]), ntohl(b->word[i]),
				    classic);
	return order;
}

static int compare_services(const struct service *a, const struct service *b,
			    bool classic)
{
	int order = compare_u32(a->fwmark, b->fwmark, classic);

	if (!order)
		order = a->addr.family - b->addr.family;
	if (!order)
		order = a->protocol - b->protocol;
	if (!order)
		order = compare_address(&a->addr, &b->addr, classic);
	return order ? order : a->port - b->port;
}

static int compare_dests(const struct dest *a, const struct dest *b,
			 bool classic)
{
	int order = compare_address(&a->addr, &b->addr, classic);

	if (!order)
		order = a->port - b->port;
	return order ? order : a->addr.family - b->addr.family;
}

int service_compare(const struct service *a, const struct service *b)
{
	return compare_services(a, b, false);
}

int dest_compare(const struct dest *a, const struct dest *b)
{
	return compare_dests(a, b, false);
}

static int sort_entries(const void *left, const void *right, void *arg)
{
	const struct entry *a = left, *b = right;

	return compare_services(&a->service, &b->service, *(bool *)arg);
}

static int sort_dests(const void *left, const void *right, void *arg)
{
	return compare_dests(left, right, *(bool *)arg);
}

/*
 * Much comes in order already, which is quicker to see than to sort. Where it is
 * no order, qsort_r() may move even that.
 */
static void sort(struct list *list,
		 int (*compare)(const void *, const void *, void *),
		 bool *classic)
{
	for (size_t i = *classic ? 0 : 1; i < list->count; i++) {
		const char *item = list->items + i * list->size;

		if (i && compare(item - list->size, item, classic) <= 0)
			continue;
		qsort_r(list->items, list->count, list->size, compare,
			classic);
		return;
	}
}

void table_sort(struct list *table, bool classic)
{
	sort(table, sort_entries, &classic);
	for (size_t i = 0; i < table->count; i++)
		sort(&list_at(table, struct entry, i)->dests, sort_dests,
		     &classic);
}
