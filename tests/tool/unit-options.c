// SPDX-License-Identifier: GPL-2.0-only
/* Whole command lines: what they mean, or how they are refused. */
#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>

#include "check.h"
#include "options.h"
#include "restore.h"
#include "save.h"
#include "unit.h"

/* Splits at blanks; '' is an empty word. */
static int parse(const char *line, struct command *cmd, struct error *error)
{
	const char *argv[64] = { "shuntadm" };
	char copy[1024], *word, *rest;
	int argc = 1;

	memset(error, 0, sizeof(*error));
	snprintf(copy, sizeof(copy), "%s", line);
	for (word = strtok_r(copy, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest))
		argv[argc++] = strcmp(word, "''") ? word : "";
	argv[argc] = NULL;
	return options_parse(argc, argv, cmd, error) ||
	       check_command(cmd, false, error) ? -1 : 0;
}

/* Texts and codes that ipvsadm was seen to give. */
static void refused(void)
{
	static const struct {
		const char *line;
		int status;
		const char *text;
	} cases[] = {
		{ "foo", 255, "Try `shuntadm -h' or 'shuntadm --help' for more information." },
		{ "-Q", 255, "Try `shuntadm -h' or 'shuntadm --help' for more information." },
		{ "-n -L", 255, "Try `shuntadm -h' or 'shuntadm --help' for more information." },
		{ "--start-daemon", 255, "Try `shuntadm -h' or 'shuntadm --help' for more information." },
		{ "-A -Q", 255, "-Q: unknown option" },
		{ "-A --foo", 255, "--foo: unknown option" },
		{ "-A -t", 255, "-t: missing argument" },
		{ "-L -n=1", 255, "-n=1: option does not take an argument" },
		{ "-L foo", 2, "unexpected argument foo" },
		{ "-L -L", 2, "invalid option `-L'" },
		{ "-A -D", 2, "invalid option `-D'" },
		{ "--start-daemon master --start-daemon backup", 2,
		  "invalid option `backup'" },
		{ "-L -n -n", 2, "multiple 'numeric' options specified" },
		{ "-A -t 1.2.3.4:80 -u 1.2.3.4:81", 2,
		  "multiple 'service-address' options specified" },
		{ "-a -t 1.2.3.4:80 -r 1.2.3.5 -g -m", 2,
		  "multiple 'forwarding-method' options specified" },
		{ "-A -t 1.2.3.4:", 2,
		  "illegal virtual server address[:port] specified" },
		{ "-a -t 1.2.3.4:80 -r :80", 2,
		  "illegal real server address[:port] specified" },
		{ "-A -f 0", 2, "invalid fwmark value `0' specified" },
		{ "-A -f 4294967296", 2,
		  "invalid fwmark value `4294967296' specified" },
		{ "-A -6 -f 2", 2, "-6 used before -f\n" },
		{ "-A -t 1.2.3.4:80 -6", 2, "-6 used before -f\n" },
		{ "-A -t 1.2.3.4:80 -p 0", 2,
		  "invalid timeout value `0' specified" },
		{ "-A -t 1.2.3.4:80 -p ''", 2,
		  "invalid timeout value `' specified" },
		{ "-A -t 1.2.3.4:80 -p 2678401", 2,
		  "invalid timeout value `2678401' specified" },
		{ "-e -t 1.2.3.4:80 -r 10.0.0.1 --drain=0", 2,
		  "illegal drain specified" },
		{ "-e -t 1.2.3.4:80 -r 10.0.0.1 --drain x", 2,
		  "illegal drain specified" },
		{ "-e -t 1.2.3.4:80 -r 10.0.0.1 -w 3 --drain", 2,
		  "--drain is weight 0, and does not go with --weight 3" },
		{ "-A -t 1.2.3.4:80 --tcp-timeout 2678401", 2,
		  "illegal tcp-timeout specified" },
		{ "-A -t 1.2.3.4:80 --tcp-timeout -1", 2,
		  "illegal tcp-timeout specified" },
		{ "-A -u 1.2.3.4:80 --udp-timeout 1 --udp-timeout 2", 2,
		  "multiple 'udp-timeout' options specified" },
		{ "-A -t 1.2.3.4:80 -p -M foo", 2,
		  "illegal virtual server persistent mask specified" },
		{ "-A -t [::1]:80 -p -M 129", 2,
		  "illegal ipv6 netmask specified" },
		{ "-A -t 1.2.3.4:80 -s aaaaaaaaaaaaaaaa", 255,
		  "Scheduler or persistence engine not found" },
		{ "-A -t 1.2.3.4:80 -s sh -b foo", 2,
		  "invalid scheduler flag `foo'" },
		{ "-A -t 1.2.3.4:80 -s mh -b sh-port", 2,
		  "incompatible scheduler flag `sh-port'" },
		{ "-A -t 1.2.3.4:80 -b sh-port", 2,
		  "incompatible scheduler flag `sh-port'" },
		{ "-a -t 1.2.3.4:80 -r 1.2.3.5 -w -1", 2,
		  "illegal weight specified" },
		{ "-a -t 1.2.3.4:80 -r 1.2.3.5 -w 2147483648", 2,
		  "illegal weight specified" },
		{ "-a -t 1.2.3.4:80 -r 1.2.3.5 -x abc", 2,
		  "illegal u_threshold specified" },
		{ "-a -t 1.2.3.4:80 -r 1.2.3.5 -y -1", 2,
		  "illegal l_threshold specified" },
		{ "-a -t 1.2.3.4:80 -r 1.2.3.5 -i --tun-type GUE", 2,
		  "illegal tunnel type specified" },
		{ "-a -t 1.2.3.4:80 -r 1.2.3.5 -i --tun-port 65536", 2,
		  "illegal tunnel port specified" },
		{ "--set 1 2", 2, "--set option requires 3 timeout values" },
		{ "--set 1 2 3 4", 2, "unexpected argument 4" },
		{ "--set 1 b 3", 2, "invalid timeout value `b' specified" },
		{ "--set 1 2678401 3", 2,
		  "invalid timeout value `2678401' specified" },
		{ "--start-daemon foo", 2,
		  "illegal start-daemon parameter specified" },
		{ "--stop-daemon foo", 2, "illegal start_daemon specified" },
		{ "--start-daemon master --syncid 256", 2,
		  "illegal syncid specified" },
		{ "--start-daemon master --sync-maxlen 65508", 2,
		  "illegal sync-maxlen specified" },
		{ "--start-daemon master --mcast-port 0", 2,
		  "illegal mcast-port specified" },
		{ "--start-daemon master --mcast-ttl 256", 2,
		  "illegal mcast-ttl specified" },
		{ "--start-daemon master --mcast-group 1.2.3.4", 2,
		  "invalid IPv4 mcast-group `1.2.3.4'" },
		{ "--start-daemon master --mcast-group 2001:db8::5", 2,
		  "invalid IPv6 mcast-group `2001:db8::5'" },
		{ "--start-daemon master --mcast-interface aaaaaaaaaaaaaaaa",
		  255, "No such device" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct command cmd;
		struct error error;

		parse(cases[i].line, &cmd, &error);
		expect_text(error.classic, cases[i].text, cases[i].line);
		expect(error.status == cases[i].status, "%s: exits with %d",
		       cases[i].line, cases[i].status);
	}
}

/* shuntadm names the option, the value and the reason. */
static void explained(void)
{
	static const char *const cases[][4] = {
		{ "-A -t 1.2.3.4:", "--tcp-service", "`1.2.3.4:'",
		  "no port after the colon" },
		{ "-a -t 1.2.3.4:80 -r 1.2.3.5 -w x", "--weight", "`x'",
		  "not a number" },
		{ "-a -t 1.2.3.4:80 -r 1.2.3.5 -x -5", "--u-threshold", "`-5'",
		  "0..2147483647" },
		{ "-A -t 1.2.3.4:80 -p 0", "--persistent", "`0'",
		  "1..2678400" },
		{ "-A -t [::1]:80 -p -M 129", "--netmask", "`129'",
		  "prefix length" },
		{ "-a -t 1.2.3.4:80 -r [::1]", "--real-server", "`[::1]'",
		  "wants a :port" },
		{ "-n -L", "-n", "first option", "command" },
		{ "-A -L", "-L", "add-service", "already" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct command cmd;
		struct error error;

		parse(cases[i][0], &cmd, &error);
		expect(strstr(error.text, cases[i][1]) &&
		       strstr(error.text, cases[i][2]) &&
		       strstr(error.text, cases[i][3]),
		       "%s: says %s, %s and %s", cases[i][0], cases[i][1],
		       cases[i][2], cases[i][3]);
	}
}

/* What a line means is shown by saving it. */
static void meant(void)
{
	static const char *const cases[][2] = {
		{ "-A -t 1.2.3.4:80", "-A -t 1.2.3.4:80 -s wlc" },
		{ "-A -t 1.2.3.4:80 -s ''", "-A -t 1.2.3.4:80 -s wlc" },
		{ "-A -t1.2.3.4:80 -srr", "-A -t 1.2.3.4:80 -s rr" },
		{ "-A -t 1.2.3.4:80 -p", "-A -t 1.2.3.4:80 -s wlc -p 360" },
		{ "-A -t 1.2.3.4:80 -p=5", "-A -t 1.2.3.4:80 -s wlc -p 5" },
		{ "-A -p -t 1.2.3.4:80 -s rr",
		  "-A -t 1.2.3.4:80 -s rr -p 360" },
		{ "-A -M 64 -p -t [::1]:80",
		  "-A -t [::1]:80 -s wlc -p 360 -M 64" },
		{ "-A -f 7 -p -M 64 -6", "-A -f 7 -6 -s wlc -p 360 -M 64" },
		{ "-A -u 1.2.3.4:80 -o", "-A -u 1.2.3.4:80 -s wlc -o" },
		{ "-A --sctp-service 1.2.3.4:80",
		  "-A --sctp-service 1.2.3.4:80 -s wlc" },
		{ "-A -t 1.2.3.4:80 -b sh-port -s sh",
		  "-A -t 1.2.3.4:80 -s sh -b sh-port" },
		{ "-A -t 1.2.3.4:80 -s sh -b ,sh-port,",
		  "-A -t 1.2.3.4:80 -s sh -b sh-port" },
		{ "-A -t 1.2.3.4:80 -s sh -b ,", "-A -t 1.2.3.4:80 -s sh" },
		{ "-A -t 1.2.3.4:80 --tcp-timeout 60 --tcp-fin-timeout=5 -s rr",
		  "-A -t 1.2.3.4:80 -s rr --tcp-timeout 60 --tcp-fin-timeout 5" },
		{ "-E -u 1.2.3.4:80 --udp-timeout 2678400 -o",
		  "-A -u 1.2.3.4:80 -s wlc -o --udp-timeout 2678400" },
		{ "-A -f 7 --reset-on-expiry --tcp-timeout 9",
		  "-A -f 7 -s wlc --tcp-timeout 9 --reset-on-expiry" },
		{ "-E -u 1.2.3.4:80 --udp-leave",
		  "-A -u 1.2.3.4:80 -s wlc --udp-leave" },
		{ "-e -t 1.2.3.4:80 -r 10.0.0.1 -m --drain=60",
		  "-a -t 1.2.3.4:80 -r 10.0.0.1:80 -m -w 0 --drain=60" },
		{ "-e -t 1.2.3.4:80 -r 10.0.0.1 -w 0 --drain 60 -x 5",
		  "-a -t 1.2.3.4:80 -r 10.0.0.1:80 -g -w 0 -x 5 --drain=60" },
		{ "-a -t 1.2.3.4:80 -r 10.0.0.1 --drain -m",
		  "-a -t 1.2.3.4:80 -r 10.0.0.1:80 -m -w 0 --drain" },
		{ "-A -f 7 --tcp-timeout 0 --udp-timeout 9",
		  "-A -f 7 -s wlc --udp-timeout 9" },
		{ "-a -t 1.2.3.4:80 -r 10.0.0.1",
		  "-a -t 1.2.3.4:80 -r 10.0.0.1:80 -g -w 1" },
		{ "-a -t 1.2.3.4:80 -r 10.0.0.1:81",
		  "-a -t 1.2.3.4:80 -r 10.0.0.1:80 -g -w 1" },
		{ "-a -t 1.2.3.4:80 -r 10.0.0.1:81 -i",
		  "-a -t 1.2.3.4:80 -r 10.0.0.1:80 -i -w 1 --tun-type ipip" },
		{ "-a -t 1.2.3.4:80 -r 10.0.0.1:81 -m",
		  "-a -t 1.2.3.4:80 -r 10.0.0.1:81 -m -w 1" },
		{ "-a -r 10.0.0.1 -t 1.2.3.4:80 -m",
		  "-a -t 1.2.3.4:80 -r 10.0.0.1:80 -m -w 1" },
		{ "-a -f 7 -r 10.0.0.1:81",
		  "-a -f 7 -r 10.0.0.1:81 -g -w 1" },
		{ "-d -t 1.2.3.4:80 -r 10.0.0.1:81",
		  "-a -t 1.2.3.4:80 -r 10.0.0.1:81 -g -w 1" },
		{ "-e -t 1.2.3.4:80 -r 10.0.0.1 -m -w 0 -x 10 -y 5",
		  "-a -t 1.2.3.4:80 -r 10.0.0.1:80 -m -w 0 -x 10 -y 5" },
		{ "-a -t 1.2.3.4:80 -r [::1]:80 -i --tun-type gue --tun-port 6080 --tun-remcsum",
		  "-a -t 1.2.3.4:80 -r [::1]:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-remcsum" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct list table = LIST_OF(struct entry);
		struct entry entry = { .dests = LIST_OF(struct dest) };
		char *text = NULL, *line;
		struct command cmd;
		struct error error;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		if (parse(cases[i][0], &cmd, &error))
			fprintf(out, "%s\n", error.text);
		entry.service = cmd.service;
		if (cases[i][1][1] == 'a')
			list_add(&entry.dests, &cmd.dest);
		list_add(&table, &entry);
		save_services(out, &table, true, false);
		fclose(out);
		text[strcspn(text, "\n")] = '\0';
		line = text;
		if (cases[i][1][1] == 'a' && !error.status)
			line += strlen(line) + 1;
		line[strcspn(line, "\n")] = '\0';
		expect_text(line, cases[i][1], cases[i][0]);
		free(text);
		table_free(&table);
	}
}

static int restored(const char *text, const char *file, struct list *steps,
		    struct error *error)
{
	FILE *in = fmemopen((char *)text, strlen(text), "r");
	struct restore restore = { .program = "shuntadm", .file = file };
	int failed;

	memset(error, 0, sizeof(*error));
	failed = restore_parse(in, &restore, steps, error);
	fclose(in);
	return failed;
}

static void files(void)
{
	static const struct {
		const char *name;
		const char *file;
		const char *text;	/* how it is refused */
	} bad[] = {
		{ NULL, "-A -t 1.2.3.4:80\n\n-A -t foo.invalid\n",
		  "line 3: illegal virtual server address[:port] specified: " },
		{ NULL, "-A -t 1.2.3.4:80 -c\n",
		  "line 1: Illegal 'connection' option with the 'add-service' command" },
		{ "rules", "-A -t 1.2.3.4:80 -c\n",
		  "rules:1: Illegal 'connection' option with the 'add-service' command" },
		{ NULL, "-C\n-R\n", "line 2: the 'restore' command cannot be restored" },
		{ NULL, "-R x --replace\n", "line 1: the 'restore' command cannot be restored" },
		{ NULL, "-h\n", "line 1: the 'help' command cannot be restored" },
		{ NULL, "--monitor\n", "line 1: the 'monitor' command cannot be restored" },
		{ NULL, "-A -t 1.2.3.4:80 # x\n", "line 1: unexpected argument #" },
	};
	struct list steps = LIST_OF(struct step);
	struct error error;
	char many[1024] = "";

	expect(!restored("# saved\n\n-C\n   \nipvsadm -A -t 1.2.3.4:80 -s rr\r\n"
			 "shuntadm -a -t 1.2.3.4:80 -r 10.0.0.1:80 -m\n"
			 " \t-Z\t\n--set 1 2 3", NULL, &steps, &error) &&
	       steps.count == 5, "a file of five commands");
	expect(steps.count == 5 &&
	       list_at(&steps, struct step, 1)->line == 5 &&
	       list_at(&steps, struct step, 1)->cmd.id == CMD_ADD_SERVICE &&
	       list_at(&steps, struct step, 4)->cmd.timeouts.udp == 3,
	       "they are what is in it, with their lines' numbers");
	list_free(&steps);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		expect(restored(bad[i].file, bad[i].name, &steps, &error) &&
		       !strncmp(error.text, bad[i].text, strlen(bad[i].text)),
		       "refused: %s", bad[i].text);
		list_free(&steps);
	}
	for (int i = 0; i < 100; i++)
		strcat(many, "-L ");
	expect(restored(many, NULL, &steps, &error), "refused: 100 words in a line");
	list_free(&steps);
}

/* A NUL does not hide what follows it, but from ipvsadm. */
static void nul(void)
{
	static char line[] = "-C\n-A -t 1.2.3.4:80\0 -s rr\n";
	struct restore restore = { .program = "shuntadm" };
	struct list steps = LIST_OF(struct step);
	struct error error = { 0 };
	FILE *in = fmemopen(line, sizeof(line) - 1, "r");

	expect(restore_parse(in, &restore, &steps, &error), "a NUL in a line");
	expect_text(error.text, "line 2: a NUL character, where text is expected",
		    "is named");
	list_free(&steps);
	restore.classic = true;
	rewind(in);
	expect(!restore_parse(in, &restore, &steps, &error) &&
	       steps.count == 2, "ends a line where we are ipvsadm");
	list_free(&steps);
	fclose(in);
}

/* The port of a server with another one than its service, as a file gives it. */
static uint16_t restored_port(const char *line, bool classic)
{
	struct restore restore = { .program = "shuntadm", .classic = classic };
	FILE *in = fmemopen((char *)line, strlen(line), "r");
	struct list steps = LIST_OF(struct step);
	struct error error = { 0 };
	uint16_t port = 0;

	if (!restore_parse(in, &restore, &steps, &error) && steps.count == 1)
		port = list_at(&steps, struct step, 0)->cmd.dest.port;
	list_free(&steps);
	fclose(in);
	return port;
}

static void ports(void)
{
	static const char line[] = "-a -t 1.2.3.4:80 -r 10.0.0.1:8080 -g";
	struct command cmd;
	struct error error;

	expect(restored_port(line, false) == 8080, "-R takes the port of %s", line);
	expect(restored_port("-a -t 1.2.3.4:80 -r 10.0.0.1 -i", false) == 80,
	       "where none is named, the service's");
	expect(restored_port("-e -t 1.2.3.4:80 -r 10.0.0.1:8080 -i", false) == 8080,
	       "-e finds it again");
	expect(restored_port(line, true) == 80, "ipvsadm -R does not take it");
	expect(!parse(line, &cmd, &error) && cmd.dest.port == 80,
	       "nor does a command line");
}

/* Plain words are not popt's business, and have to mean what it takes them for. */
static void plain(void)
{
	static const char *const pairs[][2] = {
		{ "-A -t 1.2.3.4:80 -s rr", "-A --tcp-service=1.2.3.4:80 -s=rr" },
		{ "-A -t 1.2.3.4:80 -p 100 -s rr", "-A -t 1.2.3.4:80 -p 100 -s=rr" },
		{ "-A -t 1.2.3.4:80 -p -s rr", "-A -t 1.2.3.4:80 -p --scheduler=rr" },
		{ "-A -u 1.2.3.4:80 -o -p", "-A -op --udp-service=1.2.3.4:80" },
		{ "-L -n -c", "-Lnc" },
		{ "--set 1 2 3", "--set 1 2 -- 3" },
		{ "-a -f 7 -6 -r ::1 -w 5", "-a -f=7 -6 -r ::1 -w5" },
		{ "-A -t -s", "-A --tcp-service=-s" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct command one, other;
		struct error first, second;

		expect(parse(pairs[i][0], &one, &first) ==
		       parse(pairs[i][1], &other, &second) &&
		       !memcmp(&one, &other, sizeof(one)) &&
		       !strcmp(first.classic, second.classic),
		       "\"%s\" is \"%s\"", pairs[i][0], pairs[i][1]);
	}
}

/* What a refusal of -R is about: a line, or what a plan needs and no line says. */
static void named(void)
{
	static const struct {
		const char *command;
		unsigned int line;
		const char *file;
		const char *text;
	} cases[] = {
		{ "-D -t 1.2.3.4:80", 7, NULL, "line 7: no" },
		{ "-D -t 1.2.3.4:80", 7, "some/rules", "some/rules:7: no" },
		{ "-D -t 1.2.3.4:80", 0, "rules", "delete-service 1.2.3.4:80: no" },
		{ "-D -f 7", 0, NULL, "delete-service FWM 7: no" },
		{ "-D -f 7 -6", 0, NULL, "delete-service FWM 7 IPv6: no" },
		{ "-d -t 1.2.3.4:80 -r 10.0.0.1:81", 0, NULL,
		  "delete-server 10.0.0.1:81 of 1.2.3.4:80: no" },
		{ "-d -t [2001:db8::1]:80 -r [2001:db8::2]:81", 0, NULL,
		  "delete-server [2001:db8::2]:81 of [2001:db8::1]:80: no" },
		{ "--stop-daemon master", 0, NULL, "stop-daemon: no" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct restore restore = { .file = cases[i].file };
		struct step step = { .line = cases[i].line };
		struct error error = { 0 };

		parse(cases[i].command, &step.cmd, &error);
		error_set(&error, EXIT_KERNEL, "no");
		restore_name_step(&error, &restore, &step);
		expect_text(error.text, cases[i].text, cases[i].text);
	}
}

int main(void)
{
	refused();
	explained();
	meant();
	files();
	nul();
	ports();
	plain();
	named();
	return unit_end();
}
