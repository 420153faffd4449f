#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The names of in-tree ip_vs: who has them when both modules are there, one is loaded first, or modprobe is told to bring Shunt.
# Runs on the guest's own network namespace; the module is loaded and unloaded over and over.
LBS=shunt
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

KO=${SHUNT_KO:-$BUILD/$(uname -r)/shunt.ko}
FACES="generic netlink family IPVS, /proc/net/ip_vs\* and net.ipv4.vs are off"

shuntadm() { "$TOP/tool/shuntadm" "$@"; }
loaded() { [ -d "/sys/module/$1" ]; }
# Of in-tree ip_vs nothing may stay: the scheduler's module pins it for as long as a service is there.
without_ip_vs() { ipvsadm -C; LB=ipvs lb_unload; }
said() { dmesg | tail -n 1; }
listed() { "$@" -L -n | sed -n '4,$p'; }

has_them() {
	ipvsadm -A -t 10.0.0.1:80 -s rr
	ipvsadm -a -t 10.0.0.1:80 -r 10.0.0.2:80 -m -w 3
	is "ipvsadm and shuntadm show the same services" "$(listed ipvsadm)" "$(listed shuntadm)"
	is "and shuntadm called over the family IPVS, too" "$(SHUNT_FAMILY=IPVS listed shuntadm)" "$(listed shuntadm)"
	is "ip_vs is refused" "$(modprobe ip_vs 2>&1)" "modprobe: ERROR: could not insert 'ip_vs': Device or resource busy"
	like "and the log says what to do" "$(said)" "ip_vs is refused while shunt has its names; unload shunt first"
	is "the services are still there" "$(listed ipvsadm | head -n 1)" "TCP  10.0.0.1:80 rr"
	ipvsadm -C
}

beside() {
	rmmod shunt
	modprobe -a ip_vs ip_vs_rr
	insmod "$KO"
	like "loaded beside ip_vs, one line says what is off" "$(said)" "shunt: $FACES: ip_vs is loaded and has them"
	ipvsadm -A -t 10.0.0.1:80 -s rr
	shuntadm -A -t 10.0.0.2:80 -s wrr
	is "ipvsadm configures ip_vs" "$(listed ipvsadm)" "TCP  10.0.0.1:80 rr"
	is "shuntadm configures Shunt" "$(listed shuntadm)" "TCP  10.0.0.2:80 wrr"
	is "shuntadm reaches ip_vs when told to" "$(SHUNT_FAMILY=IPVS listed shuntadm)" "TCP  10.0.0.1:80 rr"
	rmmod shunt
	is "Shunt goes and ip_vs stays" "$(listed ipvsadm)" "TCP  10.0.0.1:80 rr"
	without_ip_vs
	insmod "$KO"
}

off() {
	rmmod shunt
	insmod "$KO" ipvs_compat=0
	like "ipvs_compat=0, one line says what is off" "$(said)" "shunt: $FACES: ipvs_compat=0"
	is "ip_vs can be loaded then" "$(modprobe ip_vs 2>&1)" ""
	without_ip_vs
	rmmod shunt
	insmod "$KO"
}

parameters() {
	rmmod shunt
	refused "conn_tab_bits out of range" 1 "Invalid parameters" insmod "$KO" conn_tab_bits=21
	insmod "$KO" conn_tab_bits=12
	like "conn_tab_bits is the size that is told" "$(ipvsadm -L -n | head -n 1)" "size=4096"
}

# A folder of modules with Shunt where "make install" puts it, beside ip_vs; depmod would need minutes for all of them.
install_modules() {
	local old new file
	old=/usr/lib/modules/$(uname -r) new=/tmp/modules/$(uname -r)
	mkdir -p "$new"
	cp "$old"/modules.{builtin,builtin.modinfo,order} "$new"
	modprobe -D ip_vs_rr | awk '{ print $2 }' > /tmp/needed
	while read -r file; do install -D -t "$new" "$file"; done < /tmp/needed
	install -D "$KO" "$new/updates/shunt.ko"
	mount --bind /tmp/modules /usr/lib/modules
	depmod
}

takeover() {
	local module
	install_modules
	rmmod shunt
	make -s -C "$TOP" install-takeover
	for module in ip_vs ip_vs_rr; do
		modprobe $module
		is "modprobe $module brings Shunt" "$(loaded shunt && ! loaded ip_vs && echo yes)" yes
		modprobe -r shunt
	done
	is "ipvsadm finds Shunt by itself" "$(ipvsadm -L -n > /dev/null; loaded shunt && ! loaded ip_vs && echo yes)" yes
	rmmod shunt
	is "so does who asks for the family IPVS" \
		"$(SHUNT_FAMILY=IPVS shuntadm -L -n > /dev/null; loaded shunt && ! loaded ip_vs && echo yes)" yes
	rmmod shunt
	make -s -C "$TOP" uninstall-takeover
	modprobe ip_vs_rr
	is "without the takeover, ip_vs is ip_vs" "$(loaded ip_vs && ! loaded shunt && echo yes)" yes
	without_ip_vs
	is "shuntadm brings Shunt, which is installed" "$(shuntadm -L -n > /dev/null; loaded shunt && echo yes)" yes
	umount /usr/lib/modules
}

run has_them beside off parameters takeover
