# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The director's implementation as a variable: LB=shunt is ours, LB=ipvs the kernel's own with ipvsadm. Sourced inside the guest.

LB=${LB:-shunt}

# Not every kernel has all of them.
stock_schedulers() {
	local name
	STOCK_SCHEDULERS=()
	for name in rr wrr lc wlc sed nq dh sh mh lblc lblcr fo ovf twos ftp; do
		! modinfo ip_vs_$name > /dev/null 2>&1 || STOCK_SCHEDULERS+=("ip_vs_$name")
	done
}

lb_load() {
	case $LB in
	ipvs)
		stock_schedulers
		modprobe -a ip_vs "${STOCK_SCHEDULERS[@]}";;
	shunt) insmod "${SHUNT_KO:-$BUILD/$(uname -r)/shunt.ko}";;
	esac
}

# Stock ip_vs stays in use until the last netns with a service is gone for good, which is after "ip netns delete".
lb_unload() {
	local tries
	case $LB in
	ipvs)
		stock_schedulers
		for ((tries = 0; tries < 100; tries++)); do
			! modprobe -r -q ip_vs_pe_sip "${STOCK_SCHEDULERS[@]}" ip_vs || return 0
			sleep 0.1
		done
		return 1;;
	shunt)
		rmmod shunt;;
	esac
}

lb_tool() {
	case $LB in
	ipvs) echo ipvsadm;;
	shunt) echo shuntadm;;
	esac
}

# The administrator's command on the director: adm -L -n
adm() {
	case $LB in
	ipvs) ip netns exec director ipvsadm "$@";;
	shunt) ip netns exec director "$TOP/tool/shuntadm" "$@";;
	esac
}
