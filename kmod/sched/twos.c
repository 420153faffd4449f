// SPDX-License-Identifier: GPL-2.0-only
/*
 * The power of two choices: of two drawn at random, each as likely as its weight
 * says, the one that is less loaded. Nearly as even as looking at all of them.
 */
#include <linux/kernel.h>
#include <linux/random.h>

#include "sched/circle.h"
#include "sched/pick.h"

static int prepare(struct shunt_picks *picks)
{
	shunt_circle_build(picks);
	return 0;
}

static const struct shunt_pick *draw(const struct shunt_picks *picks)
{
	return shunt_circle_at(picks, reciprocal_scale(get_random_u32(),
						       picks->circle));
}

static struct shunt_dest *choose(struct shunt_service *svc,
				 const struct shunt_picks *picks,
				 const struct shunt_tuple *tuple)
{
	const struct shunt_pick *a = draw(picks), *b = draw(picks);

	if (!shunt_pick_available(a))
		a = b;
	if (!shunt_pick_available(a))
		return shunt_picks_next(svc, picks);
	if (shunt_pick_available(b) && shunt_pick_less(b, a))
		a = b;
	return a->dest;
}

const struct shunt_scheduler shunt_sched_twos = {
	.name = "twos",
	.prepare = prepare,
	.choose = choose,
};
