#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ICMP errors about balanced connections: translated on their way through the director, sent by it where a router would send one.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT and DR, tests/lab/topology.sh; a router that has a small MTU behind it
#                                    └─ rs2 (B)      is one with a locked route MTU, so that only one direction is narrow
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# family 4|6: one set of names for both; "real" ones are as commands want them, "at" ones bracketed for services.
family() {
	F=IPv$1
	if [ "$1" = 4 ]; then
		client=$CIP virtual=$VIP server=$RIP1 other=$RIP2 at="" ta="" dip=$DIP bits=32
		far=172.16.2.1 nobody=172.16.1.99 stranger=172.16.1.9
		too_big=3/4 closed=3/3 expired=11/0 no_host=3/1 echo="8 0" pong=0/0
	else
		client=$CIP6 virtual=$VIP6 server=$RIP16 other=$RIP26 at="[" ta="]" dip=$DIP6 bits=128
		far=2001:db8:17::1 nobody=2001:db8:16::99 stranger=2001:db8:16::9
		too_big=2/0 closed=1/4 expired=3/0 no_host=1/3 echo="128 0" pong=129/0
	fi
}

# One service a server, so that it is known who gets what: 80 rs1, 81 rs1 where nobody listens, 82 nobody's address, 83 behind rs1.
services() {
	local proto
	for proto in t u; do
		cat <<-RULES
			-A -$proto $at$virtual$ta:80 -s rr
			-a -$proto $at$virtual$ta:80 -r $at$server$ta:8080 $1
		RULES
		[ "$1" = -m ] || continue
		cat <<-RULES
			-A -$proto $at$virtual$ta:81 -s rr
			-a -$proto $at$virtual$ta:81 -r $at$server$ta:8181 -m
			-A -$proto $at$virtual$ta:82 -s rr
			-a -$proto $at$virtual$ta:82 -r $at$nobody$ta:8080 -m
			-A -$proto $at$virtual$ta:83 -s rr
			-a -$proto $at$virtual$ta:83 -r $at$far$ta:8080 -m
		RULES
	done | sed "s/:8080 -g/:80 -g/" | rules
}

# errors NETNS DIR TYPE/CODE: source, destination and flags of the ICMP errors of that type seen there, each kind once.
errors() { values "ns == \"$1\" && dir == \"$2\" && flags ~ /^type.code=${3/\//.},/" 'src " " dst " " flags'; }

# reported TEXT NETNS TYPE/CODE WANTED: one test, that these errors come in there.
reported() {
	is "$1" "$(errors "$2" in "$3")" "$4"
	same "$1" "$(errors "$2" in "$3")"
}

# Stock leaves those of IPv6 errors to the device where their sender did.
checksums_right() {
	like "$1" "$(values 'proto ~ /^icmp/' l4csum | tr '\n' ' ')$(bad_checksums)" '^(ok |partial |ok partial )0$'
}

# NETNS knows no path's MTU any more.
forget() {
	ip -n "$1" route flush cache
	ip -n "$1" -6 route flush cache
}

# What a drop reason has counted.
# A locked MTU on NETNS's route to ADDRESS, on DEV or via a neighbour.
narrow() { ip -n "$1" route replace "$2/$bits" "${@:3}" mtu lock 1300; }

# --- errors from routers on both sides

narrow_client() {
	narrow gw "$client" dev eth0
	tap client:eth0 gw:eth1 director:eth0 director:eth1 rs1:eth0
	must tcp t "$virtual" 80 sport=4000
	asked "$F, a large reply gets through a narrow link at the client's side" ok "get t 50000"
	forget rs1
	must udp u "$virtual" 80 sport=4001
	# Its answer is too large, and lost.
	must send u 1400
	wait_for "$F, a large datagram gets through there" large_echo u
	must close t
	must close u
	untap
	reported "$F, too big reaches the real server as if it were about its own packet" rs1 "$too_big" \
		"$gateway_down $server type/code=$too_big,mtu=1300,in=tcp/$server/8080/$client/4000
$gateway_down $server type/code=$too_big,mtu=1300,in=udp/$server/8080/$client/4001"
	is "$F, it came to the director about the virtual service" "$(errors director in "$too_big")" \
		"$gateway_down $virtual type/code=$too_big,mtu=1300,in=tcp/$virtual/80/$client/4000
$gateway_down $virtual type/code=$too_big,mtu=1300,in=udp/$virtual/80/$client/4001"
	checksums_right "$F, all checksums are right"
	ip -n gw route delete "$client/$bits"
}

large_echo() {
	ask "echo $1 1400"
	[ "$REPLY" = A ]
}

narrow_server() {
	tap client:eth0 director:eth0 director:eth1
	must tcp t "$virtual" 83 sport=4010
	asked "$F, a large request gets through a narrow link at the server's side" ok "put t 50000"
	forget client
	must udp u "$virtual" 83 sport=4011
	asked "$F, the sender of a large datagram hears of the MTU" "error: Message too long" "echo u 1400"
	asked "$F, the next one gets through" B "echo u 1400"
	must close t
	must close u
	untap
	reported "$F, too big from the server's side reaches the client as if it were from and about the virtual service" client "$too_big" \
		"$virtual $client type/code=$too_big,mtu=1300,in=tcp/$client/4010/$virtual/83
$virtual $client type/code=$too_big,mtu=1300,in=udp/$client/4011/$virtual/83"
	is "$F, it came to the director about the real server" "$(errors director in "$too_big")" \
		"$server $client type/code=$too_big,mtu=1300,in=tcp/$client/4010/$far/8080
$server $client type/code=$too_big,mtu=1300,in=udp/$client/4011/$far/8080"
	checksums_right "$F, all checksums are right, from the server's side"
}

port_closed() {
	tap client:eth0 director:eth1
	must udp u "$virtual" 81 sport=4020
	asked "$F, a datagram to a closed port is refused" "error: Connection refused" "echo u 600"
	must close u
	untap
	reported "$F, port unreachable names the virtual service" client "$closed" \
		"$virtual $client type/code=$closed,in=udp/$client/4020/$virtual/81"
	checksums_right "$F, all checksums are right, port unreachable"
}

# --- errors that the director sends

# Which of its addresses an error of the director's own comes from is the kernel's choice; that it quotes the client's packet is ours.
own_error() {
	like "$1" "$(errors client in "$2")" "^($virtual|$dip) $client type/code=$2,$3\$"
	same "$1" "$(errors client in "$2")"
}

ttl_used_up() {
	tap client:eth0 director:eth1
	asked "$F, TTL 1 at the director ends a connection attempt" "error: No route to host" "tcp t $virtual 80 sport=4030 ttl=2"
	asked "$F, TTL 2 there does not" ok "tcp t $virtual 80 sport=4031 ttl=3"
	must close t
	untap
	own_error "$F, the director sends time exceeded" "$expired" "in=tcp/$client/4030/$virtual/80"
	is "$F, the packet went no further" "$(count 'ns == "director" && sport == 4030')" 0
	like "$F, the other one went on with TTL 1" "$(values 'ns == "director" && sport == 4031 && flags ~ /^S/' ttl)" '^1$'
	checksums_right "$F, all checksums are right, time exceeded"
	! only_shunt || like "$F, drop reason ttl is counted" "$(drops ttl)" '^[1-9]'
}

narrow_director() {
	forget client
	ip -n director link set eth1 mtu 1300
	tap client:eth0 director:eth1
	must tcp t "$virtual" 80 sport=4040
	asked "$F, a large request gets through the director's narrow link" ok "put t 50000"
	forget client
	must udp u "$virtual" 80 sport=4041
	asked "$F, the sender of a large datagram hears of it" "error: Message too long" "echo u 1400"
	must close t
	must close u
	untap
	ip -n director link set eth1 mtu 1500
	like "$F, the director sends too big about UDP" "$(errors client in "$too_big" | grep udp)" \
		"^($virtual|$dip) $client type/code=$too_big,mtu=1300,in=udp/$client/4041/$virtual/80\$"
	# A TCP client that knows the path's MTU already, as 6.1's does here, need not be told.
	same "$F, too big about TCP and UDP" "$(errors client in "$too_big")"
	checksums_right "$F, all checksums are right, too big"
	! only_shunt || like "$F, drop reason too_big is counted" "$(drops too_big)" '^[1-9]'
}

no_answer() {
	tap client:eth0 director:eth1
	asked "$F, a real server that answers no ARP ends a connection attempt" "error: No route to host" "tcp t $virtual 82 sport=4050"
	untap
	own_error "$F, the director's own host unreachable names the virtual service" "$no_host" "in=tcp/$client/4050/$virtual/82"
	is "$F, nothing names the real server to the client" "$(count "ns == \"client\" && index(\$0, \"$nobody\")")" 0
	checksums_right "$F, all checksums are right, host unreachable"
}

# --- what is to be dropped, and what to be left alone

spoil() {
	local offset=$((bits == 32 ? 22 : 42)) proto=ip match="match ip protocol 1 0xff"
	[ "$bits" = 32 ] || { proto=ipv6 match="match ip6 protocol 58 0xff"; }
	tc -n director qdisc add dev eth0 clsact
	# shellcheck disable=SC2086
	tc -n director filter add dev eth0 ingress protocol $proto u32 $match action pedit munge offset $offset u16 set 0x1234
}

bad_checksum() {
	local before=0
	must tcp t "$virtual" 80 sport=4060
	must who t
	tap gw:eth1 director:eth1
	must icmp "$client" "$virtual" "${closed%/*}" "${closed#*/}" 0 "tcp/$virtual/80/$client/4060"
	untap
	like "$F, a forged error with a right checksum passes" "$(errors director out "$closed")" \
		"^$client $server type/code=$closed,in=tcp/$server/8080/$client/4060\$"
	checksums_right "$F, its checksum is right"
	! only_shunt || before=$(drops bad_icmp)
	spoil
	tap director:eth0 director:eth1
	must icmp "$client" "$virtual" "${closed%/*}" "${closed#*/}" 0 "tcp/$virtual/80/$client/4060"
	untap
	tc -n director qdisc delete dev eth0 clsact
	is "$F, a spoilt one came" "$(count 'dev == "eth0" && proto ~ /^icmp/ && dir == "in" && sport == 0 && flags ~ /4060/')" 1
	# Stock sums up IPv4's only.
	if only_shunt; then
		is "$F, it went no further" "$(count 'dev == "eth1" && proto ~ /^icmp/ && flags ~ /4060/')" 0
		is "$F, drop reason bad_icmp is counted" "$(drops bad_icmp)" $((before + 1))
	fi
	asked "$F, the connection lives on" A "who t"
	must close t
}

# An error about a connection that is none of ours, at the director and through it; and what is no error.
not_ours() {
	local digest
	tap gw:eth1 director:eth0 director:eth1 client:eth0 rs1:eth0
	must icmp "$client" "$virtual" "${closed%/*}" "${closed#*/}" 0 "tcp/$virtual/80/$client/4999"
	must ns rs1
	must icmp "$stranger" "$client" "${closed%/*}" "${closed#*/}" 0 "tcp/$client/4999/$server/8080"
	must ns client
	# shellcheck disable=SC2086
	must icmp "$client" "$virtual" $echo 7 "tcp/$virtual/80/$client/4060"
	untap
	is "$F, an error at the director about nothing of ours stays there" \
		"$(count 'ns == "director" && dev == "eth1" && dir == "out" && flags ~ /4999/')" 0
	digest=$(values 'ns == "director" && dev == "eth1" && dir == "in" && flags ~ /4999/' digest)
	like "$F, one through the director came" "$digest" '^[0-9a-f]{16}$'
	is "$F, it is passed on untouched but for the TTL" \
		"$(values 'ns == "client" && flags ~ /4999/ && dir == "in"' 'src " " ttl " " digest')" "$stranger 62 $digest"
	is "$F, the director answers an echo to the virtual service" \
		"$(values "ns == \"client\" && dir == \"in\" && flags == \"type/code=$pong\"" 'src " " l4csum')" "$virtual ok"
	is "$F, no real server hears of it" "$(count "ns == \"rs1\" && flags ~ /=${echo/ /.}\$/")" 0
}

nat() {
	local gateway_down=1.1.1.254
	nat_up
	serve 8080
	# The server behind rs1: rs1 is its router, and finds the way narrow.
	must ns rs1
	must write /proc/sys/net/ipv4/ip_forward 1
	must write /proc/sys/net/ipv4/conf/all/send_redirects 0
	must write /proc/sys/net/ipv4/conf/eth0/send_redirects 0
	must write /proc/sys/net/ipv6/conf/all/forwarding 1
	must ns director
	must write /proc/sys/net/ipv4/neigh/eth1/retrans_time_ms 100
	must write /proc/sys/net/ipv6/neigh/eth1/retrans_time_ms 100
	must ns client
	family "$1"
	[ "$1" = 4 ] || gateway_down=2001:db8:1::254
	ip -n director route add "$far/$bits" via "$server"
	ip -n rs2 address add "$far/$bits" dev lo
	narrow rs1 "$far" via "$other"
	services -m
	narrow_client
	narrow_server
	port_closed
	ttl_used_up
	narrow_director
	no_answer
	bad_checksum
	not_ours
}

nat4() { nat 4; }
nat6() { nat 6; }

# --- DR: the error is the real server's to read, as it is

passed_on() {
	awk "$FIELDS"' proto ~ /^icmp/ && flags ~ /type.code='"${too_big/\//.}"',/ {
			if (ns == "director" && dir == "in") { n++; due[digest, ttl - 1]++ }
			if (ns == "rs1" && dir == "in") { m++; if (due[digest, ttl]-- > 0) ok++ } }
		END { print (n && n == m && n == ok) ? "all" : n + 0 " came, " m + 0 " arrived, " ok + 0 " of them untouched" }' "$TRACE"
}

dr_errors() {
	services -g
	narrow gw "$client" dev eth0
	tap director:eth0 rs1:eth0
	must tcp t "$virtual" 80 sport=4000
	asked "$F, a large reply gets through a narrow link at the client's side, DR" ok "get t 50000"
	must close t
	forget rs1
	must udp u "$virtual" 80 sport=4001
	must send u 1400
	wait_for "$F, and a large datagram, DR" large_echo u
	must close u
	untap
	reported "$F, too big reaches the real server as it is, DR" rs1 "$too_big" \
		"$gateway_down $virtual type/code=$too_big,mtu=1300,in=tcp/$virtual/80/$client/4000
$gateway_down $virtual type/code=$too_big,mtu=1300,in=udp/$virtual/80/$client/4001"
	is "$F, untouched but for the TTL, DR" "$(passed_on)" all
	checksums_right "$F, all checksums are right, DR"
	ip -n gw route delete "$client/$bits"

	narrow director "$server" dev eth0
	tap client:eth0 director:eth0
	must tcp t "$virtual" 80 sport=4040
	asked "$F, a large request gets through the director's narrow link, DR" ok "put t 50000"
	must close t
	asked "$F, TTL 1 at the director ends a connection attempt, DR" "error: No route to host" "tcp t $virtual 80 sport=4030 ttl=2"
	untap
	same "$F, too big, DR" "$(errors client in "$too_big")"
	own_error "$F, the director sends time exceeded, DR" "$expired" "in=tcp/$client/4030/$virtual/80"
	checksums_right "$F, all checksums are right, DR, the director's errors"
}

dr() {
	local gateway_down=192.168.1.254
	dr_up
	prepare_real_servers "$VIP" "$VIP6" > /dev/null
	serve 80
	family 4
	dr_errors
	gateway_down=2001:db8:1::254
	family 6
	dr_errors
}

run nat4 nat6 dr
