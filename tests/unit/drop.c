// SPDX-License-Identifier: GPL-2.0-only
/*
 * stats/drop.c: reasons for drops and their counters.
 */
#include "stats/drop.h"

#include <ctype.h>
#include <string.h>

#include "net.h"
#include "unit.h"

static const struct {
	enum shunt_drop reason;
	const char *id;
} ids[] = {
#define ID(id, name, text) { SHUNT_DROP_##id, #id },
	SHUNT_DROP_REASONS(ID)
#undef ID
};

/* A script finds "no_dest" where the code says SHUNT_DROP_NO_DEST. */
static void test_names(void)
{
	int i, j;

	expect(COUNT(ids) == SHUNT_DROP_MAX, "%d", COUNT(ids));
	for (i = 0; i < COUNT(ids); i++) {
		const char *name = shunt_drop_name(ids[i].reason);

		expect(strlen(name) == strlen(ids[i].id), "%s: %s", ids[i].id,
		       name);
		for (j = 0; name[j]; j++)
			expect(name[j] == tolower(ids[i].id[j]), "%s: %s",
			       ids[i].id, name);
	}
}

static void test_texts(void)
{
	int i, j;

	for (i = 0; i < SHUNT_DROP_MAX; i++) {
		const char *text = shunt_drop_text(i);

		expect(strlen(text) > 8, "%s: %s", shunt_drop_name(i), text);
		expect(!strchr(text, '\n') && text[strlen(text) - 1] != '.',
		       "%s is no phrase: %s", shunt_drop_name(i), text);
		for (j = 0; j < i; j++)
			expect(strcmp(text, shunt_drop_text(j)), "%s and %s",
			       shunt_drop_name(i), shunt_drop_name(j));
	}
}

static void test_count(void)
{
	struct shunt_net sn = { .drops = alloc_percpu(struct shunt_drops) };
	u64 model[SHUNT_DROP_MAX] = {};
	int n, i;

	for (n = 0; n < 2000; n++) {
		shim_cpu = unit_random() % SHIM_CPUS;
		i = unit_random() % SHUNT_DROP_MAX;
		shunt_drop(&sn, i);
		model[i]++;
	}
	for (i = 0; i < SHUNT_DROP_MAX; i++)
		expect(shunt_drop_read(sn.drops, i) == model[i],
		       "%s: %llu, not %llu", shunt_drop_name(i),
		       shunt_drop_read(sn.drops, i), model[i]);
	free_percpu(sn.drops);
}

static const struct unit_case cases[] = {
	{ "every reason goes by its own name", test_names },
	{ "every reason has its own text", test_texts },
	{ "drops on all CPUs are counted, each for its reason", test_count },
};

int main(int argc, char **argv)
{
	return unit_run(argc, argv, cases, COUNT(cases));
}
