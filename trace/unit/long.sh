#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# long.sh PLAIN SANITIZED - the long run of the random calls, as TAP.
#
# VCM_OPS calls (ten million) of one seed by the optimised program, twice: both have to give the
# same digest of all events.  Then a twentieth of it under the sanitizers, which has to have the
# digest of as many calls by the optimised program.  Every call is followed by every check.
set -euo pipefail

plain=$1 sanitized=$2
ops=${VCM_OPS:-10000000}
seed=${VCM_SEED:-$RANDOM$RANDOM}
test=random.random_calls_agree_with_the_oracle
number=0 failed=0

verdict() {
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - long: $2"
	else
		echo "not ok $number - long: $2"
		failed=1
	fi
}

# run NAME PROGRAM CALLS: leaves the digest in $digest.
run() {
	local name=$1 program=$2 calls=$3 begin=$SECONDS code=0 output
	output=$(env -u VCM_OPS "$program" -s "$seed" -n "$calls" "$test" 2>&1) || code=$?
	grep -E '^(#|==| )' <<<"$output" || true
	digest=$(sed -n 's/^# digest \([0-9a-f]*\),.*/\1/p' <<<"$output")
	echo "# $name: $((SECONDS - begin)) s"
	verdict "$code" "$calls calls agree with the oracle, $name"
}

same() {
	local code=1
	if [ -n "$1" ] && [ "$1" = "$2" ]; then
		code=0
	fi
	verdict $code "$3"
}

echo "TAP version 13"
echo "# seed $seed"
echo "1..6"
run "first run" "$plain" "$ops"
first=$digest
run "second run" "$plain" "$ops"
same "$first" "$digest" "two runs of one seed have the same events"
run "fewer" "$plain" $((ops / 20))
first=$digest
run "under the sanitizers" "$sanitized" $((ops / 20))
same "$first" "$digest" "the sanitizers see the same events"
exit "$failed"
