// SPDX-License-Identifier: GPL-2.0-only
#include "names.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "parse.h"
#include "text.h"

static char *put_ipv4(char *text, uint32_t addr)
{
	const uint8_t *byte = (const uint8_t *)&addr;

	for (int i = 0; i < 4; i++) {
		text = text_number(text, byte[i]);
		*text++ = '.';
	}
	return text - 1;
}

void names_address(char *text, size_t size, const struct address *addr)
{
	if (addr->family == AF_INET && size >= INET_ADDRSTRLEN)
		*put_ipv4(text, addr->word[0]) = '\0';
	else if (!inet_ntop(addr->family, addr->word, text, size))
		snprintf(text, size, "?");
}

static void lookup_host(char *host, size_t size, const struct address *addr)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	int error;

	if (addr->family == AF_INET6) {
		memcpy(&in6.sin6_addr, addr->word, sizeof(in6.sin6_addr));
		error = getnameinfo((struct sockaddr *)&in6, sizeof(in6),
				    host, size, NULL, 0, NI_NAMEREQD);
	} else {
		in.sin_addr.s_addr = addr->word[0];
		error = getnameinfo((struct sockaddr *)&in, sizeof(in),
				    host, size, NULL, 0, NI_NAMEREQD);
	}
	if (error)
		names_address(host, size, addr);
}

static const char *lookup_port(uint16_t port, uint16_t protocol)
{
	const char *name = protocol_name(protocol);
	struct servent *entry;
	char proto[8] = "";

	if (!protocol || !name)
		return NULL;
	for (size_t i = 0; name[i] && i < sizeof(proto) - 1; i++)
		proto[i] = tolower((unsigned char)name[i]);
	entry = getservbyport(htons(port), proto);
	return entry ? entry->s_name : NULL;
}

void names_endpoint(char text[NAMES_SIZE], const struct address *addr,
		    uint16_t port, uint16_t protocol, bool numeric)
{
	bool ipv6 = addr->family == AF_INET6;
	const char *service = NULL;
	char *host = text + ipv6;

	if (ipv6)
		*text = '[';
	if (numeric) {
		names_address(host, NI_MAXHOST, addr);
	} else {
		lookup_host(host, NI_MAXHOST, addr);
		service = lookup_port(port, protocol);
	}
	text = strchr(host, '\0');
	if (ipv6)
		*text++ = ']';
	*text++ = ':';
	if (service)
		sprintf(text, "%.100s", service);
	else
		*text_number(text, port) = '\0';
}
