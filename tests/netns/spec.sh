#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The module driven by a client that knows nothing but the machine-readable description of the interface, include/netlink/shunt.yaml.
#
#   client ── gw ── director ── lan ── rs1 (tests/lab/topology.sh)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

driven() {
	local line
	only_shunt || return 0
	nat_up
	ip netns exec director /usr/bin/python3 "$TOP/tests/netlink/drive" > /tmp/driven 2>&1
	echo $? > /tmp/driven.status
	while IFS= read -r line; do
		case $line in
		"ok - "*) result ok "${line#ok - }";;
		"not ok - "*) result 'not ok' "${line#not ok - }";;
		*) explain "${line###}";;
		esac
	done < /tmp/driven
	is "the client went to its end" "$(< /tmp/driven.status)" 0
}

run driven
