#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Drops: every drop is counted under a named reason, and what the client sees is what stock shows it.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh
#                                    └─ rs2 (B)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# all_drops: "reason packets" a line, those that are not 0.
all_drops() { adm -L --drops | awk 'NR > 1 { print $1, $2 }'; }

no_server() {
	local arrived
	nat_up
	serve 80
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-A -t $VIP:81 -s wrr
		-a -t $VIP:81 -r $RIP1:80 -m -w 0
		-A -u $VIP:80 -s rr
		-A -t [$VIP6]:80 -s rr
	RULES
	if only_shunt; then
		is "nothing is dropped at first" "$(all_drops)" ""
		refused "the reasons have names, also those that never happened" 0 no_dest adm -L --drops --exact
	fi
	# A client whose SYN is refused may try again: what counts is what arrived.
	tap -p 80 -p 81 director:eth0
	ask "tcp t $VIP 80"
	same "a SYN to a service without servers" "$REPLY"
	like "a SYN to a service without servers fails" "$REPLY" '^error: '
	ask "tcp t $VIP 81"
	same "a SYN to a service whose servers have weight 0" "$REPLY"
	must udp u "$VIP" 80
	ask "echo u 100"
	same "a datagram to a service without servers" "$REPLY"
	ask "tcp t $VIP6 80"
	same "IPv6, a SYN to a service without servers" "$REPLY"
	untap
	if only_shunt; then
		arrived=$(count 'dir == "in" && (proto == "tcp" || proto == "udp")')
		is "as many are counted as have arrived" "$(all_drops)" "no_dest $arrived"
	fi
	adm -a -t "$VIP:80" -r "$RIP1:80" -m
	asked "with a server it is answered" A "many tcp 1 $VIP 80"
	only_ipvs || is "and nothing more is counted" "$(all_drops)" "no_dest $arrived"
}

ttl() {
	only_shunt || return 0
	nat_up
	serve 80
	rules <<-RULES
		-A -u $VIP:80 -s rr
		-a -u $VIP:80 -r $RIP1:80 -m
	RULES
	must udp u "$VIP" 80 ttl=2
	ask "echo u 100"
	is "a packet whose TTL is used up is counted" "$(all_drops)" "ttl 1"
}

run no_server ttl
