#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# coverage.sh TOP OBJECTS PROGRAM - what of kernel/core the unit and property tests reach, as TAP.
#
# TOP is the tree, OBJECTS the folder with the .gcda files of core/, PROGRAM the instrumented tests.
# One seed and no threads, so two runs reach the same.  Fails below the two limits, and when the
# table in docs/testing.md is not exactly what was not reached.
#
# A branch counts when it was taken; those of lockdep_assert_held() do not, because the other side
# of each ends the program.
set -euo pipefail

top=$1 objects=$2 program=$3
least_lines=95 least_branches=85
doc=$top/docs/testing.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

run_tests() {
	local names
	find "$objects" -name '*.gcda' -delete
	mapfile -t names < <("$program" -l | grep -v '^threads\.')
	if ! "$program" -s 1 "${names[@]}" >"$work/tests" 2>&1; then
		grep -E '^(#|not ok)' "$work/tests" || true
		return 1
	fi
}

# "lines FILE hit all branches_hit branches_all" and "miss FILE FUNCTION lines branches".
measure() {
	(cd "$work" && gcov -b -c -r -s "$top" "$objects"/core/*.gcda >/dev/null)
	for file in "$work"/*.c.gcov; do
		awk -v file="$(basename "$file" .gcov)" '
		/^function / { name = $2; next }
		/^branch / {
			if (source ~ /lockdep_assert_held\(/)
				next
			branches++
			if (/never executed|taken 0/)
				missed_branch[name]++
			else
				taken++
			next
		}
		/^ *[0-9#=]+\*?: *[0-9]+:/ {
			source = $0
			lines++
			if (/^ *[#=]/)
				missed_line[name]++
			else
				hit++
		}
		END {
			print "lines", file, hit + 0, lines + 0, taken + 0, branches + 0
			for (name in missed_branch)
				any[name]
			for (name in missed_line)
				any[name]
			for (name in any)
				print "miss", file, name, missed_line[name] + 0,
					missed_branch[name] + 0
		}' "$file"
	done | LC_ALL=C sort
}

# Rows "| `file.c` | `function` |" of the table, as "file function".
documented() {
	# shellcheck disable=SC2016 # backquotes of the document
	sed -nE 's/^\| `([a-z_]+\.c)` \| `([a-z0-9_]+|\*)` \|.*[a-z].*\|$/\1 \2/p' "$doc" |
		LC_ALL=C sort
}

# verdict NUMBER NAME COMMAND...
verdict() {
	local number=$1 name=$2
	shift 2
	if "$@"; then
		echo "ok $number - coverage: $name"
	else
		echo "not ok $number - coverage: $name"
		failed=1
	fi
}

report() {
	awk '$1 == "lines" {
		printf "# %-12s %4d of %4d lines %6.2f%%  %4d of %4d branches %6.2f%%\n",
			$2, $3, $4, 100 * $3 / $4, $5, $6, $6 ? 100 * $5 / $6 : 100
	}' "$work/measured"
	awk '$1 == "miss" { printf "# not reached: %s %s: %d lines, %d branches\n", $2, $3, $4, $5 }
	' "$work/measured"
}

failed=0
echo "TAP version 13"
echo "1..4"
verdict 1 "all tests pass" run_tests
measure >"$work/measured"
report
read -r lines branches < <(awk '$1 == "lines" { a += $3; b += $4; c += $5; d += $6 }
	END { printf "%.2f %.2f\n", 100 * a / b, 100 * c / d }' "$work/measured")
at_least() {
	awk -v a="$1" -v b="$2" 'BEGIN { exit !(a >= b) }'
}
verdict 2 "$lines% of the lines, at least $least_lines%" at_least "$lines" $least_lines
verdict 3 "$branches% of the branches, at least $least_branches%" \
	at_least "$branches" $least_branches
awk '$1 == "miss" { print $2, $3 }' "$work/measured" | LC_ALL=C sort >"$work/missed"
documented >"$work/documented"
# Each of the one has to be in the other; "*" is any function of its file.
same() {
	awk '
	FILENAME == ARGV[1] { row[$0] = $1; next }
	($0 in row) { used[$0]; next }
	($1 " *" in row) { used[$1 " *"]; next }
	{ print "# not in the table: " $0; bad = 1 }
	END {
		for (r in row)
			if (!(r in used)) {
				print "# in the table, but reached or not there: " r
				bad = 1
			}
		exit bad
	}' "$work/documented" "$work/missed"
}
verdict 4 "docs/testing.md lists what is not reached, and nothing else" same
exit "$failed"
