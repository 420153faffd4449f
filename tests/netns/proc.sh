#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# /proc/net/ip_vs and its like: each file is stock's to the byte, but for what no two runs share: the size of the table, the order
# of services and connections, seconds that pass, rates. A long listing read in small pieces is whole, whatever changes meanwhile.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh
#                                    └─ rs2 (B)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

FILES=(ip_vs ip_vs_app ip_vs_conn ip_vs_conn_sync ip_vs_stats ip_vs_stats_percpu)

# A process in each of two network namespaces, to read their files by.
declare -A LIVES=()
live_in() {
	ip netns exec "$1" sleep 3600 &
	LIVES[$1]=$!
	until [ "/proc/${LIVES[$1]}/ns/net" -ef "/run/netns/$1" ]; do nap; done
}
live_no_more() {
	kill "${LIVES[@]}"
	wait "${LIVES[@]}" 2>/dev/null
	LIVES=()
}

path() { echo "/proc/${LIVES[${2:-director}]}/net/$1"; }

# A file as it is in every run: FILE [NETNS]
content() { "as_$1" < "$(path "$1" "${2:-director}")"; }

# Services sorted, each with its real servers.
as_ip_vs() {
	awk 'NR <= 3 { sub(/size=[0-9]+/, "size=N"); print "0" NR "\002" $0; next }
		/^ / { block = block "\001" $0; next }
		{ if (block) print block; block = "1\002" $0 }
		END { if (block) print block }' | sort | sed 's/^[0-9]*\x02//' | tr '\001' '\n'
}

# Sorted, seconds rounded up to half minutes.
as_ip_vs_conn() {
	awk 'NR == 1 { print "0" $0; next }
		{ left = substr($0, length($0) - 6) + 0
		  print "1" substr($0, 1, length($0) - 7) sprintf("%7d", int((left + 29) / 30) * 30) }' | sort | cut -c 2-
}
as_ip_vs_conn_sync() { as_ip_vs_conn; }

# All but the rates.
as_ip_vs_stats() { sed '6s/[0-9A-F]/N/g;6s/  *N*/ N/g'; }

# The rates, and which CPU had the replies, are nobody's choice. Packets that come in are on the sender's CPU.
as_ip_vs_stats_percpu() {
	awk '/^ *[0-9A-F]+ +/ && NF == 6 { print $1, $2, $3; next } /^    / && NF == 5 && $1 ~ /^[0-9A-F]+$/ { print "rates"; next } { print }'
}

as_ip_vs_app() { cat; }

# What CPU rows of ip_vs_stats_percpu add up to, and the row that says so.
cpu_sum() {
	local cpu conns inpkts outpkts inbytes outbytes rest
	local -a sum=(0 0 0 0 0)
	while read -r cpu conns inpkts outpkts inbytes outbytes rest; do
		[[ $cpu =~ ^[0-9A-F]+$ && -n $outbytes ]] || continue
		sum=($((sum[0] + 16#$conns)) $((sum[1] + 16#$inpkts)) $((sum[2] + 16#$outpkts))
			$((sum[3] + 16#$inbytes)) $((sum[4] + 16#$outbytes)))
	done < "$(path ip_vs_stats_percpu)"
	echo "${sum[@]}"
}
decimal() {
	local conns inpkts outpkts inbytes outbytes
	read -r conns inpkts outpkts inbytes outbytes
	echo $((16#$conns)) $((16#$inpkts)) $((16#$outpkts)) $((16#$inbytes)) $((16#$outbytes))
}
cpu_total() { sed -n 's/^  ~ //p' "$(path ip_vs_stats_percpu)" | decimal; }
total() { sed -n 3p "$(path ip_vs_stats)" | decimal; }
total_is() { [ "$(total)" = "$1" ] && [ "$(cpu_total)" = "$1" ]; }

# Stock adds up every two seconds, Shunt when it is asked.
totals() {
	if only_ipvs; then
		wait_for "$1" total_is "$2"
	else
		is "$1" "$(total)" "$2"
		is "$1, and the last row of the CPUs'" "$(cpu_total)" "$2"
		is "$1, and the sum of the CPUs' rows" "$(cpu_sum)" "$2"
	fi
}

compare() {
	local file
	for file in "${@:2}"; do
		same "$1, $file" "$(content "$file")"
	done
}

all_files() {
	nat_up
	live_in director
	live_in gw
	compare "nothing there" "${FILES[@]}"
	same "modes" "$(cd "/proc/${LIVES[director]}/net" && stat -c '%A %U %s %n' ip_vs*)"
	same "anybody may read" "$(setpriv --reuid 65534 --clear-groups cat "$(path ip_vs_app)" "$(path ip_vs_conn)" 2>&1)"

	serve 80 90
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m -w 0
		-a -t $VIP:80 -r $RIP2:80 -m -w 65535
		-A -t $VIP:8080 -s wrr
		-a -t $VIP:8080 -r $RIP1:8080 -g
		-a -t $VIP:8080 -r $RIP2:8080 -g -w 0
		-A -u $VIP:80 -s rr
		-a -u $VIP:80 -r $RIP2:90 -m
		-A -u 9.8.7.6:53 -s rr
		-A -t [$VIP6]:80 -s wrr
		-a -t [$VIP6]:80 -r [$RIP16]:80 -m -w 1000
		-a -t [$VIP6]:80 -r [$RIP26]:80 -m -w 0
		-A -t [$VIP6]:65535 -s rr
		-a -t [$VIP6]:65535 -r [$RIP16]:65535 -g
		-A -u [$VIP6]:80 -s rr
		-a -u [$VIP6]:80 -r [$RIP26]:80 -m
	RULES
	compare "configured" "${FILES[@]}"
	is "configured, a service with its real servers" "$(content ip_vs | grep -A 2 '^TCP  01010101:0050')" \
"TCP  01010101:0050 rr  
  -> AC100102:0050      Masq    65535  0          0         
  -> AC100101:0050      Masq    0      0          0         "

	# A CPU each for two clients; what waits for a neighbour may go on elsewhere.
	reach client "$VIP"
	reach client "$VIP6"
	taskset -cp 0 "$FLOW_PID" > /dev/null
	udp_from "$VIP" 1001 1002 1003
	taskset -cp 1 "$FLOW_PID" > /dev/null
	udp_from "$VIP6" 1004 1005
	totals "5 flows are counted" "5 5 5 500 500"
	compare "5 flows" ip_vs_stats ip_vs_stats_percpu

	must tcp four "$VIP" 80 sport=2000
	must who four
	must tcp six "$VIP6" 80 sport=2006
	must who six
	must tcp over "$VIP" 80 sport=2001
	must end over
	must close over
	must raw "$CIP" 3000 "$VIP" 8080 S
	must raw "$CIP6" 3006 "$VIP6" 65535 S
	wait_for "connections in all states" in_all_states
	compare "connections" ip_vs ip_vs_conn ip_vs_conn_sync
	like "connections, a row" "$(content ip_vs_conn)" \
		$'\nTCP C0A80101 07D0 01010101 0050 AC100102 0050 ESTABLISHED     900\n'

	compare_other_netns
	live_no_more
}

# A flow from each of these ports.
udp_from() {
	local port
	for port in "${@:2}"; do
		must udp "u$port" "$1" 80 sport="$port"
		must who "u$port"
	done
}

in_all_states() {
	local rows
	rows=$(content ip_vs_conn)
	[ "$(grep -c ESTABLISHED <<< "$rows")" = 2 ] && [ "$(grep -c SYN_RECV <<< "$rows")" = 2 ] &&
		grep -q 'TIME_WAIT\|CLOSE' <<< "$rows"
}

# gw has a service of its own, and sees nothing of the director's.
compare_other_netns() {
	local file
	for file in "${FILES[@]}"; do
		same "another netns, $file" "$(content "$file" gw)"
	done
	is "another netns has no connection" "$(content ip_vs_conn gw | wc -l)" 1
	in_gw -A -t 9.9.9.9:99 -s rr
	is "another netns shows its own service" "$(content ip_vs gw | tail -n +4)" "TCP  09090909:0063 rr  "
	is "and the director does not" "$(content ip_vs | grep -c 09090909)" 0
}

in_gw() {
	if only_ipvs; then ip netns exec gw ipvsadm "$@"; else ip netns exec gw "$TOP/tool/shuntadm" "$@"; fi
}

# What the CPUs have counted adds up after -Z (where stock's does not) and when real servers and services are gone.
sums() {
	nat_up
	live_in director
	serve 80
	rules <<-RULES
		-A -u $VIP:80 -s rr
		-a -u $VIP:80 -r $RIP1:80 -m
		-a -u $VIP:80 -r $RIP2:80 -m
	RULES
	taskset -cp 0 "$FLOW_PID" > /dev/null
	must many udp 4 "$VIP" 80
	taskset -cp 1 "$FLOW_PID" > /dev/null
	must many udp 3 "$VIP" 80
	totals "flows on both CPUs" "7 7 7 644 644"
	adm -d -u "$VIP:80" -r "$RIP1:80"
	totals "a real server is gone" "7 7 7 644 644"
	adm -Z
	if only_ipvs; then
		wait_for "-Z" total_is "0 0 0 0 0"
	else
		totals "-Z" "0 0 0 0 0"
		is "-Z, each CPU" "$(content ip_vs_stats_percpu | grep '^[01] ')" $'0 0 0\n1 0 0'
	fi
	must many udp 2 "$VIP" 80
	if only_shunt; then
		totals "two more" "2 2 2 184 184"
		is "two more, on their CPU" "$(content ip_vs_stats_percpu | grep '^[01] ')" $'0 0 0\n1 2 2'
		adm -C
		totals "all services are gone" "2 2 2 184 184"
	fi
	live_no_more
}

# pieces FILE BYTES OUT: reads it so many bytes at a time.
pieces() { dd if="$(path "$1")" of="$3" bs="$2" status=none; }

# Services and connections by the hundred, read in pieces of all sizes.
many_rows() {
	local n size
	nat_up
	live_in director
	serve 80
	for ((n = 1; n <= 150; n++)); do
		echo "-A -t 9.0.0.$n:80 -s rr"
		echo "-a -t 9.0.0.$n:80 -r $RIP1:80 -m"
		echo "-a -t 9.0.0.$n:80 -r $RIP2:80 -m"
		echo "-a -t 9.0.0.$n:80 -r $RIP2:81 -m"
	done > /tmp/rules
	{
		cat /tmp/rules
		echo "-A -u $VIP:80 -s rr"
		echo "-a -u $VIP:80 -r $RIP1:80 -m"
	} | rules
	must many udp 200 "$VIP" 80 keep=u
	for size in 1 64 1000 100000; do
		pieces ip_vs $size /tmp/pieces
		is "services in pieces of $size bytes" "$(as_ip_vs < /tmp/pieces)" "$(content ip_vs)"
		pieces ip_vs_conn $size /tmp/pieces
		is "connections in pieces of $size bytes" "$(as_ip_vs_conn < /tmp/pieces)" "$(content ip_vs_conn)"
	done
	is "all services are there" "$(grep -c ^TCP "$(path ip_vs)")" 150
	is "all connections are there, once" "$(sort -u "$(path ip_vs_conn)" | grep -c ^UDP)" "$(adm -L -n -c | grep -c ^UDP)"
	if only_shunt; then changing; fi
	live_no_more
}

# Half of it is read; then what is at the reader's place goes, and some before and behind it; something is added.
changing() {
	local seen last
	exec 9< "$(path ip_vs)"
	dd bs=64 count=160 of=/tmp/first status=none <&9
	seen=$(grep -c ^TCP /tmp/first)
	last=$(sed -n "$((4 * seen))p" /tmp/rules | cut -d ' ' -f 3)
	explain "$seen services were read, the last one is $last"
	rules <<-RULES
		-D -t 9.0.0.3:80
		-d -t $last -r $RIP2:81
		-d -t $last -r $RIP2:80
		-D -t 9.0.0.$((seen + 1)):80
		-D -t 9.0.0.$((seen + 40)):80
		-a -t 9.0.0.$((seen + 50)):80 -r $RIP1:82 -m
		-A -t 9.0.1.1:80 -s rr
	RULES
	dd bs=64 of=/tmp/second status=none <&9
	exec 9<&-
	cat /tmp/first /tmp/second > /tmp/both
	is "no service is there twice" "$(grep ^TCP /tmp/both | sort | uniq -d)" ""
	is "who stays is there, who comes is, too" "$(grep -c ^TCP /tmp/both)" 149
	is "a service added behind the reader" "$(grep -c "09000101:0050" /tmp/second)" 1
	is "a real server added behind the reader" "$(grep -c "AC100101:0052" /tmp/second)" 1
	is "every service's real servers are" "$(awk '/^(TCP|UDP)/ { svc = $1 $2 } /:0050 .*Masq/ && /AC100101/ { n[svc]++ }
		END { for (s in n) if (n[s] != 1) bad++; print length(n), bad + 0 }' /tmp/both)" "149 0"
}

# A file that is held open keeps neither a netns nor the module from going, and has no more to say then.
held_open() {
	only_shunt || return 0
	nat_up
	live_in director
	rules <<< "-A -t $VIP:80 -s rr"
	exec 8< "$(path ip_vs)" 9< "$(path ip_vs_conn)"
	read -ru 8 -N 20 _
	read -ru 9 -N 20 _
	live_no_more
	down_for_good
	is "the netns is gone, the open file says no more" "$(dd bs=64 status=none <&9 2>&1 | head -n 1)" \
		"dd: error reading 'standard input': Input/output error"
	exec 7< /proc/net/ip_vs_conn
	# And 7, of this netns, stays open until the module is gone.
}

run all_files sums many_rows held_open
