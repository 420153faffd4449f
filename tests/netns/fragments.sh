#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fragments: datagrams larger than the MTU, both ways through NAT, and through DR; in order and not.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT and DR, tests/lab/topology.sh
#                                    └─ rs2 (B)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

services() { # -m | -g
	rules <<-RULES
		-A -u $VIP:80 -s rr
		-a -u $VIP:80 -r $RIP1:80 $1
		-a -u $VIP:80 -r $RIP2:80 $1
		-A -u [$VIP6]:80 -s rr
		-a -u [$VIP6]:80 -r [$RIP16]:80 $1
		-a -u [$VIP6]:80 -r [$RIP26]:80 $1
	RULES
}

# Each flow's fragments stay with one server, whatever else arrives in between.
exchange() {
	local method=$1 vip=$2 cip=$3 size
	tap -a "$cip" director:eth0 rs1:eth0 rs2:eth0 client:eth0
	must udp a "$vip" 80 sport=5001
	must udp b "$vip" 80 sport=5002
	ask "who a"
	local server_a=$REPLY
	ask "who b"
	local server_b=$REPLY
	like "$method $vip, the two flows have a server each" "$server_a$server_b" '^(AB|BA)$'
	for size in 1472 1473 4000 30000; do
		asked "$method $vip, $size bytes there and back" "$server_a" "echo a $size"
		asked "$method $vip, $size bytes of the other flow" "$server_b" "echo b $size"
	done
	asked "$method $vip, a small one after them" "$server_a" "echo a 64"
	# The first packet of a flow may be in fragments.
	asked "$method $vip, a new flow" ok "udp c $vip 80 sport=5003"
	ask "echo c 4000"
	like "$method $vip, a flow that begins with fragments" "$REPLY" '^[AB]$'
	must close a
	must close b
	must close c
	untap
	like "$method $vip, requests were in fragments" "$(count 'ns == "director" && dir == "in" && flags ~ /frag=/')" '^[1-9]'
	like "$method $vip, replies were in fragments" "$(count 'ns == "client" && dir == "in" && flags ~ /frag=/')" '^[1-9]'
	! only_shunt || is "$method $vip, every checksum is right" "$(bad_checksums)" 0
}

# The gateway sends the first fragment of each datagram 100 ms after the others.
late_first() {
	tc -n gw -batch - <<-BATCH
		qdisc add dev eth1 root handle 1: prio bands 3 priomap 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
		qdisc add dev eth1 parent 1:3 handle 30: netem delay 100ms
		filter add dev eth1 parent 1: protocol ip prio 1 u32 match u16 0x2000 0x3fff at 6 flowid 1:3
		filter add dev eth1 parent 1: protocol ipv6 prio 2 u32 match u8 44 0xff at 6 match u16 0x0001 0xffff at 42 flowid 1:3
	BATCH
}

reordered() {
	local vip=$1 cip=$2
	tap -a "$cip" director:eth0
	must udp r "$vip" 80 sport=5010
	ask "who r"
	asked "$vip, 4000 bytes whose beginning comes last" "$REPLY" "echo r 4000"
	must close r
	must udp s "$vip" 80 sport=5011
	ask "echo s 4000"
	like "$vip, a flow that begins so" "$REPLY" '^[AB]$'
	must close s
	untap
	is "$vip, the first fragment did come last" \
		"$(frames "ns == \"director\" && dir == \"in\" && src == \"$cip\" && flags ~ /frag=/" flags | sed 's/.*frag=0+.*/first/; s/.*frag=.*/later/' | uniq | tr '\n' ' ')" \
		"later first later first "
}

# Datagrams of many flows at once: all are under way before the first answer is read.
interleaved() {
	local vip=$1 n
	for n in 1 2 3 4 5 6 7 8; do
		must udp "i$n" "$vip" 80
	done
	# A small one to each server first: as many fragments at once are more than wait for a neighbour's address.
	ask "echo i1 64"
	ask "echo i2 64"
	for n in 1 2 3 4 5 6 7 8 1 2 3 4 5 6 7 8; do
		must send "i$n" 5000
	done
	for n in 1 2 3 4 5 6 7 8; do
		must close "i$n"
	done
	wait_for "$vip, every datagram of 8 interleaved flows was counted, there and back" counted "$vip"
}

# Each way two small datagrams, and 16 of 5000 bytes as one packet each or as four fragments.
counted() {
	adm -L -n --stats --exact | awk -v vip="$1" '$1 == "UDP" && index($2, vip ":") + index($2, "[" vip "]:") == 1 {
		in_ok = $4 == 18 || $4 == 66; out_ok = $5 == 18 || $5 == 66 } END { exit !(in_ok && out_ok) }'
}

# Datagrams that their sender lets routers cut, in fragments from the gateway and from the director.
cut_on_the_way() {
	must ns client
	must write /proc/sys/net/ipv4/ip_no_pmtu_disc 1
	ip -n gw route add "$VIP/32" dev eth1 mtu lock 1300
	ip -n director route replace "$RIP1/32" dev eth1 mtu lock 1200
	ip -n director route replace "$RIP2/32" dev eth1 mtu lock 1200
	tap -a "$CIP" director:eth1 director:eth0
	must udp n "$VIP" 80 sport=5020
	ask "who n"
	asked "1400 bytes without DF, cut by gateway and director" "$REPLY" "echo n 1400"
	must close n
	untap
	like "they left the director in fragments" "$(count 'dev == "eth1" && dir == "out" && flags ~ /frag=/')" '^[1-9]'
	is "none larger than the link takes" "$(count 'dev == "eth1" && dir == "out" && len > 1200')" 0
	ip -n gw route delete "$VIP/32" dev eth1
}

nothing_left() {
	# shellcheck disable=SC2016
	is "no fragment waits in the director" "$(ip netns exec director awk '/^FRAG6?:/ { n += $3 } END { print n + 0 }' \
		/proc/net/sockstat /proc/net/sockstat6)" 0
}

nat() {
	nat_up
	serve 80
	services -m
	interleaved "$VIP"
	interleaved "$VIP6"
	exchange NAT "$VIP" "$CIP"
	exchange NAT "$VIP6" "$CIP6"
	cut_on_the_way
	late_first
	reordered "$VIP" "$CIP"
	reordered "$VIP6" "$CIP6"
	nothing_left
}

dr() {
	dr_up
	prepare_real_servers "$VIP" "$VIP6" > /dev/null
	serve 80
	services -g
	exchange DR "$VIP" "$CIP"
	exchange DR "$VIP6" "$CIP6"
	late_first
	reordered "$VIP" "$CIP"
	reordered "$VIP6" "$CIP6"
	nothing_left
}

run nat dr
