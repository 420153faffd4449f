/* SPDX-License-Identifier: GPL-2.0-only */
/* 6.1 does not have dst_rtable(). */
#ifndef SHUNT_COMPAT_NET_ROUTE_H
#define SHUNT_COMPAT_NET_ROUTE_H

#include_next <net/route.h>

#ifndef dst_rtable
#define dst_rtable(_ptr)	container_of(_ptr, struct rtable, dst)
#endif

#endif /* SHUNT_COMPAT_NET_ROUTE_H */
