# SPDX-License-Identifier: GPL-2.0-only
# awk -v csv=FILE -v dat=FILE -f report.awk LOG...: the rows of tests/perf/guest as tables, and the issue's targets beside them. Fails
# when a row is wrong: when what came out of the director is not what went in.
BEGIN {
	FS = "\t"
	titles["floor"] = "floor: dropped at ingress"
	titles["tc"] = "tc flower, redirect"
	titles["forward"] = "ip_forward"
	titles["nft"] = "nft DNAT"
	titles["bystander"] = "ip_forward beside 1000 services"
	n = split("floor tc forward nft ipvs-dr ipvs-nat ipvs-nat-reply ipvs-tunnel shunt-dr shunt-nat shunt-nat-reply shunt-tunnel", order, " ")
	for (fast = 0; fast <= 2; fast += 2) {
		order[++n] = "shunt-dr@" fast
		order[++n] = "shunt-nat@" fast
		order[++n] = "shunt-nat-reply@" fast
		order[++n] = "shunt-tunnel@" fast
	}
	order[++n] = "bystander"
	split("1 many new", flows, " ")
}

$1 == "row" {
	if (!($2 in seen)) { seen[$2] = 1; kernels[++nk] = $2 }
	total[$2, $3, $4, $5] = $8
	sent[$2, $3, $4, $5] = $6
	arrived[$2, $3, $4, $5] = $7
	if ($6 != $7) wrong[++nw] = $4 " over IPv" $3 " on " $2 ", " $5 " flows: " $7 " of " $6 " packets came out"
}
$1 == "value" {
	if (!($2 in seen)) { seen[$2] = 1; kernels[++nk] = $2 }
	values[$2, $3] = $4
	if (!(($2, $3) in named)) { named[$2, $3] = 1; names[$2, ++nv[$2]] = $3 }
}
/^not ok/ { wrong[++nw] = $0 }

function title(way,    t) {
	if (way in titles) return titles[way]
	t = way
	sub(/^ipvs-/, "ip_vs ", t)
	sub(/^shunt-/, "Shunt ", t)
	sub(/ dr/, " DR", t)
	sub(/ nat-reply/, " NAT, reply", t)
	sub(/ nat/, " NAT", t)
	sub(/@/, ", fast_path=", t)
	return t
}

function share(k, f, way, fl) {
	if (!((k, f, way, fl) in total) || !((k, f, "floor", fl) in total)) return ""
	return total[k, f, way, fl] - total[k, f, "floor", fl]
}

function ratio(a, b) { return a == "" || b == "" || b == 0 ? "" : sprintf("%.2f", a / b) }

# What of stock's a way is compared with.
function stock(way) {
	if (way !~ /^shunt-/) return way == "tc" || way == "floor" ? "" : way
	sub(/^shunt/, "ipvs", way)
	sub(/@.*/, "", way)
	return way
}

function short(k) { sub(/[-+].*/, "", k); return k }

function table(k, f,    i, j, way, fl, line, any, s) {
	printf "\n%-32s|%-27s|%-27s|%-27s\n", k ", IPv" f, " 1 flow", " 1000 flows", " every packet a new flow"
	printf "%-32s|%s|%s|%s\n", "", " total share  /tc /ip_vs   ", " total share  /tc /ip_vs   ", " total share  /tc /ip_vs"
	for (i = 1; i <= n; i++) {
		way = order[i]
		line = ""
		any = 0
		for (j = 1; j <= 3; j++) {
			fl = flows[j]
			if (!((k, f, way, fl) in total)) { line = line sprintf("|%27s", ""); continue }
			any = 1
			s = share(k, f, way, fl)
			line = line sprintf("|%6d %5d %4s %5s %s  ", total[k, f, way, fl], s, ratio(s, share(k, f, "tc", fl)),
				way ~ /^shunt/ ? ratio(s, share(k, f, stock(way), fl)) : "",
				arrived[k, f, way, fl] == sent[k, f, way, fl] ? " " : "!")
			if (csv) printf "%s,%s,%s,%s,%d,%d,%d,%d,%s,%s\n", k, f, way, fl, sent[k, f, way, fl], arrived[k, f, way, fl],
				total[k, f, way, fl], s, ratio(s, share(k, f, "tc", fl)), ratio(s, share(k, f, stock(way), fl)) > csv
		}
		sub(/[ |]+$/, "", line)
		if (any) printf "%-32s%s\n", title(way), line
	}
}

function target(text, limit,    i, got, line, bad) {
	line = ""
	for (i = 1; i <= nk; i++) {
		got = measured[i]
		line = line sprintf(" | %7s %-9s", got == "" ? "-" : got, got == "" ? "no figure" : got + 0 <= limit + 0 ? "met" : "NOT MET")
	}
	printf "%-58s| %7s%s\n", text, limit, line
}

function over_tc(text, f, way, limit,    i) {
	for (i = 1; i <= nk; i++) measured[i] = ratio(share(kernels[i], f, way, 1), share(kernels[i], f, "tc", 1))
	target(text ", IPv" f ", / tc redirect", limit)
}

function over_v4(text, way,    i) {
	for (i = 1; i <= nk; i++) measured[i] = ratio(share(kernels[i], 6, way, 1), share(kernels[i], 4, way, 1))
	target(text ", IPv6 / IPv4", 1.15)
}

function over_stock(text, f, way, limit,    i) {
	for (i = 1; i <= nk; i++) measured[i] = ratio(share(kernels[i], f, way, "new"), share(kernels[i], f, stock(way), "new"))
	target(text ", IPv" f ", / ip_vs", limit)
}

function value_target(text, name, limit,    i) {
	for (i = 1; i <= nk; i++) measured[i] = values[kernels[i], name]
	target(text, limit)
}

function targets(    i, f, line) {
	for (i = 1; i <= nk; i++) line = line sprintf(" | %-17s", short(kernels[i]))
	printf "\n%-58s| %7s%s\n", "target", "at most", line
	for (f = 4; f <= 6; f += 2) {
		over_tc("DR, established", f, "shunt-dr", "0.75")
		over_tc("NAT request, established", f, "shunt-nat", "0.90")
		over_tc("NAT reply, established", f, "shunt-nat-reply", "0.90")
	}
	over_v4("DR", "shunt-dr")
	over_v4("NAT request", "shunt-nat")
	over_v4("NAT reply", "shunt-nat-reply")
	for (f = 4; f <= 6; f += 2) {
		over_stock("new connection, full path, DR", f, "shunt-dr", "0.65")
		over_stock("new connection, full path, NAT", f, "shunt-nat", "0.65")
		over_stock("new connection, fast_path=2, DR", f, "shunt-dr@2", "0.40")
		over_stock("new connection, fast_path=2, NAT", f, "shunt-nat@2", "0.40")
	}
	for (f = 4; f <= 6; f += 2) {
		for (i = 1; i <= nk; i++) measured[i] = ratio(share(kernels[i], f, "bystander", 1), share(kernels[i], f, "forward", 1))
		target("bystander beside 1000 services, IPv" f ", / ip_forward", 1.02)
	}
	for (i = 1; i <= nk; i++) measured[i] = ratio(share(kernels[i], 4, "shunt-dr", "live"), share(kernels[i], 4, "shunt-dr", 1))
	target("1 000 000 connections, 10 000 services, / 1 and 1", 1.15)
	value_target("bytes of an IPv4 connection, table included", "bytes of a connection, table included", 150)
	value_target("wake-ups in 30 idle s, 10 000 services", "wake-ups of shunt in 30 s, 10000 services, 0 connections", 0)
}

function chart(    i, k, f, j, line, any) {
	line = "way"
	for (k = 1; k <= nk; k++) for (f = 4; f <= 6; f += 2) line = line "\t" short(kernels[k]) ", IPv" f
	print line > dat
	for (i = 2; i <= n; i++) {
		line = title(order[i])
		any = 0
		for (k = 1; k <= nk; k++) for (f = 4; f <= 6; f += 2) {
			j = share(kernels[k], f, order[i], 1)
			if (j != "") any = 1
			line = line "\t" (j == "" ? "NaN" : j)
		}
		if (any) print line > dat
	}
}

END {
	print "Instructions of a packet (64 bytes, UDP) through the director. total: with sender, devices and sink; share: the director's own,"
	print "which is total - floor; /tc: share / share of the tc redirect beside it; /ip_vs: / share of ip_vs on the same way."
	if (csv) print "kernel,family,way,flows,expected,arrived,instructions,share,to_tc,to_ipvs" > csv
	for (i = 1; i <= nk; i++) {
		table(kernels[i], 4)
		table(kernels[i], 6)
		if (!((kernels[i], 4, "shunt-dr@0", 1) in total))
			print "(This module has no net.ipv4.vs.fast_path: no rows for it.)"
		if (nv[kernels[i]]) print ""
		for (j = 1; j <= nv[kernels[i]]; j++) printf "%-76s %9d\n", names[kernels[i], j], values[kernels[i], names[kernels[i], j]]
	}
	targets()
	if (dat) chart()
	for (i = 1; i <= nw; i++) print "WRONG: " wrong[i]
	if (!nk) print "WRONG: there are no rows"
	exit nw > 0 || !nk
}
