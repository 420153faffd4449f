#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# DR: who answers for the VIP, the frame's MAC, the packet's integrity, the reply's way around the director.
#
#   client ── gw ── lan ─┬─ director 192.168.1.108, VIP 192.168.1.107
#                        ├─ rs1 (A) 192.168.1.102, VIP on lo     the same in IPv6 (tests/lab/topology.sh)
#                        └─ rs2 (B) 192.168.1.103, VIP on lo
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

services() {
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -g
		-A -u $VIP:80 -s rr
		-a -u $VIP:80 -r $RIP2:80 -g
		-A -t [$VIP6]:80 -s rr
		-a -t [$VIP6]:80 -r [$RIP16]:80 -g
		-A -u [$VIP6]:80 -s rr
		-a -u [$VIP6]:80 -r [$RIP26]:80 -g
	RULES
}

# Sets answers: whom the gateway hears, asking for the VIP, the DIP and both RIPs.
who_has() {
	must ns gw
	ask "arp eth1 192.168.1.254 $VIP $DIP $RIP1 $RIP2"
	answers=$REPLY
	must ns client
}

# hops PROTO CIP VIP RS-NETNS RS-MAC
hops() {
	way "$1" <<-STEPS
		$3 client to router|gw eth0|$client_mac $gw_up_mac $2 4000 $3 80 64
		$3 router to director|director eth0|$gw_down_mac $vip_mac $2 4000 $3 80 63
		$3 director to real server|$4 eth0|$vip_mac $5 $2 4000 $3 80 62
		$3 real server to router|gw eth1|$5 $gw_down_mac $3 80 $2 4000 64
		$3 router to client|client eth0|$gw_up_mac $client_mac $3 80 $2 4000 63
	STEPS
	is "$1 $3, no reply touches the director" "$(count "ns == \"director\" && proto == \"$1\" && src == \"$3\"")" 0
}

# Every packet into the director is one out of it and one into a real server, unchanged but for the TTL.
untouched() {
	awk "$FIELDS"'
		ns == "director" && dir == "in" && sport == 4000 { n++; due[digest, ttl - 1]++ }
		ns == "director" && dir == "out" && sport == 4000 && due[digest, ttl] > sent[digest, ttl] { sent[digest, ttl]++; out++ }
		ns ~ /^rs/ && dir == "in" && sport == 4000 && due[digest, ttl]-- > 0 { arrived++ }
		END { print (n > 4 && n == out && n == arrived) ? "all" : n " in, " out " out, " arrived " arrived" }' "$TRACE"
}

exchange() {
	local family=$1 cip=$2 vip=$3
	tap -a "$cip" client:eth0 gw:eth0 gw:eth1 director:eth0 rs1:eth0 rs2:eth0
	asked "$family TCP connects" ok "tcp t $vip 80 sport=4000"
	asked "$family TCP is answered" A "who t"
	asked "$family TCP carries data to the server" ok "put t 5000"
	asked "$family TCP carries data to the client" ok "get t 5000"
	must "end t"
	must "close t"
	asked "$family UDP opens" ok "udp u $vip 80 sport=4000"
	asked "$family UDP is answered" B "echo u 600"
	must "close u"
	untap
	hops tcp "$cip" "$vip" rs1 "$rs1_mac"
	hops udp "$cip" "$vip" rs2 "$rs2_mac"
	is "$family, packets reach the real server unchanged but for the TTL" "$(untouched)" all
	is "$family, every checksum on every hop is right" "$(bad_checksums)" 0
}

walk() {
	dr_up
	serve 80
	# Without preparation all three answer: the question can fail.
	for ns in rs1 rs2; do
		ip -n $ns address add "$VIP/32" dev lo
	done
	who_has
	like "unprepared real servers answer ARP for the VIP" "${answers%% *}" "$rs1_mac"
	for ns in rs1 rs2; do
		ip -n $ns address delete "$VIP/32" dev lo
	done
	prepare_real_servers "$VIP" "$VIP6" > /dev/null || result 'not ok' "shunt-realserver start"
	who_has
	is "only the director answers ARP for the VIP" "$answers" \
		"$VIP=$vip_mac $DIP=$vip_mac $RIP1=$rs1_mac $RIP2=$rs2_mac"
	services
	tap gw:eth1
	exchange_nd
	exchange "offloads on, IPv4" "$CIP" "$VIP"
	exchange "offloads on, IPv6" "$CIP6" "$VIP6"
	offloads off
	exchange "offloads off, IPv4" "$CIP" "$VIP"
	is "checksums were on the wire" "$(values 'proto == "tcp" || proto == "udp"' l4csum | tr '\n' ' ')" "ok "
	exchange "offloads off, IPv6" "$CIP6" "$VIP6"
}

# Neighbour discovery for the VIP happens in the first IPv6 connection; the real servers' own is the positive control.
exchange_nd() {
	asked "IPv6, a connection" ok "tcp nd $VIP6 80"
	asked "IPv6, it is answered" A "who nd"
	must "close nd"
	untap
	is "only the director answers neighbour discovery for the VIP" \
		"$(values "flags ~ /type\/code=136/ && flags ~ /target=$VIP6/" smac)" "$vip_mac"
}

large() {
	local vip
	dr_up
	prepare_real_servers "$VIP" "$VIP6" > /dev/null
	serve 80
	services
	for vip in "$VIP" "$VIP6"; do
		tap -p 80 rs1:eth0
		asked "$vip, a connection" ok "tcp t $vip 80"
		asked "$vip, 3 MB to the server arrive whole" ok "put t 3000000"
		asked "$vip, 3 MB to the client arrive whole" ok "get t 3000000"
		must "close t"
		untap
		like "$vip, requests passed the director as large segments" \
			"$(values 'ns == "rs1" && dir == "in"' len | sort -n | tail -1)" "$LARGE"
	done
	offloads off
	for vip in "$VIP" "$VIP6"; do
		asked "$vip, a connection without offloads" ok "tcp t $vip 80"
		asked "$vip, 300 kB to the server arrive whole without offloads" ok "put t 300000"
		must "close t"
	done
}

run walk large
