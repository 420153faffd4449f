#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Isolation: who is not root learns and changes nothing, and neither does another network namespace.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh
#          "another netns"           └─ rs2 (B)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# Whoever runs them need not be able to enter the project's folder.
PROGRAMS=/tmp/isolation
mkdir -p $PROGRAMS
cp "$BUILD/bin/genl" "$TOP/tool/shuntadm" /sbin/ipvsadm $PROGRAMS

families() { only_ipvs && echo IPVS || echo SHUNT IPVS; }
tools() { only_ipvs && echo ipvsadm || echo shuntadm ipvsadm; }

# Each command as an action and as a dump, those that do not exist among them.
REQUESTS=()
for n in {1..17} {64..80}; do REQUESTS+=("do:$n" "dump:$n"); done

on_director() { ip netns exec director "$@"; }
elsewhere() { ip netns exec gw "$@"; }
NOBODY=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
nobody() { on_director "${NOBODY[@]}" "$@"; }
# Root of a user namespace, in the director's netns and in one of its own.
mapped_root() { nobody unshare --user --map-root-user "$@"; }
own_root() { nobody unshare --user --map-root-user --net "$@"; }

# What there is to refuse, and what was answered in any other way. Numbers that there are not may be either.
commands() {
	printf '%s\n' do:{1..7} dump:4 dump:8 do:{9,10} dump:11 do:{12,13} do:{15..17}
	only_ipvs || printf '%s\n' dump:64 do:65 dump:66 do:68
}
refused_commands() { awk '$3 == "EPERM" { print $1 ":" $2 }'; }
answered_commands() { awk '$3 != "EPERM" && $3 != "EOPNOTSUPP" { print $1 ":" $2 }'; }

# All that there is to see on the director; stock's counters would still change for two seconds.
everything() {
	adm -S -n
	adm -L --timeout
	only_ipvs || adm -L -n --stats --exact
	on_director cat /proc/net/ip_vs_conn 2>/dev/null | sed 's/ [0-9]* *$//'
}

served() {
	nat_up
	serve 80
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m
		-A -t $VIP:81 -s rr
		-A -t [$VIP6]:80 -s rr
		-a -t [$VIP6]:80 -r [$RIP26]:80 -m
	RULES
	must tcp one "$VIP" 80
	asked "a connection" A "who one"
	ask "tcp none $VIP 81"
	like "a dropped one" "$REPLY" '^error: '
}

# refused_all WHO RUNNER...: two tests a family: whoever that is, no command does anything but refuse.
refused_all() {
	local who=$1 family got
	shift
	for family in $(families); do
		got=$("$@" $PROGRAMS/genl "$family" "${REQUESTS[@]}" 2>&1)
		is "$who, $family: each command is refused" "$(comm -13 <(refused_commands <<< "$got" | sort) <(commands | sort))" ""
		is "$who, $family: no other number is answered" "$(answered_commands <<< "$got")" ""
	done
}

unprivileged() {
	local before tool option
	served
	before=$(everything)
	if only_shunt; then
		is "root may listen to events" "$(on_director $PROGRAMS/genl SHUNT join:events)" "join events ok"
		is "nobody may not" "$(nobody $PROGRAMS/genl SHUNT join:events)" "join events EPERM"
		is "nor may root of a user namespace" "$(mapped_root $PROGRAMS/genl SHUNT join:events)" "join events EPERM"
	fi
	refused_all "nobody" nobody
	refused_all "root of a user namespace" mapped_root
	for tool in $(tools); do
		for option in -L -C -Z "-A -t $VIP:82 -s rr" "-E -t $VIP:80 -s wrr" "-D -t $VIP:80" "-a -t $VIP:81 -r $RIP2:80 -m" \
			"-e -t $VIP:80 -r $RIP1:80 -m -w 7" "-d -t $VIP:80 -r $RIP1:80" "--set 100 100 100"; do
			# shellcheck disable=SC2086
			refused "nobody: $tool ${option%% *}" '[1-9]*' 'ermission denied' nobody $PROGRAMS/$tool $option
		done
	done
	is "nobody may write none of the sysctls" "$(nobody find /proc/sys/net/ipv4/vs -type f -writable 2>/dev/null)" ""
	is "all of it changed nothing" "$(everything)" "$before"
	asked "the connection has lost nothing" A "who one"
}

# Root of a user namespace is not root for ip_vs, not even in a netns of its own; for Shunt it is, there and only there.
own_netns() {
	local before family
	served
	before=$(everything)
	if only_ipvs; then
		is "ip_vs refuses it" "$(own_root $PROGRAMS/genl IPVS "${REQUESTS[@]}" | answered_commands)" ""
		return
	fi
	for family in $(families); do
		is "$family: it is refused nothing" "$(own_root $PROGRAMS/genl "$family" "${REQUESTS[@]}" | refused_commands)" ""
		is "$family: it sees nothing of other netns" \
			"$(own_root $PROGRAMS/genl "$family" dump:4 dump:8 dump:64 dump:66 | awk '$3 == "ok" && $4 > 0')" ""
	done
	is "its services are its own" \
		"$(own_root sh -c "$PROGRAMS/shuntadm -A -t 10.0.0.1:80 -s rr && $PROGRAMS/shuntadm -S -n" 2>&1 | grep -v ^--set)" \
		"-A -t 10.0.0.1:80 -s rr"
	is "nothing of it shows on the director" "$(everything)" "$before"
}

# What there is in the files of a netns besides headings: real servers and services, connections, counters that are not 0.
in_proc() {
	"$1" awk 'FILENAME ~ /stats/ ? /^[ ~0-9A-F]+$/ && /[1-9A-F]/ : FNR > (FILENAME ~ /ip_vs$/ ? 3 : 1)' \
		/proc/net/ip_vs /proc/net/ip_vs_conn /proc/net/ip_vs_stats 2>/dev/null
}

other_netns() {
	local before tool listener
	served
	# Stock adds its counters up every two seconds.
	wait_for "the director's files tell of all this" all_in_proc
	for tool in $(tools); do
		is "$tool: no services" "$(elsewhere "$PROGRAMS/$tool" -S -n | grep -v ^--set)" ""
		is "$tool: nothing in the list" "$(elsewhere "$PROGRAMS/$tool" -L -n | sed -n '4,$p')" ""
	done
	is "nothing in /proc/net" "$(in_proc elsewhere)" ""
	if only_shunt; then
		like "the director has dropped something" "$(adm -L --drops)" 'no_dest +[1-9]'
		is "nothing is dropped elsewhere" "$(elsewhere $PROGRAMS/shuntadm -L --drops | awk 'NR > 1 && $2 > 0')" ""
		is "no services, connections or real servers in any dump" \
			"$(elsewhere $PROGRAMS/genl SHUNT dump:4 dump:64 dump:66 | xargs)" "dump 4 ok 0 dump 64 ok 0 dump 66 ok 0"
		is "in the director's there are" \
			"$(on_director $PROGRAMS/genl SHUNT dump:4 dump:64 | xargs)" "dump 4 ok 3 dump 64 ok 1"
		ip netns exec gw $PROGRAMS/genl SHUNT listen:events > $PROGRAMS/events &
		listener=$!
		wait_for "somebody listens for events elsewhere" grep -q ok $PROGRAMS/events
		adm -A -t "$VIP:83" -s rr
		adm -D -t "$VIP:83"
	fi
	before=$(everything)
	for tool in $(tools); do
		elsewhere "$PROGRAMS/$tool" -Z
		elsewhere "$PROGRAMS/$tool" --set 100 101 102
		elsewhere "$PROGRAMS/$tool" -A -t "$VIP:80" -s wrr
		elsewhere "$PROGRAMS/$tool" -C
		is "$tool: its timeouts are its own" "$(elsewhere "$PROGRAMS/$tool" -L --timeout)" "Timeout (tcp tcpfin udp): 100 101 102"
	done
	if only_shunt; then
		wait_for "who listens there hears what both tools did there, and nothing else" heard "join events ok 12 1 3 12 1 3"
		kill $listener
		wait $listener 2>/dev/null
	fi
	is "the director has lost nothing" "$(everything)" "$before"
	asked "nor has the connection" A "who one"
}
heard() { [ "$(xargs < $PROGRAMS/events)" = "$1" ]; }
all_in_proc() { [ "$(in_proc on_director | wc -l)" -ge 7 ]; }

run unprivileged own_netns other_netns
