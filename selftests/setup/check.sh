#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh [--wide] - the default tier of tests: every leg runs, even after another has failed.
# With --wide the tiers run too that need another kernel, architecture or root file system.
#
# The last line is "N passed, N failed" over all TAP files of all legs.  A leg whose make target
# fails is a failure by itself, because its TAP may look complete.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
results=$top/build/results

# target, and the TAP files that it must leave; + for more of the same target
legs() {
	cat <<-'LIST'
	unit unit-core.tap unit-tsan.tap unit-coverage.tap
	+ unit-sim.tap unit-schema.tap unit-formats.tap unit-formats-tsan.tap unit-torture.tap
	valgrind unit-valgrind.tap
	fuzz fuzz.tap
	ust-check ust.tap ust-bench.tap
	tools-check unit-vcmstat.tap vcmstat-tool.tap vcmstat-tmux.tap vcmstat-ctf.tap
	html-check html.tap
	tutorial-check tutorial.tap
	diagnosis-check diagnosis.tap
	runner-check tally.tap splat.tap boot.tap
	lint lint.tap
	kselftest kselftest.tap kselftest-run.tap
	LIST
}

# The same of the wider tiers, the cheapest first.
wide_legs() {
	cat <<-'LIST'
	uml uml.tap uml-run.tap uml-kunit.tap uml-kselftest.tap
	package-check package.tap package-guest.tap
	matrix matrix.tap
	LIST
}

# TAP files of the programs that guests ran; what is in legs proves that none is missing.
program_taps() {
	local known=$1
	find "$results" -maxdepth 1 -name 'kselftest-*.tap' -o -maxdepth 1 -name 'uml-*.tap' \
		-o -maxdepth 1 -name 'matrix-*.tap' | grep -vxFf <(tr ' ' '\n' <<<"$known") |
		LC_ALL=C sort
}

main() {
	local target taps files=() count=0 list
	list=$(legs)
	case ${1:-} in
	'')	;;
	--wide)	list+=$'\n'$(wide_legs) ;;
	*)	echo "usage: check.sh [--wide]" >&2; exit 2 ;;
	esac
	mkdir -p "$results"
	rm -f "$results"/*.tap "$results/summary.txt"
	exec 3>"$results/check.tap"
	echo "1..$(grep -vc '^+' <<<"$list")" >&3
	while read -r target taps; do
		for tap in $taps; do
			files+=("$results/$tap")
		done
		[ "$target" != + ] || continue
		count=$((count + 1))
		echo "# make $target"
		if "${MAKE:-make}" --no-print-directory -C "$top" "$target" </dev/null 3>&-; then
			echo "ok $count - make $target" >&3
		else
			echo "not ok $count - make $target" >&3
		fi
	done <<<"$list"
	exec 3>&-
	mapfile -t -O "${#files[@]}" files < <(program_taps "${files[*]}")
	cd "$results"
	"$top/selftests/setup/tally.sh" check.tap "${files[@]#"$results"/}" | tee summary.txt
}

main "$@"
