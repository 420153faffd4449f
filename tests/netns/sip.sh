#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The persistence engine "sip": a dialogue stays with its real server, which its Call-ID tells, one-packet scheduling included;
# listings; what has no Call-ID; other kinds of services.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh; the client has a second address
#                                    └─ rs2 (B)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

second=192.168.1.2
up() {
	nat_up
	ip -n client address add "$second/24" dev eth0
	serve 5060 5061
}

# call PORT CALL-ID [OPTION]: who answers a message of that dialogue from that port.
call() {
	local port=$1 id=$2 who
	shift 2
	must udp "c$port" "$VIP" 5060 sport="$port" "$@"
	ask "sip c$port $id"
	who=$REPLY
	must close "c$port"
	printf '%s' "$who"
}

# in_proc: the templates, without their time.
in_proc() { ip netns exec director cat /proc/net/ip_vs_conn | awk '$3 == "0000" { $9 = ""; print }' | sort; }


dialogues() {
	local one two n
	up
	rules <<-RULES
		-A -u $VIP:5060 -s rr -p 60 --pe sip
		-a -u $VIP:5060 -r $RIP1:5060 -m
		-a -u $VIP:5060 -r $RIP2:5060 -m
	RULES
	one=$(call 5001 one@lab)
	two=$(call 5002 two@lab)
	is "two dialogues of a client have a real server each" "$(printf '%s\n' "$one" "$two" | sort | tr '\n' ' ')" "A B "
	for n in 3 5 7; do
		is "the first one stays, from port 500$n" "$(call 500$n one@lab)" "$one"
		is "and the second, from port 50$n" "$(call 50$((n + 10)) two@lab)" "$two"
	done
	# Better than stock, for which another address is another client.
	if only_shunt; then
		is "whatever the client's address" "$(call 5021 one@lab src=$second)" "$one"
		is "whatever the client's address, the other" "$(call 5022 two@lab src=$second)" "$two"
		is "there are two templates" "$(in_proc | wc -l)" 2
	fi
	# Without one-packet scheduling a port's connection comes first.
	must udp c "$VIP" 5060 sport=5041
	asked "a dialogue" "$one" "sip c one@lab"
	asked "another from the same port follows the connection" "$one" "sip c two@lab"
	must close c
	must udp c "$VIP" 5060 sport=5042
	must sip c - nowait
	must close c
	is "a dialogue after what has no Call-ID" "$(call 5043 one@lab)" "$one"
	is "what has no Call-ID has no connection" "$(connections | grep -c ':5042 ')" 0
	! only_shunt || is "and is counted" "$(drops no_call_id)" 1
	adm -d -u "$VIP:5060" -r "$([ "$one" = A ] && echo "$RIP1" || echo "$RIP2"):5060"
	is "without its real server a dialogue goes to another" "$(call 5051 one@lab)" "$two"
}

one_server() { # -t|-u|-f SERVICE OPTION...
	rules <<-RULES
		-A $* --pe sip
		-a $1 $2 -r $RIP1 -m
	RULES
}

listings() {
	up
	one_server -u "$VIP:5060" -s rr -p 60
	must udp c "$VIP" 5060 sport=5001
	asked "a dialogue" A "sip c one@lab"
	asked "and again" A "sip c one@lab"
	is "another" "$(call 5002 "(\"strange\")@<lab>")" A
	is "/proc/net/ip_vs_conn, the templates" "$(in_proc)" "$(in_proc | sed 's/NONE/ASSURED/')"
	same "/proc/net/ip_vs_conn, the templates" "$(in_proc)"
	same "-L -c --persistent-conn" "$(adm -L -n -c --persistent-conn | sed 's/[0-9][0-9]:[0-9][0-9] /MM:SS /' | sort)"
	same "-L -c" "$(adm -L -n -c | sed 's/[0-9][0-9]:[0-9][0-9] /MM:SS /' | sort)"
	same "-L" "$(adm -L -n | sed 's/size=[0-9]*/size=N/')"
	same "-L --persistent-conn" "$(adm -L -n --persistent-conn | sed 's/size=[0-9]*/size=N/')"
	same "-S" "$(adm -S -n | grep -v '^--set')"
	same "/proc/net/ip_vs, ip_vs_app" "$(ip netns exec director cat /proc/net/ip_vs /proc/net/ip_vs_app | sed 's/size=[0-9]*/size=N/')"
	same "/proc/net/ip_vs_conn_sync" "$(ip netns exec director sed 's/ *[0-9]*$//' /proc/net/ip_vs_conn_sync | sort)"
	must close c
	adm -E -u "$VIP:5060" -s rr -p 60
	same "an edit without an engine takes it away" "$(adm -S -n | grep -v '^--set')"
	is "then a client needs no Call-ID" "$(call 5003 -)" A
	adm -E -u "$VIP:5060" -s rr -p 60 --pe sip
	same "an edit gives it one" "$(adm -S -n | grep -v '^--set')"
	refused "an engine that there is none" '[1-9][0-9]*' 'not found|no such persistence engine' adm -A -u "$VIP:5069" -s rr -p 60 --pe nosuch
	if only_shunt; then
		like "as JSON" "$(adm -L -n -c --json | tr -d ' \n')" '"persistence_engine":\{"name":"sip","data":"one@lab"\}'
	fi
}

# The reason for the engine: all of a proxy's dialogues come from one port.
one_packet() {
	local one two n
	up
	rules <<-RULES
		-A -u $VIP:5061 -s rr -o -p 60 --pe sip
		-a -u $VIP:5061 -r $RIP1:5061 -m
		-a -u $VIP:5061 -r $RIP2:5061 -m
	RULES
	must udp c "$VIP" 5061 sport=5001
	ask "sip c one@lab"
	one=$REPLY
	ask "sip c two@lab"
	two=$REPLY
	is "two dialogues of a port have a real server each" "$(printf '%s\n' "$one" "$two" | sort | tr '\n' ' ')" "A B "
	for n in 1 2 3; do
		asked "the first stays, and its answer finds back, $n" "$one" "sip c one@lab"
		asked "the second stays, and its answer finds back, $n" "$two" "sip c two@lab"
	done
	must sip c - nowait
	same "ActiveConn and InActConn" "$(adm -L -n | awk '$1 == "->" { print $5, $6 }')"
	same "PersistConn" "$(adm -L -n --persistent-conn | awk '$1 == "->" { print $3 }')"
	only_shunt || return 0
	wait_for "what has no Call-ID is dropped and counted" is_dropped
	# Many at once.
	local -A server=()
	for n in {1..200}; do
		ask "sip c call-$n"
		server[$n]=$REPLY
	done
	like "200 dialogues are spread" "$(printf '%s' "${server[@]}" | tr -d B | wc -c)" '^(99|100|101)$'
	for n in {1..200}; do
		ask "sip c call-$n"
		[ "$REPLY" = "${server[$n]}" ] || result 'not ok' "call-$n stays with ${server[$n]}, not $REPLY"
	done
	is "each has a template" "$(in_proc | wc -l)" 202
}

is_dropped() { [ "$(drops no_call_id)" = 1 ]; }

ipv6() {
	local one two
	up
	rules <<-RULES
		-A -u [$VIP6]:5060 -s rr -p 60 -M 64 --pe sip
		-a -u [$VIP6]:5060 -r [$RIP16]:5060 -m
		-a -u [$VIP6]:5060 -r [$RIP26]:5060 -m
	RULES
	VIP=$VIP6
	one=$(call 5001 one@lab)
	two=$(call 5002 two@lab)
	is "IPv6, two dialogues have a real server each" "$(printf '%s\n' "$one" "$two" | sort | tr '\n' ' ')" "A B "
	is "IPv6, the first stays" "$(call 5003 one@lab)" "$one"
	is "IPv6, the second stays" "$(call 5004 two@lab)" "$two"
	same "IPv6, the templates but for their real servers" "$(in_proc | awk '{ print $1, $2, $3, $4, $5, $8, $10, $11 }' | sort)"
}

# Ports and firewall marks; an engine that is none for TCP.
others() {
	up
	one_server -u "$VIP:0" -s rr -p 60
	is "all ports" "$(call 5001 one@lab)" A
	must udp c "$VIP" 5061 sport=5002
	asked "all ports, another one" A "sip c one@lab"
	must close c
	same "all ports, the templates" "$(in_proc)"
	rules <<< "-C"
	ip netns exec director nft -f - <<-NFT
		table ip marks {
			chain input { type filter hook prerouting priority -150; udp dport 5060-5061 meta mark set 7; }
		}
	NFT
	one_server -f 7 -s rr -p 60
	is "a firewall mark" "$(call 5011 two@lab)" A
	same "a firewall mark, the templates" "$(in_proc)"
	rules <<< "-C"
	one_server -t "$VIP:5060" -s rr -p 60
	must raw "$CIP" 5021 "$VIP" 5060 S
	must ns client
	tap client:eth0
	must raw "$CIP" 5022 "$VIP" 5060 S
	must udp c "$VIP" 5069
	ask "sip c fence"
	untap
	same "what a SYN to a TCP service hears" "$(values 'ns == "client" && dir == "in" && proto == "tcp"' flags)"
	is "it has no connection" "$(connections | grep -c ^TCP)" 0
	! only_shunt || is "it is counted" "$(drops no_call_id)" 2
	must close c
}

run dialogues listings one_packet ipv6 others
