// SPDX-License-Identifier: GPL-2.0-only
/*
 * tool/restore.c, plan.c and save.c: any text as a file for -R. What is taken
 * for a configuration is written down as -S does, and what is read from that is
 * the same configuration, with shuntadm's options and with ipvsadm's.
 */
#include "restore.h"

#include <arpa/inet.h>
#include <string.h>

#include "config.h"
#include "fuzz.h"
#include "plan.h"
#include "save.h"
#include "tool.h"

static int read_text(const char *text, size_t size, bool classic,
		     struct list *steps)
{
	struct restore restore = {
		.program = classic ? "ipvsadm" : "shuntadm",
		.classic = classic,
	};
	FILE *in = fmemopen((void *)text, size, "r");
	struct error error = { 0 };
	int failed;

	if (!in)
		abort();
	failed = restore_parse(in, &restore, steps, &error);
	must(!failed == !error.status, "%d, status %d", failed, error.status);
	fclose(in);
	return failed;
}

/* What a director makes of a daemon of which not all is said. */
static struct sync_daemon started(struct sync_daemon daemon)
{
	if (!daemon.group.family)
		daemon.group = (struct address){
			.family = AF_INET, .word = { htonl(0xe0000051) },
		};
	daemon.port = daemon.port ? daemon.port : 8848;
	daemon.ttl = daemon.ttl ? daemon.ttl : 1;
	return daemon;
}

/*
 * What a director would have; @steps are in plan_fault()'s order. False for what
 * none would take.
 */
static bool configure(const struct list *steps, struct config *config)
{
	struct entry *entry = NULL;
	struct sync_daemon daemon;

	for (size_t i = 0; i < steps->count; i++) {
		struct step *step = list_at(steps, struct step, i);
		struct entry new = {
			.service = step->cmd.service,
			.dests = LIST_OF(struct dest),
		};

		daemon = started(step->cmd.daemon);
		if (step->cmd.id == CMD_SET)
			config->timeouts = step->cmd.timeouts;
		else if (step->cmd.id == CMD_START_DAEMON &&
			 !daemon.interface[0])
			return false;
		else if (step->cmd.id == CMD_START_DAEMON)
			list_add(&config->daemons, &daemon);
		else if (step->cmd.id == CMD_ADD_SERVICE)
			entry = list_add(&config->table, &new);
		else if (!entry || service_compare(&entry->service,
						   &step->cmd.service))
			return false;
		else
			list_add(&entry->dests, &step->cmd.dest);
	}
	return true;
}

static bool read_config(const char *text, size_t size, bool classic,
			struct config *config)
{
	struct list steps = LIST_OF(struct step);
	struct error error = { 0 };
	bool good;

	good = !read_text(text, size, classic, &steps) &&
	       !plan_fault(&steps, &error) && configure(&steps, config);
	list_free(&steps);
	return good;
}

static char *save(const struct config *config, bool classic)
{
	struct text text;

	text_begin(&text);
	save_timeouts(text.out, &config->timeouts);
	save_services(text.out, &config->table, true, classic);
	save_daemons(text.out, &config->daemons);
	return text_end(&text);
}

static void check_again(const struct config *config, bool classic)
{
	struct config again = CONFIG_EMPTY;
	char *text = save(config, classic), *twice;

	must(read_config(text, strlen(text), classic, &again),
	     "saved, but not read:\n%s", text);
	must(config_same(config, &again), "another:\n%s", text);
	twice = save(&again, classic);
	must(!strcmp(text, twice), "first\n%s, then\n%s", text, twice);
	free(text);
	free(twice);
	config_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct list steps = LIST_OF(struct step);
	struct config config = CONFIG_EMPTY;
	bool classic;

	if (!size)
		return 0;
	classic = data[0] & 1;
	if (read_config((const char *)data + 1, size - 1, classic, &config))
		check_again(&config, classic);
	/* And as what else a file may have. */
	read_text((const char *)data + 1, size - 1, !classic, &steps);
	list_free(&steps);
	config_free(&config);
	return 0;
}
