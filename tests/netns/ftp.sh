#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# FTP: data connections, opened by either end, go where the control connection goes; NAT changes what is said about them.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT and DR, tests/lab/topology.sh
#                                    └─ rs2 (B)      FTP servers and client: tests/netns/ftp
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# A virtual address whose numbers are longer than the real servers'.
LONG=111.111.111.111

FTPDS=()
ftp_up() {
	local n names=(x A B)
	for n in 1 2; do
		ip netns exec rs$n /usr/bin/python3 "$TOP/tests/netns/ftp" server "${names[n]}" 21 2121 &
		FTPDS+=($!)
	done
	coproc FTP { exec ip netns exec client /usr/bin/python3 "$TOP/tests/netns/ftp" client; }
	exec {FTP_IN}>&"${FTP[1]}" {FTP_OUT}<&"${FTP[0]}"
	eval "exec ${FTP[1]}>&- ${FTP[0]}<&-"
	IFS= read -r -t 60 _ <&"$FTP_OUT"
	for n in 1 2; do
		until [ "$(ip netns exec rs$n ss -Hltn '( sport = :21 or sport = :2121 )' | wc -l)" = 4 ]; do nap; done
	done
}

ftp_down() {
	exec {FTP_IN}>&- {FTP_OUT}<&-
	kill "${FTPDS[@]}"
	wait "${FTPDS[@]}" "$FTP_PID" 2>/dev/null
	FTPDS=()
}

# ftp COMMAND: its answer is in $REPLY.
ftp() {
	printf '%s\n' "$*" >&"$FTP_IN"
	IFS= read -r -t 60 REPLY <&"$FTP_OUT" || REPLY="error: no answer"
}

# ftps TEXT WANTED COMMAND: one test, that the client answers so.
ftps() {
	ftp "$3"
	is "$1" "$REPLY" "$2"
}

# pool21 VIP METHOD "OPTIONS" [PORT]: rr over both real servers.
pool21() {
	local port=${4:-21} rip1=$RIP1 rip2=$RIP2
	case $1 in *:*) rip1=[$RIP16] rip2=[$RIP26];; esac
	rules <<-RULES
		-A -t $(at "$1"):$port -s rr $3
		-a -t $(at "$1"):$port -r $rip1:$port $2
		-a -t $(at "$1"):$port -r $rip2:$port $2
	RULES
}

modes() { case $1 in *:*) echo epsv eprt;; *) echo pasv epsv port eprt;; esac; }
app() { ip netns exec director cat /proc/net/ip_vs_app; }
# The connections without their ports, but for those of FTP and 0, and whichever real server they have.
shape() {
	connections | sed -E "s/:[0-9]{4,5}( |$)/:*\1/g; s/(\[?)($RIP1|$RIP2|$RIP16|$RIP26)(\]?:[^ ]*)$/\1RIP\3/" |
		awk '{ print $1, $2, $4, $5, $6 }' | sort
}
count_is() { [ "$(shape | grep -c "$1")" = "$2" ]; }

# One session in every mode, and another beside it, whose server is the other one.
transfers() {
	local vip=$1 mode mine other
	ftp "open s $vip"
	mine=$REPLY
	like "$vip, a session" "$mine" '^[AB]$'
	ftp "open t $vip"
	other=$REPLY
	is "$vip, the other real server has another" "$mine$other" "$([ "$mine" = A ] && echo AB || echo BA)"
	same "$vip, how many are looked after" "$(app)"
	for mode in $(modes "$vip"); do
		ftps "$vip $mode, a transfer is under way" ok "begin s $mode 2000000"
		same "$vip $mode, connections" "$(shape)"
		ftps "$vip $mode, it comes from the session's server, whole" "$mine" "end s"
		ftps "$vip $mode, one to the server" ok "put s $mode 300000"
		ftps "$vip $mode, what is said afterwards is right" ok "text s 50"
		ftps "$vip $mode, the other session's" "$other" "get t $mode 1000"
	done
	ftps "$vip, a session ends" ok "close s"
	ftps "$vip, and the other" ok "close t"
}

nat() {
	local vip mine
	nat_up
	ip -n director address add $LONG/32 dev lo
	ip -n gw route add $LONG via "$VIP"
	ftp_up
	for vip in "$VIP" $LONG "$VIP6"; do
		pool21 "$vip" -m
		tap -p 21 client:eth0 rs1:eth0 rs2:eth0
		transfers "$vip"
		untap
		is "$vip, every checksum of the sessions is right" "$(bad_checksums)" 0
	done
	same "control connections count, data connections do not" "$(stats | awk '$1 ~ /:21$/ { print $1, $2 }' | sort)"
	ftp "open s $VIP"
	ftp "ask s PASV"
	like "the client is told the virtual address" "$REPLY" '^227 .*\(1,1,1,1,'
	same "a client is expected" "$(shape | grep ':0 ')"
	# Whose turn it is at the beginning is drawn.
	same "it counts as inactive" "$(held "$VIP" 21 | tr ';' '\n' | cut -d' ' -f2- | sort)"
	offloads off
	tap -p 21 client:eth0 rs1:eth0 rs2:eth0
	ftp "open s $LONG"
	mine=$REPLY
	ftps "without offloads, a transfer" "$mine" "get s pasv 100000"
	ftps "without offloads, what is said afterwards is right" ok "text s 50"
	untap
	is "without offloads, every checksum of the sessions is right" "$(bad_checksums)" 0
	ftp_down
}

# What is said gets lost, comes again, and is more than a segment holds.
trouble() {
	nat_up
	ip -n director address add $LONG/32 dev lo
	ip -n gw route add $LONG via "$VIP"
	ftp_up
	pool21 $LONG -m
	ftp "open s $LONG"
	local mine=$REPLY
	ftps "a passive transfer" "$mine" "get s pasv 1000"
	ip netns exec director tc qdisc add dev eth0 root netem loss 3%
	ip netns exec director tc qdisc add dev eth1 root netem loss 3%
	ftps "under loss, a long answer arrives whole" ok "text s 2000"
	ftps "under loss, another passive transfer" "$mine" "get s pasv 100000"
	ftps "under loss, another long answer" ok "text s 2000"
	ftps "under loss, a transfer to the client" "$mine" "get s port 100000"
	ip netns exec director tc qdisc del dev eth0 root
	ip netns exec director tc qdisc del dev eth1 root
	# Stock knows an answer at the beginning of a segment only.
	only_shunt || { ftp_down; return; }
	offloads off
	ftp "ask s SITE 1448"
	tap -p 21 client:eth0 director:eth0
	ftps "an answer that fills a segment grows" "$mine" "get s pasv 1000"
	ftps "and what comes behind it is right" ok "text s 50"
	untap
	like "in fragments" "$(values 'ns == "client" && src == "'$LONG'"' len | sort -n | tail -1)" '^[0-9]+$'
	ftp_down
}

# What a client says may come in pieces. Stock does not put them together.
pieces() {
	only_shunt || return 0
	local mine
	nat_up
	ftp_up
	pool21 "$VIP" -m
	tap -p 21 director:eth0
	ftp "open s $VIP"
	mine=$REPLY
	ftps "a command in pieces: a transfer is under way" ok "begin s pieces 2000000"
	is "it is one to the virtual address's port 20" "$(shape | grep -c "^TCP ESTABLISHED $CIP:\* $VIP:20 ")" 1
	ftps "it comes from the session's server, whole" "$mine" "end s"
	ftps "so does another" "$mine" "get s pieces 1000"
	untap
	is "there were pieces" "$(($(count 'dir == "in" && sport != 21 && flags ~ /P/') >= 2 * 3 + 4))" 1
	ftp_down
}

# By direct routing packets stay as they are: only a service whose clients stay knows where data connections belong.
dr() {
	local vip mode first
	dr_up
	prepare_real_servers "$VIP" "$VIP6" > /dev/null
	ftp_up
	for vip in "$VIP" "$VIP6"; do
		pool21 "$vip" -g
		ftp "open s $vip"
		like "$vip, a session" "$REPLY" '^[AB]$'
		ftp "get s epsv 1000"
		like "$vip, where clients do not stay passive transfers fail" "$REPLY" 'refused'
		ftp "ask s NOOP"
		adm -E -t "$(at "$vip"):21" -s rr -p 50
		ftp "open t $vip"
		first=$REPLY
		for mode in $(modes "$vip"); do
			ftps "$vip $mode, where they do a transfer comes whole" "$first" "get t $mode 200000"
			ftps "$vip $mode, one to the server" ok "put t $mode 200000"
		done
		same "$vip, connections and templates" "$(shape | sed -E 's/(ESTABLISHED|FIN_WAIT|CLOSE_WAIT|TIME_WAIT)/*/' | sort | uniq -c)"
	done
	same "nothing is looked after" "$(app)"
	must ns client
	ask "tcp x $VIP 80"
	same "a port below 1024 is no data connection's" "${REPLY%% *}"
	ask "tcp x $VIP 5000"
	same "one above may be" "${REPLY%% *}"
	same "and goes to the client's real server" "$(connections | grep "$VIP:5000 " | sed 's/.* //' | grep -c ":5000")"
	ask "tcp y $VIP 21 sport=20"
	like "nothing is scheduled from port 20" "$REPLY" refused
	same "nothing is scheduled from port 20" "$(connections | grep -c ':20 ')"
	ftp_down
}

# The control connection lives as long as data connections do, or are expected.
stays() {
	nat_up
	ftp_up
	pool21 "$VIP" -m
	adm --set 2 0 0
	ftp "open s $VIP"
	ftp "ask s PASV"
	ftp "open t $VIP"
	count_is ESTABLISHED 2 || result 'not ok' "two sessions"
	wait_for "a silent session ends" count_is ESTABLISHED 1
	is "one that expects a data connection does not" "$(shape | grep -c ' LISTEN ')" 1
	ftps "and goes on" "200 yes" "ask s NOOP"
	only_shunt || { ftp_down; return; }
	is "the module goes with all of it" "$(lb_unload && echo gone)" gone
	insmod "${SHUNT_KO:-$BUILD/$(uname -r)/shunt.ko}" ftp_ports=2121,2100
	is "ports are a parameter" "$(app | tail -n +2)" "$(printf 'TCP  %-7u %-6d %-17s\n' 2121 0 ftp 2100 0 ftp)"
	pool21 "$VIP" -m "" 2121
	ftp "open u $VIP 2121"
	mine=$REPLY
	ftps "a passive transfer there" "$mine" "get u pasv 1000"
	ftps "and an active one" "$mine" "get u port 1000"
	is "whose session is looked after" "$(app | awk '$2 == 2121 { print $3 }')" 1
	ftp_down
	lb_unload && lb_load
}

# With connections tracked and their source changed, nf_conntrack sees numbers that do not add up once an answer has grown.
tracked() {
	local mode mine
	nat_up
	ip -n director address add $LONG/32 dev lo
	ip -n gw route add $LONG via "$VIP"
	ftp_up
	pool21 $LONG -m
	ip netns exec director sysctl -q net.ipv4.vs.conntrack=1
	ip netns exec director iptables -t nat -A POSTROUTING -d "$RIP1/24" -j MASQUERADE
	ip netns exec director nft -f - <<-'NFT'
		table inet look {
			counter odd { }
			chain first { type filter hook prerouting priority 0; ct state invalid counter name odd drop; }
		}
	NFT
	tap -p 21 rs1:eth0 rs2:eth0
	ftp "open s $LONG"
	mine=$REPLY
	like "a session by full NAT" "$mine" '^[AB]$'
	for mode in $(modes $LONG); do
		ftps "$mode, a transfer by full NAT" "$mine" "get s $mode 100000"
		ftps "$mode, and another" ok "put s $mode 100000"
		ftps "$mode, what is said afterwards is right" ok "text s 50"
	done
	untap
	is "the real server saw the director" "$(values 'dir == "in"' src | tr '\n' ' ')" "$DIP "
	like "nf_conntrack took no packet for invalid" "$(ip netns exec director nft list counters)" 'packets 0 '
	ftp_down
}

# Beside a service for all ports, FTP's takes data connections if its clients stay, else none. With stock it keeps them from the other
# service in any case, and then nobody takes them.
beside_all_ports() {
	only_shunt || return 0
	nat_up
	ip -n client address add 192.168.1.2/24 dev eth0
	serve 5000
	rules <<-RULES
		-A -t $VIP:21 -s rr
		-a -t $VIP:21 -r $RIP1:21 -m
		-A -t $VIP:0 -s rr -p 50
		-a -t $VIP:0 -r $RIP2:0 -m
	RULES
	asked "tcp to another port connects" ok "tcp t $VIP 5000"
	asked "and goes where the service for all ports says" B "who t"
	adm -E -t "$VIP:21" -s rr -p 50
	asked "when FTP's clients stay, another client connects" ok "tcp u $VIP 5000 src=192.168.1.2"
	asked "and goes to FTP's real server" A "who u"
}

run nat trouble pieces dr stays tracked beside_all_ports
