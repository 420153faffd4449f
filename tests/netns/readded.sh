#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A removed real server that is added again: soon, before two minutes have passed, and long after. Slow, as those minutes really pass.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh
#                                    └─ rs2 (B)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# pass SECONDS: until so many have passed since REMOVED.
pass() { while ((SECONDS - REMOVED < $1)); do nap; done; }

no_flows() { ! connections | grep -q UDP; }
remove() {
	local service
	for service in "$@"; do echo "-d $service -r $RIP1:80"; done | rules
}
add() {
	local service
	for service in "$@"; do echo "-a $service -r $RIP1:80 -m"; done | rules
}
# What the first real server of a service has counted: connections, packets in and out.
counted() { stats | awk -v service="$1" '$1 == "TCP" || $1 == "UDP" { here = $1 " " $2 == service } here && /^[^TU]/ { print $2, $3, $4 }'; }

# Its connections keep it, and nothing else does for longer than two minutes; stock looks once a minute, and may forget after three.
window() {
	local tcp soon late port
	nat_up
	tcp="-t $VIP:80" soon="-u $VIP:80" late="-u $VIP:81"
	serve 80 81
	rules <<-RULES
		-A $tcp -s rr
		-a $tcp -r $RIP1:80 -m
		-A $soon -s rr
		-a $soon -r $RIP1:80 -m
		-A $late -s rr
		-a $late -r $RIP1:80 -m
	RULES
	adm --set 0 0 1
	must tcp old "$VIP" 80 sport=1001
	asked "a connection" A "who old"
	for port in 80 81; do
		must udp "u$port" "$VIP" $port sport=20$port
		asked "a flow, port $port" A "who u$port"
		must close "u$port"
	done
	wait_for "the flows are over" no_flows

	remove "$tcp" "$soon" "$late"
	add "$tcp" "$soon" "$late"
	asked "added again at once, its connection is its own" A "who old"
	is "and its numbers are" "$(counted "UDP $VIP:81")" "1 1 1"

	remove "$tcp" "$soon" "$late"
	REMOVED=$SECONDS
	pass 100
	add "$soon"
	same "after 100 s: its numbers" "$(counted "UDP $VIP:80")"
	is "after 100 s: it is known" "$(counted "UDP $VIP:80")" "1 1 1"
	pass 200
	add "$late" "$tcp"
	same "after 200 s: its numbers" "$(counted "UDP $VIP:81")"
	is "after 200 s: it is another" "$(counted "UDP $VIP:81")" "0 0 0"
	asked "after 200 s: the connection that waited is still its own" A "who old"
	is "after 200 s: it has one" "$(held "$VIP" 80)" "$RIP1:80 1 1 0;"
}

run window
