#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The schedulers that hash, sh, dh and mh: a client, or a virtual address, stays with its real server.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh
#                                    └─ rs2 (B)
#
# Four real servers: ports 80 and 81 of both. sh and dh send every client where stock sends it.
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# More addresses for the client and the director, for hashes to have something to tell apart.
addresses() {
	local n
	for n in {101..116}; do
		echo "address add 192.168.1.$n/24 dev eth0"
		echo "address add 2001:db8:192::$n/64 dev eth0 nodad"
	done | in_netns client
	for n in {101..108}; do
		echo "address add 1.1.1.$n/24 dev eth0"
		echo "address add 2001:db8:1::$n/64 dev eth0 nodad"
	done | in_netns director
}
sources() { case $1 in *:*) echo 2001:db8:192::{101..116};; *) echo 192.168.1.{101..116};; esac; }
vips() { case $1 in *:*) echo 2001:db8:1::{101..108};; *) echo 1.1.1.{101..108};; esac; }

# from VIP PORT [OPTION]...: who answers each of the client's addresses, in order.
from() {
	local src answers=()
	for src in $(sources "$1"); do
		ask "many tcp 1 $1 $2 src=$src ${*:3}"
		answers+=("$REPLY")
	done
	echo "${answers[*]}"
}

# Who really is who: real servers on two ports answer alike, the list of connections tells them apart.
mapping() {
	connections | awk -v to="$(at "$1"):$2" '$5 == to { sub(/:[0-9]*$/, "", $4); print $4, $6 }' | sort -u
}

# A client's address decides, and nothing else; which client goes where is as with stock.
source_hash() {
	local vip service first answers
	nat_up
	addresses
	serve 80 81
	for vip in "$VIP" "$VIP6"; do
		service=$(at "$vip")
		first=$(reals "$vip" | cut -d' ' -f1)
		pool "$vip" 8001 sh 1 2 3 4
		answers=$(from "$vip" 8001)
		same "$vip, sh" "$answers"
		like "$vip, sh uses more than one" "$answers" 'A.*B|B.*A'
		is "$vip, sh, a client stays where it is" "$(from "$vip" 8001)" "$answers"
		same "$vip, sh, who went where" "$(mapping "$vip" 8001)"
		is "$vip, sh, one real server a client" "$(mapping "$vip" 8001 | wc -l)" 16
		ask "many tcp 12 $vip 8001 sport=20000"
		like "$vip, sh, ports do not matter" "$REPLY" '^(A ){11}A$|^(B ){11}B$'

		pool "$vip" 8002 "sh -b sh-port" 1 2 3 4
		ask "many tcp 32 $vip 8002 sport=20100"
		same "$vip, sh-port" "$REPLY"
		like "$vip, sh-port, ports matter" "$REPLY" 'A.*B|B.*A'
		answers=$REPLY
		ask "many tcp 32 $vip 8002 sport=20100"
		is "$vip, sh-port, a port stays where it is" "$REPLY" "$answers"

		# Weight 0 and too many connections: refused, or to another one.
		adm -e -t "$service:8001" -r "$first" -m -w 0
		answers=$(from "$vip" 8001)
		same "$vip, sh, one at weight 0" "$answers"
		like "$vip, sh, some are refused" "$answers" 'ECONNREFUSED'
		pool "$vip" 8003 "sh -b sh-fallback" 1 2 3 4
		adm -e -t "$service:8003" -r "$first" -m -w 0
		answers=$(from "$vip" 8003)
		same "$vip, sh-fallback, one at weight 0" "$answers"
		is "$vip, sh-fallback, nobody is refused" "${answers//[AB ]/}" ""
		same "$vip, sh-fallback, who went where" "$(mapping "$vip" 8003)"
		pool "$vip" 8004 "sh -b sh-fallback,sh-port" 1 1
		adm -e -t "$service:8004" -r "$first" -m -w 1 -x 2
		ask "many tcp 24 $vip 8004 sport=20200 keep=over$vip"
		same "$vip, sh-fallback, one overloaded" "$REPLY"
		is "$vip, sh-fallback, the overloaded one has its limit" "$(held "$vip" 8004 | cut -d' ' -f3)" 2
		pool "$vip" 8005 "sh -b sh-port" 1 1
		adm -e -t "$service:8005" -r "$first" -m -w 1 -x 2
		ask "many tcp 24 $vip 8005 sport=20300 keep=full$vip"
		same "$vip, sh, one overloaded" "$REPLY"
		like "$vip, sh, the others' clients are refused" "$REPLY" 'ECONNREFUSED'
	done
	same "the flags are shown" "$(adm -L -n | grep -E ' sh' | sed 's/  *$//')"
	same "the flags are saved" "$(adm -S -n | grep -- '-s sh')"
}

dest_hash() {
	local vip other answers
	nat_up
	addresses
	serve 80 81
	for vip in "$VIP" "$VIP6"; do
		for other in $(vips "$vip"); do
			pool "$other" 80 dh 1 9 1
		done
		answers=
		for other in $(vips "$vip"); do
			ask "many tcp 2 $other 80"
			answers+="$REPLY; "
		done
		same "$vip, dh" "$answers"
		like "$vip, dh, one real server an address" "$answers" '^((A A|B B); )+$'
		like "$vip, dh, more than one for all" "$answers" 'A.*B|B.*A'
		answers=
		for other in $(vips "$vip"); do
			adm -e -t "$(at "$other"):80" -r "$(reals "$vip" | cut -d' ' -f2)" -m -w 0
			ask "many tcp 1 $other 80"
			answers+="$REPLY; "
		done
		same "$vip, dh, one at weight 0" "$answers"
		like "$vip, dh, nobody takes its place" "$answers" 'ECONNREFUSED'
	done
}

# How many connections of each virtual address each real server holds.
spread_of() { connections | awk -v port=":$1\$" '$5 ~ port { print $5, $6 }' | sort | uniq -c; }

# One service for many virtual addresses, as for a row of caches: each address has its real servers.
many_addresses() {
	local vip other scheduler port family real n answers
	nat_up
	addresses
	serve 8001 8002 8003
	in_netns rs1 <<< "address add 172.16.1.3/24 dev eth0"
	in_netns rs2 <<< "address add 172.16.1.4/24 dev eth0"
	in_netns rs1 <<< "address add 2001:db8:16::3/64 dev eth0 nodad"
	in_netns rs2 <<< "address add 2001:db8:16::4/64 dev eth0 nodad"
	ip netns exec director nft -f - <<-NFT
		table inet lab {
			chain prerouting {
				type filter hook prerouting priority mangle
				tcp dport 8001 meta mark set 8001
				tcp dport 8002 meta mark set 8002
				tcp dport 8003 meta mark set 8003
			}
		}
	NFT
	for vip in "$VIP" "$VIP6"; do
		family=
		[ "$vip" = "$VIP" ] || family=-6
		port=8000
		for scheduler in dh lblc lblcr; do
			port=$((port + 1))
			{
				echo "-A -f $port $family -s $scheduler"
				for n in 1 2 3 4; do
					real=172.16.1.$n
					[ -z "$family" ] || real=[2001:db8:16::$n]:0
					echo "-a -f $port $family -r $real -m -w $((n % 2 + 2))"
				done
			} | rules
			for n in 1 2 3; do
				answers=
				for other in $(vips "$vip"); do
					ask "many tcp $n $other $port keep=$n.$port.$other."
					answers+="$REPLY; "
				done
				same "$vip, $scheduler, round $n" "$answers"
			done
			same "$vip, $scheduler, who holds what" "$(spread_of "$port")"
			like "$vip, $scheduler, it is all there" "$(spread_of "$port" | awk '{ n += $1 } END { print n }')" '^(48|96)$'
		done
	done
}

# Not stock's table: consistency is what matters, also between two directors and over removal and re-adding.
maglev() {
	local vip service second answers
	nat_up
	addresses
	serve 80 81
	for vip in "$VIP" "$VIP6"; do
		service=$(at "$vip")
		second=$(reals "$vip" | cut -d' ' -f2)
		pool "$vip" 8001 mh 1 1 1
		answers=$(from "$vip" 8001)
		like "$vip, mh uses more than one" "$answers" 'A.*B|B.*A'
		is "$vip, mh, a client stays where it is" "$(from "$vip" 8001)" "$answers"
		ask "many tcp 12 $vip 8001 sport=20000"
		like "$vip, mh, ports do not matter" "$REPLY" '^(A ){11}A$|^(B ){11}B$'
		pool "$vip" 8002 "mh -b mh-port" 1 1 1
		ask "many tcp 32 $vip 8002 sport=20100"
		like "$vip, mh-port, ports matter" "$REPLY" 'A.*B|B.*A'
		is "$vip, mh-port, a port stays where it is" "$(ask "many tcp 32 $vip 8002 sport=20100"; echo "$REPLY")" "$REPLY"

		# The second is the only B: its clients are refused, nobody else notices.
		adm -e -t "$service:8001" -r "$second" -m -w 0
		is "$vip, mh, one at weight 0: its clients are refused" "$(from "$vip" 8001)" "${answers//B/ECONNREFUSED}"
		pool "$vip" 8003 "mh -b mh-fallback" 1 1 1
		is "$vip, another service hashes alike" "$(from "$vip" 8003)" "$answers"
		adm -e -t "$service:8003" -r "$second" -m -w 0
		is "$vip, mh-fallback, they go to others" "$(from "$vip" 8003)" "${answers//B/A}"
		adm -e -t "$service:8003" -r "$second" -m -w 1
		is "$vip, mh-fallback, and come back" "$(from "$vip" 8003)" "$answers"
		adm -d -t "$service:8003" -r "$second"
		is "$vip, mh, one removed" "$(from "$vip" 8003)" "${answers//B/A}"
		adm -a -t "$service:8003" -r "$second" -m
		if only_shunt; then
			is "$vip, mh, one added again, though it is the last now" "$(from "$vip" 8003)" "$answers"
		fi
	done
	same "the flags are shown" "$(adm -L -n | grep -E ' mh' | sed 's/  *$//')"
	same "the flags are saved" "$(adm -S -n | grep -- '-s mh')"
}

# The module with a seed for mh, and what it makes of the client's addresses.
with_seed() {
	rmmod shunt
	insmod "${SHUNT_KO:-$BUILD/$(uname -r)/shunt.ko}" mh_seed="$1"
	pool "$VIP" 8001 mh 1 1 1 1
	from "$VIP" 8001
}

# Directors with the same seed agree, others do not.
seeded() {
	local plain
	only_shunt || return 0
	nat_up
	addresses
	serve 80 81
	pool "$VIP" 8001 mh 1 1 1 1
	plain=$(from "$VIP" 8001)
	is "mh, another director without a seed agrees" "$(with_seed 0)" "$plain"
	is "mh, one with a seed does not" "$([ "$(with_seed 5)" != "$plain" ]; echo $?)" 0
	is "the seed can be read" "$(cat /sys/module/shunt/parameters/mh_seed)" 5
}

run source_hash dest_hash many_addresses maglev seeded
