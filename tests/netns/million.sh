#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A million connections: what they take, what a packet costs among them, what it takes to list them and to be rid of them, and that
# others have their turn meanwhile.
#
#   gw (pktgen) ── director ── X      tests/lab/topology.sh; what leaves for the real servers is dropped there
#
# Each packet is a datagram from a random address and port, by direct routing: an entry of the table each.
# shellcheck disable=SC2016
LBS=shunt
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

COUNT=${COUNT:-1000000}
TRACING=/sys/kernel/tracing
PKTGEN=/proc/net/pktgen

# packets N OPTION...: sends them; prints how many microseconds that took.
packets() {
	ip netns exec gw bash -c '
		set() { echo "$2" > "$1"; }
		set $1/kpktgend_0 rem_device_all
		set $1/kpktgend_0 "add_device eth1"
		for option in "${@:2}"; do set $1/eth1 "$option"; done
		set $1/pgctrl start
		sed -n "s/.*OK: \([0-9]*\)(.*/\1/p" $1/eth1' - $PKTGEN "count $1" "clone_skb 0" "pkt_size 64" "delay 0" "dst $VIP" \
		"dst_mac $vip_mac" "udp_dst_min 80" "udp_dst_max 80" "flag NO_TIMESTAMP" "${@:2}"
}

from_anywhere() {
	packets "$1" "src_min 10.0.0.1" "src_max 10.0.250.250" "udp_src_min 1024" "udp_src_max 60000" "flag IPSRC_RND" \
		"flag UDPSRC_RND" > /dev/null
}

# The shortest time of some, of a packet of one and the same connection, in ns.
cost() {
	local us least=
	for _ in 1 2 3 4 5; do
		us=$(packets 5000 "src_min 10.1.0.1" "src_max 10.1.0.1" "udp_src_min 1024" "udp_src_max 1024")
		[ "${least:-$us}" -lt "$us" ] || least=$us
	done
	echo $((least / 5))
}

table() { in_director awk -v name="$1" '$1 == name { print $2 }' /proc/net/shunt_table; }
longest() { in_director awk '$1 == "chain" { n = $2 } END { print n }' /proc/net/shunt_table; }
slab_bytes() { echo $(($(cut -d' ' -f1 /sys/kernel/slab/shunt_conn4/slabs) * 4096)); }
has_buckets_below() { [ "$(table buckets)" -lt "$1" ]; }
slab_is_below() { [ "$(slab_bytes)" -lt "$1" ]; }
none_left() { [ "$(table connections)" = 0 ]; }

# The longest run of the worker, in ms.
trace_on() {
	mountpoint -q $TRACING || mount -t tracefs tracefs $TRACING
	echo 0 > $TRACING/options/sleep-time
	echo "turn:mod:shunt" > $TRACING/set_ftrace_filter
	echo function_graph > $TRACING/current_tracer
}
trace_off() {
	awk '{ for (i = 2; i <= NF; i++) if ($i == "us" && $(i - 1) > max) max = $(i - 1) } END { print int(max / 1000) }' $TRACING/trace
	echo nop > $TRACING/current_tracer
}

between() { [ "$2" -ge "$1" ] && [ "$2" -le "$3" ]; }

within() { # TEXT LEAST VALUE MOST
	between "$2" "$3" "$4" && verdict=ok || verdict='not ok'
	result "$verdict" "$1: $3"
}

service() {
	nat_up
	must ns client
	in_director tc qdisc add dev eth1 clsact
	in_director tc filter add dev eth1 egress matchall action drop
	ip -n director neighbour replace "$RIP1" lladdr "$rs1_mac" dev eth1 nud permanent
	rules <<-RULES
		-A -u $VIP:80 -s rr
		-a -u $VIP:80 -r $RIP1:80 -g
	RULES
}

million() {
	local one many before entries verdict
	modprobe pktgen
	service
	one=$(cost)
	before=$(slab_bytes)
	from_anywhere "$COUNT"
	entries=$(table connections)
	within "connections" $((COUNT * 99 / 100)) "$entries" $((COUNT + 1))
	is "none was refused" "$(adm -L --drops | tail -n +2)" ""
	within "bytes each, with its share of the table" 128 \
		$((($(slab_bytes) - before + 8 * $(table buckets)) / entries)) 150
	within "the longest chain" 1 "$(longest)" 12
	many=$(cost)
	within "a packet's cost among them, in percent of that of one connection" 1 $((many * 100 / one)) 200
	is "all are in /proc" "$(in_director tail -n +2 /proc/net/ip_vs_conn | wc -l)" "$(table connections)"
	is "all are listed" "$(adm -L -n -c | tail -n +3 | wc -l)" "$(table connections)"

	trace_on
	adm --set 0 0 1
	WAIT=60 wait_for "all expire" none_left
	within "the longest run of the worker, in ms" 0 "$(trace_off)" 200
	wait_for "the table shrinks" has_buckets_below 1024
	wait_for "their memory is free" slab_is_below $((before + 1048576))

	adm --set 0 0 300
	from_anywhere "$COUNT"
	within "connections again" $((COUNT * 99 / 100)) "$(table connections)" $((COUNT + 1))
	ip netns delete director
	wait_for "their netns goes" namespaces_gone
	wait_for "their memory is free" slab_is_below $((before + 1048576))
	modprobe -r pktgen
}

run million
