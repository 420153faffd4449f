#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# drop_entry and flows of UDP: what was said once, and is silent for a minute, goes. Slow, as that minute really passes.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh
#                                    └─ rs2 (B)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# flows THOUSAND: how many there are from those ports.
flows() { connections | grep -c "^UDP .* $CIP:$1[0-9][0-9][0-9] "; }
fewer() { [ "$(flows "$1")" -lt "$2" ]; }

pass() { while ((SECONDS - LAST < $1)); do nap; done; }

drop_flows() {
	local i
	nat_up
	serve 80
	rules <<-RULES
		-A -u $VIP:80 -s rr
		-a -u $VIP:80 -r $RIP1:80 -m
	RULES
	for i in {000..099}; do
		must udp "once$i" "$VIP" 80 sport="10$i"
		must udp "often$i" "$VIP" 80 sport="11$i"
		must who "often$i"
	done
	LAST=$SECONDS
	pass 3
	for i in {000..099}; do
		must send "once$i" 64
		for _ in {1..9}; do must who "often$i"; done
	done
	is "all of them are known" "$(flows 10) $(flows 11)" "100 100"
	LAST=$SECONDS
	set_knob drop_entry 3
	pass 20
	is "before the minute is over none is dropped" "$(flows 10) $(flows 11)" "100 100"
	pass 61
	wait_for "then what was said once is" fewer 10 80
	is "what was said for longer is not" "$(flows 11)" 100
	set_knob drop_entry 0
}

run drop_flows
