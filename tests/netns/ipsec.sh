#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# AH and ESP: they follow the IKE connection of the same two hosts (UDP, both ports 500), by NAT and DR; without one they are not
# ours. Through NAT only ESP is of use to anybody; the director treats both alike, as stock does.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT and DR, tests/lab/topology.sh
#                                    └─ rs2 (B)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

services() { # -m | -g
	rules <<-RULES
		-A -u $VIP:500 -s rr -p 100
		-a -u $VIP:500 -r $RIP1:500 $1
		-A -u [$VIP6]:500 -s rr -p 100
		-a -u [$VIP6]:500 -r [$RIP16]:500 $1
	RULES
}

# seen NETNS PROTO: source, destination and TTL of what comes in there, each kind once.
seen() { values "ns == \"$1\" && dir == \"in\" && proto == \"$2\"" 'src " " dst " " ttl'; }

# IPv6's AH is an extension header, and what is behind it counts: ESP alone is compared there.
nat() {
	local set cip vip rip proto protos="50 51"
	nat_up
	serve 500
	services -m
	for set in "$CIP $VIP $RIP1" "$CIP6 $VIP6 $RIP16"; do
		read -r cip vip rip <<< "$set"
		tap rs1:eth0 client:eth0
		for proto in $protos; do
			must ipsec "$cip" "$vip" "$proto"
		done
		must udp ike "$vip" 500 sport=500
		asked "$vip, IKE goes to a real server" A "who ike"
		untap
		is "$vip, nothing else went there before" "$(seen rs1 50)$(seen rs1 51)" ""
		same "$vip, what the client hears of that" "$(values 'ns == "client" && dir == "in" && proto ~ /^icmp/ && flags ~ /in=/' flags)"
		tap rs1:eth0 client:eth0
		for proto in $protos; do
			must ipsec "$cip" "$vip" "$proto"
			must ns rs1
			must ipsec "$rip" "$cip" "$proto"
			must ns client
		done
		asked "$vip, and again" A "who ike"
		untap
		for proto in $protos; do
			is "$vip, protocol $proto follows" "$(seen rs1 "$proto")" "$cip $rip 62"
			is "$vip, protocol $proto comes back from the virtual address" "$(seen client "$proto")" "$vip $cip 62"
		done
		is "$vip, the checksums are right" "$(bad_checksums)" 0
		is "$vip, there is no other connection" "$(connections | grep -F "$vip" | awk '$4 !~ /:0$/ { print $1, $2, $3 }')" "UDP UDP 300"
		must close ike
		protos=50
	done
	same "the connections" "$(connections | awk '{ print $1, $2, $4, $5, $6 }' | sort)"
}

# Stock counts the errors that real server and client answer ESP with, too.
esp_is_counted() { stats | grep -q "^$RIP1:500 1 $([ "$LB" = ipvs ] && echo "3 3 256 256" || echo "2 2 160 160")$"; }

counted() {
	nat_up
	serve 500
	services -m
	must udp ike "$VIP" 500 sport=500
	asked "IKE" A "who ike"
	must ipsec "$CIP" "$VIP" 50
	must ns rs1
	must ipsec "$RIP1" "$CIP" 50
	must ns client
	wait_for "ESP is counted for the real server" esp_is_counted
	tap rs1:eth0
	must ns gw
	must icmp "$GWIP" "$VIP" 3 4 1300 "esp/$VIP/0/$CIP/0"
	must ns client
	asked "and again" A "who ike"
	untap
	# What is printed as ports is what ESP has in their place.
	like "an ICMP error about ESP reaches the real server as if it were about its own packet" \
		"$(values 'ns == "rs1" && dir == "in" && proto == "icmp"' 'src " " dst " " flags " " l4csum')" \
		"^$GWIP $RIP1 type/code=3/4,mtu=1300,in=50/$RIP1/[0-9]+/$CIP/[0-9]+ ok$"
	same "an ICMP error about ESP" "$(values 'ns == "rs1" && dir == "in" && proto == "icmp"' 'src " " dst " " flags " " l4csum')"
	# Other hosts, other connections.
	tap client:eth0
	must ns rs2
	must ipsec "$RIP2" "$CIP" 50
	must ns client
	asked "and again" A "who ike"
	untap
	is "what another real server sends is its own" "$(seen client 50)" "$RIP2 $CIP 62"
	must close ike
}

dr() {
	local set cip vip
	dr_up
	prepare_real_servers "$VIP" "$VIP6" > /dev/null
	serve 500
	services -g
	for set in "$CIP $VIP" "$CIP6 $VIP6"; do
		read -r cip vip <<< "$set"
		must udp ike "$vip" 500 sport=500
		asked "DR $vip, IKE goes to a real server" A "who ike"
		tap rs1:eth0 client:eth0
		must ipsec "$cip" "$vip" 50
		asked "DR $vip, and again" A "who ike"
		untap
		is "DR $vip, ESP follows as it is" "$(seen rs1 50)" "$cip $vip 62"
		is "DR $vip, and is what was sent" "$(values 'ns == "rs1" && proto == "50"' digest)" \
			"$(values 'ns == "client" && dir == "out" && proto == "50"' digest)"
		must close ike
	done
	same "DR, the connections" "$(connections)"
}

# In IPv6 AH is an extension header, and what is behind it belongs to whatever service that is for: as with stock.
behind_ah() {
	local method
	for method in -m -g; do
		nat_up
		reach director "$RIP16"
		reach director "$RIP26"
		reach client "$VIP6"
		rules <<-RULES
			-A -u [$VIP6]:500 -s rr -p 100
			-a -u [$VIP6]:500 -r [$RIP16]:500 $method
			-A -u [$VIP6]:80 -s rr
			-a -u [$VIP6]:80 -r [$RIP26]:80 $method
		RULES
		tap rs1:eth0 rs2:eth0
		must ipsec "$CIP6" "$VIP6" 51 500 500
		must ipsec "$CIP6" "$VIP6" 51 4000 80
		must ipsec "$CIP6" "$VIP6" 51
		must udp last "$VIP6" 80 sport=4001
		must send last 64
		wait_for "$method, a datagram behind them came by" came_by
		untap
		same "$method, the connections" "$(connections)"
		is "$method, what is behind AH goes by its ports" "$(seen rs1 51);$(seen rs2 51)" \
			"$(only_of "$method" "$CIP6" "$VIP6" "$RIP16");$(only_of "$method" "$CIP6" "$VIP6" "$RIP26")"
		must close last
		down
	done
}
came_by() { connections | grep -qF "]:80 [$RIP26]:80"; }
only_of() { if [ "$1" = -m ]; then echo "$2 $4 62"; else echo "$2 $3 62"; fi; }

run nat counted dr behind_ah
