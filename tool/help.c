// SPDX-License-Identifier: GPL-2.0-only
#include "help.h"

#include "options.h"

#define SHUNTADM_VERSION "0.1"

static const char *const titles[] = {
	[SECTION_COMMAND] = "Commands (one, and first)",
	[SECTION_SERVICE] = "Virtual services",
	[SECTION_SCHEDULING] = "Scheduling, for -A and -E",
	[SECTION_CONNECTIONS] = "Connections, for -A and -E (Shunt only)",
	[SECTION_SERVER] = "Real servers, for -a, -e and -d",
	[SECTION_LIST] = "Listing, for -L",
	[SECTION_RESTORE] = "Restoring, for -R",
	[SECTION_DAEMON] = "Synchronisation, for --start-daemon",
};

static void print_def(FILE *out, const struct option_def *def)
{
	char spelling[64];
	int used = 0;

	if (def->letter)
		used += sprintf(spelling, "-%c%s", def->letter,
				def->name ? ", " : "");
	else
		used += sprintf(spelling, "    ");
	if (def->name)
		used += sprintf(spelling + used, "--%s", def->name);
	if (def->arg)
		sprintf(spelling + used,
			def->value == VALUE_OPTIONAL ? " [%s]" : " %s",
			def->arg);
	fprintf(out, "  %-35s %s\n", spelling, def->help);
}

void help_version(FILE *out, bool classic)
{
	if (classic)
		fputs("ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)\n",
		      out);
	else
		fputs("shuntadm v" SHUNTADM_VERSION
		      " (speaks ipvsadm 1.31 and IPVS v1.2.1)\n", out);
}

void help_print(FILE *out, const char *name)
{
	const struct option_def *def = option_table;
	bool classic = options_classic(name);
	int section = -1;

	fprintf(out,
		"Usage: %s COMMAND [VIRTUAL SERVICE] [OPTION]...\n"
		"  %s -A|-E SERVICE [-s SCHEDULER] [-p [SECONDS]] [-M MASK]\n"
		"  %s -a|-e SERVICE -r SERVER [-g|-i|-m] [-w N] [-x N] [-y N]\n"
		"  %s -D SERVICE  |  -d SERVICE -r SERVER  |  -C\n"
		"  %s [-L [SERVICE] [OPTION]...]  |  -Z [SERVICE]\n"
		"  %s -S [-n] >FILE  |  -R %s\n"
		"  %s --set TCP TCPFIN UDP\n"
		"  %s --start-daemon|--stop-daemon master|backup [OPTION]...\n",
		name, name, name, name, name, name,
		classic ? "<FILE" : "[--replace] [--keep-going] [FILE]",
		name, name);
	if (!classic)
		fprintf(out, "  %s --monitor [-n] [--json]\n", name);
	for (; def->help; def++) {
		if (classic && def->own)
			continue;
		if (section != (int)def->section) {
			section = def->section;
			fprintf(out, "\n%s:\n", titles[section]);
		}
		print_def(out, def);
	}
}
