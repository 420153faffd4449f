/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of a SIP message tells which dialogue it belongs to.
 *
 * Pure: knows no packet, tested in userspace.
 */
#ifndef SHUNT_SIP_H
#define SHUNT_SIP_H

#include <linux/types.h>

/* The longest Call-ID there is: IPVS's sync protocol has a byte for its length. */
#define SHUNT_SIP_ID_MAX	255

const u8 *shunt_sip_call_id(const u8 *message, size_t length, u8 *id_length);

#endif /* SHUNT_SIP_H */
