#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ipvsadm, ipvsadm-save and ipvsadm-restore: a configuration is made, listed, saved, flushed and restored, and requests follow.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh
#                    ipvsadm         └─ rs2 (B)
# shellcheck source=tests/clients/lib.sh
. "$(dirname "$0")/lib.sh"

SAVED=/tmp/saved

ipvsadm() { on_director /sbin/ipvsadm "$@"; }

administered() {
	nat_up
	serve 80 81
	ipvsadm -A -t "$VIP:80" -s rr
	ipvsadm -a -t "$VIP:80" -r "$RIP1:80" -m
	ipvsadm -a -t "$VIP:80" -r "$RIP2:80" -m -w 2
	ipvsadm -E -t "$VIP:80" -s wrr
	ipvsadm -A -u "$VIP:81"
	ipvsadm -a -u "$VIP:81" -r "$RIP1" -g -w 0
	ipvsadm -e -u "$VIP:81" -r "$RIP1:81" -m -w 7
	ipvsadm -A -t "[$VIP6]:80" -s rr
	ipvsadm -a -t "[$VIP6]:80" -r "[$RIP16]:80" -m
	ipvsadm -a -t "[$VIP6]:80" -r "[$RIP26]:80" -m
	ipvsadm -A -t "$VIP:99" -s rr
	ipvsadm -D -t "$VIP:99"
	ipvsadm --set 1000 50 80
	is "ipvsadm's services are there" "$(configured)" "$(sort <<-RULES
		-A -t $VIP:80 -s wrr
		-a -t $VIP:80 -r $RIP1:80 -m -w 1
		-a -t $VIP:80 -r $RIP2:80 -m -w 2
		-A -u $VIP:81 -s wlc
		-a -u $VIP:81 -r $RIP1:81 -m -w 7
		-A -t [$VIP6]:80 -s rr
		-a -t [$VIP6]:80 -r [$RIP16]:80 -m -w 1
		-a -t [$VIP6]:80 -r [$RIP26]:80 -m -w 1
	RULES
	)"
	is "requests are spread by weight" "$(spread tcp 6 "$VIP" 80)" "2 A, 4 B"
	is "the timeouts are set" "$(ipvsadm -L --timeout)" "Timeout (tcp tcpfin udp): 1000 50 80"
	like "the listing" "$(ipvsadm -L -n)" \
		"TCP  $VIP:80 wrr"$'\n'"  -> $RIP1:80 +Masq +1 +0 +[0-9]+ +"$'\n'"  -> $RIP2:80 +Masq +2 +0 +[0-9]+ +"$'\n'
	same "the listing" "$(listing)"
	same "the listing of one service" "$(ipvsadm -L -n -u "$VIP:81")"
	same "the thresholds" "$(ipvsadm -L -n --thresholds -u "$VIP:81")"
	same "no daemon" "$(ipvsadm -L --daemon)"

	ipvsadm -Z
	must udp u "$VIP" 81
	must echo u 100
	is "a datagram goes to the edited real server" "$REPLY" A
	wait_for "the counters count it" udp_counted
	same "the counters" "$(ipvsadm -L -n --stats --exact -u "$VIP:81")"
	like "the connections" "$(ipvsadm -L -n -c)" "UDP 0[01]:[0-5][0-9]  UDP         $CIP:[0-9]+ +$VIP:81 +$RIP1:81"
	ipvsadm -d -t "$VIP:80" -r "$RIP1:80"
	is "requests go to the one that is left" "$(spread tcp 3 "$VIP" 80)" "3 B"
	answered_by_shunt
}
udp_counted() { [ "$(ipvsadm -L -n --stats --exact -u "$VIP:81" | awk '$1 == "UDP" { print $3, $4, $5, $6, $7 }')" = "1 1 1 128 128" ]; }

saved_and_restored() {
	local before
	nat_up
	serve 80
	rules <<-RULES
		-A -t $VIP:80 -s wrr
		-a -t $VIP:80 -r $RIP1:80 -m -w 1
		-a -t $VIP:80 -r $RIP2:80 -m -w 2
		-A -u $VIP:80 -s rr
		-a -u $VIP:80 -r $RIP2:80 -g -w 0
		-A -t [$VIP6]:80 -s rr
		-a -t [$VIP6]:80 -r [$RIP16]:80 -m -w 65535
	RULES
	before=$(configured)
	is "ipvsadm-save exits 0" "$(on_director ipvsadm-save -n > $SAVED; echo $?)" 0
	is "what it saves is what is configured" "$(sort $SAVED)" "$before"
	same "the file" "$(cat $SAVED)"
	ipvsadm -C
	is "ipvsadm -C leaves nothing" "$(configured)" ""
	ask "tcp none $VIP 80"
	is "nobody answers" "$REPLY" "error: Connection refused"
	is "ipvsadm-restore exits 0" "$(on_director ipvsadm-restore < $SAVED 2>&1; echo $?)" 0
	is "all is there again" "$(configured)" "$before"
	is "requests are spread by weight again" "$(spread tcp 6 "$VIP" 80)" "2 A, 4 B"
	printf '%s\n' "-A -t $VIP:81 -s rr" "-a -t $VIP:81 -r $RIP1:80 -m" > $SAVED
	on_director ipvsadm-restore < $SAVED
	is "ipvsadm-restore puts the file in the place of what was there" "$(configured)" "$(sort <<-RULES
		-A -t $VIP:81 -s rr
		-a -t $VIP:81 -r $RIP1:80 -m -w 1
	RULES
	)"
	is "requests follow" "$(spread tcp 2 "$VIP" 81)" "2 A"
	answered_by_shunt
}

run administered saved_and_restored
