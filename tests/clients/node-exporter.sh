#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# prometheus-node-exporter's ipvs collector, which reads /proc/net/ip_vs and ip_vs_stats: its metrics are what the counters say.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh
#                    node exporter   └─ rs2 (B)
# shellcheck source=tests/clients/lib.sh
. "$(dirname "$0")/lib.sh"

# The collector's metrics, a sorted line each: name, labels, value without an exponent.
scrape() {
	on_director curl -s -m 10 http://127.0.0.1:9100/metrics | sed -n 's/^node_ipvs_//p' |
		awk '{ value = $NF; sub(/ [^ ]*$/, ""); printf "%s %.0f\n", $0, value }' | sort
}
answers() { scrape | grep -q .; }
metrics_are() { [ "$(scrape)" = "$1" ]; }

backend() { # ADDRESS PROTO LOCAL PORT: the labels of a real server
	echo "{local_address=\"$3\",local_mark=\"\",local_port=\"$4\",proto=\"$2\",remote_address=\"$1\",remote_port=\"$4\"}"
}

# wanted ACTIVE1 INACTIVE1 WEIGHT1: all metrics, with what ipvsadm's counters add up to; the first real server's as given.
wanted() {
	local sum
	read -ra sum < <(stats | awk '/^(TCP|UDP)/ { for (i = 3; i <= 7; i++) n[i] += $i } END { print n[3], n[4], n[5], n[6], n[7] }')
	sort <<-METRICS
		backend_connections_active$(backend "$RIP1" TCP "$VIP" 80) $1
		backend_connections_active$(backend "$RIP2" UDP "$VIP" 80) 0
		backend_connections_active$(backend "$RIP16" TCP "$VIP6" 80) 0
		backend_connections_inactive$(backend "$RIP1" TCP "$VIP" 80) $2
		backend_connections_inactive$(backend "$RIP2" UDP "$VIP" 80) 2
		backend_connections_inactive$(backend "$RIP16" TCP "$VIP6" 80) 0
		backend_weight$(backend "$RIP1" TCP "$VIP" 80) $3
		backend_weight$(backend "$RIP2" UDP "$VIP" 80) 1
		backend_weight$(backend "$RIP16" TCP "$VIP6" 80) 7
		connections_total ${sum[0]}
		incoming_bytes_total ${sum[3]}
		incoming_packets_total ${sum[1]}
		outgoing_bytes_total ${sum[4]}
		outgoing_packets_total ${sum[2]}
	METRICS
}

# collected TEXT ACTIVE1 INACTIVE1 WEIGHT1: one test. Stock's sums follow within two seconds, and so do its counters.
collected() {
	wait_for "$1" collected_now "${@:2}" || explain "$(diff <(wanted "${@:2}") <(scrape))"
}
collected_now() { metrics_are "$(wanted "$@")"; }

nat() {
	nat_up
	serve 80
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m -w 3
		-A -u $VIP:80 -s rr
		-a -u $VIP:80 -r $RIP2:80 -m
		-A -t [$VIP6]:80 -s rr
		-a -t [$VIP6]:80 -r [$RIP16]:80 -m -w 7
	RULES
	daemon prometheus-node-exporter --collector.disable-defaults --collector.ipvs --web.disable-exporter-metrics \
		--web.listen-address=127.0.0.1:9100
	wait_for "the exporter answers" answers || explain "$(tail -n 5 /tmp/daemon.log)"
	must many udp 2 "$VIP" 80
	must tcp one "$VIP" 80
	must get one 100000
	must tcp two "$VIP" 80
	must get two 100000
	must hold two
	must shut two
	counters_settle
	collected "two connections, one of them half closed, and two flows" 1 1 3
	like "bytes have been counted" "$(scrape)" 'outgoing_bytes_total [2-9][0-9]{5}'
	same "the metrics" "$(scrape | grep -v _total)"
	is "each connection is counted" "$(scrape | grep ^connections)" "connections_total 4"
	must close one
	must close two
	adm -e -t "$VIP:80" -r "$RIP1:80" -m -w 0
	collected "connections end, and the weight changes" 0 2 0
	adm -C
	wait_for "without services there are no backends" no_backends
	ends "the exporter ends"
	answered_by_shunt
}
no_backends() { ! scrape | grep -q backend; }

# Stock adds its counters up every two seconds: until all connections are among them the sum may be anything.
counters_settle() { wait_for "the counters have seen all connections" four_connections; }
four_connections() { [ "$(stats | awk '/^(TCP|UDP)/ { n += $3 } END { print n }')" = 4 ]; }

run nat
