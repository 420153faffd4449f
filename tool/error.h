/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHUNTADM_ERROR_H
#define SHUNTADM_ERROR_H

/* Exit codes, the ones ipvsadm gives. */
enum {
	EXIT_MISSING = 1,	/* no such service to list; output not written */
	EXIT_USAGE = 2,		/* also: no module, no permission */
	EXIT_KERNEL = 255,	/* also: options popt does not know */
};

/**
 * struct error - why a command failed, and what to exit with
 * @status:	exit code, 0 while nothing failed
 * @kernel:	errno of the kernel's answer, 0 where it was not asked
 * @classic:	the text ipvsadm has for it
 * @text:	what shuntadm says instead; empty where @classic says it all
 */
struct error {
	int status;
	int kernel;
	char classic[512];
	char text[1024];
};

/**
 * error_set() - record a failure
 *
 * Return: always -1, so that a parser can return it.
 */
int error_set(struct error *error, int status, const char *classic, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * error_explain() - append what ipvsadm does not say
 *
 * shuntadm then prints the classic text, a colon, and this.
 *
 * Return: always -1.
 */
int error_explain(struct error *error, const char *reason, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * error_replace() - give shuntadm a text of its own
 *
 * Return: always -1.
 */
int error_replace(struct error *error, const char *text, ...)
	__attribute__((format(printf, 2, 3)));

/** error_message() - the text to print, without the final newline */
const char *error_message(const struct error *error, int classic);

/**
 * error_report() - print it
 *
 * Return: what to exit with.
 */
int error_report(const struct error *error, int classic);

#endif
