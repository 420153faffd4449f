/* SPDX-License-Identifier: GPL-2.0-only */
/* What the lab's helpers share: netns switching, the Internet checksum and SCTP's. */
#ifndef SHUNT_LAB_WIRE_H
#define SHUNT_LAB_WIRE_H

#include <arpa/inet.h>
#include <endian.h>
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Everything this thread opens from now on belongs to the named netns. */
static inline int netns_enter(const char *name)
{
	char path[128];
	int fd, ret;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = setns(fd, CLONE_NEWNET);
	close(fd);
	return ret;
}

/* Unfolded one's complement sum in network byte order, to be folded at the end. */
static inline uint32_t sum_bytes(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *p = data;

	for (; len > 1; p += 2, len -= 2) {
		sum += p[0] << 8 | p[1];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	if (len)
		sum += p[0] << 8;
	return (sum & 0xffff) + (sum >> 16);
}

static inline uint16_t sum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* The pseudo header of TCP, UDP and ICMPv6; alen is 4 or 16. */
static inline uint32_t sum_pseudo(const void *src, const void *dst, size_t alen, uint8_t proto, uint32_t len)
{
	uint32_t sum = sum_bytes(src, alen, sum_bytes(dst, alen, 0));

	return sum + proto + (len >> 16) + (len & 0xffff);
}

/* SCTP's checksum, as its packet has it: the CRC32c of all of it, the checksum itself (at 8) taken for zeros. */
static inline uint32_t sum_sctp(const void *packet, size_t len)
{
	const uint8_t *p = packet;
	uint32_t crc = ~0u;

	for (size_t i = 0; i < len; i++) {
		crc ^= i >= 8 && i < 12 ? 0 : p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return htole32(~crc);
}

#endif /* SHUNT_LAB_WIRE_H */
