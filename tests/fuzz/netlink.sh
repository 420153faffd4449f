#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Netlink messages of every kind (fuzz-netlink, tests/fuzz/netlink.c), from several processes and network namespaces at once. Afterwards
# nothing is left: the module unloads, and the kernel has no more memory in use than before.
#
# Environment: MESSAGES (20000), SEED (1), FUZZ_TIME (no limit; seconds after which no batch is begun), GROUPS_AT_ONCE (6), ONLY
# ("-g GROUP -b BATCH": that batch alone).
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"

# shellcheck disable=SC2034 # the library's
LB=shunt
MESSAGES=${MESSAGES:-20000} SEED=${SEED:-1} GROUPS_AT_ONCE=${GROUPS_AT_ONCE:-6} FUZZ_TIME=${FUZZ_TIME:-1000000}

# What the kernel cannot give back, in KiB.
in_use() { awk '$1 ~ /^(SUnreclaim|Percpu|VmallocUsed):$/ { n += $2 } END { print n }' /proc/meminfo; }

# settled: that number once it has not become less for a while: memory is freed after grace periods and netns by a worker.
settled() {
	local now least same=0
	namespaces_gone
	least=$(in_use)
	while ((same < 20)); do
		nap
		now=$(in_use)
		same=$((now < least ? 0 : same + 1))
		least=$((now < least ? now : least))
	done
	echo "$least"
}

fuzz() {
	local line
	while IFS= read -r line; do
		case $line in
		'ok '*) result ok "${line#* - }";;
		'not ok '*) result 'not ok' "${line#* - }";;
		*) printf '%s\n' "$line";;
		esac
	done < <("$BUILD/bin/fuzz-netlink" "$@" 2>&1)
}

# compare COMMAND...: one test: the kernel has no more memory in use afterwards. With KASAN what was freed is not free for a long time;
# there tests/debug/guest looks for what is lost.
compare() {
	local before after
	if [ -e /sys/kernel/debug/kmemleak ]; then
		"$@"
		return
	fi
	# What is made once and kept, the first time.
	"$BUILD/bin/fuzz-netlink" -s "$SEED" -n 2000 -p "$GROUPS_AT_ONCE" > /dev/null
	before=$(settled)
	"$@"
	after=$(settled)
	echo "# $before KiB in use before, $after afterwards"
	is "no memory is in use that was not before" "$((after - before > 4096 ? after - before : 0))" 0
}

echo "# $TEST_FILE"
dmesg -c >> /mnt/dmesg
if ! lb_load; then
	result 'not ok' "the module loads"
elif [ -n "${ONLY:-}" ]; then
	# shellcheck disable=SC2086
	is "the batch passes" "$("$BUILD/bin/fuzz-netlink" -s "$SEED" $ONLY 2>&1)" ""
else
	compare fuzz -s "$SEED" -n "$MESSAGES" -t "$FUZZ_TIME" -p "$GROUPS_AT_ONCE"
fi
wait_for "the module unloads" lb_unload
log_is_clean
echo "1..$TESTS"
[ "$FAILED" = 0 ]
