/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_PERCPU_H
#define SHIM_PERCPU_H

#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

/* Each CPU's copy lies a fixed distance behind the one before. */
#define SHIM_CPUS	4
#define SHIM_CPU_AREA	4096

extern int shim_cpu;	/* the one a test is on */

static inline void *shim_alloc_percpu(size_t size)
{
	void *area = size <= SHIM_CPU_AREA ?
		     aligned_alloc(64, SHIM_CPUS * SHIM_CPU_AREA) : NULL;

	return area ? memset(area, 0, SHIM_CPUS * SHIM_CPU_AREA) : NULL;
}

#define alloc_percpu(type)	((type *)shim_alloc_percpu(sizeof(type)))
#define alloc_percpu_gfp(type, gfp)	alloc_percpu(type)
#define __alloc_percpu_gfp(size, align, gfp)	shim_alloc_percpu(size)
#define free_percpu(p)		free(p)
#define per_cpu_ptr(p, cpu) \
	((__typeof__(p))((char *)(p) + (cpu) * SHIM_CPU_AREA))
#define this_cpu_ptr(p)		per_cpu_ptr(p, shim_cpu)
#define this_cpu_inc(member)	((*this_cpu_ptr(&(member)))++)
#define for_each_possible_cpu(cpu) \
	for ((cpu) = 0; (cpu) < SHIM_CPUS; (cpu)++)

#endif /* SHIM_PERCPU_H */
