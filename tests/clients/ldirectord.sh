#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ldirectord, which runs ipvsadm: real servers fail their check by page and by connection, quiescent or not, and recover.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT and DR, tests/lab/topology.sh
#                    ldirectord      └─ rs2 (B)
# shellcheck source=tests/clients/lib.sh
. "$(dirname "$0")/lib.sh"

CONF=/tmp/ldirectord.cf

# ldirectord < virtual services: those of the configuration file, with the rest of it as all scenarios have it.
ldirectord() {
	{
		printf '%s\n' 'checkinterval = 1' 'checktimeout = 10' 'negotiatetimeout = 10' 'failurecount = 1' \
			'supervised = yes' 'logfile = "/tmp/ldirectord.log"'
		cat
	} > $CONF
	# With PERLIO set it need not start itself again to set it, which takes seconds here.
	daemon env PERLIO=perlio /usr/sbin/ldirectord $CONF start
}

# Which servers' pages N requests got, in order of name.
pages() {
	local n
	for ((n = 0; n < $1; n++)); do
		ip netns exec client curl -s -m 5 "http://$VIP/" | sed 's/.* //'
	done | sort | uniq -c | awk '{ printf "%s%d %s", sep, $1, $2; sep = ", " }'
}

# By page, quiescent.
nat() {
	nat_up
	http_up
	ldirectord <<-CF
		virtual = $VIP:80
		        real = $RIP1:80 masq 1
		        real = $RIP2:80 masq 1
		        protocol = tcp
		        scheduler = rr
		        quiescent = yes
		        service = http
		        checktype = negotiate
		        request = "index.html"
		        receive = "Real Server"
	CF
	local both
	both=$(cat <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m -w 1
		-a -t $VIP:80 -r $RIP2:80 -m -w 1
	RULES
	)
	becomes "ldirectord configures its service" <<< "$both"
	is "pages come from both" "$(pages 4)" "2 A, 2 B"
	echo "Closed for repairs" > /tmp/www1/index.html
	becomes "quiescent: a real server with a wrong page gets weight 0" <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m -w 0
		-a -t $VIP:80 -r $RIP2:80 -m -w 1
	RULES
	is "quiescent: pages come from the other one" "$(pages 3)" "3 B"
	echo "Real Server A" > /tmp/www1/index.html
	becomes "quiescent: with the right page it has its weight again" <<< "$both"
	is "quiescent: pages come from both again" "$(pages 4)" "2 A, 2 B"
	ends "ldirectord ends"
	is "nothing of it stays" "$(configured)" ""
	answered_by_shunt
}

# By connection, not quiescent.
dr() {
	dr_up
	prepare_real_servers "$VIP" > /dev/null
	serve 80
	ldirectord <<-CF
		virtual = $VIP:80
		        real = $RIP1:80 gate 1
		        real = $RIP2:80 gate 2
		        protocol = tcp
		        scheduler = wrr
		        quiescent = no
		        service = simpletcp
		        checktype = connect
	CF
	local both
	both=$(cat <<-RULES
		-A -t $VIP:80 -s wrr
		-a -t $VIP:80 -r $RIP1:80 -g -w 1
		-a -t $VIP:80 -r $RIP2:80 -g -w 2
	RULES
	)
	becomes "DR: ldirectord configures its service" <<< "$both"
	is "DR: requests are spread by weight" "$(spread tcp 6 "$VIP" 80)" "2 A, 4 B"
	die rs2
	becomes "DR, not quiescent: a dead real server is removed" <<-RULES
		-A -t $VIP:80 -s wrr
		-a -t $VIP:80 -r $RIP1:80 -g -w 1
	RULES
	is "DR, not quiescent: requests go to the other one" "$(spread tcp 4 "$VIP" 80)" "4 A"
	must serve rs2 B 80
	must ns client
	becomes "DR, not quiescent: it is added again when it is back" <<< "$both"
	is "DR, not quiescent: requests go to both again" "$(spread tcp 6 "$VIP" 80)" "2 A, 4 B"
	ends "DR: ldirectord ends"
	is "DR: nothing of it stays" "$(configured)" ""
	answered_by_shunt
}

run nat dr
