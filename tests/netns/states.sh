#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# States: what -L -c says about a connection in each phase of its life, state and timeout, for NAT (both directions seen) and
# DR (the client's half only), next to what stock says.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT and DR, tests/lab/topology.sh
#                                    └─ rs2 (B)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# state PORT: state and timeout of the connection from that client port.
state() { connections | awk -v port=":$1" 'substr($4, length($4) - length(port) + 1) == port { print $2, $3 }'; }

# stage TEXT PORT WANTED: one test: the connection gets there; and stock does.
stage() {
	local now end=$((SECONDS + WAIT))
	until now=$(state "$2"); [ "$now" = "$3" ] || ((SECONDS > end)); do nap; done
	is "$1" "$now" "$3"
	same "$1" "$now"
}

half_open_source() { echo "${1%.*}.77"; }

none_in_close() { ! connections | grep -q ' CLOSE '; }

# What stays in its state for a minute or longer can be compared.
summed_up() {
	wait_for "connections that were reset are gone" none_in_close
	same "all connections" "$(connections | awk '{ print $1, $2, $4, $5, $6 }' | sort)"
	same "ActiveConn and InActConn" "$(adm -L -n | awk '$1 == "->" { print $2, $5, $6 }')"
}

nat() {
	nat_up
	serve 80
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m
		-A -u $VIP:80 -s rr
		-a -u $VIP:80 -r $RIP1:80 -m
	RULES
	# Nobody has this source address, so nobody resets the server's SYN-ACK.
	must raw "$(half_open_source "$CIP")" 1001 "$VIP" 80 S
	stage "NAT, SYN answered by SYN-ACK" 1001 "SYN_RECV 60"
	must raw "$(half_open_source "$CIP")" 1001 "$VIP" 80 R
	# It may be forged, and changes nothing.
	must tcp fence0 "$VIP" 80 sport=1012
	must reset fence0
	stage "NAT, client's RST of a half-open connection" 1001 "SYN_RECV 60"

	must tcp est "$VIP" 80 sport=1002
	must who est
	stage "NAT, established" 1002 "ESTABLISHED 900"
	must reset est
	stage "NAT, RST of an established connection" 1002 "CLOSE 10"

	must tcp cfin "$VIP" 80 sport=1003
	must hold cfin
	must shut cfin
	stage "NAT, client's FIN, server stays" 1003 "CLOSE_WAIT 60"
	must close cfin

	must tcp both "$VIP" 80 sport=1004
	must who both
	must close both
	stage "NAT, closed by the client, then the server" 1004 "TIME_WAIT 120"

	must tcp sfin "$VIP" 80 sport=1005
	must end sfin
	stage "NAT, server's FIN, client stays" 1005 "FIN_WAIT 120"
	must close sfin
	stage "NAT, closed by the server, then the client" 1005 "TIME_WAIT 120"
	must tcp again "$VIP" 80 sport=1005
	must who again
	stage "NAT, SYN from a port in TIME_WAIT" 1005 "ESTABLISHED 900"
	must reset again

	must tcp srst "$VIP" 80 sport=1006
	must abort srst
	stage "NAT, server's RST" 1006 "CLOSE 10"
	must close srst

	must udp u "$VIP" 80 sport=1007
	must echo u 100
	stage "NAT, UDP" 1007 "UDP 300"

	# Only a SYN makes a connection.
	must raw "$(half_open_source "$CIP")" 1008 "$VIP" 80 A
	# Better than stock, which takes an answer that nobody asked for as a beginning.
	! only_shunt || must raw "$(half_open_source "$CIP")" 1009 "$VIP" 80 SA
	must raw "$(half_open_source "$CIP")" 1010 "$VIP" 80 F
	must tcp fence "$VIP" 80 sport=1011
	is "NAT, no connection without a SYN" "$(state 1008)$(state 1009)$(state 1010)" ""
	summed_up
}

dr() {
	dr_up
	prepare_real_servers "$VIP" > /dev/null
	serve 80
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1 -g
		-A -u $VIP:80 -s rr
		-a -u $VIP:80 -r $RIP1 -g
	RULES
	must raw "$(half_open_source "$CIP")" 1001 "$VIP" 80 S
	stage "DR, SYN" 1001 "SYN_RECV 60"
	must tcp est "$VIP" 80 sport=1002
	must who est
	stage "DR, established" 1002 "ESTABLISHED 900"
	must reset est
	stage "DR, RST of an established connection" 1002 "CLOSE 10"
	must tcp cfin "$VIP" 80 sport=1003
	must who cfin
	must close cfin
	stage "DR, closed by the client" 1003 "FIN_WAIT 120"
	must tcp sfin "$VIP" 80 sport=1004
	must end sfin
	stage "DR, closed by the server, not seen here" 1004 "ESTABLISHED 900"
	must close sfin
	stage "DR, closed by the server, then the client" 1004 "FIN_WAIT 120"
	must tcp again "$VIP" 80 sport=1004
	must who again
	stage "DR, SYN from a port in FIN_WAIT" 1004 "ESTABLISHED 900"
	must abort again
	stage "DR, server's RST, not seen here" 1004 "ESTABLISHED 900"
	must close again
	must udp u "$VIP" 80 sport=1005
	must echo u 100
	stage "DR, UDP" 1005 "UDP 300"
	must raw "$(half_open_source "$CIP")" 1008 "$VIP" 80 A
	must tcp fence "$VIP" 80 sport=1009
	is "DR, no connection without a SYN" "$(state 1008)" ""
	summed_up
}

# IPv6 and the timeouts that --set changes; an expired connection leaves the table.
expiry() {
	nat_up
	serve 80
	rules <<-RULES
		-A -t [$VIP6]:80 -s rr
		-a -t [$VIP6]:80 -r [$RIP16]:80 -m
		-A -u [$VIP6]:80 -s rr
		-a -u [$VIP6]:80 -r [$RIP16]:80 -m
	RULES
	is "the timeouts at first" "$(adm -L --timeout)" "Timeout (tcp tcpfin udp): 900 120 300"
	must tcp est "$VIP6" 80 sport=1001
	must who est
	stage "IPv6, established" 1001 "ESTABLISHED 900"
	adm --set 600 0 2
	is "--set changes what is not 0" "$(adm -L --timeout)" "Timeout (tcp tcpfin udp): 600 120 2"
	# Better than stock, where it holds from the connection's next packet on.
	! only_shunt || is "IPv6, --set holds for connections that are there" "$(state 1001)" "ESTABLISHED 600"
	must who est
	stage "IPv6, established, after --set" 1001 "ESTABLISHED 600"
	must udp u "$VIP6" 80 sport=1002
	must echo u 100
	like "IPv6, UDP, after --set" "$(state 1002)" '^(UDP (10|0))?$'
	stage "an expired connection leaves the table" 1002 ""
	asked "and the flow is scheduled anew" A "echo u 100"
	must close est
}

no_connections() { [ -z "$(connections)" ]; }
counts() { adm -L -n | awk '$1 == "->" && $2 != "RemoteAddress:Port" { print $2, $5, $6 }'; }

# All that --set can shorten goes by itself, and the director is as it was before.
emptied() {
	local proto idle
	# The first scenario: no netns of another one is still going away.
	idle=$(holders)
	nat_up
	serve 80
	for proto in t u; do
		echo "-A -$proto $VIP:80 -s rr"
		echo "-a -$proto $VIP:80 -r $RIP1:80 -m"
		echo "-A -$proto [$VIP6]:80 -s rr"
		echo "-a -$proto [$VIP6]:80 -r [$RIP16]:80 -m"
	done | rules
	adm --set 2 2 2
	must many tcp 5 "$VIP" 80 keep=a
	must many tcp 5 "$VIP6" 80 keep=b
	must many udp 5 "$VIP" 80 keep=c
	must many udp 5 "$VIP6" 80 keep=d
	must end a0
	wait_for "connections of 2 s are gone by themselves" no_connections
	is "nothing counts as active or inactive any more" "$(counts | sort -u | tr '\n' ';')" "$RIP1:80 0 0;[$RIP16]:80 0 0;"
	only_shunt || return 0
	# The defragmentation of IPv6 is held as long as the hooks are: while there is a service or a connection.
	must udp late "$VIP6" 80
	must who late
	is "with a service the hooks are held" $(($(holders) > idle)) 1
	adm -C
	wait_for "without service and connection they are let go" let_go
}

let_go() { [ "$(holders)" = "$idle" ]; }
# nf_conntrack, where it is loaded, is one more.
holders() { cat /sys/module/nf_defrag_ipv6/refcnt 2>/dev/null || echo 0; }

run emptied nat dr expiry
