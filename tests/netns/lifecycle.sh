#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Life cycle: the module, a service and a network namespace come and go while traffic flows; the kernel's log stays clean.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT and DR, tests/lab/topology.sh
#                                    └─ rs2 (B)
LBS=shunt
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/load.sh
. "$TOP/tests/lab/load.sh"

services() { # -m | -g
	rules <<-RULES
		-A -t $VIP:80 -s wrr
		-a -t $VIP:80 -r $RIP1:80 $1
		-a -t $VIP:80 -r $RIP2:80 $1 -w 2
		-A -u $VIP:80 -s rr
		-a -u $VIP:80 -r $RIP1:80 $1
		-a -u $VIP:80 -r $RIP2:80 $1
		-A -t [$VIP6]:80 -s rr
		-a -t [$VIP6]:80 -r [$RIP16]:80 $1
		-A -u [$VIP6]:80 -s rr
		-a -u [$VIP6]:80 -r [$RIP26]:80 $1
	RULES
}

# The services, without the timeouts.
saved() { adm -S -n | grep -v '^--set'; }

# More failures than at the time of "mark_failures".
mark_failures() { ask tally; read -r _ failed_before _ _ <<< "$REPLY"; }
more_failures() { local failed; ask tally; read -r _ failed _ _ <<< "$REPLY"; ((failed > failed_before + 5)); }

flowing() {
	mark
	wait_for "$1" more_answers
}

unload() {
	local n
	for topology in nat dr; do
		${topology}_up
		[ $topology = nat ] || prepare_real_servers "$VIP" "$VIP6" > /dev/null
		serve 80
		local method=-m
		[ $topology = nat ] || method=-g
		services $method
		must flood "$VIP" 80
		for n in 1 2 3; do
			flowing "$topology, round $n: traffic flows"
			is "$topology, round $n: rmmod under traffic" "$(rmmod shunt 2>&1)" ""
			mark_failures
			wait_for "$topology, round $n: without the module nobody answers" more_failures
			insmod "${SHUNT_KO:-$BUILD/$(uname -r)/shunt.ko}" || result 'not ok' "insmod again"
			is "$topology, round $n: the module starts empty" "$(saved)" ""
			services $method
		done
		flowing "$topology: traffic flows at the end"
		must calm
		flow_off
		down
		flow_on
	done
}

# --- the same under all the load that a CPU can make: datagrams of a thousand flows, which nobody answers

load_on() { # DEV
	load_from "$1" 0
	pgset "$1" "clone_skb 0"
	pgset "$1" "dst $VIP"
	pgset "$1" "src_min $CIP"
	pgset "$1" "src_max $CIP"
	load_begins
}

packets() { adm -L -n --stats --exact | awk '$1 == "UDP" { print $4; exit }'; }
more_packets() { local now; now=$(packets); ((${now:-0} > $1)); }

loaded() {
	local topology method mode n
	for topology in nat dr; do
		${topology}_up
		[ $topology = nat ] || prepare_real_servers "$VIP" "$VIP6" > /dev/null
		serve 99
		method=-m
		[ $topology = nat ] || method=-g
		load_on eth1
		for mode in 0 1 2; do
			set_knob fast_path $mode
			services $method
			wait_for "$topology, fast_path=$mode, load" more_packets 3000
			for n in 1 2; do
				adm -C
				services $method
			done
			wait_for "$topology, fast_path=$mode, load after a change" more_packets 1000
			is "$topology, fast_path=$mode, rmmod under load" "$(rmmod shunt 2>&1)" ""
			lb_load || result 'not ok' "insmod again"
		done
		services $method
		wait_for "$topology, load again" more_packets 1000
		ip netns delete director
		load_off
		flow_off
		down
		flow_on
	done
}

netns_deleted() {
	local n
	for n in 1 2 3; do
		nat_up
		serve 80
		services -m
		must flood "$([ $n = 2 ] && echo "$VIP6" || echo "$VIP")" 80
		flowing "round $n: traffic flows"
		ip netns delete director
		mark_failures
		wait_for "round $n: without the director's netns nobody answers" more_failures
		must calm
		flow_off
		down
		flow_on
	done
	# The module is not pinned by what is gone.
	is "rmmod after it" "$(rmmod shunt 2>&1)" ""
	lb_load
}

reconfigured() {
	local n
	nat_up
	serve 80
	services -m
	must flood "$VIP" 80
	flowing "traffic flows"
	for n in 1 2 3 4 5; do
		adm -C
		services -m
		rules <<-RULES
			-E -t $VIP:80 -s rr
			-e -t $VIP:80 -r $RIP1:80 -m -w 0
			-d -t $VIP:80 -r $RIP2:80
			-a -t $VIP:80 -r $RIP2:80 -m -w 3
			-D -u $VIP:80
			-A -u $VIP:80 -s wrr
			-a -u $VIP:80 -r $RIP1:80 -m
			-e -t $VIP:80 -r $RIP1:80 -m -w 1
			-E -t $VIP:80 -s wrr
		RULES
	done
	flowing "traffic flows after five rounds of changes"
	ask calm
	like "nothing but the moments without service failed" "$REPLY" '^[0-9]+ [0-9]+ [0-9]+ [0-9]+$'
	is "what is configured is what was said last" "$(saved | grep -v '^-. [^ ]* \[' | sort)" "$(sort <<-RULES
		-A -t $VIP:80 -s wrr
		-a -t $VIP:80 -r $RIP1:80 -m -w 1
		-a -t $VIP:80 -r $RIP2:80 -m -w 3
		-A -u $VIP:80 -s wrr
		-a -u $VIP:80 -r $RIP1:80 -m -w 1
	RULES
	)"
}

twice() {
	like "loading it twice is refused" "$(lb_load 2>&1)" 'File exists'
	nat_up
	is "another netns has nothing of it" "$(ip netns exec gw "$TOP/tool/shuntadm" -S -n | grep -v "^--set")" ""
	services -m
	is "services belong to a netns" "$(ip netns exec gw "$TOP/tool/shuntadm" -S -n | grep -v "^--set")" ""
}

# Loaded behind stock ip_vs Shunt works beside it, and each serves its own.
beside_stock() {
	rmmod shunt
	modprobe -a ip_vs ip_vs_rr
	lb_load || result 'not ok' "Shunt loads beside stock ip_vs"
	nat_up
	serve 80
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m
	RULES
	LB=ipvs rules <<-RULES
		-A -t $VIP:81 -s rr
		-a -t $VIP:81 -r $RIP2:80 -m
	RULES
	asked "Shunt's service" "A A" "many tcp 2 $VIP 80"
	asked "stock's service" "B B" "many tcp 2 $VIP 81"
	LB=ipvs adm -C
	asked "Shunt's service without stock's" "A A" "many tcp 2 $VIP 80"
	flow_off
	down
	flow_on
	(LB=ipvs; lb_unload) || result 'not ok' "stock ip_vs unloads"
}

# The same VIP in two netns, each with a server of its own; the gateway is the second director.
apart() {
	local vip=198.51.100.1
	other() { ip netns exec gw "$TOP/tool/shuntadm" "$@"; }
	nat_up
	serve 80
	ip -n gw address add $vip/32 dev lo
	ip -n gw route add 172.16.1.0/24 via "$VIP"
	ip -n director address add $vip/32 dev lo
	rules <<-RULES
		-A -t $vip:80 -s rr
		-a -t $vip:80 -r $RIP1:80 -m
	RULES
	other -R <<-RULES || result 'not ok' "services in the other netns"
		-A -t $vip:80 -s rr
		-a -t $vip:80 -r $RIP2:80 -m
	RULES
	asked "the first netns on the way has its own server" "B B" "many tcp 2 $vip 80"
	is "the second netns has seen no connection" "$(adm -L -n -c | grep -c $vip)" 0
	is "the first has" "$(other -L -n -c | grep -c $vip)" 2
	other -C
	is "a flush in one leaves the other" "$(saved | tr '\n' ';')" "-A -t $vip:80 -s rr;-a -t $vip:80 -r $RIP1:80 -m -w 1;"
	ip -n gw address delete $vip/32 dev lo
	ip -n gw route add $vip/32 via "$VIP"
	asked "the second netns serves with its own server" "A A" "many tcp 2 $vip 80"
}

# Where the frames to rs1's address go now.
next_hop() { values 'ns == "director" && dev == "eth1" && dir == "out" && proto == "tcp"' dmac; }

# Connections follow the neighbour and the route of their real server.
moved() {
	local vip rip rip2 mac=$rs1_mac bits=32
	nat_up
	serve 80
	services -m
	must ns rs2
	must write /proc/sys/net/ipv4/ip_forward 1
	must write /proc/sys/net/ipv6/conf/all/forwarding 1
	must ns client
	adm -e -t "$VIP:80" -r "$RIP2:80" -m -w 0
	for vip in "$VIP" "$VIP6"; do
		rip=$RIP1 rip2=$RIP2
		[ "$vip" = "$VIP" ] || rip=$RIP16 rip2=$RIP26 bits=128
		must tcp t "$vip" 80
		asked "$vip, a connection" A "who t"
		mac=${mac%:*}:4${mac##*:?}
		ip -n rs1 link set eth0 address "$mac"
		ip -n director neigh flush dev eth1
		ip -n rs1 neigh flush dev eth0
		tap director:eth1
		asked "$vip, the real server has another MAC" A "who t"
		untap
		is "$vip, frames go to the new MAC" "$(next_hop)" "$mac"
		ip -n director route add "$rip/$bits" via "$rip2"
		tap director:eth1
		asked "$vip, the real server is behind a router" A "who t"
		untap
		is "$vip, frames go to the router" "$(next_hop)" "$rs2_mac"
		ip -n director route delete "$rip/$bits" via "$rip2"
		tap director:eth1
		asked "$vip, and is a neighbour again" A "who t"
		untap
		is "$vip, frames go to the neighbour" "$(next_hop)" "$mac"
		must close t
		mac=$rs1_mac
		ip -n rs1 link set eth0 address "$mac"
		ip -n director neigh flush dev eth1
	done
}

# A device goes while real servers behind it are remembered, and nothing holds it back; the service works when it is back.
device_removed() {
	local vip pid
	for vip in VIP VIP6; do
		nat_up
		serve 80
		services -m
		asked "$vip: a connection" ok "tcp t ${!vip} 80"
		must who t
		ip -n director link delete eth1 &
		pid=$!
		wait_for "$vip: the device to the real servers can be removed" gone $pid || return
		must close t
		flow_off
		down
		flow_on
	done
}

gone() { ! kill -0 "$1" 2>/dev/null; }

run twice apart moved reconfigured unload loaded beside_stock netns_deleted device_removed
