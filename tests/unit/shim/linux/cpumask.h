/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_CPUMASK_H
#define SHIM_CPUMASK_H

#include <linux/percpu.h>
#include <linux/types.h>

struct cpumask {
	unsigned long bits;
};

static const struct cpumask shim_possible = { (1ul << SHIM_CPUS) - 1 };
static const struct cpumask shim_single[SHIM_CPUS] = { { 1 }, { 2 }, { 4 }, { 8 } };

#define cpu_possible_mask	(&shim_possible)
#define cpumask_of(cpu)		(&shim_single[cpu])
#define for_each_cpu(cpu, mask)						\
	for ((cpu) = 0; (cpu) < SHIM_CPUS; (cpu)++)			\
		if (!((mask)->bits >> (cpu) & 1)) {} else

#endif /* SHIM_CPUMASK_H */
