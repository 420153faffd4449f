#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Scheduling: who gets new connections under rr and wrr, weight 0, removed real servers.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh
#                                    └─ rs2 (B)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# How many of the answers in REPLY are A's and B's; anything else shows.
tally() {
	local word a=0 b=0 other=()
	for word in $REPLY; do
		case $word in
		A) a=$((a + 1));;
		B) b=$((b + 1));;
		*) other+=("$word");;
		esac
	done
	echo "A $a B $b ${other[*]:-}"
}

round_robin() {
	local vip
	nat_up
	serve 80
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m -w 1
		-a -t $VIP:80 -r $RIP2:80 -m -w 5
		-A -u $VIP:80 -s rr
		-a -u $VIP:80 -r $RIP1:80 -m
		-a -u $VIP:80 -r $RIP2:80 -m
		-A -t [$VIP6]:80 -s rr
		-a -t [$VIP6]:80 -r [$RIP16]:80 -m
		-a -t [$VIP6]:80 -r [$RIP26]:80 -m
	RULES
	for vip in "$VIP" "$VIP6"; do
		ask "many tcp 20 $vip 80"
		is "$vip, rr gives each the same, whatever the weights" "$(tally)" "A 10 B 10 "
		like "$vip, rr alternates" "$REPLY" '^(A B ){9}A B$|^(B A ){9}B A$'
	done
	ask "many udp 10 $VIP 80"
	is "rr over UDP" "$(tally)" "A 5 B 5 "
}

weighted() {
	local vip
	nat_up
	serve 80
	rules <<-RULES
		-A -t $VIP:80 -s wrr
		-a -t $VIP:80 -r $RIP1:80 -m -w 1
		-a -t $VIP:80 -r $RIP2:80 -m -w 3
		-A -t [$VIP6]:80 -s wrr
		-a -t [$VIP6]:80 -r [$RIP16]:80 -m -w 1
		-a -t [$VIP6]:80 -r [$RIP26]:80 -m -w 3
	RULES
	for vip in "$VIP" "$VIP6"; do
		ask "many tcp 40 $vip 80"
		is "$vip, wrr gives 1:3 exactly" "$(tally)" "A 10 B 30 "
		if only_shunt; then
			like "$vip, in every four there is one for A" "$REPLY" '^((B B B A|B B A B|B A B B|A B B B) ?)*$'
		fi
	done
	adm -e -t "$VIP:80" -r "$RIP1:80" -m -w 2
	adm -e -t "$VIP:80" -r "$RIP2:80" -m -w 2
	ask "many tcp 20 $VIP 80"
	is "wrr after -e with weights 2 and 2" "$(tally)" "A 10 B 10 "
	adm -e -t "$VIP:80" -r "$RIP1:80" -m -w 7
	adm -e -t "$VIP:80" -r "$RIP2:80" -m -w 3
	ask "many tcp 20 $VIP 80"
	is "wrr after -e with weights 7 and 3" "$(tally)" "A 14 B 6 "
	adm -E -t "$VIP:80" -s rr
	ask "many tcp 20 $VIP 80"
	is "rr after -E" "$(tally)" "A 10 B 10 "
}

# Weight 0 takes no new connections and keeps the old ones; so does a real server that is removed.
quiesce() {
	local scheduler
	for scheduler in rr wrr; do
		nat_up
		serve 80
		rules <<-RULES
			-A -t $VIP:80 -s $scheduler
			-a -t $VIP:80 -r $RIP1:80 -m
			-a -t $VIP:80 -r $RIP2:80 -m
			-A -u $VIP:80 -s $scheduler
			-a -u $VIP:80 -r $RIP1:80 -m
		RULES
		ask "many tcp 2 $VIP 80 keep=old"
		is "$scheduler, a connection to each" "$(tally)" "A 1 B 1 "
		local to_a=old0 to_b=old1
		[ "$REPLY" = "A B" ] || { to_a=old1; to_b=old0; }
		adm -e -t "$VIP:80" -r "$RIP1:80" -m -w 0
		ask "many tcp 6 $VIP 80"
		is "$scheduler, weight 0 takes no new connections" "$(tally)" "A 0 B 6 "
		asked "$scheduler, weight 0 keeps its old connection" A "who $to_a"
		adm -e -t "$VIP:80" -r "$RIP1:80" -m -w 1
		ask "many tcp 6 $VIP 80"
		is "$scheduler, weight 1 again" "$(tally)" "A 3 B 3 "
		adm -d -t "$VIP:80" -r "$RIP2:80"
		ask "many tcp 4 $VIP 80"
		is "$scheduler, a removed real server gets nothing new" "$(tally)" "A 4 B 0 "
		same "$scheduler, what the removed server's connection gets" "$(ask "who $to_b"; echo "$REPLY")"
		asked "$scheduler, the other's connection is untouched" A "who $to_a"
		is "$scheduler, the removed server's connections stay listed" \
			"$(connections | grep -c "ESTABLISHED .* $RIP2:80$")" 1
		adm -a -t "$VIP:80" -r "$RIP2:80" -m
		asked "$scheduler, added again, its connection goes on" B "who $to_b"
		down
		flow_off
		flow_on
	done
}

run round_robin weighted quiesce
