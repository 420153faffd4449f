// SPDX-License-Identifier: GPL-2.0-only
#include "parse.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORT_MAX 65535

static const struct {
	uint16_t number;
	const char *name;
} protocols[] = {
	{ 0,		"IP" },
	{ IPPROTO_TCP,	"TCP" },
	{ IPPROTO_UDP,	"UDP" },
	{ IPPROTO_ESP,	"ESP" },
	{ IPPROTO_AH,	"AH" },
	{ IPPROTO_SCTP,	"SCTP" },
};

#define N_PROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

const char *protocol_name(uint16_t protocol)
{
	for (size_t i = 0; i < N_PROTOCOLS; i++)
		if (protocols[i].number == protocol)
			return protocols[i].name;
	return NULL;
}

bool parse_protocol(const char *text, uint16_t *protocol)
{
	for (size_t i = 0; i < N_PROTOCOLS; i++) {
		if (!strcmp(protocols[i].name, text)) {
			*protocol = protocols[i].number;
			return true;
		}
	}
	return false;
}

/* Digits and nothing else, too few to overflow: what nearly all numbers are. */
static bool plain_number(const char *text, uint32_t *number)
{
	uint32_t value = 0;
	int digits;

	for (digits = 0; text[digits] >= '0' && text[digits] <= '9'; digits++) {
		if (digits == 9)
			return false;
		value = 10 * value + (text[digits] - '0');
	}
	*number = value;
	return digits && !text[digits];
}

const char *parse_number(const char *text, uint32_t min, uint32_t max,
			 uint32_t *number)
{
	uint32_t plain;
	long long value;
	char *end;

	if (plain_number(text, &plain) && plain >= min && plain <= max) {
		*number = plain;
		return NULL;
	}
	errno = 0;
	value = strtoll(text, &end, 10);
	if (end == text || *end)
		return "not a number";
	if (errno || value < min || value > max)
		return "out of range";
	*number = value;
	return NULL;
}

static void set_ipv4(struct address *addr, struct in_addr in)
{
	memset(addr, 0, sizeof(*addr));
	addr->family = AF_INET;
	addr->word[0] = in.s_addr;
}

/* The usual form, four numbers of one to three digits; false for the others. */
static bool plain_ipv4(const char *text, struct in_addr *in)
{
	uint8_t *byte = (uint8_t *)in;

	for (int i = 0; i < 4; i++) {
		unsigned int value = 0;
		int digits;

		for (digits = 0; *text >= '0' && *text <= '9'; text++) {
			value = 10 * value + (*text - '0');
			/* inet_aton() takes what begins with 0 for octal. */
			if (++digits > 3 || (digits > 1 && value < 10))
				return false;
		}
		if (!digits || value > 255 || *text++ != (i < 3 ? '.' : '\0'))
			return false;
		byte[i] = value;
	}
	return true;
}

static bool parse_ipv6(const char *text, struct address *addr)
{
	struct in6_addr in6;

	if (inet_pton(AF_INET6, text, &in6) != 1)
		return false;
	addr->family = AF_INET6;
	memcpy(addr->word, &in6, sizeof(in6));
	return true;
}

const char *parse_address(const char *text, struct address *addr)
{
	struct in_addr in;

	if (parse_ipv6(text, addr))
		return NULL;
	if (inet_pton(AF_INET, text, &in) != 1)
		return "not an address";
	set_ipv4(addr, in);
	return NULL;
}

static const char *resolve(const char *host, int family, struct address *addr)
{
	struct addrinfo hints = { .ai_family = family,
				  .ai_socktype = SOCK_STREAM };
	struct addrinfo *list;
	int error;

	error = getaddrinfo(host, NULL, &hints, &list);
	if (error)
		return gai_strerror(error);

	if (family == AF_INET) {
		set_ipv4(addr, ((struct sockaddr_in *)list->ai_addr)->sin_addr);
	} else {
		addr->family = AF_INET6;
		memcpy(addr->word,
		       &((struct sockaddr_in6 *)list->ai_addr)->sin6_addr,
		       sizeof(addr->word));
	}
	freeaddrinfo(list);
	return NULL;
}

static const char *parse_host4(const char *host, struct address *addr)
{
	struct in_addr in;

	if (!*host)
		return "no host";
	/*
	 * inet_aton() knows the short forms, such as 10.1, that ipvsadm takes.
	 * The usual one is read faster without it.
	 */
	if (plain_ipv4(host, &in) || inet_aton(host, &in)) {
		set_ipv4(addr, in);
		return NULL;
	}
	return resolve(host, AF_INET, addr);
}

static const char *parse_port(const char *text, uint16_t protocol,
			      uint16_t *port)
{
	const char *name = protocol_name(protocol);
	char proto[8] = "";
	struct servent *entry;
	uint32_t number;

	if (!*text)
		return "no port after the colon";
	if (!parse_number(text, 0, PORT_MAX, &number)) {
		*port = number;
		return NULL;
	}
	if (isdigit((unsigned char)*text) || *text == '-')
		return "the port is not one of 0..65535";

	for (size_t i = 0; name && name[i] && i < sizeof(proto) - 1; i++)
		proto[i] = tolower((unsigned char)name[i]);
	/* A fwmark service has no protocol: take the name from any. */
	entry = getservbyname(text, protocol ? proto : NULL);
	if (!entry)
		return "the port is neither a number nor a known service name";
	*port = ntohs(entry->s_port);
	return NULL;
}

static const char *parse_bracketed(char *host, uint16_t protocol,
				   struct address *addr, uint16_t *port)
{
	char *end = strchr(host, ']');
	const char *why;

	if (!end)
		return "the closing ] is missing";
	if (end[1] != ':')
		return "[address] wants a :port after it";
	*end = '\0';
	/* The resolver would take the scope and drop it. */
	if (strchr(host, '%'))
		return "addresses here have no %scope";
	if (!parse_ipv6(host + 1, addr)) {
		why = resolve(host + 1, AF_INET6, addr);
		if (why)
			return why;
	}
	return parse_port(end + 2, protocol, port);
}

const char *parse_endpoint(const char *text, uint16_t protocol,
			   struct address *addr, uint16_t *port)
{
	char host[512], *colon;
	const char *why;

	if (!memccpy(host, text, '\0', sizeof(host)))
		return "too long";
	if (*host == '[')
		return parse_bracketed(host, protocol, addr, port);
	/* Without two colons it is none, which is most of what there is. */
	colon = strchr(host, ':');
	if (colon && strchr(colon + 1, ':') && parse_ipv6(host, addr))
		return NULL;
	if (!colon)
		return parse_host4(host, addr);
	*colon = '\0';
	why = parse_host4(host, addr);
	return why ? why : parse_port(colon + 1, protocol, port);
}

const char *parse_netmask(const char *text, uint16_t family, uint32_t *netmask)
{
	struct in_addr mask;

	if (family == AF_INET6) {
		if (parse_number(text, 1, 128, netmask))
			return "IPv6 wants a prefix length of 1..128";
		return NULL;
	}
	if (!inet_aton(text, &mask))
		return "IPv4 wants a mask such as 255.255.255.0";
	*netmask = mask.s_addr;
	return NULL;
}

const char *parse_multicast(const char *text, struct address *addr)
{
	const char *why = parse_address(text, addr);

	if (why)
		return why;
	if (addr->family == AF_INET ?
	    !IN_MULTICAST(ntohl(addr->word[0])) :
	    !IN6_IS_ADDR_MULTICAST(addr->word))
		return "not a multicast address";
	return NULL;
}

static const struct {
	const char *sched;	/* NULL: for every scheduler */
	const char *name[3];
} sched_flags[] = {
	{ "sh", { "sh-fallback", "sh-port" } },
	{ "mh", { "mh-fallback", "mh-port" } },
	{ NULL, { "flag-1", "flag-2", "flag-3" } },
};

#define N_SCHED_FLAGS (sizeof(sched_flags) / sizeof(sched_flags[0]))

enum parse_flag parse_sched_flag(const char *text, const char *sched,
				 uint32_t *flag)
{
	for (size_t i = 0; i < N_SCHED_FLAGS; i++) {
		const char *owner = sched_flags[i].sched;

		for (unsigned int n = 0; n < 3; n++) {
			const char *name = sched_flags[i].name[n];

			if (!name || strcmp(name, text))
				continue;
			if (owner && strcmp(owner, sched))
				return FLAG_INCOMPATIBLE;
			*flag = SHUNT_SVC_F_SCHED1 << n;
			return FLAG_OK;
		}
	}
	return FLAG_UNKNOWN;
}

const char *sched_flag_name(const char *sched, unsigned int index)
{
	for (size_t i = 0; i < N_SCHED_FLAGS; i++)
		if ((!sched_flags[i].sched ||
		     !strcmp(sched_flags[i].sched, sched)) &&
		    sched_flags[i].name[index])
			return sched_flags[i].name[index];
	return NULL;
}
