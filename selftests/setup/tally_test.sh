#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tally_test.sh - proves that tally.sh counts right and that nothing broken counts as passed.
# TAP on standard output.
set -euo pipefail

tally=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/tally.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0 failed=0

# expect TEXT CODE LAST-LINE TAP: the tally of this TAP
expect() {
	local text=$1 want=$2 last=$3 code=0
	printf '%b' "$4" >"$work/tap"
	compare "$text" "$want" "$last" "$work/tap"
}

compare() {
	local text=$1 want=$2 last=$3 code=0
	shift 3
	"$tally" "$@" >"$work/said" 2>&1 || code=$?
	count=$((count + 1))
	if [ "$code" = "$want" ] && [ "$(tail -n 1 "$work/said")" = "$last" ]; then
		echo "ok $count - $text"
		return
	fi
	echo "# exit $code, expected $want; last line expected: $last"
	sed 's/^/#   /' "$work/said"
	echo "not ok $count - $text"
	failed=1
}

runner='ok 1 selftests: vcm: abi\n# selftests: vcm: sh\nok 2 selftests: vcm: sh\n'

echo "TAP version 13"

expect "passes are counted" 0 "2 passed, 0 failed" '1..2\nok 1 - a\nok 2 - b\n'
expect "a plan at the end is a plan" 0 "1 passed, 0 failed" 'ok 1\n1..1\n'
expect "failures are counted" 1 "1 passed, 1 failed" '1..2\nok 1 - a\nnot ok 2 - b\n'
expect "a skip is neither" 0 "1 passed, 0 failed" '1..2\nok 1 - a\nok 2 - b # SKIP no device\n'
expect "carriage returns do not matter" 0 "1 passed, 0 failed" '1..1\r\nok 1 - a\r\n'
expect "an expected failure passes" 0 "2 passed, 0 failed" '1..2\nok 1\nnot ok 2 # XFAIL x\n'
expect "all skipped is no success" 1 "0 passed, 0 failed" '1..0 # SKIP no module\n'
expect "an empty file fails" 1 "0 passed, 1 failed" ''
expect "no plan fails" 1 "1 passed, 1 failed" 'ok 1 - a\n'
expect "fewer results than planned fail" 1 "1 passed, 1 failed" '1..3\nok 1 - a\n'
expect "more results than planned fail" 1 "2 passed, 1 failed" '1..1\nok 1 - a\nok 2 - b\n'
expect "two plans fail" 1 "1 passed, 1 failed" '1..1\n1..1\nok 1 - a\n'
expect "bailing out fails" 1 "1 passed, 2 failed" '1..2\nok 1 - a\nBail out! no memory\n'
expect "words that begin like a result are none" 0 "1 passed, 0 failed" \
	'1..1\nokay then\nok 1 - a\n'
expect "nested results count, their summary does not" 0 "2 passed, 0 failed" \
	'1..1\n    1..2\n    ok 1 - a\n    ok 2 - b\nok 1 - both\n'
expect "a nested failure counts once" 1 "1 passed, 1 failed" \
	'1..1\n    1..2\n    ok 1 - a\n    not ok 2 - b\nnot ok 1 - both\n'
expect "a summary that fails alone counts" 1 "1 passed, 1 failed" \
	'1..1\n    1..1\n    ok 1 - a\nnot ok 1 - exit code 139\n'
expect "a nested block without a plan fails" 1 "1 passed, 1 failed" \
	'1..1\n    ok 1 - a\nok 1 - block\n'
expect "a nested block that is cut fails" 1 "1 passed, 1 failed" \
	'1..1\n    1..2\n    ok 1 - a\nok 1 - block\n'
expect "the kselftest runner's prefix is nesting" 0 "3 passed, 0 failed" \
	"1..2\n# selftests: vcm: abi\n# 1..2\n#  RUN  x\n# ok 1 a\n# ok 2 b\n$runner"
printf '1..1\nok 1\n' >"$work/good"
compare "a missing file fails" 1 "1 passed, 1 failed" "$work/good" "$work/none"
compare "files add up" 0 "2 passed, 0 failed" "$work/good" "$work/good"

printf '1..3\nok 1 - a # SKIP no b\n# 1 is not 2\nnot ok 2 - c\nok 3 - d\n' >"$work/bad"
printf '1..1\nok 1 - e # SKIP no f\n' >"$work/skips"
compare "what failed comes last, with its reason" 1 "1 passed, 1 failed" "$work/bad" "$work/skips"
tail -n 3 "$work/said" >"$work/end"
printf '# failed: %s: not ok 2 - c\n#    1 is not 2\n' "$work/bad" >"$work/want"
head -n 2 "$work/end" | diff "$work/want" - >"$work/said" || different=1
count=$((count + 1))
if [ "${different-0}" = 0 ]; then
	echo "ok $count - and nothing comes between it and the sum"
else
	sed 's/^/#   /' "$work/said"
	echo "not ok $count - and nothing comes between it and the sum"
	failed=1
fi
compare "no file is a usage error" 2 "usage: tally.sh FILE..."

echo "1..$count"
exit "$failed"
