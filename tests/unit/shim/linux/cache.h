/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_CACHE_H
#define SHIM_CACHE_H

#define ____cacheline_aligned_in_smp __attribute__((aligned(64)))

#endif /* SHIM_CACHE_H */
