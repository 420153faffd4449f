#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# net.ipv4.vs.*: who may read and write what, and that each setting does to packets what stock's does. cache_bypass is in
# transparent.sh, nat_icmp_send and schedule_icmp are in strays.sh; am_droprate, amemthresh, drop_entry, drop_packet and secure_tcp
# in defence.sh, conn_max, which stock does not have, in limit.sh.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh
#                                    └─ rs2 (B)
# Where the forged segments of a client are to be all that happens to a connection, the service is one of direct routing: the
# real servers do not have its address and say nothing.
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

KNOBS=(am_droprate amemthresh cache_bypass conn_reuse_mode conntrack drop_entry drop_packet expire_nodest_conn
	expire_quiescent_template ignore_tunneled nat_icmp_send pmtu_disc schedule_icmp secure_tcp sloppy_sctp sloppy_tcp snat_reroute)

files() {
	nat_up
	same "the defaults" "$(in_director grep -H . "${KNOBS[@]/#/$VS/}")"
	same "the modes" "$(in_director stat -c '%A %U %n' "${KNOBS[@]/#/$VS/}")"
	if only_shunt; then
		is "there is none but those that work" "$(in_director ls $VS | tr '\n' ' ')" \
			"$(printf '%s\n' "${KNOBS[@]}" conn_max fast_path | sort | tr '\n' ' ')"
		# shellcheck disable=SC2016
		is "fast_path is 0, 1 or 2" "$(in_director bash -c '
			for value in "${@:2}"; do
				echo "$value" 2>/dev/null > "$1"
				echo "$value: $?, then $(< "$1")"
			done' - $VS/fast_path 0 2 3 -1 abc 1 | tr '\n' ';')" \
			"0: 0, then 0;2: 0, then 2;3: 1, then 2;-1: 1, then 2;abc: 1, then 2;1: 0, then 1;"
		is "in another netns it is 1" "$(ip netns exec client cat $VS/fast_path)" 1
	fi
	# shellcheck disable=SC2016
	same "values, good and bad" "$(in_director bash -c '
		for knob in "${@:2}"; do
			for value in 2 -1 2147483648 abc "1 2" "" 0x10 1; do
				echo "$value" 2>/dev/null > "$1/$knob"
				echo "$knob: \"$value\", status $?, then $(< "$1/$knob")"
			done
		done' - $VS "${KNOBS[@]}" 2>&1)"
	# shellcheck disable=SC2016
	same "users may read, not write" "$(in_director setpriv --reuid 65534 --regid 65534 --clear-groups bash -c \
		'cat "$1"; echo 0 > "$1"' - $VS/sloppy_tcp 2>&1 | sed 's/^.*line 1: //')"
	is "what was written is the director's" "$(in_director cat "${KNOBS[@]/#/$VS/}" | tr '\n' ' ')" "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
	is "and nobody else's" "$(ip netns exec gw cat "${KNOBS[@]/#/$VS/}" | tr '\n' ' ')" "10 1024 0 1 0 0 0 0 0 0 0 1 0 0 0 0 1 "
	if only_shunt; then
		# shellcheck disable=SC2016
		is "root of a netns of his own may write there" \
			"$(unshare -Urn bash -c 'echo 5 > "$1"; cat "$1"' - $VS/sloppy_tcp 2>&1)" 5
	fi
}

# state_of PORT: protocol, state and real server of the client's connection from there.
state_of() { connections | awk -v port="$1" '$4 ~ ":" port "$" { print $1, $2, $6 }'; }

sloppy() {
	local vip=$1 rip1=$2 cip=$3 svc=$1 port=5000 flags
	[[ $vip != *:* ]] || svc="[$vip]" rip1="[$rip1]"
	serve 80
	rules <<-RULES
		-A -t $svc:80 -s rr
		-a -t $svc:80 -r $rip1:80 -m
		-A -t $svc:99 -s rr
		-a -t $svc:99 -r $rip1:99 -g
	RULES
	must raw "$cip" 4000 "$vip" 99 A
	must raw "$cip" 4001 "$vip" 99 S
	wait_for "$vip, 0: a SYN begins a connection" connection_from 4001
	is "$vip, 0: an ACK begins none" "$(state_of 4000)" ""

	set_knob sloppy_tcp 1
	for flags in A F FA R RA S; do
		must raw "$cip" $((port += 1)) "$vip" 99 $flags
		must raw "$cip" $((port += 1)) "$vip" 99 S
		wait_for "$vip, 1: a segment behind $flags came by" connection_from $port
		same "$vip, 1: a connection that begins with $flags" "$(state_of $((port - 1)))"
	done
	is "$vip, 1: a RST begins none" "$(state_of 5007)$(state_of 5009)" ""
	is "$vip, 1: an ACK begins an open one" "$(state_of 5001)" "TCP ESTABLISHED $rip1:99"

	# A director that took over knows nothing of the connections there are.
	must tcp old "$vip" 80 sport=6000
	asked "$vip, a connection" "A" "who old"
	forget "$svc" "$rip1"
	asked "$vip, 1: forgotten, it goes on" "A" "who old"
	is "$vip, 1: and is known again" "$(state_of 6000)" "TCP ESTABLISHED $rip1:80"
	set_knob sloppy_tcp 0
	forget "$svc" "$rip1"
	ask "who old"
	same "$vip, 0: forgotten, it is over" "$REPLY"
	like "$vip, 0: forgotten, it is over" "$REPLY" "^error"
}

connection_from() { [ -n "$(state_of "$1")" ]; }
no_connections() { [ -z "$(connections)" ]; }

# With expire_nodest_conn connections end with their service.
forget() {
	set_knob expire_nodest_conn 1
	adm -C
	wait_for "connections end with their service" no_connections
	set_knob expire_nodest_conn 0
	rules <<-RULES
		-A -t $1:80 -s rr
		-a -t $1:80 -r $2:80 -m
	RULES
}

sloppy4() {
	nat_up
	sloppy "$VIP" "$RIP1" "$CIP"
}

sloppy6() {
	nat_up
	sloppy "$VIP6" "$RIP16" "$CIP6"
}

expire() {
	local vip=$1 rip1=$2 rip2=$3 svc=$1
	[[ $vip != *:* ]] || svc="[$vip]" rip1="[$rip1]" rip2="[$rip2]"
	serve 80
	rules <<-RULES
		-A -t $svc:80 -s rr
		-a -t $svc:80 -r $rip1:80 -m
		-A -u $svc:80 -s rr
		-a -u $svc:80 -r $rip1:80 -m
	RULES
	must udp u "$vip" 80 sport=7000
	asked "$vip, a flow" "A" "who u"
	must tcp t "$vip" 80 sport=7001
	asked "$vip, a connection" "A" "who t"
	adm -d -u "$svc:80" -r "$rip1:80"
	adm -d -t "$svc:80" -r "$rip1:80"
	adm -a -u "$svc:80" -r "$rip2:80" -m
	adm -a -t "$svc:80" -r "$rip2:80" -m
	must send u 64
	must udp v "$vip" 80
	asked "$vip, 0: another flow goes to the other real server" "B" "who v"
	is "$vip, 0: a flow waits for its real server" "$(state_of 7000)" "UDP UDP $rip1:80"

	set_knob expire_nodest_conn 1
	same "$vip, 1: no packet yet" "$(state_of 7000; state_of 7001)"
	asked "$vip, 1: with its next packet it goes to another" "B" "who u"
	is "$vip, 1: the flow" "$(state_of 7000)" "UDP UDP $rip2:80"
	ask "who t"
	same "$vip, 1: a TCP connection ends" "$REPLY"
	like "$vip, 1: a TCP connection ends" "$REPLY" "^error"
	is "$vip, 1: it is known no more" "$(state_of 7001)" ""

	must tcp t2 "$vip" 80 sport=7002
	adm -d -u "$svc:80" -r "$rip2:80"
	wait_for "$vip, 1: connections end with their real server" gone 7000
	is "$vip, 1: and no others" "$(state_of 7002)" "TCP ESTABLISHED $rip2:80"
	adm -D -t "$svc:80"
	wait_for "$vip, 1: and with their service" no_connections
}

gone() { ! connection_from "$1"; }

expire4() {
	nat_up
	expire "$VIP" "$RIP1" "$RIP2"
}

expire6() {
	nat_up
	expire "$VIP6" "$RIP16" "$RIP26"
}

# reused MODE EXPIRE FLAGS... WANTED: a client's segments make a connection with A, which gets weight 0; then there is a SYN from
# the same port. Whose is it?
reused() {
	local mode=$1 nodest=$2 wanted=${!#} flags text server
	text="conn_reuse_mode=$mode expire_nodest_conn=$nodest, a SYN behind ${*:3:$# - 3}"
	port=$((port + 1))
	set_knob conn_reuse_mode "$mode"
	set_knob expire_nodest_conn "$nodest"
	rules <<-RULES
		-e -t $VIP:99 -r $RIP2:99 -g -w 0
		-e -t $VIP:99 -r $RIP1:99 -g -w 1
	RULES
	for flags in "${@:3:$# - 3}"; do
		must raw "$CIP" "$port" "$VIP" 99 "$flags"
	done
	wait_for "$text: a connection" connection_from "$port"
	rules <<-RULES
		-e -t $VIP:99 -r $RIP1:99 -g -w 0
		-e -t $VIP:99 -r $RIP2:99 -g -w 1
	RULES
	must raw "$CIP" "$port" "$VIP" 99 S
	must raw "$CIP" $((port + 1000)) "$VIP" 99 S
	wait_for "$text: it came by" connection_from $((port + 1000))
	server=$(state_of "$port")
	same "$text" "$server"
	case $server in
	*"$RIP1:99") server=A;;
	*"$RIP2:99") server=B;;
	esac
	is "$text" "$server" "$wanted"
}

reuse() {
	local port=8000
	nat_up
	rules <<-RULES
		-A -t $VIP:99 -s rr
		-a -t $VIP:99 -r $RIP1:99 -g
		-a -t $VIP:99 -r $RIP2:99 -g
	RULES
	reused 0 0 S F A
	reused 1 0 S F B
	reused 2 0 S F B
	reused 0 0 S A F A
	reused 1 0 S A F A
	reused 2 0 S A F B
	reused 3 0 S A F B
	reused 1 0 S A A
	reused 3 0 S A A
	reused 0 0 S A R A
	reused 1 0 S A R B
	reused 1 1 S B
	reused 1 1 S A B
	reused 0 1 S B
	reused 0 1 S A F B
}

# A client that came before goes where it went, until its real server has no weight and is not to keep it.
quiescent() {
	nat_up
	must ns client
	rules <<-RULES
		-A -t $VIP:99 -s rr -p 600
		-a -t $VIP:99 -r $RIP1:99 -g
		-a -t $VIP:99 -r $RIP2:99 -g -w 0
	RULES
	must raw "$CIP" 8001 "$VIP" 99 S
	rules <<-RULES
		-e -t $VIP:99 -r $RIP1:99 -g -w 0
		-e -t $VIP:99 -r $RIP2:99 -g -w 1
	RULES
	must raw "$CIP" 8002 "$VIP" 99 S
	wait_for "0: a connection" connection_from 8002
	is "0: a client stays with a quiesced real server" "$(state_of 8002)" "TCP SYN_RECV $RIP1:99"
	set_knob expire_quiescent_template 1
	must raw "$CIP" 8003 "$VIP" 99 S
	wait_for "1: a connection" connection_from 8003
	is "1: it does not" "$(state_of 8003)" "TCP SYN_RECV $RIP2:99"
	set_knob expire_quiescent_template 0
	must raw "$CIP" 8004 "$VIP" 99 S
	wait_for "then: a connection" connection_from 8004
	is "and stays with the new one" "$(state_of 8004)" "TCP SYN_RECV $RIP2:99"
	# Stock keeps what it no longer follows, with ports of 65535.
	same "all connections" "$(connections | grep -v :65535)"
}

# Replies come from the virtual service, whose own rules may want them elsewhere: here, nowhere.
reroute() {
	local vip=$1 rip1=$2 svc=$1 family=-4
	[[ $vip != *:* ]] || svc="[$vip]" rip1="[$rip1]" family=-6
	serve 80
	rules <<-RULES
		-A -u $svc:80 -s rr
		-a -u $svc:80 -r $rip1:80 -m
	RULES
	must udp first "$vip" 80 sport=9001
	asked "$vip, no rules: a reply" "A" "who first"
	ip $family -n director -batch - <<-BATCH
		rule add from $vip lookup 100
		route add unreachable default table 100
	BATCH
	tap director:eth1 client:eth0
	must udp second "$vip" 80 sport=9002
	must send second 64
	# The server answers in turn: once it has answered this, it has answered that.
	must ns director
	must udp direct "${rip1//[][]/}" 80
	asked "$vip, 1: the real server has answered" A "who direct"
	set_knob snat_reroute 0
	asked "$vip, 0: a reply goes the way it was going" "A" "who first"
	untap
	is "$vip, 1: the real server answers" \
		"$(count 'ns == "director" && dir == "in" && proto == "udp" && dport == 9002')" 1
	is "$vip, 1: the reply goes by the rules for the virtual address" \
		"$(values 'ns == "client" && dir == "in" && proto == "udp"' dport)" 9001
}

reroute4() {
	nat_up
	reroute "$VIP" "$RIP1"
}

reroute6() {
	nat_up
	reroute "$VIP6" "$RIP16"
}

run files sloppy4 sloppy6 expire4 expire6 reuse quiescent reroute4 reroute6
