# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sourced by the host's scripts: where things are and how they speak.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$TOP/build
export TOP BUILD

# Kernels are unpacked once for all clones of the project.
if [ -z "${SHUNT_CACHE:-}" ]; then
	SHUNT_CACHE=/var/cache/shunt-lab
	if ! mkdir -p "$SHUNT_CACHE" 2>/dev/null || [ ! -w "$SHUNT_CACHE" ]; then
		SHUNT_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/shunt-lab
		mkdir -p "$SHUNT_CACHE"
	fi
fi
export SHUNT_CACHE

# Progress goes to stderr: what a script prints on stdout is its answer.
say() { printf 'lab: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

headers_of() { printf '%s/%s/usr/src/linux-headers-%s\n' "$SHUNT_CACHE" "$1" "$1"; }

# With root's rights, for apt-get alone.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "root is needed for: $*  (no sudo here: run it as root, then again)"
	fi
}

refresh_apt() {
	say "refreshing apt's lists (apt-get update)"
	as_root apt-get update -qq >&2
}
