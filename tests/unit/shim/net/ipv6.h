/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_IPV6_H
#define SHIM_IPV6_H

#include <string.h>

#include <linux/in6.h>
#include <linux/types.h>

static inline bool ipv6_addr_equal(const struct in6_addr *a,
				   const struct in6_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

#endif /* SHIM_IPV6_H */
