# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sourced by what runs many tests from the host: jobs in lanes, and what they come to. The sourcing script sets JOBS, the folder of
# the jobs' outputs, and lanes, how many run at a time.

lanes=1

count() { grep -c "^$1" "$2"; }

# carry_out TITLE COMMAND...: its output shows behind its title as it comes, and is kept.
carry_out() {
	local title=$1 start=$SECONDS output=$JOBS/${1//[ \/]/_} rc
	shift
	"$@" 2>&1 | tee "$output" | sed -u "s/^/$title | /"
	rc=${PIPESTATUS[0]}
	if [ "$rc" != 0 ] && [ "$(count 'not ok' "$output")" = 0 ]; then
		echo "not ok - $title (status $rc)" >> "$output"
	elif [ "$rc" = 0 ] && [ "$(count ok "$output")" = 0 ]; then
		echo "not ok - $title (ran no test)" >> "$output"
	fi
	echo "== $title: $(count ok "$output") passed, $(count 'not ok' "$output") failed, $((SECONDS - start)) s"
}

# job TITLE COMMAND...: carried out as soon as one of the lanes is free.
job() {
	while [ "$(jobs -rp | wc -l)" -ge "$lanes" ]; do wait -n; done
	carry_out "$@" &
}

# one TITLE COMMAND...: a command that is a test by itself.
one() {
	if "${@:2}"; then echo "ok - $1"; else echo "not ok - $1"; fi
}

# lanes GB [MORE]: as many guests as there are cores, or some more, and as have room with so much each.
lanes() {
	local cores room
	cores=$(($(nproc) + ${2:-0}))
	room=$(awk -v gb="$1" '$1 == "MemAvailable:" { print int($2 / gb / 1048576) }' /proc/meminfo)
	[ "$room" -lt "$cores" ] || room=$cores
	[ "$room" -ge 1 ] || room=1
	echo "$room"
}

guest() {
	local title=$1 kver=$2
	job "$title ${kver%%-*}" "$VM/boot" -n "${title// /-}-$kver" "$kver" "$3"
}

# among NAME WORD...
among() { [[ " ${*:2} " = *" $1 "* ]]; }

# deal TITLE KVER RUN HANDS NAME...: the files of tests/netns, dealt out in turn to so many guests, which give them to RUN.
deal() {
	local title=$1 kver=$2 run=$3 hands=$4 hand name i=0 dealt=()
	for name in "${@:5}"; do
		dealt[i++ % hands]+=" tests/netns/$name.sh"
	done
	for hand in "${!dealt[@]}"; do
		guest "$title $hand" "$kver" "$run${dealt[hand]}"
	done
}

# What failed, where, and what was said about it; the end of what died.
failures() {
	local output
	for output in "$JOBS"/*; do
		! grep -q '^not ok' "$output" || echo "== $(basename "$output")"
		awk '/^not ok/ { print; left = 4; next } /^#  / && left-- > 0 { print substr($0, 1, 200); next } { left = 0 }' "$output"
		! grep -q '^not ok - .* (status ' "$output" || tail -n 7 "$output" | head -n 6 | cut -c 1-200
	done
}

# summary LOG: all outputs in one file, what failed, and "N passed, N failed".
summary() {
	tail -n +1 "$JOBS"/* > "$1"
	echo
	if [ "$(count 'not ok' "$1")" != 0 ]; then
		echo "Failed:"
		failures | head -n 40
	fi
	echo "It took $((SECONDS / 60)) min $((SECONDS % 60)) s; all of the output is in $1."
	printf '%d passed, %d failed\n' "$(count ok "$1")" "$(count 'not ok' "$1")"
	[ "$(count 'not ok' "$1")" = 0 ]
}
