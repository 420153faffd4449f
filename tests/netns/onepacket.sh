#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# One-packet scheduling: each datagram of a client goes its own way, and the answer finds back. Stock ip_vs does not translate
# answers by NAT, so that half is Shunt's alone.
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# Who answers N datagrams of one socket.
each() {
	local i who=()
	for ((i = 0; i < $2; i++)); do
		ask "who $1"
		who+=("$REPLY")
	done
	echo "${who[*]}"
}
in_turn() { like "$1" "$2" '^(A B ){3}A B$|^(B A ){3}B A$'; }
# 8 for IPv4 and 8 for IPv6.
all_counted() { [ "$(adm -L -n --stats --exact | awk '$1 == "UDP" { print $3 }' | xargs)" = "8 8" ]; }

in_use() { adm -L -n | awk '$1 == "->" && $2 ~ /80$/ { print $5, $6 }' | sort -u; }

# What holds for every method.
scheduled_singly() { # METHOD -g|-m
	serve 80
	rules <<-RULES
		-A -u $VIP:80 -s rr -o
		-a -u $VIP:80 -r $RIP1:80 $2
		-a -u $VIP:80 -r $RIP2:80 $2
		-A -u [$VIP6]:80 -s rr -o
		-a -u [$VIP6]:80 -r [$RIP16]:80 $2
		-a -u [$VIP6]:80 -r [$RIP26]:80 $2
	RULES
	must udp four "$VIP" 80
	must udp six "$VIP6" 80
	in_turn "$1, one client's datagrams go to each in turn, and are answered" "$(each four 8)"
	in_turn "$1, IPv6" "$(each six 8)"
	is "$1, no connection is listed" "$(connections)" ""
	# Stock's counters lag.
	wait_for "$1, each datagram counts as a connection" all_counted
	is "$1, none counts as active or inactive" "$(in_use)" "0 0"
}

dr() {
	dr_up
	prepare_real_servers "$VIP" "$VIP6" > /dev/null
	scheduled_singly DR -g
	same "DR, the services" "$(adm -L -n | grep UDP; adm -S -n | grep '^-A')"
}

nat() {
	only_shunt || return 0
	nat_up
	scheduled_singly NAT -m
	adm -e -u "$VIP:80" -r "$RIP2:80" -m -w 0
	is "NAT, weight 0 gets nothing more" "$(each four 4)" "A A A A"
	adm -e -u "$VIP:80" -r "$RIP2:80" -m -w 1
	adm -E -u "$VIP:80" -s rr
	like "NAT, without -o they stay together" "$(each four 4)" '^(A A A A|B B B B)$'
	adm -E -u "$VIP:80" -s rr -o -p 50
	must udp five "$VIP" 80
	like "NAT, persistent, they stay together" "$(each five 4)" '^(A A A A|B B B B)$'
	adm -C
	is "NAT, without the service nobody answers" "$(ask "who five"; echo "$REPLY")" "error: Connection refused"
}

run dr nat
