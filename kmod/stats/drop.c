// SPDX-License-Identifier: GPL-2.0-only
#include "stats/drop.h"

static const struct {
	const char *name;
	const char *text;
} reasons[] = {
#define REASON(id, _name, _text) { .name = _name, .text = _text },
	SHUNT_DROP_REASONS(REASON)
#undef REASON
};

/**
 * shunt_drop_name() - the one word users know a reason by
 * @reason:	the reason
 *
 * Return: a constant string.
 */
const char *shunt_drop_name(enum shunt_drop reason)
{
	return reasons[reason].name;
}

/**
 * shunt_drop_text() - a reason explained
 * @reason:	the reason
 *
 * Return: a constant string.
 */
const char *shunt_drop_text(enum shunt_drop reason)
{
	return reasons[reason].text;
}

/**
 * shunt_drop_read() - how many packets were dropped for a reason
 * @drops:	a netns's counters
 * @reason:	the reason
 *
 * Return: packets since the netns came up, all CPUs.
 */
u64 shunt_drop_read(const struct shunt_drops __percpu *drops,
		    enum shunt_drop reason)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(drops, cpu)->packets[reason]);
	return sum;
}
