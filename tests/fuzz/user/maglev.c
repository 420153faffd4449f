// SPDX-License-Identifier: GPL-2.0-only
/*
 * sched/maglev.h: any servers of any weights get, of all slots, what is due to
 * them: less than two more, and less only by what others have more.
 */
#include "sched/maglev.h"

#include <string.h>

#include "fuzz.h"

#define SERVERS	16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static u16 slot[SHUNT_MAGLEV_SIZE];
	struct shunt_maglev_server server[SERVERS] = {};
	struct fuzz fuzz = { data, data + size };
	u32 has[SERVERS] = {}, weight[SERVERS], count, i;
	u64 sum = 0;

	for (count = 0; count < SERVERS && fuzz.at < fuzz.end; count++) {
		server[count].next = fuzz_take(&fuzz, 2) % SHUNT_MAGLEV_SIZE;
		server[count].skip = 1 + fuzz_take(&fuzz, 2) %
				     (SHUNT_MAGLEV_SIZE - 1);
		weight[count] = fuzz_take(&fuzz, 4) >> data[0] % 32 & INT32_MAX;
		server[count].weight = weight[count];
		sum += weight[count];
	}
	shunt_maglev_fill(slot, server, count);
	for (i = 0; i < SHUNT_MAGLEV_SIZE; i++) {
		must(slot[i] < count || (!sum && slot[i] == SHUNT_MAGLEV_FREE),
		     "slot %u: %u of %u", i, slot[i], count);
		if (sum)
			has[slot[i]]++;
	}
	for (i = 0; sum && i < count; i++) {
		int64_t off = has[i] * sum - SHUNT_MAGLEV_SIZE * (u64)weight[i];

		must(!weight[i] == !has[i], "%u of weight %u", has[i],
		     weight[i]);
		must(off < (int64_t)(2 * sum) &&
		     off >= -(int64_t)(sum + (u64)count * weight[i]),
		     "%u of weight %u", has[i], weight[i]);
	}
	return 0;
}
