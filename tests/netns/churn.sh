#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Churn: everything that can change does so at random and at once, under traffic, on two CPUs; afterwards all is as it was before,
# memory included. And the module comes and goes many times, with a service and traffic in between.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh
#                                    └─ rs2 (B)
# CHURN_SECONDS (8) is how long, CHURN_SEED (that of the clock, which is told) what is done, CYCLES (20) how many times the module
# comes and goes.
# awk and the shells in other netns have variables of their own.
# shellcheck disable=SC2016
LBS=shunt
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/load.sh
. "$TOP/tests/lab/load.sh"

CHURN_SECONDS=${CHURN_SECONDS:-8}
CHURN_SEED=${CHURN_SEED:-$EPOCHSECONDS}
CYCLES=${CYCLES:-20}
KO=${SHUNT_KO:-$BUILD/$(uname -r)/shunt.ko}

# --- memory: what a module can leave behind is in these places

# Whatever waits for a grace period has had its turn when the module is unloaded; netns take a little longer, and the kernel keeps
# the last of them until another goes. What is free in the middle of others counts as free once the caches have been shrunk.
memory_by_use() {
	local file
	ip netns add last
	ip netns delete last
	until namespaces_gone; do :; done
	echo 3 > /proc/sys/vm/drop_caches
	for file in /sys/kernel/slab/*/shrink; do echo 1 > "$file"; done
	echo 1 > /proc/sys/vm/stat_refresh
	{
		awk '/^(kmalloc|shunt|skbuff|ip6?_dst|net_namespace|:)/ { print $1, $2 * $4 / 1024 }' /proc/slabinfo
		# What is too large for a cache counts as memory of the caches all the same.
		awk 'NR == FNR { if (FNR > 2) pages += $15 * $6; next } $1 == "Slab:" { print "large", $2 - pages * 4 }' /proc/slabinfo /proc/meminfo
		awk '{ sub(":", "", $1); kib[$1] = $2 } END {
			print "percpu", kib["Percpu"]
			print "vmalloc", kib["VmallocUsed"] - kib["KernelStack"] }' /proc/meminfo
	} | sort > "/tmp/memory.$1"
}

# steady TEXT KIB: one test, that no more than that has been lost between memory.before and memory.after.
steady() {
	local lost
	memory_by_use after
	lost=$(join /tmp/memory.before /tmp/memory.after | awk '{ n += $3 - $2 } END { print int(n) }')
	is "$1: $lost KiB more are in use than before, up to $2 may be" "$((lost <= $2))" 1 ||
		explain "$(join /tmp/memory.before /tmp/memory.after | awk '$2 != $3')"
}

# --- traffic

services() {
	local proto vip
	for proto in t u; do
		for vip in "$VIP" "[$VIP6]"; do
			echo "-A -$proto $vip:80 -s rr"
		done
		echo "-a -$proto $VIP:80 -r $RIP1:80 -m"
		echo "-a -$proto $VIP:80 -r $RIP2:80 -m"
		echo "-a -$proto [$VIP6]:80 -r [$RIP16]:80 -m"
		echo "-a -$proto [$VIP6]:80 -r [$RIP26]:80 -m"
	done | rules
}

# A thousand flows of UDP from each CPU, over IPv4 from the first and over IPv6 from the last, with pauses that leave it other work.
load_on() {
	local last=$(($(nproc) - 1))
	load_from eth1@0 0
	load_from eth1@1$last $last
	pgset eth1@0 "delay 300000"
	pgset eth1@1$last "delay 300000"
	pgset eth1@0 "dst $VIP"
	pgset eth1@0 "src_min $CIP"
	pgset eth1@0 "src_max $CIP"
	pgset eth1@1$last "dst6 $VIP6"
	pgset eth1@1$last "src6 $CIP6"
	load_begins
}

# IPv6 beside the flood over IPv4, and forged SCTP: INIT, and what may follow.
others_on() {
	exec {OTHERS}> >(exec "$BUILD/bin/flow" > /dev/null)
	printf '%s\n' "ns client" "flood $VIP6 80" >&"$OTHERS"
}
sctp() {
	local port=1024 chunk
	for chunk in 1 10 0 3 7; do
		echo "chunk $CIP $((port + RANDOM % 100)) $VIP 80 $chunk" >&"$OTHERS"
	done
}
others_off() { exec {OTHERS}>&-; }

# --- what changes

storm_over() { ! kill -0 "$STORM" 2>/dev/null; }

# churn_for SECONDS SEED: all of it; one test for each job, that it has done something, and one that nothing was lost on the way.
churn_for() {
	local job n
	ip netns exec director "$BUILD/bin/churn" "$2" "$1" "$VIP,$VIP6" "$RIP1,$RIP2,$DIP,$RIP16,$RIP26" \
		edit edit knobs read list listen nets "module=$KO" > /tmp/churn &
	STORM=$!
	until storm_over; do
		replace_eth1
		sctp
		nap
	done
	wait "$STORM"
	is "seed $2, $1 s: each request has had its answer" "$?" 0
	for job in edit knobs read list listen nets; do
		n=$(awk -v job=$job '$1 == job { n += $2 } END { print n + 0 }' /tmp/churn)
		like "$job: $(awk -v job=$job '$1 == job { n += $2; r += $3 } END { print n " done, " r " refused" }' /tmp/churn)" "$n" '^[1-9]'
	done
}

connections_gone() { [ "$(in_director awk '$1 == "connections" { print $2 }' /proc/net/shunt_table)" = 0 ]; }

# The sysctls as a netns has them at first.
knobs_reset() {
	local file
	for file in "$VS"/*; do
		echo "${file##*/} $(ip netns exec gw cat "$file")"
	done | while read -r file value; do echo "$VS/$file $value"; done | in_director bash -c '
		while read -r file value; do [ "$(< "$file")" = "$value" ] || echo "$value" > "$file"; done'
}

# storm SECONDS SEED: from an empty machine to an empty machine.
storm() {
	nat_up
	serve 80 81
	services
	must flood "$VIP" 80
	others_on
	load_on
	churn_for "$1" "$2"
	load_off
	others_off

	lsmod | grep -q '^shunt ' || lb_load
	knobs_reset
	in_director sysctl -qw net.ipv4.vs.expire_nodest_conn=1
	adm -C
	is "nothing is configured after a flush" "$(adm -S -n | grep -v '^--set')" ""
	must calm
	wait_for "no connection is left after it" connections_gone
	services
	must flood "$VIP" 80
	mark
	wait_for "traffic flows again" more_answers
	ip netns delete director
	must calm
	flow_off
	down_for_good
	is "the module can be unloaded" "$(rmmod shunt 2>&1)" ""
	lb_load
	flow_on
}

churn() {
	# Once for all that the kernel makes when it is first asked for it.
	storm 4 $((CHURN_SEED + 1)) > /tmp/first || cat /tmp/first
	rmmod shunt
	memory_by_use before
	lb_load
	storm "$CHURN_SECONDS" "$CHURN_SEED"
	rmmod shunt
	steady "memory" 1024
	lb_load
}

cycles() {
	rmmod shunt
	cp "$KO" /tmp/shunt.ko
	is "the module comes and goes" "$("$BUILD/bin/churn" cycles 5 /tmp/shunt.ko 2>&1)" "cycles 5"
	memory_by_use before
	is "and $CYCLES times more, with a service and traffic each time" \
		"$("$BUILD/bin/churn" cycles "$CYCLES" /tmp/shunt.ko 2>&1)" "cycles $CYCLES"
	steady "memory" 512
	lb_load
}

run churn cycles
