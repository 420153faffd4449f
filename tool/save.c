// SPDX-License-Identifier: GPL-2.0-only
#include "save.h"

#include <arpa/inet.h>
#include <string.h>

#include "names.h"
#include "print.h"

#define SCHED_FLAGS \
	(SHUNT_SVC_F_SCHED1 | SHUNT_SVC_F_SCHED2 | SHUNT_SVC_F_SCHED3)

static void save_key(FILE *out, const struct service *service, bool numeric)
{
	char name[NAMES_SIZE];

	if (service->fwmark) {
		fprintf(out, "-f %u%s", service->fwmark,
			service->addr.family == AF_INET6 ? " -6" : "");
		return;
	}
	names_endpoint(name, &service->addr, service->port, service->protocol,
		       numeric);
	fprintf(out, "%s %s", service->protocol == IPPROTO_UDP ? "-u" :
			      service->protocol == IPPROTO_SCTP ?
			      "--sctp-service" : "-t", name);
}

static void save_service(FILE *out, const struct service *service,
			 bool numeric, bool classic)
{
	fputs("-A ", out);
	save_key(out, service, numeric);
	fprintf(out, " -s %s", service->sched);
	if (service->flags & SHUNT_SVC_F_PERSISTENT)
		fprintf(out, " -p %u", service->timeout);
	if (service->flags & SHUNT_SVC_F_PERSISTENT &&
	    print_has_netmask(service)) {
		fputs(" -M ", out);
		print_netmask(out, service);
	}
	if (service->pe[0])
		fprintf(out, " --pe %s", service->pe);
	if (service->flags & SHUNT_SVC_F_ONEPACKET)
		fputs(" -o", out);
	if (service->flags & SCHED_FLAGS) {
		fputs(" -b ", out);
		print_sched_flags(out, service);
	}
	if (!classic)
		print_terms(out, &service->terms, "--");
	fputc('\n', out);
}

static void save_tunnel(FILE *out, const struct dest *dest)
{
	const char *csum = dest->tun_flags & TUNNEL_F_REMCSUM ? "remcsum" :
			   dest->tun_flags & TUNNEL_F_CSUM ? "csum" : "nocsum";

	if (dest->tun_type == TUNNEL_GUE)
		fprintf(out, " --tun-type gue --tun-port %u --tun-%s",
			dest->tun_port, csum);
	else if (dest->tun_type == TUNNEL_GRE)
		fprintf(out, " --tun-type gre --tun-%s", csum);
	else
		fputs(" --tun-type ipip", out);
}

/*
 * A local server was added by one of the three methods, and is local because
 * its address is: any of them makes it local again.
 */
static char forward_letter(uint32_t forward)
{
	switch (forward) {
	case SHUNT_FWD_MASQ:
		return 'm';
	case SHUNT_FWD_TUNNEL:
		return 'i';
	default:
		return 'g';
	}
}

static void save_drain(FILE *out, const struct drain *drain)
{
	if (!drain->on)
		return;
	fputs(" --drain", out);
	if (drain->seconds)
		fprintf(out, "=%u", drain->seconds);
}

static void save_dest(FILE *out, const struct service *service,
		      const struct dest *dest, bool numeric, bool classic)
{
	char name[NAMES_SIZE];

	fputs("-a ", out);
	save_key(out, service, numeric);
	names_endpoint(name, &dest->addr, dest->port, service->protocol,
		       numeric);
	fprintf(out, " -r %s -%c -w %u", name, forward_letter(dest->forward),
		dest->weight);
	if (dest->forward == SHUNT_FWD_TUNNEL)
		save_tunnel(out, dest);
	if (dest->u_threshold)
		fprintf(out, " -x %u", dest->u_threshold);
	if (dest->l_threshold)
		fprintf(out, " -y %u", dest->l_threshold);
	if (!classic)
		save_drain(out, &dest->drain);
	fputc('\n', out);
}

void save_services(FILE *out, const struct list *table, bool numeric,
		   bool classic)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct entry *entry = list_at(table, struct entry, i);

		save_service(out, &entry->service, numeric, classic);
		for (size_t j = 0; j < entry->dests.count; j++)
			save_dest(out, &entry->service,
				  list_at(&entry->dests, struct dest, j),
				  numeric, classic);
	}
}

void save_timeouts(FILE *out, const struct timeouts *timeouts)
{
	fprintf(out, "--set %u %u %u\n", timeouts->tcp, timeouts->tcp_fin,
		timeouts->udp);
}

static void save_daemon(FILE *out, const struct sync_daemon *daemon)
{
	char group[INET6_ADDRSTRLEN];

	fprintf(out, "--start-daemon %s --mcast-interface %s --syncid %u",
		daemon->state == SYNC_MASTER ? "master" : "backup",
		daemon->interface, daemon->syncid);
	if (daemon->maxlen)
		fprintf(out, " --sync-maxlen %u", daemon->maxlen);
	if (daemon->group.family) {
		names_address(group, sizeof(group), &daemon->group);
		fprintf(out, " --mcast-group %s", group);
	}
	if (daemon->port)
		fprintf(out, " --mcast-port %u", daemon->port);
	if (daemon->ttl)
		fprintf(out, " --mcast-ttl %u", daemon->ttl);
	fputc('\n', out);
}

void save_daemons(FILE *out, const struct list *daemons)
{
	for (size_t i = 0; i < daemons->count; i++)
		save_daemon(out, list_at(daemons, struct sync_daemon, i));
}
