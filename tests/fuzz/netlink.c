// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz-netlink [-s SEED] [-n MESSAGES] [-t SECONDS] [-p GROUPS] [-g GROUP -b BATCH]: netlink messages of every kind to Shunt, from
 * GROUPS processes at once (6), each in network namespaces of its own, until so many have been sent or so much time is over;
 * tests/README.md, "Netlink messages", says which.
 *
 * A group goes through batches of 500 messages. Of every three groups one is root, one is root of a user namespace; in these a batch
 * is alone in its netns, and nl/model.h foretells each answer and what is there afterwards. The third has several processes in one
 * netns that change, read and send packets at once, and afterwards all listings have to agree. At a batch's end everything is removed.
 *
 * A batch follows from seed, group and number: with -g and -b it is sent again, alone.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/shunt.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "nl/draw.h"
#include "nl/generate.h"
#include "nl/listing.h"
#include "nl/model.h"
#include "nl/talk.h"

#define BATCH		500	/* messages */
#define NETNS		8	/* batches until another netns */
#define LOOK		64	/* datagrams between two looks at what is there */
#define GROUPS		64

enum kind { ALONE, MAPPED, TOGETHER, KINDS };

static const char *const kinds[KINDS] = { "root, alone", "root of a user namespace, alone", "several in one netns" };

/* What all processes add to. */
static struct {
	unsigned long messages[GROUPS];
	unsigned long batches[GROUPS];
	unsigned long accepted[256];
	unsigned long refused[256];
	unsigned long abandoned;
	unsigned long events;
	unsigned long packets;
	unsigned long written;
	unsigned int at_work[GROUPS];	/* of a batch of several processes: those that change something */
} *shared;

static uint64_t seed = 1;
static time_t end = LONG_MAX;
static unsigned int group, batch;
static struct datagram datagram, asking;
static struct config model;
static int sock, listener, half_read = -1;
static uint32_t seq;

/* --- when something is wrong */

/* In one piece, as others may have something to say at the same time. */
static void fail(const char *format, ...)
{
	char *text = NULL;
	size_t len, i;
	va_list args;
	FILE *to = open_memstream(&text, &len);

	fprintf(to, "# group %u (%s), batch %u, datagram before %u: ", group, kinds[group % KINDS], batch, seq);
	va_start(args, format);
	vfprintf(to, format, args);
	va_end(args);
	fputs("\n# the last datagram:", to);
	for (i = 0; i < datagram.len && i < 600; i++)
		fprintf(to, "%s%02x", i % 4 ? "" : " ", datagram.bytes[i]);
	fprintf(to, "\n# again: fuzz-netlink -s %llu -g %u -b %u\n", (unsigned long long)seed, group, batch);
	fclose(to);
	if (write(STDOUT_FILENO, text, len) < 0)
		err(1, "write");
	exit(1);
}

/* --- network namespaces */

static void set_up(const char *name, const char *address)
{
	struct ifreq ifr = { 0 };
	struct sockaddr_in *sin = (struct sockaddr_in *)&ifr.ifr_addr;
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	strcpy(ifr.ifr_name, name);
	if (address) {
		*sin = (struct sockaddr_in){ .sin_family = AF_INET };
		inet_pton(AF_INET, address, &sin->sin_addr);
		if (ioctl(s, SIOCSIFADDR, &ifr))
			err(1, "%s", address);
		inet_pton(AF_INET, "255.255.0.0", &sin->sin_addr);
		if (ioctl(s, SIOCSIFNETMASK, &ifr))
			err(1, "%s", address);
	}
	ifr.ifr_flags = IFF_UP;
	if (ioctl(s, SIOCSIFFLAGS, &ifr))
		err(1, "%s", name);
	close(s);
}

static bool write_file(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY);
	bool ok = fd >= 0 && write(fd, text, len) == (ssize_t)len;

	if (fd >= 0)
		close(fd);
	return ok;
}

/* Not every kernel has user namespaces. */
static void become_mapped(void)
{
	char map[32];
	int len = snprintf(map, sizeof(map), "0 %u 1", getuid());

	if (unshare(CLONE_NEWUSER))
		return;
	if (!write_file("/proc/self/setgroups", "deny", 4) || !write_file("/proc/self/uid_map", map, len) ||
	    !write_file("/proc/self/gid_map", map, len))
		err(1, "a user namespace");
}

/* Addresses 10.9.x.y are here where packets are sent: virtual and real ones. */
static void new_netns(void)
{
	if (unshare(CLONE_NEWNET))
		err(1, "a network namespace");
	set_up("lo", NULL);
	if (group % KINDS == TOGETHER)
		set_up("lo:1", "10.9.0.1");
}

static size_t read_file(const char *path, char *to, size_t size)
{
	int fd = open(path, O_RDONLY);
	size_t len = 0;
	ssize_t got;

	if (fd < 0)
		fail("%s: %s", path, strerror(errno));
	while ((got = read(fd, to + len, size - 1 - len)) > 0)
		len += got;
	close(fd);
	to[len] = 0;
	return len;
}

/* --- asking what is there */

static void ask_for(uint8_t cmd, bool dump)
{
	generate_request(&asking, world.families[batch & 1], cmd, dump ? NLM_F_DUMP : NLM_F_ACK, ++seq);
}

static void answer(struct listing *l, const char *what)
{
	int error = talk_request(sock, &asking, l);

	if (error)
		fail("%s: %s", what, error > 0 ? listing_wrong() : strerror(-error));
}

static void list(struct listing *l, uint8_t cmd, const char *what)
{
	ask_for(cmd, true);
	if (l->brief)
		generate_flag(SHUNT_CMD_ATTR_BRIEF);
	answer(l, what);
}

static void list_apart(struct listing *l)
{
	list(l, SHUNT_CMD_GET_SERVICE, "the services");
	for (size_t i = 0; i < l->config.count; i++) {
		l->of = l->config.services[i].key;
		ask_for(SHUNT_CMD_GET_DEST, true);
		generate_service(&l->of);
		answer(l, "a service's real servers");
	}
}

static char *printed(const struct config *c, void (*print)(const struct config *c, FILE *to))
{
	char *text;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	print(c, to);
	fclose(to);
	return text;
}

static void print_whole(const struct config *c, FILE *to)
{
	config_print(c, to, false);
}

static void print_brief(const struct config *c, FILE *to)
{
	config_print(c, to, true);
}

/* The first line in which two texts differ. */
static const char *difference(const char *a, const char *b)
{
	static char text[1024];
	size_t line = 0, i;

	for (i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == '\n')
			line = i + 1;
	snprintf(text, sizeof(text), "\n#   is     %.*s\n#   wanted %.*s", (int)strcspn(a + line, "\n"), a + line,
		 (int)strcspn(b + line, "\n"), b + line);
	return text;
}

static bool are_equal(const struct config *a, const struct config *b, void (*print)(const struct config *c, FILE *to),
		      const char **how)
{
	char *is = printed(a, print), *wanted = printed(b, print);
	bool equal = !strcmp(is, wanted);

	if (!equal)
		*how = difference(is, wanted);
	free(is);
	free(wanted);
	return equal;
}

/* Deadlines come closer. */
static void check_deadlines(const struct config *is)
{
	for (size_t i = 0; i < is->count; i++) {
		for (size_t j = 0; j < is->services[i].dest_count; j++) {
			uint32_t left = is->services[i].dests[j].seconds, given = model.services[i].dests[j].seconds;

			if (left > given || (!left && given > 600))
				fail("%u s to a deadline that was to be in %u s", left, given);
		}
	}
}

static void check_model(const struct config *is, const char *what)
{
	const char *how;

	if (!are_equal(is, &model, print_whole, &how))
		fail("%s: not what was asked for%s", what, how);
	check_deadlines(is);
}

static bool proc_agrees(const struct config *c, const char **how)
{
	static char file[1 << 20];
	char *wanted = printed(c, config_print_proc), *at = file;
	bool equal;

	read_file("/proc/net/ip_vs", file, sizeof(file));
	for (int i = 0; i < 3; i++)
		at = strchr(at, '\n') + 1;
	equal = !strcmp(at, wanted);
	if (!equal)
		*how = difference(at, wanted);
	free(wanted);
	return equal;
}

/* A service by itself is the service of the list. */
static void check_one(const struct config *c)
{
	struct listing l = { .idle = group % KINDS != TOGETHER };
	const struct service *svc = &c->services[below(c->count)];
	struct service bare = *svc;
	struct config one = { .services = &bare, .count = 1 };
	const char *how;

	bare.dest_count = 0;
	ask_for(SHUNT_CMD_GET_SERVICE, false);
	generate_service(&svc->key);
	answer(&l, "a service");
	if (!are_equal(&l.config, &one, print_whole, &how))
		fail("a service by itself%s", how);
	config_clear(&l.config);
}

static void check_others(bool alone)
{
	struct listing l = { .idle = alone };

	ask_for(SHUNT_CMD_GET_CONFIG, false);
	answer(&l, "the timeouts");
	if (alone && memcmp(l.config.timeouts, model.timeouts, sizeof(model.timeouts)))
		fail("timeouts %u %u %u, wanted %u %u %u", l.config.timeouts[0], l.config.timeouts[1], l.config.timeouts[2],
		     model.timeouts[0], model.timeouts[1], model.timeouts[2]);
	ask_for(SHUNT_CMD_GET_INFO, false);
	answer(&l, "the version");
	ask_for(SHUNT_CMD_GET_DROPS, false);
	answer(&l, "the drops");
	list(&l, SHUNT_CMD_GET_CONN, "the connections");
	list(&l, SHUNT_CMD_GET_DAEMON, "the daemons");
}

/* True when all listings agree; where packets were sent, connections may end between two of them. */
static bool listings_agree(bool alone, const char **how)
{
	struct listing apart = { .idle = alone }, all = { .idle = alone }, brief = { .idle = alone, .brief = true };
	bool agree;

	list_apart(&apart);
	list(&all, SHUNT_CMD_GET_ALL, "all at once");
	list(&brief, SHUNT_CMD_GET_ALL, "all at once, in brief");
	if (alone)
		check_model(&apart.config, "the services, and their real servers");
	if (apart.config.count)
		check_one(&apart.config);
	agree = are_equal(&all.config, &apart.config, print_whole, how) &&
		are_equal(&brief.config, &apart.config, print_brief, how) && proc_agrees(&all.config, how);
	config_clear(&apart.config);
	config_clear(&all.config);
	config_clear(&brief.config);
	return agree;
}

static void check_listings(void)
{
	bool alone = group % KINDS != TOGETHER;
	const char *how;
	int tries = alone ? 1 : 10;

	while (!listings_agree(alone, &how))
		if (!--tries)
			fail("listings do not agree%s", how);
	check_others(alone);
}

/* --- removing everything */

static void carry_out(const char *what)
{
	struct listing l = { 0 };

	answer(&l, what);
}

static void remove_service(const struct service *svc)
{
	for (size_t i = 0; i < svc->dest_count; i++) {
		if (one_in(3))
			continue;
		ask_for(SHUNT_CMD_DEL_DEST, false);
		generate_service(&svc->key);
		generate_dest(&svc->dests[i]);
		carry_out("a listed real server is removed");
	}
	ask_for(SHUNT_CMD_DEL_SERVICE, false);
	generate_service(&svc->key);
	carry_out("a listed service is removed");
}

static long table(const char *name)
{
	static char file[8192];
	const char *at;

	read_file("/proc/net/shunt_table", file, sizeof(file));
	at = strstr(file, name);
	if (!at)
		fail("shunt_table without %s", name);
	return atol(at + strlen(name));
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
}

static void default_timeouts(void)
{
	static const uint32_t seconds[] = { 900, 120, 300 };

	ask_for(SHUNT_CMD_SET_CONFIG, false);
	for (int i = 0; i < 3; i++)
		generate_number(SHUNT_CMD_ATTR_TIMEOUT_TCP + i, seconds[i]);
	carry_out("the timeouts are set");
	memcpy(model.timeouts, seconds, sizeof(seconds));
}

/*
 * Connections end with their real servers, by expire_nodest_conn: those that were removed before, and templates, when timeouts are
 * set the next time.
 */
static void check_nothing_left(void)
{
	const char *how;
	int tries;

	if (!proc_agrees(&(struct config){ 0 }, &how))
		fail("something is left in /proc/net/ip_vs%s", how);
	for (tries = 0; table("connections ") || table("entries "); tries++) {
		if (tries > 3000)
			fail("%ld connections and %ld entries are left", table("connections "), table("entries "));
		if (tries % 50 == 0)
			default_timeouts();
		nap();
	}
}

static void remove_all(void)
{
	struct listing l = { 0 };

	write_file("/proc/sys/net/ipv4/vs/expire_nodest_conn", "1", 1);
	list(&l, SHUNT_CMD_GET_ALL, "what there is to remove");
	if (one_in(3)) {
		ask_for(SHUNT_CMD_FLUSH, false);
		carry_out("all is flushed");
	} else {
		for (size_t i = 0; i < l.config.count; i++)
			remove_service(&l.config.services[i]);
	}
	config_clear(&l.config);
	config_flush(&model);
	list(&l, SHUNT_CMD_GET_ALL, "what is left");
	if (l.config.count)
		fail("%zu services are left", l.config.count);
	check_nothing_left();
}

/* --- a batch of one process, which foretells everything */

static void count_verdict(const struct verdict *v)
{
	if (v->ours && (v->acked || v->dump))
		__atomic_add_fetch(v->error ? &shared->refused[v->cmd] : &shared->accepted[v->cmd], 1, __ATOMIC_RELAXED);
}

static void check_refusal(const struct verdict *v, const struct answer *a)
{
	if (v->error && v->text && !a->text)
		fail("command %u: refused with %s and without a reason", v->cmd, strerror(-v->error));
	if (v->dest_at && a->at < v->dest_at)
		fail("command %u: the real server at %u was refused, and the answer says %u", v->cmd, v->dest_at, a->at);
}

static void check_acks(const struct verdict *verdicts, size_t count, const struct answers *answers)
{
	const struct answer *a = answers->all, *end = a + answers->count;

	for (const struct verdict *v = verdicts; v < verdicts + count; v++) {
		while (a < end && a->done)
			a++;
		if (!v->ours || v->busy) {
			a += a < end && a->seq == v->seq;
			continue;
		}
		if (!v->acked)
			continue;
		if (a == end || a->seq != v->seq)
			fail("message %u, command %u: no answer, wanted %s", v->seq, v->cmd, strerror(-v->error));
		if (a->error != v->error)
			fail("message %u, command %u: %s, wanted %s", v->seq, v->cmd, strerror(-a->error), strerror(-v->error));
		check_refusal(v, a++);
	}
	while (a < end && a->done)
		a++;
	if (a != end)
		fail("an acknowledgement of message %u, with %s, that nobody asked for", a->seq, strerror(-a->error));
}

/* The dumps that began have ended, and as they had to. */
static void check_dumps(const struct verdict *verdicts, size_t count, const struct answers *answers)
{
	for (const struct verdict *v = verdicts; v < verdicts + count; v++) {
		size_t i;

		if (!v->ours || !v->dump || v->busy)
			continue;
		for (i = 0; i < answers->count; i++)
			if (answers->all[i].done && answers->all[i].seq == v->seq)
				break;
		if (i == answers->count)
			fail("message %u, command %u: the dump does not end", v->seq, v->cmd);
		if (answers->all[i].error != v->error)
			fail("message %u, command %u: the dump ends with %s, wanted %s", v->seq, v->cmd,
			     strerror(-answers->all[i].error), strerror(-v->error));
		check_refusal(v, &answers->all[i]);
	}
}

/* Whatever is not ours may be a dump, too, that ours have to wait for. */
static void mind_others(struct verdict *verdicts, size_t count)
{
	bool others = false;

	for (size_t i = 0; i < count; i++) {
		verdicts[i].busy |= others && verdicts[i].asks_dump;
		others |= !verdicts[i].ours;
	}
}

static void send_one(bool foretold)
{
	struct verdict verdicts[MESSAGES];
	struct listing l = { .loose = true, .idle = foretold };
	struct answers answers;
	size_t count;

	generate(&datagram, &model, &seq);
	if (!talk_send(sock, &datagram))
		return;
	__atomic_add_fetch(&shared->messages[group], datagram.messages, __ATOMIC_RELAXED);
	count = model_datagram(&model, datagram.bytes, datagram.len, verdicts);
	if (!talk_read(sock, &l, &answers))
		fail("%s", answers.wrong);
	config_clear(&l.config);
	if (!foretold || answers.lost)
		return;
	mind_others(verdicts, count);
	check_acks(verdicts, count, &answers);
	check_dumps(verdicts, count, &answers);
	for (size_t i = 0; i < count; i++)
		count_verdict(&verdicts[i]);
}

/* A dump on another socket, of which pieces are read from time to time, or which is given up. */
static void dump_beside(void)
{
	static const uint8_t dumps[] = { SHUNT_CMD_GET_SERVICE, SHUNT_CMD_GET_ALL, SHUNT_CMD_GET_ALL, SHUNT_CMD_GET_DEST,
		SHUNT_CMD_GET_CONN };
	uint8_t cmd = PICK(dumps);

	if (half_read >= 0) {
		if (!one_in(3) && talk_read_some(half_read))
			return;
		close(half_read);
		half_read = -1;
		__atomic_add_fetch(&shared->abandoned, 1, __ATOMIC_RELAXED);
		return;
	}
	half_read = talk_open();
	generate_request(&asking, PICK(world.families), cmd, NLM_F_DUMP, 1);
	if (cmd == SHUNT_CMD_GET_DEST && model.count)
		generate_service(&model.services[below(model.count)].key);
	talk_send(half_read, &asking);
}

static void look(void)
{
	struct listing l = { .idle = true };

	list(&l, SHUNT_CMD_GET_ALL, "all at once");
	check_model(&l.config, "all at once");
	config_clear(&l.config);
}

static void check_events(unsigned int *heard, bool lost)
{
	if (!talk_hear(listener, heard, &lost))
		fail("an event: %s", listing_wrong());
	heard[SHUNT_CMD_DEST_DRAINED] = 0;
	for (int i = 0; i < 256 && !lost; i++) {
		if (heard[i] != model.events[i])
			fail("%u events with command %d, wanted %u", heard[i], i, model.events[i]);
		__atomic_add_fetch(&shared->events, heard[i], __ATOMIC_RELAXED);
	}
}

static void batch_alone(unsigned int messages)
{
	unsigned long until = shared->messages[group] + messages;
	bool hears = one_in(2), lost = false;
	unsigned int heard[256] = { 0 }, sent;

	config_clear(&model);
	default_timeouts();
	if (hears)
		listener = talk_listen();
	for (sent = 0; shared->messages[group] < until; sent++) {
		send_one(true);
		if (one_in(16))
			dump_beside();
		if (hears && !talk_hear(listener, heard, &lost))
			fail("an event: %s", listing_wrong());
		if (sent % LOOK == LOOK - 1)
			look();
	}
	if (hears) {
		check_events(heard, lost);
		close(listener);
	}
	check_listings();
	remove_all();
	check_listings();
}

/* --- a batch of several processes */

static void send_packets(void)
{
	static const uint16_t ports[] = { 21, 53, 80, 5060, 81 };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PICK(ports)) };
	bool tcp = one_in(2);
	int s = socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0);

	to.sin_addr.s_addr = htonl(0x0a090001 + below(3));
	if (tcp)
		connect(s, (struct sockaddr *)&to, sizeof(to));
	else
		sendto(s, "OPTIONS sip:a SIP/2.0\r\nCall-ID: b\r\n\r\n", 38, 0, (struct sockaddr *)&to, sizeof(to));
	close(s);
	__atomic_add_fetch(&shared->packets, 1, __ATOMIC_RELAXED);
}

static void writer(unsigned int messages)
{
	for (unsigned int i = 0; i < messages; i++) {
		send_one(false);
		if (one_in(4))
			send_packets();
		if (one_in(32))
			dump_beside();
	}
	__atomic_sub_fetch(&shared->at_work[group], 1, __ATOMIC_RELEASE);
	exit(0);
}

/* In pieces of any size, from anywhere. */
static void read_pieces(const char *name)
{
	char path[64], piece[4096];
	int fd;

	snprintf(path, sizeof(path), "/proc/net/%s", name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		fail("%s: %s", path, strerror(errno));
	for (int i = 0; i < 20; i++) {
		if (one_in(8))
			lseek(fd, below(8192), SEEK_SET);
		if (read(fd, piece, 1 + below(one_in(2) ? 64 : sizeof(piece))) <= 0)
			break;
	}
	close(fd);
}

static size_t draw_setting(char *text, size_t size)
{
	static const char *const values[] = { "0", "1", "2", "3", "4", "-1", "2147483647", "2147483648", "-2147483648", "4294967296",
		"99999999999999999999", "", " ", " 7 ", "8\n", "1 2", "x", "0x10", "1x", "--1", "+1", "\n", "1\0002" };
	const char *value = PICK(values);

	if (one_in(8)) {
		memset(text, '0' + below(10), size);
		return 1 + below(size);
	}
	if (one_in(8)) {
		draw_bytes(text, size);
		return 1 + below(16);
	}
	snprintf(text, size, "%s", value);
	return strlen(value) + one_in(8);
}

/* Whatever is written, a setting is an int, and stays the same where it was refused. Of "1 2" the kernel takes the first half. */
static void write_setting(const char *name)
{
	char path[300], text[5000], before[64], after[64], *end;
	size_t len = draw_setting(text, sizeof(text) - 1);
	bool refused;
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/vs/%s", name);
	read_file(path, before, sizeof(before));
	fd = open(path, O_WRONLY);
	refused = write(fd, text, len) < 0;
	close(fd);
	read_file(path, after, sizeof(after));
	strtol(after, &end, 10);
	if (end == after || strcmp(end, "\n"))
		fail("%s reads '%s'", name, after);
	if (refused && strcmp(before, after))
		fail("%s was %.20s, is %.20s, and the write was refused", name, before, after);
	__atomic_add_fetch(&shared->written, 1, __ATOMIC_RELAXED);
}

static void reader(void)
{
	static const char *const files[] = { "ip_vs", "ip_vs", "ip_vs_app", "ip_vs_conn", "ip_vs_conn_sync", "ip_vs_stats",
		"ip_vs_stats_percpu", "shunt_table" };
	char *names[64];
	struct dirent *entry;
	size_t count = 0;
	DIR *dir = opendir("/proc/sys/net/ipv4/vs");

	while (dir && (entry = readdir(dir)) && count < COUNT(names))
		if (entry->d_name[0] != '.')
			names[count++] = strdup(entry->d_name);
	if (!count)
		fail("no settings");
	while (__atomic_load_n(&shared->at_work[group], __ATOMIC_ACQUIRE)) {
		read_pieces(PICK(files));
		write_setting(names[below(count)]);
	}
	exit(0);
}

static pid_t fork_child(unsigned int number)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid)
		return pid;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		exit(1);
	draw_seed(seed << 32 ^ (uint64_t)group << 24 ^ (uint64_t)number << 56 ^ batch);
	return 0;
}

static void batch_together(unsigned int messages)
{
	const unsigned int writers = 2;
	pid_t pids[3];
	int status;

	__atomic_store_n(&shared->at_work[group], writers, __ATOMIC_RELEASE);
	for (unsigned int i = 0; i <= writers; i++) {
		pids[i] = fork_child(1 + i);
		if (pids[i])
			continue;
		sock = talk_open();
		half_read = -1;
		if (i < writers)
			writer(messages / writers);
		reader();
	}
	for (unsigned int i = 0; i <= writers; i++) {
		waitpid(pids[i], &status, 0);
		if (!status)
			continue;
		__atomic_store_n(&shared->at_work[group], 0, __ATOMIC_RELEASE);
		fail("process %u ended with status %#x", i, status);
	}
	check_listings();
	remove_all();
	check_listings();
}

/* --- groups */

static void run_batch(unsigned int messages)
{
	draw_seed(seed << 32 ^ (uint64_t)group << 24 ^ batch);
	seq = 0;
	sock = talk_open();
	if (group % KINDS == TOGETHER)
		batch_together(messages);
	else
		batch_alone(messages);
	if (half_read >= 0)
		close(half_read);
	half_read = -1;
	close(sock);
	shared->batches[group]++;
}

/* Jiffies of a second: a persistent service's timeout is listed in them. */
static uint32_t find_hz(void)
{
	struct key key = { .af = AF_INET, .fwmark = 1 };
	static char file[4096];
	const char *at;

	sock = talk_open();
	ask_for(SHUNT_CMD_NEW_SERVICE, false);
	generate_persistent(&key, 1);
	carry_out("a service is added");
	read_file("/proc/net/ip_vs", file, sizeof(file));
	ask_for(SHUNT_CMD_FLUSH, false);
	carry_out("all is flushed");
	close(sock);
	at = strstr(file, "persistent ");
	return at ? atoi(at + strlen("persistent ")) : 0;
}

static void run_group(unsigned long messages, long only)
{
	if (group % KINDS == MAPPED)
		become_mapped();
	new_netns();
	world.hz = find_hz();
	if (world.hz < 100 || world.hz > 1000)
		fail("a second of %u jiffies", world.hz);
	for (batch = only < 0 ? 0 : only; only >= 0 || (shared->messages[group] < messages && time(NULL) < end); batch++) {
		if (batch % NETNS == 0)
			new_netns();
		run_batch(BATCH);
		if (only >= 0)
			break;
	}
	exit(0);
}

/* --- all of them */

static unsigned int tests;

static bool test(bool ok, const char *format, ...)
{
	va_list args;

	printf("%s %u - fuzz-netlink: ", ok ? "ok" : "not ok", ++tests);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	return ok;
}

static const struct {
	uint8_t cmd;
	bool accepted, refused;		/* is that possible? */
} can[] = {
	{ SHUNT_CMD_NEW_SERVICE, true, true }, { SHUNT_CMD_SET_SERVICE, true, true }, { SHUNT_CMD_DEL_SERVICE, true, true },
	{ SHUNT_CMD_GET_SERVICE, true, true }, { SHUNT_CMD_NEW_DEST, true, true }, { SHUNT_CMD_SET_DEST, true, true },
	{ SHUNT_CMD_DEL_DEST, true, true }, { SHUNT_CMD_GET_DEST, true, true }, { SHUNT_CMD_NEW_DAEMON, false, true },
	{ SHUNT_CMD_DEL_DAEMON, false, true }, { SHUNT_CMD_GET_DAEMON, true, false }, { SHUNT_CMD_SET_CONFIG, true, true },
	{ SHUNT_CMD_GET_CONFIG, true, false }, { SHUNT_CMD_SET_INFO, false, true }, { SHUNT_CMD_GET_INFO, true, false },
	{ SHUNT_CMD_ZERO, true, true }, { SHUNT_CMD_FLUSH, true, false }, { SHUNT_CMD_GET_CONN, true, true },
	{ SHUNT_CMD_GET_DROPS, true, true }, { SHUNT_CMD_GET_ALL, true, true }, { SHUNT_CMD_DEST_DRAINED, false, true },
	{ SHUNT_CMD_NEW_ALL, true, true },
};

/* Messages that never reach what they are about would find nothing. */
static bool all_commands_met(void)
{
	bool ok = true;

	for (size_t i = 0; i < COUNT(can); i++) {
		uint8_t cmd = can[i].cmd;

		printf("# command %2u: %lu accepted, %lu refused\n", cmd, shared->accepted[cmd], shared->refused[cmd]);
		ok &= (!can[i].accepted || shared->accepted[cmd]) && (!can[i].refused || shared->refused[cmd]);
	}
	return ok;
}

static unsigned long report(const pid_t *pids, unsigned int groups)
{
	unsigned long all = 0;
	int status;

	for (unsigned int g = 0; g < groups; g++) {
		waitpid(pids[g], &status, 0);
		all += shared->messages[g];
		test(!status, "group %u (%s): %lu batches, %lu messages", g, kinds[g % KINDS], shared->batches[g], shared->messages[g]);
		if (status && status != 0x100)
			printf("# its status is %#x\n", status);
	}
	return all;
}

int main(int argc, char **argv)
{
	unsigned long messages = 20000, groups = 6, all;
	long only_group = -1, only_batch = 0;
	pid_t pids[GROUPS];
	int opt;

	while ((opt = getopt(argc, argv, "s:n:t:p:g:b:")) != -1) {
		long value = optarg ? strtol(optarg, NULL, 0) : 0;

		switch (opt) {
		case 's': seed = value; break;
		case 'n': messages = value; break;
		case 't': end = time(NULL) + value; break;
		case 'p': groups = value; break;
		case 'g': only_group = value; break;
		case 'b': only_batch = value; break;
		default: errx(2, "usage: fuzz-netlink [-s SEED] [-n MESSAGES] [-t SECONDS] [-p GROUPS] [-g GROUP -b BATCH]");
		}
	}
	if (groups < 1 || groups > GROUPS)
		errx(2, "1 to %u groups", GROUPS);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || !talk_families(talk_open()))
		errx(1, "Shunt is not there");
	if (only_group >= 0) {
		group = only_group;
		run_group(messages, only_batch);
	}
	printf("# fuzz-netlink -s %llu -n %lu -p %lu\n", (unsigned long long)seed, messages, groups);
	fflush(stdout);
	for (unsigned int g = 0; g < groups; g++) {
		group = g;
		pids[g] = fork_child(0);
		if (!pids[g])
			run_group((messages + groups - 1) / groups, -1);
	}
	all = report(pids, groups);
	test(all_commands_met(), "every command was accepted, and refused, where that can be");
	printf("# %lu messages; %lu events heard, %lu dumps given up half-way or read piece by piece\n", all, shared->events,
	       shared->abandoned);
	printf("# %lu settings written, %lu packets sent\n", shared->written, shared->packets);
	return 0;
}
