#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Persistence and services by firewall mark: who is a client, what stays together, for how long.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh
#                                    └─ rs2 (B)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# Clients: CIP and C2 share a /25, C3 does not.
C2=192.168.1.2 C3=192.168.1.130 C26=2001:db8:192::2 C36=2001:db8:192::1:0:0:3

clients_up() {
	nat_up
	in_netns client <<-BATCH
		address add $C2/24 dev eth0
		address add $C3/24 dev eth0
		address add $C26/64 dev eth0 nodad
		address add $C36/64 dev eth0 nodad
	BATCH
	serve 80 81
}

# The other real server than the one named.
other() { [ "$1" = A ] && echo B || echo A; }
# answers COMMAND: who answered, each once.
answers() {
	local word seen=
	ask "$*"
	for word in $REPLY; do
		[[ " $seen " == *" $word "* ]] || seen+="${seen:+ }$word"
	done
	echo "$seen"
}
persistent_conns() { adm -L -n --persistent-conn | awk '$1 == "->" && $2 ~ /[0-9]$/ { n += $4 } END { print n + 0 }'; }
templates() { connections | grep -cE ' (NONE|ASSURED) '; }
# Without the real servers and the ports that clients happened to have.
without_servers() { connections | awk '{ sub(/:[0-9]+$/, $4 ~ /:0$/ ? ":0" : ":*", $4); print $1, $2, $3, $4, $5 }' | sort; }
some_template() { [ "$(templates)" != 0 ]; }
no_template() { [ "$(templates)" = 0 ]; }

client_stays() {
	local first proto
	clients_up
	rules <<-RULES
		-A -t $VIP:80 -s rr -p 50
		-a -t $VIP:80 -r $RIP1:80 -m
		-a -t $VIP:80 -r $RIP2:80 -m
		-A -u $VIP:80 -s rr -p 50
		-a -u $VIP:80 -r $RIP1:80 -m
		-a -u $VIP:80 -r $RIP2:80 -m
		-A -t [$VIP6]:80 -s rr -p 50
		-a -t [$VIP6]:80 -r [$RIP16]:80 -m
		-a -t [$VIP6]:80 -r [$RIP26]:80 -m
	RULES
	for proto in tcp udp; do
		first=$(answers many $proto 6 $VIP 80)
		like "$proto, a client stays with one" "$first" '^[AB]$'
		is "$proto, the next client goes to the other" "$(answers many $proto 3 $VIP 80 src=$C2)" "$(other "$first")"
		is "$proto, and the first still where it was" "$(answers many $proto 3 $VIP 80)" "$first"
	done
	first=$(answers many tcp 6 "$VIP6" 80 "src=$CIP6")
	like "IPv6, a client stays with one" "$first" '^[AB]$'
	is "IPv6, the next client goes to the other" "$(answers many tcp 3 "$VIP6" 80 "src=$C26")" "$(other "$first")"
	same "all connections and templates" "$(without_servers)"
	is "a template for each client and service" "$(templates)" 6
	is "and --persistent-conn counts them" "$(persistent_conns)" 6
	same "the services" "$(adm -S -n | grep '^-A')"
}

netmask() {
	local first
	clients_up
	rules <<-RULES
		-A -t $VIP:80 -s rr -p 50 -M 255.255.255.128
		-a -t $VIP:80 -r $RIP1:80 -m
		-a -t $VIP:80 -r $RIP2:80 -m
		-A -t [$VIP6]:80 -s rr -p 50 -M 80
		-a -t [$VIP6]:80 -r [$RIP16]:80 -m
		-a -t [$VIP6]:80 -r [$RIP26]:80 -m
	RULES
	first=$(answers many tcp 2 $VIP 80)
	is "a neighbour under the mask goes to the same" "$(answers many tcp 2 $VIP 80 src=$C2)" "$first"
	is "a client beyond it goes to the other" "$(answers many tcp 2 $VIP 80 src=$C3)" "$(other "$first")"
	first=$(answers many tcp 2 "$VIP6" 80 "src=$CIP6")
	is "IPv6, a neighbour under the prefix goes to the same" "$(answers many tcp 2 "$VIP6" 80 "src=$C26")" "$first"
	is "IPv6, a client beyond it goes to the other" "$(answers many tcp 2 "$VIP6" 80 "src=$C36")" "$(other "$first")"
	same "the templates" "$(without_servers | grep -E ' (NONE|ASSURED) ')"
	same "the services" "$(adm -L -n | grep -E '^(TCP|UDP)')"
}

all_ports() {
	local first
	clients_up
	rules <<-RULES
		-A -t $VIP:0 -s rr -p 50
		-a -t $VIP:0 -r $RIP1:0 -m
		-a -t $VIP:0 -r $RIP2:0 -m
		-A -t $VIP:81 -s rr
		-a -t $VIP:81 -r $RIP1:81 -m
		-a -t $VIP:81 -r $RIP2:81 -m
	RULES
	first=$(answers many tcp 4 $VIP 80)
	like "port 0, a client stays with one" "$first" '^[AB]$'
	is "a service of its own takes its port" "$(answers many tcp 4 $VIP 81 | tr ' ' '\n' | sort | xargs)" "A B"
	adm -D -t $VIP:81
	is "without it, the port is the others'" "$(answers many tcp 4 $VIP 81)" "$first"
	same "connections and templates" "$(without_servers | grep -v :81)"
	refused "port 0 needs persistence" '[0-9]+' . adm -A -t "$VIP:0" -s rr
}

firewall_mark() {
	local first
	clients_up
	ip netns exec director nft -f - <<-NFT
		table inet lab {
			chain prerouting {
				type filter hook prerouting priority mangle
				ip daddr $VIP th dport { 80, 81 } meta mark set 7
				ip6 daddr $VIP6 th dport { 80, 81 } meta mark set 7
			}
		}
	NFT
	rules <<-RULES
		-A -f 7 -s rr
		-a -f 7 -r $RIP1 -m
		-a -f 7 -r $RIP2 -m
		-A -t $VIP:80 -s rr
		-A -f 7 -6 -s rr -p 50
		-a -f 7 -6 -r [$RIP16]:0 -m
		-a -f 7 -6 -r [$RIP26]:0 -m
	RULES
	like "the mark comes before the address, rr alternates" "$(ask "many tcp 6 $VIP 80"; echo "$REPLY")" '^(A B ){2}A B$|^(B A ){2}B A$'
	like "another port of the mark" "$(ask "many tcp 4 $VIP 81"; echo "$REPLY")" '^A B A B$|^B A B A$'
	like "another protocol of the mark" "$(ask "many udp 4 $VIP 81"; echo "$REPLY")" '^A B A B$|^B A B A$'
	adm -E -f 7 -s rr -p 50
	first=$(answers many tcp 4 $VIP 80)
	like "persistent, a client stays with one" "$first" '^[AB]$'
	is "persistent, on every port" "$(answers many tcp 4 $VIP 81)" "$first"
	is "persistent, and with every protocol" "$(answers many udp 4 $VIP 81)" "$first"
	first=$(answers many tcp 4 "$VIP6" 80 "src=$CIP6")
	like "IPv6, a client stays with one" "$first" '^[AB]$'
	is "IPv6, on every port" "$(answers many tcp 4 "$VIP6" 81 "src=$CIP6")" "$first"
	same "the templates" "$(without_servers | grep -E ' (NONE|ASSURED) ')"
	same "the services" "$(adm -L -n | grep -E '^(TCP|FWM)' | sort)"
}

real_server_goes() {
	local first gone
	clients_up
	rules <<-RULES
		-A -t $VIP:80 -s rr -p 50
		-a -t $VIP:80 -r $RIP1:80 -m
		-a -t $VIP:80 -r $RIP2:80 -m
	RULES
	first=$(answers many tcp 2 $VIP 80)
	gone=$RIP1
	[ "$first" = A ] || gone=$RIP2
	adm -e -t "$VIP:80" -r "$gone:80" -m -w 0
	is "weight 0 keeps its clients" "$(answers many tcp 2 $VIP 80)" "$first"
	is "and gets no other" "$(answers many tcp 2 $VIP 80 src=$C2)" "$(other "$first")"
	adm -d -t "$VIP:80" -r "$gone:80"
	is "a removed real server's clients go to the other" "$(answers many tcp 2 $VIP 80)" "$(other "$first")"
	adm -a -t "$VIP:80" -r "$gone:80" -m
	is "and stay there when it is back" "$(answers many tcp 2 $VIP 80)" "$(other "$first")"
}

template_ends() {
	clients_up
	rules <<-RULES
		--set 0 0 1
		-A -u $VIP:80 -s rr -p 10
		-a -u $VIP:80 -r $RIP1:80 -m
		-a -u $VIP:80 -r $RIP2:80 -m
	RULES
	must many udp 2 $VIP 80
	wait_for "there is a template" some_template
	wait_for "it ends after its timeout" no_template
	adm -E -u "$VIP:80" -s rr
	like "without persistence, rr alternates again" "$(ask "many udp 4 $VIP 80"; echo "$REPLY")" '^A B A B$|^B A B A$'
	is "and makes no template" "$(templates)" 0
}

run client_stays netmask all_ports firewall_mark real_server_goes template_ends
