# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the tests of other people's programs share. They run as Debian ships them, in the director's network namespace, and know
# nothing of Shunt: what they look for is the netlink family IPVS and /proc/net/ip_vs*.

# Large programs take their time to start under emulation.
WAIT=${WAIT:-60}

# shellcheck source=tests/netns/lib.sh
. "$TOP/tests/netns/lib.sh"

on_director() { ip netns exec director "$@"; }

# What is configured, in the words of the implementation's own command; Shunt saves the timeouts, too, which ipvsadm loses.
configured() { adm -S -n | grep -v '^--set' | sort; }
configured_is() { [ "$(configured)" = "$1" ]; }

# becomes TEXT < lines: one test: before long this is configured, no more and no less.
becomes() {
	local wanted
	wanted=$(sort)
	wait_for "$1" configured_is "$wanted" || explain "$(configured; tail -n 20 /tmp/daemon.log)"
}

# What ipvsadm lists, without the size of the connection table, which grows with Shunt, and the numbers of connections, which are
# the moment's.
listing() { on_director ipvsadm -L -n | sed -E '1d; s/( +[0-9]+){2} *$//'; }

# spread PROTO N ADDRESS PORT: how many of N requests each server answered.
spread() {
	ask "many $*"
	tr ' ' '\n' <<< "$REPLY" | sort | uniq -c | awk '{ printf "%s%d %s", sep, $1, $2; sep = ", " }'
}

# What serves on a real server ends, as if it had crashed; "serve" starts it again.
die() {
	local pids
	pids=$(ip netns pids "$1")
	# shellcheck disable=SC2086
	kill $pids 2>/dev/null
}

# daemon COMMAND...: starts it; it does not fork.
daemon() {
	# Not by way of a function, which would have a shell's process id.
	ip netns exec director "$@" > /tmp/daemon.log 2>&1 &
	DAEMON=$!
}

# ends TEXT: one test: the daemon ends when told to.
ends() {
	kill "$DAEMON"
	wait_for "$1" ended || explain "$(tail -n 20 /tmp/daemon.log)"
}
ended() { ! kill -0 "$DAEMON" 2>/dev/null; }

# What any client of IPVS may have asked the kernel to load has not come: it was Shunt that answered.
answered_by_shunt() {
	only_shunt || return 0
	is "stock ip_vs was not there" "$(grep -c '^ip_vs' /proc/modules)" 0
}
