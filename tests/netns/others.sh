#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The IPVS family as clients other than ipvsadm use it: every way that Go's and Python's libraries are known to write a request, and
# ways that none should. Each answer is, attribute by attribute, what stock gives; where not, tests/diff/differences says why.
#
#   director alone (of the NAT topology, tests/lab/topology.sh)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# Reasons by step: the lines under "= netlink: REASON".
declare -A DIFFERS=()
while IFS= read -r line; do
	case $line in
	"= netlink: "*) reason=${line#= netlink: };;
	"= "*) reason=;;
	*) [ -z "$line" ] || DIFFERS[$line]=${reason:-};;
	esac
done < "$TOP/tests/diff/differences"

# as_stock STEP ANSWER: one test, on Shunt: the answer is stock's, or another on purpose.
as_stock() {
	local reason=${DIFFERS[$1]:-}
	if [ "$LB" = ipvs ] || [ -z "$reason" ]; then
		same "$1" "$2"
	elif [ "$2" = "${STOCK[$SCENARIO/$1]:-$2}" ]; then
		result 'not ok' "$1 (no longer differs: out of the table with it)"
	else
		result ok "$1 (differs: $reason)"
	fi
}

raw() {
	local step answer
	nat_up
	ip netns exec director /usr/bin/python3 "$TOP/tests/netlink/others" IPVS > /tmp/others 2> /tmp/others.err
	is "the client went to its end" "$? $(< /tmp/others.err)" "0 "
	while IFS='|' read -r step answer; do
		as_stock "$step" "$answer"
	done < /tmp/others
}

run raw
