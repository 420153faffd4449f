#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The sysctl conntrack: what nf_conntrack has in its table, stateful rules, full NAT by MASQUERADE; and nothing of it without.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT and DR, tests/lab/topology.sh
#                                    └─ rs2 (B)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# Stock leaves it to others to have nf_conntrack look at a netns's packets: this rule does.
stateful() {
	ip netns exec director nft -f - <<-'NFT'
		table inet stateful {
			chain input {
				type filter hook input priority 0; policy drop;
				ct state established,related accept
				ct state new meta l4proto { tcp, udp } th dport 80 accept
				meta l4proto ipv6-icmp accept
			}
			chain forward {
				type filter hook forward priority 0; policy drop;
				ct state established,related accept
				meta l4proto ipv6-icmp accept
			}
		}
	NFT
}

set_conntrack() { ip netns exec director sysctl -q "net.ipv4.vs.conntrack=$1"; }

# Entries of nf_conntrack's table in the director's netns, without times and high ports, sorted.
tracked() {
	ip netns exec director cat /proc/net/nf_conntrack | sed -E 's/^(ipv.) +[0-9]+ (tcp|udp) +[0-9]+ [0-9]+/\1 \2/
		s/port=[0-9]{4,5} /port=* /g; s/(mark|zone|use|secctx|secmark)=[^ ]* ?//g; s/ +$//' | grep -v icmp | sort
}
none_tracked() { [ -z "$(tracked)" ]; }

services() {
	local method=$1 service
	for service in "-t $VIP:80" "-u $VIP:80" "-t [$VIP6]:80" "-u [$VIP6]:80"; do
		case $service in
		*\[*) printf '%s\n' "-A $service -s rr" "-a $service -r [$RIP16]:80 $method";;
		*) printf '%s\n' "-A $service -s rr" "-a $service -r $RIP1:80 $method";;
		esac
	done | rules
}

# Traffic of both protocols in both families.
traffic() {
	local vip
	for vip in "$VIP" "$VIP6"; do
		asked "$1, $vip tcp connects" ok "tcp t$vip $vip 80"
		asked "$1, $vip tcp is answered" A "who t$vip"
		asked "$1, $vip tcp to the server" ok "put t$vip 500000"
		asked "$1, $vip tcp to the client" ok "get t$vip 500000"
		must udp "u$vip" "$vip" 80
		asked "$1, $vip udp is answered" A "echo u$vip 500"
		asked "$1, $vip udp is answered again" A "echo u$vip 500"
	done
}

traffic_ends() {
	local vip
	for vip in "$VIP" "$VIP6"; do
		must close "t$vip"
		must close "u$vip"
	done
}

# How nf_conntrack is used: at least one more while the setting is there.
uses() { cat /sys/module/nf_conntrack/refcnt 2>/dev/null || echo 0; }

# nf_conntrack and all that stands on it.
unload() {
	local module
	[ -d "/sys/module/$1" ] || return 0
	for module in "/sys/module/$1/holders"/*; do
		[ ! -e "$module" ] || unload "${module##*/}"
	done
	modprobe -r "$1" 2>/dev/null
}

unavailable() {
	local before
	only_shunt || return 0
	nat_up
	is "shunt.ko depends on no other module" "$(modinfo -F depends "$BUILD/$(uname -r)/shunt.ko")" ""
	unload nf_conntrack
	is "nf_conntrack is not loaded" "$(ls -d /sys/module/nf_conntrack 2>/dev/null)" ""
	echo /bin/false > /proc/sys/kernel/modprobe
	refused "it cannot be loaded: the setting is refused" 1 "not supported" \
		ip netns exec director bash -c 'echo 1 > /proc/sys/net/ipv4/vs/conntrack'
	is "and stays as it was" "$(ip netns exec director sysctl -n net.ipv4.vs.conntrack)" 0
	is "the log says why" "$(dmesg | grep -c 'conntrack stays 0: nf_conntrack is not available')" 1
	echo /sbin/modprobe > /proc/sys/kernel/modprobe
	set_conntrack 1
	is "it is loaded when it is there" "$(ip netns exec director sysctl -n net.ipv4.vs.conntrack)" 1
	before=$(uses)
	refused "and cannot go" 1 "in use" rmmod nf_conntrack
	set_conntrack 0
	is "and is let go of" $(($(uses) < before)) 1
	unload nf_conntrack
	is "and gone" "$(ls -d /sys/module/nf_conntrack 2>/dev/null)" ""
}

# What is seen, and what stateful rules let through.
visible() {
	nat_up
	serve 80
	stateful
	set_conntrack 1
	services -m
	traffic "tracked"
	same "nf_conntrack's table" "$(tracked)"
	like "it has client, virtual service, real server" "$(tracked)" \
		"src=$CIP dst=$VIP sport=\* dport=80 src=$RIP1 dst=$CIP sport=80"
	same "our connections" "$(connections | awk '{ print $1, $2 }' | sort)"
	asked "a server closes" ok "end t$VIP"
	must close "t$VIP"
	asked "a connection by a port that was used just before" ok "tcp again $VIP 80 sport=4000"
	must end again
	must close again
	asked "another by the same port" ok "tcp again $VIP 80 sport=4000"
	asked "which is answered" A "who again"
	same "which is tracked, too" "$(tracked | grep -c "dst=$VIP .*dport=80 src=$RIP1 .*ASSURED")"
	adm --set 0 0 1
	ask "echo u$VIP 100"
	ask "echo u$VIP6 100"
	wait_for "an entry goes with its connection" no_udp
	set_conntrack 0
	must udp late "$VIP" 80
	must send late 100
	only_ipvs || is "what began tracked still is" "$(ask "who again"; echo "$REPLY")" A
	is "a new connection is not tracked" "$(tracked | grep -c udp)" 0
}
no_udp() { ! tracked | grep -q udp; }

# The recipe: real servers answer the director, wherever their default route leads.
full_nat() {
	local n vip
	nat_up
	for n in 1 2; do
		ip -n rs$n route del default
		ip -n rs$n -6 route del default
	done
	serve 80
	set_conntrack 1
	services -m
	ip netns exec director iptables -t nat -A POSTROUTING -d "$RIP1/24" -j MASQUERADE
	ip netns exec director ip6tables -t nat -A POSTROUTING -d "$RIP16/64" -j MASQUERADE
	tap client:eth0 rs1:eth0
	traffic "full NAT"
	untap
	is "the real server saw the director" \
		"$(values 'ns == "rs1" && dir == "in" && proto ~ /tcp|udp/' src | tr '\n' ' ')" "$DIP $DIP6 "
	is "the client saw the virtual service" \
		"$(values 'ns == "client" && dir == "in" && proto ~ /tcp|udp/' src | tr '\n' ' ')" "$VIP $VIP6 "
	is "every checksum is right" "$(bad_checksums)" 0
	same "nf_conntrack's table" "$(tracked)"
	for vip in "$VIP" "$VIP6"; do
		must close "t$vip"
	done
	offloads off
	asked "full NAT without offloads" ok "tcp t $VIP 80"
	asked "and to the server" ok "put t 100000"
	asked "and to the client" ok "get t 100000"
	# A datagram that is too large for the real server's link: the router's error comes back to the client.
	ip -n director link set eth1 mtu 1400
	ip -n rs1 link set eth0 mtu 1400
	asked "a smaller link on the way" ok "put t 300000"
	asked "in both directions" ok "get t 300000"
}

# By direct routing nf_conntrack sees requests, as they are.
direct() {
	dr_up
	prepare_real_servers "$VIP" "$VIP6" > /dev/null
	serve 80
	set_conntrack 1
	services -g
	ip netns exec director nft 'table inet look { chain forward { type filter hook forward priority 0; ct state new counter; }; }'
	traffic "direct routing"
	same "nf_conntrack's table" "$(tracked)"
	traffic_ends
}

# All that can go goes while connections are tracked.
goes() {
	only_shunt || return 0
	nat_up
	serve 80
	set_conntrack 1
	services -m
	traffic "before it goes"
	is "connections are tracked" "$(tracked | grep -c "dst=$VIP")" 2
	is "the module goes" "$(lb_unload && echo gone)" gone
	wait_for "and the entries with it" none_tracked
	lb_load
	set_conntrack 1
	services -m
	traffic_ends
	traffic "again"
	# A SYN that ends an established connection and begins another is one of the old one's to nf_conntrack.
	asked "a connection" ok "tcp n $VIP 80 sport=4000"
	ip netns exec director sysctl -q net.ipv4.vs.expire_nodest_conn=1
	adm -e -t "$VIP:80" -r "$RIP1:80" -m -w 0
	adm -a -t "$VIP:80" -r "$RIP2:80" -m
	must raw "$CIP" 4000 "$VIP" 80 S
	wait_for "a SYN in the middle of it is dropped" anew
	must raw "$CIP" 4000 "$VIP" 80 S
	wait_for "the next one begins a connection" begun_anew
	is "which is tracked" "$(tracked | grep -c "dst=$VIP .* src=$RIP2 ")" 1
}
anew() { adm -L --drops | grep -Eq '^ *anew +1( |$)'; }
begun_anew() { connections | grep -q "$CIP:4000 $VIP:80 $RIP2:80"; }

run unavailable visible full_nat direct goes
