#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Events: what --monitor prints is what happened, all of it and nothing else; who may listen; how it ends.
#
#   director alone, and the client's netns beside it (of the NAT topology, tests/lab/topology.sh)
LBS=shunt
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

SCHEMA=$TOP/tool/schema/shuntadm.schema.json
declare -A MONITOR=()

# A socket's number is the process' and, above its 22 bits, something else. The group of families that go, the 16th, is joined
# last.
is_listening() {
	awk -v pid="$1" '$2 == 16 && $3 % 4194304 == pid && $4 ~ /^....[89a-f]/ { n = 1 } END { exit !n }' "/proc/$1/net/netlink"
}

# listen NAME NETNS OPTION...: a monitor that writes /tmp/NAME.lines and /tmp/NAME.err; its process is ${MONITOR[NAME]}.
listen() {
	local name=$1 netns=$2
	shift 2
	ip netns exec "$netns" "$TOP/tool/shuntadm" --monitor -n "$@" > "/tmp/$name.lines" 2> "/tmp/$name.err" &
	MONITOR[$name]=$!
	wait_for "$name listens" is_listening $!
}

# ends TEXT NAME [STATUS]: one test: the monitor ends by itself, with this status.
gone() { ! kill -0 "$1" 2>/dev/null; }
ends() {
	local pid=${MONITOR[$2]} status=0
	wait_for "$1" gone "$pid" || kill -KILL "$pid"
	wait "$pid" || status=$?
	is "$1, with status ${3:-0}" "$status" "${3:-0}"
}

# The lines of a monitor without the time; those of JSON in the words of text.
happened() { cut -d' ' -f3- "/tmp/$1.lines"; }
in_words() { "$TOP/tests/netns/from-json" "$SCHEMA" "/tmp/$1.lines"; }
lines() { [ "$(wc -l < "/tmp/$1.lines")" -ge "$2" ]; }

changes() {
	adm -A -t "$VIP:80" -s rr
	adm -a -t "$VIP:80" -r "$RIP1:80" -m
	adm -a -t "$VIP:80" -r "$RIP2:80" -g -w 3 -x 20 -y 10
	adm -A -u "[$VIP6]:53" -s wrr
	adm -a -u "[$VIP6]:53" -r "[$RIP16]:5353" -m -w 0
	adm -e -t "$VIP:80" -r "$RIP1:80" -m -w 0
	adm -E -t "$VIP:80" -s wrr
	# What changes nothing, or is refused.
	adm -A -t "$VIP:80" -s rr 2>/dev/null
	adm -D -t "$VIP:99" 2>/dev/null
	adm -a -t "$VIP:80" -r "$RIP1:80" -m 2>/dev/null
	adm -E -t "$VIP:80" -s nosuch 2>/dev/null
	adm -Z
	adm -L -n > /dev/null
	adm -d -t "$VIP:80" -r "$RIP2:80"
	adm --set 901 0 301
	adm -D -u "[$VIP6]:53"
	rules <<-RULES
		-A -t $VIP:81 -s rr
		-a -t $VIP:81 -r $RIP1:81 -m
	RULES
	adm -C
	adm --set 900 0 300
}

events() {
	nat_up
	listen text director
	listen json director --json
	listen other client --json
	changes
	wait_for "all that changes is told" lines text 15
	is "the lines are what happened" "$(happened text)" "$(cat <<-END
		added   TCP  $VIP:80 rr
		added   TCP  $VIP:80 -> $RIP1:80 Masq weight 1
		added   TCP  $VIP:80 -> $RIP2:80 Route weight 3 thresholds 20 10
		added   UDP  [$VIP6]:53 wrr
		added   UDP  [$VIP6]:53 -> [$RIP16]:5353 Masq weight 0
		changed TCP  $VIP:80 -> $RIP1:80 Masq weight 0
		changed TCP  $VIP:80 wrr
		removed TCP  $VIP:80 -> $RIP2:80 Route weight 3 thresholds 20 10
		changed Timeout (tcp tcpfin udp): 901 120 301
		removed UDP  [$VIP6]:53 wrr
		added   TCP  $VIP:81 rr
		added   TCP  $VIP:81 -> $RIP1:81 Masq weight 1
		removed TCP  $VIP:80 wrr
		removed TCP  $VIP:81 rr
		changed Timeout (tcp tcpfin udp): 900 120 300
		END
	)"
	is "each has the time" "$(grep -Evc '^20[0-9]{2}-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9] ' /tmp/text.lines)" 0
	wait_for "in JSON too" lines json 16
	is "the JSON lines fit the schema and say the same" "$(in_words json)" \
		"listening
$(happened text)"

	# The other netns, which now does something of its own.
	ip netns exec client "$TOP/tool/shuntadm" -A -t 192.0.2.1:80 -s rr
	wait_for "another netns hears its own event" lines other 2
	is "and nothing of the director's" "$(in_words other)" \
		"listening
added   TCP  192.0.2.1:80 rr"
	adm -A -t "$VIP:82" -s rr
	wait_for "the director's monitors go on" lines text 16
	is "and heard nothing of the other netns" "$(happened text | tail -n +16)" "added   TCP  $VIP:82 rr"

	kill -TERM "${MONITOR[text]}"
	ends "SIGTERM ends it" text
	kill -INT "${MONITOR[json]}"
	ends "SIGINT ends it" json
	kill -TERM "${MONITOR[other]}"
	ends "and so on" other
	is "nothing was complained about" "$(cat /tmp/text.err /tmp/json.err /tmp/other.err)" ""
}

# pipe OPTION...: a monitor that writes into a pipe, whose only reader is $READER.
pipe() {
	exec {READER}<> /tmp/pipe
	ip netns exec director "$TOP/tool/shuntadm" --monitor "$@" > /tmp/pipe 2> /tmp/pipe.err {READER}>&- &
	MONITOR[pipe]=$!
	wait_for "the pipe's monitor listens" is_listening $!
}

# is_full PIPE: has it no room?
# shellcheck disable=SC2016
is_full() { perl -e 'open F, ">>", shift or die "open: $!"; vec(my $w, fileno F, 1) = 1; exit select undef, $w, undef, 0' "$1"; }

# It ends when nobody reads any more, also while nothing happens, and while it cannot write.
ends_of_pipes() {
	local line=
	nat_up
	mkfifo /tmp/pipe
	pipe -n
	adm -A -t "$VIP:80" -s rr
	IFS= read -r -t 30 line <&"$READER"
	like "a line comes at once" "$line" " added   TCP  $VIP:80 rr\$"
	exec {READER}<&-
	ends "without a reader it ends" pipe
	is "without a word" "$(cat /tmp/pipe.err)" ""

	# A reader that does not read, until the pipe is full, and more to be written.
	pipe --json
	many_changes 300 | rules
	wait_for "the pipe is full" is_full /tmp/pipe
	kill -TERM "${MONITOR[pipe]}"
	ends "SIGTERM ends it where nobody reads, too" pipe
	exec {READER}<&-
	rm /tmp/pipe

	refused "a full disk" 1 'cannot write the output: No space left' \
		timeout 60 sh -c "ip netns exec director $TOP/tool/shuntadm --monitor --json > /dev/full"
}

# many_changes N: N services come and go.
many_changes() {
	local i
	for ((i = 0; i < $1; i++)); do
		echo "-A -t 10.1.$((i >> 8)).$((i & 255)):80 -s rr"
	done
	echo -C
}

# Events that found no room in the socket; the last but one column counts them.
dropped() { awk -v pid="$1" '$2 == 16 && $3 % 4194304 == pid { print $9 }' "/proc/$1/net/netlink"; }

# What the slow monitor said from the loss on.
since_loss() { sed -n '/"event":"lost"/,$p' /tmp/slow.lines | sed -E 's/.*"event":"([a-z]+)".*"address":"([0-9.]+)".*/\1 \2/'; }
said_since() { [ "$(since_loss | wc -l)" -ge "$1" ]; }

losses() {
	local rounds=0
	nat_up
	listen slow director --json
	kill -STOP "${MONITOR[slow]}"
	while [ "$(dropped "${MONITOR[slow]}")" = 0 ] && ((rounds++ < 50)); do
		many_changes 2000 | rules
	done
	explain "events were lost in round $rounds of 4000"
	kill -CONT "${MONITOR[slow]}"
	# Which comes after all that found room, printed by an emulated machine.
	WAIT=$((4 * WAIT)) wait_for "the loss is told" said_since 1
	adm -A -t "$VIP:80" -s rr
	wait_for "and it goes on" said_since 2
	like "with what happened since, and nothing from before" "$(since_loss)" \
		"^[^"$'\n'"]*\"event\":\"lost\"}"$'\n'"added $VIP\$"
	is "standard error has it, too" "$(cut -d, -f1 /tmp/slow.err)" "Events were lost"
	kill -TERM "${MONITOR[slow]}"
	ends "it ends as ever" slow
}

unloading() {
	nat_up
	listen last director
	adm --set 900 120 300
	is "a monitor does not keep the module" "$(rmmod shunt 2>&1)" ""
	ends "without the module it ends" last 2
	is "and says so" "$(cat /tmp/last.err)" "The director is gone: its module was unloaded"
	lb_load
}

# joins: asks for the group as the netns' administrator or anybody may, past shuntadm and what it asks before. Prints an errno.
# shellcheck disable=SC2016
joins() {
	ip netns exec director "$@" perl -e '
		use Socket;
		socket(S, 16, SOCK_RAW, 16) or die "socket: $!";
		send(S, pack("LSSLLCCS", 32, 16, 1, 1, 0, 3, 1, 0) . pack("SSa8", 10, 2, "SHUNT\0"), 0) or die "send: $!";
		recv(S, my $got, 65536, 0);
		$got =~ /\x08\0\x02\0(....)\x0b\0\x01\0events\0/s or die "no group";
		print setsockopt(S, 270, 1, $1) ? 0 : $! + 0, "\n"'
}

permission() {
	nat_up
	refused "another user may not listen" 2 'ermission' \
		timeout 60 ip netns exec director setpriv --reuid=65534 --regid=65534 --clear-groups "$TOP/tool/shuntadm" --monitor
	is "the group is there for root" "$(joins)" 0
	is "the kernel lets nobody else into it" "$(joins setpriv --reuid=65534 --regid=65534 --clear-groups)" 1
}

run events ends_of_pipes losses unloading permission
