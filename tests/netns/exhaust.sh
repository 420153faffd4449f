#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What somebody with no more than a user namespace of his own can take: of connections a share, in however many network namespaces; of
# memory nothing that his control group does not pay.
# awk and his shell have variables of their own.
# shellcheck disable=SC2016
LBS=shunt
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# Whoever runs them need not be able to enter the project's folder.
PROGRAMS=/tmp/exhaust
mkdir -p $PROGRAMS
cp "$BUILD/bin/genl" "$TOP/tool/shuntadm" $PROGRAMS
chmod 711 $PROGRAMS

# A shell NAME of the user UID, root of a user namespace and a netns of its own, which "has" talks to. With GROUP it is in that
# control group.
declare -A TO=() FROM=() SHELL_PID=()
user_on() { # NAME UID [GROUP]
	local to from
	mkfifo "/tmp/$1.to" "/tmp/$1.from"
	(
		[ -z "${3:-}" ] || echo "$BASHPID" > "$3/cgroup.procs"
		exec setpriv --reuid="$2" --regid="$2" --clear-groups -- unshare --user --map-root-user --net bash
	) < "/tmp/$1.to" > "/tmp/$1.from" 2>&1 &
	SHELL_PID[$1]=$!
	exec {to}> "/tmp/$1.to" {from}< "/tmp/$1.from"
	TO[$1]=$to FROM[$1]=$from
	rm "/tmp/$1.to" "/tmp/$1.from"
	has "$1" "ip link set lo up"
}

# has NAME COMMAND: what it says is in $REPLY.
has() {
	local line
	printf '%s\necho "end of it"\n' "$2" >&"${TO[$1]}"
	REPLY=
	while IFS= read -rt 60 line <&"${FROM[$1]}" && [ "$line" != "end of it" ]; do
		REPLY+=${REPLY:+$'\n'}$line
	done
}

user_off() {
	local to=${TO[$1]} from=${FROM[$1]}
	echo exit >&"$to"
	exec {to}>&- {from}<&-
	wait "${SHELL_PID[$1]}"
}

# --- connections

SERVICE="$PROGRAMS/shuntadm -A -u 127.0.0.1:80 -s rr; $PROGRAMS/shuntadm -a -u 127.0.0.1:80 -r 127.0.0.2:81 -m"

# datagrams NAME N: from as many ports, but where chance chooses one twice; how many connections NAME has then.
datagrams() {
	has "$1" "for ((i = 0; i < $2; i++)); do echo > /dev/udp/127.0.0.1/80; done
		awk '\$1 == \"connections\" { print \$2 }' /proc/net/shunt_table"
}

conn_max() { has "$1" "echo $2 > /proc/sys/net/ipv4/vs/conn_max; cat /proc/sys/net/ipv4/vs/conn_max"; }

together() {
	local max name
	max=$(< $VS/conn_max)
	sysctl -qw net.ipv4.vs.conn_max=1600
	for name in "one 65533" "two 65533" "other 65532"; do
		# shellcheck disable=SC2086
		user_on $name
		has "${name% *}" "$SERVICE"
	done
	conn_max one 60
	datagrams one 100
	is "a user's netns has what it asks for" "$REPLY" 60
	datagrams two 100
	is "another of his has what is left of a sixteenth" "$REPLY" 40
	datagrams one 0
	is "the first has lost nothing" "$REPLY" 60
	conn_max other 60
	datagrams other 100
	is "another user has what he asks for" "$REPLY" 60
	conn_max two 50
	datagrams two 20
	is "who says that he wants less has that" "$REPLY" "40"
	has two "$PROGRAMS/shuntadm -L --drops | grep conn_max"
	is "nothing was refused" "$REPLY" ""
	user_off one
	wait_for "the first netns goes" namespaces_gone
	conn_max two 100
	datagrams two 120
	is "and leaves its share to the other" "$REPLY" 100
	nsenter -t "${SHELL_PID[two]}" -n sysctl -qw net.ipv4.vs.conn_max=130
	datagrams two 100
	is "whom the host allows more has more" "$REPLY" 130
	user_off two
	user_off other
	sysctl -qw "net.ipv4.vs.conn_max=$max"
}

# --- memory, in KiB

GROUP=/tmp/cgroup/user

group_on() {
	mkdir -p /tmp/cgroup
	mount -t cgroup2 none /tmp/cgroup
	echo +memory > /tmp/cgroup/cgroup.subtree_control
	mkdir $GROUP
}
group_off() {
	wait_for "the control group can go" rmdir $GROUP
	umount /tmp/cgroup
}

of_kernel() {
	echo 3 > /proc/sys/vm/drop_caches
	awk '$1 ~ /^(SUnreclaim|Percpu|VmallocUsed):$/ { n += $2 } END { print n }' /proc/meminfo
}
of_group() { awk '$1 == "kernel" { print int($2 / 1024) }' $GROUP/memory.stat; }

# paid TEXT KIB COMMAND: two tests, that a user's root can do this, that it takes at least so much, and that his group pays for it
# but for a tenth.
paid() {
	local kernel group
	kernel=$(of_kernel)
	group=$(of_group)
	has user "$3"
	is "$1: can be done" "$REPLY" ""
	kernel=$(($(of_kernel) - kernel))
	group=$(($(of_group) - group))
	is "$1: of $kernel KiB the user has paid $group" "$((kernel > $2 && group > kernel * 9 / 10))" 1
}

# services N SCHEDULER REAL-SERVERS
services() {
	echo "for ((i = 0; i < $1; i++)); do
		service=10.1.\$((i / 250)).\$((i % 250 + 1)):80
		echo \"-A -t \$service -s $2\"
		for ((k = 0; k < $3; k++)); do echo \"-a -t \$service -r 10.2.\$((k / 250)).\$((k % 250 + 1)):80 -g\"; done
	done | $PROGRAMS/shuntadm -R"
}

accounted() {
	group_on
	user_on user 65533 $GROUP
	has user "ip route add default dev lo; $(services 10 rr 1); $PROGRAMS/shuntadm -C"
	paid "2000 services" 500 "$(services 2000 rr 0)"
	has user "$PROGRAMS/shuntadm -C"
	paid "1500 real servers of one service" 500 "$(services 1 wlc 1500)"
	has user "$PROGRAMS/shuntadm -C"
	paid "200 services with tables of mh" 10000 "$(services 200 mh 1)"
	has user "$PROGRAMS/shuntadm -C"
	paid "200 services with tables of lblc" 1000 "$(services 200 lblc 1)"
	user_off user
	wait_for "the netns goes" namespaces_gone
	group_off
}

run together accounted
