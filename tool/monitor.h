/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHUNTADM_MONITOR_H
#define SHUNTADM_MONITOR_H

#include <stdbool.h>

#include "director.h"
#include "error.h"

/**
 * monitor() - print the director's events as they come
 * @json:	as lines of JSON
 * @numeric:	as text: addresses and ports as numbers
 *
 * Goes on until SIGINT or SIGTERM comes or nobody reads stdout any more. Takes
 * over these signals, and SIGPIPE, for good.
 *
 * Return: 0, or -1 with @error set.
 */
int monitor(struct director *director, bool json, bool numeric,
	    struct error *error);

#endif
