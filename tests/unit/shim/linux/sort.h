/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_SORT_H
#define SHIM_SORT_H

#include <stdlib.h>

#define sort(base, count, size, compare, swap) qsort(base, count, size, compare)

#endif /* SHIM_SORT_H */
