/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How loaded a real server is, and who is less so.
 *
 * Pure: tested in userspace against a simple model.
 */
#ifndef SHUNT_LOAD_H
#define SHUNT_LOAD_H

#include <linux/compiler.h>
#include <linux/math64.h>
#include <linux/types.h>

/**
 * shunt_overhead() - what connections cost a real server
 * @active:	connections at work
 * @inactive:	those that are over but not forgotten
 *
 * Return: at most 40 bits.
 */
static inline u64 shunt_overhead(u32 active, u32 inactive)
{
	return (u64)active * 256 + inactive;
}

/**
 * shunt_load_less() - compare two loads, each divided by a weight
 * @load_a:	at most 40 bits
 * @weight_a:	above 0, at most 31 bits
 * @load_b:	as @load_a
 * @weight_b:	as @weight_a
 *
 * Products that might not fit 64 bits lose their last digits.
 *
 * Return: a's is the smaller quotient.
 */
static inline bool shunt_load_less(u64 load_a, u32 weight_a, u64 load_b,
				   u32 weight_b)
{
	if (unlikely((load_a | load_b) >> 32))
		return mul_u64_u32_shr(load_a, weight_b, 16) <
		       mul_u64_u32_shr(load_b, weight_a, 16);
	return load_a * weight_b < load_b * weight_a;
}

#endif /* SHUNT_LOAD_H */
