// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way from one configuration to another: exactly the commands that have to
 * be, and for random configurations that they lead there, on a model of a kernel
 * that is as simple as can be.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>

#include "options.h"
#include "plan.h"
#include "unit.h"

/* A command line, split in place, as a step of line @line. */
static struct step step_of(const char *text, unsigned int line)
{
	const char *argv[32] = { "shuntadm" };
	struct step step = { .line = line };
	struct error error = { 0 };
	char words[256], *rest = words;
	int argc = 1;

	snprintf(words, sizeof(words), "%s", text);
	while (rest)
		argv[argc++] = strsep(&rest, " ");
	if (options_parse(argc, argv, &step.cmd, &error)) {
		printf("# %s: %s\n", text, error.text);
		abort();
	}
	return step;
}

/* "command; command": each on a line of its own. */
static void parse(const char *text, struct list *steps)
{
	char copy[1024], *rest = copy;
	unsigned int line = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	while (rest && *rest) {
		char *end = strstr(rest, "; ");
		struct step step;

		if (end)
			*end = '\0';
		step = step_of(rest, ++line);
		list_add(steps, &step);
		rest = end ? end + 2 : NULL;
	}
}

/* A command in short: "a 10.0.0.1 w3", "D 1.2.3.4:80". */
static void shorten(char *text, size_t size, const struct command *cmd)
{
	static const char letters[N_COMMANDS] = {
		[CMD_ADD_SERVICE] = 'A', [CMD_EDIT_SERVICE] = 'E',
		[CMD_DELETE_SERVICE] = 'D', [CMD_ADD_SERVER] = 'a',
		[CMD_EDIT_SERVER] = 'e', [CMD_DELETE_SERVER] = 'd',
		[CMD_SET] = 's', [CMD_START_DAEMON] = '+',
		[CMD_STOP_DAEMON] = '-',
	};
	char letter = letters[cmd->id];
	char addr[INET_ADDRSTRLEN];

	if (letter == 's')
		snprintf(text, size, "s %u", cmd->timeouts.tcp);
	else if (letter == '+' || letter == '-')
		snprintf(text, size, "%c %u %s", letter, cmd->daemon.state,
			 cmd->daemon.interface);
	else if (strchr("aed", letter))
		snprintf(text, size, "%c %s w%u", letter,
			 inet_ntop(AF_INET, cmd->dest.addr.word, addr,
				   sizeof(addr)), cmd->dest.weight);
	else if (cmd->service.fwmark)
		snprintf(text, size, "%c fwm%u", letter, cmd->service.fwmark);
	else
		snprintf(text, size, "%c %u", letter, cmd->service.port);
}

static void expect_plan(const char *from_text, const char *to_text,
			const char *wanted)
{
	struct list from = LIST_OF(struct step), to = LIST_OF(struct step);
	struct list plan = LIST_OF(struct step);
	char got[1024] = "", one[64];

	parse(from_text, &from);
	parse(to_text, &to);
	plan_make(&from, &to, &plan);
	for (size_t i = 0; i < plan.count; i++) {
		shorten(one, sizeof(one), &list_at(&plan, struct step, i)->cmd);
		if (i)
			strcat(got, "; ");
		strcat(got, one);
	}
	printf("# from \"%s\" to \"%s\"\n", from_text, to_text);
	expect_text(got, wanted, *wanted ? wanted : "nothing to do");
	list_free(&from);
	list_free(&to);
	list_free(&plan);
}

#define S80 "-A -t 1.2.3.4:80 -s rr"
#define S81 "-A -t 1.2.3.4:81 -s rr"
#define R1 "-a -t 1.2.3.4:80 -r 10.0.0.1"
#define R2 "-a -t 1.2.3.4:80 -r 10.0.0.2"
#define P80 "-A -t 1.2.3.4:80 -s rr -p 100 -M 255.255.255.0"

static void services(void)
{
	expect_plan("", "", "");
	expect_plan(S80 "; " R1, R1 "; " S80, "");
	expect_plan("", R1 "; " S81 "; " S80, "A 80; a 10.0.0.1 w1; A 81");
	expect_plan(S80 "; " R1 "; " R2 "; " S81, "", "D 80; D 81");
	expect_plan(S80, S81, "A 81; D 80");
	expect_plan(S80, "-A -t 1.2.3.4:80 -s wrr", "E 80");
	expect_plan(S80, P80, "E 80");
	expect_plan(P80, P80, "");
	expect_plan(P80, S80, "E 80");
	expect_plan(P80, "-A -t 1.2.3.4:80 -s rr -p 101 -M 255.255.255.0",
		    "E 80");
	expect_plan(P80, "-A -t 1.2.3.4:80 -s rr -p 100 -M 255.255.0.0",
		    "E 80");
	expect_plan("-A -t 1.2.3.4:80 -s rr -p --pe sip",
		    "-A -t 1.2.3.4:80 -s rr -p", "E 80");
	expect_plan("-A -t 1.2.3.4:80 -s sh",
		    "-A -t 1.2.3.4:80 -s sh -b sh-port", "E 80");
	expect_plan("-A -u 1.2.3.4:80 -s rr", "-A -u 1.2.3.4:80 -s rr -o",
		    "E 80");
	expect_plan(S80, S80 " --tcp-timeout 60", "E 80");
	expect_plan(S80 " --tcp-timeout 60", S80 " --tcp-timeout 60", "");
	expect_plan(S80 " --tcp-fin-timeout 60", S80, "E 80");
	expect_plan(S80, S80 " --reset-on-expiry", "E 80");
	expect_plan("-A -f 7", "-A -f 7 --udp-leave", "E fwm7");
	expect_plan(S80, "-A -u 1.2.3.4:80 -s rr", "A 80; D 80");
	expect_plan("-A -f 7 -s rr", "-A -f 7 -6 -s rr", "A fwm7; D fwm7");
	expect_plan("-A -f 7 -s rr; -a -f 7 -r 10.0.0.1",
		    "-A -f 7 -s wrr; -a -f 7 -r 10.0.0.1", "E fwm7");
}

static void servers(void)
{
	expect_plan(S80 "; " R1, S80 "; " R2, "a 10.0.0.2 w1; d 10.0.0.1 w1");
	expect_plan(S80 "; " R1 " -w 0", S80 "; " R1 " --drain", "e 10.0.0.1 w0");
	expect_plan(S80 "; " R1 " --drain", S80 "; " R1, "e 10.0.0.1 w1");
	expect_plan(S80 "; " R1 " --drain", S80 "; " R1 " --drain", "");
	expect_plan(S80 "; " R1 " --drain=40", S80 "; " R1 " --drain=57", "");
	expect_plan(S80 "; " R1 " --drain=57", S80 "; " R1 " --drain=40",
		    "e 10.0.0.1 w0");
	expect_plan(S80 "; " R1 " --drain=57", S80 "; " R1 " --drain",
		    "e 10.0.0.1 w0");
	expect_plan(S80 "; " R1 " --drain", S80 "; " R1 " --drain=57",
		    "e 10.0.0.1 w0");
	expect_plan(S80 "; " R1, S80 "; " R1 " -w 3", "e 10.0.0.1 w3");
	expect_plan(S80 "; " R1, S80 "; " R1 " -m", "e 10.0.0.1 w1");
	expect_plan(S80 "; " R1, S80 "; " R1 " -x 10", "e 10.0.0.1 w1");
	expect_plan(S80 "; " R1, S80 "; " R1 " -y 10", "e 10.0.0.1 w1");
	expect_plan(S80 "; " R1 " -i", S80 "; " R1 " -i --tun-type gre",
		    "e 10.0.0.1 w1");
	expect_plan(S80 "; " R1 " -i --tun-type gue --tun-port 5",
		    S80 "; " R1 " -i --tun-type gue --tun-port 6",
		    "e 10.0.0.1 w1");
	expect_plan(S80 "; " R1 " -i --tun-type gre",
		    S80 "; " R1 " -i --tun-type gre --tun-csum",
		    "e 10.0.0.1 w1");
	expect_plan(S80 "; " R1 " -m", S80 "; -a -t 1.2.3.4:80 -r 10.0.0.1:81 -m",
		    "a 10.0.0.1 w1; d 10.0.0.1 w1");
	/* What takes less than before does so when the others are there. */
	expect_plan(S80 "; " R1, S80 "; " R1 " -w 0; " R2,
		    "a 10.0.0.2 w1; e 10.0.0.1 w0");
	expect_plan(S80 "; " R1 "; " R2 " -w 0", S80 "; " R1 " -w 0; " R2,
		    "e 10.0.0.2 w1; e 10.0.0.1 w0");
	expect_plan(S80 "; " R1 "; " R2 " -x 5", S80 "; " R1 " -x 5; " R2,
		    "e 10.0.0.2 w1; e 10.0.0.1 w1");
	expect_plan(S80 "; " R1 " -x 6; " R2 " -x 4",
		    S80 "; " R1 " -x 5; " R2 " -x 5",
		    "e 10.0.0.2 w1; e 10.0.0.1 w1");
	expect_plan(S80 "; " R1 " -w 2; -a -t 1.2.3.4:80 -r 10.0.0.3",
		    S80 "; " R1 "; " R2,
		    "a 10.0.0.2 w1; e 10.0.0.1 w1; d 10.0.0.3 w1");
	/* The real servers of a service that goes need no word. */
	expect_plan(S80 "; " R1 "; " S81 "; -a -t 1.2.3.4:81 -r 10.0.0.1",
		    S80, "d 10.0.0.1 w1; D 81");
	/* All that is new is there before anything old goes. */
	expect_plan(S80 "; " R1 "; " S81,
		    S80 "; " R2 "; -A -t 1.2.3.4:82 -s rr",
		    "a 10.0.0.2 w1; A 82; d 10.0.0.1 w1; D 81");
}

/* What a dump has twice is there once. */
static void twice(void)
{
	expect_plan(S80 "; " R1 "; " S80 "; " R1, S80 "; " R1, "");
	expect_plan(S80 "; " R1, S80 "; " R1 "; " S80 "; " R1, "");
	expect_plan(S80 "; " S80 "; " R1 "; " R1, "", "D 80");
	expect_plan("", S80 "; " S80 "; " R1 "; " R1, "A 80; a 10.0.0.1 w1");
	expect_plan(S80 "; " R1 "; " R1, S80, "d 10.0.0.1 w1");
}

#define MASTER "--start-daemon master --mcast-interface d1"
#define BACKUP "--start-daemon backup --mcast-interface d1"
#define SAVED " --sync-maxlen 1472 --mcast-group 224.0.0.81 --mcast-port 8848 --mcast-ttl 1"

static void others(void)
{
	expect_plan("--set 900 120 300", "--set 900 120 300", "");
	expect_plan("--set 900 120 300", "", "");
	expect_plan("--set 900 120 300", "--set 0 120 0", "");
	expect_plan("--set 900 120 300", "--set 901 0 0", "s 901");
	expect_plan("--set 900 120 300", "--set 0 121 0", "s 0");
	expect_plan("--set 900 120 300", "--set 0 0 301", "s 0");
	expect_plan("", MASTER, "+ 1 d1");
	expect_plan(MASTER SAVED, MASTER, "");
	expect_plan(MASTER SAVED, MASTER SAVED, "");
	expect_plan(MASTER SAVED, "", "- 1 d1");
	expect_plan(MASTER SAVED, MASTER " --mcast-ttl 2", "- 1 d1; + 1 d1");
	expect_plan(MASTER SAVED, MASTER " --mcast-port 2", "- 1 d1; + 1 d1");
	expect_plan(MASTER SAVED, MASTER " --mcast-group 224.0.0.5",
		    "- 1 d1; + 1 d1");
	expect_plan(MASTER SAVED, MASTER " --sync-maxlen 500",
		    "- 1 d1; + 1 d1");
	expect_plan(MASTER SAVED, MASTER " --syncid 5", "- 1 d1; + 1 d1");
	expect_plan(MASTER SAVED, "--start-daemon master --mcast-interface d2",
		    "- 1 d1; + 1 d2");
	expect_plan(MASTER SAVED, BACKUP, "+ 2 d1; - 1 d1");
}

/* What the kernel calls local was asked for as something else. */
static void local(void)
{
	struct list from = LIST_OF(struct step), to = LIST_OF(struct step);
	struct list plan = LIST_OF(struct step);

	parse(S80 "; " R1, &from);
	list_at(&from, struct step, 1)->cmd.dest.forward = SHUNT_FWD_LOCAL;
	parse(S80 "; " R1 " -m", &to);
	expect(!plan_make(&from, &to, &plan) && !plan.count,
	       "a local server is what it was asked to be");
	list_free(&to);
	parse("", &to);
	expect(!plan_make(&to, &from, &plan) && plan.count == 2 &&
	       list_at(&plan, struct step, 1)->cmd.dest.forward ==
	       SHUNT_FWD_ROUTE, "and is not asked to be local");
	list_free(&from);
	list_free(&to);
	list_free(&plan);
}

static void faults(void)
{
	static const struct {
		const char *file;
		unsigned int line;	/* 0: none */
		const char *text;
	} cases[] = {
		{ S80 "; " R1 "; " S81, 0, "" },
		{ R1 "; --set 1 2 3; " S80, 0, "" },
		{ S80 "; " S81 "; " S80, 3, "the same is added in line 1 already" },
		{ S80 "; " R1 "; " R2 "; " R1 " -w 2", 4, "the same is added in line 2 already" },
		{ "--set 1 2 3; --set 4 5 6", 2, "the timeouts are set in line 1 already" },
		{ MASTER "; " S80 "; " MASTER, 3, "a daemon of that kind is started in line 1 already" },
		{ S81 "; " R1, 2, "a real server of a virtual service that is not" },
		{ S80 "; -D -t 1.2.3.4:80", 2, "'delete-service' is no part" },
		{ "-C; " S80, 1, "'flush' is no part" },
		{ "-Z", 1, "'zero' is no part" },
		{ "-L", 1, "'list' is no part" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct list steps = LIST_OF(struct step);
		struct error error = { 0 };
		const struct step *step;

		parse(cases[i].file, &steps);
		step = plan_fault(&steps, &error);
		expect((step ? step->line : 0) == cases[i].line &&
		       !strncmp(error.classic, cases[i].text,
				strlen(cases[i].text)),
		       "%s: %.200s", cases[i].file, error.classic);
		list_free(&steps);
	}
}

/*
 * The model: services 0..3 with a kind each, real servers 0..3 with a weight
 * each, plus one; 0 is none.
 */
#define SIZE 4

struct model {
	int service[SIZE];
	int server[SIZE][SIZE];
};

static struct model random_model(void)
{
	struct model model = { 0 };

	for (int i = 0; i < SIZE; i++) {
		model.service[i] = rand() % 3;
		for (int j = 0; model.service[i] && j < SIZE; j++)
			model.server[i][j] = rand() % 4;
	}
	return model;
}

static void add(struct list *steps, const char *text)
{
	struct step step = step_of(text, steps->count + 1);

	list_add(steps, &step);
}

/* The commands that make it, in any order. */
static void model_steps(const struct model *model, struct list *steps)
{
	char text[128];

	for (int i = 0; i < SIZE; i++) {
		for (int j = 0; j < SIZE; j++) {
			snprintf(text, sizeof(text),
				 "-a -t 1.2.3.4:%d -r 10.0.0.%d -w %d", 80 + i,
				 j, model->server[i][j] - 1);
			if (model->server[i][j])
				add(steps, text);
		}
		snprintf(text, sizeof(text), "-A -t 1.2.3.4:%d -s %s", 80 + i,
			 model->service[i] == 1 ? "rr" : "wrr");
		if (model->service[i])
			add(steps, text);
	}
	for (size_t i = 0; i < steps->count; i++) {
		size_t j = rand() % steps->count;
		struct step step = *list_at(steps, struct step, i);

		*list_at(steps, struct step, i) = *list_at(steps, struct step, j);
		*list_at(steps, struct step, j) = step;
	}
}

/* What the kernel does; false where it would refuse. */
static bool model_apply(struct model *model, const struct command *cmd)
{
	int i = cmd->service.port - 80;
	int j = ntohl(cmd->dest.addr.word[0]) & 0xff;
	int kind = !strcmp(cmd->service.sched, "rr") ? 1 : 2;
	bool is_new = cmd->id == CMD_ADD_SERVICE || cmd->id == CMD_ADD_SERVER;
	int *slot = &model->service[i];

	if (cmd->id == CMD_ADD_SERVER || cmd->id == CMD_EDIT_SERVER ||
	    cmd->id == CMD_DELETE_SERVER) {
		if (!*slot)
			return false;
		slot = &model->server[i][j];
		kind = cmd->dest.weight + 1;
	}
	if (is_new == !!*slot)
		return false;
	*slot = kind;
	if (cmd->id == CMD_DELETE_SERVER)
		*slot = 0;
	if (cmd->id == CMD_DELETE_SERVICE) {
		*slot = 0;
		memset(model->server[i], 0, sizeof(model->server[i]));
	}
	return true;
}

/* How many commands it takes: one for each difference, none for what goes along. */
static size_t distance(const struct model *from, const struct model *to)
{
	size_t count = 0;

	for (int i = 0; i < SIZE; i++) {
		count += from->service[i] != to->service[i];
		for (int j = 0; j < SIZE; j++)
			count += to->service[i] &&
				 from->server[i][j] != to->server[i][j];
	}
	return count;
}

/* Does what stays never go away, and does nothing go before all is there? */
static bool is_gentle(const struct list *plan)
{
	bool removing = false;

	for (size_t i = 0; i < plan->count; i++) {
		enum command_id id = list_at(plan, struct step, i)->cmd.id;
		bool removal = id == CMD_DELETE_SERVICE ||
			       id == CMD_DELETE_SERVER;

		if (removing && !removal)
			return false;
		removing = removal;
	}
	return true;
}

static bool is_usable(const struct model *model, int service)
{
	for (int j = 0; j < SIZE; j++)
		if (model->server[service][j] > 1)
			return true;
	return false;
}

/* Is a service without a server that takes anything, though it has them later? */
static bool has_gap(const struct model *now, const struct model *from,
		    const struct model *to)
{
	for (int i = 0; i < SIZE; i++)
		if (is_usable(from, i) && is_usable(to, i) && !is_usable(now, i))
			return true;
	return false;
}

static bool leads_there(struct model from, struct model to)
{
	struct list a = LIST_OF(struct step), b = LIST_OF(struct step);
	struct list plan = LIST_OF(struct step);
	const size_t count = distance(&from, &to);
	struct model now = from;
	bool good;

	model_steps(&from, &a);
	model_steps(&to, &b);
	good = !plan_make(&a, &b, &plan) && plan.count == count &&
	       is_gentle(&plan);
	for (size_t i = 0; i < plan.count; i++)
		good = model_apply(&now, &list_at(&plan, struct step, i)->cmd) &&
		       !has_gap(&now, &from, &to) && good;
	list_free(&a);
	list_free(&b);
	list_free(&plan);
	return good && !memcmp(&now, &to, sizeof(now));
}

static void random_ones(void)
{
	int good = 0, all = 500;

	srand(1);
	for (int i = 0; i < all; i++)
		good += leads_there(random_model(), random_model());
	expect(good == all, "%d of %d random configurations: as few commands as there are differences, they lead there, and no service is without a server on the way",
	       good, all);
}

int main(void)
{
	services();
	servers();
	twice();
	others();
	local();
	faults();
	random_ones();
	return unit_end();
}
