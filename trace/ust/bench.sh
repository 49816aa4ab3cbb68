#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bench.sh BENCH LIBRARY - what a tracepoint costs: without the library, with it and nobody
# listening, and with a flight recorder running.
#
# Each line is one result of TAP; limits are 1 ns for what is off and 200 ns for what is on.
# `bench.sh --run BENCH LIBRARY` is the part that needs a session daemon, as an ordinary user.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
count=0 failed=0

# measure WANTED NAME LIMIT COMMAND...: WANTED is whether the hook has to be on
measure() {
	local wanted=$1 name=$2 limit=$3 said code=0
	shift 3
	said=$("$@" "$name" "$limit") || code=$?
	[[ $said == *"hook $wanted)" ]] || code=1
	count=$((count + 1))
	if [ "$code" = 0 ]; then
		echo "ok $count - $said"
	else
		echo "not ok $count - ${said:-$name: no figure}"
		failed=1
	fi
}

run() {
	local bench=$1
	export VCM_UST=$2
	# shellcheck source=trace/sessions/session.sh
	. "$here/../sessions/session.sh"
	measure off "not preloaded" 1 "$bench"
	session_open
	measure off "preloaded, nobody listens" 1 session_run "$bench"
	session_create --snapshot
	session_events --overwrite --subbuf-size=1M --num-subbuf=4
	lttng -q start "$session"
	measure on "recorded in a flight recorder" 200 session_run "$bench"
	echo "1..$count"
	exit "$failed"
}

main() {
	local work code=0
	work=$(mktemp -d)
	mkdir "$work/ust" "$work/sessions"
	cp "$0" "$1" "$2" "$work/ust/"
	cp "$here"/../sessions/*.sh "$work/sessions/"
	local become=()
	if [ "$(id -u)" = 0 ]; then
		chown -R 65534:65534 "$work"
		become=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	fi
	(cd "$work/ust" && "${become[@]}" env HOME="$work" TMPDIR="$work" bash ./bench.sh --run \
		"$work/ust/$(basename "$1")" "$work/ust/$(basename "$2")") || code=$?
	rm -rf "$work"
	return "$code"
}

if [ "$1" = --run ]; then
	run "$2" "$3"
else
	main "$@"
fi
