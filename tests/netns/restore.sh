#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# -R and -R --replace of shuntadm, on Shunt and on stock ip_vs: nothing is lost, nothing is half done, what stays is not disturbed.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh
#                                    └─ rs2 (B)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

shuntadm() { ip netns exec director "$TOP/tool/shuntadm" "$@"; }
saved() { shuntadm -S | grep -v '^--set'; }

# tests/tool/roundtrip, in a netns of its own.
roundtrip() {
	local line family=SHUNT
	only_shunt || family=IPVS
	SHUNT_FAMILY=$family "$TOP/tests/tool/roundtrip" > /tmp/roundtrip 2>&1
	like "roundtrip ran" "$(tail -n 1 /tmp/roundtrip)" '^[1-9][0-9]* passed'
	while IFS= read -r line; do
		case $line in
		"ok "*) result ok "${line#* - }";;
		"not ok "*) result 'not ok' "${line#* - }";;
		"#"*) echo "$line";;
		esac
	done < /tmp/roundtrip
	# The services that use it go a little after their netns.
	only_shunt || wait_for "its persistence engine goes" modprobe -r -q ip_vs_pe_sip
}

# Two services with connections; A has the one to each.
busy() {
	nat_up
	serve 80 81
	cat > /tmp/old <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m -w 1
		-a -t $VIP:80 -r $RIP2:80 -m -w 0
		-A -t $VIP:81 -s rr
		-a -t $VIP:81 -r $RIP1:81 -m -w 1
		-A -t $VIP:82 -s rr
	RULES
	is "the configuration" "$(shuntadm -R /tmp/old 2>&1; saved)" "$(cat /tmp/old)"
	asked "a connection to port 80" ok "tcp c80 $VIP 80"
	asked "A has it" A "who c80"
	asked "a connection to port 81" ok "tcp c81 $VIP 81"
	asked "A has it too" A "who c81"
}

# A connection whose real server is gone rests; back within two minutes, it goes on.
still_busy() {
	asked "$1: the connection to port 80 goes on" A "who c80"
	asked "$1: the connection to port 81 goes on" A "who c81"
}

# The connections that real servers have had; stock ip_vs is seconds late with them.
counted() {
	stats | awk '$1 == "'"$RIP1:80"'" || $2 == "'"$VIP:80"'" { print $(NF - 4) }'
}

replace() {
	busy
	cat > /tmp/new <<-RULES
		-A -t $VIP:80 -s wrr
		-a -t $VIP:80 -r $RIP1:80 -m -w 3
		-a -t $VIP:80 -r $RIP2:80 -m -w 0
		-A -t $VIP:81 -s rr
		-a -t $VIP:81 -r $RIP2:81 -m -w 1
		-A -u $VIP:53 -s rr
	RULES
	is "--replace" "$(shuntadm -R --replace /tmp/new 2>&1; saved)" "$(cat /tmp/new)"
	asked "what stayed goes on" A "who c80"
	! only_shunt || is "what stayed has its counters" "$(counted)" $'1\n1'
	asked "a new connection to port 81" ok "tcp d81 $VIP 81"
	asked "B has it" B "who d81"
	is "and back" "$(shuntadm -R --replace /tmp/old 2>&1; saved)" "$(cat /tmp/old)"
	still_busy "and back"
}

undo() {
	busy
	cat > /tmp/bad <<-RULES
		-D -t $VIP:80
		-d -t $VIP:81 -r $RIP1:81
		-A -t $VIP:83 -s rr
		-e -t $VIP:81 -r $RIP2:81 -m
		-C
		-Q
	RULES
	like "a file that cannot be read" "$(shuntadm -R /tmp/bad 2>&1)" "^/tmp/bad:6: -Q: unknown option"
	is "nothing of it was done" "$(saved)" "$(cat /tmp/old)"
	sed -i '$d' /tmp/bad
	like "a file that the director refuses" "$(shuntadm -R /tmp/bad 2>&1)" \
		$'^/tmp/bad:4: No such destination.*\nNothing of it is applied; --keep-going applies what can be$'
	is "all of it was undone" "$(saved)" "$(cat /tmp/old)"
	still_busy "undone"
}

# A line in the middle of what Shunt takes as one request.
together() {
	nat_up
	cat > /tmp/bad <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m
		-a -t $VIP:80 -r $RIP2:80 -m
		-A -t $VIP:81 -s rr
		-a -t $VIP:81 -r $RIP1:81 -m
		-a -t $VIP:81 -r 224.0.0.1:81 -m
		-a -t $VIP:81 -r $RIP2:81 -m
	RULES
	like "a real server that the director refuses" "$(shuntadm -R /tmp/bad 2>&1)" \
		$'^/tmp/bad:6: Invalid operation.*\nNothing of it is applied; --keep-going applies what can be$'
	is "nothing of it is there" "$(saved)" ""
	like "refused, the others applied" "$(shuntadm -R --keep-going /tmp/bad 2>&1)" '^/tmp/bad:6: Invalid operation.*$'
	is "all of the others are there" "$(saved)" "$(grep -v 224 /tmp/bad | sed 's/-m$/-m -w 1/')"
	sed -i /224/d /tmp/bad
	like "a service that is there already" "$(shuntadm -R /tmp/bad 2>&1)" '^/tmp/bad:1: Service already exists'
	is "what was there stays" "$(saved)" "$(sed 's/-m$/-m -w 1/' /tmp/bad)"
}

run roundtrip replace undo together
