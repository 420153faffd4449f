#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Attacks: floods from all over the world at the table's limit touch no connection that is there, nor who administers the director,
# nor its memory; clients that are chosen so that they meet in the table do so no more than others.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh; what is forged comes from gw
#                                    └─ rs2 (B)
# Port 80 is served. Behind 99 nobody listens. The floods go on for ATTACK_ROUNDS (2); of each kind of chosen clients there are
# ATTACK_CLIENTS (8000).
# awk has variables of its own.
# shellcheck disable=SC2016
LBS=shunt
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

ATTACK_ROUNDS=${ATTACK_ROUNDS:-2}
ATTACK_CLIENTS=${ATTACK_CLIENTS:-8000}
LIMIT=400

attack() { ip netns exec gw "$BUILD/bin/attack" "$@"; }
table() { in_director awk -v name="$1" '$1 == name { print $2 }' /proc/net/shunt_table; }
holds() { [ "$(table connections)" = "$1" ]; }

services() {
	local proto
	nat_up
	serve 80
	for proto in t u; do
		cat <<-RULES
			-A -$proto $VIP:80 -s rr
			-a -$proto $VIP:80 -r $RIP1:80 -m
			-a -$proto $VIP:80 -r $RIP2:80 -m
			-A -$proto [$VIP6]:80 -s rr
			-a -$proto [$VIP6]:80 -r [$RIP16]:80 -m
			-a -$proto [$VIP6]:80 -r [$RIP26]:80 -m
			-A -$proto $VIP:99 -s rr
			-a -$proto $VIP:99 -r $RIP1:99 -g
			-A -$proto [$VIP6]:99 -s rr
			-a -$proto [$VIP6]:99 -r [$RIP16]:99 -g
		RULES
	done | rules
}

# --- floods

# Who is there before the flood: t1 and on by TCP, u1 and on by UDP, the even ones over IPv6.
OLD=(t1 t2 t3 t4 t5 t6 u1 u2 u3 u4 u5 u6)
declare -A WHOSE=()

# speak ID: who answers is in $REPLY.
speak() {
	case $1 in
	t*) ask "who $1";;
	u*) ask "echo $1 100";;
	esac
}

greet() {
	local id vip
	for id in "${OLD[@]}"; do
		vip=$VIP
		((${id#?} % 2)) || vip=$VIP6
		case $id in
		t*) must tcp "$id" "$vip" 80;;
		u*) must udp "$id" "$vip" 80;;
		esac
		speak "$id"
		WHOSE[$id]=$REPLY
	done
}

# Those who are not answered by who answered at first.
lost() {
	local id
	for id in "${OLD[@]}"; do
		speak "$id"
		[[ $REPLY = "${WHOSE[$id]}" && $REPLY != error* ]] || echo "$id: was with ${WHOSE[$id]}, now $REPLY"
	done
}

floods_on() {
	local proto vip
	FLOODS=()
	for proto in tcp udp; do
		for vip in "$VIP" "$VIP6"; do
			ip netns exec gw "$BUILD/bin/attack" random $proto 0 "$vip" 99 > "/tmp/sent.$proto.$vip" &
			FLOODS+=($!)
		done
	done
}

# In SENT: how many packets all of them have sent in the end. Only who has begun them can wait for it.
floods_off() {
	kill -TERM "${FLOODS[@]}"
	wait "${FLOODS[@]}"
	SENT=$(cat /tmp/sent.* | awk '{ n += $1 } END { print n }')
	rm /tmp/sent.*
}
flooding() { kill -0 "${FLOODS[@]}" 2>/dev/null; }

# What has to have come in for the limit to have been met again and again.
spared() { (($(table spared) > $1)); }

unreclaimable() { awk '$1 == "SUnreclaim:" { print $2 }' /proc/meminfo; }
in_states() { adm -L -n -c | awk -v vip="$(at "$VIP"):80" -v vip6="$(at "$VIP6"):80" '$5 == vip || $5 == vip6 { print $1, $3 }' | sort | uniq -c | xargs; }

# On a debug kernel, where one waits for longer, a handshake may take longer than what is half open can stay: there one tries again.
gets_through() {
	local tries=$((WAIT / 30))
	while ask "tcp $1 $VIP 80"; [ "$REPLY" != ok ] && ((--tries > 0)); do :; done
}

flood() {
	local round before most=0 now there
	services
	set_knob conn_max $LIMIT
	greet
	is "everybody is served" "$(lost)" ""
	there=$(in_states)
	before=$(unreclaimable)
	floods_on
	for ((round = 1; round <= ATTACK_ROUNDS; round++)); do
		wait_for "round $round: thousands have come and gone" spared $((round * 3000))
		is "round $round: each connection is where it was" "$(lost)" ""
		is "round $round: a change is made, and seen" "$(adm -A -t "$VIP:81" -s rr 2>&1; adm -S -n | grep -c ":81 "; adm -D -t "$VIP:81")" 1
		like "round $round: who is there is listed" "$(adm -L -n -c | grep -c :)" '^[34][0-9][0-9]$'
		gets_through new$round
		is "round $round: a new client gets through" "$REPLY" ok
		must close new$round
		like "round $round: there are as many as may be" "$(($(table connections) <= LIMIT + $(nproc) * 4))" 1
		now=$(unreclaimable)
		((now <= most)) || most=$now
	done
	is "all the while the floods went on" "$(flooding && echo so)" so
	floods_off
	like "and had sent as much ($SENT packets)" "$((SENT > ATTACK_ROUNDS * 3000))" 1
	is "all that was there is there, and in its state" "$(in_states | sed 's/ *[0-9]* TCP FIN_WAIT//; s/ *[0-9]* TCP TIME_WAIT//; s/ *[0-9]* TCP CLOSE_WAIT//')" "$there"
	is "memory: $((most - before)) KiB more at most, 16 MiB may be" "$((most - before < 16384))" 1
}

# --- chosen clients

# Pairs of entries that are in one bucket, against those of a random function: n of them in b buckets make n (n - 1) / 2 b. The
# standard deviation is about the root of that; no more than six of them are chance.
meetings() {
	in_director awk '
		$1 == "entries" { n = $2 } $1 == "buckets" { b = $2 }
		$1 == "chain" { pairs += $3 * $2 * ($2 - 1) / 2; longest = $2 }
		END { due = n * (n - 1) / 2 / b
			print (pairs - due < 6 * sqrt(due) && longest < 12) ? "as by chance" : "too many"
			print pairs " meet, " due " are due, the longest chain is " longest > "/tmp/meetings" }' /proc/net/shunt_table
}

# Services without connections, to begin with.
cleared() {
	adm -C
	wait_for "${1:-the table} is empty again" holds 0
	rules <<-RULES
		-A -u $VIP:99 -s rr
		-a -u $VIP:99 -r $RIP1:99 -g
		-A -u [$VIP6]:99 -s rr
		-a -u [$VIP6]:99 -r [$RIP16]:99 -g
	RULES
}

chosen() {
	local vip who whos="random sequential sum xor high"
	services
	set_knob conn_max 0 expire_nodest_conn 1
	for vip in "$VIP" "$VIP6"; do
		[ "$vip" = "$VIP" ] || whos="sum high"
		for who in $whos; do
			cleared "$vip, before $who: the table"
			is "$vip, $who: $ATTACK_CLIENTS clients" "$(attack "$who" udp "$ATTACK_CLIENTS" "$vip" 99)" "$ATTACK_CLIENTS"
			wait_for "$vip, $who: all of them are there" full "$who"
			is "$vip, $who: they meet" "$(meetings)" "as by chance"
			explain "$(cat /tmp/meetings)"
		done
	done
}
# Chance may have chosen somebody twice.
full() { (($(table connections) >= ATTACK_CLIENTS - ($([ "$1" = random ] && echo 10 || echo 0)))); }

# Who knows where his connections are in one table does not know it of the next.
order() {
	services
	attack sequential udp 1000 "$VIP" 99 > /tmp/sent
	wait_for "a thousand clients" holds 1000
	in_director awk 'NR > 1 { print $2, $3 }' /proc/net/ip_vs_conn > "/tmp/order.$1"
	down_for_good
}

keys() {
	order 1
	rmmod shunt
	lb_load
	order 2
	is "another load has the same clients" "$(sort /tmp/order.1 | cksum)" "$(sort /tmp/order.2 | cksum)"
	is "in another order" "$(paste -d= /tmp/order.1 /tmp/order.2 | awk -F= '$1 == $2 { n++ } END { print n < 50 }')" 1
}

run flood chosen keys
