// SPDX-License-Identifier: GPL-2.0-only
#include "run.h"

#include <stdio.h>

#include "change.h"
#include "monitor.h"
#include "print.h"
#include "print_json.h"
#include "save.h"

static struct print_style list_style(const struct command *cmd, bool classic)
{
	static const enum option_id formats[] = {
		[FORMAT_STATS] = OPT_STATS,
		[FORMAT_RATE] = OPT_RATE,
		[FORMAT_THRESHOLDS] = OPT_THRESHOLDS,
		[FORMAT_PERSISTENT] = OPT_PERSISTENT_CONN,
		[FORMAT_TUNNEL] = OPT_TUN_INFO,
	};
	struct print_style style = {
		.numeric = command_has(cmd, OPT_NUMERIC),
		.exact = command_has(cmd, OPT_EXACT),
		.engines = command_has(cmd, OPT_PERSISTENT_CONN),
		.classic = classic,
	};

	while (style.format < FORMAT_PLAIN &&
	       !command_has(cmd, formats[style.format]))
		style.format++;
	return style;
}

static int list_services(struct director *director, const struct command *cmd,
			 const struct print_style *style, struct error *error)
{
	struct list table = LIST_OF(struct entry);
	bool one = command_has(cmd, OPT_SERVICE);
	bool brief = style->format != FORMAT_STATS &&
		     style->format != FORMAT_RATE &&
		     !command_has(cmd, OPT_JSON);
	int failed;

	failed = director_services(director, one ? &cmd->service : NULL, brief,
				   &table, error);
	if (!failed) {
		if (!command_has(cmd, OPT_NOSORT))
			table_sort(&table, style->classic);
		if (command_has(cmd, OPT_JSON))
			print_json_services(stdout, director, &table);
		else
			print_services(stdout, &table,
				       one ? NULL : &director->info, style);
	}
	table_free(&table);
	return failed;
}

static int list_conns(struct director *director, const struct command *cmd,
		      const struct print_style *style, struct error *error)
{
	struct list conns = LIST_OF(struct conn);
	int failed = director_conns(director, &conns, error);

	if (!failed && command_has(cmd, OPT_JSON))
		print_json_conns(stdout, director, &conns);
	else if (!failed)
		print_conns(stdout, &conns, style);
	conns_free(&conns);
	return failed;
}

static int list_daemons(struct director *director, const struct command *cmd,
			struct error *error)
{
	struct list daemons = LIST_OF(struct sync_daemon);
	int failed = director_daemons(director, &daemons, error);

	if (!failed && command_has(cmd, OPT_JSON))
		print_json_daemons(stdout, director, &daemons);
	else if (!failed)
		print_daemons(stdout, &daemons);
	list_free(&daemons);
	return failed;
}

static int list_drops(struct director *director, const struct command *cmd,
		      const struct print_style *style, struct error *error)
{
	struct list drops = LIST_OF(struct drop);
	int failed = director_drops(director, &drops, error);

	if (!failed && command_has(cmd, OPT_JSON))
		print_json_drops(stdout, director, &drops);
	else if (!failed)
		print_drops(stdout, &drops, style);
	list_free(&drops);
	return failed;
}

static int list_timeouts(struct director *director, const struct command *cmd,
			 struct error *error)
{
	struct timeouts timeouts = { 0 };
	int failed = director_timeouts(director, &timeouts, error);

	if (!failed && command_has(cmd, OPT_JSON))
		print_json_timeouts(stdout, director, &timeouts);
	else if (!failed)
		print_timeouts(stdout, &timeouts);
	return failed;
}

static int run_list(struct director *director, const struct command *cmd,
		    bool classic, struct error *error)
{
	struct print_style style = list_style(cmd, classic);
	bool total = command_has(cmd, OPT_JSON) ||
		     (!classic && (command_has(cmd, OPT_STATS) ||
				   command_has(cmd, OPT_RATE)));

	if (total && director_total(director, error))
		return -1;
	if (command_has(cmd, OPT_CONNECTION))
		return list_conns(director, cmd, &style, error);
	if (command_has(cmd, OPT_TIMEOUT))
		return list_timeouts(director, cmd, error);
	if (command_has(cmd, OPT_DAEMON))
		return list_daemons(director, cmd, error);
	if (command_has(cmd, OPT_DROPS))
		return list_drops(director, cmd, &style, error);
	return list_services(director, cmd, &style, error);
}

/*
 * ipvsadm saves services only, by names unless told otherwise. Names may mean
 * something else when they are read, so shuntadm writes none.
 */
static int run_save(struct director *director, const struct command *cmd,
		    bool classic, struct error *error)
{
	struct config config = CONFIG_EMPTY;
	int failed;

	failed = classic ?
		 director_services(director, NULL, true, &config.table,
				   error) :
		 director_config(director, &config, error);
	if (!failed) {
		table_sort(&config.table, classic);
		if (!classic)
			save_timeouts(stdout, &config.timeouts);
		save_services(stdout, &config.table,
			      !classic || command_has(cmd, OPT_NUMERIC),
			      classic);
		save_daemons(stdout, &config.daemons);
	}
	config_free(&config);
	return failed;
}

int run_command(struct director *director, const struct command *cmd,
		bool classic, struct error *error)
{
	if (cmd->id == CMD_LIST)
		return run_list(director, cmd, classic, error);
	if (cmd->id == CMD_MONITOR)
		return monitor(director, command_has(cmd, OPT_JSON),
			       command_has(cmd, OPT_NUMERIC), error);
	if (cmd->id == CMD_SAVE)
		return run_save(director, cmd, classic, error);
	return change_run(director, cmd, error);
}
