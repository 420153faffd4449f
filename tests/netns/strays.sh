#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What belongs to no connection: ICMP errors (schedule_icmp), and packets of real servers (nat_icmp_send).
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh
#                                    └─ rs2 (B)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# family 4|6: one set of names for both. "at" and "ta" bracket an address for a service.
family() {
	F=IPv$1
	if [ "$1" = 4 ]; then
		client=$CIP virtual=$VIP own=$DIP server=$RIP1 other=$RIP2 at="" ta=""
		too_big=3/4 closed=3/3 echo="8 0"
	else
		client=$CIP6 virtual=$VIP6 own=$DIP6 server=$RIP16 other=$RIP26 at="[" ta="]"
		too_big=2/0 closed=1/4 echo="128 0"
	fi
}

# forged PROTO PORT SPORT: a client's router tells PORT of the service about a reply to SPORT.
forged() { must icmp "$client" "$virtual" "${too_big%/*}" "${too_big#*/}" 1300 "$1/$virtual/$2/$client/$3"; }

# The errors that came in at NETNS.
errors() { values "ns == \"$1\" && dir == \"in\" && proto ~ /^icmp/ && flags ~ /in=/" 'src " " dst " " ttl " " flags'; }

have_begun() {
	[ "$(stats | awk -v v="$at$virtual$ta:" 'index($2, v) == 1 { print $1, substr($2, length(v)), $3 }')" = "TCP :80 1
TCP :82 0
TCP :90 1
UDP :80 1" ]
}

unknown() {
	family "$1"
	reach client "$virtual"
	reach director "$server"
	reach director "$other"
	rules <<-RULES
		-A -t $at$virtual$ta:80 -s rr
		-a -t $at$virtual$ta:80 -r $at$server$ta:8080 -m
		-A -u $at$virtual$ta:80 -s rr
		-a -u $at$virtual$ta:80 -r $at$server$ta:8080 -m
		-A -t $at$virtual$ta:90 -s rr
		-a -t $at$virtual$ta:90 -r $at$other$ta:90 -g
		-A -t $at$virtual$ta:82 -s rr
	RULES
	set_knob schedule_icmp 0
	tap rs1:eth0 rs2:eth0
	forged tcp 80 5000
	forged udp 80 5000
	forged tcp 90 5000
	untap
	is "$F, 0: errors about unknown connections stay with the director" "$(errors rs1)$(errors rs2)" ""
	is "$F, 0: and begin none" "$(connections | grep -F " $at$virtual$ta:")" ""

	set_knob schedule_icmp 1
	tap rs1:eth0 rs2:eth0 client:eth0
	forged tcp 80 5001
	forged udp 80 5001
	forged tcp 90 5001
	forged tcp 82 5001
	forged tcp 83 5001
	# shellcheck disable=SC2086
	must icmp "$client" "$virtual" $echo 7 "tcp/$virtual/80/$client/5002"
	untap
	is "$F, 1: they reach a real server, NAT" "$(errors rs1)" \
		"$client $server 62 type/code=$too_big,mtu=1300,in=tcp/$server/8080/$client/5001
$client $server 62 type/code=$too_big,mtu=1300,in=udp/$server/8080/$client/5001"
	is "$F, 1: they reach a real server, DR" "$(errors rs2)" \
		"$client $virtual 62 type/code=$too_big,mtu=1300,in=tcp/$virtual/90/$client/5001"
	is "$F, 1: all checksums are right" "$(bad_checksums)" 0
	is "$F, 1: what is no error, or about no service with a real server, reaches none" \
		"$(count 'ns ~ /^rs/ && dir == "in" && flags ~ /type.code=(8|128).0|\/8[23]\//')" 0
	is "$F, 1: the client is sent no errors" "$(errors client)" ""
	# Stock's counters lag by seconds.
	wait_for "$F, 1: they begin connections" have_begun
	# A client that was told goes on with its connection.
	must tcp t "$virtual" 80 sport=5001
	asked "$F, 1: a client whose connection was begun so gets through" A "who t"
	must close t
	set_knob schedule_icmp 0
}

schedule_icmp() {
	nat_up
	must serve rs1 A 8080
	unknown 4
	unknown 6
}

# A real server's packets, from PORT and to the client or the director.
stray() {
	must ns "$1"
	must raw "$2" "$3" "$4" "$5" "$6"
	must ns client
}

# Whom errors about packets from rs1 come from, and about what.
told() { values 'ns == "rs1" && dir == "in" && flags ~ /^type.code=(3.3|1.4),/' 'src " " flags'; }

orphans() {
	local got
	family "$1"
	reach rs1 "$client"
	reach rs1 "$own"
	rules <<-RULES
		-A -t $at$virtual$ta:7070 -s rr
		-a -t $at$virtual$ta:7070 -r $at$server$ta:7070 -m
		-A -u $at$virtual$ta:80 -s rr
		-a -u $at$virtual$ta:80 -r $at$server$ta:7071 -m
		-A -t $at$virtual$ta:7072 -s rr
		-a -t $at$virtual$ta:7072 -r $at$server$ta:7072 -g
	RULES
	for knob in 0 1; do
		set_knob nat_icmp_send $knob
		tap client:eth0 rs1:eth0
		stray rs1 "$server" 7070 "$client" 6000 A
		stray rs1 "$server" 7070 "$client" 6001 R
		stray rs1 "$server" 7071 "$client" 6002 A
		stray rs1 "$server" 7072 "$client" 6003 A
		stray rs1 "$server" 7070 "$own" 6004 A
		must ns rs1
		must udp u "$client" 6005 sport=7071
		must send u 64
		must close u
		must ns client
		untap
		got=$(values 'ns == "client" && dir == "in" && proto ~ /^(tcp|udp)$/' 'proto " " src " " sport " " dport')
		same "$F, $knob: what reaches the client" "$got"
		same "$F, $knob: what the real server is told" "$(told)"
		is "$F, $knob: all checksums are right" "$(bad_checksums)" 0
		if [ $knob = 0 ]; then
			is "$F, 0: all of it reaches the client" "$(cut -d' ' -f4 <<< "$got" | tr '\n' ' ')" "6000 6001 6002 6003 6005 "
			is "$F, 0: the real server is told nothing" "$(told)" ""
		else
			is "$F, 1: replies without a connection do not" "$(cut -d' ' -f4 <<< "$got" | tr '\n' ' ')" "6001 6002 6003 "
			is "$F, 1: the real server is told" "$(told)" \
				"$(sort <<-TOLD
					$own type/code=$closed,in=tcp/$server/7070/$client/6000
					$own type/code=$closed,in=tcp/$server/7070/$own/6004
					$own type/code=$closed,in=udp/$server/7071/$client/6005
				TOLD
				)"
			! only_shunt || is "$F, 1: drop reason no_conn is counted" "$(drops no_conn)" $((${#at} * 3 + 3))
		fi
	done
	adm -e -t "$at$virtual$ta:7070" -r "$at$server$ta:7070" -g
	adm -D -u "$at$virtual$ta:80"
	tap client:eth0 rs1:eth0
	stray rs1 "$server" 7070 "$client" 6000 A
	must ns rs1
	must udp u "$client" 6005 sport=7071
	must send u 64
	must close u
	must ns client
	untap
	same "$F, 1: a real server by direct routing, and one that was removed" \
		"$(values 'ns == "client" && dir == "in" && proto ~ /^(tcp|udp)$/' 'proto " " src " " sport " " dport')"
	is "$F, 1: nothing is known of what is no longer a real server by NAT" "$(count "ns == \"client\" && dir == \"in\" && src == \"$server\"")" 2
	set_knob nat_icmp_send 0
}

nat_icmp_send() {
	nat_up
	orphans 4
	orphans 6
}

run schedule_icmp nat_icmp_send
