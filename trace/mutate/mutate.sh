#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mutate.sh - would a defect of the core be noticed?  As TAP, one test for each defect.
#
# Applies each defect of core.mutants to a copy of kernel/core, runs the unit tests on it, and says
# which notices first.  A defect that nobody notices, or that no longer applies, is a failure.
# OUT is where the copy and its objects go.  Takes some minutes; not a part of check.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
out=${OUT:-$top/build/mutate}
copy=$out/core
program=$out/obj/plain/vcm-unit
number=0 missed=0

build() {
	make -s -C "$top/trace" OUT="$out/obj" CORE="$copy" "$program" >"$out/build.log" 2>&1
}

# The first test that fails, "build" when the compiler notices, or nothing.
noticed_by() {
	local name
	if ! build; then
		echo "the compiler"
		return
	fi
	timeout 200 "$program" -s 1 -n 20000 >"$out/run.log" 2>&1 || true
	name=$(sed -n 's/^not ok [0-9]* //p' "$out/run.log" | head -n 1)
	if [ -z "$name" ] && ! tail -n 1 "$out/run.log" | grep -q ' 0 failed$'; then
		name="the time limit"
	fi
	echo "$name"
}

# one FILE SCRIPT WHAT
one() {
	local file=$1 script=$2 what=$3 by
	number=$((number + 1))
	sed -E "$script" "$top/kernel/core/$file" >"$copy/$file"
	if cmp -s "$copy/$file" "$top/kernel/core/$file"; then
		echo "not ok $number - mutate: $file: $what: does not apply any more"
		missed=$((missed + 1))
		return
	fi
	by=$(noticed_by)
	if [ -n "$by" ]; then
		echo "ok $number - mutate: $file: $what: noticed by $by"
	else
		echo "not ok $number - mutate: $file: $what: noticed by nobody"
		missed=$((missed + 1))
	fi
	cp "$top/kernel/core/$file" "$copy/$file"
}

mkdir -p "$copy"
cp "$top"/kernel/core/*.[ch] "$copy"
mapfile -t mutants < <(grep -v '^#' "$here/core.mutants")
echo "TAP version 13"
echo "1..$((${#mutants[@]} + 1))"
by=$(noticed_by)
number=1
if [ -z "$by" ]; then
	echo "ok 1 - mutate: without a defect nothing is noticed"
else
	echo "not ok 1 - mutate: without a defect: $by"
	exit 1
fi
for mutant in "${mutants[@]}"; do
	file=${mutant%%|*}
	what=${mutant##*|}
	script=${mutant#*|}
	one "$file" "${script%|*}" "$what"
done
exit $((missed > 0))
