/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHUNTADM_PROCFS_H
#define SHUNTADM_PROCFS_H

#include "error.h"
#include "table.h"

/** procfs_conns() - the connections of in-tree ip_vs, a list of struct conn */
int procfs_conns(struct list *conns, struct error *error);

/** procfs_parse_conn() - one row of /proc/net/ip_vs_conn; false if it is none */
bool procfs_parse_conn(const char *line, struct conn *conn);

#endif
