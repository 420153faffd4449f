// SPDX-License-Identifier: GPL-2.0-only
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

int error_set(struct error *error, int status, const char *classic, ...)
{
	va_list args;

	error->status = status;
	error->text[0] = '\0';
	va_start(args, classic);
	vsnprintf(error->classic, sizeof(error->classic), classic, args);
	va_end(args);
	return -1;
}

int error_explain(struct error *error, const char *reason, ...)
{
	va_list args;
	int used;

	used = snprintf(error->text, sizeof(error->text), "%s: ",
			error->classic);
	va_start(args, reason);
	vsnprintf(error->text + used, sizeof(error->text) - used, reason, args);
	va_end(args);
	return -1;
}

int error_replace(struct error *error, const char *text, ...)
{
	va_list args;

	va_start(args, text);
	vsnprintf(error->text, sizeof(error->text), text, args);
	va_end(args);
	return -1;
}

const char *error_message(const struct error *error, int classic)
{
	return classic || !error->text[0] ? error->classic : error->text;
}

int error_report(const struct error *error, int classic)
{
	/* In the order in which things happened, also into one pipe. */
	fflush(stdout);
	fprintf(stderr, "%s\n", error_message(error, classic));
	return error->status;
}
