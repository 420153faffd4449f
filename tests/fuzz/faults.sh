#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fault injection, inside a guest of the debug kernel kasan: every allocation that the module makes, itself or by what it calls,
# fails in turn, alone and with all after it: around the load of the module, a new network namespace, every command, sysctl and
# listing, and around packets of each kind, without and with conntrack (faults.h). Demanded is
#
#   of a command     that it fails for lack of memory and all is as it was, or that it does all of it
#   of a packet      that it comes out or is dropped with a counted reason, that the same once more comes through, and that
#                    there are the connections then that there are without faults
#
# and in the end that the module unloads and no memory is lost.
#
#   clients 10.16.0.0/16 ── (in0) director (out0) ── 10.2.0.1    VIP 10.9.0.1; both sides are taps, which faults holds
#
# faults.sh [PART]...: load netns commands packets tracked (all of them). Environment: TOP, BUILD, KINDS (of packets).
set -uo pipefail
FAULTS=$BUILD/bin/faults
KO=${SHUNT_KO:-$BUILD/$(uname -r)/shunt.ko}
DEBUG=/sys/kernel/debug
VS=/proc/sys/net/ipv4/vs
TESTS=0 FAILED=0
WORK=$(mktemp -d)

result() { # ok | "not ok", TEXT
	TESTS=$((TESTS + 1))
	[ "$1" = ok ] || FAILED=$((FAILED + 1))
	echo "$1 $TESTS - faults: $2"
}

# results TITLE COMMAND...: what faults says, as tests.
results() {
	local title=$1 line
	shift
	while read -r line; do
		case $line in
		'ok - '*) result ok "$title${line#ok - }";;
		'not ok - '*) result 'not ok' "$title${line#not ok - }";;
		*) printf '#   %s\n' "${line#\#}";;
		esac
	done < <("$@" 2>&1 || echo "not ok - faults ends with $?")
}

knob() { # NAME VALUE, of both kinds of allocations
	local kind
	for kind in failslab fail_page_alloc; do
		echo "$2" > "$DEBUG/$kind/$1" || result 'not ok' "$kind/$1 can be set"
	done
}

# What counts: allocations that have a function between these addresses among their callers.
callers() { # FROM TO
	knob require-start "$1"
	knob require-end "$2"
}

# All modules, which are behind the kernel itself: where ours is going to be nobody knows before.
all_modules() { callers "0x$(awk '$3 == "_end" { print $1 }' /proc/kallsyms)" 0xffffffffff000000; }

# The module's own code, from the first of its functions to the last.
our_code() {
	local from to
	read -r from to < <(awk '$4 == "[shunt]" && tolower($2) == "t" { print $1 }' /proc/kallsyms | sort |
		sed -n '1p;$p' | tr '\n' ' ')
	callers "0x$from" "$(printf '0x%x' $((0x$to + 4096)))"
}

# With fail-nth counting only, and everything after it where a task asks for that (make-it-fail).
faults_on() {
	[ -e $DEBUG/failslab ] || mount -t debugfs none $DEBUG
	knob probability 100
	knob interval 1
	knob times -1
	knob space 0
	knob verbose 0
	knob task-filter Y
	knob ignore-gfp-wait N
	knob stacktrace-depth 32
	echo 0 > $DEBUG/fail_page_alloc/min-order
	echo N > $DEBUG/fail_page_alloc/ignore-gfp-highmem
}

load() {
	insmod "$KO" || result 'not ok' "the module loads"
	our_code
}

unload() { rmmod shunt || result 'not ok' "the module unloads"; }
in_director() { ip netns exec director "$@"; }

part_load() {
	# What it needs is there, or it would be loaded each time.
	modprobe -a libcrc32c nf_defrag_ipv4 nf_defrag_ipv6 2> /dev/null
	all_modules
	results "" "$FAULTS" load "$KO"
}

part_netns() {
	load
	results "" "$FAULTS" netns
	unload
}

# A file of rules, of which "undo" is that exactly it is there.
rules() { { echo "-C"; cat; } > "$WORK/$1"; }

# Steps of the director with nothing, with a service, and with real servers.
steps() {
	local name service="-t 10.9.0.1:80"
	echo "undo -C"
	echo "step -A $service -s rr"
	echo "step -A -t [2001:db8:9::1]:80 -s rr"
	rules one <<< "-A -t 10.9.0.1:1 -s rr"
	echo "do -R $WORK/one"
	echo "undo -R $WORK/one"
	for name in wlc mh lblc; do echo "step -A $service -s $name"; done
	echo "step -A -f 7 -s rr"
	echo "step -A -u 10.9.0.1:5060 -s rr -p --pe sip"
	rules empty <<< "-A $service -s rr"
	echo "do -R $WORK/empty"
	echo "undo -R $WORK/empty"
	for name in -m -g "-i --tun-type gue --tun-port 6080"; do echo "step -a $service -r 10.2.0.1 $name"; done
	echo "step -a $service -r [2001:db8::1]:80 -i"
	rules full <<-RULES
		-A $service -s rr
		-a $service -r 10.2.0.1 -m
		-a $service -r 10.2.0.2 -m
	RULES
	rules other <<-RULES
		-A $service -s mh
		-a $service -r 10.2.0.1:80 -m -w 2
		-A -u 10.9.0.1:53 -s lblc
		-a -u 10.9.0.1:53 -r 10.2.0.3:53 -g
	RULES
	tail -n +2 "$WORK/other" > "$WORK/replacement"
	echo "do -R $WORK/full"
	echo "undo -R $WORK/full"
	for name in "-s sh" "-s mh" "-s lblcr" "-s wrr -p 100 --tcp-timeout 9 --reset-on-expiry"; do echo "step -E $service $name"; done
	for name in "-m -w 7" -g "-m --drain=60"; do echo "step -e $service -r 10.2.0.1 $name"; done
	cat <<-STEPS
		step -d $service -r 10.2.0.2
		step -D $service
		step -C
		undo --set 900 120 300
		step --set 900 121 300
		undo -R $WORK/full
		step -Z
		step -R $WORK/other
		step -R --replace $WORK/replacement
		step -L -n
		step -L -n -c
		step -L --drops
		step -L -n --stats --json
		step -L --timeout
		step -L -n $service
		step read /proc/net/ip_vs
		step read /proc/net/ip_vs_conn
		step read /proc/net/ip_vs_stats
		step read /proc/net/ip_vs_stats_percpu
		step read /proc/net/shunt_table
		undo write $VS/fast_path 1
		step write $VS/fast_path 0
		step write $VS/fast_path 2
		undo write $VS/nat_icmp_send 0
		step write $VS/nat_icmp_send 1
		undo write $VS/conn_max 5000
		do write $VS/conn_max 5000
		step write $VS/conn_max 6000
		undo write $VS/conntrack 0
		step write $VS/conntrack 1
	STEPS
}

part_commands() {
	load
	ip netns add director
	# Or all addresses are broadcast's.
	ip -n director link set lo up
	steps > "$WORK/steps"
	results "" in_director "$FAULTS" commands < "$WORK/steps"
	in_director "$TOP/tool/shuntadm" --monitor > "$WORK/events" &
	local monitor=$!
	until [ -s "$WORK/events" ]; do sleep 0.2; done
	results "while somebody listens: " in_director "$FAULTS" commands <<-STEPS
		undo -D -t 10.9.0.1:81
		step -A -t 10.9.0.1:81 -s rr
	STEPS
	kill $monitor
	wait $monitor
	if dmesg | grep 'fragments to virtual services will be lost'; then
		result 'not ok' "no IPv6 service is there without what it needs"
	else
		result ok "no IPv6 service is there without what it needs"
	fi
	ip netns delete director
	unload
}

director_up() {
	ip netns add director
	ip -n director -batch - <<-BATCH
		tuntap add dev in0 mode tap
		tuntap add dev out0 mode tap
		link set lo up
		link set in0 address 02:00:00:00:00:d0 mtu 1500
		link set out0 address 02:00:00:00:00:d1 mtu 1400
	BATCH
	ip netns exec director sh -c 'cd /proc/sys/net
		echo 0 > ipv6/conf/default/accept_dad; echo 0 > ipv6/conf/all/accept_dad
		echo 0 > ipv6/conf/in0/router_solicitations; echo 0 > ipv6/conf/out0/router_solicitations
		echo 1 > ipv4/ip_forward; echo 1 > ipv6/conf/all/forwarding
		echo 0 > ipv4/icmp_ratelimit; echo 0 > ipv6/icmp/ratelimit'
	ip -n director -batch - <<-BATCH
		link set in0 up
		link set out0 up
		address add 10.9.0.1/32 dev lo
		address add 10.1.0.254/24 dev in0
		address add 10.2.0.254/24 dev out0
		address add 2001:db8:9::1/128 dev lo nodad
		address add 2001:db8:1::fe/112 dev in0 nodad
		address add 2001:db8:2::fe/112 dev out0 nodad
		neigh add 10.1.0.1 lladdr 02:00:00:00:00:c1 dev in0 nud permanent
		neigh add 10.2.0.1 lladdr 02:00:00:00:00:01 dev out0 nud permanent
		neigh add 2001:db8:1::1 lladdr 02:00:00:00:00:c1 dev in0 nud permanent
		neigh add 2001:db8:2::1 lladdr 02:00:00:00:00:01 dev out0 nud permanent
		route add 10.16.0.0/16 via 10.1.0.1
		route add 2001:db8:1:1::/64 via 2001:db8:1::1
	BATCH
}

services() { # VIP REAL-SERVER
	cat <<-RULES
		-A -t $1:80 -s rr
		-a -t $1:80 -r $2:80 -m
		-A -t $1:81 -s rr
		-a -t $1:81 -r $2:81 -g
		-A -t $1:82 -s rr
		-a -t $1:82 -r $2:82 -i
		-A -t $1:83 -s rr
		-a -t $1:83 -r $2:83 -i --tun-type gue --tun-port 6080 --tun-csum
		-A -t $1:84 -s rr
		-a -t $1:84 -r $2:84 -i --tun-type gre
		-A -t $1:85 -s rr -p 300
		-a -t $1:85 -r $2:85 -m
		-A -t $1:86 -s lblc
		-a -t $1:86 -r $2:86 -m
		-A -t $1:87 -s lblcr
		-a -t $1:87 -r $2:87 -m
		-A -t $1:88 -s rr
		-A -u $1:53 -s rr
		-a -u $1:53 -r $2:53 -m
		-A -u $1:54 -s rr -o
		-a -u $1:54 -r $2:54 -m
		-A --sctp-service $1:9 -s rr
		-a --sctp-service $1:9 -r $2:9 -m
		-A -u $1:5060 -s rr -p 300 --pe sip
		-a -u $1:5060 -r $2:5060 -m
		-A -t $1:21 -s rr
		-a -t $1:21 -r $2:21 -m
	RULES
}

# What a director with these services does, with each KIND of packet.
part_packets() {
	local title=${1:-}
	load
	director_up
	{ services 10.9.0.1 10.2.0.1; services '[2001:db8:9::1]' '[2001:db8:2::1]'; } |
		in_director "$TOP/tool/shuntadm" -R || result 'not ok' "the services are there"
	[ -z "$title" ] || in_director sh -c "echo 1 > $VS/conntrack" || result 'not ok' "conntrack can be 1"
	# shellcheck disable=SC2086
	results "$title" in_director "$FAULTS" packets in0 out0 ${KINDS:-}
	ip netns delete director
	unload
}

part_tracked() { part_packets "conntrack=1, "; }

# That memory is out is said with stacks; nothing else may be in the log.
log_is_clean() {
	local dirt
	dmesg -c > "$WORK/log"
	cp "$WORK/log" /mnt/faults.dmesg
	dirt=$(grep -vE 'Call Trace|page allocation failure' "$WORK/log" | "$TOP/tests/vm/dmesg-dirt")
	if [ -z "$dirt" ]; then
		result ok "the kernel's log says nothing but that memory is out"
	else
		result 'not ok' "the kernel's log says nothing but that memory is out"
		printf '%s\n' "$dirt" | sed 's/^/#   /'
	fi
}

echo 'KTAP version 1'
faults_on
[ $# -gt 0 ] || set -- load netns commands packets tracked
for part in "$@"; do "part_$part"; done
knob probability 0
knob task-filter N
log_is_clean
rm -rf "$WORK"
echo "1..$TESTS"
echo "$((TESTS - FAILED)) passed, $FAILED failed"
[ $FAILED = 0 ]
