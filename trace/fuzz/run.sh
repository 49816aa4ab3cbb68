#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh - run the fuzz targets that are built, one after the other, as TAP.
#
# T="name..." takes these only, S=N gives each so many seconds.  A target begins with its seeds
# (corpus/NAME, in the tree) and with what earlier runs found worth keeping (build/fuzz/corpus).
# An input that a target refuses is left as build/results/fuzz-NAME-*; put it into corpus/NAME with
# the fix, and every run begins with it.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
results=$top/build/results
seconds=${S:-10}
seed=${VCM_SEED:-$RANDOM$RANDOM}
export ASAN_OPTIONS=detect_leaks=1:quarantine_size_mb=32 UBSAN_OPTIONS=print_stacktrace=1

programs() {
	find "$top/build/fuzz" "$top/build/vcmstat/fuzz" -maxdepth 1 -name 'fuzz-*' \
		-perm -u+x -printf '%f %p\n' | LC_ALL=C sort | cut -d' ' -f2
}

wanted() {
	local name=$1 word
	[ -n "${T:-}" ] || return 0
	for word in $T; do
		[ "$word" != "$name" ] || return 0
	done
	return 1
}

# run_one PROGRAM NAME: prints what libFuzzer says when it fails, and counts.
run_one() {
	local program=$1 name=$2 code=0 log=$results/fuzz-$2.log runs
	mkdir -p "$top/build/fuzz/corpus/$name"
	"$program" -seed="$seed" -max_total_time="$seconds" -max_len=4096 -timeout=20 \
		-rss_limit_mb=1024 -print_final_stats=1 -verbosity=1 \
		-artifact_prefix="$results/fuzz-$name-" \
		"$top/build/fuzz/corpus/$name" "$top/trace/fuzz/corpus/$name" \
		>"$log" 2>&1 </dev/null || code=$?
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	if [ "$code" != 0 ]; then
		grep -aE '^(# |==|SUMMARY|artifact|    #)' "$log" | head -n 40 | sed 's/^#* */# /'
	fi
	echo "# $name: ${runs:-0} inputs in $seconds s"
	return "$code"
}

mapfile -t all < <(programs)
chosen=()
for program in "${all[@]}"; do
	if wanted "${program##*/fuzz-}"; then
		chosen+=("$program")
	fi
done
if [ "${#chosen[@]}" = 0 ]; then
	echo "fuzz: no target has such a name; there are: ${all[*]##*/fuzz-}" >&2
	exit 2
fi

mkdir -p "$results"
number=0 failed=0
echo "TAP version 13"
echo "# seed $seed"
echo "1..${#chosen[@]}"
for program in "${chosen[@]}"; do
	name=${program##*/fuzz-}
	number=$((number + 1))
	if run_one "$program" "$name"; then
		echo "ok $number - fuzz: $name"
	else
		echo "not ok $number - fuzz: $name"
		failed=1
	fi
done
exit "$failed"
