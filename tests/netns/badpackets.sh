#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Bad packets: cut short anywhere, with wrong lengths, checksums, options, extension headers, quotes and fragments, to a service
# by NAT, to one by DR and back from a real server. What comes out is a right translation or nothing, what does not is counted.
#
#   client ── gw ── director ── lan ─┬─ rs1      NAT, tests/lab/topology.sh; both ends are silent: tests/lab/mangle.c speaks
#                                    └─ rs2      for the gateway and rs1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# Nobody but mangle sends anything: neither end has the addresses, no neighbour has to be asked for, and on a slow machine no
# router gives up on fragments while other packets are looked at.
silence() {
	ip netns exec gw sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
	modprobe nf_defrag_ipv6	# it has one of these, and would be loaded with the first service
	ip netns exec director sysctl -qw net.ipv4.ipfrag_time=3000 net.ipv6.ip6frag_time=3000 net.netfilter.nf_conntrack_frag6_timeout=3000
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

# Stock lets more through: what has no whole TCP or UDP header, damaged ICMP errors by DR, IPv6 on its way to somewhere else; and
# less: errors that come with options, or quote another port. All else has to be as much.
compared() {
	case $1 in
	*", cut, "*|*", flags, "*|*", ends, "*) ;;
	*"nat, shortened, "[TU]*|*"nat, lengths, "[TU]*|*"nat, sums, "*|*"reply, shortened, "[TU]*|*"reply, sums, "*) ;;
	*"nat, options, "[TU]*|*"dr, options, "[TU]*|"IPv4, "*", fragments, "*) ;;
	*) return 1;;
	esac
}

# mangled TITLE: a test for each topic of what mangle said.
mangled() {
	local line counts
	while read -r line; do
		case $line in
		'#'*)
			only_ipvs || echo "$line";;
		dropped*)
			;;
		*)
			counts=${line#*: }
			! compared "$1, ${line%%:*}" || same "$1, ${line%%:*}" "${counts%:*}"
			only_ipvs || like "$1, ${line%%:*}: right or nothing" "$counts" '^[^A-Z]*$';;
		esac
	done < /tmp/mangled
}

# mangle WAY CLIENT SERVICE SERVER
mangle() {
	local title="IPv4, $1" before
	[[ $2 != *:* ]] || title="IPv6, $1"
	only_ipvs || before=$(dropped)
	"$BUILD/bin/mangle" "$@" > /tmp/mangled
	is "$title: it ran to its end" "$?" 0
	mangled "$title"
	only_ipvs || is "$title: what nobody else counts, Shunt does" "dropped $(($(dropped) - before))" "$(tail -n 1 /tmp/mangled)"
	"$BUILD/bin/mangle" -f "$@" > /tmp/mangled
	is "$title, fragments: it ran to its end" "$?" 0
	mangled "$title"
}

bad() {
	nat_up
	silence
	local vip rip proto
	for vip in "$VIP" "[$VIP6]"; do
		rip=$RIP1
		[ "$vip" = "$VIP" ] || rip="[$RIP16]"
		for proto in t u -sctp-service; do
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

# Errors about what is in tunnels: the client hears of them, in terms of its own packet, or nobody does.
nested() {
	local vip rip port options=("-i" "-i --tun-type gre" "-i --tun-type gue --tun-port 6080")
	only_shunt || return 0
	nat_up
	silence
	ip netns exec director sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
	sysctl -qw net.ipv4.icmp_msgs_per_sec=1000000 net.ipv4.icmp_msgs_burst=1000000
	ip netns exec director sysctl -qw net.ipv4.icmp_msgs_per_sec=1000000 net.ipv4.icmp_msgs_burst=1000000 2>/dev/null
	for vip in "$VIP" "[$VIP6]"; do
		rip=$RIP1
		[ "$vip" = "$VIP" ] || rip="[$RIP16]"
		for port in 7001 7002 7003; do
			echo "-A -t $vip:$port -s rr"
			echo "-a -t $vip:$port -r $rip:$port ${options[port - 7001]}"
		done
		echo "-A -t $vip:80 -s rr"
		echo "-a -t $vip:80 -r $rip:8080 -m"
		echo "-A -u $vip:80 -s rr"
		echo "-a -u $vip:80 -r $rip:8080 -m"
	done | rules
	nest "IPv4, tunnels" "$CIP" "$VIP" "$RIP1" "$DIP"
	nest "IPv6, tunnels" "$CIP6" "$VIP6" "$RIP16" "$DIP6"
	explain "$(adm -L --drops)"
}

nest() {
	local title=$1 before
	shift
	before=$(dropped)
	"$BUILD/bin/nest" "$@" > /tmp/mangled
	is "$title: it ran to its end" "$?" 0
	mangled "$title"
	is "$title: what nobody else counts, Shunt does" "dropped $(($(dropped) - before))" "$(tail -n 1 /tmp/mangled)"
}

run bad nested
