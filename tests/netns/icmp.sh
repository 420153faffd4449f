#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ICMP: errors about a NAT connection are translated both ways; the director sends its own where a router would.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)
#                                    └─ rs2 (B) ── far (C) 172.16.2.1, behind rs2 as a router
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

FAR=172.16.2.1 FAR6=2001:db8:17::1
NETNS+=(far)

# What differs between the families, in the words of trace.
choose() {
	if [ "$1" = 4 ]; then
		cip=$CIP vip=$VIP rip=$RIP1 far=$FAR gwip=1.1.1.254
		rs2ip=$RIP2 too_big='type/code=3/4' unreachable='type/code=3/3' exceeded='type/code=11/0' proto=icmp
	else
		cip=$CIP6 vip=$VIP6 rip=$RIP16 far=$FAR6 gwip=2001:db8:1::254
		rs2ip=$RIP26 too_big='type/code=2/0' unreachable='type/code=1/4' exceeded='type/code=3/0' proto=icmp6
	fi
}

far_up() {
	ip -batch - <<-BATCH
		netns add far
		link add eth1 netns rs2 type veth peer name eth0 netns far
	BATCH
	in_netns rs2 <<-BATCH
		link set eth1 up
		address add 172.16.2.254/24 dev eth1
		address add 2001:db8:17::254/64 dev eth1 nodad
	BATCH
	in_netns far <<-BATCH
		link set lo up
		link set eth0 up
		address add $FAR/24 dev eth0
		address add $FAR6/64 dev eth0 nodad
		route add default via 172.16.2.254
		route add default via 2001:db8:17::254
	BATCH
	in_netns director <<-BATCH
		route add 172.16.2.0/24 via $RIP2
		route add 2001:db8:17::/64 via $RIP26
	BATCH
	must ns rs2
	must write /proc/sys/net/ipv4/ip_forward 1
	must write /proc/sys/net/ipv6/conf/all/forwarding 1
	must ns client
}

setup() {
	nat_up
	far_up
	must serve far C 80
	serve 80
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:8080 -m
		-A -t $VIP:81 -s rr
		-a -t $VIP:81 -r $FAR:80 -m
		-A -u $VIP:80 -s rr
		-a -u $VIP:80 -r $RIP1:8080 -m
		-A -u $VIP:82 -s rr
		-a -u $VIP:82 -r $RIP1:9 -m
		-A -t [$VIP6]:80 -s rr
		-a -t [$VIP6]:80 -r [$RIP16]:8080 -m
		-A -t [$VIP6]:81 -s rr
		-a -t [$VIP6]:81 -r [$FAR6]:80 -m
		-A -u [$VIP6]:80 -s rr
		-a -u [$VIP6]:80 -r [$RIP16]:8080 -m
		-A -u [$VIP6]:82 -s rr
		-a -u [$VIP6]:82 -r [$RIP16]:9 -m
	RULES
	must serve rs1 A 8080
}

# errors NETNS KIND: the different ICMP errors of that kind that come into the netns: source, destination, flags, checksum.
errors() { values "ns == \"$1\" && dir == \"in\" && proto == \"$proto\" && index(flags, \"$2\")" 'src, dst, flags, l4csum'; }

# The client's link behind the gateway is narrow: the gateway complains to the VIP, the real server has to hear it.
client_side() {
	local family
	setup
	ip -n gw link set eth0 mtu 1400
	ip -n client link set eth0 mtu 1400
	# The server must learn the MTU from the error and not from the client's MSS.
	ip -n client route change default via 192.168.1.254 advmss 1460
	ip -n client -6 route change default via 2001:db8:192::254 advmss 1440
	for family in 4 6; do
		choose $family
		tap -a "$cip" rs1:eth0 director:eth0
		asked "IPv$family, a connection" ok "tcp t $vip 80 sport=4001"
		asked "IPv$family, 60 kB to a client behind a narrow link" ok "get t 60000"
		must close t
		untap
		is "IPv$family, the gateway's error came to the VIP" \
			"$(errors director "$too_big" | sed 's/,df//')" \
			"$gwip $vip $too_big,mtu=1400,in=tcp/$vip/80/$cip/4001 ok"
		is "IPv$family, the real server hears it about its own packet" \
			"$(errors rs1 "$too_big" | sed 's/,df//')" \
			"$gwip $rip $too_big,mtu=1400,in=tcp/$rip/8080/$cip/4001 ok"
	done
}

# A router behind the director has a narrow link: its error has to reach the client, as one from the VIP.
server_side() {
	local family
	setup
	ip -n rs2 link set eth1 mtu 1400
	for family in 4 6; do
		choose $family
		tap -a "$cip" client:eth0 director:eth1
		asked "IPv$family, a connection" ok "tcp t $vip 81 sport=4002"
		asked "IPv$family, 60 kB to a server behind a narrow link" ok "put t 60000"
		must close t
		untap
		like "IPv$family, the router's error came to the director" "$(errors director "$too_big")" \
			"$rs2ip $cip $too_big,mtu=1400,in=tcp/$cip/4002/$far/80.* ok"
		like "IPv$family, the client hears it from the VIP about its own packet" "$(errors client "$too_big")" \
			"^$vip $cip $too_big,mtu=1400,in=tcp/$cip/4002/$vip/81.* ok\$"
	done
}

# The director's own link to the real servers is narrow.
too_big() {
	local family
	setup
	for device in director:eth1 lan:to-director lan:br0 lan:to-rs1 rs1:eth0; do
		ip -n "${device%:*}" link set "${device#*:}" mtu 1400
	done
	# The servers would offer a small MSS and the client never send too much.
	ip -n rs1 route change default via "$DIP" advmss 1460
	ip -n rs1 -6 route change default via "$DIP6" advmss 1440
	for family in 4 6; do
		choose $family
		tap -a "$cip" client:eth0
		asked "IPv$family, a connection" ok "tcp t $vip 80 sport=4003"
		asked "IPv$family, 60 kB through the director's narrow link" ok "put t 60000"
		must close t
		untap
		like "IPv$family, the director tells the client its MTU" "$(errors client "$too_big" | tail -1)" \
			"$cip $too_big,mtu=1400,in=tcp/$cip/4003/$vip/80.* ok\$"
		same "IPv$family, the error" "$(errors client "$too_big")"
		# A datagram with DF set is dropped and reported, the next one is cut by the client.
		must udp u "$vip" 80 sport=4004
		ask "echo u 1450"
		asked "IPv$family, a datagram once the path's MTU is known" A "echo u 1450"
		must close u
	done
}

# Nobody listens at the real server's port.
unreachable() {
	local family
	setup
	for family in 4 6; do
		choose $family
		tap -a "$cip" client:eth0 director:eth1
		asked "IPv$family, a datagram to a closed port" ok "udp u $vip 82 sport=4005"
		asked "IPv$family, the client hears that the port is closed" "error: Connection refused" "echo u 100"
		must close u
		untap
		is "IPv$family, the real server's error" "$(errors director "$unreachable" | sed 's/,df//')" \
			"$rip $cip $unreachable,in=udp/$cip/4005/$rip/9 ok"
		is "IPv$family, what the client hears" "$(errors client "$unreachable" | sed 's/,df//')" \
			"$vip $cip $unreachable,in=udp/$cip/4005/$vip/82 ok"
	done
}

# A packet whose TTL is used up at the director.
exceeded() {
	local family
	setup
	for family in 4 6; do
		choose $family
		tap -a "$cip" client:eth0 director:eth0 director:eth1
		must udp u "$vip" 80 sport=4006 ttl=2
		ask "echo u 100"
		like "IPv$family, the client hears nothing but an error" "$REPLY" "^error: "
		must close u
		must udp u3 "$vip" 80 sport=4007 ttl=3
		asked "IPv$family, one more is enough" A "echo u3 100"
		must close u3
		untap
		is "IPv$family, it arrived with TTL 1" "$(values 'ns == "director" && dir == "in" && sport == 4006' ttl)" 1
		is "IPv$family, it went no further" "$(count 'dev == "eth1" && dir == "out" && sport == 4006')" 0
		like "IPv$family, the director says that time is exceeded" "$(errors client "$exceeded")" \
			" $cip $exceeded,in=udp/$cip/4006/$vip/80 ok\$"
		same "IPv$family, the error" "$(errors client "$exceeded")"
	done
}

# Forged ones: an error about a connection that does not exist goes nowhere.
foreign() {
	local family
	setup
	for family in 4 6; do
		choose $family
		must tcp t "$vip" 80 sport=4008
		must who t
		tap rs1:eth0 director:eth1 director:eth0
		must ns gw
		if [ $family = 4 ]; then
			must icmp "$gwip" "$vip" 3 4 1300 "tcp/$vip/80/$cip/4999"
			must icmp "$gwip" "$vip" 3 4 1300 "tcp/$vip/80/$cip/4008"
		else
			must icmp "$gwip" "$vip" 2 0 1300 "tcp/$vip/80/$cip/4999"
			must icmp "$gwip" "$vip" 2 0 1300 "tcp/$vip/80/$cip/4008"
		fi
		must ns client
		asked "IPv$family, the connection goes on" A "who t"
		must close t
		untap
		is "IPv$family, only the error about a known connection is passed on" \
			"$(errors rs1 "$too_big" | sed 's/,df//')" \
			"$gwip $rip $too_big,mtu=1300,in=tcp/$rip/8080/$cip/4008 ok"
	done
}

run client_side server_side too_big unreachable exceeded foreign
