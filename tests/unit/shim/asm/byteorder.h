/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_BYTEORDER_H
#define SHIM_BYTEORDER_H

#include_next <asm/byteorder.h>

#define cpu_to_be16(x)	__cpu_to_be16(x)
#define cpu_to_be32(x)	__cpu_to_be32(x)
#define be16_to_cpu(x)	__be16_to_cpu(x)
#define be32_to_cpu(x)	__be32_to_cpu(x)
#define htonl(x)	__cpu_to_be32(x)
#define htons(x)	__cpu_to_be16(x)
#define ntohl(x)	__be32_to_cpu(x)
#define ntohs(x)	__be16_to_cpu(x)
#define cpu_to_le32(x)	__cpu_to_le32(x)

#endif /* SHIM_BYTEORDER_H */
