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
	is "$method $vip, every checksum is right" "$(bad_checksums)" 0
}

nat() {
	nat_up
	serve 80
	services -m
	exchange NAT "$VIP" "$CIP"
	exchange NAT "$VIP6" "$CIP6"
}

dr() {
	dr_up
	prepare_real_servers "$VIP" "$VIP6" > /dev/null
	serve 80
	services -g
	exchange DR "$VIP" "$CIP"
	exchange DR "$VIP6" "$CIP6"
}

run nat dr
