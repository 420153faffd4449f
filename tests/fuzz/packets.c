// SPDX-License-Identifier: GPL-2.0-only
/*
 * packets rules VARIANT                    prints how the director has to be configured, for shuntadm -R
 * packets VARIANT SEED FIRST FRAMES [show]  sends so many frames through it, and judges what comes out
 *
 * VARIANT is "early" for what leaves the fast path to begin connections, anything else for all services. Frames that belong
 * together, or one, are a shot. It is made of SEED and its number, FIRST and those after it, and of nothing that happened before,
 * so that any of them can be sent again; "show" prints each. fast_path changes every 500 shots.
 *
 * The netns are those of nat_up (topology.sh): frames go in at both of the director's devices, in the names of the gateway and
 * the real servers, which have to be silent, and from raw sockets of its own. When a frame is sent, all that comes of it at once
 * has come: everything takes one CPU, on which ksoftirqd, which may have to help, has to go first (packets.sh). Open connections
 * of every service that has any are there first, are never ended, and have to answer at the end.
 *
 * The last lines tell how many frames became what.
 */
#define _GNU_SOURCE
#include "shot.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "../lab/wire.h"

#define MODES		3
#define TURN		500	/* shots */
#define ENOUGH		5	/* findings */
#define MAX_OUT		256

static const char *const fates[FATES] = { "through", "routed", "sent", "told", "relayed", "chatter", "parts", "WRONG" };

static const char *name;	/* of the variant */
static uint64_t seed;
static unsigned int counts[FATES], sent, refused, missing, findings;
static struct frame out[MAX_OUT];
static enum fate fate_of[MAX_OUT];
static int n_out;

/* --- what is found */

static void hexdump(const char *what, const struct frame *f)
{
	static const char *const places[] = { "outside", "inside", "its own" };

	printf("#   %s, %s, %zu bytes:", what, places[f->at], f->len);
	for (size_t i = 0; i < f->len; i++)
		printf("%s%02x", i == 6 || i == 12 || (i >= ETHERNET && !((i - ETHERNET) % 4)) ? " " : "", f->b[i]);
	putchar('\n');
}

static void show_wanted(void)
{
	static struct packet want;

	if (!oracle_wants(&want))
		return;
	printf("#   which may become, %zu bytes:", want.len);
	for (size_t i = 0; i < want.len; i++)
		printf("%s%02x", i % 4 ? "" : " ", want.b[i]);
	putchar('\n');
}

static void show(const struct shot *shot)
{
	for (int i = 0; i < shot->n; i++)
		hexdump("went in", &shot->frames[i]);
	show_wanted();
	for (int i = 0; i < n_out; i++)
		hexdump(fates[fate_of[i]], &out[i]);
}

static void report(const struct shot *shot, uint64_t number, const char *what)
{
	printf("# seed %llu shot %llu fast_path %d: %s\n", (unsigned long long)seed, (unsigned long long)number,
	       (int)(number / TURN % MODES), what);
	show(shot);
	printf("#   again: SEED=%llu FIRST=%llu FRAMES=250 VARIANT=%s tests/netns/run tests/fuzz/packets.sh\n",
	       (unsigned long long)seed, (unsigned long long)(number > 100 ? number - 100 : 0), name);
	findings++;
}

/* --- shots */

static void take_all(void)
{
	bool odd;

	while (n_out < MAX_OUT && frame_take(&out[n_out], &odd)) {
		fate_of[n_out] = oracle_judge(&out[n_out], odd);
		n_out++;
	}
}

static const struct frame *through(void)
{
	for (int i = 0; i < n_out; i++)
		if (fate_of[i] == THROUGH)
			return &out[i];
	return NULL;
}

/* All that was sent has gone its way; but should the machine have been busy, a good packet is waited for. */
static void take_patiently(bool patient)
{
	take_all();
	for (int tries = 0; patient && !through() && tries < 1000; tries++) {
		usleep(1000);
		take_all();
	}
}

/* Sends them and judges what comes; true where something was translated. */
static bool fire(const struct shot *shot, uint64_t number)
{
	bool wrong = false;

	oracle_begin(shot->frames, shot->n);
	n_out = 0;
	for (int i = 0; i < shot->n; i++) {
		refused += frame_send(&shot->frames[i]) < 0;
		sent++;
		take_patiently(shot->must);
	}
	for (int i = 0; i < n_out; i++) {
		counts[fate_of[i]]++;
		wrong |= fate_of[i] == WRONG;
	}
	wrong |= oracle_end(counts) > 0;
	if (wrong)
		report(shot, number, "what came out is not what may");
	return through();
}

/* A good packet, after which is known where the connection is. */
static bool exchange(struct conn *c, bool reply, uint8_t flags)
{
	static const char text[] = "INVITE sip:a@b SIP/2.0\r\nCall-ID: 7\r\n\r\n";
	static struct shot shot;

	shot_good(&shot, c, reply, flags, text, c->s->proto == IPPROTO_UDP ? sizeof(text) - 1 : 0);
	if (!fire(&shot, 0)) {
		missing++;
		report(&shot, 0, reply ? "an answer did not come through" : "a request did not come through");
		return false;
	}
	if (c->server < 0)
		c->server = !memcmp(through()->b, real_mac[1], 6);
	return true;
}

static bool open_conn(struct conn *c)
{
	static const struct { int proto; bool reply; uint8_t flags; } steps[] = {
		{ IPPROTO_TCP, false, 0x02 }, { IPPROTO_TCP, true, 0x12 }, { IPPROTO_TCP, false, 0x10 },
		{ IPPROTO_UDP, false, 0 }, { IPPROTO_UDP, true, 0 },
		{ IPPROTO_SCTP, false, 1 }, { IPPROTO_SCTP, true, 2 }, { IPPROTO_SCTP, false, 10 }, { IPPROTO_SCTP, true, 11 },
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i].proto == c->s->proto && (!steps[i].reply || c->s->method == MASQ) &&
		    !exchange(c, steps[i].reply, steps[i].flags))
			return false;
	return true;
}

static void open_conns(void)
{
	for (const struct service *s = services; s < services + n_services; s++) {
		if (!service_is_there(s) || s->method == HERE || strstr(s->options, "-o"))
			continue;
		for (int six = 0; six < 2; six++) {
			struct conn *c = &conns[n_conns++];

			*c = (struct conn){ s, six, s->port == 500 ? 500 : 4000 + n_conns, -1 };
			if (!open_conn(c))
				exit(1);
		}
	}
}

static void last_requests(void)
{
	for (struct conn *c = conns; c < conns + n_conns; c++) {
		uint8_t flags = c->s->proto == IPPROTO_TCP ? 0x10 : 0;

		if (exchange(c, false, flags) && c->s->method == MASQ)
			exchange(c, true, flags);
	}
}

static void shoot(uint64_t first, unsigned int frames, bool all)
{
	unsigned int end = sent + frames;
	static struct shot shot;

	for (uint64_t n = first; sent < end && findings < ENOUGH; n++) {
		if (n == first || !(n % TURN))
			set_fast_path(n / TURN % MODES);
		shot_make(&shot, seed, n);
		if (!fire(&shot, n) && shot.must) {
			missing++;
			report(&shot, n, "a good packet did not come through");
		}
		if (all)
			report(&shot, n, "shown"), findings--;
	}
}

static void take_one_cpu(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		err(1, "sched_setaffinity");
}

static void tell(void)
{
	struct rusage usage;

	printf("frames %u refused %u", sent, refused);
	for (int i = 0; i < FATES; i++)
		if (i != PART)
			printf(" %s %u", fates[i], counts[i]);
	getrusage(RUSAGE_SELF, &usage);
	printf(" missing %u: %ld s user, %ld s system\n", missing, (long)usage.ru_utime.tv_sec, (long)usage.ru_stime.tv_sec);
}

int main(int argc, char **argv)
{
	bool rules = argc == 3 && !strcmp(argv[1], "rules");

	if (!rules && argc != 5 && argc != 6)
		errx(2, "usage: packets rules VARIANT | packets VARIANT SEED FIRST FRAMES [show]");
	name = argv[rules ? 2 : 1];
	director_start(strcmp(name, "early") ? ALL : EARLY);
	if (rules) {
		print_rules();
		return 0;
	}
	seed = strtoull(argv[2], NULL, 10);
	take_one_cpu();
	open_sockets();
	open_conns();
	shoot(strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10), argc == 6);
	last_requests();
	tell();
	return findings != 0;
}
