#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Established connections while things around them change: routes, neighbours, MTU, links, forwarding, real servers, services,
# fast_path itself; long transfers under loss, duplication and reordering. All of it is as on stock, whatever path packets take.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT and DR, tests/lab/topology.sh
#                                    └─ rs2 (B)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# Two TCP connections and two flows, t4, t6, u4, u6, each used until there is nothing to learn about it.
ALL="t4 u4 t6 u6"
begin() {
	local id
	must tcp t4 "$VIP" 80 sport=4004
	must tcp t6 "$VIP6" 80 sport=4006
	must udp u4 "$VIP" 80
	must udp u6 "$VIP6" 80
	for id in $ALL $ALL; do must who "$id"; done
}

# all TEXT WANTED: one test, of what each of them answers.
all() {
	local id got=""
	for id in $ALL; do
		ask "who $id"
		got+="$REPLY "
	done
	is "$1" "$got" "$2 $2 $2 $2 "
}

# macs TEXT WHERE WANTED: one test, where the captured packets went.
macs() { is "$1" "$(values "$2 && proto ~ /^(tcp|udp)$/" dmac)" "$3"; }

# --- the way to and fro

moved() { # METHOD DEV
	local new
	web_up "$1"
	begin
	# A real server gets another network card.
	new=02:00:00:00:00:41
	ip -n rs1 link set eth0 address $new
	in_netns director <<-BATCH
		neigh replace $RIP1 lladdr $new dev $2
		neigh replace $RIP16 lladdr $new dev $2
	BATCH
	tap rs1:eth0
	all "$1, a real server's MAC moves" A
	untap
	macs "$1, all requests go to the new one" 'dir == "in"' $new
	# It moves behind a router.
	must ns rs2
	must write /proc/sys/net/ipv4/ip_forward 1
	must write /proc/sys/net/ipv4/conf/all/send_redirects 0
	must write /proc/sys/net/ipv4/conf/eth0/send_redirects 0
	must write /proc/sys/net/ipv6/conf/all/forwarding 1
	must ns client
	if [ "$1" = nat ]; then
		in_netns director <<-BATCH
			route add $RIP1/32 via $RIP2
			route add $RIP16/128 via $RIP26
		BATCH
		tap director:eth1
		all "$1, a real server is behind a router" A
		untap
		macs "$1, all requests go to the router" 'dir == "out"' $rs2_mac
		in_netns director <<-BATCH
			route delete $RIP1/32 via $RIP2
			route delete $RIP16/128 via $RIP26
		BATCH
		tap director:eth1
		all "$1, and is no more" A
		untap
		macs "$1, all requests go to the real server" 'dir == "out"' $new
	fi
}

moved_nat() {
	local new=02:00:00:00:00:42 router=02:00:00:00:00:43
	moved nat eth1
	# The client's router gets another network card.
	ip -n gw link set eth1 address $new
	in_netns director <<-BATCH
		neigh replace 1.1.1.254 lladdr $new dev eth0
		neigh replace 2001:db8:1::254 lladdr $new dev eth0
	BATCH
	tap director:eth0
	all "the client's router's MAC moves" A
	untap
	macs "all replies go to the new one" 'dir == "out"' $new
	# There is another router.
	in_netns gw <<-BATCH
		link add other link eth1 address $router type macvlan mode bridge
		link set other up
	BATCH
	in_netns director <<-BATCH
		neigh replace 1.1.1.253 lladdr $router dev eth0 nud permanent
		neigh replace 2001:db8:1::253 lladdr $router dev eth0 nud permanent
		route replace default via 1.1.1.253
		route delete default via 2001:db8:1::254
		route add default via 2001:db8:1::253
	BATCH
	tap director:eth0
	all "replies have another route" A
	untap
	macs "all replies go by it" 'dir == "out"' $router
}
moved_dr() { moved dr eth0; }

# A veth that is narrow takes nothing large from its peer, so that each is only to be sent on.
mtu() {
	web_up nat
	begin
	ip -n director link set eth1 mtu 1300
	tap client:eth0
	must send u4 1400
	must send u6 1400
	untap
	same "the client hears of a datagram that is too large" \
		"$(values 'dir == "in" && flags ~ /udp/ && proto ~ /icmp/' 'flags' | sed 's/,in=.*//')"
	is "both times" "$(count 'dir == "in" && flags ~ /mtu=1300,in=udp/ && proto ~ /icmp/')" 2
	asked "and its socket" "error: Message too long" "who u4"
	asked "and its socket, IPv6" "error: Message too long" "who u6"
	forget_mtu
	asked "the servers' side is narrow, 100 kB to the server" ok "put t4 100000"
	asked "the servers' side is narrow, 100 kB to the server, IPv6" ok "put t6 100000"
	ip -n director link set eth1 mtu 1500
	ip -n director link set eth0 mtu 1300
	asked "the clients' side gets narrow, 100 kB to the client" ok "get t4 100000"
	asked "the clients' side is narrow, 100 kB to the client, IPv6" ok "get t6 100000"
	ip -n director link set eth0 mtu 1500
	forget_mtu
	all "both are wide again" A
}

forget_mtu() {
	local ns
	for ns in client rs1; do
		ip -n $ns route flush cache
		ip -n $ns -6 route flush cache
	done
}

# --- forwarding

forwarding() {
	web_up nat
	begin
	is "answers come" "$(answers)" "2 2"
	must ns director
	must write /proc/sys/net/ipv4/ip_forward 0
	must write /proc/sys/net/ipv6/conf/all/forwarding 0
	must ns client
	same "no router, answers" "$(answers)"
	is "no router, no answer comes" "$(answers)" "0 0"
	must ns director
	must write /proc/sys/net/ipv4/ip_forward 1
	must write /proc/sys/net/ipv6/conf/all/forwarding 1
	must ns client
	is "a router again" "$(answers)" "2 2"
}

# Forged segments of the real server's: how many of two come, of each family.
answers() {
	tap client:eth0
	must ns rs1
	must raw "$RIP1" 80 "$CIP" 4004 A
	must raw "$RIP1" 80 "$CIP" 4004 A
	must raw "$RIP16" 80 "$CIP6" 4006 A
	must raw "$RIP16" 80 "$CIP6" 4006 A
	must ns client
	untap
	echo "$(count 'dir == "in" && proto == "tcp" && type == "ip4"') $(count 'dir == "in" && proto == "tcp" && type == "ip6"')"
}

# --- real servers and services

# passing NETNS ID: how many datagrams come there, of two.
passing() {
	tap "$1:eth0"
	must send "$2" 64
	must send "$2" 64
	untap
	count 'dir == "in" && proto == "udp"'
}

servers() {
	local vip svc rip rip2 u
	web_up nat
	begin
	for vip in "$VIP" "$VIP6"; do
		svc=$(at "$vip") u=u4 rip=$RIP1 rip2=$RIP2
		[ "$vip" = "$VIP" ] || u=u6 rip=[$RIP16] rip2=[$RIP26]
		adm -e -u "$svc:80" -r "$rip:80" -m -w 0
		asked "$vip, weight 0, the flow goes on" A "who $u"
		adm -d -u "$svc:80" -r "$rip:80"
		same "$vip, removed" "$(passing rs1 $u)"
		is "$vip, removed, nothing gets there" "$(passing rs1 $u)" 0
		adm -a -u "$svc:80" -r "$rip:80" -m
		asked "$vip, added again, the flow goes on" A "who $u"
		adm -a -u "$svc:80" -r "$rip2:80" -m
		set_knob expire_nodest_conn 1
		adm -d -u "$svc:80" -r "$rip:80"
		# Stock drops the packet that tells it, or sends it on, by version.
		must send $u 64
		wait_for "$vip, removed for good, the flow goes to the other one" is_at "$u" B
		set_knob expire_nodest_conn 0
		adm -D -u "$svc:80"
		same "$vip, without service" "$(passing rs2 $u)"
		is "$vip, without service, nothing gets there" "$(passing rs2 $u)" 0
	done
}

is_at() {
	ask "who $1"
	[ "$REPLY" = "$2" ]
}

# A real server that nobody can find any more: who hears of it, and in whose name.
dead() {
	local dir
	web_up nat
	must ns director
	for dir in ipv4 ipv6; do must write /proc/sys/net/$dir/neigh/eth1/retrans_time_ms 100; done
	must ns client
	begin
	ip -n rs1 link set eth0 down
	ip -n director neigh flush dev eth1
	tap client:eth0
	must send u4 64
	must send u6 64
	wait_for "the director gives up" unreachable
	untap
	like "the client hears of it, about the virtual service" "$(heard)" "udp.*$VIP/80.*udp.*$VIP6/80"
	is "and of nothing else" "$(heard | grep -c -e "$RIP1" -e "$RIP16")" 0
	same "the client hears of it" "$(heard)"
	is "every checksum is right" "$(bad_checksums)" 0
}
unreachable() { [ "$(ip -n director neigh show dev eth1 nud failed | wc -l)" = 2 ]; }
heard() {
	values 'dir == "in" && proto ~ /^icmp/ && flags ~ /in=/' 'src " " flags' |
		sed -E 's,(in=udp/[^/]*)/[0-9]*/,\1/PORT/,' | tr '\n' ' '
}

# The virtual service's address moves to another director: nothing that comes here is balanced any more.
address_gone() {
	web_up dr
	begin
	in_netns director <<-BATCH
		address delete $VIP/32 dev eth0
		address delete $VIP6/128 dev eth0
	BATCH
	same "packets that get to the real server, IPv4" "$(passing rs1 u4)"
	same "packets that get to the real server, IPv6" "$(passing rs1 u6)"
	is "without the address nothing is balanced" "$(passing rs1 u4) $(passing rs1 u6)" "0 0"
}

# What is shown is exact after packets of any path: the counters at once, the time left from the last packet on.
shown() {
	web_up nat
	begin
	all "some packets" A
	if only_ipvs; then
		wait_for "stock has added them up" counted
	fi
	same "packets and bytes" "$(stats | grep ^UDP)"
	is "packets and bytes" "$(stats | grep ^UDP)" "UDP $VIP:80 1 3 3 276 276
UDP [$VIP6]:80 1 3 3 336 336"
	adm --set 0 0 30
	asked "a flow" A "who u4"
	wait_for "time passes" left_is_below 28
	asked "the flow goes on" A "who u4"
	is "and has all of its time again" "$(left_is_below 28 && echo no)" ""
}
counted() { [ "$(stats | awk '$1 == "UDP" { print $4 }' | tr '\n' ' ')" = "3 3 " ]; }
left_is_below() {
	adm -L -n -c | awk -v most="$1" -v vip="$VIP:80" '$1 == "UDP" && $5 == vip {
		split($2, t, ":"); found = t[1] * 60 + t[2] < most } END { exit !found }'
}

# --- transfers

# Everything that goes wrong on a way, at both sides of the director.
trouble() { # METHOD
	local point
	if [ "$1" = nat ]; then set -- gw:eth0 gw:eth1 lan:to-director; else set -- gw:eth0 lan:to-director lan:to-gw; fi
	for point in "$@"; do
		tc -n "${point%:*}" qdisc add dev "${point#*:}" root netem delay 1ms loss 1% duplicate 1% reorder 5% limit 10000
	done
}

# One that has fast_path another value every moment.
restless() {
	# A process by itself, that can be killed.
	# shellcheck disable=SC2016
	ip netns exec director bash -c 'exec 9<> <(:)
		while :; do for mode in 1 2 0; do echo $mode > "$1"; read -rt 0.1 -u 9; done; done' - $VS/fast_path &
	RESTLESS=$!
}

transfer() { # METHOD
	local t mode=${FAST_PATH:-1}
	web_up "$1"
	begin
	trouble "$1"
	for t in t4 t6; do
		asked "$1 $t, 1 MB to the server, under loss" ok "put $t 1000000"
		asked "$1 $t, 1 MB to the client, under loss" ok "get $t 1000000"
	done
	offloads off
	for t in t4 t6; do
		asked "$1 $t, 300 kB to the server, under loss, without offloads" ok "put $t 300000"
		asked "$1 $t, 300 kB to the client, under loss, without offloads" ok "get $t 300000"
	done
	only_shunt || return 0
	restless
	for t in t4 t6; do
		asked "$1 $t, 1 MB to the server while fast_path changes" ok "put $t 1000000"
		asked "$1 $t, 1 MB to the client while fast_path changes" ok "get $t 1000000"
	done
	kill $RESTLESS
	wait $RESTLESS 2>/dev/null
	set_knob fast_path "$mode"
}

transfer_nat() { transfer nat; }
transfer_dr() { transfer dr; }

run moved_nat moved_dr mtu forwarding servers dead address_gone shown transfer_nat transfer_dr
