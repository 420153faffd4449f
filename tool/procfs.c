// SPDX-License-Identifier: GPL-2.0-only
#include "procfs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

#define CONN_FILE "/proc/net/ip_vs_conn"

/* IPv4 is 8 hex digits, IPv6 is written in full. */
static bool parse_hex_address(const char *text, struct address *addr)
{
	unsigned int word;
	char rest;

	if (strchr(text, ':'))
		return !parse_address(text, addr);
	if (sscanf(text, "%8x%c", &word, &rest) != 1)
		return false;
	memset(addr, 0, sizeof(*addr));
	addr->family = AF_INET;
	addr->word[0] = htonl(word);
	return true;
}

bool procfs_parse_conn(const char *line, struct conn *conn)
{
	char protocol[8], client[40], virtual[40], dest[40];
	unsigned int client_port, virtual_port, dest_port;
	int fields;

	memset(conn, 0, sizeof(*conn));
	fields = sscanf(line, "%7s %39s %4x %39s %4x %39s %4x %15s %u %15s %ms",
			protocol, client, &client_port, virtual, &virtual_port,
			dest, &dest_port, conn->state, &conn->expires,
			conn->pe, &conn->pe_data);
	if (fields < 9 || !parse_protocol(protocol, &conn->protocol) ||
	    !parse_hex_address(client, &conn->client) ||
	    !parse_hex_address(virtual, &conn->virtual) ||
	    !parse_hex_address(dest, &conn->dest)) {
		free(conn->pe_data);
		return false;
	}
	conn->forward = FORWARD_UNKNOWN;
	conn->client_port = client_port;
	conn->virtual_port = virtual_port;
	conn->dest_port = dest_port;
	return true;
}

int procfs_conns(struct list *conns, struct error *error)
{
	FILE *file = fopen(CONN_FILE, "re");
	char *line = NULL;
	size_t size = 0;
	int failed = 0;

	if (!file) {
		error_set(error, EXIT_MISSING, "%s", strerror(errno));
		return error_explain(error, CONN_FILE);
	}
	while (!failed && getline(&line, &size, file) >= 0) {
		struct conn conn;

		if (!strncmp(line, "Pro ", 4))
			continue;
		if (!procfs_parse_conn(line, &conn))
			failed = error_set(error, EXIT_MISSING,
					   CONN_FILE ": no connection: %s",
					   line);
		else if (!list_add(conns, &conn))
			failed = error_set(error, EXIT_MISSING, "%s",
					   strerror(ENOMEM));
	}
	free(line);
	fclose(file);
	return failed;
}
