#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh RESULT GOLDEN PROGRAM... - run the unit tests of vcmstat, one TAP stream of all.
#
# A program that dies, or runs fewer tests than it planned, is a failed test of its own.
set -euo pipefail

result=$1 golden=$2
shift 2
export VCMSTAT_GOLDEN=$golden
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1

number=0 failed=0 body=''

take() {
	body+="$1"$'\n'
	echo "$1"
}

verdict() {	# ok|"not ok" sentence
	number=$((number + 1))
	[ "$1" = ok ] || failed=$((failed + 1))
	take "$1 $number - $2"
}

run_one() {
	local program=$1 name planned=0 seen=0 bad=0 code=0 output line
	name=$(basename "$program")
	output=$("$program" 2>&1) || code=$?
	while IFS= read -r line; do
		case $line in
		1..*)		planned=${line#1..} ;;
		"ok "*)		seen=$((seen + 1)); verdict ok "${line#* - }" ;;
		"not ok "*)	seen=$((seen + 1)); bad=1; verdict "not ok" "${line#* - }" ;;
		*)		take "# ${line#\# }" ;;
		esac
	done <<<"$output"
	if [ "$planned" -eq 0 ] || [ "$seen" -ne "$planned" ]; then
		verdict "not ok" "$name: $seen of $planned tests ran, exit code $code"
	elif [ "$code" -ne "$bad" ]; then
		verdict "not ok" "$name: exit code $code"
	fi
}

echo "TAP version 13"
for program in "$@"; do
	run_one "$program"
done
take "1..$number"
printf 'TAP version 13\n%s' "$body" >"$result"
echo "# $((number - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
