#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What Shunt does for connections beyond ip_vs, which has nothing to compare with: timeouts of a service's own, RSTs, UDP
# that leaves, draining.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT and DR, tests/lab/topology.sh
#                                    └─ rs2 (B)
LBS=shunt
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# state PORT: state and timeout (rounded up to 1000 s, as it may take a while to look) of the connection from that client port.
state() {
	connections | awk -v port=":$1" 'substr($4, length($4) - length(port) + 1) == port { print $2, int(($3 + 999) / 1000) * 1000 }'
}
no_state() { [ -z "$(state "$1")" ]; }

# The services, without their real servers.
services() { adm -L -n | grep -E '^(TCP|UDP|FWM)'; }

timeouts() {
	nat_up
	serve 80
	rules <<-RULES
		-A -t $VIP:80 -s rr --tcp-timeout 3000 --tcp-fin-timeout 2000
		-a -t $VIP:80 -r $RIP1:80 -m
		-A -u $VIP:80 -s rr --udp-timeout 4000
		-a -u $VIP:80 -r $RIP1:80 -m
		-A -t [$VIP6]:80 -s rr
		-a -t [$VIP6]:80 -r [$RIP16]:80 -m
	RULES
	is "the list tells them" "$(services)" "TCP  $VIP:80 rr tcp-timeout 3000 tcp-fin-timeout 2000
UDP  $VIP:80 rr udp-timeout 4000
TCP  [$VIP6]:80 rr"
	must tcp est "$VIP" 80 sport=1001
	must who est
	must tcp fin "$VIP" 80 sport=1002
	must end fin
	must tcp six "$VIP6" 80 sport=1003
	must who six
	must udp u "$VIP" 80 sport=1004
	must echo u 100
	must tcp late "$VIP" 80 sport=1005
	must who late
	is "established TCP has its service's timeout" "$(state 1001)" "ESTABLISHED 3000"
	is "after a FIN, too" "$(state 1002)" "FIN_WAIT 2000"
	is "UDP, too" "$(state 1004)" "UDP 4000"
	is "another service has those of all" "$(state 1003)" "ESTABLISHED 1000"
	adm --set 6000 5000 8000
	is "--set is for the others" "$(state 1001) $(state 1004) $(state 1003)" "ESTABLISHED 3000 UDP 4000 ESTABLISHED 6000"

	# As with --set, connections that are there follow at once.
	adm -E -t "$VIP:80" -s wrr --tcp-timeout 9000
	is "a longer one holds for connections that are there" "$(state 1001)" "ESTABLISHED 9000"
	is "what is not named is as --set says again" "$(state 1002)" "FIN_WAIT 5000"
	ip netns exec director ipvsadm -E -t "$VIP:80" -s rr
	is "who does not know it leaves it" "$(services | head -n 1)" "TCP  $VIP:80 rr tcp-timeout 9000"
	is "and is not told" "$(ip netns exec director ipvsadm -L -n | grep -c timeout)" 0
	adm -E -u "$VIP:80" -s rr --udp-timeout 1
	wait_for "one that is too idle by now ends" no_state 1004
	adm -E -t "$VIP:80" -s rr --tcp-timeout 0
	is "0 is as --set says" "$(state 1001) $(services | head -n 1)" "ESTABLISHED 6000 TCP  $VIP:80 rr"

	# Removed, its real server waits for two minutes, and knows what it was to do.
	adm -E -t "$VIP:80" -s rr --tcp-timeout 7000
	adm -d -t "$VIP:80" -r "$RIP1:80"
	is "a removed real server keeps them" "$(state 1001)" "ESTABLISHED 7000"
	adm -E -t "$VIP:80" -s rr --tcp-timeout 2
	wait_for "and follows its service" no_state 1001
	adm -D -t "$VIP:80"
	rules <<-RULES
		-A -t $VIP:80 -s rr --tcp-timeout 11000
		-a -t $VIP:80 -r $RIP1:80 -m
	RULES
	must tcp again "$VIP" 80 sport=1007
	must who again
	is "back in a service of that name, it does as this one says" "$(state 1007)" "ESTABLISHED 11000"
	refused "TCP's are not for UDP" 2 "--tcp-timeout is for TCP" adm -E -u "$VIP:80" --tcp-timeout 5
	refused "31 days at most" 2 "0..2678400" adm -E -t "$VIP:80" --tcp-timeout 2678401
}

# Sockets of a netns in a state other than LISTEN and TIME_WAIT, by its number in /proc/net/tcp: 01 is ESTABLISHED.
sockets() { ip netns exec "$1" cat /proc/net/tcp /proc/net/tcp6 | awk '$4 ~ /^0[1-58-9B]$/ { print $4 }' | sort | xargs; }
without() { [ -z "$(sockets "$1")" ]; }
with() { [ "$(sockets "$1")" = "$2" ]; }

# A RST counts only with the one right number, so that who has lost his connection has got one.
resets() { # METHOD -g|-m DEVICE...: the director's
	serve 80 81
	rules <<-RULES
		-A -t $VIP:80 -s rr --reset-on-expiry
		-a -t $VIP:80 -r $RIP1:80 $2
		-A -t [$VIP6]:80 -s rr --reset-on-expiry
		-a -t [$VIP6]:80 -r [$RIP16]:80 $2
		-A -t $VIP:81 -s rr
		-a -t $VIP:81 -r $RIP1:81 $2
	RULES
	must tcp four "$VIP" 80 sport=1001
	must get four 100000
	must put four 100000
	must tcp six "$VIP6" 80 sport=1002
	must put six 5000
	must who six
	must tcp other "$VIP" 81 sport=1003
	must who other
	must tcp closed "$VIP" 80 sport=1004
	must who closed
	must close closed
	wait_for "$1, three connections are open" with client "01 01 01"
	tap "${@:3}"
	adm -E -t "$VIP:80" -s rr --reset-on-expiry --tcp-timeout 1 --tcp-fin-timeout 1
	adm -E -t "[$VIP6]:80" -s rr --reset-on-expiry --tcp-timeout 1
	adm -E -t "$VIP:81" -s rr --tcp-timeout 1
	wait_for "$1, all of them expire" no_open
	wait_for "$1, the client has lost the two, and one stays" with client 01
	wait_for "$1, so has the server" with rs1 01
	untap
	is "$1, two RSTs each way, and none for who is done or did not ask" \
		"$(count 'dir == "out" && flags ~ /R/ && dport == 80')$(count 'dir == "out" && flags ~ /R/ && sport == 80')" 22
	is "$1, all checksums are right" "$(bad_checksums)" 0
}
no_open() { ! connections | grep -q ESTABLISHED; }

resets_nat() {
	nat_up
	resets NAT -m director:eth0 director:eth1
	# Both FINs are seen here, so one alone is no end.
	adm -E -t "$VIP:80" -s rr --reset-on-expiry
	must tcp half "$VIP" 80 sport=1005
	must who half
	must end half
	is "NAT, closed by the server alone" "$(state 1005)" "FIN_WAIT 1000"
	wait_for "NAT, one is half closed" with rs1 "01 05"
	adm -E -t "$VIP:80" -s rr --reset-on-expiry --tcp-fin-timeout 1
	wait_for "NAT, it is reset, too" with rs1 01
	wait_for "NAT, on the client's side as well" with client 01
}

resets_dr() {
	dr_up
	prepare_real_servers "$VIP" "$VIP6" > /dev/null
	resets DR -g director:eth0
}

resets_tunnel() {
	modprobe ipip
	dr_up
	prepare_real_servers "$VIP" > /dev/null
	ip -n rs1 link set tunl0 up
	serve 80
	rules <<-RULES
		-A -t $VIP:80 -s rr --reset-on-expiry
		-a -t $VIP:80 -r $RIP1:80 -i
	RULES
	must tcp one "$VIP" 80
	asked "through a tunnel" A "who one"
	adm -E -t "$VIP:80" -s rr --reset-on-expiry --tcp-timeout 1
	wait_for "tunnel, the server has lost the connection" without rs1
	wait_for "tunnel, so has the client" without client
}

# Where nf_conntrack changes the client's address, too, the real server's RST has to come from the director.
resets_tracked() {
	nat_up
	in_netns rs1 <<-BATCH
		route del default
	BATCH
	serve 80
	ip netns exec director sysctl -q net.ipv4.vs.conntrack=1
	ip netns exec director iptables -t nat -A POSTROUTING -d "$RIP1/24" -j MASQUERADE
	ip netns exec director nft -f - <<-'NFT'
		table inet stateful {
			chain output {
				type filter hook output priority 0; policy drop;
				ct state established,related,new accept
				meta l4proto ipv6-icmp accept
			}
		}
	NFT
	rules <<-RULES
		-A -t $VIP:80 -s rr --reset-on-expiry
		-a -t $VIP:80 -r $RIP1:80 -m
	RULES
	must tcp one "$VIP" 80 sport=1001
	asked "full NAT by nf_conntrack" A "who one"
	must put one 50000
	wait_for "both ends have it" with rs1 01
	tap director:eth0 director:eth1
	adm -E -t "$VIP:80" -s rr --reset-on-expiry --tcp-timeout 1
	wait_for "full NAT, the server has lost the connection" without rs1
	wait_for "full NAT, so has the client" without client
	untap
	is "full NAT, one RST each, the server's from the director" \
		"$(frames 'dir == "out" && flags ~ /R/' 'dev " " src " " dst' | sort | tr '\n' ';')" \
		"eth0 $VIP $CIP;eth1 $DIP $RIP1;"
	is "full NAT, all checksums are right" "$(bad_checksums)" 0
	is "nf_conntrack has no more of it" "$(ip netns exec director grep -c "dst=$VIP" /proc/net/nf_conntrack)" 0
}

# The director itself as real server, under its own address and under the virtual one, and as client.
resets_own() {
	local port
	nat_up
	serve 80
	must serve director L 80 8080
	rules <<-RULES
		-A -t $VIP:81 -s rr --reset-on-expiry
		-a -t $VIP:81 -r $DIP:8080 -m
		-A -t $VIP:80 -s rr --reset-on-expiry
		-a -t $VIP:80 -r $DIP:80 -g
		-A -t $VIP:82 -s rr --reset-on-expiry
		-a -t $VIP:82 -r $RIP1:80 -m
	RULES
	must ns client
	must tcp nat "$VIP" 81
	asked "the director serves by NAT" L "who nat"
	must tcp same "$VIP" 80
	asked "and by leaving all as it is" L "who same"
	must ns director
	must tcp mine "$VIP" 82
	asked "it is a client, too" A "who mine"
	is "three ends are the director's" "$(sockets director)" "01 01 01"
	for port in 80 81 82; do
		adm -E -t "$VIP:$port" -s rr --reset-on-expiry --tcp-timeout 1
	done
	wait_for "all of them expire" no_open
	wait_for "the director has lost its ends" without director
	wait_for "the client, too" without client
	wait_for "and the server" without rs1
}

# Where the datagrams of ID come out, N of them.
each() {
	local i out=
	for ((i = 0; i < $2; i++)); do
		ask "echo $1 100"
		out+=${out:+ }${REPLY%% *}
	done
	echo "$out"
}

weights() { # A's B's
	adm -e -u "$VIP:80" -r "$RIP1:80" -m -w "$1"
	adm -e -u "$VIP:80" -r "$RIP2:80" -m -w "$2"
}

leaving() {
	nat_up
	serve 80 81
	rules <<-RULES
		-A -u $VIP:80 -s rr --udp-leave
		-a -u $VIP:80 -r $RIP1:80 -m
		-a -u $VIP:80 -r $RIP2:80 -m -w 0
		-A -u $VIP:81 -s rr
		-a -u $VIP:81 -r $RIP1:81 -m
		-a -u $VIP:81 -r $RIP2:81 -m -w 0
	RULES
	must udp u "$VIP" 80 sport=1001
	must udp stays "$VIP" 81 sport=1002
	is "a flow has its server" "$(each u 3) $(each stays 1)" "A A A A"
	weights 0 1
	adm -e -u "$VIP:81" -r "$RIP1:81" -m -w 0
	adm -e -u "$VIP:81" -r "$RIP2:81" -m -w 1
	is "it leaves a quiesced one at once" "$(each u 3)" "B B B"
	is "one of a service that does not ask stays" "$(each stays 3)" "A A A"
	is "there is one connection of it" "$(connections | grep -c ":1001 ")" 1
	weights 1 1
	is "it stays where it may" "$(each u 2)" "B B"
	adm -d -u "$VIP:80" -r "$RIP2:80"
	is "it leaves a removed one at once" "$(each u 3)" "A A A"
	adm -a -u "$VIP:80" -r "$RIP2:80" -m -w 0
	adm -E -u "$VIP:80" -s rr
	weights 0 1
	is "and no more when the service asks no more" "$(each u 3)" "A A A"
	adm -E -u "$VIP:80" -s rr --udp-leave -p 100
	is "asked again, it does" "$(each u 2)" "B B"
	weights 1 0
	is "a client that is to stay is set free" "$(each u 2)" "A A"
	weights 0 0
	is "where there is no other, it is refused" "$(ask "echo u 100"; echo "$REPLY")" "error: Connection refused"
}

# What is listed behind a real server's numbers, but for the seconds.
note() { adm -L -n | awk -v real="$1" '$2 == real { $1 = $2 = $3 = $4 = $5 = $6 = ""; sub(/^ +/, ""); print }' | sed 's/[0-9]\+ s/N s/'; }
seconds() { adm -S | sed -n "s/.* -r $1 .* --drain=\([0-9]*\)$/\1/p"; }
lines() { [ "$(wc -l < /tmp/monitor)" -ge "$1" ]; }
happened() { cut -d' ' -f3- /tmp/monitor | sed 's/[0-9]\+ s/N s/'; }
drained() { happened | grep -c '^drained'; }
told() { [ "$(drained)" -ge "$1" ]; }

listen() {
	rm -f /tmp/monitor
	ip netns exec director "$TOP/tool/shuntadm" --monitor -n >> /tmp/monitor &
	MONITOR=$!
	# What changes something is told once it listens.
	until [ -s /tmp/monitor ]; do adm --set 0 0 0; nap; done
	: > /tmp/monitor
}

draining() {
	local port
	nat_up
	serve 80
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m
		-a -t $VIP:80 -r $RIP2:80 -m -w 0
	RULES
	must tcp first "$VIP" 80 sport=1001
	must who first
	must tcp silent "$VIP" 80 sport=1002
	must who silent
	listen
	# Without a deadline it ends when its connections do.
	rules <<-RULES
		-e -t $VIP:80 -r $RIP2:80 -m -w 1
		-e -t $VIP:80 -r $RIP1:80 -m --drain
	RULES
	is "it is listed" "$(held "$VIP" 80) $(note "$RIP1:80")" "$RIP1:80 0 2 0;$RIP2:80 1 0 0; draining"
	is "but not to ipvsadm" "$(ip netns exec director ipvsadm -L -n | grep -c drain)" 0
	must tcp second "$VIP" 80 sport=1003
	asked "new connections go to others" B "who second"
	asked "the old ones go on" A "who first"
	is "nothing is told yet" "$(drained)" 0

	# A deadline, then.
	adm -e -t "$VIP:80" -r "$RIP1:80" -m --drain=100
	is "the time that is left is listed" "$(note "$RIP1:80")" "draining, N s left"
	like "and saved" "$(seconds "$RIP1:80")" '^(100|9[0-9])$'
	adm -S | sed 's/--drain=.*/--drain=1000/' > /tmp/saved
	adm -R --replace /tmp/saved
	like "a replacement does not prolong it" "$(seconds "$RIP1:80")" '^(100|[89][0-9])$'
	ip netns exec director ipvsadm -e -t "$VIP:80" -r "$RIP1:80" -m -w 0
	is "weight 0 from who does not know it leaves it" "$(note "$RIP1:80")" "draining, N s left"
	adm -e -t "$VIP:80" -r "$RIP1:80" -m -w 0
	is "-e without it ends it" "$(note "$RIP1:80")" ""
	adm -e -t "$VIP:80" -r "$RIP1:80" -m --drain=100
	ip netns exec director ipvsadm -e -t "$VIP:80" -r "$RIP1:80" -m -w 3
	is "so does another weight" "$(held "$VIP" 80) $(note "$RIP1:80")" "$RIP1:80 3 2 0;$RIP2:80 1 1 0; "

	# What has said nothing since is asked for the numbers that a RST has to have.
	: > /tmp/monitor
	tap director:eth0 director:eth1
	adm -e -t "$VIP:80" -r "$RIP1:80" -m --drain=2
	must who first
	wait_for "at its deadline it is empty, which is told" told 1
	untap
	is "its connections are gone" "$(held "$VIP" 80) $(note "$RIP1:80")" "$RIP1:80 0 0 0;$RIP2:80 1 1 0; draining"
	is "what was told" "$(happened)" "changed TCP  $VIP:80 -> $RIP1:80 Masq weight 0 draining, N s left
drained TCP  $VIP:80 -> $RIP1:80 Masq weight 0 draining"
	for port in 1001 1002; do
		is "RSTs at both ends, port $port" "$(count "dir == \"out\" && flags ~ /R/ && sport == $port")$(
			count "dir == \"out\" && flags ~ /R/ && dport == $port")" 11
	done
	wait_for "so the server has none left" without rs1
	wait_for "and the client the one of the other" with client 01
	asked "the client has lost one that spoke" "error: Connection reset by peer" "who first"
	asked "and a silent one" "error: Connection reset by peer" "who silent"
	asked "others go on" B "who second"

	# What goes away takes its timer along.
	adm -e -t "$VIP:80" -r "$RIP2:80" -m --drain=1
	adm -d -t "$VIP:80" -r "$RIP2:80"
	adm -a -t "$VIP:80" -r "$RIP2:80" -m -w 1
	is "removed and back, it does not drain" "$(note "$RIP2:80")" ""
	asked "and has its connection" B "who second"
	adm -e -t "$VIP:80" -r "$RIP2:80" -m --drain=300
	adm -D -t "$VIP:80"
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m --drain
	RULES
	wait_for "what begins empty is drained at once" told 2
	refused "it has weight 0" 2 "is weight 0" adm -e -t "$VIP:80" -r "$RIP1:80" -w 5 --drain
	# The netns ends with a deadline ahead.
	adm -e -t "$VIP:80" -r "$RIP1:80" -m --drain=300
	kill "$MONITOR"
	wait "$MONITOR"
}

# By DR too, and a client that is to stay keeps it from being empty until the deadline.
staying() {
	dr_up
	prepare_real_servers "$VIP" "$VIP6" > /dev/null
	serve 80
	rules <<-RULES
		-A -t [$VIP6]:80 -s rr -p 500
		-a -t [$VIP6]:80 -r [$RIP16]:80 -g
	RULES
	must tcp one "$VIP6" 80
	must who one
	listen
	rules <<-RULES
		-a -t [$VIP6]:80 -r [$RIP26]:80 -g
		-e -t [$VIP6]:80 -r [$RIP16]:80 -g --drain=600
	RULES
	must tcp two "$VIP6" 80
	asked "a client that is to stay stays" A "who two"
	adm -e -t "[$VIP6]:80" -r "[$RIP16]:80" -g --drain=2
	must who one
	wait_for "at the deadline it goes, too, as do one that speaks and one that is silent" told 1
	wait_for "DR, IPv6, both connections are reset" without rs1
	wait_for "at the client, too" without client
	must tcp three "$VIP6" 80
	asked "and goes elsewhere" B "who three"
	kill "$MONITOR"
	wait "$MONITOR"
}

run timeouts resets_nat resets_dr resets_tunnel resets_tracked resets_own leaving draining staying
