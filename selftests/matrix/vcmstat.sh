#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vcmstat.sh VCMSTAT FLOW - one vcmstat binary on whatever kernel this is: every way to attach, and
# its commands.  Runs inside a guest of the matrix with vcm loaded; TAP on standard output.
#
# FLOW is vcm_flow, which makes events.  A source that vcmstat was built without is skipped with
# what it says about it; the best one must never be missing.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

vcmstat=$1 flow=$2
count=0 failed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# say CODE TEXT
say() {
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
	else
		failed=1
		sed 's/^/# /' "$scratch/said"
		echo "not ok $count - $2"
	fi
}

# Snapshot and stream agree while two processes use /dev/vcm.
agrees() {
	local load pid code=0
	for pid in 1 2; do
		"$flow" load "$pid" 2>/dev/null &
		load+=("$!")
	done
	# room for what comes while an emulated machine does something else
	"$vcmstat" --source "$1" --ring $((8 << 20)) verify 0.2 --rounds 5 \
		>"$scratch/said" 2>&1 || code=$?
	for pid in "${load[@]}"; do
		kill -TERM "$pid" || code=1
		wait "$pid" || true
	done
	[ "$code" = 0 ] &&
		grep -q "^source $1: 5 rounds equal, 0 with losses, 0 events lost" \
			"$scratch/said"
}

try_source() {
	local code=0
	agrees "$1" || code=1
	if grep -q "source $1 is not compiled in" "$scratch/said"; then
		count=$((count + 1))
		echo "ok $count - $1 # SKIP $(head -n 1 "$scratch/said")"
		return
	fi
	say "$code" "$1 gives the state in every round"
}

command_works() {
	local code=0
	"$vcmstat" "$@" >"$scratch/said" 2>&1 || code=$?
	say "$code" "vcmstat $* ends well"
}

# With nothing asked for, the best source of all is taken.
best_is() {
	local code=0
	"$vcmstat" events --json --for 0.2 >"$scratch/said" 2>&1 || code=$?
	head -n 1 "$scratch/said" | grep -q "\"source\":\"$1\"" || code=1
	say "$code" "vcmstat takes $1 by itself"
}

uname -r | sed 's/^/# kernel /'
for source in tp_btf raw_tp tp tracefs; do
	try_source "$source"
done
best_is tp_btf
command_works list
command_works map
command_works refs
command_works leak 0.2 2
command_works hist 0.2 2
command_works export --format metrics
echo "1..$count"
exit "$failed"
