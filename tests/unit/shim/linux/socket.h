/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_SOCKET_H
#define SHIM_SOCKET_H

#include_next <linux/socket.h>

#include <sys/socket.h>		/* AF_INET, AF_INET6 */

#endif /* SHIM_SOCKET_H */
