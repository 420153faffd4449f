#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NAT: every hop of a connection, checksums with and without offloads, large transfers through segmentation offload.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      192.168.1.1 → VIP 1.1.1.1, DIP 172.16.1.254 → 172.16.1.1, .2
#                                    └─ rs2 (B)      the same in IPv6 (tests/lab/topology.sh)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

services() {
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m
		-A -u $VIP:80 -s rr
		-a -u $VIP:80 -r $RIP2:8080 -m
		-A -t [$VIP6]:80 -s rr
		-a -t [$VIP6]:80 -r [$RIP16]:80 -m
		-A -u [$VIP6]:80 -s rr
		-a -u [$VIP6]:80 -r [$RIP26]:8080 -m
	RULES
}

# hops PROTO CIP VIP RIP RPORT RS-NETNS RS-MAC: the seed's six steps, for all frames of the capture.
hops() {
	way "$1" <<-STEPS
		$3 step 1, client to gateway|gw eth0|$client_mac $gw_up_mac $2 4000 $3 80 64
		$3 step 2, gateway to director|director eth0|$gw_down_mac $vip_mac $2 4000 $3 80 63
		$3 step 3, director to real server|$6 eth0|$dip_mac $7 $2 4000 $4 $5 62
		$3 step 4, real server to director|director eth1|$7 $dip_mac $4 $5 $2 4000 64
		$3 step 5, director to gateway|gw eth1|$vip_mac $gw_down_mac $3 80 $2 4000 63
		$3 step 6, gateway to client|client eth0|$gw_up_mac $client_mac $3 80 $2 4000 62
	STEPS
}

exchange() {
	local family=$1 cip=$2 vip=$3 rip1=$4 rip2=$5
	tap -a "$cip" client:eth0 gw:eth0 gw:eth1 director:eth0 director:eth1 rs1:eth0 rs2:eth0
	asked "$family TCP connects" ok "tcp t $vip 80 sport=4000"
	asked "$family TCP is answered" A "who t"
	asked "$family TCP carries data to the server" ok "put t 5000"
	asked "$family TCP carries data to the client" ok "get t 5000"
	must "end t"
	must "close t"
	asked "$family UDP opens" ok "udp u $vip 80 sport=4000"
	asked "$family UDP is answered" B "echo u 600"
	asked "$family UDP, an odd length" B "echo u 601"
	must "close u"
	untap
	hops tcp "$cip" "$vip" "$rip1" 80 rs1 "$rs1_mac"
	hops udp "$cip" "$vip" "$rip2" 8080 rs2 "$rs2_mac"
	is "$family, every checksum on every hop is right" "$(bad_checksums)" 0
}

walk() {
	nat_up
	serve 80 8080
	services
	exchange "offloads on, IPv4" "$CIP" "$VIP" "$RIP1" "$RIP2"
	like "checksums were left to the devices" "$(values 'proto == "tcp"' l4csum | tr '\n' ' ')" partial
	exchange "offloads on, IPv6" "$CIP6" "$VIP6" "$RIP16" "$RIP26"
	offloads off
	exchange "offloads off, IPv4" "$CIP" "$VIP" "$RIP1" "$RIP2"
	is "checksums were on the wire" "$(values 'proto == "tcp" || proto == "udp"' l4csum | tr '\n' ' ')" "ok "
	exchange "offloads off, IPv6" "$CIP6" "$VIP6" "$RIP16" "$RIP26"
	is "checksums were on the wire, IPv6" "$(values 'proto == "tcp" || proto == "udp"' l4csum | tr '\n' ' ')" "ok "
}

large() {
	local vip
	nat_up
	serve 80
	services
	for vip in "$VIP" "$VIP6"; do
		tap -p 80 director:eth0 director:eth1 rs1:eth0 client:eth0
		asked "$vip, a connection" ok "tcp t $vip 80"
		asked "$vip, 3 MB to the server arrive whole" ok "put t 3000000"
		asked "$vip, 3 MB to the client arrive whole" ok "get t 3000000"
		must "close t"
		untap
		like "$vip, requests passed the director as large segments" "$(values 'ns == "rs1" && dir == "in"' len | sort -n | tail -1)" "$LARGE"
		like "$vip, replies passed the director as large segments" "$(values 'ns == "client" && dir == "in"' len | sort -n | tail -1)" "$LARGE"
		is "$vip, every checksum is right" "$(bad_checksums)" 0
	done
	offloads off
	for vip in "$VIP" "$VIP6"; do
		asked "$vip, a connection without offloads" ok "tcp t $vip 80"
		asked "$vip, 300 kB to the server arrive whole without offloads" ok "put t 300000"
		asked "$vip, 300 kB to the client arrive whole without offloads" ok "get t 300000"
		must "close t"
	done
}

run walk large
