#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Services whose addresses no device has: packets are marked and led to the director by a rule. And the way past the real servers.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT topology, tests/lab/topology.sh. Both real servers have the address
#                                    └─ rs2 (B)      "far", and all routes to it lead to rs2: A is a cache, B the origin
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

MARK=7

# family 4|6: one set of names for both.
family() {
	F=IPv$1
	if [ "$1" = 4 ]; then
		client=$CIP far=172.16.2.1 cache=$RIP1 real=$RIP1 virtual=$VIP mark=(-f "$MARK") at="" ta="" closed=3/3
	else
		client=$CIP6 far=2001:db8:17::1 cache="[$RIP16]:0" real=$RIP16 virtual=$VIP6 mark=(-f "$MARK" -6) at="[" ta="]" closed=1/4
	fi
}

far_up() {
	local ns
	nat_up
	serve 80 8080
	for ns in rs1 rs2; do
		in_netns $ns <<-BATCH
			address add 172.16.2.1/32 dev lo
			address add 2001:db8:17::1/128 dev lo nodad
		BATCH
	done
	in_netns gw <<-BATCH
		route add 172.16.2.0/24 via $VIP
		route add 2001:db8:17::/64 via $VIP6
	BATCH
	in_netns director <<-BATCH
		route add 172.16.2.0/24 via $RIP2
		route add 2001:db8:17::/64 via $RIP26
		route add local 0.0.0.0/0 dev lo table 100
		route add local ::/0 dev lo table 100
	BATCH
	ip -4 -n director rule add fwmark $MARK lookup 100
	ip -6 -n director rule add fwmark $MARK lookup 100
	ip netns exec director nft -f - <<-RULES
		table inet lead {
			chain theirs {
				type filter hook prerouting priority mangle
				th dport 80 meta mark set $MARK
			}
			chain own {
				type route hook output priority mangle
				th dport 80 meta mark set $MARK
			}
		}
	RULES
}

# Stock sees the replies that come by, however they were asked for, and knows better what a connection is at its end.
CLOSED='s/TIME_WAIT/FIN_WAIT/'

# leads_nowhere TEXT: a test, that no real server sees a request to the far address. IPv4 has no answer: it would come from there.
leads_nowhere() {
	tap rs1:eth0 rs2:eth0
	must raw "$client" 4999 "$far" 80 S
	untap
	is "$F, $1: nobody gets the request" "$(count 'sport == 4999')" 0
}

# The connections of the far address from PORT.
from() { connections | grep -F ":$1 $at$far$ta:" | cut -d" " -f1,2,4-; }

# answers TEXT WHO SPORT: a test for TCP and UDP each, that WHO answers at the far address.
answers() {
	must tcp t "$far" 80 "sport=$3"
	asked "$F, $1, TCP" "$2" "who t"
	must close t
	must udp u "$far" 80 "sport=$3"
	asked "$F, $1, UDP" "$2" "who u"
	must close u
}

led() {
	local ns
	family "$1"
	rules <<-RULES
		-A ${mark[*]} -s rr
		-a ${mark[*]} -r $cache -g
	RULES
	tap director:eth1 rs1:eth0 client:eth0
	answers "DR" A 4000
	untap
	is "$F, DR, nothing went to the origin" "$(values "ns == \"director\" && dir == \"out\" && dport == 80" 'dmac " " ttl')" \
		"$rs1_mac 62"
	adm -e "${mark[@]}" -r "$cache" -m
	tap director:eth1 rs1:eth0 client:eth0
	answers "NAT" A 4001
	must icmp "$client" "$far" "${closed%/*}" "${closed#*/}" 0 "udp/$far/80/$client/4001"
	untap
	is "$F, NAT, replies come from the service" "$(values 'ns == "client" && dir == "in" && dport == 4001' 'src " " sport')" "$far 80"
	is "$F, NAT, an error that has no mark reaches the real server" \
		"$(values "ns == \"rs1\" && dir == \"in\" && flags ~ /^type.code=${closed/\//.},/" 'dst " " flags')" \
		"$real type/code=$closed,in=udp/$real/80/$client/4001"
	is "$F, NAT, all checksums are right" "$(bad_checksums)" 0
	adm -e "${mark[@]}" -r "$cache" -g
	tap rs1:eth0
	must icmp "$client" "$far" "${closed%/*}" "${closed#*/}" 0 "udp/$far/80/$client/4000"
	untap
	is "$F, DR, an error that has no mark reaches the real server" \
		"$(values "dir == \"in\" && flags ~ /^type.code=${closed/\//.},/" 'dst " " flags')" \
		"$far type/code=$closed,in=udp/$far/80/$client/4000"
	must ns director
	answers "the director as client, DR" A 4002
	must ns client
	same "$F, connections" "$(connections | grep -F " $at$far$ta:" | cut -d" " -f1,2,4- | sort | sed "$CLOSED")"
}

marked() {
	far_up
	led 4
	led 6
}

past() {
	family "$1"
	rules <<-RULES
		-A ${mark[*]} -s rr
	RULES
	set_knob cache_bypass 0
	leads_nowhere "0: with no real server"

	set_knob cache_bypass 1
	tap director:eth1
	answers "1: with no real server packets go where they were going" B 4100
	untap
	is "$F, 1: on the wire" "$(values 'dir == "out" && dport == 80' 'dmac " " src " " dst " " ttl')" "$rs2_mac $client $far 62"
	is "$F, 1: all checksums are right" "$(bad_checksums)" 0
	same "$F, 1: connections" "$(from 4100 | sed "$CLOSED")"
	must ns director
	answers "1: and the director's own" B 4101
	must ns client
	# Stock has no answer for IPv6.
	[ "$LB $F" = "ipvs IPv6" ] ||
		asked "$F, 1: what is for the director itself is refused" "error: Connection refused" "tcp t $virtual 80"
	same "$F, 1: the counters" "$(stats | sed -n '/^-> /p')"

	must tcp old "$far" 80 sport=4102
	asked "$F, 1: a connection" B "who old"
	if only_shunt; then
		adm -E "${mark[@]}" -s rr --tcp-timeout 3000
		like "$F, 1: has its service's timeout" "$(connections | grep -F ":4102 $at$far$ta:")" ' ESTABLISHED (3000|29[0-9]0) '
		adm -E "${mark[@]}" -s rr --tcp-timeout 0
	fi
	adm -a "${mark[@]}" -r "$cache" -g
	asked "$F, 1: stays where it is when a real server comes" B "who old"
	answers "1: others go to the real server" A 4103
	adm -e "${mark[@]}" -r "$cache" -g -w 0
	answers "1: and past it when that takes none" B 4104
	set_knob cache_bypass 0
	asked "$F, 0: what goes past goes on" B "who old"
	must close old
	leads_nowhere "0: nothing else does"
	adm -d "${mark[@]}" -r "$cache"

	# What nobody can say by a command, but other clients of the interface can.
	refused "$F, the bypass method is taken" 0 "" ip netns exec director "$TOP/tests/netlink/real-server" 4 "$real" 0 mark $MARK
	answers "a real server by the bypass method" B 4105
	# ipvsadm has no name for it.
	! only_shunt || like "$F, the bypass method in the listing" "$(adm -L -n "${mark[@]}")" ' Bypass +1 +0 +4 '
	same "$F, its connections" "$(from 4105 | sed "$CLOSED")"
	refused "$F, and for the director itself" 0 "" adm -A -t "$at$virtual$ta:8080" -s rr
	refused "$F, the bypass method is taken there" 0 "" ip netns exec director "$TOP/tests/netlink/real-server" 4 "$real" 8080 \
		tcp "$virtual" 8080
	tap director:eth1
	must raw "$client" 4106 "$virtual" 8080 S
	untap
	is "$F, nothing goes on to the director itself" "$(count 'sport == 4106')" 0
	! only_shunt || is "$F, which is counted" "$(drops out_of_reach)" $((${#at} + 1))
}

bypass() {
	far_up
	past 4
	past 6
}

run marked bypass
