#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# keepalived with TCP_CHECK: real servers die and come back, configurations change, and requests go where they should.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT and DR, tests/lab/topology.sh
#                    keepalived      └─ rs2 (B)
# shellcheck source=tests/clients/lib.sh
. "$(dirname "$0")/lib.sh"

CONF=/tmp/keepalived.conf

keepalived() {
	daemon /usr/sbin/keepalived --check --dont-fork --log-console --log-detail --no-syslog --dont-respawn \
		-f "$CONF" -p /run/keepalived.pid -c /run/checkers.pid
}

# virtual ADDRESS PORT PROTO ALGO KIND [LINE] < lines "ADDRESS PORT WEIGHT": a virtual_server; TCP ones are checked each second.
virtual() {
	local address port weight
	printf '%s\n' "virtual_server $1 $2 {" "protocol $3" "lb_algo $4" "lb_kind $5" "delay_loop 1" "${6:-}"
	while read -r address port weight; do
		printf '%s\n' "real_server $address $port {" "weight $weight"
		[ "$3" = UDP ] || printf '%s\n' "TCP_CHECK {" "connect_timeout 1" "retry 0" "warmup 0" "}"
		echo "}"
	done
	echo "}"
}

nat() {
	nat_up
	serve 80 81
	{
		virtual "$VIP" 80 TCP wrr NAT <<-REAL
			$RIP1 80 1
			$RIP2 80 2
		REAL
		virtual "$VIP" 81 TCP rr NAT "sorry_server $RIP2 81" <<< "$RIP1 81 1"
		virtual "$VIP" 80 UDP lc NAT <<-REAL
			$RIP1 80 1
			$RIP2 80 1
		REAL
		virtual "$VIP6" 80 TCP rr NAT <<-REAL
			$RIP16 80 1
			$RIP26 80 1
		REAL
	} > $CONF
	keepalived
	local udp all
	udp=$(cat <<-RULES
		-A -u $VIP:80 -s lc
		-a -u $VIP:80 -r $RIP1:80 -m -w 1
		-a -u $VIP:80 -r $RIP2:80 -m -w 1
	RULES
	)
	all=$(cat <<-RULES
		-A -t $VIP:80 -s wrr
		-a -t $VIP:80 -r $RIP1:80 -m -w 1
		-a -t $VIP:80 -r $RIP2:80 -m -w 2
		-A -t $VIP:81 -s rr
		-a -t $VIP:81 -r $RIP1:81 -m -w 1
		-A -t [$VIP6]:80 -s rr
		-a -t [$VIP6]:80 -r [$RIP16]:80 -m -w 1
		-a -t [$VIP6]:80 -r [$RIP26]:80 -m -w 1
		$udp
	RULES
	)
	becomes "keepalived configures its services" <<< "$all"
	is "requests are spread by weight" "$(spread tcp 6 "$VIP" 80)" "2 A, 4 B"
	is "datagrams go to both" "$(spread udp 4 "$VIP" 80)" "2 A, 2 B"
	is "IPv6 requests go to both" "$(spread tcp 4 "$VIP6" 80)" "2 A, 2 B"
	same "the listing" "$(listing)"

	die rs1
	becomes "keepalived removes the dead real server, and the sorry server takes the place of the only one" <<-RULES
		-A -t $VIP:80 -s wrr
		-a -t $VIP:80 -r $RIP2:80 -m -w 2
		-A -t $VIP:81 -s rr
		-a -t $VIP:81 -r $RIP2:81 -m -w 1
		-A -t [$VIP6]:80 -s rr
		-a -t [$VIP6]:80 -r [$RIP26]:80 -m -w 1
		$udp
	RULES
	is "requests go to the other one" "$(spread tcp 6 "$VIP" 80)" "6 B"
	is "IPv6 requests go to the other one" "$(spread tcp 4 "$VIP6" 80)" "4 B"
	is "requests go to the sorry server" "$(spread tcp 2 "$VIP" 81)" "2 B"

	must serve rs1 A 80 81
	must ns client
	becomes "keepalived adds it again when it is back" <<< "$all"
	is "requests go to both again" "$(spread tcp 6 "$VIP" 80)" "2 A, 4 B"
	is "IPv6 requests go to both again" "$(spread tcp 4 "$VIP6" 80)" "2 A, 2 B"
	is "requests go to the sorry server no more" "$(spread tcp 2 "$VIP" 81)" "2 A"
	ends "keepalived ends"
	is "nothing of it stays" "$(configured)" ""
	answered_by_shunt
}

dr() {
	dr_up
	prepare_real_servers "$VIP" > /dev/null
	serve 80
	virtual "$VIP" 80 TCP wrr DR inhibit_on_failure > $CONF <<-REAL
		$RIP1 80 1
		$RIP2 80 2
	REAL
	keepalived
	becomes "DR: keepalived configures its service" <<-RULES
		-A -t $VIP:80 -s wrr
		-a -t $VIP:80 -r $RIP1:80 -g -w 1
		-a -t $VIP:80 -r $RIP2:80 -g -w 2
	RULES
	is "DR: requests are spread by weight" "$(spread tcp 6 "$VIP" 80)" "2 A, 4 B"
	die rs2
	becomes "DR: with inhibit_on_failure the dead real server stays, at weight 0" <<-RULES
		-A -t $VIP:80 -s wrr
		-a -t $VIP:80 -r $RIP1:80 -g -w 1
		-a -t $VIP:80 -r $RIP2:80 -g -w 0
	RULES
	is "DR: requests go to the other one" "$(spread tcp 4 "$VIP" 80)" "4 A"
	must serve rs2 B 80
	must ns client
	becomes "DR: it has its weight again when it is back" <<-RULES
		-A -t $VIP:80 -s wrr
		-a -t $VIP:80 -r $RIP1:80 -g -w 1
		-a -t $VIP:80 -r $RIP2:80 -g -w 2
	RULES
	is "DR: requests go to both again" "$(spread tcp 6 "$VIP" 80)" "2 A, 4 B"
	ends "DR: keepalived ends"
	is "DR: nothing of it stays" "$(configured)" ""
	answered_by_shunt
}

timeouts() { on_director ipvsadm -L --timeout; }

configuration() {
	nat_up
	serve 80 81 82
	rules <<-RULES
		-A -t $VIP:99 -s rr
		-a -t $VIP:99 -r $RIP1:80 -m
	RULES
	virtual "$VIP" 80 TCP rr NAT <<< "$RIP1 80 1" > $CONF
	keepalived
	becomes "a service that was there before stays" <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m -w 1
		-A -t $VIP:99 -s rr
		-a -t $VIP:99 -r $RIP1:80 -m -w 1
	RULES
	ends "keepalived ends"
	is "a service that is none of keepalived's stays behind" "$(configured)" "$(sort <<-RULES
		-A -t $VIP:99 -s rr
		-a -t $VIP:99 -r $RIP1:80 -m -w 1
	RULES
	)"

	{
		printf '%s\n' "global_defs {" "lvs_flush" "lvs_timeouts tcp 1000 tcpfin 50 udp 80" "}"
		virtual "$VIP" 80 TCP rr NAT <<< "$RIP1 80 1"
		virtual "$VIP" 81 TCP rr NAT <<< "$RIP1 81 1"
	} > $CONF
	keepalived
	becomes "with lvs_flush it goes" <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m -w 1
		-A -t $VIP:81 -s rr
		-a -t $VIP:81 -r $RIP1:81 -m -w 1
	RULES
	is "lvs_timeouts sets the timeouts" "$(timeouts)" "Timeout (tcp tcpfin udp): 1000 50 80"

	must tcp stays "$VIP" 80
	asked "a connection before the reload" A "who stays"
	{
		printf '%s\n' "global_defs {" "lvs_timeouts tcp 1100 udp 90" "}"
		virtual "$VIP" 80 TCP wrr NAT <<-REAL
			$RIP1 80 3
			$RIP2 80 1
		REAL
		virtual "$VIP" 82 TCP rr NAT <<< "$RIP2 82 1"
	} > $CONF
	kill -HUP "$DAEMON"
	becomes "SIGHUP: a service is added, one removed, one changed" <<-RULES
		-A -t $VIP:80 -s wrr
		-a -t $VIP:80 -r $RIP1:80 -m -w 3
		-a -t $VIP:80 -r $RIP2:80 -m -w 1
		-A -t $VIP:82 -s rr
		-a -t $VIP:82 -r $RIP2:82 -m -w 1
	RULES
	like "SIGHUP: new timeouts" "$(timeouts)" ': 1100 [0-9]+ 90$'
	same "SIGHUP: the timeouts" "$(timeouts)"
	asked "SIGHUP: the connection has lost nothing" A "who stays"
	is "SIGHUP: requests are spread by the new weights" "$(spread tcp 8 "$VIP" 80)" "6 A, 2 B"
	is "SIGHUP: requests go to the new service" "$(spread tcp 2 "$VIP" 82)" "2 B"
	ask "tcp none $VIP 81"
	is "SIGHUP: nobody answers for the removed one" "$REPLY" "error: Connection refused"
	ends "keepalived ends after a reload"
	is "nothing of it stays" "$(configured)" ""
	answered_by_shunt
}

run nat dr configuration
