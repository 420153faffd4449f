#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Frames of every kind, made by chance and by a seed, into every hook, both ways, while connections of every kind are open, with
# fast_path 0, 1 and 2 in turn: what comes out is judged by a model (packets.c, oracle.c).
#
#   client ── gw ── director ── lan          NAT, tests/lab/topology.sh; packets speaks for the gateway and for what is on the lan
#
# SEED, FRAMES (how many, all scenarios together) and FIRST (the number of the first shot of one frame or a few) say what is sent;
# VARIANT (all early tracked) which of the three scenarios; SHOW=1 prints every shot.
# shellcheck source=tests/netns/lib.sh
. "$TOP/tests/netns/lib.sh"

SEED=${SEED:-1} FRAMES=${FRAMES:-12000} FIRST=${FIRST:-0} VARIANT=${VARIANT:-all early tracked}

# Both ends are silent, and nobody has to be asked for a neighbour.
silence() {
	local dev
	# What is left to it is done before the process that sent the frame goes on.
	chrt -f -p 1 "$(pgrep -x ksoftirqd/0)"
	# Sums are to be seen as they are sent.
	offloads off
	ip -n lan link set to-director nomaster
	in_netns gw <<-BATCH
		address flush dev eth1
		link set eth1 address 02:00:00:00:00:ee
	BATCH
	ip netns exec gw sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.disable_ipv6=1
	ip netns exec lan sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	in_netns director <<-BATCH
		neighbour replace $RIP1 lladdr $rs1_mac dev eth1 nud permanent
		neighbour replace $RIP16 lladdr $rs1_mac dev eth1 nud permanent
		neighbour replace $RIP2 lladdr $rs2_mac dev eth1 nud permanent
		neighbour replace $RIP26 lladdr $rs2_mac dev eth1 nud permanent
		neighbour replace 1.1.1.254 lladdr $gw_down_mac dev eth0 nud permanent
		neighbour replace 2001:db8:1::254 lladdr $gw_down_mac dev eth0 nud permanent
	BATCH
	# Fragments are not waited for longer than their numbers last (nf_defrag_ipv6 has a time of its own); errors are not rationed.
	modprobe nf_defrag_ipv6
	in_director sysctl -qw net.ipv4.ipfrag_time=1 net.ipv6.ip6frag_time=1 net.netfilter.nf_conntrack_frag6_timeout=1 net.ipv4.conf.all.send_redirects=0 \
		net.ipv4.conf.default.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0 net.ipv4.conf.eth1.send_redirects=0
	for dev in net.ipv4.icmp_msgs_per_sec net.ipv4.icmp_msgs_burst; do
		sysctl -qw $dev=1000000
		in_director sysctl -qw $dev=1000000 2>/dev/null
	done
}

marks() {
	in_director nft -f - <<-NFT
		table inet marks {
			chain in {
				type filter hook prerouting priority mangle
				ip daddr $VIP th dport 5000 meta mark set 1
				ip6 daddr $VIP6 th dport 5000 meta mark set 2
			}
			chain out {
				type route hook output priority mangle
				ip daddr $VIP th dport 5000 meta mark set 1
				ip6 daddr $VIP6 th dport 5000 meta mark set 2
			}
		}
	NFT
}

# What each service has counted is what its real servers have, where none was taken away.
sums_differ() {
	adm -L -n --stats --exact | awk '
		function compare() { for (i = 3; i <= 7; i++) if (service != "" && of[i] != sum[i]) print service, i, of[i], sum[i] }
		$1 ~ /^(TCP|UDP|SCTP|FWM)$/ { compare(); sub(" IPv6 ", " "); service = $1 " " $2; for (i = 3; i <= 7; i++) { of[i] = $i; sum[i] = 0 } }
		$1 == "->" && $2 != "RemoteAddress:Port" { for (i = 3; i <= 7; i++) sum[i] += $i }
		END { compare() }'
}

# All there is in that configuration.
fuzz() {
	local status variants frames
	read -ra variants <<< "$VARIANT"
	frames=$((FRAMES / ${#variants[@]}))
	export CIP CIP6 VIP VIP6 DIP DIP6 RIP1 RIP16 RIP2 RIP26
	like "the model takes right frames for right, and others not" "$("$BUILD/bin/itself" "$SEED" 2000)" '^right [1-9][0-9]+ .* missed 0$'
	"$BUILD/bin/packets" rules "$SCENARIO" | rules
	"$BUILD/bin/packets" "$SCENARIO" "$SEED" "$FIRST" "$frames" ${SHOW:+show} > /tmp/packets
	status=$?
	explain "$(cat /tmp/packets)"
	is "$SCENARIO, seed $SEED, from shot $FIRST on, $frames frames: right or nothing, and no connection lost" "$status" 0
	[ "$frames" -lt 3000 ] || like "something of each kind came out" "$(tail -n 1 /tmp/packets)" \
		'through [0-9]{3}.* routed [0-9]{2}.* sent [1-9].* told [0-9]{2}.* relayed [1-9]'
	is "what services have counted, their real servers have" "$(sums_differ)" ""
	explain "$(adm -L --drops)"
	explain "$(in_director head -n 3 /proc/net/shunt_table)"
}

all() {
	nat_up
	silence
	marks
	fuzz
}

early() {
	nat_up
	silence
	fuzz
}

tracked() {
	nat_up
	silence
	marks
	in_director sysctl -qw net.ipv4.vs.conntrack=1
	# It sees all the odd ones, too, and may not be full of them.
	sysctl -qw net.netfilter.nf_conntrack_max=1000000
	fuzz
}

# shellcheck disable=SC2034
LBS=shunt
# shellcheck disable=SC2086
run $VARIANT
