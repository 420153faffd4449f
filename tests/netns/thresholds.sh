#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Thresholds: a real server takes no new connections from the upper one on, and again below the lower one, which is three quarters
# of the upper one unless it is said. What it has is not disturbed.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh
#                                    └─ rs2 (B)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# All connections that a service's only real server has.
conns() { held "$VIP" "$1" | awk '{ print $3 + $4 }'; }
has() { [ "$(conns "$1")" = "$2" ]; }

# more TEXT PORT N WANTED: of N new connections, which are taken.
more() {
	ask "many tcp $3 $VIP $2 keep=$2.$1."
	REPLY=${REPLY//ECONNREFUSED/-}
	same "$2: $1" "$REPLY"
	is "$2: $1" "$REPLY" "$4"
}

# gone PREFIX FROM TO: these end, and are forgotten ten seconds later.
gone() {
	local n
	for ((n = $2; n <= $3; n++)); do
		must reset "$1$n"
	done
}

thresholds() {
	nat_up
	serve 80 81
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m -x 8 -y 4
		-A -t $VIP:81 -s rr
		-a -t $VIP:81 -r $RIP1:81 -m -x 8
	RULES
	more first 80 10 "A A A A A A A A - -"
	more first 81 10 "A A A A A A A A - -"
	asked "what it has goes on" A "who 80.first.0"

	gone 80.first. 0 3
	gone 81.first. 0 1
	wait_for "4 are left" has 80 4
	wait_for "6 are left" has 81 6
	more at-the-lower-one 80 1 "-"
	more at-three-quarters 81 1 "-"

	gone 80.first. 4 4
	gone 81.first. 2 2
	wait_for "3 are left" has 80 3
	wait_for "5 are left" has 81 5
	more below 80 7 "A A A A A - -"
	more below 81 5 "A A A - -"

	adm -e -t "$VIP:80" -r "$RIP1:80" -m -x 10 -y 4
	adm -e -t "$VIP:81" -r "$RIP1:81" -m -x 0
	more raised-but-not-below 80 4 "- - - -"
	more unlimited 81 4 "A A A A"
	adm -e -t "$VIP:81" -r "$RIP1:81" -m -x 5
	more lowered 81 2 "- -"
}

run thresholds
