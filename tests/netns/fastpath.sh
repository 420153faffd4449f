#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The fast path: which packets take it, by the sysctl fast_path, and which do not; devices of all kinds.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT and DR, tests/lab/topology.sh
#                                    └─ rs2 (B)
# What takes it passes no rule of the firewall's but those at ingress, so that a rule which counts tells.
# What happens to connections on the fast path while things around them change is in fastchange.sh.
LBS=shunt
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/tunnels.sh
. "$TOP/tests/lab/tunnels.sh"

# In front of all other rules; fragments have been put together by then, if anyone does that.
watch() {
	in_director nft -f - <<-NFT
		table inet look {
			counter requests { }
			counter replies { }
			chain look {
				type filter hook prerouting priority raw;
				meta l4proto { tcp, udp } ip saddr $CIP counter name requests
				meta l4proto { tcp, udp } ip6 saddr $CIP6 counter name requests
				meta l4proto { tcp, udp } ip daddr $CIP counter name replies
				meta l4proto { tcp, udp } ip6 daddr $CIP6 counter name replies
			}
		}
	NFT
}

# How many requests and replies the firewall has seen since the last time.
seen() {
	local all requests=0 replies=0
	all=$(in_director nft reset counters table inet look)
	[[ $all =~ requests[[:space:]]*\{[[:space:]]*packets\ ([0-9]+) ]] && requests=${BASH_REMATCH[1]}
	[[ $all =~ replies[[:space:]]*\{[[:space:]]*packets\ ([0-9]+) ]] && replies=${BASH_REMATCH[1]}
	echo "$requests $replies"
}

up() { # nat | dr
	web_up "$1"
	watch
	# Neighbours are known.
	must udp first "$VIP" 80
	must who first
	must udp first6 "$VIP6" 80
	must who first6
	seen > /dev/null
}

# --- what takes it

# Of a connection's beginning: by NAT what opens it, both ways, and a client's first ACK; a real server's first datagram. Behind
# direct routing there is no reply.
beginning() { # METHOD PROTO MODE
	case "$1 $2 $3" in
	*" 0") echo '[1-9][0-9]* [0-9]+';;
	nat\ tcp\ 1) echo '2 1';;
	nat\ tcp\ 2) echo '1 1';;
	nat\ udp\ 1) echo '1 1';;
	nat\ udp\ 2) echo '0 1';;
	dr\ tcp\ 1) echo '2 0';;
	dr\ tcp\ 2) echo '1 0';;
	dr\ udp\ 1) echo '1 0';;
	dr\ udp\ 2) echo '0 0';;
	esac
}

# Behind that: all of them by the full path, none by the fast one.
going_on() { # METHOD MODE
	case "$1 $2" in
	nat\ 0) echo '[3-9][0-9]* [3-9][0-9]*';;
	dr\ 0) echo '[3-9][0-9]* 0';;
	*) echo '0 0';;
	esac
}

established() {
	local method=$1 mode vip proto text
	up "$method"
	for mode in 0 1 2; do
		set_knob fast_path $mode
		for vip in "$VIP" "$VIP6"; do
			for proto in tcp udp; do
				text="$method, fast_path=$mode, $vip, $proto"
				must $proto t "$vip" 80
				asked "$text, a connection" A "who t"
				like "$text, what the firewall sees of its beginning" "$(seen)" "^$(beginning "$method" $proto $mode)\$"
				must who t
				must who t
				must who t
				like "$text, what it sees of the rest" "$(seen)" "^$(going_on "$method" $mode)\$"
				[ $proto = udp ] || must end t
				must close t
				[ $proto = udp ] || like "$text, what it sees of the end" "$(seen)" '^[1-9]'
			done
		done
	done
}

nat() { established nat; }
dr() { established dr; }

# --- tunnels: the same bytes by either path

# A forged connection and a socket's: sums complete, and left to the device.
open() {
	local segment
	for segment in S A; do must raw "$cip" "$sport" "$vip" "$port" $segment; done
	must udp "u$sport" "$vip" "$port" "sport=$((sport + 1))"
	must send "u$sport" 64
}
go() {
	must raw "$cip" "$sport" "$vip" "$port" A df=1 tos=184 size=101
	must raw "$cip" "$sport" "$vip" "$port" A tos=3 ttl=9 size=7
	must send "u$sport" 701
}

# What an IPv4 header without DF has for an ID is drawn, and so is a socket's own; both are in the digest.
wrapped() {
	awk "$FIELDS"' dir == "out" && proto !~ /icmp/ && flags ~ /in=/ {
		print src, sport, dst, dport, ttl, proto, flags, ipcsum, l4csum, len,
			flags ~ /in=tcp/ && (type == "ip6" || flags ~ /df/) ? digest : "" }' "$1" | sort
}

tunnels() {
	local mode
	modprobe -a ipip sit ip6_tunnel ip_gre ip6_gre fou
	dr_up
	# Else it would be the one to send from.
	ip -n director address change "$VIP6/128" dev eth0 preferred_lft 0
	# Nobody takes them out, and nobody says so. No packet waits for a neighbour to be found.
	in_netns gw <<-BATCH
		neigh replace $VIP lladdr $vip_mac dev eth1
		neigh replace $VIP6 lladdr $vip_mac dev eth1
	BATCH
	in_netns director <<-BATCH
		neigh replace $RIP1 lladdr $rs1_mac dev eth0
		neigh replace $RIP16 lladdr $rs1_mac dev eth0
	BATCH
	ip -n rs1 link set eth0 down
	must ns client
	REAL1=$RIP1 REAL2=$RIP1 REAL16=$RIP16 REAL26=$RIP16
	each rule | rules
	watch
	each open
	for mode in 0 1; do
		set_knob fast_path $mode
		seen > /dev/null
		tap -g $GUE_PORT director:eth0
		each go
		untap
		wrapped "$TRACE" > /tmp/wrapped$mode
		is "fast_path=$mode, what the firewall sees of 72 packets" "$(seen)" "$((72 * !mode)) 0"
		is "fast_path=$mode, all of them leave in a tunnel" "$(wc -l < /tmp/wrapped$mode)" 72
		is "fast_path=$mode, no checksum is wrong" "$(grep -cw -e bad -e badpartial /tmp/wrapped$mode)" 0
	done
	is "they leave as by the full path" "$(diff /tmp/wrapped0 /tmp/wrapped1)" ""
}

# --- what does not take it

# not_fast TEXT SEEN COMMAND: one test, of how many packets of the client's that makes the firewall sees.
not_fast() {
	must "$3"
	is "$1" "$(seen)" "$2 0"
}

# A connection of a forged client's, whose real servers have no address of the service's and say nothing.
forge() { # CIP VIP SPORT
	must raw "$1" "$3" "$2" 99 S
	must raw "$1" "$3" "$2" 99 A
	seen > /dev/null
	not_fast "$2, an established connection's segment goes fast" 0 "raw $1 $3 $2 99 PA size=10"
}

flags() {
	local cip=$1 vip=$2 f sport=5000
	for f in S SA F FA R RA P; do
		sport=$((sport + 1))
		forge "$cip" "$vip" $sport
		not_fast "$vip, one with $f does not" 1 "raw $cip $sport $vip 99 $f"
	done
	forge "$cip" "$vip" 5100
	must raw "$cip" 5100 "$vip" 99 F
	seen > /dev/null
	not_fast "$vip, nor does one behind the FIN" 1 "raw $cip 5100 $vip 99 A"
	must raw "$cip" 5101 "$vip" 99 S
	seen > /dev/null
	not_fast "$vip, nor a half-open connection's ACK" 1 "raw $cip 5101 $vip 99 A"
	forge "$cip" "$vip" 5102
	tap client:eth0
	not_fast "$vip, nor one whose TTL is used up" 1 "raw $cip 5102 $vip 99 A ttl=2"
	untap
	is "$vip, of which its sender hears" "$(count 'dir == "in" && flags ~ /type.code=(11|3).0/ && flags ~ /5102/')" 1
	not_fast "$vip, the next one does" 0 "raw $cip 5102 $vip 99 A ttl=3"
}

# Some that a socket does not send, by UDP, on the flow of the client's port 4100. Each has a length of its own.
ODD=(plain options ttl1 more last badsum badversion short long padded udplen)
odd() { # CIP VIP
	ip netns exec gw python3 "$TOP/tests/netns/oddframes" eth1 $vip_mac "$1" 4100 "$2" 80 "${ODD[@]}"
}

# What comes out at the other side: an address, a length, a sum. Neighbours ask for each other when they like.
out() { values 'dev == "eth1" && dir == "out" && proto !~ /^icmp/' 'len " " ttl " " l4csum " " dst'; }

odd_ones() {
	local cip=$1 vip=$2 mode came=() saw=()
	must udp o "$vip" 80 sport=4100
	must who o
	for mode in 0 1 2; do
		set_knob fast_path $mode
		arrived reset > /dev/null
		seen > /dev/null
		tap director:eth1
		is "fast_path=$mode, $vip, odd ones are sent" "$(odd "$cip" "$vip" 2>&1)" ""
		untap
		came[mode]="$(out)"
		came[mode]+=" $(arrived reset)"
		saw[mode]=$(seen)
		explain "$vip, fast_path=$mode: ${came[mode]//$'\n'/; }, seen ${saw[mode]}"
	done
	like "$vip, some come out" "${came[0]}" 'ok'
	is "$vip, by the fast path the same" "${came[1]}" "${came[0]}"
	is "$vip, as with fast_path=2" "${came[2]}" "${came[0]}"
	# A router does not look at UDP's length, and IPv6 has no checksum to be bad.
	is "$vip, the plain, the padded and the one with UDP's wrong length went fast" "$((${saw[0]% *} - ${saw[1]% *}))" "$3"
	must close o
}

# Bytes and packets that the real server's device got from the client: frames' padding would count.
arrived() {
	local all
	all=$(ip netns exec rs1 nft reset counters table netdev look)
	[[ $all =~ packets\ ([0-9]+)\ bytes\ ([0-9]+) ]] && echo "${BASH_REMATCH[1]} packets of ${BASH_REMATCH[2]} bytes"
}

exceptions() {
	up nat
	rules <<-RULES
		-A -t $VIP:99 -s rr
		-a -t $VIP:99 -r $RIP1:99 -g
		-A -t [$VIP6]:99 -s rr
		-a -t [$VIP6]:99 -r [$RIP16]:99 -g
	RULES
	flags "$CIP" "$VIP"
	flags "$CIP6" "$VIP6"
	ip netns exec rs1 nft -f - <<-NFT
		table netdev look {
			counter there { }
			chain look {
				type filter hook ingress device eth0 priority 0;
				ip saddr $CIP counter name there
				ip6 saddr $CIP6 counter name there
			}
		}
	NFT
	odd_ones "$CIP" "$VIP" 3
	odd_ones "$CIP6" "$VIP6" 4
}

# Connections of which more is to be known than how much they carry.
special() {
	up nat
	must tcp t "$VIP" 80
	must who t
	seen > /dev/null
	must who t
	is "a connection goes fast" "$(seen)" "0 0"

	set_knob conntrack 1
	must tcp tracked "$VIP" 80
	must who tracked
	must who tracked
	like "a tracked one does not" "$(seen)" '^[4-9][0-9]* [3-9]'
	must who t
	is "the one from before does" "$(seen)" "0 0"
	set_knob conntrack 0
	must close tracked

	adm -e -t "$VIP:80" -r "$RIP1:80" -m -w 0
	seen > /dev/null
	must who t
	is "one of a quiesced real server does" "$(seen)" "0 0"
	adm -d -t "$VIP:80" -r "$RIP1:80"
	must udp u "$VIP" 80
	must who u
	seen > /dev/null
	adm -d -u "$VIP:80" -r "$RIP1:80"
	must send u 64
	is "one of a removed real server does not" "$(seen)" "1 0"
	is "its packet is dropped for that" "$(drops dest_removed)" 1
	adm -a -u "$VIP:80" -r "$RIP1:80" -m
	asked "the real server is back, and answers" A "who u"
	seen > /dev/null
	must who u
	is "its connection goes fast again" "$(seen)" "0 0"

	in_director nft -f - <<-NFT
		table inet deny {
			chain input { type filter hook input priority filter; ip saddr $CIP drop; }
			chain forward { type filter hook forward priority filter; ip daddr $CIP drop; }
		}
	NFT
	asked "a firewall's rule that came later does not end what goes fast" A "who u"
	set_knob fast_path 0
	tap rs1:eth0
	must send u 64
	untap
	is "without a fast path it does" "$(count 'dir == "in" && proto == "udp"')" 0
}

# With fast_path=2 a connection begins before the packet is routed, and yet only where it would else: a packet for somebody else is
# none of ours, nor is one of nobody's.
elsewhere() {
	local mode other=198.51.100.7 other6=2001:db8:51::7
	nat_up
	in_netns gw <<-BATCH
		route add $other/32 via $VIP
		route add $other6/128 via $VIP6
	BATCH
	in_netns director <<-BATCH
		route add $other/32 via $RIP2
		route add $other6/128 via $RIP26
	BATCH
	rules <<-RULES
		-A -t $other:80 -s rr
		-a -t $other:80 -r $RIP1:80 -m
		-A -t [$other6]:80 -s rr
		-a -t [$other6]:80 -r [$RIP16]:80 -m
		-A -u $VIP:80 -s rr
		-a -u $VIP:80 -r $RIP1:80 -m
	RULES
	must ns client
	for mode in 0 1 2; do
		set_knob fast_path $mode
		must raw "$CIP" 4000 $other 80 S
		must raw "$CIP6" 4000 $other6 80 S
		tap director:eth0
		is "fast_path=$mode, martians are sent" "$(martians 2>&1)" ""
		untap
		is "fast_path=$mode, they came" "$(count 'dir == "in" && proto == "udp"')" 5
		is "fast_path=$mode, none of them begins a connection" "$(connections)" ""
	done
}

martians() {
	local from
	for from in 127.0.0.1 0.0.0.0 255.255.255.255 224.0.0.1 "$DIP"; do
		ip netns exec gw python3 "$TOP/tests/netns/oddframes" eth1 $vip_mac "$from" 4100 "$VIP" 80 plain || return
	done
}

# --- devices

# The client's side of the director moves to another device.
move_to() {
	in_netns director <<-BATCH
		address flush dev eth0
		link set $1 up
		address add $VIP/24 dev $1
		address add $VIP6/64 dev $1 nodad
		route replace default via 1.1.1.254
		route replace default via 2001:db8:1::254
	BATCH
	# That it is up changes routes once more.
	wait_for "$1 is up" is_up "$1"
}
is_up() { [ "$(in_director cat "/sys/class/net/$1/operstate")" = up ]; }

# Four echoes each way are four everywhere, and right.
once() {
	local vip proto
	seen > /dev/null
	for vip in "$VIP" "$VIP6"; do
		for proto in tcp udp; do
			must $proto t "$vip" 80
			asked "$1, $vip, $proto" A "who t"
			must who t
			seen > /dev/null
			must who t
			must who t
			is "$1, $vip, $proto goes fast" "$(seen)" "0 0"
			must close t
		done
	done
	tap client:eth0 rs1:eth0
	must udp u "$VIP" 80
	must who u
	adm -Z
	must who u
	must who u
	must who u
	asked "$1, 3 MB go to the server" ok "tcp t $VIP 80"
	asked "$1, 3 MB go to the server" ok "put t 3000000"
	asked "$1, and to the client" ok "get t 3000000"
	must close t
	must close u
	untap
	is "$1, no packet is there twice" "$(count 'ns == "rs1" && dir == "in" && proto == "udp"') $(count 'ns == "client" && dir == "in" && proto == "udp"')" "4 4"
	is "$1, or counted twice" "$(stats | awk '$1 == "UDP" { print $4, $5 }' | head -1)" "3 3"
	is "$1, every checksum is right" "$(bad_checksums)" 0
}

vlan() {
	modprobe 8021q
	up nat
	in_netns gw <<-BATCH
		address flush dev eth1
		link add link eth1 name eth1.10 type vlan id 10
		link set eth1.10 up
		address add 1.1.1.254/24 dev eth1.10
		address add 2001:db8:1::254/64 dev eth1.10 nodad
	BATCH
	ip -n director link add link eth0 name eth0.10 type vlan id 10
	move_to eth0.10
	once "a VLAN"
}

bridge() {
	up nat
	in_netns director <<-BATCH
		link add br0 type bridge forward_delay 0 mcast_snooping 0
		link set eth0 master br0
	BATCH
	move_to br0
	once "a bridge"
}

bond() {
	modprobe bonding max_bonds=0
	up nat
	in_netns director <<-BATCH
		link set eth0 down
		link add bond0 type bond mode active-backup
		link set eth0 master bond0
	BATCH
	move_to bond0
	once "a bond"
}

# A route that is added elsewhere makes IPv6's routes hold with another cookie, and stay the same ones otherwise. The connections of
# before keep theirs as it was known.
other_routes() {
	local vip
	up nat
	ip -n director route add 198.18.1.0/24 dev eth0
	ip -n director -6 route add 2001:db8:18::/64 dev eth0
	for vip in "$VIP" "$VIP6"; do
		must tcp t "$vip" 80
		must who t
		must who t
		seen > /dev/null
		must who t
		is "$vip, a connection goes fast that began after a change of the routes" "$(seen)" "0 0"
		must end t
		must close t
	done
	must who first
	must who first6
	seen > /dev/null
	must who first
	must who first6
	is "and so do those that began before it" "$(seen)" "0 0"
}

# A device that goes and comes again is taken again.
again() {
	up nat
	must tcp t "$VIP" 80
	must who t
	ip -n director link set eth1 down
	ip -n director link set eth1 up
	asked "a connection goes on when the link was down" A "who t"
	must who t
	seen > /dev/null
	must who t
	is "and goes fast" "$(seen)" "0 0"
	replace_eth1
	asked "it goes on with a new device" A "who t"
	must who t
	seen > /dev/null
	must who t
	is "and goes fast again, both ways" "$(seen)" "0 0"
}

run nat dr tunnels exceptions special elsewhere vlan bridge bond other_routes again
