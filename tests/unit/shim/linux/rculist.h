/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_RCULIST_H
#define SHIM_RCULIST_H

#include <linux/list.h>

#define hlist_entry_of(node, type, member) \
	((node) ? list_entry(node, type, member) : NULL)

#define hlist_for_each_entry(pos, head, member)				    \
	for (pos = hlist_entry_of((head)->first, __typeof__(*pos), member); \
	     pos;							    \
	     pos = hlist_entry_of(pos->member.next, __typeof__(*pos), member))

#define hlist_for_each_entry_rcu hlist_for_each_entry

#define hlist_for_each_entry_safe(pos, n, head, member)			    \
	for (pos = hlist_entry_of((head)->first, __typeof__(*pos), member); \
	     pos && ({ n = pos->member.next; 1; });			    \
	     pos = hlist_entry_of(n, __typeof__(*pos), member))

static inline void hlist_del_rcu(struct hlist_node *node)
{
	*node->pprev = node->next;
	if (node->next)
		node->next->pprev = node->pprev;
}

static inline void hlist_add_head_rcu(struct hlist_node *node,
				      struct hlist_head *head)
{
	node->next = head->first;
	node->pprev = &head->first;
	if (head->first)
		head->first->pprev = &node->next;
	head->first = node;
}

static inline void hlist_replace_rcu(struct hlist_node *old,
				     struct hlist_node *node)
{
	node->next = old->next;
	node->pprev = old->pprev;
	*node->pprev = node;
	if (node->next)
		node->next->pprev = &node->next;
}

#endif /* SHIM_RCULIST_H */
