/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHUNTADM_REFUSAL_H
#define SHUNTADM_REFUSAL_H

#include "command.h"
#include "error.h"
#include "nl.h"

/**
 * refusal() - what the kernel's answer to a command means
 *
 * @what:	what a director may lack as a whole, "start-daemon"
 *
 * The classic text is ipvsadm's for this errno and command; what the kernel
 * says itself is appended to it.
 *
 * Return: always -1, with @error set.
 */
int refusal(struct error *error, enum command_id id, const char *what,
	    const struct shunt_nl_reply *reply);

#endif
