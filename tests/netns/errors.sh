#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Errors: what the director refuses, with which status and which words; and that a refused command changes nothing.
#
#   director alone (of the NAT topology, tests/lab/topology.sh)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# bad TEXT STATUS REGEX OPTION...: one test, and the status is stock's.
bad() {
	local text=$1 status=$2 regex=$3 output rc
	shift 3
	output=$(adm "$@" 2>&1)
	rc=$?
	same "$text, status" $rc
	like "$text" "$rc $output" "^$status .*$regex"
}

refusals() {
	local before
	nat_up
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m
	RULES
	before=$(adm -S -n)
	bad "a service twice" 255 'already exists' -A -t "$VIP:80" -s rr
	bad "a real server twice" 255 'already exists' -a -t "$VIP:80" -r "$RIP1:80" -m
	bad "a real server for no service" 255 '[Nn]o such|not defined' -a -t "$VIP:99" -r "$RIP1:80" -m
	bad "editing no service" 255 'No such' -E -t "$VIP:99" -s rr
	bad "deleting no service" 255 'No such' -D -t "$VIP:99"
	bad "editing no real server" 255 'No such' -e -t "$VIP:80" -r "$RIP2:80" -m -w 2
	bad "deleting no real server" 255 'No such' -d -t "$VIP:80" -r "$RIP2:80"
	bad "listing no service" 1 'No such' -L -n -t "$VIP:99"
	bad "zeroing no service" 255 'No such' -Z -t "$VIP:99"
	bad "an unknown scheduler" 255 'cheduler' -A -t "$VIP:99" -s nosuch
	bad "an unknown option" 255 '' -A -t "$VIP:99" --nosuch
	bad "a command without its service" 2 '' -A -s rr
	bad "two commands" 2 '' -A -D -t "$VIP:99"
	bad "an option that is not the command's" 2 '' -D -t "$VIP:80" -s rr
	bad "a weight that is none" 2 '' -a -t "$VIP:80" -r "$RIP2:80" -m -w 70000
	bad "an address that is none" 2 '' -A -t 1.1.1.1.1:80
	bad "a port that is none" 2 '' -A -t "$VIP:70000"
	bad "a port 0 without persistence" 2 '' -A -t "$VIP:0"
	is "none of it changed anything" "$(adm -S -n)" "$before"
}

# What is not there yet is refused by name.
later() {
	only_shunt || return 0
	nat_up
	rules <<< "-A -t $VIP:80 -s rr"
	refused "a tunnel" '[1-9][0-9]*' '[Tt]unnel|ipip' adm -a -t "$VIP:80" -r "$RIP1:80" -i
	refused "persistence" '[1-9][0-9]*' '[Pp]ersist' adm -A -t "$VIP:81" -s rr -p 300
	refused "a firewall mark" '[1-9][0-9]*' '[Ff]irewall|fwmark|mark' adm -A -f 1 -s rr
	refused "the sync daemon" '[1-9][0-9]*' '[Dd]aemon|sync' adm --start-daemon master --mcast-interface eth0
	refused "the default scheduler" '[1-9][0-9]*' 'wlc' adm -A -t "$VIP:82"
	refused "SCTP" '[1-9][0-9]*' 'SCTP|sctp' adm -A --sctp-service "$VIP:83" -s rr
	is "none of it changed anything" "$(adm -S -n)" "-A -t $VIP:80 -s rr"
}

# Who may: the administrator of the netns, and nobody else.
permission() {
	only_shunt || return 0
	nat_up
	refused "without CAP_NET_ADMIN" '[1-9][0-9]*' 'ermi' \
		ip netns exec director setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$TOP/tool/shuntadm" -A -t "$VIP:80" -s rr
	is "nothing changed" "$(adm -S -n)" ""
}

# What -L, -S and -R say of the same services is the same as stock's.
listings() {
	nat_up
	rules <<-RULES
		-A -u $VIP:53 -s wrr
		-a -u $VIP:53 -r $RIP2:53 -m -w 65535
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP2:8080 -m -w 0
		-a -t $VIP:80 -r $RIP1:80 -g -w 3
		-A -t [$VIP6]:443 -s wrr
		-a -t [$VIP6]:443 -r [$RIP16]:443 -g
	RULES
	same "-L -n" "$(adm -L -n | sed 's/size=[0-9]*/size=N/')"
	same "-L -n -t" "$(adm -L -n -t "$VIP:80" | sed 's/size=[0-9]*/size=N/')"
	same "-L -n --stats" "$(adm -L -n --stats | sed 's/size=[0-9]*/size=N/')"
	same "-L -n --rate" "$(adm -L -n --rate | sed 's/size=[0-9]*/size=N/')"
	same "-L -n --thresholds" "$(adm -L -n --thresholds | sed 's/size=[0-9]*/size=N/')"
	same "-L -n --persistent-conn" "$(adm -L -n --persistent-conn | sed 's/size=[0-9]*/size=N/')"
	same "-L -n -c" "$(adm -L -n -c)"
	same "-L --timeout" "$(adm -L --timeout)"
	same "-S -n" "$(adm -S -n)"
	local saved
	saved=$(adm -S -n)
	adm -C
	is "-C leaves nothing" "$(adm -S -n)" ""
	rules <<< "$saved"
	is "-R restores what -S saved" "$(adm -S -n)" "$saved"
}

run refusals later permission listings
