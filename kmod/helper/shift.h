/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A text in a TCP stream that was replaced by one of another length: what comes
 * behind it has other sequence numbers at one end than at the other.
 *
 *   sender's     start        end
 *   -------------|============|----------------->
 *     + before                       + after
 *   -------------|=====|------------------------>
 *   receiver's
 *
 * Pure, tested in userspace.
 */
#ifndef SHUNT_SHIFT_H
#define SHUNT_SHIFT_H

#include <asm/byteorder.h>
#include <linux/string.h>
#include <linux/types.h>

/**
 * struct shunt_shift - the last text replaced in a stream
 * @start:	its sequence number, as the sender counts
 * @end:	that of the byte behind it
 * @before:	what the receiver's numbers have more up to @start
 * @after:	and from @end on
 */
struct shunt_shift {
	u32 start;
	u32 end;
	s32 before;
	s32 after;
};

/**
 * shunt_shift_add() - another text is replaced
 * @shift:	the stream's
 * @start:	the text's sequence number, behind the last text's
 * @length:	how long it is
 * @growth:	how much longer the other one is
 */
static inline void shunt_shift_add(struct shunt_shift *shift, u32 start,
				   u32 length, s32 growth)
{
	shift->start = start;
	shift->end = start + length;
	shift->before = shift->after;
	shift->after += growth;
}

/* Numbers go round, so the text may not stay behind by half of them. */
#define SHUNT_SHIFT_FAR		(1 << 30)

/**
 * shunt_shift_seq() - the receiver's number of what the sender sends
 * @shift:	the stream's
 * @seq:	the sender's
 *
 * Return: the receiver's.
 */
static inline u32 shunt_shift_seq(struct shunt_shift *shift, u32 seq)
{
	s32 behind = (s32)(seq - shift->end);

	if (behind < 0)
		return seq + shift->before;
	if (behind > SHUNT_SHIFT_FAR) {
		shift->start = seq - SHUNT_SHIFT_FAR / 2;
		shift->end = shift->start;
		shift->before = shift->after;
	}
	return seq + shift->after;
}

/**
 * shunt_shift_ack() - the sender's number of what the receiver has got
 * @shift:	the stream's
 * @ack:	the receiver's
 *
 * Who has got a part of the text has got nothing of it: the sender cannot know
 * which.
 *
 * Return: the sender's.
 */
static inline u32 shunt_shift_ack(const struct shunt_shift *shift, u32 ack)
{
	u32 behind = ack - shift->after, before = ack - shift->before;

	if (shift->before == shift->after ||
	    (s32)(behind - shift->end) >= 0)
		return behind;
	return (s32)(before - shift->start) > 0 ? shift->start : before;
}

/* TCP options (RFC 9293, 3.1 and RFC 2018). */
#define SHUNT_TCPOPT_END	0
#define SHUNT_TCPOPT_NOP	1
#define SHUNT_TCPOPT_SACK	5

/**
 * shunt_shift_sack() - the same for what the receiver has got out of order
 * @shift:	the stream's
 * @options:	the options of a TCP header, changed in place
 * @length:	of them
 *
 * Options that do not add up are left alone from there on.
 */
static inline void shunt_shift_sack(const struct shunt_shift *shift,
				    u8 *options, unsigned int length)
{
	unsigned int at = 0, edge, size;
	__be32 number;

	while (at < length && options[at] != SHUNT_TCPOPT_END) {
		if (options[at] == SHUNT_TCPOPT_NOP) {
			at++;
			continue;
		}
		size = at + 1 < length ? options[at + 1] : 0;
		if (size < 2 || size > length - at)
			return;
		if (options[at] == SHUNT_TCPOPT_SACK) {
			for (edge = at + 2; edge + 4 <= at + size; edge += 4) {
				memcpy(&number, options + edge, 4);
				number = cpu_to_be32(shunt_shift_ack(shift,
							be32_to_cpu(number)));
				memcpy(options + edge, &number, 4);
			}
		}
		at += size;
	}
}

#endif /* SHUNT_SHIFT_H */
