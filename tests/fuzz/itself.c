// SPDX-License-Identifier: GPL-2.0-only
/*
 * itself SEED COUNT: whether the model can tell. Of COUNT shots, what the model wants of them is right, and everything that is
 * made worse about it is wrong: any bit of it, a byte more or less, another MAC address, the other wire, once more.
 */
#define _GNU_SOURCE
#include "shot.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "../lab/wire.h"

static unsigned int right, wrong, missed;
static struct shot shot;

/* One of each service and family, where they would be. */
static void imagine_conns(void)
{
	for (const struct service *s = services; s < services + n_services; s++) {
		for (int six = 0; six < 2 && s->method != HERE; six++) {
			conns[n_conns] = (struct conn){ s, six, s->port == 500 ? 500 : 4000 + n_conns, s->servers == 2 };
			n_conns++;
		}
	}
}

static void frame_of(struct frame *f, const struct packet *p, const struct conn *c, bool reply)
{
	bool six = p->b[0] >> 4 == 6;

	f->at = reply ? OUTSIDE : INSIDE;
	memcpy(f->b, reply ? gw_mac : real_mac[c->server], 6);
	memcpy(f->b + 6, director_mac[f->at], 6);
	put16(f->b + 12, six ? ETH_P_IPV6 : ETH_P_IP);
	memcpy(f->b + ETHERNET, p->b, p->len);
	f->len = ETHERNET + p->len;
}

static enum fate judged(const struct frame *f)
{
	unsigned int counts[FATES] = { 0 };
	enum fate fate;

	oracle_forget();
	oracle_begin(shot.frames, shot.n);
	fate = oracle_judge(f, false);
	return oracle_end(counts) ? WRONG : fate;
}

static void expect(bool bad, const struct frame *f, const char *what)
{
	enum fate fate = judged(f);

	if (bad)
		wrong++;
	else
		right++;
	if (bad == (fate == WRONG))
		return;
	missed++;
	printf("# taken for %s: %s, at byte %s\n", fate == WRONG ? "wrong" : "right", bad ? "a worse one" : "a right one", what);
}

/* What may be written in two ways, or changes on the way: the sums, where one is the other's complement, are not among them. */
static bool may_differ(const struct packet *want, size_t i)
{
	size_t header = (want->b[0] & 15) * 4;

	return want->b[0] >> 4 == 4 && i >= 20 && i < header;
}

static void spoil_each(const struct frame *good, const struct packet *want)
{
	static struct frame f;
	char where[32];

	for (size_t i = 0; i < good->len; i++) {
		if (i >= ETHERNET && may_differ(want, i - ETHERNET))
			continue;
		f = *good;
		f.b[i] ^= 1 << i % 8;
		snprintf(where, sizeof(where), "%zu", i);
		expect(true, &f, where);
	}
	f = *good;
	f.len++;
	expect(true, &f, "more");
	f.len = good->len - 1;
	expect(true, &f, "less");
	f.len = good->len;
	f.at = good->at == INSIDE ? OUTSIDE : INSIDE;
	expect(true, &f, "the other wire");
}

static void twice(const struct frame *good)
{
	unsigned int counts[FATES] = { 0 };

	oracle_forget();
	oracle_begin(shot.frames, shot.n);
	oracle_judge(good, false);
	wrong++;
	if (oracle_judge(good, false) != WRONG) {
		printf("# a frame came twice\n");
		missed++;
	}
	oracle_end(counts);
}

int main(int argc, char **argv)
{
	static struct packet want;
	static struct frame good;
	const struct conn *c;
	bool reply;

	if (argc != 3)
		errx(2, "usage: itself SEED COUNT");
	director_start(ALL);
	imagine_conns();
	for (long n = 0; n < atol(argv[2]) && missed < 20; n++) {
		shot_make(&shot, strtoull(argv[1], NULL, 10), n);
		oracle_begin(shot.frames, shot.n);
		if (shot.n != 1 || shot.frames[0].at == OWN || oracle_inputs() != 1)
			continue;
		c = conn_of(oracle_input(0), &reply);
		if (!c || (c->s->method != MASQ && c->s->method != DIRECT) || c->s->port == 21 ||
		    memcmp(shot.frames[0].b, director_mac[shot.frames[0].at], 6) || !oracle_wants(&want) || want.len > 200)
			continue;
		frame_of(&good, &want, c, reply);
		if (judged(&good) == WRONG)
			continue;
		expect(false, &good, "none");
		spoil_each(&good, &want);
		twice(&good);
	}
	printf("right %u wrong %u missed %u\n", right, wrong, missed);
	return missed != 0;
}
