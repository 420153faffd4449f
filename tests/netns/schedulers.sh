#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every scheduler but rr and wrr (scheduling.sh), against stock ip_vs step by step: whom each new connection goes to.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh
#                                    └─ rs2 (B)
#
# Four real servers: ports 80 and 81 of both. Where stock does the same, the order of answers and the connections each
# real server holds are compared.
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# An address as the commands take it, and the real servers of its family.
at() { case $1 in *:*) echo "[$1]";; *) echo "$1";; esac; }
reals() { case $1 in *:*) echo "[$RIP16]:80 [$RIP26]:80 [$RIP16]:81 [$RIP26]:81";;
	*) echo "$RIP1:80 $RIP2:80 $RIP1:81 $RIP2:81";; esac; }

# pool VIP PORT "SCHEDULER OPTIONS" WEIGHT...: a service with a real server for each weight.
pool() {
	local service real weights
	service=$(at "$1"):$2
	weights=("${@:4}")
	{
		echo "-A -t $service -s $3"
		for real in $(reals "$1"); do
			[ ${#weights[@]} -gt 0 ] || break
			echo "-a -t $service -r $real -m -w ${weights[0]}"
			weights=("${weights[@]:1}")
		done
	} | rules
}

# What each real server of a service holds: weight, active and inactive connections.
held() {
	adm -L -n -t "$(at "$1"):$2" | awk '$1 == "->" && $2 != "RemoteAddress:Port" { print $2, $4, $5, $6 }' | sort |
		tr '\n' ';'
}

# went TEXT VIP PORT N [OPTION]...: two tests, that N connections get the answers they get from stock, and are held where
# stock holds them.
went() {
	local text=$1 vip=$2 port=$3
	ask "many tcp $4 $vip $port ${*:5}"
	same "$text: the answers" "$REPLY"
	same "$text: the connections" "$(held "$vip" "$port")"
}

# Connections that are held, that end, that meet another weight or a threshold.
least() {
	local vip scheduler port=8000 text third
	nat_up
	serve 80 81
	for vip in "$VIP" "$VIP6"; do
		third=$(reals "$vip" | cut -d' ' -f3)
		for scheduler in lc wlc sed nq; do
			port=$((port + 1))
			text="$vip, $scheduler"
			pool "$vip" $port $scheduler 1 2 3 4
			went "$text, the first is served at once" "$vip" $port 1 keep="first$port."
			went "$text, held" "$vip" $port 20 keep="held$port."
			went "$text, short ones beside" "$vip" $port 8
			must close "held$port.0"
			must close "held$port.3"
			must close "held$port.7"
			went "$text, after some have ended" "$vip" $port 5 keep="more$port."
			adm -e -t "$(at "$vip"):$port" -r "$third" -m -w 0
			went "$text, without the third" "$vip" $port 8 keep="without$port."
			adm -e -t "$(at "$vip"):$port" -r "$third" -m -w 9
			went "$text, the third is stronger" "$vip" $port 12 keep="again$port."
			adm -e -t "$(at "$vip"):$port" -r "$third" -m -w 9 -x 5
			went "$text, the third is overloaded" "$vip" $port 6 keep="over$port."
		done
	done
}

default() {
	nat_up
	serve 80 81
	rules <<-RULES
		-A -t $VIP:80
		-a -t $VIP:80 -r $RIP1:80 -m -w 1
		-a -t $VIP:80 -r $RIP2:80 -m -w 3
	RULES
	like "without -s it is wlc" "$(adm -S -n)" "-A -t $VIP:80 -s wlc"
	ask "many tcp 40 $VIP 80 keep=t"
	is "held connections follow the weights 1:3" "$(held "$VIP" 80)" "$RIP1:80 1 10 0;$RIP2:80 3 30 0;"
}

run least default
