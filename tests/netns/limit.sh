#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# conn_max, which stock does not have: what is put out where the table is full, what is refused and how that is told, who may
# raise it; /proc/net/shunt_table.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh
#                                    └─ rs2 (B)
# Port 80 is served. Behind 99 nobody listens: all that happens there is forged, and the service is one of direct routing.
# awk has variables of its own.
# shellcheck disable=SC2016
LBS=shunt
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

services() {
	nat_up
	serve 80
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m
		-a -t $VIP:80 -r $RIP2:80 -m
		-A -u $VIP:80 -s rr
		-a -u $VIP:80 -r $RIP1:80 -m
		-a -u $VIP:80 -r $RIP2:80 -m
		-A -t $VIP:99 -s rr
		-a -t $VIP:99 -r $RIP1:99 -g
		-A -u $VIP:99 -s rr
		-a -u $VIP:99 -r $RIP1:99 -g
	RULES
}

# What the table's file says of NAME.
table() { in_director awk -v name="$1" '$1 == name { print $2 }' /proc/net/shunt_table; }
holds() { [ "$(table connections)" = "$1" ]; }

# state_of PORT: of the client's connection from there.
state_of() { connections | awk -v port="$1" '$4 ~ ":" port "$" { print $2 }'; }
known() { [ -n "$(state_of "$1")" ]; }
states() { connections | awk '{ print $2 }' | sort | uniq -c | awk '{ print $2, $1 }' | tr '\n' ';'; }

# open FIRST N: as many connections that are established as far as can be seen.
open() {
	local port
	for ((port = $1; port < $1 + $2; port++)); do
		must raw "$CIP" $port "$VIP" 99 S
		must raw "$CIP" $port "$VIP" 99 A
	done
}

half_open() {
	local port
	for ((port = $1; port < $1 + $2; port++)); do
		must raw "$CIP" $port "$VIP" 99 S
	done
}

log_lines() { dmesg | grep -c "shunt: netns $(stat -Lc %i /run/netns/director) is full: net.ipv4.vs.conn_max allows $1 "; }

# The oldest that has got nowhere goes first, and nothing that has got somewhere.
order() {
	services
	set_knob conn_max 60
	open 1000 20
	half_open 2000 40
	wait_for "as many as may be" holds 60
	half_open 3000 30
	wait_for "the last has come by" known 3029
	is "all new ones are there, and as many of the older ones have gone" "$(states)" "ESTABLISHED 20;SYN_RECV 40;"
	is "the oldest ones" "$(connections | awk '$4 ~ /:20/ { print $4 }' | sort | head -n 1)" "$CIP:2030"
	is "so many are counted" "$(table spared)" 30
	is "none was refused" "$(drops conn_max)" 0

	# A FIN leaves a connection what it is; a RST ends it.
	must raw "$CIP" 1000 "$VIP" 99 FA
	must raw "$CIP" 1001 "$VIP" 99 R
	wait_for "one is over" grep -q "^TCP CLOSE .*:1001 " <(connections)
	half_open 4000 40
	wait_for "the last has come by" known 4039
	is "the one that is over is not spared" "$(states)" "ESTABLISHED 18;FIN_WAIT 1;SYN_RECV 41;"
	must raw "$CIP" 4000 "$VIP" 99 A
	half_open 5000 60
	wait_for "the last has come by" known 5059
	is "one that was opened meanwhile is" "$(state_of 4000) $(states)" "ESTABLISHED ESTABLISHED 19;FIN_WAIT 1;SYN_RECV 40;"
	is "none was refused" "$(drops conn_max)" 0
}

refusal() {
	services
	set_knob conn_max 50
	open 1000 50
	wait_for "as many as may be, all of them established" holds 50
	is "nothing is told yet" "$(log_lines 50)" 0
	# Those that opened are looked at once each.
	half_open 2000 20
	wait_for "none can be spared: 20 are refused" is_count conn_max 20
	is "all are as they were" "$(states)" "ESTABLISHED 50;"
	is "the log says it, once" "$(log_lines 50)" 1
	must udp u "$VIP" 99
	must send u 10
	wait_for "a datagram is refused, too" is_count conn_max 21
	must raw "$CIP" 1007 "$VIP" 99 A
	must raw "$CIP" 1008 "$VIP" 99 R
	half_open 3000 1
	wait_for "one that is over makes room" known 3000
	is "and nothing else was refused" "$(drops conn_max) $(table connections)" "21 50"

	# A limit that was raised, lowered, taken away.
	set_knob conn_max 55
	half_open 3001 5
	wait_for "raised, there is room" holds 55
	set_knob conn_max 52
	half_open 4000 3
	wait_for "lowered, it is reached by and by" holds 52
	set_knob conn_max 0
	half_open 5000 50
	wait_for "0 is no limit" known 5049
	is "established are all but the one" "$(connections | grep -c ESTABLISHED)" 49
}

is_count() { [ "$(drops "$1")" = "$2" ]; }

# Who has answers is not put out, TCP or UDP, whoever floods; and others get through.
flood() {
	local n
	services
	# Half-open TCP has 60 s; what has less goes before.
	adm --set 0 0 50
	set_knob conn_max 300
	must tcp t "$VIP" 80 sport=1000
	must udp u "$VIP" 80 sport=1001
	ask "who t"
	local of_t=$REPLY
	ask "echo u 100"
	local of_u=$REPLY
	must udp once "$VIP" 99 sport=1002
	must send once 10
	for n in 1 2 3; do
		must syns 2000 192.168.1.100 "$VIP" 80
		asked "round $n: a client is where it was" "$of_t" "who t"
		asked "round $n: UDP, too" "$of_u" "echo u 100"
		ask "tcp new$n $VIP 80"
		is "round $n: a new one gets through" "$REPLY" ok
		like "round $n: and is served" "$(ask "who new$n"; echo "$REPLY")" '^[AB]$'
	done
	like "the table is full" "$(table connections)" '^(29[0-9]|300)$'
	is "a datagram that nobody answered is gone" "$(state_of 1002)" ""
	is "nothing was refused" "$(drops conn_max)" 0
}

# Each template is an entry as well; those of clients that got through stay.
templates() {
	nat_up
	must ns client
	rules <<-RULES
		-A -t $VIP:99 -s rr -p 600
		-a -t $VIP:99 -r $RIP1:99 -g
	RULES
	set_knob conn_max 40
	must raw "$CIP" 1000 "$VIP" 99 S
	must raw "$CIP" 1000 "$VIP" 99 A
	local host
	for host in {100..139}; do
		must raw "192.168.1.$host" 2000 "$VIP" 99 S
	done
	wait_for "the last has come by" grep -q "192.168.1.139:2000" <(connections)
	is "as many entries as may be" "$(table connections)" 40
	is "the first client's are both there" "$(adm -L -n -c | grep -c "$CIP:")" 2
	is "none was refused" "$(drops conn_max)" 0
}

# What one netns has is nothing to the others.
apart() {
	local vip=198.51.100.1
	services
	set_knob conn_max 20
	ip -n gw address add $vip/32 dev lo
	ip -n gw route add 172.16.1.0/24 via "$VIP"
	ip netns exec gw "$TOP/tool/shuntadm" -R <<-RULES
		-A -t $vip:99 -s rr
		-a -t $vip:99 -r $RIP1:99 -g
	RULES
	open 1000 20
	half_open 2000 5
	wait_for "one netns is full" is_count conn_max 5
	local port
	for port in {3000..3039}; do
		must raw "$CIP" "$port" $vip 99 S
	done
	wait_for "another has what it likes" gw_has 40
	is "it has refused nothing" "$(ip netns exec gw "$TOP/tool/shuntadm" -L --drops)" \
		"$(ip netns exec gw "$TOP/tool/shuntadm" -L --drops | head -n 1)"
}

gw_has() { [ "$(ip netns exec gw awk '$1 == "connections" { print $2 }' /proc/net/shunt_table)" = "$1" ]; }

as_nobody() { unshare -Urn bash -c "$1" - $VS/conn_max 2>&1 | sed 's/^.*line 1: //'; }

rights() {
	local max
	nat_up
	max=$(in_director cat $VS/conn_max)
	is "one for each KiB of memory" $((max / 100000)) $(($(awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo) / 100000))
	# shellcheck disable=SC2016
	{
		is "in a user namespace's netns a sixteenth" "$(as_nobody 'cat "$1"')" $((max / 16))
		is "its root may lower it, and raise it up to there" \
			"$(as_nobody 'echo 5 > "$1"; cat "$1"; echo '$((max / 16))' > "$1"; cat "$1"' | tr '\n' ' ')" "5 $((max / 16)) "
		is "but not beyond" "$(as_nobody 'echo '$((max / 16 + 1))' > "$1"; cat "$1"')" \
			"echo: write error: Operation not permitted"$'\n'$((max / 16))
		is "nor take it away" "$(as_nobody 'echo 0 > "$1"; cat "$1"')" \
			"echo: write error: Operation not permitted"$'\n'$((max / 16))
		sysctl -qw net.ipv4.vs.conn_max=1600
		is "which goes by what the host has set" "$(as_nobody 'cat "$1"')" 100
		sysctl -qw "net.ipv4.vs.conn_max=$max"
		is "the host's root may have any" "$(in_director bash -c '
			for value in 2147483647 0 17 -1 2147483648 abc ""; do
				echo "$value" 2>/dev/null > "$1"
				echo "$? $(< "$1")"
			done' - $VS/conn_max | tr '\n' ';')" "0 2147483647;0 0;0 17;1 17;1 17;1 17;1 17;"
	}
}

# Entries that buckets hold are as many as there are.
shape() {
	local sums
	services
	must syns 3000 192.168.1.100 "$VIP" 99
	wait_for "3000 connections" holds 3000
	sums=$(in_director awk '$1 == "chain" { buckets += $3; entries += $2 * $3; longest = $2 } { n[$1] = $2 }
		END { print entries - n["entries"], buckets - n["buckets"], (longest < 10) }' /proc/net/shunt_table)
	is "chains add up, and none is long" "$sums" "0 0 1"
	is "the lines" "$(in_director awk '$1 != "chain" { print $1 }' /proc/net/shunt_table | tr '\n' ' ')" \
		"connections conn_max spared entries buckets "
	is "without replies an entry each" "$(table entries)" 3000
	is "users may read it" "$(in_director setpriv --reuid 65534 --regid 65534 --clear-groups head -n 1 /proc/net/shunt_table)" \
		"connections 3000"
}

run order refusal flood templates apart rights shape
