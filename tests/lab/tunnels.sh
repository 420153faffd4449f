# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Every kind of tunnel there is, to real servers REAL1, REAL2 and, IPv6, REAL16, REAL26. Sourced by test files, behind lib.sh.

GUE_PORT=6080

# Every kind of tunnel: its options, and which real server takes it.
KINDS=(
	"--tun-type ipip|1"
	"--tun-type gue --tun-port $GUE_PORT --tun-nocsum|1"
	"--tun-type gue --tun-port $GUE_PORT --tun-csum|2"
	"--tun-type gue --tun-port $GUE_PORT --tun-remcsum|1"
	"--tun-type gre --tun-nocsum|1"
	"--tun-type gre --tun-csum|2"
)

# each COMMAND...: for every combination of kind and families, in order, runs COMMAND with variables set: title, port (the virtual
# service's), sport (a client's), cip, vip, rip (addresses), tun (options), who (A or B).
each() {
	local kind n service server rip1 rip2 title port=8000 sport=20000 cip vip rip tun who
	for service in 4 6; do
		for server in 4 6; do
			[ $service = 4 ] && cip=$CIP vip=$VIP || cip=$CIP6 vip=$VIP6
			[ $server = 4 ] && rip1=$REAL1 rip2=$REAL2 || rip1=$REAL16 rip2=$REAL26
			for kind in "${KINDS[@]}"; do
				n=${kind#*|} tun=${kind%|*}
				[ "$n" = 1 ] && rip=$rip1 who=A || rip=$rip2 who=B
				port=$((port + 1)) sport=$((sport + 10))
				title="IPv$service in IPv$server ${tun//--tun-/}"
				"$@"
			done
		done
	done
}

rule() {
	local proto
	for proto in t u; do
		echo "-A -$proto $(at "$vip"):$port -s rr"
		echo "-a -$proto $(at "$vip"):$port -r $(at "$rip"):$port -i $tun"
	done
}
