#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tunnels: IPIP, GUE and GRE, IPv4 and IPv6 in either; the frames as stock's, offloads, path MTU, errors, DSCP and ECN.
#
#   client ── gw ── lan ─┬─ director 192.168.1.108, VIP 192.168.1.107
#                        ├─ rs1 (A) 192.168.1.102, VIP on lo     takes tunnels without checksums; the same in IPv6
#                        └─ rs2 (B) 192.168.1.103, VIP on lo     takes tunnels with checksums (GRE's receiver wants to know)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/tunnels.sh
. "$TOP/tests/lab/tunnels.sh"

# takes NETNS RIP RIP6 [icsum]: the real server takes packets out of all tunnels.
takes() {
	in_netns "$1" <<-BATCH
		link set tunl0 up
		link set sit0 up
		link add t6 type ip6tnl mode any local $3
		link set t6 up
		link add g4 type gre local $2 $4
		link set g4 up
		link add g6 type ip6gre local $3 $4
		link set g6 up
		fou add port $GUE_PORT gue
	BATCH
	ip -n "$1" -6 fou add port $GUE_PORT gue
}

tunnels_up() {
	modprobe -a ipip sit ip6_tunnel ip_gre ip6_gre fou
	dr_up
	REAL1=$RIP1 REAL2=$RIP2 REAL16=$RIP16 REAL26=$RIP26
	# Else it would be the one to send from, and packets from their own address are none that the real servers take.
	ip -n director address change "$VIP6/128" dev eth0 preferred_lft 0
	prepare_real_servers "$VIP" "$VIP6" > /dev/null || result 'not ok' "shunt-realserver start"
	must ns client
}

services() { each rule | rules; }

# --- what is sent

# The frames of a connection of the client's that left the director in a tunnel, without the errors about them.
wrapped() { frames "ns == \"director\" && dir == \"out\" && proto !~ /icmp/ && flags ~ /in=$1\\/${cip//./\\.}\\/$2\\//" "${@:3}"; }

# With checksums complete (the forged ones) and left to the device; nobody takes them out yet, as GUE's receiver writes into
# packets that the capture has yet to read.
give() {
	must raw "$cip" "$sport" "$vip" "$port" S df=1 tos=184
	must raw "$cip" $((sport + 1)) "$vip" "$port" S tos=3 ttl=9
	must udp u "$vip" "$port" sport=$((sport + 2))
	must send u 700
	must close u
}

# Of a packet without DF all but the ID, which is drawn, can be compared; so with a socket's.
SEEN='src " " sport " " dst " " dport " " ttl " " proto " " flags " " ipcsum " " l4csum " " len'
compare() {
	local outer
	is "$title, a packet leaves the director" "$(wrapped tcp "$sport" | grep -c .)" 1
	[[ $rip == *:* ]] && outer="$DIP6 .* $rip" || outer="$DIP .* $rip"
	like "$title, it goes to the real server, DSCP copied, TTL one less" "$(wrapped tcp "$sport" "$SEEN")" \
		"^$outer .* 62 .*tos=0xb8,.*inttl=62,intos=0xb8,incsum=ok,.*"
	# An IPv4 header around an IPv6 packet has an ID, which is drawn.
	[[ $vip == *:* && $rip != *:* ]] ||
		same "$title, every byte of it" "$(wrapped tcp "$sport" "$SEEN \" \" digest")"
	same "$title, its headers" "$(wrapped tcp "$sport" "$SEEN")"
	like "$title, congestion is told in the inner header" "$(wrapped tcp $((sport + 1)) flags)" '^tos=0x02,.*inttl=7,intos=0x03'
	same "$title, one that may be fragmented" "$(wrapped tcp $((sport + 1)) "$SEEN")"
	# Whose source port comes of the socket's own hash.
	same "$title, a checksum left to the device" "$(wrapped udp $((sport + 2)) "${SEEN/sport \" \" /}")"
	is "$title, no checksum is wrong" \
		"$({ wrapped tcp "$sport" "$SEEN"; wrapped tcp $((sport + 1)) "$SEEN"; wrapped udp $((sport + 2)) "$SEEN"; } | grep -cw bad)" 0
}

bytes() {
	tunnels_up
	services
	tap -g $GUE_PORT director:eth0
	each give
	untap
	each compare
	cp "$TRACE" "/mnt/trace.$LB"
}

# --- what arrives

exchange() {
	asked "$title, TCP connects" ok "tcp t $vip $port sport=$sport"
	asked "$title, TCP is answered" "$who" "who t"
	asked "$title, 100 kB to the server arrive whole" ok "put t 100000"
	asked "$title, and to the client" ok "get t 10000"
	must close t
	must udp u "$vip" "$port" "sport=$sport"
	asked "$title, UDP is answered" "$who" "echo u 1200"
	must close u
}

transfers() {
	tunnels_up
	takes rs1 "$RIP1" "$RIP16" ""
	takes rs2 "$RIP2" "$RIP26" icsum
	# shellcheck disable=SC2046
	must serve rs1 A $(seq 8001 8024)
	# shellcheck disable=SC2046
	must serve rs2 B $(seq 8001 8024)
	must ns client
	services
	tap -g $GUE_PORT director:eth0
	each exchange
	untap
	! only_shunt || each large
	only_shunt || return 0
	offloads off
	each exchange
}

# veth cannot have remote checksum offload done to segments.
large() {
	[[ $tun != *remcsum ]] || return 0
	is "$title, large segments went into the tunnel" "$(($(wrapped tcp "$sport" len | sort -n | tail -1) > 1600))" 1
}

# What no device can cut into segments once it is in a tunnel: SCTP, and what is in one already.
others() {
	local vip
	modprobe sctp
	tunnels_up
	takes rs1 "$RIP1" "$RIP16" ""
	takes rs2 "$RIP2" "$RIP26" icsum
	serve 80 sctp/80
	rules <<-RULES
		-A --sctp-service $VIP:80 -s rr
		-a --sctp-service $VIP:80 -r [$RIP26]:80 -i --tun-type gue --tun-port $GUE_PORT --tun-csum
		-A --sctp-service [$VIP6]:80 -s rr
		-a --sctp-service [$VIP6]:80 -r $RIP2:80 -i --tun-type gre --tun-csum
		-A -u $VIP:7000 -s rr
		-a -u $VIP:7000 -r [$RIP16]:7000 -i --tun-type gue --tun-port $GUE_PORT --tun-remcsum
	RULES
	for vip in "$VIP" "$VIP6"; do
		asked "SCTP to $vip" ok "sctp t $vip 80"
		asked "SCTP to $vip is answered" B "who t"
		asked "SCTP to $vip, 50 kB arrive whole" ok "put t 50000"
		must close t
	done
	in_netns client <<-BATCH
		fou add port 7001 ipproto 4
		link add nest mtu 1400 type ipip local $CIP remote $VIP encap fou encap-sport 7001 encap-dport 7000
		link set nest up
		address add 10.9.9.1/24 dev nest
	BATCH
	in_netns rs1 <<-BATCH
		fou add port 7000 ipproto 4
		link add nest mtu 1400 type ipip local $VIP remote $CIP encap fou encap-sport 7000 encap-dport 7001
		link set nest up
		address add 10.9.9.2/24 dev nest
	BATCH
	asked "a tunnel of the client's" ok "tcp t 10.9.9.2 80"
	asked "a tunnel of the client's, 200 kB through it arrive whole" ok "put t 200000"
	must close t
}

# --- errors about what is in tunnels, and about what comes out of them

FAR=172.16.2.1 FAR6=2001:db8:17::1

# Behind rs1, a router, is a way for 1300 bytes to the real server, an address of rs2's.
narrow_path() {
	tunnels_up
	must ns rs1
	must write /proc/sys/net/ipv4/ip_forward 1
	must write /proc/sys/net/ipv4/conf/all/send_redirects 0
	must write /proc/sys/net/ipv4/conf/eth0/send_redirects 0
	must write /proc/sys/net/ipv6/conf/all/forwarding 1
	must ns client
	ip -n director route add "$FAR" via "$RIP1"
	ip -n director route add "$FAR6" via "$RIP16"
	ip -n rs1 route add "$FAR" via "$RIP2" mtu lock 1300
	ip -n rs1 route add "$FAR6" via "$RIP26" mtu lock 1300
	in_netns rs2 <<-BATCH
		address add $FAR/32 dev lo
		address add $FAR6/128 dev lo
	BATCH
	REAL1=$FAR REAL16=$FAR6 REAL2=$FAR REAL26=$FAR6
}

# NETNS knows no path's MTU any more.
forget() {
	ip -n "$1" route flush cache
	ip -n "$1" -6 route flush cache
}

# What a router on the way says, and then the director by itself; what hears of the end of a packet's life, and of a reply's.
provoke() {
	local type=3 code=3
	[[ $vip != *:* ]] || type=1 code=4
	must raw "$cip" "$sport" "$vip" "$port" S df=1 size=1340
	must raw "$cip" "$sport" "$vip" "$port" S df=1 size=1340
	must raw "$cip" $((sport + 1)) "$vip" "$port" S ttl=3
	must icmp "$cip" "$vip" $type $code 0 "tcp/$vip/$port/$cip/$sport"
	forget director
}

# told NETNS DIR TYPE/CODE SPORT: the ICMP errors about a packet of the client's, each with how often it was seen.
told() {
	frames "ns == \"$1\" && dir == \"$2\" && flags ~ /^type.code=${3/\//.},.*in=tcp\\/${cip//./\\.}\\/$4\\//" 'src " " flags' |
		sort | uniq -c | sed 's/^ *//'
}

overhead() {
	local bytes=20
	[[ $rip != *:* ]] || bytes=40
	case $tun in
	*gue*) bytes=$((bytes + 12));;
	*gre*--tun-csum) bytes=$((bytes + 8));;
	*gre*) bytes=$((bytes + 4));;
	esac
	echo $bytes
}

hears() {
	local mtu too_big=3/4 expired=11/0 wanted
	mtu=$((1300 - $(overhead)))
	if [[ $vip == *:* ]]; then
		too_big=2/0 expired=3/0
		# Every link carries that much of IPv6.
		[ $mtu -ge 1280 ] || mtu=1280
	fi
	wanted="2 $vip type/code=$too_big,mtu=$mtu,in=tcp/$cip/$sport/$vip/$port"
	# As with stock, nothing forbids routers to fragment that.
	[[ $vip != *:* || $rip == *:* ]] || wanted=
	if only_shunt; then
		is "$title, the client hears what fits into the tunnel" "$(told client in $too_big "$sport")" "$wanted"
		is "$title, the client hears of the end of a packet's life in the tunnel" "$(told client in $expired $((sport + 1)))" \
			"1 $vip type/code=$expired,in=tcp/$cip/$((sport + 1))/$vip/$port"
	fi
	# Of GUE stock tells it at the second packet; of IPIP, and where there is IPv6, not.
	[[ $vip$rip == *:* || $tun != *gre* ]] || same "$title, what the client hears" \
		"$(told client in $too_big "$sport"; told client in $expired $((sport + 1)))"
}

errors() {
	narrow_path
	services
	tap -g $GUE_PORT client:eth0 director:eth0
	each provoke
	untap
	cp "$TRACE" "/mnt/trace-errors.$LB"
	each hears
	! only_shunt || is "the router on the way says it once a tunnel" \
		"$(count 'ns == "director" && dir == "in" && flags ~ /type.code=(3.4|2.0),mtu=1300/')" 18
	# Of stock on 6.12 only 9 are seen.
	! only_shunt || is "IPv4, errors about replies go into the tunnels" \
		"$(frames 'ns == "director" && dir == "out"' flags | grep -c "in=icmp/$CIP/771/$VIP/")" 12
	! only_shunt || is "IPv6, errors about replies go into the tunnels" \
		"$(frames 'ns == "director" && dir == "out"' flags | grep -c "in=icmp6/$CIP6/260/$VIP6/")" 12
	! only_shunt || is "all checksums are right" "$(bad_checksums)" 0
}

# A TCP connection finds the way's MTU, through whatever is in between; with stock it stalls in all IPv6 tunnels and some others.
whole() {
	[[ $tun == *ipip || $tun == *remcsum ]] || return 0
	asked "$title, a connection over a narrow way" ok "tcp t $vip $port sport=$sport"
	asked "$title, 100 kB over a narrow way arrive whole" ok "put t 100000"
	must close t
	forget director
	forget client
}

narrow() {
	only_shunt || return 0
	narrow_path
	takes rs2 "$FAR" "$FAR6" ""
	# shellcheck disable=SC2046
	must serve rs2 B $(seq 8001 8024)
	must ns client
	services
	each whole
}

# Nobody has the real server's address: the director's own error about its own packet, of which stock tells nobody.
nobody() {
	only_shunt || return 0
	tunnels_up
	must ns director
	must write /proc/sys/net/ipv4/neigh/eth0/retrans_time_ms 100
	must write /proc/sys/net/ipv6/neigh/eth0/retrans_time_ms 100
	must ns client
	REAL1=192.168.1.99 REAL16=2001:db8:1::99 REAL2=192.168.1.99 REAL26=2001:db8:1::99
	services
	each unreachable
}

unreachable() {
	asked "$title, the client hears that nobody is there" "error: No route to host" "tcp t $vip $port sport=$sport"
}

# --- settings

# A packet of 1490 bytes.
beyond() {
	local size=1450
	[[ $vip != *:* ]] || size=1430
	must raw "$cip" "$sport" "$vip" "$port" S df=1 size=$size
}

discovery() {
	tunnels_up
	services
	set_knob pmtu_disc 0
	tap -g $GUE_PORT client:eth0 director:eth0
	each beyond
	untap
	# Stock tells IPv6 clients nevertheless.
	! only_shunt || is "without path MTU discovery no client is told" "$(count 'ns == "client" && flags ~ /type.code=(3.4|2.0),mtu=/')" 0
	! only_shunt || is "without path MTU discovery each packet leaves in two fragments" \
		"$(count 'ns == "director" && dir == "out" && flags ~ /frag=0[+]/') $(count 'ns == "director" && dir == "out" && flags ~ /frag=[1-9]/')" "24 24"
	is "without path MTU discovery nothing says that it must not be fragmented" \
		"$(count 'ns == "director" && dir == "out" && type == "ip4" && flags ~ /frag=.*df/')" 0
	set_knob pmtu_disc 1
	tap -g $GUE_PORT client:eth0 director:eth0
	each beyond
	untap
	is "with it each client is told" "$(count 'ns == "client" && dir == "in" && flags ~ /type.code=(3.4|2.0),mtu=/')" 24
	is "with it nothing leaves" "$(count 'ns == "director" && dir == "out" && flags ~ /frag=/')" 0
	same "with it, what the clients are told" "$(frames 'ns == "client" && dir == "in" && flags ~ /type.code=(3.4|2.0),mtu=/' 'src " " flags')"
}

# The director is another one's real server: what it takes out of a tunnel is for a service of its own, or for itself.
ignoring() {
	tunnels_up
	must serve director D 80
	must serve rs1 A 80
	must ns client
	in_netns director <<-BATCH
		link set tunl0 up
	BATCH
	in_netns gw <<-BATCH
		link add wrap type ipip local 192.168.1.254 remote $DIP
		link set wrap up
		route add $VIP/32 dev wrap
	BATCH
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -g
	RULES
	asked "a request out of a tunnel" ok "tcp t $VIP 80"
	asked "a request out of a tunnel is balanced" A "who t"
	must close t
	set_knob ignore_tunneled 1
	asked "a request out of a tunnel that is ignored" ok "tcp t $VIP 80"
	# Stock balances it all the same, once it is out.
	! only_shunt || asked "a request out of a tunnel that is ignored is the director's" D "who t"
	must close t
}

# --- the module goes

more_answered() {
	ask tally
	[ "${REPLY%% *}" -gt "$1" ]
}

leaving() {
	only_shunt || return 0
	tunnels_up
	takes rs1 "$RIP1" "$RIP16" ""
	serve 80
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -i
		-a -t $VIP:80 -r [$RIP16]:80 -i --tun-type gue --tun-port $GUE_PORT --tun-remcsum
		-A -u $VIP:80 -s rr
		-a -u $VIP:80 -r [$RIP16]:80 -i --tun-type gre
	RULES
	must flood "$VIP" 80
	ask tally
	wait_for "traffic flows through tunnels" more_answered "${REPLY%% *}"
	is "rmmod under it" "$(rmmod shunt 2>&1)" ""
	must calm
	lb_load
}

# --- what is configured

saved() { adm -S -n | grep -v '^--set'; }

listing() {
	local before connections
	tunnels_up
	services
	same "the list" "$(adm -L -n --tun-info | sed 's/size=[0-9]*/size=N/')"
	same "the plain list" "$(adm -L -n | sed 's/size=[0-9]*/size=N/')"
	same "the file" "$(ip netns exec director cat /proc/net/ip_vs | sed "s/size=[0-9]*/size=N/" | sort)"
	same "what is saved" "$(saved)"
	before=$(saved)
	adm -C
	rules <<< "$before"
	is "what is saved is restored" "$(saved)" "$before"
	each open_one
	same "the connections" "$(connections)"
	connections=$(connections | awk '{ print $6 }' | sort)
	is "a connection's real server is shown with its own family's address" "$connections" \
		"$(each endpoint | sort)"
	# shellcheck disable=SC2016
	is "and in the file" "$(ip netns exec director awk 'NR > 1 { print $6 }' /proc/net/ip_vs_conn | sort | uniq -c | sed 's/^ *//')" \
		"8 2001:0db8:0001:0000:0000:0000:0000:0102
4 2001:0db8:0001:0000:0000:0000:0000:0103
8 C0A80166
4 C0A80167"
	rules <<-RULES
		-e -t $VIP:8001 -r $RIP1:8001 -i --tun-type gue --tun-port 1234 --tun-csum -w 5
		-e -t $VIP:8006 -r $RIP2:8006 -g -w 5
		-e -t $VIP:8002 -r $RIP1:8002 -i --tun-type gue --tun-port 1235
	RULES
	same "edited" "$(adm -L -n --tun-info | grep -A1 'TCP.*:800[126]')"
	refused "other families by direct routing" '[1-9][0-9]*' '' adm -a -t "$VIP:8001" -r "[$RIP26]:8001" -g
	refused "editing such to direct routing" '[1-9][0-9]*' '' adm -e -t "$VIP:8007" -r "[$RIP16]:8007" -g
	refused "a GUE tunnel without a port" '[1-9][0-9]*' '' adm -a -t "$VIP:8001" -r "$RIP2:8001" -i --tun-type gue
	same "nothing of that" "$(saved)"
}

endpoint() { echo "$(at "$rip"):$port"; }
open_one() { must raw "$cip" "$sport" "$vip" "$port" S; }

run listing bytes transfers others errors narrow nobody discovery ignoring leaving
