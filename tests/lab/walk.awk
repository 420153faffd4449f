# SPDX-License-Identifier: GPL-2.0-only
# Prints the way of a connection, expected beside captured, a tick or a cross a row; fails when a row deviates.
# First file, a line a hop, separated by |: title, netns, device, then name and value of: source MAC, destination MAC,
# source IP, destination IP. Second file: the output of trace. A hop's frames are those that come in on its device.

function row(what, name, expected, captured,   good) {
	good = expected == captured
	printf "     %-16s %-14s %-18s %-18s %s\n", what, name, expected, captured == "" ? "nothing" : captured,
		good ? green "\342\234\224" plain : red "\342\234\230" plain
	if (!good)
		bad++
}

# Appends value to a list of different ones.
function note(key, value) {
	if (!((key, value) in seen)) {
		seen[key, value] = 1
		list[key] = list[key] (list[key] == "" ? "" : ",") value
	}
}

BEGIN {
	if (color) { green = "\033[32m"; red = "\033[31m"; bold = "\033[1m"; plain = "\033[0m" }
	FS = "|"
}

FNR == 1 { file++; FS = file == 1 ? "|" : " "; $0 = $0 }

file == 1 {
	hops++
	title[hops] = $1
	where[$2, $3] = hops
	for (i = 0; i < 4; i++) { name[hops, i] = $(4 + 2 * i); value[hops, i] = $(5 + 2 * i) }
	next
}

$4 == "in" && ($2, $3) in where && ($13 == "tcp" || $13 == "udp") {
	hop = where[$2, $3]
	frames[hop]++
	note(hop SUBSEP 0, $5)
	note(hop SUBSEP 1, $6)
	note(hop SUBSEP 2, $8)
	note(hop SUBSEP 3, $10)
	# "partial" is a checksum that the device would complete, and its start is right.
	note(hop SUBSEP 4, ($15 == "ok" || $15 == "-") && ($16 == "ok" || $16 == "partial") ? "right" : "IP:" $15 ",L4:" $16)
}

END {
	split("source MAC|destination MAC|source IP|destination IP", what, "|")
	printf "     %-16s %-33s %s\n", "", "expected", "captured"
	for (hop = 1; hop <= hops; hop++) {
		printf "  %s%d. %s%s (%d frames)\n", bold, hop, title[hop], plain, frames[hop]
		for (i = 0; i < 4; i++)
			row(what[i + 1], name[hop, i], value[hop, i], list[hop SUBSEP i])
		row("checksums", "IP and TCP", "right", list[hop SUBSEP 4])
	}
	exit bad > 0
}
