/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LIST_H
#define SHIM_LIST_H

#include <linux/types.h>

#define list_entry(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

#define list_for_each_entry(pos, head, member)				    \
	for (struct list_head *l = (head)->next;			    \
	     l != (head) && (pos = list_entry(l, __typeof__(*pos), member)); \
	     l = l->next)

#define list_for_each_entry_reverse(pos, head, member)			    \
	for (struct list_head *l = (head)->prev;			    \
	     l != (head) && (pos = list_entry(l, __typeof__(*pos), member)); \
	     l = l->prev)

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline void list_add(struct list_head *entry, struct list_head *head)
{
	entry->next = head->next;
	entry->prev = head;
	head->next->prev = entry;
	head->next = entry;
}

#endif /* SHIM_LIST_H */
