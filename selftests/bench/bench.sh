#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bench.sh [boot.sh option]... - measure everything, print the table, judge the bars.
#
# Boots the stock kernel twice: once counting instructions on one processor, once for time on
# two; before that the allocator runs natively.  Leaves build/results/bench.json, one object a
# line, bench.svg, and bench-*.log.  Exit: 0 all bars hold, 1 some do not, 2 not all was
# measured.
#
# To measure less: BENCH_MODES (native, instr, ns), BENCH_JOBS, BENCH_IMPLS, BENCH_LIVES.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$top/build
results=$build/results
boot=$top/selftests/vm/boot.sh
modes=${BENCH_MODES:-native instr ns}

# What one reservation takes: the struct, with the reference of its holder inside.
memory() {
	local bytes
	bytes=$(pahole -C vcm_res "$build/kernel/vcm.ko" |
		sed -n 's|.*struct vcm_gaps  *inner; */\* *\([0-9]*\) .*|\1|p')
	echo "bench: a reservation takes $bytes bytes (pahole: struct vcm_res up to inner)" >&2
	echo "{\"bench\":\"memory\",\"impl\":\"vcm\",\"unit\":\"bytes\",\"mean\":$bytes}"
}

native() {
	echo "bench: native" >&2
	# Before others where that is allowed: both processors have to be there at once.
	(
		{ echo -20 >/proc/self/autogroup; } 2>/dev/null || true
		nice -n -20 "$build/trace/bench/vcm-bench"
	)
	memory
}

guest() {
	local mode=$1 options=()
	shift
	[ "$mode" = ns ] || options=(--accel tcg --smp 1 --icount on)
	"$boot" --results "$results" --log "$results/bench-$mode.log" --timeout 3600 \
		"${options[@]}" "$@" -- env \
		BENCH_IMPLS="${BENCH_IMPLS-}" BENCH_LIVES="${BENCH_LIVES-}" \
		BENCH_JOBS="${BENCH_JOBS-}" VCM_SEED="${VCM_SEED-}" \
		"$here/guest.sh" "$mode" "$build/kernel" "$results/bench-$mode.json"
}

main() {
	local mode parts=()
	mkdir -p "$results"
	rm -f "$results"/bench*.json
	for mode in $modes; do
		case $mode in
		native)	native >"$results/bench-native.json" ;;
		*)	guest "$mode" "$@" ;;
		esac
		parts+=("$results/bench-$mode.json")
	done
	cat "${parts[@]}" >"$results/bench.json"
	"$here/plot.py" "$results/bench.json" >"$results/bench.svg"
	"$here/report.py" "$results/bench.json"
}

main "$@"
