#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kselftest.sh [boot.sh option]... - run the kselftests in a guest with the modules loaded.
#
# $T names the programs to run, with or without .sh; all of them when it is empty.
#
# Leaves in build/results: kselftest.tap (did every program run to its end, is nothing left),
# kselftest-NAME.tap (what program NAME printed), kselftest-run.tap (how the guest ended, is its
# log clean) and kselftest.log (kernel log).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$top/build
results=$build/results
log=$results/kselftest.log
read -ra names <<<"${T:-}"
code=0

mkdir -p "$results"
rm -f "$results"/kselftest*.tap "$log"
# Two devices, so that tests can share a context between them.
"$here/boot.sh" --results "$results" --log "$log" --timeout 1800 --edu 2 "$@" -- \
	"$here/guest-run.sh" "$build/kernel/vcm.ko" "$build/kernel/vcm_edu.ko" -- \
	"$here/guest-kselftest.sh" "$build/selftests" "$results" "${names[@]}" || code=$?

{
	echo "1..2"
	case $code in
	124 | 125)	echo "not ok 1 - the guest ran to its end (boot.sh: $code)" ;;
	*)		echo "ok 1 - the guest ran to its end" ;;
	esac
	if "$here/splat.sh" "$log" >"$results/kselftest-splat.txt"; then
		echo "ok 2 - the kernel log is clean"
	else
		sed 's/^/# /' "$results/kselftest-splat.txt"
		echo "not ok 2 - the kernel log is clean"
	fi
} | tee "$results/kselftest-run.tap"
rm -f "$results/kselftest-splat.txt"
exit "$code"
