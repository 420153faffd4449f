#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every scheduler but rr and wrr (scheduling.sh), against stock ip_vs step by step: whom each new connection goes to.
#
#   client ── gw ── director ── lan ─┬─ rs1 (A)      NAT, tests/lab/topology.sh
#                                    └─ rs2 (B)
#
# Four real servers: ports 80 and 81 of both. Where stock does the same, the order of answers and the connections each
# real server holds are compared.
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# went TEXT VIP PORT N [OPTION]...: two tests, that N connections get the answers they get from stock, and are held where
# stock holds them.
went() {
	local text=$1 vip=$2 port=$3
	ask "many tcp $4 $vip $port ${*:5}"
	same "$text: the answers" "$REPLY"
	same "$text: the connections" "$(held "$vip" "$port")"
}

# Connections that are held, that end, that meet another weight or a threshold.
least() {
	local vip scheduler port=8000 text third
	nat_up
	serve 80 81
	for vip in "$VIP" "$VIP6"; do
		third=$(reals "$vip" | cut -d' ' -f3)
		for scheduler in lc wlc sed nq; do
			port=$((port + 1))
			text="$vip, $scheduler"
			pool "$vip" $port $scheduler 1 2 3 4
			went "$text, the first is served at once" "$vip" $port 1 keep="first$port."
			went "$text, held" "$vip" $port 20 keep="held$port."
			went "$text, short ones beside" "$vip" $port 8
			must close "held$port.0"
			must close "held$port.3"
			must close "held$port.7"
			went "$text, after some have ended" "$vip" $port 5 keep="more$port."
			adm -e -t "$(at "$vip"):$port" -r "$third" -m -w 0
			went "$text, without the third" "$vip" $port 8 keep="without$port."
			adm -e -t "$(at "$vip"):$port" -r "$third" -m -w 9
			went "$text, the third is stronger" "$vip" $port 12 keep="again$port."
			adm -e -t "$(at "$vip"):$port" -r "$third" -m -w 9 -x 5
			went "$text, the third is overloaded" "$vip" $port 6 keep="over$port."
		done
	done
}

default() {
	nat_up
	serve 80 81
	rules <<-RULES
		-A -t $VIP:80
		-a -t $VIP:80 -r $RIP1:80 -m -w 1
		-a -t $VIP:80 -r $RIP2:80 -m -w 3
	RULES
	like "without -s it is wlc" "$(adm -S -n)" "-A -t $VIP:80 -s wlc"
	ask "many tcp 40 $VIP 80 keep=t"
	is "held connections follow the weights 1:3" "$(held "$VIP" 80)" "$RIP1:80 1 10 0;$RIP2:80 3 30 0;"
}

# To the strongest, and what it takes to go to the next.
strongest() {
	local vip service third
	nat_up
	serve 80 81
	for vip in "$VIP" "$VIP6"; do
		service=$(at "$vip")
		third=$(reals "$vip" | cut -d' ' -f3)
		pool "$vip" 8001 fo 1 2 5 5
		went "$vip, fo" "$vip" 8001 6
		pool "$vip" 8002 fo 1 2 5 4
		went "$vip, fo, another strongest" "$vip" 8002 6 keep="fo$vip"
		adm -e -t "$service:8002" -r "$third" -m -w 0
		went "$vip, fo, the strongest goes" "$vip" 8002 6
		adm -e -t "$service:8002" -r "$third" -m -w 9 -x 12
		went "$vip, fo, and comes back until it is overloaded" "$vip" 8002 12 keep="back$vip"
		pool "$vip" 8003 ovf 1 2 6 4
		went "$vip, ovf, a few" "$vip" 8003 4 keep="few$vip"
		went "$vip, ovf, more than the strongest takes" "$vip" 8003 6 keep="more$vip"
		must close "few${vip}1"
		went "$vip, ovf, one has ended" "$vip" 8003 3 keep="three$vip"
		went "$vip, ovf, more than all take" "$vip" 8003 12 keep="all$vip"
		adm -e -t "$service:8003" -r "$third" -m -w 9
		went "$vip, ovf, the strongest takes more" "$vip" 8003 6 keep="last$vip"
	done
}

# A destination stays with its real server until that has more connections than its weight and another is half idle.
locality() {
	local vip service scheduler port=8000
	nat_up
	serve 80 81
	for vip in "$VIP" "$VIP6"; do
		service=$(at "$vip")
		for scheduler in lblc lblcr; do
			port=$((port + 1))
			pool "$vip" $port $scheduler 3 3 4 4
			went "$vip, $scheduler, to one" "$vip" $port 3 keep="one$port."
			went "$vip, $scheduler, on and on" "$vip" $port 10 keep="on$port."
			must close "one$port.0"
			must close "one$port.1"
			must close "on$port.1"
			went "$vip, $scheduler, when some have ended" "$vip" $port 5 keep="some$port."
			adm -e -t "$service:$port" -r "$(reals "$vip" | cut -d' ' -f4)" -m -w 0
			went "$vip, $scheduler, one at weight 0" "$vip" $port 6 keep="zero$port."
			adm -e -t "$service:$port" -r "$(reals "$vip" | cut -d' ' -f4)" -m -w 4
			adm -d -t "$service:$port" -r "$(reals "$vip" | cut -d' ' -f1)"
			went "$vip, $scheduler, one removed, one back" "$vip" $port 8 keep="removed$port."
		done
	done
}

# Two are drawn, the less loaded takes it: far more even than by lot, where 4:4:4:4 of 160 would be off by 16 often.
two_choices() {
	local vip counts lot
	only_shunt || return 0
	nat_up
	serve 80 81
	for vip in "$VIP" "$VIP6"; do
		pool "$vip" 8001 twos 1 1 2 4
		ask "many tcp 160 $vip 8001 keep=two$vip"
		read -ra counts <<< "$(held "$vip" 8001 | tr ';' '\n' | awk '{ printf "%d ", $3 * 8 / $2 }')"
		for lot in "${counts[@]}"; do
			is "$vip, twos: $lot of 160 an eighth of the weight's, 160 are due" "$((lot > 110 && lot < 210))" 1
		done
		adm -e -t "$(at "$vip"):8001" -r "$(reals "$vip" | cut -d' ' -f4)" -m -w 0
		adm -e -t "$(at "$vip"):8001" -r "$(reals "$vip" | cut -d' ' -f3)" -m -w 0
		ask "many tcp 30 $vip 8001"
		is "$vip, twos, nothing for weight 0" "${REPLY//[AB ]/}$(held "$vip" 8001 | grep -Ec ' 0 [0-9]+ [1-9]')" 0
	done
}

# Every scheduler takes the place of every other one while connections come, and none of them fails.
swapped() {
	local scheduler
	only_shunt || return 0
	nat_up
	serve 80 81
	pool "$VIP" 80 rr 1 2 3 4
	rules <<-RULES
		-A -u $VIP:80 -s wlc
		-a -u $VIP:80 -r $RIP1:80 -m
		-a -u $VIP:80 -r $RIP2:80 -m
	RULES
	must flood "$VIP" 80
	for _ in 1 2; do
		for scheduler in wlc mh lblcr sh twos lblc dh lblcr ovf fo sed mh nq lc wrr lblc rr; do
			echo "-E -t $VIP:80 -s $scheduler"
			echo "-E -u $VIP:80 -s $scheduler"
		done | rules
	done
	ask calm
	like "connections and datagrams were served" "$REPLY" '^[1-9][0-9]* [0-9]+ [1-9][0-9]* [0-9]+$'
	like "and none failed" "$REPLY" '^[0-9]+ 0 [0-9]+ 0$'
	is "the last one is in force" "$(adm -S -n | grep -c -- '-s rr')" 2
}

# Flags a scheduler does not know, and another scheduler that does not know those that are there.
flags() {
	only_shunt || return 0
	nat_up
	pool "$VIP" 80 "sh -b sh-port" 1 1
	refused "rr has no flags" 255 'this scheduler takes no flags' adm -A -t "$VIP:81" -s rr -b flag-1
	refused "sh has two" 255 'this scheduler knows no such flag' adm -A -t "$VIP:81" -s sh -b flag-3
	refused "editing to a flag it does not know" 255 'this scheduler knows no such flag' adm -E -t "$VIP:80" -s mh -b flag-3
	is "that changed nothing" "$(adm -S -n | grep -- -A)" "-A -t $VIP:80 -s sh -b sh-port"
	adm -E -t "$VIP:80" -s mh -b mh-fallback
	is "other flags" "$(adm -S -n | grep -- -A)" "-A -t $VIP:80 -s mh -b mh-fallback"
	adm -E -t "$VIP:80" -s rr
	is "no flags" "$(adm -S -n | grep -- -A)" "-A -t $VIP:80 -s rr"
	refused "the names there are" 255 'no such scheduler, there are rr wrr lc wlc sed nq dh sh mh lblc lblcr fo ovf twos' \
		adm -A -t "$VIP:81" -s nosuch
}

run least default strongest locality two_choices swapped flags
