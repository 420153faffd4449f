#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Counters: --stats next to what a capture counted, for the service, each real server and the sum; -Z.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT and DR, tests/lab/topology.sh
#                                    └─ rs2 (B)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# in_and_out WHERE-IN WHERE-OUT: packets in, out, bytes in, out of the capture.
in_and_out() {
	awk "$FIELDS"' dir == "in" && '"$1"' { ip++; ib += len } dir == "in" && '"$2"' { op++; ob += len }
		END { print ip + 0, op + 0, ib + 0, ob + 0 }' "$TRACE"
}

# counted TEXT LINE...: one test: the counters are these. Stock may take two seconds to add them up, Shunt no time.
counted() {
	local text=$1 wanted
	shift
	wanted=$(printf '%s\n' "$@")
	if only_ipvs; then
		wait_for "$text" counters_are "$wanted" || explain "$(stats)"
	else
		is "$text" "$(stats)" "$wanted"
	fi
}

# The sum that Shunt lists, and the one of the services that are listed.
total() { adm -L -n --stats --exact | awk '$1 == "Total" { print $2, $3, $4, $5, $6 }'; }
sum_of_services() {
	stats | awk '/^(TCP|UDP)/ { for (i = 3; i <= 7; i++) n[i] += $i } END { print n[3], n[4], n[5], n[6], n[7] }'
}

# All packets of all connections have passed when the TCP ones are closed both ways.
closed() { [ -z "$(connections | awk '$1 == "TCP" && $2 != "TIME_WAIT" && $2 != "FIN_WAIT"')" ]; }

nat() {
	local vip=$1 rip1=$2 rip2=$3 svc
	svc=$vip
	[[ $vip != *:* ]] || svc="[$vip]" rip1="[$rip1]" rip2="[$rip2]"
	serve 80
	rules <<-RULES
		-A -t $svc:80 -s rr
		-a -t $svc:80 -r $rip1:80 -m
		-a -t $svc:80 -r $rip2:80 -m -w 0
		-A -u $svc:80 -s rr
		-a -u $svc:80 -r $rip2:80 -m
	RULES
	tap -p 80 director:eth0 director:eth1
	asked "$vip, 4 connections" "A A A A" "many tcp 4 $vip 80"
	must tcp big "$vip" 80
	must put big 100000
	must get big 100000
	must end big
	must close big
	asked "$vip, 3 flows" "B B B" "many udp 3 $vip 80"
	wait_for "$vip, all connections are closed" closed
	untap
	local tcp udp
	tcp=$(in_and_out "dev == \"eth0\" && dst == \"$vip\" && proto == \"tcp\"" "dev == \"eth1\" && proto == \"tcp\"")
	udp=$(in_and_out "dev == \"eth0\" && dst == \"$vip\" && proto == \"udp\"" "dev == \"eth1\" && proto == \"udp\"")
	counted "$vip, the counters are the capture's" \
		"TCP $svc:80 5 $tcp" "$rip1:80 5 $tcp" "$rip2:80 0 0 0 0 0" "UDP $svc:80 3 $udp" "$rip2:80 3 $udp"
	if only_shunt; then
		is "$vip, the total is the services' sum" "$(total)" "$(sum_of_services)"
	fi
	adm -Z -u "$svc:80"
	counted "$vip, -Z of one service" \
		"TCP $svc:80 5 $tcp" "$rip1:80 5 $tcp" "$rip2:80 0 0 0 0 0" "UDP $svc:80 0 0 0 0 0" "$rip2:80 0 0 0 0 0"
	adm -Z
	counted "$vip, -Z of all" \
		"TCP $svc:80 0 0 0 0 0" "$rip1:80 0 0 0 0 0" "$rip2:80 0 0 0 0 0" "UDP $svc:80 0 0 0 0 0" "$rip2:80 0 0 0 0 0"
	asked "$vip, one more flow" "B" "many udp 1 $vip 80"
	counted "$vip, counting goes on after -Z" \
		"TCP $svc:80 0 0 0 0 0" "$rip1:80 0 0 0 0 0" "$rip2:80 0 0 0 0 0" \
		"UDP $svc:80 1 1 1 ${udp_bytes:?} $udp_bytes" "$rip2:80 1 1 1 $udp_bytes $udp_bytes"
}

nat4() {
	nat_up
	udp_bytes=92 nat "$VIP" "$RIP1" "$RIP2"
}

nat6() {
	nat_up
	udp_bytes=112 nat "$VIP6" "$RIP16" "$RIP26"
}

dr() {
	local tcp
	dr_up
	prepare_real_servers "$VIP" > /dev/null
	serve 80
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1 -g
	RULES
	tap -p 80 director:eth0
	asked "DR, 4 connections" "A A A A" "many tcp 4 $VIP 80"
	wait_for "DR, all connections are closed" closed
	untap
	tcp=$(in_and_out "dst == \"$VIP\"" 'ns == "none"')
	counted "DR, only what comes in is counted" "TCP $VIP:80 4 $tcp" "$RIP1:80 4 $tcp"
}

run nat4 nat6 dr
