#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# replay.sh - the events are the whole truth: applied to the state they began with, they give
# exactly what debugfs shows at the end.
#
# Two readers that share no code do it: replay.py and vcmstat itself.  The rest of the cases
# show that both notice when a line is missing or wrong.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/vcm_util.sh"

oracle=$here/replay.py
record=$scratch/record
ops=1500

# The record holds everything that has happened.
caught_up() {
	wait_until "$oracle" reached "$1" "$debugfs" || {
		"$oracle" reached "$1" "$debugfs"
		return 1
	}
}

# vcmstat prints FILE of debugfs from RECORD as the kernel prints it.
same_file() {
	"$vcmstat" list --input "$1" --format debugfs --file "$2" >"$scratch/theirs"
	diff -u "$debugfs/$2" "$scratch/theirs"
}

same_files() {
	local path
	for path in "$debugfs"/{contexts,memory,assocs} "$debugfs"/[0-9]*/map; do
		same_file "$1" "${path#"$debugfs/"}"
	done
}

run_sample() {
	if [ -e "$edu_debugfs/$edu/run" ]; then
		echo "1 3" >"$edu_debugfs/$edu/run"
	fi
}

events_replayed_on_the_first_state_give_the_last() {
	need_vcmstat
	start_watch "$record"
	run_sample
	start_flow "$scratch/flow" "$ops"
	caught_up "$record"
	"$oracle" compare "$record" "$debugfs"
	cp "$record" "$scratch/live"
	same_files "$record"
	stop_flow
	caught_up "$record"
	"$oracle" compare "$record" "$debugfs"
	stop_watch "$record" INT
	tail -n 1 "$record" | grep '"lost":0,'
}

a_state_that_is_not_empty_is_replayed_too() {
	need_vcmstat
	start_flow "$scratch/flow" "$ops"
	start_watch "$record.late"
	grep -q '"type":"reservation"' "$record.late"
	"$oracle" compare "$record.late" "$debugfs"
	same_files "$record.late"
	"$flow" run "$ops"
	caught_up "$record.late"
	"$oracle" compare "$record.late" "$debugfs"
	stop_flow
	caught_up "$record.late"
	"$oracle" compare "$record.late" "$debugfs"
	stop_watch "$record.late" TERM
}

the_first_record_is_the_header_and_the_last_the_end() {
	[ -s "$record" ] || skip "no record"
	head -n 1 "$record" | grep '"type":"header","schema":1,"tool":"vcmstat"'
	tail -n 1 "$record" | grep '"type":"end"'
	[ "$(grep -c '"type":"header"' "$record")" = 1 ]
	[ "$(grep -c '"type":"end"' "$record")" = 1 ]
}

# The line of an event of the registry that changed nothing: without it only its number is missing.
middle_event() {
	grep -nE '"event":"vcm_error","ts_ns":[0-9]+,"stream":0,' "$record" | cut -d: -f1 |
		awk '{ line[NR] = $1 } END { print line[int((NR + 1) / 2)] }'
}

# refuses FILE TEXT: the oracle says that FILE is wrong, and why
refuses() {
	local code=0
	"$oracle" compare "$1" "$debugfs" >"$scratch/said" || code=$?
	cat "$scratch/said"
	[ "$code" = 1 ]
	grep -q "$2" "$scratch/said"
}

a_missing_event_is_noticed() {
	local code=0
	[ -s "$record" ] || skip "no record"
	sed "$(middle_event)d" "$record" >"$record.gap"
	refuses "$record.gap" gap
	"$vcmstat" list --input "$record.gap" --strict >"$scratch/said" 2>&1 || code=$?
	echo "vcmstat list --strict: $code"
	[ "$code" = 5 ]
}

an_event_told_twice_is_noticed() {
	[ -s "$record" ] || skip "no record"
	sed "$(middle_event)p" "$record" >"$record.twice"
	refuses "$record.twice" gap
}

a_change_without_an_event_is_noticed() {
	[ -s "$scratch/live" ] || skip "no record"
	# the record of a moment when there were objects, and a kernel that has none
	refuses "$scratch/live" "contexts .* are shown"
}

main() {
	tap_plan 6
	tap_case events_replayed_on_the_first_state_give_the_last
	tap_case a_state_that_is_not_empty_is_replayed_too
	tap_case the_first_record_is_the_header_and_the_last_the_end
	tap_case a_missing_event_is_noticed
	tap_case an_event_told_twice_is_noticed
	tap_case a_change_without_an_event_is_noticed
	tap_end
}

main
