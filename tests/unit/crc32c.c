// SPDX-License-Identifier: GPL-2.0-only
/* forward/crc32c.h: a change of ports beside the checksum of the whole packet. */
#include "forward/crc32c.h"

#include <string.h>

#include "unit.h"

#define MAX_LENGTH	1500
#define CHECKSUM	8	/* where an SCTP header has it */

static __le32 checksum(const u8 *packet, size_t length)
{
	u8 copy[MAX_LENGTH];

	memcpy(copy, packet, length);
	memset(copy + CHECKSUM, 0, 4);
	return cpu_to_le32(~__crc32c_le(~0u, copy, length));
}

/* The CRC that all others agree on (iSCSI, RFC 3720, B.4: 32 bytes of zeros). */
static void test_known(void)
{
	const u8 zeros[32] = { 0 };

	expect((u32)~__crc32c_le(~0u, zeros, sizeof(zeros)) == 0x8a9136aa,
	       "%#x", ~__crc32c_le(~0u, zeros, sizeof(zeros)));
}

static __be32 word(const u8 *packet)
{
	__be32 value;

	memcpy(&value, packet, sizeof(value));
	return value;
}

static void change_ports(size_t length)
{
	u8 packet[MAX_LENGTH];
	__be32 before, after;
	__le32 sum, damaged;
	size_t i;

	for (i = 0; i < length; i++)
		packet[i] = unit_random();
	sum = checksum(packet, length);
	damaged = sum ^ 1;
	before = word(packet);
	for (i = 0; i < 4; i++)
		packet[i] = unit_random();
	after = word(packet);
	sum = shunt_crc32c_replace4(sum, before, after, length - 4);
	expect(sum == checksum(packet, length), "%zu bytes", length);
	damaged = shunt_crc32c_replace4(damaged, before, after, length - 4);
	expect(damaged != checksum(packet, length), "%zu bytes", length);
	sum = shunt_crc32c_replace4(sum, after, before, length - 4);
	memcpy(packet, &before, sizeof(before));
	expect(sum == checksum(packet, length), "%zu bytes, back", length);
}

static void test_lengths(void)
{
	size_t length;

	for (length = 12; length <= MAX_LENGTH; length += 1 + length / 50)
		change_ports(length);
}

static const struct unit_case cases[] = {
	{ "the model is the CRC that it is meant to be", test_known },
	{ "changed ports, in packets of all lengths, right and damaged",
	  test_lengths },
};

int main(int argc, char **argv)
{
	return unit_run(argc, argv, cases, COUNT(cases));
}
