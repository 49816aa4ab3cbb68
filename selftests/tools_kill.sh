#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tools_kill.sh - vcmstat events ended at any moment by INT, TERM, PIPE and KILL, over every source
# that has events: what was written parses, no loss is untold, nothing stays attached.
#
# VCM_KILLS runs are ended, a multiple of 16; VCM_SEED gives the same moments again, as far as that
# can be.  kill_test of vcmstat does the same 200 times to a recorded source, natively.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/vcm_util.sh"

kills=${VCM_KILLS:-48}
seed=${VCM_SEED:-$RANDOM}
signals=(INT TERM PIPE KILL)
sources=(tp_btf raw_tp tracefs tp)
# four at once are attached by emulated processors, on a machine that others use too
deadline=$((4 * deadline))

has_written() {
	[ "$(stat -c %s "$1")" -ge "$2" ]
}

has_events() {
	[ "$(grep -c '"type":"event"' "$1")" -ge "$2" ]
}

# first LINES EVENTS: so many lines, or to the one with the last of so many events
first() {
	awk -v lines="$1" -v events="$2" '{ print }
		/"type":"event"/ { seen++ }
		events ? seen == events : NR == lines { exit }'
}

# pipe_breaks SOURCE FILE LINES EVENTS: nobody reads any more after so many of either; the exit code
# is in $code
pipe_breaks() {
	local codes
	set +o pipefail
	"$vcmstat" --source "$1" events --json 2>"$2.err" | first "$3" "$4" >"$2"
	codes=("${PIPESTATUS[@]}")
	code=${codes[0]}
	[ "${codes[1]}" = 0 ]
}

# signal_comes SOURCE FILE SIGNAL WHEN EVENTS: after so many bytes, or milliseconds when negative,
# or events when there is a number of them
signal_comes() {
	local pid when=$4
	# a shell without job control has its background not listen to INT
	(
		trap - INT
		exec "$vcmstat" --source "$1" events --json
	) >"$2" 2>"$2.err" &
	pid=$!
	if [ "$5" != 0 ]; then
		wait_until has_events "$2" "$5" || { cat "$2.err"; return 1; }
	elif [ "$when" -lt 0 ]; then
		sleep "$(printf '%d.%03d' $((-when / 1000)) $((-when % 1000)))"
	else
		wait_until has_written "$2" "$when" || { cat "$2.err"; return 1; }
	fi
	kill "-$3" "$pid"
	wait "$pid" 2>/dev/null || code=$?	# the shell would remark on it
}

# end_at SOURCE FILE SIGNAL WHEN LINES EVENTS: one run; a line about it is for tools.py
end_at() {
	local code=0
	if [ "$3" = PIPE ]; then
		pipe_breaks "$1" "$2" "$5" "$6"
	else
		signal_comes "$1" "$2" "$3" "$4" "$6"
	fi
	echo "$2 $1 $3 $code" >"$2.run"
}

# One run of each source, each with another signal, at once.  In four rounds every source has had
# every signal while it was at work; in those that follow it may be anywhere.
end_all() {
	local round=$1 i when events runs=()
	for i in 0 1 2 3; do
		when=$((RANDOM % 30000 + 1))
		# while it is being attached, too
		[ $((RANDOM % 4)) != 0 ] || when=$((-when / 8 - 1))
		events=$((round < 4 ? 1 + RANDOM % 100 : 0))
		end_at "${sources[i]}" "$scratch/killed.$round.$i" \
			"${signals[(i + round) % 4]}" "$when" $((1 + RANDOM % 600)) "$events" &
		runs+=($!)
	done
	for i in "${runs[@]}"; do
		wait "$i"
	done
}

events_ended_anywhere_tell_the_truth() {
	local round load
	need_vcmstat
	command -v bpftool >/dev/null || skip "no bpftool"
	echo "VCM_SEED=$seed"
	RANDOM=$seed
	"$flow" load "$seed" 2>/dev/null &
	load=$!
	for ((round = 0; round < kills / 4; round++)); do
		end_all "$round"
		wait_until nothing_is_attached
	done
	kill -0 "$load"
	cat "$scratch"/killed.*.run >"$scratch/runs"
	[ "$(wc -l <"$scratch/runs")" = "$kills" ]
	"$here/tools.py" killed "$scratch/runs"
}

main() {
	tap_plan 1
	tap_case events_ended_anywhere_tell_the_truth
	tap_end
}

main
