#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh [--wide] - the default tier of tests: every leg runs, even after another has failed.
# With --wide the tiers run too that need another kernel or root file system; of check-debug and
# the matrix, which take half an hour of a processor and more, the short forms.
#
# Legs with guests run one after the other, and beside them all others: an emulated guest uses one
# processor, however many it has.  What both need is built before.
#
# The last line is "N passed, N failed" over all TAP files of all legs.  A leg whose make target
# fails is a failure by itself, because its TAP may look complete.
#
# Owns build/check: TARGET.log is what a leg printed, TARGET.code how it ended.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
results=$top/build/results
work=$top/build/check
lanes=()

# target, lane, and the TAP files that it must leave; + for more of the same target
legs() {
	cat <<-'LIST'
	unit host unit-core.tap unit-tsan.tap unit-coverage.tap
	+ host unit-sim.tap unit-schema.tap unit-formats.tap unit-formats-tsan.tap unit-torture.tap
	valgrind host unit-valgrind.tap
	fuzz host fuzz.tap
	ust-check host ust.tap ust-bench.tap
	tools-check host unit-vcmstat.tap vcmstat-tool.tap vcmstat-tmux.tap vcmstat-ctf.tap
	html-check host html.tap
	tutorial-check host tutorial.tap
	diagnosis-check host diagnosis.tap
	lint host lint.tap
	runner-check guest tally.tap splat.tap boot.tap
	kselftest guest kselftest.tap kselftest-run.tap
	LIST
}

# The same of the wider tiers.  The debug kernel is here because it keeps the lanes even.
wide_legs() {
	cat <<-'LIST'
	uml host uml.tap uml-run.tap uml-kunit.tap uml-kselftest.tap
	check-debug-short host debug.tap debug-run.tap debug-kselftest.tap
	package-check guest package.tap package-guest.tap
	matrix-short guest matrix.tap
	LIST
}

# TAP files of the programs that guests ran; what is in legs proves that none is missing.
program_taps() {
	local known=$1
	find "$results" -maxdepth 1 -name 'kselftest-*.tap' -o -maxdepth 1 -name 'uml-*.tap' \
		-o -maxdepth 1 -name 'debug-*.tap' -o -maxdepth 1 -name 'matrix-*.tap' |
		grep -vxFf <(tr ' ' '\n' <<<"$known") | LC_ALL=C sort
}

run_make() {
	"${MAKE:-make}" --no-print-directory -C "$top" "$@" </dev/null
}

# run_leg TARGET: what it prints comes in one piece, when it has ended.
run_leg() {
	local target=$1 start=$SECONDS code=0
	echo "# make $target begins"
	run_make "$target" >"$work/$target.log" 2>&1 9>&- || code=$?
	echo "$code" >"$work/$target.code"
	flock 9
	echo "# make $target: exit code $code after $((SECONDS - start)) s"
	cat "$work/$target.log"
	flock -u 9
}

# run_lane LANE: its legs from the list on standard input, in order
run_lane() {
	local target lane rest
	exec 9>"$work/.lock"
	while read -r -u 4 target lane rest; do
		if [ "$target" != + ] && [ "$lane" = "$1" ]; then
			run_leg "$target"
		fi
	done 4<&0
}

# One line for each leg, in TAP; one that did not run is none that passed.
verdicts() {
	local target rest count=0
	echo "1..$(grep -vc '^+' <<<"$1")"
	while read -r target rest; do
		[ "$target" != + ] || continue
		count=$((count + 1))
		if [ "$(cat "$work/$target.code" 2>/dev/null)" = 0 ]; then
			echo "ok $count - make $target"
		else
			echo "not ok $count - make $target"
		fi
	done <<<"$1"
}

# shellcheck disable=SC2317 # called by trap
interrupted() {
	local lane
	trap - INT TERM
	for lane in "${lanes[@]}"; do
		kill -TERM -- "-$lane" 2>/dev/null || true
	done
	wait
	exit "$1"
}

main() {
	local list lane files=()
	list=$(legs)
	case ${1:-} in
	'')	;;
	--wide)	list+=$'\n'$(wide_legs) ;;
	*)	echo "usage: check.sh [--wide]" >&2; exit 2 ;;
	esac
	mkdir -p "$results"
	rm -rf "$work"
	mkdir -p "$work"
	rm -f "$results"/*.tap "$results/summary.txt"
	# A leg that needs what does not build says so again, and better.
	run_make modules tools programs client diff-record || echo "# what all need does not build"
	trap 'interrupted 130' INT
	trap 'interrupted 143' TERM
	set -m	# a process group for each lane, to be ended as a whole
	for lane in guest host; do
		run_lane "$lane" <<<"$list" &
		lanes+=("$!")
	done
	set +m
	for lane in "${lanes[@]}"; do
		wait "$lane" || true
	done
	trap - INT TERM
	verdicts "$list" >"$results/check.tap"
	read -ra files <<<"$(cut -d' ' -f3- <<<"$list" | tr '\n' ' ')"
	files=("${files[@]/#/$results/}")
	mapfile -t -O "${#files[@]}" files < <(program_taps "${files[*]}")
	cd "$results"
	"$top/selftests/setup/tally.sh" check.tap "${files[@]#"$results"/}" | tee summary.txt
}

main "$@"
