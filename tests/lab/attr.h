/* SPDX-License-Identifier: GPL-2.0-only */
/* Attributes of a netlink message, read without a library: what a length that lies says is not followed. */
#ifndef ATTR_H
#define ATTR_H

#include <linux/netlink.h>
#include <stddef.h>

/* The first one of a type among those in so many bytes, or NULL. */
static inline const struct nlattr *attr_find(const void *start, size_t len, int type)
{
	const char *p = start, *end = p + len;

	while (end - p >= NLA_HDRLEN) {
		const struct nlattr *a = (const void *)p;

		if (a->nla_len < NLA_HDRLEN || a->nla_len > end - p)
			break;
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
		p += NLA_ALIGN(a->nla_len);
	}
	return NULL;
}

static inline const void *attr_data(const struct nlattr *a)
{
	return (const char *)a + NLA_HDRLEN;
}

/* How many bytes its data has. */
static inline size_t attr_size(const struct nlattr *a)
{
	return a->nla_len - NLA_HDRLEN;
}

#endif /* ATTR_H */
