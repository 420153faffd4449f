#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The cost of doing nothing: while nothing flows, 10 000 services with their rates wake nobody up; nor do connections after they are
# gone.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh
#                                    └─ rs2 (B)
# What wakes up is a timer or a piece of work of the module's, which the kernel's tracer sees.
# shellcheck disable=SC2016
LBS=shunt
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

TRACING=/sys/kernel/tracing
SERVICES=10000

trace_on() {
	mountpoint -q $TRACING || mount -t tracefs tracefs $TRACING
	echo 1 > $TRACING/events/timer/timer_expire_entry/enable
	echo 1 > $TRACING/events/timer/hrtimer_expire_entry/enable
	echo 1 > $TRACING/events/workqueue/workqueue_execute_start/enable
}

trace_off() { echo 0 > $TRACING/events/enable; }

# What of the module has run within N seconds, a line each, and kernel threads that would be ours.
woken() {
	echo > $TRACING/trace
	sleep "$1"
	grep -o 'function[= ][^ ]* \[shunt\]' $TRACING/trace | sort | uniq -c | awk '{ print $3, $1 }'
	pgrep -l shunt
}
quiet() { [ -z "$(woken 2)" ]; }

idle() {
	nat_up
	serve 80
	{
		awk -v n=$SERVICES -v rip="$RIP1" 'BEGIN {
			for (i = 0; i < n; i++) {
				vip = "10.1." int(i / 250) "." i % 250 + 1
				print "-A -t " vip ":80 -s rr\n-a -t " vip ":80 -r " rip ":" 1000 + i " -m"
			}
		}'
		echo "-A -t $VIP:80 -s rr"
		echo "-a -t $VIP:80 -r $RIP1:80 -m"
	} | rules
	is "so many services" "$(adm -L -n | grep -c '^TCP')" $((SERVICES + 1))
	adm --set 0 1 0
	trace_on
	is "they wake nobody up" "$(woken 5)" ""

	must tcp t "$VIP" 80
	must hold t
	asked "a connection" A "who t"
	like "while there is one, it is looked after once a second" "$(woken 5)" '^turn [3-6]$'
	must reset t
	wait_for "it is gone" no_connections
	wait_for "and wakes nobody up any more" quiet
	trace_off
}

no_connections() { [ -z "$(connections)" ]; }

run idle
