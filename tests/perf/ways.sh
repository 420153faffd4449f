# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The ways of a packet through the director, and what a packet on them costs. Sourced inside the guest, and inside User-Mode Linux.
#
#   cl c0 ── d0 dir d1 ── r0 rs        pktgen sends at c0 (requests) or r0 (replies); the other one drops what comes in and counts
#
#   cl 10.0.0.2/16, clients 10.0.1.1 and on    dir 10.0.0.1, 10.1.0.1, VIP 10.9.9.9    rs 10.1.0.2/24, and the same below fd00:
#
# way_up FAMILY WAY brings it up, "measure" sends packets and prints a row, way_down takes it away again. The ways:
#   floor       dropped where it enters the director: what the sender, two devices and the sink cost by themselves
#   tc          tc flower, another MAC by skbmod, mirred redirect
#   forward     plain ip_forward
#   nft         nft DNAT, with nf_conntrack
#   ipvs-dr ipvs-nat ipvs-tunnel, shunt-dr shunt-nat shunt-tunnel; "shunt-dr@2" sets net.ipv4.vs.fast_path to 2
#   bystander   ip_forward with 1000 services of Shunt that the packet is not for

NETNS=(cl dir rs)
declare -A MAC=([c0]=02:00:00:00:00:01 [d0]=02:00:00:00:00:02 [d1]=02:00:00:00:00:03 [r0]=02:00:00:00:00:04)
declare -A TO=() FROM=() PID=()
SHUNTADM=${SHUNTADM:-$TOP/tool/shuntadm}

# A shell in each netns, that "at" talks to: starting a process for each command would take most of the time.
station() {
	local ns=$1 to from
	mkfifo "/tmp/$ns.to" "/tmp/$ns.from"
	ip netns exec "$ns" bash < "/tmp/$ns.to" > "/tmp/$ns.from" 2>&1 &
	PID[$ns]=$!
	exec {to}> "/tmp/$ns.to" {from}< "/tmp/$ns.from"
	TO[$ns]=$to FROM[$ns]=$from
	rm "/tmp/$ns.to" "/tmp/$ns.from"
}

dismiss() {
	local ns=$1 to=${TO[$1]} from=${FROM[$1]}
	# The others hold its input open, too: no end of file would tell it.
	echo exit >&"$to"
	exec {to}>&- {from}<&-
	wait "${PID[$ns]}"
}

# at NETNS COMMAND: what it says is in $REPLY; its status is ours, and a failure is told. No time limit: where the clock counts
# instructions it runs ahead whenever the guest waits for the host.
at() {
	local ns=$1 line
	printf '%s\necho "status $?"\n' "$2" >&"${TO[$ns]}"
	REPLY=
	while IFS= read -r line <&"${FROM[$ns]}"; do
		case $line in
		'status 0') return 0;;
		'status '*) echo "# in $ns: ${2:0:60}: $REPLY"; return 1;;
		esac
		REPLY+=${REPLY:+$'\n'}$line
	done
	echo "# in $ns: ${2:0:60}: no answer"
	return 1
}

addresses() {
	case $FAMILY in
	4) VIP=10.9.9.9 RIP=10.1.0.2 CIP=10.0.1.1 ATVIP=$VIP ATRIP=$RIP;;
	6) VIP=fd00:9::9 RIP=fd00:1::2 CIP=fd00::1:1 ATVIP=[$VIP] ATRIP=[$RIP];;
	esac
}

topology_up() {
	local ns sink
	ip -batch - <<-BATCH || return
		netns add cl
		netns add dir
		netns add rs
		link add c0 address ${MAC[c0]} netns cl type veth peer name d0 address ${MAC[d0]} netns dir
		link add d1 address ${MAC[d1]} netns dir type veth peer name r0 address ${MAC[r0]} netns rs
	BATCH
	for ns in "${NETNS[@]}"; do station "$ns"; done
	echo "$BACKLOG" > /proc/sys/net/core/netdev_max_backlog
	# Nobody speaks but pktgen.
	for ns in "cl c0" "dir d0" "dir d1" "rs r0"; do
		at "${ns% *}" "echo 1 > /proc/sys/net/ipv6/conf/${ns#* }/addr_gen_mode" || return
	done
	at dir "cd /proc/sys/net && echo 1 > ipv4/ip_forward && echo 1 > ipv6/conf/all/forwarding && cd ipv4/conf &&
		for d in all d0 d1; do echo 0 > \$d/rp_filter; done; cd /" || return
	ip -n cl -batch - <<-BATCH || return
		link set lo up
		link set c0 up
		address add 10.0.0.2/16 dev c0
		address add fd00::2/64 dev c0 nodad
	BATCH
	ip -n dir -batch - <<-BATCH || return
		link set lo up
		link set d0 up
		link set d1 up
		address add 10.0.0.1/16 dev d0
		address add 10.1.0.1/24 dev d1
		address add 10.9.9.9/32 dev lo
		address add fd00::1/64 dev d0 nodad
		address add fd00:1::1/64 dev d1 nodad
		address add fd00:9::9/128 dev lo nodad
		neighbour replace 10.1.0.2 lladdr ${MAC[r0]} dev d1 nud permanent
		neighbour replace fd00:1::2 lladdr ${MAC[r0]} dev d1 nud permanent
		neighbour replace 10.0.1.1 lladdr ${MAC[c0]} dev d0 nud permanent
		neighbour replace fd00::1:1 lladdr ${MAC[c0]} dev d0 nud permanent
	BATCH
	ip -n rs -batch - <<-BATCH || return
		link set lo up
		link set r0 up
		address add 10.1.0.2/24 dev r0
		address add fd00:1::2/64 dev r0 nodad
		route add default via 10.1.0.1
		route add default via fd00:1::1
	BATCH
	for sink in "rs r0" "cl c0"; do
		drop_at "${sink% *}" "${sink#* }" || return
	done
}

# drop_at NETNS DEV: whatever comes in there ends there.
drop_at() {
	tc -n "$1" -batch - <<-BATCH
		qdisc add dev $2 clsact
		filter add dev $2 ingress matchall action drop
	BATCH
}

way_down() {
	local ns
	for ns in "${NETNS[@]}"; do dismiss "$ns"; done
	ip -batch - <<-BATCH
		netns delete cl
		netns delete dir
		netns delete rs
	BATCH
}

# skbmod tells what it was told.
redirect() {
	local protocol=ip
	[ "$FAMILY" = 4 ] || protocol=ipv6
	tc -n dir -batch - 2> >(grep -v '^dst MAC address' >&2) <<-BATCH
		qdisc add dev d0 clsact
		filter add dev d0 ingress protocol $protocol flower dst_ip $RIP action skbmod set dmac ${MAC[r0]} pipe action mirred egress redirect dev d1
	BATCH
}

dnat() {
	local family=ip
	[ "$FAMILY" = 4 ] || family=ip6
	ip netns exec dir nft -f - <<-NFT
		table $family bench {
			chain pre {
				type nat hook prerouting priority dstnat;
				$family daddr $VIP udp dport 80 dnat to $ATRIP:80
			}
		}
	NFT
}

# balance TOOL METHOD: a service with one real server.
balance() {
	local method
	case $2 in
	dr) method=-g;;
	nat) method=-m;;
	tunnel) method=-i;;
	esac
	at dir "$1 -A -u $ATVIP:80 -s rr && $1 -a -u $ATVIP:80 -r $ATRIP:80 $method"
}

# services N: as many services that nothing is sent to, each with a real server; on $SHUNTADM's side.
services() {
	local i
	for ((i = 0; i < $1; i++)); do
		echo "-A -u 10.8.$((i / 250)).$((i % 250 + 1)):80 -s rr"
		echo "-a -u 10.8.$((i / 250)).$((i % 250 + 1)):80 -r 10.1.0.2:80 -g"
	done | ip netns exec dir "$SHUNTADM" -R
}

way_up() {
	local way=${2%@*} fast=
	[[ $2 != *@* ]] || fast=${2#*@}
	FAMILY=$1
	topology_up || return
	addresses
	DST=$VIP
	case $way in
	floor) DST=$RIP; drop_at dir d0;;
	tc) DST=$RIP; redirect;;
	forward) DST=$RIP;;
	nft) dnat;;
	ipvs-*) balance ipvsadm "${way#*-}";;
	shunt-*) balance "$SHUNTADM" "${way#*-}";;
	bystander) DST=$RIP; services 1000;;
	esac || return
	[ -z "$fast" ] || at dir "echo $fast > /proc/sys/net/ipv4/vs/fast_path"
}

# arrivals NETNS: packets that have come in there so far.
arrivals() {
	local name packets dev
	case $1 in
	cl) dev=c0;;
	dir) dev=d0;;
	rs) dev=r0;;
	esac
	while read -r name _ packets _; do
		[ "$name" != "$dev:" ] || echo "$packets"
	done < "/proc/${PID[$1]}/net/dev"
}

# pktgen's names for a range of UDP ports, the last of which it leaves out.
ports() {
	echo "$1_min $2"
	[ "$3" = 1 ] && echo "$1_max $2" || echo "$1_max $(($2 + $3))"
}

# The last of so many clients' addresses in a row from 10.0.1.1 on.
last_client() {
	local last=$((256 + $1))
	echo "10.0.$((last / 256)).$((last % 256))"
}

# pktgen_options NETNS COUNT PORT PORTS ADDRESSES ORDER: a line each.
pktgen_options() {
	local mac=${MAC[d0]} src=$CIP dst=$DST client=udp_src server=udp_dst six='' size=64
	[ "$1" = cl ] || { mac=${MAC[d1]} src=$RIP dst=$CIP client=udp_dst server=udp_src; }
	[[ $dst != *:* ]] || { six=6 size=78; }
	cat <<-LINES
		count $2
		clone_skb 0
		delay 0
		pkt_size $size
		dst_mac $mac
		dst$six $dst
		flag UDPCSUM
		flag NO_TIMESTAMP
	LINES
	case $six,$1 in
	6,*) echo "src6 $src";;
	,cl) printf 'src_min %s\nsrc_max %s\n' "$src" "$(last_client "$5")";;
	,rs) printf 'src_min %s\nsrc_max %s\n' "$src" "$src";;
	esac
	ports $client "$3" "$4"
	ports $server 80 1
	[ "$6" != random ] || printf 'flag UDPSRC_RND\nflag IPSRC_RND\n'
}

# fire NETNS COUNT PORT PORTS [ADDRESSES [ORDER]]: COUNT packets of clients with so many ports and addresses, both counted up by
# each packet, or in no order (random). $NS_EACH is the nanoseconds that a packet took.
fire() {
	local ns=$1 count=$2 dev=c0 script line
	[ "$ns" = cl ] || dev=r0
	script="P=/proc/net/pktgen; echo rem_device_all > \$P/kpktgend_0 && echo add_device $dev > \$P/kpktgend_0"
	while read -r line; do
		script+=" && echo '$line' > \$P/$dev"
	done < <(pktgen_options "$ns" "$count" "$3" "$4" "${5:-1}" "${6:-row}")
	at "$ns" "$script && echo start > \$P/pgctrl && echo \"\$(< \$P/$dev)\"" || return
	if [[ ! $REPLY =~ OK:\ ([0-9]+)\( ]]; then
		echo "# pktgen: $REPLY"
		return 1
	fi
	NS_EACH=$((BASH_REMATCH[1] * 1000 / count))
}

# cost WAY FLOWS NETNS COUNT PORT PORTS [ADDRESSES [ORDER]]: fires some rounds and prints a row of the shortest one, since something
# else may have run during the others. Only rounds count in which all packets arrived: at the other end, or, for the floor, where they
# are dropped. (With short queues, see topology_up, packets that are put off until the sender has ended get lost.)
#   row KERNEL FAMILY WAY FLOWS SENT ARRIVED NANOSECONDS
ROUNDS=${ROUNDS:-3}
BACKLOG=${BACKLOG:-4}
cost() {
	local way=$1 flows=$2 count=$4 port=$5 sink=rs round good=0 before got least=0
	shift 2
	[ "$1" = cl ] || sink=cl
	[ "$way" != floor ] || sink=dir
	for ((round = 0; good < ROUNDS && round < 4 * ROUNDS; round++)); do
		settle
		before=$(arrivals $sink)
		fire "$1" "$count" "$port" "${@:4}" || return
		settle
		got=$(($(arrivals $sink) - before))
		[ "$flows" != new ] || port=$((port + count))
		[ "$got" = "$count" ] || continue
		((good++ > 0 && NS_EACH > least)) || least=$NS_EACH
	done
	[ $good = 0 ] || got=$count
	printf 'row\t%s\t%s\t%s\t%s\t%d\t%d\t%d\n' "$(uname -r)" "$FAMILY" "$way" "$flows" "$count" "$got" "$least"
}

# What still goes on by itself may end.
settle() { read -rt 0.1 -u "$NEVER" || :; }
mkfifo /tmp/never
exec {NEVER}<> /tmp/never
rm /tmp/never

# way_costs FAMILY WAY FLOWS...: a way's rows: 1 flow, many, or each packet a new one (new). After each, should the way be NAT, the
# same for the replies.
MANY=1000
COUNT=${COUNT:-1000}
way_costs() {
	local way=$2 flows
	if ! way_up "$1" "$way"; then
		echo "not ok - the way $way for IPv$1 comes up"
		return 1
	fi
	for flows in "${@:3}"; do
		case $flows in
		1) set -- 1024 1;;
		many) set -- 2048 $MANY;;
		new) set -- 16384 "$COUNT";;
		esac
		# A first round for what comes up with the first packets. Of new flows, other ones, and enough of them for tables that grow to be
		# through with that for a round: what growing costs is in the million connections of "scale".
		if [ "$flows" = new ]; then
			fire cl 4000 8192 4000
		else
			fire cl $MANY "$1" "$2"
		fi
		cost "$way" "$flows" cl "$COUNT" "$1" "$2"
		if [[ $way == *-nat* && $flows != new ]]; then
			fire rs 100 "$1" "$2"
			cost "${way/-nat/-nat-reply}" "$flows" rs "$COUNT" "$1" "$2"
		fi
	done
	way_down
}
