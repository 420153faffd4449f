/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_CTYPE_H
#define SHIM_CTYPE_H

#include_next <ctype.h>

#endif /* SHIM_CTYPE_H */
