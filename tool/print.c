// SPDX-License-Identifier: GPL-2.0-only
#include "print.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "names.h"
#include "parse.h"
#include "text.h"

#define SCHED_FLAGS \
	(SHUNT_SVC_F_SCHED1 | SHUNT_SVC_F_SCHED2 | SHUNT_SVC_F_SCHED3)

/* Where ipvsadm cuts an address:port with names in it. */
#define CLASSIC_CUT	59
#define CLASSIC_CUT4	28

static const char *const headers[] = {
	[FORMAT_STATS] =
		"Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n"
		"  -> RemoteAddress:Port\n",
	[FORMAT_RATE] =
		"Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS\n"
		"  -> RemoteAddress:Port\n",
	[FORMAT_THRESHOLDS] =
		"Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn \n"
		"  -> RemoteAddress:Port\n",
	[FORMAT_PERSISTENT] =
		"Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn \n"
		"  -> RemoteAddress:Port\n",
	[FORMAT_TUNNEL] =
		"Prot LocalAddress:Port Scheduler Flags\n"
		"  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn\n",
	[FORMAT_PLAIN] =
		"Prot LocalAddress:Port Scheduler Flags\n"
		"  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n",
};

static const char *forward_name(uint32_t forward)
{
	static const char *const names[] = {
		[SHUNT_FWD_MASQ] = "Masq",
		[SHUNT_FWD_LOCAL] = "Local",
		[SHUNT_FWD_TUNNEL] = "Tunnel",
		[SHUNT_FWD_ROUTE] = "Route",
		[SHUNT_FWD_BYPASS] = "Bypass",
	};

	return forward < sizeof(names) / sizeof(names[0]) ? names[forward] :
							    "Unknown";
}

static void list_endpoint(char text[NAMES_SIZE], const struct address *addr,
			  uint16_t port, uint16_t protocol,
			  const struct print_style *style)
{
	names_endpoint(text, addr, port, protocol, style->numeric);
	if (style->classic)
		text[addr->family == AF_INET ? CLASSIC_CUT4 : CLASSIC_CUT] = '\0';
}

bool print_has_netmask(const struct service *service)
{
	return service->netmask !=
	       (service->addr.family == AF_INET6 ? 128 : UINT_MAX);
}

void print_netmask(FILE *out, const struct service *service)
{
	struct in_addr mask = { .s_addr = service->netmask };

	if (service->addr.family == AF_INET6)
		fprintf(out, "%u", service->netmask);
	else
		fputs(inet_ntoa(mask), out);
}

void print_sched_flags(FILE *out, const struct service *service)
{
	const char *comma = "";

	for (unsigned int i = 0; i < 3; i++) {
		if (!(service->flags & (SHUNT_SVC_F_SCHED1 << i)))
			continue;
		fprintf(out, "%s%s", comma, sched_flag_name(service->sched, i));
		comma = ",";
	}
}

void print_terms(FILE *out, const struct terms *terms, const char *dashes)
{
	static const char *const names[N_TERMS] = {
		[TERM_TCP] = "tcp-timeout",
		[TERM_TCP_FIN] = "tcp-fin-timeout",
		[TERM_UDP] = "udp-timeout",
		[TERM_RESET] = "reset-on-expiry",
		[TERM_UDP_LEAVE] = "udp-leave",
	};

	for (int i = 0; i < N_TERMS; i++) {
		if (!terms->value[i])
			continue;
		fprintf(out, " %s%s", dashes, names[i]);
		if (i <= TERM_UDP)
			fprintf(out, " %u", terms->value[i]);
	}
}

static void print_scheduling(FILE *out, const struct service *service,
			     bool classic)
{
	putc(' ', out);
	fputs(service->sched, out);
	if (service->flags & SCHED_FLAGS) {
		fputs(" (", out);
		print_sched_flags(out, service);
		fputc(')', out);
	}
	if (service->flags & SHUNT_SVC_F_PERSISTENT) {
		fprintf(out, " persistent %u", service->timeout);
		if (print_has_netmask(service)) {
			fputs(" mask ", out);
			print_netmask(out, service);
		}
		if (service->pe[0])
			fprintf(out, " pe %s", service->pe);
	}
	if (service->flags & SHUNT_SVC_F_ONEPACKET)
		fputs(" ops", out);
	/* ipvsadm knows nothing of these. */
	if (!classic)
		print_terms(out, &service->terms, "");
}

static void print_large(FILE *out, uint64_t number, bool exact)
{
	static const struct {
		uint64_t below;
		uint64_t unit;
		char suffix;
	} scales[] = {
		{ 1000000000, 1000, 'K' },
		{ 100000000000, 1000000, 'M' },
		{ 100000000000000, 1000000000, 'G' },
		{ UINT64_MAX, 1000000000000, 'T' },
	};
	size_t i = 0;

	if (exact) {
		fprintf(out, " %8" PRIu64, number);
		return;
	}
	if (number < 100000000) {
		fprintf(out, " %8" PRIu64, number);
		return;
	}
	while (number >= scales[i].below && scales[i].below != UINT64_MAX)
		i++;
	fprintf(out, "%8" PRIu64 "%c", number / scales[i].unit,
		scales[i].suffix);
}

static void print_counters(FILE *out, const struct stats *stats,
			   const struct print_style *style)
{
	int first = style->format == FORMAT_STATS ?
		    0 : SHUNT_STATS_ATTR_CPS - SHUNT_STATS_ATTR_CONNS;

	for (int i = 0; i < 5; i++)
		print_large(out, stats ? stats->value[first + i] : 0,
			    style->exact);
}

static bool is_counters(const struct print_style *style)
{
	return style->format == FORMAT_STATS || style->format == FORMAT_RATE;
}

static void service_title(char text[NAMES_SIZE + 16],
			  const struct service *service,
			  const struct print_style *style)
{
	const char *protocol = protocol_name(service->protocol);
	char name[NAMES_SIZE];

	if (service->fwmark) {
		sprintf(text, "FWM  %u%s", service->fwmark,
			service->addr.family == AF_INET6 ? " IPv6" : "");
		return;
	}
	list_endpoint(name, &service->addr, service->port, service->protocol,
		      style);
	text = text_pad(stpcpy(text, protocol ? protocol : "???"), text, 5);
	strcpy(text, name);
}

void print_service(FILE *out, const struct service *service,
		   const struct print_style *style)
{
	char title[NAMES_SIZE + 16];

	service_title(title, service, style);
	if (is_counters(style)) {
		fprintf(out, "%-33s", title);
		print_counters(out, service->stats, style);
	} else {
		fputs(title, out);
		print_scheduling(out, service, style->classic);
	}
	fputc('\n', out);
}

static void tunnel_info(char *text, size_t size, const struct dest *dest)
{
	const char *csum = "-c";

	if (dest->tun_flags & TUNNEL_F_REMCSUM)
		csum = "r+c";
	else if (dest->tun_flags & TUNNEL_F_CSUM)
		csum = "+c";

	if (dest->forward != SHUNT_FWD_TUNNEL)
		snprintf(text, size, "n/a");
	else if (dest->tun_type == TUNNEL_GUE)
		snprintf(text, size, "gue:%u:%s", dest->tun_port, csum);
	else if (dest->tun_type == TUNNEL_GRE)
		snprintf(text, size, "gre:%s", csum);
	else
		snprintf(text, size, "ipip");
}

/* A blank and a number, to the left of a column. */
static char *put_column(char *at, uint32_t number, int width)
{
	*at++ = ' ';
	return text_pad(text_number(at, number), at, width);
}

/* " %-7s %-6u %-10u %-10u" of what most lines of most lists are. */
static char *put_plain(char *at, const struct dest *dest)
{
	*at++ = ' ';
	at = text_pad(stpcpy(at, forward_name(dest->forward)), at, 7);
	at = put_column(at, dest->weight, 6);
	at = put_column(at, dest->active, 10);
	return put_column(at, dest->inactive, 10);
}

static void print_drain(FILE *out, const struct drain *drain)
{
	if (!drain->on)
		return;
	fputs(" draining", out);
	if (drain->seconds)
		fprintf(out, ", %u s left", drain->seconds);
}

static void print_dest(FILE *out, const struct dest *dest, uint16_t protocol,
		       const struct print_style *style)
{
	char line[NAMES_SIZE + 64], *name = stpcpy(line, "  -> "), *end;
	char tunnel[32];

	list_endpoint(name, &dest->addr, dest->port, protocol, style);
	end = text_pad(strchr(name, '\0'), name, 28);
	if (style->format == FORMAT_PLAIN)
		end = put_plain(end, dest);
	fwrite(line, 1, end - line, out);

	switch (style->format) {
	case FORMAT_STATS:
	case FORMAT_RATE:
		print_counters(out, dest->stats, style);
		break;
	case FORMAT_THRESHOLDS:
		fprintf(out, " %-10u %-10u %-10u %-10u", dest->u_threshold,
			dest->l_threshold, dest->active, dest->inactive);
		break;
	case FORMAT_PERSISTENT:
		fprintf(out, " %-9u %-11u %-10u %-10u", dest->weight,
			dest->persistent, dest->active, dest->inactive);
		break;
	case FORMAT_TUNNEL:
		tunnel_info(tunnel, sizeof(tunnel), dest);
		fprintf(out, " %-7s %-13s %-6u %-10u %-10u",
			forward_name(dest->forward), tunnel, dest->weight,
			dest->active, dest->inactive);
		break;
	case FORMAT_PLAIN:
		/* ipvsadm knows nothing of it. */
		if (!style->classic)
			print_drain(out, &dest->drain);
		break;
	}
	putc('\n', out);
}

void print_server(FILE *out, const struct service *service,
		  const struct dest *dest, const struct print_style *style)
{
	char title[NAMES_SIZE + 16], name[NAMES_SIZE], tunnel[32];

	service_title(title, service, style);
	list_endpoint(name, &dest->addr, dest->port, service->protocol, style);
	fprintf(out, "%s -> %s %s", title, name, forward_name(dest->forward));
	if (dest->forward == SHUNT_FWD_TUNNEL) {
		tunnel_info(tunnel, sizeof(tunnel), dest);
		fprintf(out, " %s", tunnel);
	}
	fprintf(out, " weight %u", dest->weight);
	if (dest->u_threshold || dest->l_threshold)
		fprintf(out, " thresholds %u %u", dest->u_threshold,
			dest->l_threshold);
	print_drain(out, &dest->drain);
	fputc('\n', out);
}

void print_services(FILE *out, const struct list *table,
		    const struct info *info, const struct print_style *style)
{
	if (info)
		fprintf(out, "IP Virtual Server version %u.%u.%u (size=%u)\n",
			info->version >> 16 & 0xff, info->version >> 8 & 0xff,
			info->version & 0xff, info->conn_tab_size);
	fputs(headers[style->format], out);

	for (size_t i = 0; i < table->count; i++) {
		const struct entry *entry = list_at(table, struct entry, i);

		print_service(out, &entry->service, style);
		for (size_t j = 0; j < entry->dests.count; j++)
			print_dest(out, list_at(&entry->dests, struct dest, j),
				   entry->service.protocol, style);
	}
	if (info && info->has_total && is_counters(style) && !style->classic) {
		fprintf(out, "%-33s", "Total");
		print_counters(out, &info->total, style);
		fputc('\n', out);
	}
}

static void print_conn(FILE *out, const struct conn *conn,
		       const struct print_style *style)
{
	const char *protocol = protocol_name(conn->protocol);
	char client[NAMES_SIZE], virtual[NAMES_SIZE], dest[NAMES_SIZE];
	char expires[24];

	names_endpoint(client, &conn->client, conn->client_port,
		       conn->protocol, style->numeric);
	names_endpoint(virtual, &conn->virtual, conn->virtual_port,
		       conn->protocol, style->numeric);
	names_endpoint(dest, &conn->dest, conn->dest_port, conn->protocol,
		       style->numeric);
	if (style->classic) {
		client[CLASSIC_CUT] = '\0';
		virtual[CLASSIC_CUT] = '\0';
		dest[CLASSIC_CUT] = '\0';
	}
	snprintf(expires, sizeof(expires), "%02u:%02u", conn->expires / 60,
		 conn->expires % 60);
	fprintf(out, "%-3s %-6s %-11s %-18s %-18s ", protocol ? protocol : "???",
		expires, conn->state, client, virtual);
	if (style->engines && conn->pe[0])
		fprintf(out, "%-16s %-18s %s\n", dest, conn->pe,
			conn->pe_data ? conn->pe_data : "");
	else
		fprintf(out, "%s\n", dest);
}

void print_conns(FILE *out, const struct list *conns,
		 const struct print_style *style)
{
	fputs("IPVS connection entries\n"
	      "pro expire state       source             virtual            destination",
	      out);
	fputs(style->engines ? "        pe name          pe_data\n" : "\n", out);
	for (size_t i = 0; i < conns->count; i++)
		print_conn(out, list_at(conns, struct conn, i), style);
}

void print_timeouts(FILE *out, const struct timeouts *timeouts)
{
	fprintf(out, "Timeout (tcp tcpfin udp): %u %u %u\n", timeouts->tcp,
		timeouts->tcp_fin, timeouts->udp);
}

static void print_daemon(FILE *out, const struct sync_daemon *daemon)
{
	char group[INET6_ADDRSTRLEN];

	fprintf(out, "%s sync daemon (mcast=%s, syncid=%u",
		daemon->state == SYNC_MASTER ? "master" : "backup",
		daemon->interface, daemon->syncid);
	if (daemon->maxlen)
		fprintf(out, ", maxlen=%u", daemon->maxlen);
	if (daemon->group.family) {
		names_address(group, sizeof(group), &daemon->group);
		fprintf(out, ", group=%s", group);
	}
	if (daemon->port)
		fprintf(out, ", port=%u", daemon->port);
	if (daemon->ttl)
		fprintf(out, ", ttl=%u", daemon->ttl);
	fputs(")\n", out);
}

void print_daemons(FILE *out, const struct list *daemons)
{
	for (size_t i = 0; i < daemons->count; i++)
		print_daemon(out, list_at(daemons, struct sync_daemon, i));
}

void print_drops(FILE *out, const struct list *drops,
		 const struct print_style *style)
{
	fputs("Packets dropped                      Packets Reason\n", out);
	for (size_t i = 0; i < drops->count; i++) {
		const struct drop *drop = list_at(drops, struct drop, i);

		if (drop->packets || style->exact)
			fprintf(out, "%-28s %15" PRIu64 " %s\n", drop->name,
				drop->packets, drop->text);
	}
}
