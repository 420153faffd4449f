// SPDX-License-Identifier: GPL-2.0-only
/*
 * forward/crc32c.h: whatever four bytes of whatever packet change, what is made
 * of its checksum is what a sum over all of it is.
 */
#include "forward/crc32c.h"

#include <string.h>

#include "fuzz.h"

/* Bit by bit, as the polynomial says. */
static u32 crc32c(const u8 *data, size_t size)
{
	u32 crc = ~0u;
	int bit;

	while (size--) {
		crc ^= *data++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	__be32 from, to;
	__le32 sum, damage;
	u8 *packet;
	size_t at;

	if (size < 12)
		return 0;
	memcpy(&to, data, 4);
	memcpy(&damage, data + 4, 4);
	at = data[8] % (size - 11);
	data += 8;
	size -= 8;
	packet = malloc(size);
	memcpy(packet, data, size);
	memcpy(&from, packet + at, 4);
	memcpy(packet + at, &to, 4);
	sum = cpu_to_le32(crc32c(data, size)) ^ damage;
	sum = shunt_crc32c_replace4(sum, from, to, size - at - 4);
	must(sum == (cpu_to_le32(crc32c(packet, size)) ^ damage),
	     "%zu bytes, at %zu", size, at);
	free(packet);
	return 0;
}
