#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bench.sh [boot.sh option]... - measure everything, print the table, judge the bars.
#
# Boots the stock kernel twice: once counting instructions on one processor, once for time on
# two.  Leaves build/results/bench.json, one object a line, and bench-*.log.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
results=$top/build/results
boot=$top/selftests/vm/boot.sh
modes=${BENCH_MODES:-instr ns}

guest() {
	local mode=$1 options=()
	shift
	[ "$mode" = ns ] || options=(--accel tcg --smp 1 --icount on)
	"$boot" --results "$results" --log "$results/bench-$mode.log" --timeout 3000 \
		"${options[@]}" "$@" -- env \
		BENCH_IMPLS="${BENCH_IMPLS-}" BENCH_LIVES="${BENCH_LIVES-}" \
		BENCH_JOBS="${BENCH_JOBS-}" VCM_SEED="${VCM_SEED-}" \
		"$here/guest.sh" "$mode" "$top/build/kernel" "$results/bench-$mode.json"
}

main() {
	local mode parts=()
	mkdir -p "$results"
	rm -f "$results"/bench*.json
	for mode in $modes; do
		guest "$mode" "$@"
		parts+=("$results/bench-$mode.json")
	done
	cat "${parts[@]}" >"$results/bench.json"
}

main "$@"
