#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bench.sh [boot.sh option]... - measure everything, print the table, judge the bars.
#
# Boots the stock kernel twice: once counting instructions on one processor, once for time on
# two; before that the allocator runs natively, and beside those of the kernel under User-mode
# Linux.  Leaves build/results/bench.json, one object a line, bench.svg, and bench-*.log.  Exit: 0
# all bars hold, 1 some do not, 2 not all was measured.
#
# To measure less: BENCH_MODES (native, uml, instr, ns), BENCH_JOBS, BENCH_IMPLS, BENCH_LIVES.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$top/build
results=$build/results
boot=$top/selftests/vm/boot.sh
out=$build/uml-bench
modes=${BENCH_MODES:-native uml instr ns}
# shellcheck source-path=SCRIPTDIR/../uml
. "$top/selftests/uml/boot.sh"

# What one reservation takes: the struct, with the reference of its holder inside.
memory() {
	local bytes
	bytes=$(pahole -C vcm_res "$build/kernel/vcm.ko" |
		sed -n 's|.*struct vcm_gaps  *inner; */\* *\([0-9]*\) .*|\1|p')
	echo "bench: a reservation takes $bytes bytes (pahole: struct vcm_res up to inner)" >&2
	echo "{\"bench\":\"memory\",\"impl\":\"vcm\",\"unit\":\"bytes\",\"mean\":$bytes}"
}

# In a subshell: before others from here on, where that is allowed.
ahead() {
	{ echo -20 >/proc/self/autogroup; } 2>/dev/null || true
	renice -n -20 -p "$BASHPID" >/dev/null 2>&1 || true
}

native() {
	echo "bench: native" >&2
	# Both processors have to be there at once.
	(ahead && "$build/trace/bench/vcm-bench")
	memory
}

# in_guest MODE MODULES: the command that measures, and what of this script's settings it needs
in_guest() {
	command=(env BENCH_IMPLS="${BENCH_IMPLS-}" BENCH_LIVES="${BENCH_LIVES-}"
		BENCH_JOBS="${BENCH_JOBS-}" VCM_SEED="${VCM_SEED-}"
		"$here/guest.sh" "$1" "$2" "$results/bench-$1.json")
}

uml() {
	local tree command code=0 log=$results/bench-uml.log
	tree=$("$top/selftests/uml/kernel.sh" --print bench)
	make --no-print-directory -C "$top/kernel" KDIR="$tree" OUT="$out/kernel" ARCH=um
	in_guest uml "$out/kernel"
	(ahead && uml_boot "$tree" "$out" 3600 "$log" "${command[@]}") || code=$?
	[ "$code" = 0 ] || echo "bench: User-mode Linux ended with $code, see $log" >&2
	return "$code"
}

guest() {
	local mode=$1 options=() command
	shift
	[ "$mode" = ns ] || options=(--accel tcg --smp 1 --icount on)
	in_guest "$mode" "$build/kernel"
	"$boot" --results "$results" --log "$results/bench-$mode.log" --timeout 3600 \
		"${options[@]}" "$@" -- "${command[@]}"
}

main() {
	local mode parts=()
	mkdir -p "$results"
	rm -f "$results"/bench*.json
	for mode in $modes; do
		case $mode in
		native)	native >"$results/bench-native.json" ;;
		uml)	uml ;;
		*)	guest "$mode" "$@" ;;
		esac
		parts+=("$results/bench-$mode.json")
	done
	cat "${parts[@]}" >"$results/bench.json"
	"$here/plot.py" "$results/bench.json" >"$results/bench.svg"
	"$here/report.py" "$results/bench.json"
}

main "$@"
