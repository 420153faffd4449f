#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# JSON: what -L --json says of a live director fits its schema and is what the text says. On stock ip_vs too, by shuntadm.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh
#                                    └─ rs2 (B)
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

SCHEMA=$TOP/tool/schema/shuntadm.schema.json

# shuntadm on the director, whoever the director is.
ours() { ip netns exec director "$TOP/tool/shuntadm" "$@"; }

# in_words OPTION...: -L --json OPTION... in the words of the text.
in_words() {
	ours -L --json "$@" > /tmp/json || echo "exit $?"
	translated
}
mkfifo /tmp/documents /tmp/translations
"$TOP/tests/netns/from-json" "$SCHEMA" < /tmp/documents > /tmp/translations &
exec {DOCUMENTS}> /tmp/documents {TRANSLATIONS}< /tmp/translations
rm /tmp/documents /tmp/translations
translated() {
	local line
	echo /tmp/json >&"$DOCUMENTS"
	while IFS= read -r -t 60 -u "$TRANSLATIONS" line; do
		[ "$line" != . ] || return 0
		printf '%s\n' "$line"
	done
	echo "from-json does not answer"
}

# The same from the text: services as saved, servers in use, counters, rates; as many blanks as separate columns are one.
services() {
	{
		ours -S | grep -Ev '^--(set|start)'
		ours -L -n | awk '$1 == "->" && NR > 3 { print $1, $2, $3, $4, $5, $6 }'
		ours -L -n --stats --exact | awk 'NR > 3'
		ours -L -n --rate --exact | awk 'NR > 3'
	} | one_blank
}
one_blank() { sed -E 's/ +/ /g; s/^ //; s/ $//'; }

# The connections, with the seconds that are left to them in the end.
conns() {
	local mode=null
	only_ipvs || mode=masquerading
	ours -L -n -c | awk -v mode="$mode" 'NR > 2 { split($2, t, ":"); print $1, $3, $4, $5, $6, mode, t[1] * 60 + t[2] }' | sort
}

# between BEFORE LINES AFTER: are the lines the same as in both other files, but for numbers that have gone from one to the other?
between() {
	paste -d '|' "$@" | awk -F '|' '
		{
			n = split($1, before, " ")
			if (split($2, now, " ") != n || split($3, after, " ") != n) exit bad = 1
			for (i = 1; i <= n; i++) {
				b = before[i]; a = after[i]
				if (now[i] == b && now[i] == a) continue
				if (b a now[i] !~ /^[0-9]+$/ || (now[i] - b) * (now[i] - a) > 0) exit bad = 1
			}
		}
		END { exit bad }'
}

# Rates and the time that connections have left change while one looks, so the text is looked at before and after.
look() { # FUNCTION OPTION...
	"$1" > /tmp/before
	ours -L --json "${@:2}" > /tmp/json
	"$1" > /tmp/after
	translated | one_blank | if [ "$1" = conns ]; then sort; else cat; fi > /tmp/words
	between /tmp/before /tmp/words /tmp/after
}

# agree TEXT FUNCTION OPTION...: one test: -L --json OPTION... says what FUNCTION has from the text. Not always at the first look:
# rates may still be on their way up.
agree() { wait_for "$1: JSON and text agree" look "${@:2}" || explain "$(diff /tmp/before /tmp/words)"; }

traffic() {
	nat_up
	serve 80
	ours -R <<-RULES
		-A -t $VIP:80 -s rr
		-a -t $VIP:80 -r $RIP1:80 -m
		-a -t $VIP:80 -r $RIP2:80 -m -w 3
		-A -u $VIP:80 -s rr
		-a -u $VIP:80 -r $RIP2:80 -m
		-A -t [$VIP6]:80 -s wrr
		-a -t [$VIP6]:80 -r [$RIP16]:80 -m -w 0
		-a -t [$VIP6]:80 -r [$RIP26]:80 -m -x 1000 -y 500
	RULES
	must many tcp 4 "$VIP" 80
	must many udp 3 "$VIP" 80
	must many tcp 4 "$VIP6" 80
	agree "services, counters and rates" services
	like "there was traffic" "$(grep "^TCP $VIP:80" /tmp/words)" "^TCP $VIP:80 4 [1-9]"
	agree "connections" conns -c
	like "there are connections" "$(cat /tmp/words)" "^(TCP|UDP) "
	is "one service alone" "$(in_words -t "[$VIP6]:80" | grep -E '^-(A|a)')" \
		"$(ours -S -n | grep -F "[$VIP6]")"
	refused "a service that is not there" 1 'No such service' ours -L --json -t "$VIP:99"
	if only_shunt; then
		is "drops, those that never were included" "$(in_words --drops)" \
			"$(ours -L --drops --exact | awk 'NR > 1 { $1 = $1; print }')"
	else
		refused "drops need Shunt" 255 'needs Shunt' ours -L --json --drops
		refused "so do events" 255 '--monitor needs Shunt' ours --monitor --json
		is "and nothing is written then" "$(ours -L --json --drops 2>/dev/null)" ""
	fi
}

empty() {
	nat_up
	agree "no services" services
	is "no connections" "$(in_words -c)" ""
	ours --set 901 121 301
	is "timeouts" "$(in_words --timeout)" "--set 901 121 301"
}

# What there is beside addresses and ports. Of this Shunt does not have all yet.
kinds() {
	cat <<-RULES
		-A -t $VIP:0 -s wrr -p 100 -M 255.255.255.0
		-A -t $VIP:80 -s rr -p 360
		-a -t $VIP:80 -r $RIP1:80 -g -w 1 -x 20 -y 10
		-a -t $VIP:80 -r 172.16.1.5:80 -i -w 1 --tun-type ipip
		-a -t $VIP:80 -r 172.16.1.3:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-remcsum
		-a -t $VIP:80 -r 172.16.1.4:80 -i -w 0 --tun-type gre --tun-csum
		-a -t $VIP:80 -r [$RIP16]:80 -i -w 1 --tun-type ipip
		-A -u $VIP:53 -s rr -o
		-A -t [$VIP6]:443 -s rr -p 360 -M 64
		-A -f 7 -s rr
		-a -f 7 -r $RIP1:0 -g
		-A -f 8 -6 -s wrr
		-A -f 4294967295 -s rr
		-A --sctp-service $VIP:9 -s rr
		-a --sctp-service $VIP:9 -r $RIP1:9 -m
	RULES
	only_shunt || cat <<-RULES
		-a -t $VIP:80 -r $DIP:80 -g
	RULES
}

everything() {
	nat_up
	kinds | ours -R || result 'not ok' "the rules"
	agree "all that services and real servers can be" services
	only_ipvs || return 0
	# It goes with no real servers of the other family.
	ours -C
	ours --start-daemon master --mcast-interface eth1 --syncid 5 --mcast-group 224.0.0.81
	ours --start-daemon backup --mcast-interface eth1 --syncid 7 --mcast-group ff05::5 --mcast-ttl 2
	ours -S | grep '^--start-daemon' > /tmp/before
	is "there are two daemons" "$(wc -l < /tmp/before)" 2
	is "they are the text's" "$(in_words --daemon)" "$(cat /tmp/before)"
	ours --stop-daemon master
	ours --stop-daemon backup
}

run traffic empty everything
