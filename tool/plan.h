/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From one configuration to another. A configuration is the commands that make
 * it, a list of struct step: -A, -a, --set and --start-daemon, in any order.
 * Pure.
 */
#ifndef SHUNTADM_PLAN_H
#define SHUNTADM_PLAN_H

#include "command.h"
#include "error.h"
#include "table.h"

/**
 * plan_fault() - do the commands of a file make a configuration?
 * @steps:	will be sorted
 *
 * Return: NULL, or the step that is out of place, with @error set.
 */
const struct step *plan_fault(struct list *steps, struct error *error);

/**
 * plan_make() - the fewest commands that make @from into @to
 * @from, @to:	will be sorted, and what is there twice once only
 * @plan:	an empty list of struct step, to be filled
 *
 * What is in both stays and is edited where it differs. What is new is added
 * before a real server is given less than it had, and what is no more is deleted
 * last. Timeouts stay where @to has none.
 *
 * Return: 0, or -1 when memory is out.
 */
int plan_make(struct list *from, struct list *to, struct list *plan);

#endif
