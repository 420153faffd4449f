// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "names.h"
#include "parse.h"
#include "procfs.h"
#include "unit.h"

#define NO_PORT 4711

static void numbers(void)
{
	static const struct {
		const char *text;
		uint32_t min, max;
		const char *why;
		uint32_t number;
	} cases[] = {
		{ "0", 0, 10, NULL, 0 },
		{ "10", 0, 10, NULL, 10 },
		{ "11", 0, 10, "out of range", 0 },
		{ "0", 1, 10, "out of range", 0 },
		{ "-1", 0, 10, "out of range", 0 },
		{ "010", 0, 10, NULL, 10 },
		{ " 5", 0, 10, NULL, 5 },
		{ "+5", 0, 10, NULL, 5 },
		{ "0x5", 0, 10, "not a number", 0 },
		{ "5x", 0, 10, "not a number", 0 },
		{ "5 ", 0, 10, "not a number", 0 },
		{ "", 0, 10, "not a number", 0 },
		{ "4294967295", 1, UINT32_MAX, NULL, UINT32_MAX },
		{ "4294967296", 1, UINT32_MAX, "out of range", 0 },
		{ "99999999999999999999", 0, 10, "out of range", 0 },
		{ "-99999999999999999999", 0, 10, "out of range", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t number = 0;
		const char *why = parse_number(cases[i].text, cases[i].min,
					       cases[i].max, &number);

		expect(cases[i].why ? why && !strcmp(why, cases[i].why) :
		       !why && number == cases[i].number,
		       "number \"%s\" of %u..%u: %s", cases[i].text,
		       cases[i].min, cases[i].max,
		       cases[i].why ? cases[i].why : "fine");
	}
}

static void endpoints(void)
{
	static const struct {
		const char *text;
		uint16_t protocol;
		const char *wanted;	/* NULL: refused */
	} cases[] = {
		{ "1.2.3.4:80", IPPROTO_TCP, "1.2.3.4:80" },
		{ "1.2.3.4", IPPROTO_TCP, "1.2.3.4:4711" },
		{ "1.2.3.4:0", IPPROTO_TCP, "1.2.3.4:0" },
		{ "1.2.3.4:65535", IPPROTO_TCP, "1.2.3.4:65535" },
		{ "1.2.3.4:65536", IPPROTO_TCP, NULL },
		{ "1.2.3.4:-1", IPPROTO_TCP, NULL },
		{ "1.2.3.4:", IPPROTO_TCP, NULL },
		{ "1.2.3.4:8x", IPPROTO_TCP, NULL },
		{ "1.2.3.4:80:90", IPPROTO_TCP, NULL },
		{ "1.2.3.4:http", IPPROTO_TCP, "1.2.3.4:80" },
		{ "1.2.3.4:tftp", IPPROTO_UDP, "1.2.3.4:69" },
		{ "1.2.3.4:tftp", IPPROTO_TCP, NULL },
		{ "1.2.3.4:http", 0, "1.2.3.4:80" },
		{ "1.2.3.4:nosuch", IPPROTO_TCP, NULL },
		{ "10.1:80", IPPROTO_TCP, "10.0.0.1:80" },
		{ ":80", IPPROTO_TCP, NULL },
		{ "", IPPROTO_TCP, NULL },
		{ "256.1.1.1:80", IPPROTO_TCP, NULL },
		{ "localhost:80", IPPROTO_TCP, "127.0.0.1:80" },
		{ "nosuchhost.invalid:80", IPPROTO_TCP, NULL },
		{ "::1", IPPROTO_TCP, "[::1]:4711" },
		{ "[::1]:80", IPPROTO_TCP, "[::1]:80" },
		{ "[2001:db8::1]:http", IPPROTO_TCP, "[2001:db8::1]:80" },
		{ "2001:db8::1:80", IPPROTO_TCP, "[2001:db8::1:80]:4711" },
		{ "[::1]", IPPROTO_TCP, NULL },
		{ "[::1]:", IPPROTO_TCP, NULL },
		{ "[::1]80", IPPROTO_TCP, NULL },
		{ "[::1:80", IPPROTO_TCP, NULL },
		{ "::1]:80", IPPROTO_TCP, NULL },
		{ "[]:80", IPPROTO_TCP, NULL },
		{ "[fe80::1%lo]:80", IPPROTO_TCP, NULL },
		{ "[1.2.3.4]:80", IPPROTO_TCP, NULL },
		{ "[::ffff:1.2.3.4]:80", IPPROTO_TCP, "[::ffff:1.2.3.4]:80" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct address addr = { 0 };
		char text[NAMES_SIZE] = "refused";
		uint16_t port = NO_PORT;
		char title[256];

		if (!parse_endpoint(cases[i].text, cases[i].protocol, &addr,
				    &port))
			names_endpoint(text, &addr, port, 0, true);
		snprintf(title, sizeof(title), "endpoint \"%s\", protocol %u",
			 cases[i].text, cases[i].protocol);
		expect_text(text, cases[i].wanted ? cases[i].wanted :
			    "refused", title);
	}
}

static void long_endpoint(void)
{
	struct address addr;
	uint16_t port;
	char text[2000];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	expect(parse_endpoint(text, IPPROTO_TCP, &addr, &port),
	       "a host of 1999 characters is refused");
}

static void netmasks(void)
{
	uint32_t mask = 0;

	expect(!parse_netmask("255.255.255.0", AF_INET, &mask) &&
	       mask == htonl(0xffffff00), "an IPv4 mask");
	expect(!parse_netmask("0.0.0.0", AF_INET, &mask) && !mask,
	       "an IPv4 mask of nothing");
	expect(parse_netmask("foo", AF_INET, &mask), "no IPv4 mask: foo");
	expect(parse_netmask("ffff::", AF_INET, &mask), "no IPv4 mask: ffff::");
	expect(!parse_netmask("64", AF_INET6, &mask) && mask == 64,
	       "an IPv6 prefix");
	expect(!parse_netmask("128", AF_INET6, &mask), "128 is an IPv6 prefix");
	expect(parse_netmask("0", AF_INET6, &mask), "0 is none");
	expect(parse_netmask("129", AF_INET6, &mask), "129 is none");
	expect(parse_netmask("64x", AF_INET6, &mask), "64x is none");
	expect(parse_netmask("255.255.255.0", AF_INET6, &mask),
	       "an IPv4 mask is no IPv6 prefix");
}

static void multicast(void)
{
	struct address addr = { 0 };

	expect(!parse_multicast("224.0.0.81", &addr) &&
	       addr.family == AF_INET, "an IPv4 group");
	expect(!parse_multicast("239.255.255.255", &addr), "the last one");
	expect(parse_multicast("240.0.0.0", &addr), "240.0.0.0 is no group");
	expect(parse_multicast("223.255.255.255", &addr), "nor 223.255.255.255");
	expect(!parse_multicast("ff05::5", &addr) && addr.family == AF_INET6,
	       "an IPv6 group");
	expect(parse_multicast("fe80::5", &addr), "fe80::5 is no group");
	expect(parse_multicast("foo", &addr), "nor foo");
}

static void sched_flags(void)
{
	uint32_t flag = 0;

	expect(parse_sched_flag("sh-port", "sh", &flag) == FLAG_OK &&
	       flag == SHUNT_SVC_F_SCHED2, "sh-port for sh");
	expect(parse_sched_flag("mh-fallback", "mh", &flag) == FLAG_OK &&
	       flag == SHUNT_SVC_F_SCHED1, "mh-fallback for mh");
	expect(parse_sched_flag("flag-3", "sh", &flag) == FLAG_OK &&
	       flag == SHUNT_SVC_F_SCHED3, "flag-3 for anyone");
	expect(parse_sched_flag("sh-port", "mh", &flag) == FLAG_INCOMPATIBLE,
	       "sh-port not for mh");
	expect(parse_sched_flag("foo", "sh", &flag) == FLAG_UNKNOWN,
	       "foo is no flag");
	expect_text(sched_flag_name("sh", 1), "sh-port", "flag 2 of sh");
	expect_text(sched_flag_name("sh", 2), "flag-3", "flag 3 of sh");
	expect_text(sched_flag_name("rr", 0), "flag-1", "flag 1 of rr");
}

static void proc_rows(void)
{
	struct conn conn;
	char text[NAMES_SIZE];

	expect(procfs_parse_conn("TCP 0A090001 85FC 0A090001 0050 7F000001 1F90 CLOSE             8\n",
				 &conn) && conn.protocol == IPPROTO_TCP &&
	       conn.expires == 8 && !strcmp(conn.state, "CLOSE") &&
	       !conn.pe[0] && !conn.pe_data, "an IPv4 row of ip_vs_conn");
	names_endpoint(text, &conn.dest, conn.dest_port, 0, true);
	expect_text(text, "127.0.0.1:8080", "its real server");

	expect(procfs_parse_conn("UDP 2001:0db8:0009:1111:2222:3333:4444:5555 D622 2001:0db8:0009:1111:2222:3333:4444:5555 0035 C0A84D02 0035 UDP         2678399\n",
				 &conn) && conn.client.family == AF_INET6 &&
	       conn.dest.family == AF_INET && conn.expires == 2678399,
	       "an IPv6 row with an IPv4 server");
	expect(procfs_parse_conn("UDP 0A4D0001 0000 0A4D0001 13C4 C0A84D02 13C4 NONE             59 sip abcdef@10.0.0.1\n",
				 &conn) && !strcmp(conn.pe, "sip") &&
	       !strcmp(conn.pe_data, "abcdef@10.0.0.1"),
	       "a row with persistence engine data");
	free(conn.pe_data);
	expect(!procfs_parse_conn("\n", &conn), "an empty row is none");
	expect(!procfs_parse_conn("TCP 0A090001 85FC 0A090001 0050 7F000001 1F90 CLOSE\n",
				  &conn), "a row cut short is none");
	expect(!procfs_parse_conn("TCP 0A09000g 85FC 0A090001 0050 7F000001 1F90 CLOSE 8 sip x\n",
				  &conn), "a row with a bad address is none");
}

int main(void)
{
	numbers();
	endpoints();
	long_endpoint();
	netmasks();
	multicast();
	sched_flags();
	proc_rows();
	return unit_end();
}
