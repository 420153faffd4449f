#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Errors: what the director refuses, with which status and which words; and that a refused command changes nothing.
#
#   director alone (of the NAT topology, tests/lab/topology.sh)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# bad TEXT STATUS REGEX OPTION...: one test, and the status is stock's.
bad() {
	local text=$1 status=$2 regex=$3 output rc
	shift 3
	output=$(adm "$@" 2>&1)
	rc=$?
	same "$text, status" $rc
	like "$text" "$rc $output" "^$status .*$regex"
	unchanged "$text"
}

# The services; Shunt saves the timeouts, too, which stock loses.
saved() { adm -S -n | grep -v '^--set'; }

# A refused command leaves no trace: what is configured is still "$before".
unchanged() {
	local now
	now=$(saved)
	[ "$now" = "$before" ] || is "$1: nothing changed" "$now" "$before"
}

refusals() {
	local before
	nat_up
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m
	RULES
	before=$(saved)
	bad "a service twice" 255 'already exists' -A -t "$VIP:80" -s rr
	bad "a real server twice" 255 'already exists' -a -t "$VIP:80" -r "$RIP1:80" -m
	bad "a real server for no service" 255 '[Nn]o such|not defined' -a -t "$VIP:99" -r "$RIP1:80" -m
	bad "editing no service" 255 'No such' -E -t "$VIP:99" -s rr
	bad "deleting no service" 255 'No such' -D -t "$VIP:99"
	bad "editing no real server" 255 'No such' -e -t "$VIP:80" -r "$RIP2:80" -m -w 2
	bad "deleting no real server" 255 'No such' -d -t "$VIP:80" -r "$RIP2:80"
	bad "listing no service" 1 'No such' -L -n -t "$VIP:99"
	bad "zeroing no service" 255 'No such' -Z -t "$VIP:99"
	bad "an unknown scheduler" 255 'cheduler' -A -t "$VIP:99" -s nosuch
	bad "an unknown option" 255 '' -A -t "$VIP:99" --nosuch
	bad "a command without its service" 2 '' -A -s rr
	bad "two commands" 2 '' -A -D -t "$VIP:99"
	bad "an option that is not the command's" 2 '' -D -t "$VIP:80" -s rr
	bad "a weight that is none" 2 '' -a -t "$VIP:80" -r "$RIP2:80" -m -w many
	bad "an address that is none" 2 '' -A -t 1.1.1.1.1:80
	bad "a port that is none" 2 '' -A -t "$VIP:70000"
	bad "a port 0 without persistence" 2 '' -A -t "$VIP:0"
	is "none of it changed anything" "$(saved)" "$before"
}

# The kernel's own words, which stock has none of: each reason that the command line can reach.
reasons() {
	local before
	only_shunt || return 0
	nat_up
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m
		-A -t [$VIP6]:80 -s rr
	RULES
	before=$(saved)
	bad "a service twice" 255 'already exists: this virtual service exists already' -A -t "$VIP:80" -s rr
	bad "no such service" 255 'No such service: no such virtual service' -D -t "$VIP:99"
	bad "a real server twice" 255 'already exists: the service has this real server already' -a -t "$VIP:80" -r "$RIP1:80" -m
	bad "no such real server" 255 'No such destination: the service has no such real server' -d -t "$VIP:80" -r "$RIP2:80"
	bad "a multicast address" 255 "not a unicast address" -a -t "$VIP:80" -r 224.0.0.5 -g
	bad "a broadcast address" 255 "not a unicast address" -a -t "$VIP:80" -r 172.16.1.255 -g
	bad "an IPv6 multicast address" 255 "not a routable unicast address" -a -t "[$VIP6]:80" -r "[ff02::5]:80" -g
	bad "a link-local address" 255 "not a routable unicast address" -a -t "[$VIP6]:80" -r "[fe80::5]:80" -g
	bad "the other family" 2 "allowed only for tunneling" -a -t "$VIP:80" -r "[$RIP16]:80" -m
	bad "thresholds the wrong way round" 255 "lower threshold is above the upper" -a -t "$VIP:80" -r "$RIP2" -m -x 5 -y 9
	bad "editing to a scheduler that is not there" 255 'no such scheduler, there are rr wrr lc wlc' -E -t "$VIP:80" -s nosuch
	bad "a persistence engine that is not there" 255 'no such persistence engine, there is sip' -A -u "$VIP:81" -s rr -p 300 --pe nosuch
	bad "scheduler flags" 255 'this scheduler takes no flags' -A -t "$VIP:81" -s rr -b flag-1
	bad "the sync daemon" 255 'the sync daemon is not supported yet' --start-daemon master --mcast-interface eth0
	bad "stopping the sync daemon" 255 'the sync daemon is not supported yet' --stop-daemon master
	is "the services are what they were" "$(saved)" "$before"
}

# genl: sends what other clients than ours may. Reads lines "COMMAND ATTRIBUTES", answers each with "ERRNO EXTACK-TEXT".
# ATTRIBUTES: NUMBER=VALUE or NUMBER(ATTRIBUTES), comma separated; VALUE: s or l and a number (16 or 32 bits in host order),
# x and hexadecimal bytes, z and a string.
# shellcheck disable=SC2016
genl() {
	ip netns exec director perl -e '
		use Socket; $| = 1;
		socket(S, 16, SOCK_RAW, 16) or die "socket: $!";
		setsockopt(S, 270, $_, pack("i", 1)) or die "option: $!" for 10, 11;
		sub attr { my ($t, $p) = @_; pack("SS", 4 + length $p, $t) . $p . "\0" x (-length($p) & 3) }
		sub parse {
			my $out = "";
			while ($_[0] =~ s/^,?(\d+)//) {
				my $t = $1;
				if ($_[0] =~ s/^\(//) { $out .= attr($t, parse($_[0])); $_[0] =~ s/^\)//; next }
				$_[0] =~ s/^=([slxz])([^,()]*)//;
				$out .= attr($t, $1 eq "s" ? pack("S", $2) : $1 eq "l" ? pack("L", $2) : $1 eq "x" ? pack("H*", $2) : "$2\0");
			}
			$out
		}
		sub talk {
			my ($type, $cmd, $attrs) = @_;
			send(S, pack("LSSLL", 20 + length $attrs, $type, 5, 1, 0) . pack("CCS", $cmd, 1, 0) . $attrs, 0) or die "send: $!";
			recv(S, my $got, 65536, 0);
			$got
		}
		my $got = talk(16, 3, attr(2, "SHUNT\0"));
		$got =~ /\x06\0\x01\0(..)/s or die "no family";
		my $family = unpack("S", $1);
		recv(S, $got, 65536, 0);
		while (<STDIN>) {
			chomp;
			my ($cmd, $spec) = split;
			$got = talk($family, $cmd, parse($spec));
			my ($errno) = unpack("x16 l", $got);
			my $text = $got =~ /\x01\0([ -~]+)\0/ ? $1 : "";
			print -$errno, " $text\n";
		}'
}

# The reasons that only another client can reach.
raw() {
	local before key real answers n=0 text wanted
	only_shunt || return 0
	nat_up
	rules <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m
	RULES
	before=$(saved)
	# 1.1.1.1:80, and a real server 172.16.1.2:80.
	key="1=s2,2=s6,3=x01010101,4=x0050"
	real="1=xac100102,2=x0050"
	cat > /tmp/requests <<-REQUESTS
		no service|1 4=l0|22 the virtual service is missing
		no family|1 1(2=s6)|22 a virtual service needs an address family
		another family|1 1(1=s99)|97 the address family must be IPv4 or IPv6
		no address|1 1(1=s2,2=s6)|22 a virtual service needs protocol, address and port
		a short address|1 1(1=s2,2=s6,3=x0101,4=x0050)|22 the address is too short for its family
		a short IPv6 address|1 1(1=s10,2=s6,3=x01010101,4=x0050)|22 the address is too short for its family
		no scheduler|1 1($key)|22 a virtual service needs scheduler, flags, timeout and netmask
		port 0|1 1(1=s2,2=s6,3=x01010102,4=x0000,6=zrr,7=x0000000000000000,8=l0,9=l4294967295)|22 a service for all ports (port 0) has to be persistent
		firewall mark 0|1 1(1=s2,5=l0,6=zrr,7=x0000000000000000,8=l0,9=l4294967295)|22 a firewall mark is above 0
		persistence for no time|1 1(1=s2,5=l1,6=zrr,7=x0100000001000000,8=l0,9=l4294967295)|22 the timeout of persistence is out of range
		persistence for too long|1 1(1=s2,5=l1,6=zrr,7=x0100000001000000,8=l4294967295,9=l4294967295)|22 the timeout of persistence is out of range
		prefix 0|1 1(1=s10,2=s6,3=x20010db8000000000000000000000099,4=x0050,6=zrr,7=x0000000000000000,8=l0,9=l0)|22 an IPv6 prefix length lies between 1 and 128
		prefix 129|1 1(1=s10,2=s6,3=x20010db8000000000000000000000099,4=x0050,6=zrr,7=x0000000000000000,8=l0,9=l129)|22 an IPv6 prefix length lies between 1 and 128
		no real server|5 1($key)|22 the real server is missing
		no real address|5 1($key),2(3=l0)|22 a real server needs address and port
		no method|5 1($key),2($real)|22 a real server needs forwarding method, weight and thresholds
		another method|5 1($key),2($real,3=l9,4=l1,5=l0,6=l0)|22 no such forwarding method
		the other family, by NAT|5 1($key),2(1=x20010db8000000000000000000000099,2=x0050,3=l0,4=l1,5=l0,6=l0,11=s10)|22 the real server's address family must be the service's, unless it is reached through a tunnel
		another type of tunnel|5 1($key),2($real,3=l2,4=l1,5=l0,6=l0,13=x03)|22 no such type of tunnel, there are IPIP, GUE and GRE
		a GUE tunnel without port|5 1($key),2($real,3=l2,4=l1,5=l0,6=l0,13=x01)|22 a GUE tunnel needs the port where it ends
		an unknown flag of a tunnel|5 1($key),2($real,3=l2,4=l1,5=l0,6=l0,13=x02,15=s4)|22 no such flag of a tunnel
		checksums of an IPIP tunnel|5 1($key),2($real,3=l2,4=l1,5=l0,6=l0,13=x00,15=s1)|22 an IPIP tunnel has no checksums
		remote checksums of a GRE tunnel|5 1($key),2($real,3=l2,4=l1,5=l0,6=l0,13=x02,15=s2)|22 only a GUE tunnel has remote checksum offload
		a negative weight|5 1($key),2($real,3=l0,4=l4294967295,5=l0,6=l0)|34 the weight is out of range
		a threshold too high|5 1($key),2($real,3=l0,4=l1,5=l4294967295,6=l0)|22 the upper threshold is out of range
		a real server of another family|5 1($key),2($real,3=l0,4=l1,5=l0,6=l0,11=s99)|97 the address family must be IPv4 or IPv6
		a timeout too long|12 4=l4294967295|22 the timeout is out of range
		a TCP FIN timeout too long|12 5=l4294967295|22 the timeout is out of range
		a UDP timeout too long|12 6=l4294967295|22 the timeout is out of range
		a real server of no service|6 1(1=s2,2=s6,3=x01010101,4=x0051),2($real)|3 no such virtual service
		zeroing no service|16 1(1=s2,2=s6,3=x01010101,4=x0051)|3 no such virtual service
	REQUESTS
	cut -d'|' -f2 /tmp/requests | genl > /tmp/answers
	mapfile -t answers < /tmp/answers
	while IFS='|' read -r text _ wanted; do
		is "another client: $text" "${answers[n]:-no answer}" "$wanted"
		n=$((n + 1))
	done < /tmp/requests
	is "no other client's mistake changed anything" "$(saved)" "$before"
	is "a request that is right is taken" "$(genl <<< "5 1($key),2($real,3=l0,4=l7,5=l0,6=l0)")" "0 "
	like "and does what it says" "$(saved)" "-r $RIP2:80 -m -w 7"
}

# What is not there yet is refused by name.
later() {
	only_shunt || return 0
	nat_up
	rules <<< "-A -t $VIP:80 -s rr"
	refused "the sync daemon" '[1-9][0-9]*' '[Dd]aemon|sync' adm --start-daemon master --mcast-interface eth0
	is "none of it changed anything" "$(saved)" "-A -t $VIP:80 -s rr"
}

# Who may: the administrator of the netns, and nobody else.
permission() {
	only_shunt || return 0
	nat_up
	refused "without CAP_NET_ADMIN" '[1-9][0-9]*' 'ermi' \
		ip netns exec director setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$TOP/tool/shuntadm" -A -t "$VIP:80" -s rr
	refused "another user" '[1-9][0-9]*' 'ermi' \
		ip netns exec director setpriv --reuid=65534 --regid=65534 --clear-groups "$TOP/tool/shuntadm" -A -t "$VIP:80" -s rr
	refused "another user may not even look" '[1-9][0-9]*' 'ermi' \
		ip netns exec director setpriv --reuid=65534 --regid=65534 --clear-groups "$TOP/tool/shuntadm" -L -n
	# Better than stock, which refuses root of a user namespace everywhere.
	like "root of a user namespace, in a netns of its own" "$(setpriv --reuid=65534 --regid=65534 --clear-groups unshare -Urn \
		sh -c "$TOP/tool/shuntadm -A -t 10.9.9.9:80 -s rr && $TOP/tool/shuntadm -S -n" 2>&1)" "-A -t 10.9.9.9:80 -s rr\$"
	refused "root of a user namespace, in the director's netns" '[1-9][0-9]*' 'ermi' \
		ip netns exec director setpriv --reuid=65534 --regid=65534 --clear-groups unshare -Ur \
		"$TOP/tool/shuntadm" -A -t "$VIP:80" -s rr
	is "nothing changed" "$(saved)" ""
}

# What -L, -S and -R say of the same services is the same as stock's, but for the totals that are Shunt's own.
listings() {
	nat_up
	rules <<-RULES
		-A -u $VIP:53 -s wrr
		-a -u $VIP:53 -r $RIP2:53 -m -w 65535
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP2:8080 -m -w 0
		-a -t $VIP:80 -r $RIP1:80 -g -w 3
		-A -t [$VIP6]:443 -s wrr
		-a -t [$VIP6]:443 -r [$RIP16]:443 -g
	RULES
	same "-L -n" "$(adm -L -n | sed 's/size=[0-9]*/size=N/')"
	same "-L -n -t" "$(adm -L -n -t "$VIP:80" | sed 's/size=[0-9]*/size=N/')"
	same "-L -n --stats" "$(adm -L -n --stats | sed "s/size=[0-9]*/size=N/; /^Total/d")"
	same "-L -n --rate" "$(adm -L -n --rate | sed "s/size=[0-9]*/size=N/; /^Total/d")"
	same "-L -n --thresholds" "$(adm -L -n --thresholds | sed 's/size=[0-9]*/size=N/')"
	same "-L -n --persistent-conn" "$(adm -L -n --persistent-conn | sed 's/size=[0-9]*/size=N/')"
	same "-L -n -c" "$(adm -L -n -c)"
	same "-L --timeout" "$(adm -L --timeout)"
	same "-S -n" "$(saved)"
	local before
	before=$(saved)
	adm -C
	is "-C leaves nothing" "$(saved)" ""
	rules <<< "$before"
	is "-R restores what -S saved" "$(saved)" "$before"
}

run refusals reasons raw later permission listings
