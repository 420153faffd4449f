#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Bad packets: cut short anywhere, with wrong lengths, checksums, options, extension headers, quotes and fragments, to a service
# by NAT, to one by DR and back from a real server. What comes out is a right translation or nothing, what does not is counted.
#
#   client ── gw ── director ── lan ─┬─ rs1      NAT, tests/lab/topology.sh; both ends are silent: tests/lab/mangle.c speaks
#                                    └─ rs2      for the gateway and rs1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# Nobody but mangle sends anything: neither end has the addresses, and no neighbour has to be asked for.
silence() {
	ip netns exec gw sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
	in_netns rs1 <<-BATCH
		address flush dev eth0
	BATCH
	in_netns director <<-BATCH
		neighbour replace $RIP1 lladdr $rs1_mac dev eth1 nud permanent
		neighbour replace $RIP16 lladdr $rs1_mac dev eth1 nud permanent
		neighbour replace 1.1.1.254 lladdr $gw_down_mac dev eth0 nud permanent
		neighbour replace 2001:db8:1::254 lladdr $gw_down_mac dev eth0 nud permanent
	BATCH
}

dropped() { adm -L --drops | awk 'NR > 1 { n += $2 } END { print n + 0 }'; }

# mangle WAY CLIENT SERVICE SERVER: a test for each topic and one for the sum.
mangle() {
	local way=$1 family=IPv4 before after line counts
	[[ $2 != *:* ]] || family=IPv6
	only_ipvs || before=$(dropped)
	"$BUILD/bin/mangle" "$@" > /tmp/mangle
	is "$family, $way: it ran to its end" "$?" 0
	only_ipvs || after=$(dropped)
	while read -r line; do
		case $line in
		'#'*)
			only_ipvs || echo "$line";;
		dropped*)
			only_ipvs || is "$family, $way: what nobody else counts, Shunt does" "dropped $((after - before))" "$line";;
		*)
			counts=${line#*: }
			same "$family, $way, ${line%%:*}" "${counts%:*}"
			only_ipvs || like "$family, $way, ${line%%:*}: right or nothing" "$counts" '^[^A-Z]*$';;
		esac
	done < /tmp/mangle
}

bad() {
	nat_up
	silence
	local vip rip
	for vip in "$VIP" "[$VIP6]"; do
		rip=$RIP1
		[ "$vip" = "$VIP" ] || rip="[$RIP16]"
		for proto in t u; do
			echo "-A -$proto $vip:80 -s rr"
			echo "-a -$proto $vip:80 -r $rip:8080 -m"
			echo "-A -$proto $vip:27015 -s rr"
			echo "-a -$proto $vip:27015 -r $rip:27015 -g"
		done
	done | rules
	mangle nat "$CIP" "$VIP" "$RIP1"
	mangle dr "$CIP" "$VIP" "$RIP1"
	mangle reply "$CIP" "$VIP" "$RIP1"
	mangle nat "$CIP6" "$VIP6" "$RIP16"
	mangle dr "$CIP6" "$VIP6" "$RIP16"
	mangle reply "$CIP6" "$VIP6" "$RIP16"
	! only_shunt || explain "$(adm -L --drops)"
}

run bad
