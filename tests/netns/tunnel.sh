#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tunnels: IPIP, GUE and GRE, IPv4 and IPv6 in either; the frames as stock's, offloads, path MTU, errors, DSCP and ECN.
#
#   client ── gw ── lan ─┬─ director 192.168.1.108, VIP 192.168.1.107
#                        ├─ rs1 (A) 192.168.1.102, VIP on lo     takes tunnels without checksums; the same in IPv6
#                        └─ rs2 (B) 192.168.1.103, VIP on lo     takes tunnels with checksums (GRE's receiver wants to know)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

GUE_PORT=6080

# Every kind of tunnel: its options, and which real server takes it.
KINDS=(
	"--tun-type ipip|1"
	"--tun-type gue --tun-port $GUE_PORT --tun-nocsum|1"
	"--tun-type gue --tun-port $GUE_PORT --tun-csum|2"
	"--tun-type gue --tun-port $GUE_PORT --tun-remcsum|1"
	"--tun-type gre --tun-nocsum|1"
	"--tun-type gre --tun-csum|2"
)

# takes NETNS RIP RIP6 [icsum]: the real server takes packets out of all tunnels.
takes() {
	in_netns "$1" <<-BATCH
		link set tunl0 up
		link set sit0 up
		link add t6 type ip6tnl mode any local $3
		link set t6 up
		link add g4 type gre local $2 $4
		link set g4 up
		link add g6 type ip6gre local $3 $4
		link set g6 up
		fou add port $GUE_PORT gue
	BATCH
	ip -n "$1" -6 fou add port $GUE_PORT gue
}

tunnels_up() {
	modprobe -a ipip sit ip6_tunnel ip_gre ip6_gre fou
	dr_up
	# Else it would be the one to send from, and packets from their own address are none that the real servers take.
	ip -n director address change "$VIP6/128" dev eth0 preferred_lft 0
	prepare_real_servers "$VIP" "$VIP6" > /dev/null || result 'not ok' "shunt-realserver start"
}

# each COMMAND...: for every combination of kind and families, in order, runs COMMAND with variables set: title, port (the virtual
# service's), sport (a client's), cip, vip, rip (addresses), tun (options), who (A or B).
each() {
	local kind n service server rip1 rip2 title port=8000 sport=20000 cip vip rip tun who
	for service in 4 6; do
		for server in 4 6; do
			[ $service = 4 ] && cip=$CIP vip=$VIP || cip=$CIP6 vip=$VIP6
			[ $server = 4 ] && rip1=$RIP1 rip2=$RIP2 || rip1=$RIP16 rip2=$RIP26
			for kind in "${KINDS[@]}"; do
				n=${kind#*|} tun=${kind%|*}
				[ "$n" = 1 ] && rip=$rip1 who=A || rip=$rip2 who=B
				port=$((port + 1)) sport=$((sport + 10))
				title="IPv$service in IPv$server ${tun//--tun-/}"
				"$@"
			done
		done
	done
}

rule() {
	local proto
	for proto in t u; do
		echo "-A -$proto $(at "$vip"):$port -s rr"
		echo "-a -$proto $(at "$vip"):$port -r $(at "$rip"):$port -i $tun"
	done
}

services() { each rule | rules; }

# --- what is sent

# The frames of a connection of the client's that left the director in a tunnel.
wrapped() { frames "ns == \"director\" && dir == \"out\" && flags ~ /in=$1\\/${cip//./\\.}\\/$2\\//" "${@:3}"; }

# With checksums complete (the forged ones) and left to the device; nobody takes them out yet, as GUE's receiver writes into
# packets that the capture has yet to read.
give() {
	must raw "$cip" "$sport" "$vip" "$port" S df=1 tos=184
	must raw "$cip" $((sport + 1)) "$vip" "$port" S tos=3 ttl=9
	must udp u "$vip" "$port" sport=$((sport + 2))
	must send u 700
	must close u
}

# Of a packet without DF all but the ID, which is drawn, can be compared; so with a socket's.
SEEN='src " " sport " " dst " " dport " " ttl " " proto " " flags " " ipcsum " " l4csum " " len'
compare() {
	local outer csum=none frame
	frame=$(wrapped tcp $sport)
	is "$title, a packet leaves the director" "$(wc -l <<< "$frame")" 1
	[[ $rip == *:* ]] && outer="$DIP6 .* $rip" || outer="$DIP .* $rip"
	case $tun in *remcsum | *-csum) csum=ok;; esac
	like "$title, it goes to the real server, DSCP copied, TTL one less" "$(wrapped tcp $sport "$SEEN")" \
		"^$outer .* 62 .*tos=0xb8,.*inttl=62,intos=0xb8,incsum=ok,.*"
	same "$title, every byte of it" "$(wrapped tcp $sport "$SEEN \" \" digest")"
	like "$title, congestion is told in the inner header" "$(wrapped tcp $((sport + 1)) flags)" '^tos=0x02,.*inttl=7,intos=0x03'
	same "$title, one that may be fragmented" "$(wrapped tcp $((sport + 1)) "$SEEN")"
	same "$title, a checksum left to the device" "$(wrapped udp $((sport + 2)) "$SEEN")"
	is "$title, no checksum is wrong" "$(wrapped tcp $sport; wrapped tcp $((sport + 1)); wrapped udp $((sport + 2)) | grep -c bad)" 0
}

bytes() {
	tunnels_up
	services
	tap -g $GUE_PORT director:eth0
	each give
	untap
	each compare
	cp $TRACE /mnt/trace.$LB
}

# --- what arrives

exchange() {
	asked "$title, TCP connects" ok "tcp t $vip $port sport=$sport"
	asked "$title, TCP is answered" $who "who t"
	asked "$title, 200 kB to the server arrive whole" ok "put t 200000"
	asked "$title, and to the client" ok "get t 50000"
	must close t
	must udp u "$vip" "$port" sport=$sport
	asked "$title, UDP" $who "echo u 1200"
	must close u
}

transfers() {
	local sizes
	tunnels_up
	takes rs1 "$RIP1" "$RIP16" ""
	takes rs2 "$RIP2" "$RIP26" icsum
	# shellcheck disable=SC2046
	must serve rs1 A $(seq 8001 8024)
	# shellcheck disable=SC2046
	must serve rs2 B $(seq 8001 8024)
	must ns client
	services
	tap -g $GUE_PORT director:eth0
	each exchange
	untap
	only_shunt && adm -L --drops
	each large
	offloads off
	each exchange
	only_shunt && adm -L --drops
}

large() {
	like "$title, large segments went into the tunnel" "$(wrapped tcp $sport len | sort -n | tail -1)" '^[0-9]{5}$'
}

run bytes transfers
