/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_INET_H
#define SHIM_INET_H

#include <linux/socket.h>
#include <linux/types.h>

/* <arpa/inet.h> and the kernel's own headers do not go together. */
int inet_pton(int af, const char *src, void *to);

/* The kernel's take text that does not end in a zero byte. */
static inline int shim_pton(int af, const char *src, int length, u8 *to,
			    int delimiter, const char **end)
{
	char text[64] = "";
	int i;

	for (i = 0; i < length && src[i] != delimiter; i++) {
		if (i == (int)sizeof(text) - 1 || !src[i])
			return 0;
		text[i] = src[i];
	}
	*end = src + i;
	return inet_pton(af, text, to) == 1;
}

static inline int in4_pton(const char *src, int length, u8 *to, int delimiter,
			   const char **end)
{
	return shim_pton(AF_INET, src, length, to, delimiter, end);
}

static inline int in6_pton(const char *src, int length, u8 *to, int delimiter,
			   const char **end)
{
	return shim_pton(AF_INET6, src, length, to, delimiter, end);
}

#endif /* SHIM_INET_H */
