# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The seeds' two systems as network namespaces of one machine, joined by veth and a bridge. Sourced inside the guest.
#
# nat_up (seeds/nat-mode.txt)
#
#   client ── gw ── director ── lan (bridge) ─┬─ rs1
#                                             └─ rs2
#   client eth0 192.168.1.1/24    gw eth0 192.168.1.254, eth1 1.1.1.254/24
#   director eth0 VIP 1.1.1.1/24, eth1 DIP 172.16.1.254/24    rs1, rs2 172.16.1.1, .2, default route the DIP
#
# dr_up (seeds/dr-mode.txt)
#
#   client ── gw (the router) ── lan (bridge) ─┬─ director  eth0 192.168.1.108, VIP 192.168.1.107
#                                              ├─ rs1       eth0 192.168.1.102, VIP on lo
#                                              └─ rs2       eth0 192.168.1.103, VIP on lo
#   client eth0 192.168.2.1/24    gw eth0 192.168.2.254, eth1 192.168.1.254
#
# The seeds know no IPv6; the same last bytes are used in 2001:db8::/32. Names ending in 6 are IPv6 addresses.

# shellcheck disable=SC2034
{
client_mac=02:00:00:00:00:c1
gw_up_mac=02:00:00:00:00:f0
gw_down_mac=02:00:00:00:00:f1
vip_mac=02:00:00:00:00:d0	# director eth0
dip_mac=02:00:00:00:00:d1	# director eth1 (NAT)
rs1_mac=02:00:00:00:00:01
rs2_mac=02:00:00:00:00:02
}
NETNS=(client gw director rs1 rs2 lan)

# Quiet and reproducible: no autoconfiguration traffic, no limit on ICMP errors. FAST_PATH (0, 1, 2), where it is set, goes to
# whoever may be a director of Shunt's.
settle_sysctls() {
	local ns commands=()
	for ns in "${NETNS[@]}"; do
		commands+=("ns $ns"
			"write /proc/sys/net/ipv6/conf/default/accept_dad 0"
			"write /proc/sys/net/ipv6/conf/all/accept_dad 0"
			"write /proc/sys/net/ipv6/conf/default/router_solicitations 0"
			"write /proc/sys/net/ipv4/icmp_ratelimit 0"
			"write /proc/sys/net/ipv6/icmp/ratelimit 0")
	done
	for ns in gw director; do
		commands+=("ns $ns"
			"write /proc/sys/net/ipv4/ip_forward 1"
			"write /proc/sys/net/ipv6/conf/all/forwarding 1")
		[ "${LB:-}" != shunt ] || [ -z "${FAST_PATH:-}" ] ||
			commands+=("write /proc/sys/net/ipv4/vs/fast_path $FAST_PATH")
	done
	"$BUILD/bin/flow" "${commands[@]}" > /dev/null
}

# in_netns NAME < lines for ip: one process for all of them.
in_netns() { ip -n "$1" -batch -; }

nat_up() {
	# shellcheck disable=SC2034
	{
	CIP=192.168.1.1 VIP=1.1.1.1 DIP=172.16.1.254 RIP1=172.16.1.1 RIP2=172.16.1.2
	CIP6=2001:db8:192::1 VIP6=2001:db8:1::1 DIP6=2001:db8:16::254 RIP16=2001:db8:16::1 RIP26=2001:db8:16::2
	GWIP=192.168.1.254 GWIP6=2001:db8:192::254
	}
	ip -batch - <<-BATCH
		netns add client
		netns add gw
		netns add director
		netns add lan
		netns add rs1
		netns add rs2
		link add eth0 address $client_mac netns client type veth peer name eth0 address $gw_up_mac netns gw
		link add eth1 address $gw_down_mac netns gw type veth peer name eth0 address $vip_mac netns director
		link add eth1 address $dip_mac netns director type veth peer name to-director netns lan
		link add eth0 address $rs1_mac netns rs1 type veth peer name to-rs1 netns lan
		link add eth0 address $rs2_mac netns rs2 type veth peer name to-rs2 netns lan
	BATCH
	settle_sysctls
	lan_bridge to-director to-rs1 to-rs2
	in_netns client <<-BATCH
		link set lo up
		link set eth0 up
		address add $CIP/24 dev eth0
		address add $CIP6/64 dev eth0 nodad
		route add default via 192.168.1.254
		route add default via 2001:db8:192::254
	BATCH
	in_netns gw <<-BATCH
		link set lo up
		link set eth0 up
		link set eth1 up
		address add 192.168.1.254/24 dev eth0
		address add 2001:db8:192::254/64 dev eth0 nodad
		address add 1.1.1.254/24 dev eth1
		address add 2001:db8:1::254/64 dev eth1 nodad
	BATCH
	in_netns director <<-BATCH
		link set lo up
		link set eth0 up
		link set eth1 up
		address add $VIP/24 dev eth0
		address add $VIP6/64 dev eth0 nodad
		address add $DIP/24 dev eth1
		address add $DIP6/64 dev eth1 nodad
		route add default via 1.1.1.254
		route add default via 2001:db8:1::254
	BATCH
	local n
	for n in 1 2; do
		in_netns rs$n <<-BATCH
			link set lo up
			link set eth0 up
			address add 172.16.1.$n/24 dev eth0
			address add 2001:db8:16::$n/64 dev eth0 nodad
			route add default via $DIP
			route add default via $DIP6
		BATCH
	done
}

dr_up() {
	# shellcheck disable=SC2034
	{
	CIP=192.168.2.1 VIP=192.168.1.107 DIP=192.168.1.108 RIP1=192.168.1.102 RIP2=192.168.1.103
	CIP6=2001:db8:2::1 VIP6=2001:db8:1::107 DIP6=2001:db8:1::108 RIP16=2001:db8:1::102 RIP26=2001:db8:1::103
	GWIP=192.168.2.254 GWIP6=2001:db8:2::254
	}
	ip -batch - <<-BATCH
		netns add client
		netns add gw
		netns add director
		netns add lan
		netns add rs1
		netns add rs2
		link add eth0 address $client_mac netns client type veth peer name eth0 address $gw_up_mac netns gw
		link add eth1 address $gw_down_mac netns gw type veth peer name to-gw netns lan
		link add eth0 address $vip_mac netns director type veth peer name to-director netns lan
		link add eth0 address $rs1_mac netns rs1 type veth peer name to-rs1 netns lan
		link add eth0 address $rs2_mac netns rs2 type veth peer name to-rs2 netns lan
	BATCH
	settle_sysctls
	lan_bridge to-gw to-director to-rs1 to-rs2
	in_netns client <<-BATCH
		link set lo up
		link set eth0 up
		address add $CIP/24 dev eth0
		address add $CIP6/64 dev eth0 nodad
		route add default via 192.168.2.254
		route add default via 2001:db8:2::254
	BATCH
	in_netns gw <<-BATCH
		link set lo up
		link set eth0 up
		link set eth1 up
		address add 192.168.2.254/24 dev eth0
		address add 2001:db8:2::254/64 dev eth0 nodad
		address add 192.168.1.254/24 dev eth1
		address add 2001:db8:1::254/64 dev eth1 nodad
	BATCH
	in_netns director <<-BATCH
		link set lo up
		link set eth0 up
		address add $DIP/24 dev eth0
		address add $DIP6/64 dev eth0 nodad
		address add $VIP/32 brd $VIP dev eth0 label eth0:0
		address add $VIP6/128 dev eth0 nodad
		route add default via 192.168.1.254
		route add default via 2001:db8:1::254
	BATCH
	local n last
	for n in 1 2; do
		last=10$((n + 1))
		in_netns rs$n <<-BATCH
			link set lo up
			link set eth0 up
			address add 192.168.1.$last/24 dev eth0
			address add 2001:db8:1::$last/64 dev eth0 nodad
			route add default via 192.168.1.254
			route add default via 2001:db8:1::254
		BATCH
	done
}

lan_bridge() {
	local port
	{
		echo "link add br0 type bridge forward_delay 0 mcast_snooping 0"
		echo "link set br0 up"
		for port in "$@"; do
			echo "link set $port master br0 up"
		done
	} | in_netns lan
}

# The VIP on the DR real servers, as shunt-realserver prepares them.
prepare_real_servers() {
	local ns
	for ns in rs1 rs2; do
		ip netns exec $ns "$TOP/tool/shunt-realserver" start "$@" || return
	done
}

# Real web servers, each saying who it is.
WEB_PIDS=()
http_up() {
	local n name
	for n in 1 2; do
		[ $n = 1 ] && name="Real Server A" || name="Real Server B"
		mkdir -p /tmp/www$n
		echo "$name" > /tmp/www$n/index.html
		ip netns exec rs$n busybox httpd -f -p 80 -h /tmp/www$n &
		WEB_PIDS+=($!)
	done
	for n in 1 2; do
		until [ -n "$(ip netns exec rs$n ss -Hltn sport = :80)" ]; do :; done
	done
}

http_down() {
	# "wait" without a pid would wait for everything.
	[ ${#WEB_PIDS[@]} -gt 0 ] || return 0
	kill "${WEB_PIDS[@]}" 2>/dev/null
	wait "${WEB_PIDS[@]}" 2>/dev/null
	WEB_PIDS=()
}

down() {
	http_down
	local ns
	for ns in "${NETNS[@]}"; do
		[ ! -e "/run/netns/$ns" ] || echo "netns delete $ns"
	done | ip -batch -
}
