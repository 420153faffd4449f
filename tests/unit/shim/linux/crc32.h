/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_CRC32_H
#define SHIM_CRC32_H

#include <asm/byteorder.h>
#include <linux/types.h>

/* Bit by bit, as the polynomial says (RFC 9260, appendix A). */
static inline u32 __crc32c_le(u32 crc, const u8 *p, size_t len)
{
	int i;

	while (len--) {
		crc ^= *p++;
		for (i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

static inline u32 __crc32c_le_shift(u32 crc, size_t len)
{
	const u8 zero = 0;

	while (len--)
		crc = __crc32c_le(crc, &zero, 1);
	return crc;
}

#endif /* SHIM_CRC32_H */
