#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Defence against floods: drop_packet, drop_entry and secure_tcp, always and while memory is scarce, next to what stock's do.
#
#   client ── gw ── director ── lan ─┬─ rs1      NAT, tests/lab/topology.sh; client and rs1 do not have their addresses:
#                                    └─ rs2      all that happens to a connection is forged
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# A second in which the modes are looked at, and some more.
DEFENDED=1.5

mode() { in_director cat "$VS/$1"; }
mode_is() { [ "$(mode "$1")" = "$2" ]; }

silence() {
	nat_up
	must ns client
	ip -n rs1 route del local "$RIP1" dev eth0 table local
	ip -n client route del local "$CIP" dev eth0 table local
	ip -n gw neighbour replace "$CIP" lladdr "$client_mac" dev eth0 nud permanent
	ip -n director neighbour replace "$RIP1" lladdr "$rs1_mac" dev eth1 nud permanent
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m
		-A -t $VIP:81 -s rr
		-a -t $VIP:81 -r $RIP1:81 -g
	RULES
}

# Connections by their client's port: "port state" a line.
states() { adm -L -n -c | awk '$2 ~ /:/ { port = $4; sub(/.*:/, "", port); print port, $3 }' | sort -n; }

# syns FIRST N [PORT]: forged SYNs from so many ports.
syns() {
	local port
	for ((port = $1; port < $1 + $2; port++)); do
		must raw "$CIP" $port "$VIP" "${3:-80}" S
	done
}

# missing FIRST N: which of them made no connection, counted from 0.
missing() { states | awk -v first="$1" -v n="$2" '{ has[$1] = 1 } END { for (i = 0; i < n; i++) if (!has[first + i]) printf "%d ", i }'; }
known() { states | grep -q "^$1 "; }

files() {
	silence
	# shellcheck disable=SC2016
	same "values, good and bad, no memory being scarce" "$(in_director bash -c '
		echo 0 > "$1/amemthresh"
		for knob in drop_entry drop_packet secure_tcp; do
			for value in 2 -1 4 3 2147483648 abc "1 2" "" 1 0; do
				echo "$value" 2>/dev/null > "$1/$knob"
				echo "$knob: \"$value\", status $?, then $(< "$1/$knob")"
			done
		done' - $VS 2>&1)"
	local knob
	for knob in drop_entry drop_packet secure_tcp; do
		set_knob amemthresh 0 $knob 1
		is "$knob, 1 where memory is not scarce" "$(mode $knob)" 1
		set_knob amemthresh 2147483647
		wait_for "$knob, 1 becomes 2 when memory gets scarce" mode_is $knob 2
		set_knob amemthresh 0
		wait_for "$knob, and 1 again afterwards" mode_is $knob 1
		set_knob $knob 0 amemthresh 2147483647
		sleep $DEFENDED
		is "$knob, 0 stays 0" "$(mode $knob)" 0
		set_knob $knob 3 amemthresh 0
		sleep $DEFENDED
		is "$knob, 3 stays 3" "$(mode $knob)" 3
		set_knob $knob 0
	done
}

# rate FIRST N: which SYNs of so many were dropped.
rate() {
	tap director:eth0
	syns "$1" "$2"
	untap
	missing "$1" "$2"
}

drop_packet() {
	local dropped
	silence
	is "0: nothing is dropped" "$(rate 2000 20)" ""
	set_knob am_droprate 10 drop_packet 3
	sleep $DEFENDED
	dropped=$(rate 2100 40)
	same "3 and am_droprate=10: one of 10 is dropped" "$dropped"
	is "3 and am_droprate=10: one of 10 is dropped" "$dropped" "0 10 20 30 "
	! only_shunt || is "and counted" "$(adm -L --drops | awk '$1 == "defence" { print $2 }')" 4

	# What has a connection is left alone.
	tap director:eth1
	for _ in {1..30}; do
		must raw "$CIP" 2001 "$VIP" 80 A
	done
	untap
	is "a connection's packets are not" "$(count 'dir == "out" && sport == 2001')" 30

	set_knob am_droprate 0
	sleep $DEFENDED
	rate 2200 5 > /dev/null
	is "am_droprate=0 drops nothing" "$(rate 2300 20)" ""
	set_knob am_droprate 1
	sleep $DEFENDED
	rate 2400 20 > /dev/null
	is "am_droprate=1 drops all" "$(rate 2500 10)" "0 1 2 3 4 5 6 7 8 9 "

	# The rate follows from what is missing: with a threshold a quarter above what there is, one of five.
	set_knob drop_packet 0 am_droprate 10
	set_knob amemthresh $(($(available) * 5 / 4)) drop_packet 2
	sleep $DEFENDED
	is "2, memory is scarce" "$(mode drop_packet)" 2
	like "2: as many as memory is missing" "$(rate 2600 40 | wc -w)" '^([6-9]|10)$'
	set_knob amemthresh 0
	wait_for "1, there is enough" mode_is drop_packet 1
	is "1: nothing is dropped" "$(rate 2700 20)" ""
}

# In pages: what each takes for available.
available() {
	if only_ipvs; then
		awk '/^(MemFree|Buffers):/ { n += $2 } END { print int(n / 4) }' /proc/meminfo
	else
		awk '/^MemAvailable:/ { print int($2 / 4) }' /proc/meminfo
	fi
}

# How many half-open and open connections there are.
half_open() { states | grep -cE ' (SYN_RECV|SYNACK)$'; }
open() { states | grep -c ' ESTABLISHED$'; }
fewer() { [ "$(half_open)" -lt "$1" ]; }

drop_entry() {
	local before port
	silence
	for port in {3000..3019}; do
		must raw "$CIP" "$port" "$VIP" 80 S
		must raw "$CIP" "$port" "$VIP" 80 A
	done
	syns 4000 300
	wait_for "a flood came by" known 4299
	before=$(half_open)
	is "0: half-open connections stay" "$before" 300
	set_knob drop_entry 3
	# 1/32 a second, at random: 20 s would leave half of them.
	wait_for "3: they are dropped" fewer 270
	is "3: no open one is" "$(open)" 20
	set_knob drop_entry 0
	sleep $DEFENDED
	before=$(half_open)
	like "some are left" "$before" '^[1-9]'
	sleep $DEFENDED
	is "0: they stay again" "$(half_open)" "$before"
	set_knob drop_entry 1 amemthresh 2147483647
	wait_for "1, and memory is scarce: they are dropped" fewer $((before - 15))
	set_knob amemthresh 0
	wait_for "1, there is enough" mode_is drop_entry 1
	is "no open one was" "$(open)" 20
	set_knob drop_entry 0
}

# Associations in a state.
in_state() { states | grep -c " $1\$"; }
below() { [ "$(in_state "$1")" -lt "$2" ]; }

# What waits for its client's cookie. Stock forgets what waits for the server's alone.
drop_sctp() {
	local port
	silence
	rules <<-RULES
		-A --sctp-service $VIP:80 -s rr
		-a --sctp-service $VIP:80 -r $RIP1:80 -m
	RULES
	for port in {3000..3019}; do
		must chunk "$CIP" "$port" "$VIP" 80 1
		must ns rs1
		must chunk "$RIP1" 80 "$CIP" "$port" 2
		must ns client
		must chunk "$CIP" "$port" "$VIP" 80 10
		must ns rs1
		must chunk "$RIP1" 80 "$CIP" "$port" 11
		must ns client
	done
	for port in {4000..4099}; do
		must chunk "$CIP" "$port" "$VIP" 80 1
		must chunk "$CIP" "$port" "$VIP" 80 1
		must chunk "$CIP" "$((port + 1000))" "$VIP" 80 1
		must ns rs1
		must chunk "$RIP1" 80 "$CIP" "$((port + 1000))" 2
		must ns client
	done
	wait_for "a flood of SCTP came by" known 5099
	is "0: half-open associations stay" "$(in_state INIT) $(in_state C-SENT)" "100 100"
	set_knob drop_entry 3
	# 1/32 a second; by themselves they would go all at once.
	wait_for "3: those without an answer are dropped" below INIT 90
	! only_shunt || wait_for "3: those with one, too" below C-SENT 90
	is "3: not all at once" "$(($(in_state INIT) > 10))" 1
	is "3: no open one is" "$(in_state ESTABLISHED)" 20
	set_knob drop_entry 0
}

# play METHOD FIRST SEQUENCE...: each sequence of segments, c from the client and s from the server, on a port of its own; then its
# state.
play() {
	local vport=$1 port=$2 sequence event
	local -A of=()
	shift 2
	for sequence in "$@"; do
		of[$((++port))]=$sequence
		for event in ${sequence//:/ }; do
			if [[ $event = c* ]]; then
				must ns client
				must raw "$CIP" $port "$VIP" "$vport" "${event#c}"
			else
				must ns rs1
				must raw "$RIP1" "$vport" "$CIP" $port "${event#s}"
			fi
		done
	done
	must ns client
	while read -r port state; do
		[ -z "${of[$port]:-}" ] || echo "${of[$port]} $state"
	done < <(states) | sort
}

secure_tcp() {
	local nat=(cS cS:cA cS:cR cS:cF cS:sSA cS:sSA:cA cS:sSA:cR cS:sSA:cF cS:sSA:cS cS:sSA:cA:sA cS:sSA:sA cS:sSA:sF cS:sSA:sR
		cS:cA:sSA cS:cA:sSA:cA:sA:cF cS:sSA:cA:sA:sF cS:sSA:cA:sA:cF:sF cS:sSA:cA:sA:cR cS:sA cS:sR cS:sF cS:cA:cA:cF)
	local dr=(cS cS:cA cS:cR cS:cF cS:cA:cF cS:cA:cR cS:cA:cF:cA cS:cS:cA cS:cA:cS) result
	silence
	# A SYN on a connection that is over would begin another.
	set_knob conn_reuse_mode 0
	result=$(play 80 5000 "${nat[@]}")
	same "0: NAT" "$result"
	like "0: NAT, a client opens a connection" "$result" 'cS:cA ESTABLISHED'
	same "0: DR" "$(play 81 5100 "${dr[@]}")"
	set_knob secure_tcp 3
	sleep $DEFENDED
	result=$(play 80 5200 "${nat[@]}")
	same "3: NAT" "$result"
	like "3: NAT, a client's ACK opens nothing" "$result" 'cS:cA SYN_RECV'
	like "3: NAT, nor behind the server's SYN+ACK" "$result" 'cS:sSA:cA SYNACK'
	like "3: NAT, the server's word does" "$result" 'cS:sSA:cA:sA ESTABLISHED'
	result=$(play 81 5300 "${dr[@]}")
	same "3: DR" "$result"
	like "3: DR, the client's word has to do" "$result" 'cS:cA ESTABLISHED'
	must raw "$CIP" 5390 "$VIP" 81 S
	wait_for "3: DR, another" known 5390
	like "3: SYNACK lasts two minutes" "$(connections | awk '$4 ~ /:5390$/ { print $2, $3 }')" '^SYNACK 1[12]0$'
	set_knob secure_tcp 2 amemthresh 2147483647
	sleep $DEFENDED
	is "2, and memory is scarce: strict" "$(play 80 5400 cS:sSA:cA)" "cS:sSA:cA SYNACK"
	set_knob amemthresh 0
	wait_for "1, there is enough" mode_is secure_tcp 1
	is "1: as before" "$(play 80 5500 cS:sSA:cA)" "cS:sSA:cA ESTABLISHED"
}

run files drop_packet drop_entry drop_sctp secure_tcp
