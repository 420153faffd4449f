// SPDX-License-Identifier: GPL-2.0-only
#include "config.h"

#include "command.h"
#include "plan.h"

void config_free(struct config *config)
{
	table_free(&config->table);
	list_free(&config->daemons);
}

static int entry_steps(const struct entry *entry, struct list *steps)
{
	struct step step = {
		.cmd = { .id = CMD_ADD_SERVICE, .service = entry->service },
	};

	if (!list_add(steps, &step))
		return -1;
	step.cmd.id = CMD_ADD_SERVER;
	for (size_t i = 0; i < entry->dests.count; i++) {
		step.cmd.dest = *list_at(&entry->dests, struct dest, i);
		if (!list_add(steps, &step))
			return -1;
	}
	return 0;
}

int config_steps(const struct config *config, struct list *steps)
{
	struct step set = {
		.cmd = { .id = CMD_SET, .timeouts = config->timeouts },
	};
	struct step start = { .cmd = { .id = CMD_START_DAEMON } };

	if (!list_add(steps, &set))
		return -1;
	for (size_t i = 0; i < config->table.count; i++)
		if (entry_steps(list_at(&config->table, struct entry, i),
				steps))
			return -1;
	for (size_t i = 0; i < config->daemons.count; i++) {
		start.cmd.daemon = *list_at(&config->daemons,
					    struct sync_daemon, i);
		if (!list_add(steps, &start))
			return -1;
	}
	return 0;
}

bool config_same(const struct config *a, const struct config *b)
{
	struct list from = LIST_OF(struct step), to = LIST_OF(struct step);
	struct list plan = LIST_OF(struct step);
	bool same;

	same = !config_steps(a, &from) && !config_steps(b, &to) &&
	       from.count == to.count && !plan_make(&from, &to, &plan) &&
	       !plan.count;
	list_free(&from);
	list_free(&to);
	list_free(&plan);
	return same;
}
