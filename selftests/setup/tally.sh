#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tally.sh FILE... - add up TAP files; the last line printed is "N passed, N failed".
#
# Counts the results of tests, not of summaries: the line that closes a nested block counts only
# when it fails and nothing inside did.  A file that is missing, has no plan, or holds another
# number of results than its plan says adds one failure and a line telling why, so a test program
# that dies half way can never look like one that passed.  Skipped tests count as neither; each
# is listed with its reason, and after all of these what failed, with the last that it said.
#
# Nesting is understood as indentation (KTAP) or as a "# " prefix (the kselftest runner).
#
# Exit: 0 nothing failed and something passed, 1 otherwise, 2 usage.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if [ $# -eq 0 ]; then
	echo "usage: tally.sh FILE..." >&2
	exit 2
fi

# Prints "passed failed skipped", after "# " lines for people.
count() {
	awk -v file="$1" -f "$here/tally.awk" "$1"
}

passed=0 failed=0 skipped=0 complaints=()
for file in "$@"; do
	if [ ! -f "$file" ] || [ ! -r "$file" ]; then
		complaints+=("# $file: missing")
		failed=$((failed + 1))
		continue
	fi
	answer=$(count "$file")
	sed -n '/^# skipped: /p' <<<"$answer"
	mapfile -t -O "${#complaints[@]}" complaints < <(sed '$d; /^# skipped: /d' <<<"$answer")
	read -r p f s < <(tail -n 1 <<<"$answer")
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
[ "$skipped" = 0 ] || echo "# $skipped skipped"
[ "${#complaints[@]}" = 0 ] || printf '%s\n' "${complaints[@]}"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
