#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Life cycle: the module, a service and a network namespace come and go while traffic flows; the kernel's log stays clean.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT and DR, tests/lab/topology.sh
#                                    └─ rs2 (B)
LBS=shunt
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

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

# More answers than at the time of "mark", TCP and UDP.
mark() { ask tally; read -r tcp_before _ udp_before _ <<< "$REPLY"; }
more_answers() {
	local tcp udp
	ask tally
	read -r tcp _ udp _ <<< "$REPLY"
	((tcp > tcp_before + 5 && udp > udp_before + 5))
}
# More failures, likewise.
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
			is "$topology, round $n: the module starts empty" "$(adm -S -n)" ""
			services $method
		done
		flowing "$topology: traffic flows at the end"
		must calm
		down
		flow_off
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
		down
		flow_off
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
	is "what is configured is what was said last" "$(adm -S -n | grep -v '^-. [^ ]* \[' | sort)" "$(sort <<-RULES
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
	is "another netns has nothing of it" "$(ip netns exec gw "$TOP/tool/shuntadm" -S -n)" ""
	services -m
	is "services belong to a netns" "$(ip netns exec gw "$TOP/tool/shuntadm" -S -n)" ""
}

# With stock ip_vs loaded both work side by side, and each serves its own.
beside_stock() {
	nat_up
	serve 80
	modprobe -a ip_vs ip_vs_rr || result 'not ok' "stock ip_vs loads beside Shunt"
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
	flow_on
	down
	(LB=ipvs; lb_unload) || result 'not ok' "stock ip_vs unloads"
}

run unload netns_deleted reconfigured twice beside_stock
