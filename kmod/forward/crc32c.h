/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SCTP's checksum after a change of four bytes of the packet.
 *
 * A CRC is linear: what a change of some bytes does to it depends on these bytes
 * and on how far from the end they are, not on the rest of the packet. So the
 * packet need not be read, and what was damaged before stays recognisable.
 *
 * Pure: tested in userspace. The kernel's CRC library is part of every kernel,
 * which its faster crypto modules need not be.
 */
#ifndef SHUNT_CRC32C_H
#define SHUNT_CRC32C_H

#include <linux/crc32.h>
#include <linux/types.h>

/**
 * shunt_crc32c_replace4() - a checksum after four bytes of the packet changed
 * @sum:	the CRC32c of the packet
 * @from:	the bytes as they were
 * @to:		as they are now
 * @behind:	how many bytes of the packet come behind them
 *
 * Return: the CRC32c of the changed packet.
 */
static inline __le32 shunt_crc32c_replace4(__le32 sum, __be32 from, __be32 to,
					   size_t behind)
{
	const __be32 change = from ^ to;
	u32 crc = __crc32c_le(0, (const u8 *)&change, sizeof(change));

	return sum ^ cpu_to_le32(__crc32c_le_shift(crc, behind));
}

#endif /* SHUNT_CRC32C_H */
