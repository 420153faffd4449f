#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# SCTP: associations by NAT and DR, CRC32c with and without offloads, states and timeouts, what begins a connection, refusals,
# persistence, ICMP errors, fragments.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT and DR, tests/lab/topology.sh
#                                    └─ rs2 (B)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

S=--sctp-service

# state PORT: state and timeout, to the nearest 10 s, of the connection from that client port.
state() {
	adm -L -n -c | awk -v port="$1" '$4 ~ ":" port "$" { split($2, t, ":"); print $3, int((t[1] * 60 + t[2] + 5) / 10) * 10 }'
}

# stage TEXT PORT WANTED: one test: the connection gets there; and stock does.
stage() {
	local now end=$((SECONDS + WAIT))
	until now=$(state "$2"); [ "$now" = "$3" ] || ((SECONDS > end)); do nap; done
	is "$1" "$now" "$3"
	same "$1" "$now"
}

loads() { adm -L -n | awk '$1 == "->" && $2 != "RemoteAddress:Port" { print $2, $5, $6 }'; }

# --- every hop

hops() { # CIP VIP RIP CLIENT-PORT
	way sctp <<-STEPS
		$2 step 1, client to gateway|gw eth0|$client_mac $gw_up_mac $1 $4 $2 80 64
		$2 step 2, gateway to director|director eth0|$gw_down_mac $vip_mac $1 $4 $2 80 63
		$2 step 3, director to real server|rs1 eth0|$dip_mac $rs1_mac $1 $4 $3 8080 62
		$2 step 4, real server to director|director eth1|$rs1_mac $dip_mac $3 8080 $1 $4 64
		$2 step 5, director to gateway|gw eth1|$vip_mac $gw_down_mac $2 80 $1 $4 63
		$2 step 6, gateway to client|client eth0|$gw_up_mac $client_mac $2 80 $1 $4 62
	STEPS
}

exchange() {
	local text=$1 cip=$2 vip=$3 rip=$4 size=$5 port=$6
	tap -a "$cip" client:eth0 gw:eth0 gw:eth1 director:eth0 director:eth1 rs1:eth0
	asked "$text, an association" ok "sctp t $vip 80 sport=$port"
	asked "$text, it is answered" A "who t"
	asked "$text, data to the server arrives whole" ok "put t $size"
	asked "$text, data to the client arrives whole" ok "get t $size"
	stage "$text, it is established" "$port" "ESTABLISHED 900"
	same "$text, it counts as active" "$(loads)"
	must close t
	stage "$text, closed by the client" "$port" "CLOSED 60"
	untap
	hops "$cip" "$vip" "$rip" "$port"
	is "$text, every checksum on every hop is right" "$(bad_checksums)" 0
}

both_families() { # -m | -g
	local port=80
	[ "$1" = -g ] || port=8080
	rules <<-RULES
		-A $S $VIP:80 -s rr
		-a $S $VIP:80 -r $RIP1:$port $1
		-A $S [$VIP6]:80 -s rr
		-a $S [$VIP6]:80 -r [$RIP16]:$port $1
	RULES
}

nat() {
	nat_up
	serve sctp/8080
	both_families -m
	exchange "offloads on, IPv4" "$CIP" "$VIP" "$RIP1" 100000 4001
	like "checksums were left to the devices" "$(values 'proto == "sctp"' l4csum | tr '\n' ' ')" partial
	exchange "offloads on, IPv6" "$CIP6" "$VIP6" "$RIP16" 100000 4002
	rules <<< "-C"
	both_families -m
	offloads off
	exchange "offloads off, IPv4" "$CIP" "$VIP" "$RIP1" 20000 4003
	is "checksums were on the wire" "$(values 'proto == "sctp"' l4csum | tr '\n' ' ')" "ok "
	exchange "offloads off, IPv6" "$CIP6" "$VIP6" "$RIP16" 20000 4004
	is "checksums were on the wire, IPv6" "$(values 'proto == "sctp"' l4csum | tr '\n' ' ')" "ok "
}

dr() {
	local vip port=4000
	dr_up
	prepare_real_servers "$VIP" "$VIP6" > /dev/null
	serve sctp/80
	both_families -g
	for vip in "$VIP" "$VIP6"; do
		tap director:eth0 rs1:eth0 client:eth0
		asked "DR $vip, an association" ok "sctp t $vip 80 sport=$((port += 1))"
		asked "DR $vip, it is answered" A "who t"
		stage "DR $vip, it is established" $port "ESTABLISHED 900"
		must end t
		untap
		is "DR $vip, the packets are as the client sent them" \
			"$(values "ns == \"rs1\" && dir == \"in\" && proto == \"sctp\" && dst == \"$vip\"" digest)" \
			"$(values "ns == \"client\" && dir == \"out\" && proto == \"sctp\" && dst == \"$vip\"" digest)"
		is "DR $vip, no reply passes the director" "$(count "ns == \"director\" && src == \"$vip\"  && dir == \"in\"")" 0
		must close t
	done
}

# --- states

nobody_up() {
	nat_up
	nobody=${CIP%.*}.77 absent=${RIP1%.*}.77
	# Forged packets find a way, and nobody who would answer.
	ip -n gw neigh add "$nobody" lladdr $client_mac dev eth0 nud permanent
	ip -n director neigh add "$absent" lladdr $rs1_mac dev eth1 nud permanent
	rules <<-RULES
		-A $S $VIP:80 -s rr
		-a $S $VIP:80 -r $absent:80 -m
		-A $S $VIP:81 -s rr
		-a $S $VIP:81 -r $absent:81 -g
	RULES
}

chunks() {
	local line
	nobody_up
	must ns director
	must write /proc/sys/net/ipv4/vs/sloppy_sctp 1
	{
		"$TOP/tests/netns/sctp-states" nat "$nobody" "$VIP" 80 "$absent" 2>&1 | sed 's/^/NAT /'
		"$TOP/tests/netns/sctp-states" dr "$nobody" "$VIP" 81 "$absent" 2>&1 | sed 's/^/DR /'
	} > /tmp/states
	is "every state was reached" "$(grep 'not reached' /tmp/states)$(wc -l < /tmp/states)" "$((27 + 7))"
	while IFS= read -r line; do
		same "every chunk, ${line%% NONE:*}: $(echo "$line" | cut -d' ' -f1-3)" "$line"
	done < /tmp/states
}

begins() {
	local type port=1000
	nobody_up
	must ns client
	for type in 0 1 2 3 6 7 8 9 10 11 14; do
		must chunk "$nobody" $((port += 1)) "$VIP" 80 $type
	done
	stage "an INIT begins a connection" 1002 "INIT1 0"
	is "and nothing else does" "$(connections | wc -l)" 1
	set_knob sloppy_sctp 1
	must chunk "$nobody" 1101 "$VIP" 80 3
	stage "with sloppy_sctp a SACK does" 1101 "ESTABLISHED 900"
	must chunk "$nobody" 1102 "$VIP" 80 6
	must chunk "$nobody" 1103 "$VIP" 80 14
	stage "and a SHUTDOWN COMPLETE" 1103 "CLOSED 60"
	is "an ABORT never does" "$(state 1102)" ""
	same "ActiveConn and InActConn" "$(loads)"
}

# A port that is used again.
reuse() {
	local first
	nat_up
	serve sctp/80
	rules <<-RULES
		-A $S $VIP:80 -s rr
		-a $S $VIP:80 -r $RIP1:80 -m
		-a $S $VIP:80 -r $RIP2:80 -m
	RULES
	ask "many sctp 4 $VIP 80 sport=2000"
	like "both servers answer" "$(tr -d ' ' <<< "$REPLY")" 'AB|BA'
	must sctp t "$VIP" 80 sport=3000
	ask "who t"
	first=$REPLY
	must close t
	stage "closed" 3000 "CLOSED 60"
	must sctp t "$VIP" 80 sport=3000
	ask "who t"
	same "an INIT from a port that is over is scheduled anew" "$([ "$REPLY" = "$first" ]; echo $?)"
	must close t
	stage "closed again" 3000 "CLOSED 60"
	set_knob conn_reuse_mode 0
	ask "who t"
	must sctp t "$VIP" 80 sport=3000
	ask "who t"
	same "with conn_reuse_mode 0 it is not" "$([ "$REPLY" = "$first" ]; echo $?)"
}

# --- what is not served

errors() { values 'ns == "client" && dir == "in" && flags ~ /^type.code=.*,in=/' 'src " " dst " " flags'; }

unserved() {
	nat_up
	rules <<-RULES
		-A $S $VIP:80 -s rr
		-A $S $VIP:81 -s rr
		-a $S $VIP:81 -r $RIP1:81 -m -w 0
		-A $S [$VIP6]:80 -s rr
	RULES
	must ns client
	tap client:eth0
	must chunk "$CIP" 1001 "$VIP" 80 1
	must chunk "$CIP" 1002 "$VIP" 81 1
	must chunk "$CIP" 1003 "$VIP" 80 0
	must chunk "$CIP6" 1004 "$VIP6" 80 1
	# Not a service's; once sctp.ko is there, the director's own stack answers.
	must chunk "$CIP" 1005 "$VIP" 82 1
	ask "sctp fence $VIP 83 sport=1006"
	# That of IPv6 may have to wait for its neighbour.
	ask "sctp fence6 $VIP6 83 sport=1007"
	untap
	like "an INIT to a service without servers is refused" "$(errors)" "type/code=3/3,in=sctp/$CIP/1001/$VIP/80"
	same "what is refused, and how" "$(errors)"
	same "what is aborted" "$(values 'ns == "client" && dir == "in" && proto == "sctp"' 'sport " " dport " " flags')"
}

# --- ICMP errors

icmp() {
	nat_up
	serve sctp/8080
	both_families -m
	must sctp t "$VIP" 80 sport=4000
	must who t
	tap rs1:eth0 client:eth0
	must ns gw
	must icmp "$GWIP" "$VIP" 3 1 0 "sctp/$VIP/80/$CIP/4000"
	must ns rs1
	must icmp "$RIP1" "$CIP" 11 0 0 "sctp/$CIP/4000/$RIP1/8080"
	must ns client
	asked "the association lives" A "who t"
	untap
	is "an error from the client's side reaches the server as if it were about its own packet" \
		"$(values 'ns == "rs1" && dir == "in" && proto == "icmp"' 'src " " dst " " flags " " l4csum')" \
		"$GWIP $RIP1 type/code=3/1,in=sctp/$RIP1/8080/$CIP/4000 ok"
	is "one from the server's side reaches the client as if it were about its own packet" \
		"$(values 'ns == "client" && dir == "in" && proto == "icmp"' 'src " " dst " " flags " " l4csum')" \
		"$VIP $CIP type/code=11/0,in=sctp/$CIP/4000/$VIP/80 ok"
	must close t
}

# --- fragments

fragments() {
	nat_up
	serve sctp/8081
	both_families -m
	is "a packet in fragments is whole and right, both ways" \
		"$("$TOP/tests/netns/sctp-states" pieces "$CIP" "$VIP" 80 "$RIP1" 2>&1)" "request 4100 8080 1212 True
reply 80 4100 1212 True"
}

# --- persistence

persistent() {
	nat_up
	serve sctp/80 sctp/81
	rules <<-RULES
		-A $S $VIP:0 -s rr -p 100
		-a $S $VIP:0 -r $RIP1 -m
		-a $S $VIP:0 -r $RIP2 -m
	RULES
	ask "many sctp 3 $VIP 80 sport=4000 keep=p"
	like "a client stays with a server" "$REPLY" '^(A A A|B B B)$'
	local server=${REPLY%% *}
	asked "on other ports, too" "$server" "many sctp 1 $VIP 81 sport=4010"
	same "connections and template" "$(connections | awk '{ print $1, $2, $3, $4, $5 }')"
	is "the template is assured" "$(connections | awk '$4 ~ /:0$/ { print $1, $2, $5 }')" "SCTP ASSURED $VIP:0"
}

run nat dr chunks begins reuse unserved icmp fragments persistent
