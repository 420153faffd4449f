# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sourced by tests of what happens under traffic: all the load that a CPU can make (pktgen on the gateway), and flow's flood.

pgset() { echo "$2" | ip netns exec gw tee "/proc/net/pktgen/$1" > /dev/null; }

# load_from DEV CPU: datagrams of a thousand flows from that CPU, which nobody answers. Addresses are the caller's to say.
load_from() {
	modprobe pktgen
	pgset "kpktgend_$2" "add_device $1" || result 'not ok' "pktgen"
	pgset "$1" "count 0"
	pgset "$1" "pkt_size 100"
	# shellcheck disable=SC2154 # vip_mac is topology.sh's
	pgset "$1" "dst_mac $vip_mac"
	pgset "$1" "udp_src_min 10000"
	pgset "$1" "udp_src_max 11000"
	pgset "$1" "udp_dst_min 80"
	pgset "$1" "udp_dst_max 80"
}

# Ends with the load.
load_begins() {
	pgset pgctrl start &
	LOAD=$!
}

load_off() {
	pgset pgctrl stop
	wait "$LOAD"
	rmmod pktgen
}

# More answers than at the time of "mark", TCP and UDP.
mark() { ask tally; read -r tcp_before _ udp_before _ <<< "$REPLY"; }
more_answers() {
	local tcp udp
	ask tally
	read -r tcp _ udp _ <<< "$REPLY"
	((tcp > tcp_before + 5 && udp > udp_before + 5))
}
