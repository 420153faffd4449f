// SPDX-License-Identifier: GPL-2.0-only
/* Lists and saved files, against what ipvsadm 1.31 was seen to print. */
#include <arpa/inet.h>
#include <stdlib.h>

#include "parse.h"
#include "print.h"
#include "save.h"
#include "unit.h"

static struct address address(const char *text)
{
	struct address addr = { 0 };

	parse_address(text, &addr);
	return addr;
}

static struct entry *add_service(struct list *table, const char *addr,
				 uint16_t port, uint32_t fwmark,
				 const char *sched)
{
	struct entry entry = {
		.service = { .addr = address(addr), .port = port,
			     .protocol = fwmark ? 0 : IPPROTO_TCP,
			     .fwmark = fwmark },
		.dests = LIST_OF(struct dest),
	};

	snprintf(entry.service.sched, sizeof(entry.service.sched), "%s",
		 sched);
	entry.service.netmask = entry.service.addr.family == AF_INET6 ?
				128 : ~0u;
	return list_add(table, &entry);
}

static struct dest *add_dest(struct entry *entry, const char *addr,
			     uint16_t port, enum shunt_fwd forward)
{
	struct dest dest = { .addr = address(addr), .port = port,
			     .forward = forward, .weight = 1 };

	return list_add(&entry->dests, &dest);
}

static bool classic;

static void expect_list(const struct list *table, enum print_format format,
			bool exact, const char *wanted, const char *title)
{
	struct print_style style = { .format = format, .numeric = true,
				     .exact = exact, .classic = classic };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	print_services(out, table, NULL, &style);
	fclose(out);
	expect_text(text, wanted, title);
	free(text);
}

static void services(void)
{
	struct list table = LIST_OF(struct entry);
	struct entry *entry = add_service(&table, "1.2.3.4", 80, 0, "rr");
	struct dest *dest = add_dest(entry, "10.0.0.1", 80, SHUNT_FWD_MASQ);

	dest->active = 3;
	dest->inactive = 4;
	dest->u_threshold = 10;
	dest->l_threshold = 5;
	dest->persistent = 7;
	dest = add_dest(entry, "2001:db8::2", 80, SHUNT_FWD_TUNNEL);
	dest->tun_type = TUNNEL_GUE;
	dest->tun_port = 6080;
	dest->tun_flags = TUNNEL_F_REMCSUM;

	expect_list(&table, FORMAT_PLAIN, false,
		    "Prot LocalAddress:Port Scheduler Flags\n"
		    "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
		    "TCP  1.2.3.4:80 rr\n"
		    "  -> 10.0.0.1:80                  Masq    1      3          4         \n"
		    "  -> [2001:db8::2]:80             Tunnel  1      0          0         \n",
		    "the plain list");
	expect_list(&table, FORMAT_THRESHOLDS, false,
		    "Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn \n"
		    "  -> RemoteAddress:Port\n"
		    "TCP  1.2.3.4:80 rr\n"
		    "  -> 10.0.0.1:80                  10         5          3          4         \n"
		    "  -> [2001:db8::2]:80             0          0          0          0         \n",
		    "thresholds");
	expect_list(&table, FORMAT_PERSISTENT, false,
		    "Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn \n"
		    "  -> RemoteAddress:Port\n"
		    "TCP  1.2.3.4:80 rr\n"
		    "  -> 10.0.0.1:80                  1         7           3          4         \n"
		    "  -> [2001:db8::2]:80             1         0           0          0         \n",
		    "persistent connections");
	expect_list(&table, FORMAT_TUNNEL, false,
		    "Prot LocalAddress:Port Scheduler Flags\n"
		    "  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn\n"
		    "TCP  1.2.3.4:80 rr\n"
		    "  -> 10.0.0.1:80                  Masq    n/a           1      3          4         \n"
		    "  -> [2001:db8::2]:80             Tunnel  gue:6080:r+c  1      0          0         \n",
		    "tunnels");
	table_free(&table);
}

static void draining(void)
{
	struct list table = LIST_OF(struct entry);
	struct entry *entry = add_service(&table, "1.2.3.4", 80, 0, "rr");

	add_dest(entry, "10.0.0.1", 80, SHUNT_FWD_MASQ)->drain.on = true;
	add_dest(entry, "10.0.0.2", 80, SHUNT_FWD_MASQ)->drain =
		(struct drain){ true, true, 57 };
	expect_list(&table, FORMAT_PLAIN, false,
		    "Prot LocalAddress:Port Scheduler Flags\n"
		    "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
		    "TCP  1.2.3.4:80 rr\n"
		    "  -> 10.0.0.1:80                  Masq    1      0          0          draining\n"
		    "  -> 10.0.0.2:80                  Masq    1      0          0          draining, 57 s left\n",
		    "real servers that become empty");
	classic = true;
	expect_list(&table, FORMAT_PLAIN, false,
		    "Prot LocalAddress:Port Scheduler Flags\n"
		    "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
		    "TCP  1.2.3.4:80 rr\n"
		    "  -> 10.0.0.1:80                  Masq    1      0          0         \n"
		    "  -> 10.0.0.2:80                  Masq    1      0          0         \n",
		    "of which ipvsadm knows nothing");
	classic = false;
	table_free(&table);
}

static void flags(void)
{
	struct list table = LIST_OF(struct entry);
	struct service *service;

	service = &add_service(&table, "1.2.3.4", 1, 0, "sh")->service;
	service->flags = SHUNT_SVC_F_PERSISTENT | SHUNT_SVC_F_ONEPACKET |
			 SHUNT_SVC_F_SCHED2 | SHUNT_SVC_F_HASHED;
	service->protocol = IPPROTO_UDP;
	service->timeout = 100;
	service->netmask = htonl(0xffff0000);
	strcpy(service->pe, "sip");
	service = &add_service(&table, "2001:db8::1", 1, 0, "mh")->service;
	service->flags = SHUNT_SVC_F_PERSISTENT | SHUNT_SVC_F_SCHED1 |
			 SHUNT_SVC_F_SCHED2;
	service->timeout = 100;
	service->netmask = 56;
	service->terms = (struct terms){ true, { 60, 0, 10, 1, 1 } };
	add_service(&table, "::", 0, 8, "lc");
	add_service(&table, "0.0.0.0", 0, 4294967290u, "wlc");

	expect_list(&table, FORMAT_PLAIN, false,
		    "Prot LocalAddress:Port Scheduler Flags\n"
		    "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
		    "UDP  1.2.3.4:1 sh (sh-port) persistent 100 mask 255.255.0.0 pe sip ops\n"
		    "TCP  [2001:db8::1]:1 mh (mh-fallback,mh-port) persistent 100 mask 56 tcp-timeout 60 udp-timeout 10 reset-on-expiry udp-leave\n"
		    "FWM  8 IPv6 lc\n"
		    "FWM  4294967290 wlc\n",
		    "what stands behind the scheduler");
	classic = true;
	expect_list(&table, FORMAT_PLAIN, false,
		    "Prot LocalAddress:Port Scheduler Flags\n"
		    "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
		    "UDP  1.2.3.4:1 sh (sh-port) persistent 100 mask 255.255.0.0 pe sip ops\n"
		    "TCP  [2001:db8::1]:1 mh (mh-fallback,mh-port) persistent 100 mask 56\n"
		    "FWM  8 IPv6 lc\n"
		    "FWM  4294967290 wlc\n",
		    "ipvsadm tells no more than it knows");
	classic = false;
	table_free(&table);
}

/* Seen by letting ipvsadm read such counters. */
static void large_numbers(void)
{
	static const struct {
		uint64_t number;
		const char *rounded;
	} cases[] = {
		{ 0, "        0" },
		{ 99999999, " 99999999" },
		{ 100000000, "  100000K" },
		{ 999999999, "  999999K" },
		{ 1000000000, "    1000M" },
		{ 99999999999, "   99999M" },
		{ 100000000000, "     100G" },
		{ 99999999999999, "   99999G" },
		{ 100000000000000, "     100T" },
		{ 18446744073709551615u, "18446744T" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct list table = LIST_OF(struct entry);
		struct entry *entry = add_service(&table, "1.2.3.4", 80, 0,
						  "rr");
		const char *r = cases[i].rounded;
		unsigned long long n = cases[i].number;
		char wanted[1024], title[128];

		entry->service.stats = calloc(1, sizeof(struct stats));
		for (int c = 0; c < 5; c++)
			entry->service.stats->value[c] = n;
		snprintf(wanted, sizeof(wanted),
			 "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n"
			 "  -> RemoteAddress:Port\n"
			 "TCP  1.2.3.4:80                  %s%s%s%s%s\n",
			 r, r, r, r, r);
		snprintf(title, sizeof(title), "%llu rounded", n);
		expect_list(&table, FORMAT_STATS, false, wanted, title);

		snprintf(wanted, sizeof(wanted),
			 "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n"
			 "  -> RemoteAddress:Port\n"
			 "TCP  1.2.3.4:80                   %8llu %8llu %8llu %8llu %8llu\n",
			 n, n, n, n, n);
		snprintf(title, sizeof(title), "%llu exactly", n);
		expect_list(&table, FORMAT_STATS, true, wanted, title);
		table_free(&table);
	}
}

static void rates(void)
{
	struct list table = LIST_OF(struct entry);
	struct entry *entry = add_service(&table, "1.2.3.4", 80, 0, "rr");

	entry->service.stats = calloc(1, sizeof(struct stats));
	for (int c = 0; c < STATS_COLUMNS; c++)
		entry->service.stats->value[c] = c + 1;
	expect_list(&table, FORMAT_RATE, false,
		    "Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS\n"
		    "  -> RemoteAddress:Port\n"
		    "TCP  1.2.3.4:80                          6        7        8        9       10\n",
		    "rates are the second five numbers");
	table_free(&table);
}

static void order(void)
{
	static const char *const addrs[] = { "200.0.0.1", "9.0.0.1",
					     "127.0.0.1" };
	struct list table = LIST_OF(struct entry);

	for (int i = 0; i < 3; i++)
		add_service(&table, addrs[i], 80, 0, "rr");
	add_service(&table, "9.0.0.1", 79, 0, "rr");
	add_service(&table, "0.0.0.0", 0, 3000000000u, "rr");
	add_service(&table, "0.0.0.0", 0, 5, "rr");
	add_service(&table, "::1", 80, 0, "rr");
	table_sort(&table, false);
	expect_list(&table, FORMAT_PLAIN, false,
		    "Prot LocalAddress:Port Scheduler Flags\n"
		    "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
		    "TCP  9.0.0.1:79 rr\nTCP  9.0.0.1:80 rr\n"
		    "TCP  127.0.0.1:80 rr\nTCP  200.0.0.1:80 rr\n"
		    "TCP  [::1]:80 rr\nFWM  5 rr\nFWM  3000000000 rr\n",
		    "sorted by mark, family, address and port");
	table_free(&table);

	/* ipvsadm put these two so, and would have put 127.0.0.1 before both. */
	table = (struct list)LIST_OF(struct entry);
	add_service(&table, "0.0.0.0", 80, 0, "rr");
	add_service(&table, "255.255.255.255", 80, 0, "rr");
	table_sort(&table, true);
	expect_list(&table, FORMAT_PLAIN, false,
		    "Prot LocalAddress:Port Scheduler Flags\n"
		    "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
		    "TCP  255.255.255.255:80 rr\nTCP  0.0.0.0:80 rr\n",
		    "ipvsadm's order");
	table_free(&table);
}

static void conns(void)
{
	struct print_style style = { .numeric = true, .engines = true };
	struct conn conn = {
		.protocol = IPPROTO_UDP, .client = address("10.9.0.1"),
		.client_port = 39625, .virtual = address("10.9.0.1"),
		.virtual_port = 53, .dest = address("192.168.77.2"),
		.dest_port = 53, .expires = 298, .state = "UDP",
	};
	struct list list = LIST_OF(struct conn);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	list_add(&list, &conn);
	conn.protocol = 0;
	conn.expires = 2678399;
	strcpy(conn.state, "NONE");
	conn.virtual = address("0.0.0.5");
	list_add(&list, &conn);
	conn.protocol = IPPROTO_UDP;
	conn.expires = 28;
	conn.virtual = address("10.9.0.1");
	conn.client_port = 0;
	strcpy(conn.pe, "sip");
	conn.pe_data = strdup("abcdef@10.0.0.1");
	list_add(&list, &conn);
	print_conns(out, &list, &style);
	fclose(out);
	expect_text(text,
		    "IPVS connection entries\n"
		    "pro expire state       source             virtual            destination        pe name          pe_data\n"
		    "UDP 04:58  UDP         10.9.0.1:39625     10.9.0.1:53        192.168.77.2:53\n"
		    "IP  44639:59 NONE        10.9.0.1:39625     0.0.0.5:53         192.168.77.2:53\n"
		    "UDP 00:28  NONE        10.9.0.1:0         10.9.0.1:53        192.168.77.2:53  sip                abcdef@10.0.0.1\n",
		    "connections");
	free(text);
	conns_free(&list);
}

static void drops(void)
{
	struct drop drop = { "no_server", "no real server is available", 3 };
	struct print_style style = { 0 };
	struct list list = LIST_OF(struct drop);
	char *text = NULL;
	size_t size;

	list_add(&list, &drop);
	strcpy(drop.name, "ttl");
	strcpy(drop.text, "the packet's time to live is over");
	drop.packets = 0;
	list_add(&list, &drop);
	for (int all = 0; all < 2; all++) {
		FILE *out = open_memstream(&text, &size);

		style.exact = all;
		print_drops(out, &list, &style);
		fclose(out);
		expect(strstr(text, "no_server") &&
		       strstr(text, "3 no real server is available\n") &&
		       !!strstr(text, "ttl") == all,
		       "drop reasons, %s", all ? "all" : "those that occurred");
		free(text);
	}
	list_free(&list);
}

static void expect_saved(const struct list *table, const char *wanted,
			 const char *title)
{
	struct timeouts timeouts = { 900, 120, 300 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	save_timeouts(out, &timeouts);
	save_services(out, table, true, classic);
	fclose(out);
	expect_text(text, wanted, title);
	free(text);
}

static void saved(void)
{
	struct list table = LIST_OF(struct entry);
	struct entry *entry = add_service(&table, "1.2.3.4", 80, 0, "wrr");
	struct dest *dest;

	dest = add_dest(entry, "10.0.0.1", 8080, SHUNT_FWD_MASQ);
	dest->u_threshold = 10;
	dest->l_threshold = 5;
	dest->weight = 0;
	dest = add_dest(entry, "10.0.0.2", 80, SHUNT_FWD_TUNNEL);
	dest->tun_type = TUNNEL_GRE;
	dest->tun_flags = TUNNEL_F_CSUM;
	dest = add_dest(entry, "10.0.0.3", 80, SHUNT_FWD_LOCAL);
	dest->weight = 0;
	dest->drain = (struct drain){ true, true, 9 };
	entry = add_service(&table, "::", 0, 8, "sh");
	entry->service.flags = SHUNT_SVC_F_PERSISTENT |
			       SHUNT_SVC_F_ONEPACKET | SHUNT_SVC_F_SCHED3;
	entry->service.timeout = 60;
	entry->service.netmask = 64;
	entry->service.terms.value[TERM_UDP] = 5;
	entry->service.terms.value[TERM_UDP_LEAVE] = 1;

	expect_saved(&table,
		     "--set 900 120 300\n"
		     "-A -t 1.2.3.4:80 -s wrr\n"
		     "-a -t 1.2.3.4:80 -r 10.0.0.1:8080 -m -w 0 -x 10 -y 5\n"
		     "-a -t 1.2.3.4:80 -r 10.0.0.2:80 -i -w 1 --tun-type gre --tun-csum\n"
		     "-a -t 1.2.3.4:80 -r 10.0.0.3:80 -g -w 0 --drain=9\n"
		     "-A -f 8 -6 -s sh -p 60 -M 64 -o -b flag-3 --udp-timeout 5 --udp-leave\n",
		     "what is saved");
	classic = true;
	expect_saved(&table,
		     "--set 900 120 300\n"
		     "-A -t 1.2.3.4:80 -s wrr\n"
		     "-a -t 1.2.3.4:80 -r 10.0.0.1:8080 -m -w 0 -x 10 -y 5\n"
		     "-a -t 1.2.3.4:80 -r 10.0.0.2:80 -i -w 1 --tun-type gre --tun-csum\n"
		     "-a -t 1.2.3.4:80 -r 10.0.0.3:80 -g -w 0\n"
		     "-A -f 8 -6 -s sh -p 60 -M 64 -o -b flag-3\n",
		     "as ipvsadm, what it can read");
	classic = false;
	table_free(&table);
}

int main(void)
{
	services();
	draining();
	flags();
	large_numbers();
	rates();
	order();
	conns();
	drops();
	saved();
	return unit_end();
}
