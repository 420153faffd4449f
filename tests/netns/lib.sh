# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The test library. A test file sources it, defines scenarios (functions) and ends with "run SCENARIO...".
#
# run gives each scenario (or those in SCENARIOS) to stock ip_vs first and to Shunt then (LBS says which; "only_shunt" and
# "only_ipvs" ask), to Shunt with each fast_path in FAST_PATH, each time with the module freshly loaded. A scenario brings a topology
# up, and makes steps:
#
#   is TEXT GOT WANTED       one test: GOT is WANTED
#   like TEXT GOT REGEX      one test: GOT matches
#   same TEXT VALUE          one test, on Shunt: VALUE is what stock ip_vs gave at the step of the same name
#   wait_for TEXT COMMAND... one test: COMMAND succeeds within WAIT seconds (30); nothing ever sleeps for a fixed time
#
# Traffic is one process, flow (tests/lab/flow.c), that "ask" talks to; its answer is in $REPLY. Captures are another, trace
# (tests/lab/trace.c): "tap NETNS:DEV..." … "untap", and "frames EXPRESSION [WHAT]" prints WHAT of the frames that match.

# shellcheck source=tests/lab/topology.sh
. "$TOP/tests/lab/topology.sh"
# shellcheck source=tests/lab/lb.sh
. "$TOP/tests/lab/lb.sh"

LBS=${LBS:-ipvs shunt}
WAIT=${WAIT:-30}
# How many bytes the largest segments have: TCP on a kernel that is slow makes smaller ones.
LARGE=${LARGE:-'^[0-9]{5}$'}
TESTS=0 FAILED=0
declare -A STOCK=()
TEST_FILE=$(basename "$0")

# A moment's wait between two looks at a condition, without a process.
mkfifo /tmp/never
exec {NEVER}<> /tmp/never
rm /tmp/never
nap() { read -rt 0.05 -u "$NEVER" || :; }

result() {
	TESTS=$((TESTS + 1))
	[ "$1" = ok ] || FAILED=$((FAILED + 1))
	printf '%s %d - %s/%s: %s\n' "$1" $TESTS "$TEST_FILE" "$LB" "$2"
}

# Lines of explanation, which no counter takes for a test.
explain() { printf '%s\n' "$*" | sed 's/^/#   /'; }

is() {
	if [ "$2" = "$3" ]; then
		result ok "$1"
	else
		result 'not ok' "$1"
		explain "got:    $2"
		explain "wanted: $3"
		return 1
	fi
}

like() {
	if [[ $2 =~ $3 ]]; then
		result ok "$1"
	else
		result 'not ok' "$1"
		explain "got:            $2"
		explain "wanted a match: $3"
		return 1
	fi
}

same() {
	if [ "$LB" = ipvs ]; then
		STOCK[$SCENARIO/$1]=$2
	elif [ -n "${STOCK[$SCENARIO/$1]+set}" ]; then
		is "$1, same as stock" "$2" "${STOCK[$SCENARIO/$1]}"
	fi
}

wait_for() {
	local text=$1 end=$((SECONDS + WAIT))
	shift
	until "$@"; do
		if ((SECONDS > end)); then
			result 'not ok' "$text"
			explain "not so after $WAIT s: $*"
			return 1
		fi
		nap
	done
	result ok "$text"
}

only_shunt() { [ "$LB" = shunt ]; }
only_ipvs() { [ "$LB" = ipvs ]; }

# --- traffic

flow_on() {
	coproc FLOW { exec "$BUILD/bin/flow"; }
	exec {FLOW_IN}>&"${FLOW[1]}" {FLOW_OUT}<&"${FLOW[0]}"
	eval "exec ${FLOW[1]}>&- ${FLOW[0]}<&-"
}

flow_off() {
	exec {FLOW_IN}>&- {FLOW_OUT}<&-
	wait "$FLOW_PID" 2>/dev/null
}

ask() {
	printf '%s\n' "$*" >&"$FLOW_IN"
	IFS= read -r -t $((2 * WAIT)) REPLY <&"$FLOW_OUT" || REPLY="error: no answer"
}

# asked TEXT WANTED COMMAND: one test, that flow answers so.
asked() {
	ask "$3"
	is "$1" "$REPLY" "$2"
}

# must COMMAND: a step that is no test by itself and has to work.
must() {
	ask "$*"
	case $REPLY in error:*) result 'not ok' "$* ($REPLY)"; return 1;; esac
}

# reach NETNS ADDRESS: afterwards all neighbours on that way, and back, are known.
reach() {
	must ns "$1"
	ask "tcp reach $2 9"
	ask "close reach"
	must ns client
}

# The director's device to the real servers goes, and another comes.
replace_eth1() {
	in_netns director <<< "link delete eth1"
	ip link add eth1 address "$dip_mac" netns director type veth peer name to-director netns lan
	in_netns lan <<< "link set to-director master br0 up"
	in_netns director <<-BATCH
		link set eth1 up
		address add $DIP/24 dev eth1
		address add $DIP6/64 dev eth1 nodad
	BATCH
}

# Servers A and B on the real servers.
serve() {
	must serve rs1 A "$@"
	must serve rs2 B "$@"
	must ns client
}

offloads() {
	local point
	for point in client:eth0 gw:eth0 gw:eth1 director:eth0 director:eth1 rs1:eth0 rs2:eth0 \
		lan:to-director lan:to-rs1 lan:to-rs2 lan:to-gw; do
		ask "ns ${point%:*}"
		ask "offload ${point#*:} $1"
	done
	must ns client
}

# --- captures

tap() {
	TRACE=/tmp/trace
	trace_pid=$("$BUILD/bin/trace" -o "$TRACE" "$@") || result 'not ok' "tap $*"
}

untap() {
	kill "$trace_pid"
	until [ -e "$TRACE" ]; do nap; done
	! grep lost "$TRACE" || result 'not ok' "the capture is whole"
}

# shellcheck disable=SC2016
FIELDS='{ ns = $2; dev = $3; dir = $4; smac = $5; dmac = $6; type = $7; src = $8; sport = $9; dst = $10; dport = $11
	  ttl = $12; proto = $13; flags = $14; ipcsum = $15; l4csum = $16; len = $17; digest = $18 }'

frames() { awk "$FIELDS $1 { print ${2:-\$0} }" "$TRACE"; }
count() { awk "$FIELDS $1 { n++ } END { print n + 0 }" "$TRACE"; }
# The different values of WHAT, in order.
values() { frames "$@" | sort -u; }

# way PROTO < lines "TITLE|NETNS DEV|WANTED": one test a line: WANTED is all that the capture's frames coming in there have as
# source and destination MAC, source address and port, destination address and port, and TTL.
way() {
	local -A captured=()
	local title where it wanted
	while IFS='|' read -r where it; do
		captured[$where]+=${captured[$where]:+ and }$it
	done < <(awk "$FIELDS"' dir == "in" && proto == "'"$1"'" {
			it = smac " " dmac " " src " " sport " " dst " " dport " " ttl
			if (!((ns, dev, it) in seen)) { seen[ns, dev, it] = 1; print ns " " dev "|" it } }' "$TRACE")
	while IFS='|' read -r title where wanted; do
		is "$1, $title" "${captured[$where]:-nothing}" "$wanted"
	done
}

# How many frames have a wrong checksum; "partial" is one the device would complete.
bad_checksums() { count 'ipcsum == "bad" || l4csum ~ /^bad/'; }

# --- the director

# rules < lines in the format of --restore: all services in one process.
rules() { adm -R || result 'not ok' "rules"; }

# An address as the commands take it, and the four real servers of its family: ports 80 and 81 of both.
at() { case $1 in *:*) echo "[$1]";; *) echo "$1";; esac; }
reals() {
	case $1 in
	*:*) echo "[$RIP16]:80 [$RIP26]:80 [$RIP16]:81 [$RIP26]:81";;
	*) echo "$RIP1:80 $RIP2:80 $RIP1:81 $RIP2:81";;
	esac
}

# pool VIP PORT "SCHEDULER OPTIONS" WEIGHT...: a TCP service with a real server for each weight.
pool() {
	local service real weights
	service=$(at "$1"):$2
	weights=("${@:4}")
	{
		echo "-A -t $service -s $3"
		for real in $(reals "$1"); do
			[ ${#weights[@]} -gt 0 ] || break
			echo "-a -t $service -r $real -m -w ${weights[0]}"
			weights=("${weights[@]:1}")
		done
	} | rules
}

# web_up nat|dr: that system, with A behind port 80 of the virtual address, TCP and UDP, IPv4 and IPv6.
web_up() {
	local proto method=-m
	"${1}_up"
	if [ "$1" = dr ]; then
		method=-g
		prepare_real_servers "$VIP" "$VIP6" > /dev/null || result 'not ok' "shunt-realserver start"
	fi
	serve 80
	for proto in t u; do
		cat <<-RULES
			-A -$proto $VIP:80 -s rr
			-a -$proto $VIP:80 -r $RIP1:80 $method
			-A -$proto [$VIP6]:80 -s rr
			-a -$proto [$VIP6]:80 -r [$RIP16]:80 $method
		RULES
	done | rules
}

# What each real server of a service holds: weight, active and inactive connections.
held() {
	adm -L -n -t "$(at "$1"):$2" | awk '$1 == "->" && $2 != "RemoteAddress:Port" { print $2, $4, $5, $6 }' | sort |
		tr '\n' ';'
}

# How many packets Shunt has dropped for a reason.
drops() { adm -L --drops --exact | awk -v name="$1" '$1 == name { print $2 }'; }

# The director's sysctls.
VS=/proc/sys/net/ipv4/vs
in_director() { ip netns exec director "$@"; }

# set_knob NAME VALUE...: flow goes back to the client's side.
set_knob() {
	must ns director
	for (( ; $# > 1; )); do
		must write "$VS/$1" "$2"
		shift 2
	done
	must ns client
}

# The connections, a sorted line each: protocol, state, timeout (rounded up to 10 s), client, virtual, real.
connections() {
	adm -L -n -c | awk '$2 ~ /^[0-9]+:[0-9][0-9]$/ {
		split($2, t, ":")
		print $1, $3, int((t[1] * 60 + t[2] + 9) / 10) * 10, $4, $5, $6 }' | sort
}

# Each service's and real server's counters, a line each: address, connections, packets in, out, bytes in, out.
stats() {
	adm -L -n --stats --exact | awk '$1 ~ /^(TCP|UDP)$/ { print $1 " " $2, $3, $4, $5, $6, $7 }
		$1 == "->" && $2 != "RemoteAddress:Port" { print $2, $3, $4, $5, $6, $7 }'
}

counters_are() { [ "$(stats)" = "$1" ]; }

# refused TEXT STATUS REGEX COMMAND...: one test: the command exits so and says so.
refused() {
	local text=$1 status=$2 regex=$3 output rc
	shift 3
	output=$("$@" 2>&1)
	rc=$?
	like "$text" "$rc $output" "^$status .*($regex)"
}

# --- the frame around the scenarios

# The kernel's log since the last time, kept for the host; a dirty one is a failed test.
log_is_clean() {
	local dirt
	dmesg -c > /tmp/dmesg
	cat /tmp/dmesg >> /mnt/dmesg
	dirt=$("$TOP/tests/vm/dmesg-dirt" < /tmp/dmesg)
	is "the kernel's log is clean" "$dirt" ""
}

# "ip netns delete" returns before the kernel has taken the netns apart, and what is never released stops it there.
cleaning_up() { grep -qs cleanup_net /proc/[0-9]*/stack; }
namespaces_gone() { ! cleaning_up && nap && ! cleaning_up; }

# After a netns that never goes, no module can be unloaded: nothing that comes later would mean anything.
down_for_good() {
	local end=$((SECONDS + WAIT))
	down
	until namespaces_gone; do
		((SECONDS > end)) || continue
		result 'not ok' "$SCENARIO: the deleted network namespaces go away"
		log_is_clean
		explain "$(dmesg | tail -n 3)"
		echo "Bail out! The kernel waits for a reference to a device that nobody gives back."
		exit 1
	done
}

# All scenarios, with the module freshly loaded.
carry_out() {
	if ! lb_load; then
		result 'not ok' "the module loads"
		return
	fi
	for SCENARIO in "$@"; do
		flow_on
		"$SCENARIO"
		flow_off
		down_for_good
	done
	lb_unload || result 'not ok' "the module unloads"
	log_is_clean
}

run() {
	local modes
	read -ra modes <<< "${FAST_PATH:-}"
	[ ${#modes[@]} != 0 ] || modes=('')
	# shellcheck disable=SC2086
	[ -z "${SCENARIOS:-}" ] || set -- $SCENARIOS
	dmesg -c >> /mnt/dmesg
	echo "# $TEST_FILE"
	for LB in $LBS; do
		if only_ipvs; then
			carry_out "$@"
			continue
		fi
		for FAST_PATH in "${modes[@]}"; do
			echo "# $TEST_FILE, fast_path ${FAST_PATH:-by default}"
			carry_out "$@"
		done
	done
	echo "1..$TESTS"
	[ $FAILED = 0 ]
}
