#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The director itself as a client of its services, and as a real server of them.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT and DR, tests/lab/topology.sh; what the director serves itself
#                                    └─ rs2 (B)      says that it is L
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# family 4|6: one set of names for both. "at" and "ta" bracket an address for a service.
family() {
	F=IPv$1
	if [ "$1" = 4 ]; then
		client=$CIP virtual=$VIP own=$DIP server=$RIP1 loopback=127.0.0.1 at="" ta="" bits=32
		nobody=172.16.1.99 moving=172.16.1.77 closed=3/3
	else
		client=$CIP6 virtual=$VIP6 own=$DIP6 server=$RIP16 loopback=::1 at="[" ta="]" bits=128
		nobody=2001:db8:16::99 moving=2001:db8:16::77 closed=1/4
	fi
}

# service PORT [ADDRESS RPORT METHOD]: TCP and UDP.
service() {
	local proto
	for proto in t u; do
		echo "-A -$proto $at$virtual$ta:$1 -s rr"
		[ $# -eq 1 ] || echo "-a -$proto $at$virtual$ta:$1 -r $at$2$ta:$3 $4"
	done
}

# answers TEXT PORT WHO SPORT [OPTION]...: a test for TCP and UDP each, that WHO answers there.
answers() {
	must tcp t "$virtual" "$2" "sport=$4" "${@:5}"
	asked "$F, $1, TCP" "$3" "who t"
	must close t
	must udp u "$virtual" "$2" "sport=$4" "${@:5}"
	asked "$F, $1, UDP" "$3" "who u"
	must close u
}

# The connections of the family's services, without the time that they have left.
known() { connections | grep -F " $at$virtual$ta:" | cut -d' ' -f1,2,4-; }

# What went there and back on DEV of the director, without what a capture cannot know: "out SRC SPORT DST DPORT TTL".
wire() { values "ns == \"director\" && dev == \"$1\" && proto ~ /^(tcp|udp)\$/" 'dir " " src " " sport " " dst " " dport " " ttl'; }
errors() { values "ns == \"$1\" && dir == \"$2\" && flags ~ /^type.code=${closed/\//.},/" 'src " " dst " " flags'; }

# --- the director as client

nat_client() {
	family "$1"
	{
		service 80 "$server" 8080 -m
		service 81 "$server" 8181 -m
		service 82
		service 83 "$nobody" 8080 -m
	} | rules
	must ns director
	tap director:eth1 director:lo
	answers "NAT, a real server answers the director" 80 A 4000
	untap
	is "$F, NAT, requests and replies on the wire" "$(wire eth1)" \
		"in $server 8080 $virtual 4000 64
out $virtual 4000 $server 8080 63"
	is "$F, NAT, nothing of them on the loopback" "$(wire lo)" ""
	is "$F, NAT, all checksums are right" "$(bad_checksums)" 0
	same "$F, NAT, connections" "$(known)"
	is "$F, NAT, connections are followed" "$(known | cut -d' ' -f1,2)" "TCP TIME_WAIT
UDP UDP"
	wait_for "$F, NAT, both directions are counted" counted "UDP $at$virtual$ta:80 1 1 1"

	tap director:eth1
	must tcp t "$virtual" 80 sport=4001
	asked "$F, NAT, a large request" ok "put t 200000"
	asked "$F, NAT, a large reply" ok "get t 200000"
	must close t
	must udp u "$virtual" 80 sport=4002
	asked "$F, NAT, a datagram beyond the MTU: the sender hears of it" "error: Message too long" "echo u 3000"
	asked "$F, NAT, one within it" A "echo u 1400"
	must icmp "$virtual" "$virtual" "${closed%/*}" "${closed#*/}" 0 "udp/$virtual/80/$virtual/4002"
	must close u
	untap
	is "$F, NAT, an error of the director's about a reply reaches the real server" "$(errors director out)" \
		"$virtual $server type/code=$closed,in=udp/$server/8080/$virtual/4002"
	is "$F, NAT, all checksums are right, large ones and errors" "$(bad_checksums)" 0

	must udp u "$virtual" 81 sport=4003
	asked "$F, NAT, a closed port at the real server is heard of" "error: Connection refused" "who u"
	must close u
	asked "$F, no real server, TCP" "error: Connection refused" "tcp t $virtual 82"
	must udp u "$virtual" 82
	if only_ipvs; then
		# Stock has the firewall's answer for a socket; the error comes as well.
		asked "$F, no real server, UDP" "error: Operation not permitted" "who u"
	fi
	asked "$F, no real server, UDP" "error: Connection refused" "who u"
	must close u
	asked "$F, a real server that answers no ARP" "error: No route to host" "tcp t $virtual 83"

	tap director:eth1
	must udp u "$virtual" 80 sport=4004 "src=$loopback"
	must send u 64
	must close u
	untap
	is "$F, NAT, no loopback address gets out" "$(count 'sport == 4004')" 0
	! only_shunt || is "$F, NAT, but is counted" "$(drops out_of_reach)" $((bits == 32 ? 1 : 2))
}

# counted "PROTO SERVICE CONNS INPKTS OUTPKTS": the counters of a service; stock's lag.
counted() { [[ "$(stats)" == *"$1 "* ]]; }

clients() {
	nat_up
	must serve rs1 A 8080
	must ns director
	must write /proc/sys/net/ipv4/neigh/eth1/retrans_time_ms 100
	must write /proc/sys/net/ipv6/neigh/eth1/retrans_time_ms 100
	nat_client 4
	nat_client 6
}

# With direct routing, and through tunnels, the director cannot have the address itself: replies would come from one of its own.
dr_client() {
	family "$1"
	{
		service 80 "$server" 80 -g
		service 90 "$own" 90 -g
		service 91 "$own" 8080 -m
		service 92 "$server" 92 -i
		service 93 "$server" 93 "-i --tun-type gue --tun-port 6080 --tun-csum"
		service 94 "$own" 94 -i
	} | rules
	must ns director
	tap director:eth0 director:lo
	answers "DR, a real server answers the director" 80 A 4000
	must tcp t "$virtual" 80 sport=4001
	asked "$F, DR, a large request" ok "put t 200000"
	asked "$F, DR, a large reply" ok "get t 200000"
	must close t
	untap
	is "$F, DR, requests and replies on the wire" "$(wire eth0)" \
		"in $virtual 80 $own 4000 64
in $virtual 80 $own 4001 64
out $own 4000 $virtual 80 63
out $own 4001 $virtual 80 63"
	is "$F, DR, all checksums are right" "$(bad_checksums)" 0
	must udp u "$virtual" 80 sport=4002 ttl=1
	asked "$F, DR, a TTL of 1 is the director's to use up" "error: No route to host" "who u"
	must close u

	answers "IPIP, a real server answers the director" 92 A 4005
	answers "GUE, a real server answers the director" 93 A 4006
	must tcp t "$virtual" 93 sport=4007
	asked "$F, GUE, a large request" ok "put t 200000"
	asked "$F, GUE, a large reply" ok "get t 200000"
	must close t

	# Stock goes on sending it where the address was sought.
	! only_shunt || answers "NAT to itself, an address that is not the director's" 91 L 4003
	tap director:eth0 director:lo
	must udp u "$virtual" 90 sport=4004
	must send u 64
	must close u
	must udp u "$virtual" 94 sport=4004
	must send u 64
	must close u
	untap
	is "$F, DR or IPIP to itself, an address that is not the director's: nobody's" "$(count 'sport == 4004')" 0
	! only_shunt || is "$F, DR or IPIP to itself, it is counted" "$(drops out_of_reach)" $((bits == 32 ? 2 : 4))
}

dr_clients() {
	modprobe -a ipip ip6_tunnel fou
	dr_up
	prepare_real_servers "$VIP" "$VIP6" > /dev/null
	in_netns rs1 <<-BATCH
		link set tunl0 up
		link add t6 type ip6tnl mode any local $RIP16
		link set t6 up
		fou add port 6080 gue
	BATCH
	ip -n rs1 -6 fou add port 6080 gue
	must serve rs1 A 80 92 93
	must serve director L 8080 90
	in_netns director <<-BATCH
		address delete $VIP/32 dev eth0
		address delete $VIP6/128 dev eth0
	BATCH
	dr_client 4
	dr_client 6
}

# --- the director as real server

# Its services, from NETNS; sport=PORT, PORT + 1 ... are the client's.
served() {
	local port=$2
	must ns "$1"
	answers "served by the director itself, NAT, $1" 84 L "$port"
	answers "served by the director itself, DR, $1" 9090 L $((port + 1))
	must tcp t "$virtual" 84 sport=$((port + 2))
	asked "$F, a large request, $1" ok "put t 200000"
	asked "$F, a large reply, $1" ok "get t 200000"
	must close t
	must udp u "$virtual" 84 sport=$((port + 3))
	asked "$F, a large datagram, $1" L "echo u 3000"
	must close u
	must udp u "$virtual" 85 sport=$((port + 4))
	asked "$F, a closed port is heard of, $1" "error: Connection refused" "who u"
	must close u
}

nat_server() {
	family "$1"
	{
		service 84 "$own" 8080 -m
		service 85 "$own" 8585 -m
		service 86 "$loopback" 8080 -m
		service 9090 "$loopback" 9090 -g
		service 87 "$moving" 8080 -m
	} | rules
	same "$F, the listing" "$(adm -L -n | tail -n +4)"

	tap client:eth0 director:eth0 director:eth1 director:lo
	served client 4000
	untap
	is "$F, the client sees the virtual service alone" \
		"$(values 'ns == "client" && dir == "in" && proto ~ /^(tcp|udp)$/ && flags !~ /frag/' src)" "$virtual"
	is "$F, and in errors" "$(errors client in)" \
		"$virtual $client type/code=$closed,in=udp/$client/4004/$virtual/85"
	is "$F, nothing goes to the real servers or the loopback" "$(wire eth1)$(wire lo)" ""
	is "$F, all checksums are right" "$(bad_checksums)" 0

	ip -n gw route replace "$client/$bits" dev eth0 mtu lock 1300
	must tcp t "$virtual" 84 sport=4040
	asked "$F, the director hears of a narrow link at the client's side" ok "get t 50000"
	must close t
	ip -n gw route delete "$client/$bits"

	tap director:eth1 director:lo
	served director 5000
	answers "served by a loopback address, to the director" 86 L 5010
	untap
	is "$F, nothing leaves the director" "$(wire eth1)" ""
	is "$F, all checksums are right, within the director" "$(bad_checksums)" 0

	must ns client
	answers "a TTL of 1 is enough for the director itself" 84 L 4010 ttl=2
	tap director:lo director:eth0
	must raw "$client" 4011 "$virtual" 86 S
	untap
	is "$F, no client on the wire reaches a loopback address" "$(count 'dport == 4011')" 0
	! only_shunt || is "$F, which is counted" "$(drops out_of_reach)" $((bits == 32 ? 1 : 2))
	# Stock sees the replies of direct routing where they are the director's own, and calls a closed connection TIME_WAIT.
	same "$F, connections" "$(known | grep -v '^TCP .*:9090')"
	is "$F, connections by direct routing" "$(known | grep -c '^TCP [A-Z]*_WAIT .*:9090$')" 2

	ip -n director address add "$moving/$bits" dev lo
	answers "an address that the director has" 87 L 4020
	ip -n director address delete "$moving/$bits" dev lo
	ip -n rs1 address add "$moving/$bits" dev eth0
	answers "an address that the director had and a real server has" 87 A 4021
	ip -n rs1 address delete "$moving/$bits" dev eth0
	ip -n director address add "$moving/$bits" dev lo
	answers "and back again" 87 L 4022

	# What nobody can say by a command, but other clients of the interface can.
	service 8080 | rules
	refused "$F, the local method is taken" 0 "" ip netns exec director "$TOP/tests/netlink/real-server" 1 "$server" 8080 tcp \
		"$virtual" 8080
	must tcp t "$virtual" 8080 sport=4030
	asked "$F, by the local method the director serves, whatever the address" L "who t"
	must close t
	is "$F, the local method in the listing" "$(adm -L -n | grep -F -- "-> $at$server$ta:8080" | tr -s ' ')" \
		" -> $at$server$ta:8080 Local 1 0 1 "
	same "$F, the local method in /proc" "$(ip netns exec director grep ' Local ' /proc/net/ip_vs | sort)"
}

servers() {
	nat_up
	must serve rs1 A 8080
	must serve director L 8080 9090
	nat_server 4
	nat_server 6
}

# --- SCTP and ESP, either way. SCTP tells the other end all its addresses, and uses them, unless it is bound to one: so the director's
# client is, and as a real server the director is one by direct routing. Large messages of its own get stuck, with stock, too: it takes
# the way to its own address for one of 64 kB.

# association TEXT PORT WHO SPORT BYTES [OPTION]...: who answers, data both ways.
association() {
	must sctp s "$virtual" "$2" "sport=$4" "${@:6}"
	asked "$F, SCTP, $1" "$3" "who s"
	asked "$F, SCTP, $1, $5 bytes to the server" ok "put s $5"
	asked "$F, SCTP, $1, $5 bytes to the client" ok "get s $5"
	must close s
}

# What of PROTO went out or in at DEV: "DIR SRC SPORT DST DPORT TTL".
passed() { values "dev == \"$1\" && proto == \"$2\"" 'dir " " src " " sport " " dst " " dport " " ttl'; }

odd_ones() {
	local service
	family "$1"
	for service in "--sctp-service 80 $server 8080 -m" "--sctp-service 9090 $loopback 9090 -g" "-u 500 $server 500 -m"; do
		# shellcheck disable=SC2086
		set -- $service
		echo "-A $1 $at$virtual$ta:$2 -s rr"
		echo "-a $1 $at$virtual$ta:$2 -r $at$3$ta:$4 $5"
	done | rules
	must ns director
	tap director:eth1 director:lo
	association "the director's own, to a real server" 80 A 4000 1000 "src=$virtual"
	untap
	is "$F, SCTP, on the wire" "$(passed eth1 sctp)" "in $server 8080 $virtual 4000 64
out $virtual 4000 $server 8080 63"
	is "$F, SCTP, all checksums are right" "$(bad_checksums)" 0
	must ns client
	association "to the director, DR" 9090 L 4003 100000
	same "$F, SCTP, connections" "$(known | grep SCTP)"

	# The two ends have talked IKE, and ESP follows that.
	must ns director
	must udp ike "$virtual" 500 sport=500
	asked "$F, IKE of the director's own" A "who ike"
	tap director:eth1
	must ipsec "$virtual" "$virtual" 50
	must ns rs1
	must ipsec "$server" "$virtual" 50
	must ns director
	asked "$F, and again" A "who ike"
	untap
	is "$F, ESP of the director's own follows" "$(passed eth1 50)" "in $server 0 $virtual 0 64
out $virtual 0 $server 0 63"
	must close ike
	adm -e -u "$at$virtual$ta:500" -r "$at$server$ta:500" -m -w 0
	adm -a -u "$at$virtual$ta:500" -r "$at$own$ta:500" -m
	must ns client
	must udp ike "$virtual" 500 sport=500
	asked "$F, IKE with the director" L "who ike"
	tap client:eth0 director:eth1
	must ipsec "$client" "$virtual" 50
	asked "$F, and again" L "who ike"
	untap
	is "$F, ESP to the director goes nowhere else" "$(passed eth1 50)" ""
	same "$F, ESP to the director, what the client hears" \
		"$(values 'ns == "client" && dir == "in" && proto ~ /^icmp/ && flags ~ /in=/' 'src " " flags')"
	must close ike
	same "$F, IKE and ESP, connections" "$(known | grep UDP)"
}

odd() {
	nat_up
	must serve rs1 A sctp/8080 500
	must serve director L sctp/8080 sctp/9090 500
	odd_ones 4
	odd_ones 6
}

run clients dr_clients servers odd
