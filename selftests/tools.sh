#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tools.sh - vcmstat hist and leak against a truth that is known, and what is said to who may not
# look or when something is absent.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/vcm_util.sh"

# each of the 36 programs of hist waits for every processor, and emulated ones are slow
deadline=$((4 * deadline))

# What vcm_flow does before it says "holding": see finish() there.
expected_counts() {
	printf '%s\n' "create 2" "phys_alloc 2" "reserve 6" "bind 2"
}

# counted RUNG: vcmstat counts what vcm_flow did, by that rung; under load every report is whole
counted() {
	local rung=$1 op want got load
	"$vcmstat" hist 0.2 --json --buckets >"$scratch/hist" 7>&- &
	watch=$!
	wait_until grep -q '"type":"header"' "$scratch/hist"
	grep "\"source\":\"$rung\"" "$scratch/hist"
	start_flow "$scratch/flow" 0
	wait_until counts_are_there
	stop_flow
	while read -r op want; do
		got=$(count_of "$op")
		echo "$op: $got calls"
		[ "$got" = "$want" ]
	done < <(expected_counts)
	"$flow" load "${VCM_SEED:-1}" 2>/dev/null &
	load=$!
	wait_until reports_of reserve 12
	kill "$load"
	stop_watch "$scratch/hist" INT
	"$here/tools.py" hist "$scratch/hist"
}

reports_of() {
	[ "$(grep -c "^{\"type\":\"hist\",.*\"op\":\"$1\"" "$scratch/hist")" -ge "$2" ]
}

# Over all reports.
count_of() {
	sed -nE "s/^\\{\"type\":\"hist\",.*\"op\":\"$1\",\"count\":([0-9]+),.*/\\1/p" \
		"$scratch/hist" |
		awk '{ sum += $1 } END { print sum + 0 }'
}

counts_are_there() {
	local op want
	while read -r op want; do
		[ "$(count_of "$op")" -ge "$want" ] || return 1
	done < <(expected_counts)
}

hist_by_fentry_counts_every_call() {
	need_vcmstat
	counted fentry
}

# in_subshell COMMAND...: its code is in $code; an || would switch errexit off inside
in_subshell() {
	set +e
	(
		trap end_children EXIT
		set -e
		"$@"
	)
	code=$?
	set -e
}

hist_by_kprobe_counts_every_call() {
	local code=0
	need_vcmstat
	without_btf
	in_subshell counted kprobe
	with_btf
	[ "$code" = 0 ]
}

leak_sees() {
	grep -q "\"kind\":\"reservation\".*\"comm\":\"vcm_flow\"" "$scratch/leak" &&
		grep -q "\"kind\":\"phys\".*\"comm\":\"vcm_flow\"" "$scratch/leak" &&
		grep -q "\"kind\":\"context\".*\"comm\":\"vcm_flow\"" "$scratch/leak"
}

# leaked RUNG: everything that vcm_flow holds is told, with where it was taken and by whom
leaked() {
	local last
	"$vcmstat" leak 0.2 --older 0.1 --json >"$scratch/leak" 7>&- &
	watch=$!
	wait_until grep -q '"type":"header"' "$scratch/leak"
	grep "\"source\":\"$1\"" "$scratch/leak"
	start_flow "$scratch/flow" 0
	wait_until leak_sees
	"$here/tools.py" leak "$scratch/leak" "$holder"
	stop_flow
	last=$(wc -l <"$scratch/leak")
	wait_until report_without_flow "$last"
	stop_watch "$scratch/leak" TERM
}

# A whole report behind line $1 that has nothing of vcm_flow any more.
report_without_flow() {
	sed "1,$1d" "$scratch/leak" | awk '
		/"type":"leaks"/ { if (whole && !bad) found = 1; whole = 1; bad = 0 }
		/"comm":"vcm_flow"/ { bad = 1 }
		END { exit !found }'
}

leak_by_tp_btf_names_who_took_what_where() {
	need_vcmstat
	leaked tp_btf
}

leak_by_raw_tp_names_who_took_what_where() {
	local code=0
	need_vcmstat
	without_btf
	in_subshell leaked raw_tp
	with_btf
	[ "$code" = 0 ]
}

# said CODE TEXT COMMAND...: the exit code, and one line that has the text
said() {
	local want=$1 text=$2 code=0
	shift 2
	"$@" >"$scratch/out" 2>"$scratch/err" || code=$?
	echo "${*: -2}: $code, $(cat "$scratch/err")"
	[ "$code" = "$want" ]
	[ "$(wc -l <"$scratch/err")" = 1 ]
	grep -qF -- "$text" "$scratch/err"
	[ ! -s "$scratch/out" ]
}

as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

who_is_not_root_is_told_so() {
	local command mine=/tmp/vcmstat-of-nobody
	need_vcmstat
	command -v setpriv >/dev/null || skip "no setpriv"
	cp "$vcmstat" "$mine"
	chmod 755 "$mine"
	for command in list map refs events top hist leak "record /dev/null" verify "rates 1" \
		       fault "export -f svg"; do
		# shellcheck disable=SC2086 # words of a command
		said 6 "run as root" as_nobody "$mine" $command
	done
	rm "$mine"
}

# The best source that is left is taken; who insists is told why not.
without_btf_one_line_says_so() {
	local code=0
	need_vcmstat
	without_btf
	in_subshell said 3 "no BTF" "$vcmstat" --source tp_btf events
	with_btf
	[ "$code" = 0 ]
}

main() {
	tap_plan 6
	tap_case leak_by_tp_btf_names_who_took_what_where
	tap_case leak_by_raw_tp_names_who_took_what_where
	tap_case who_is_not_root_is_told_so
	tap_case without_btf_one_line_says_so
	tap_case hist_by_fentry_counts_every_call
	tap_case hist_by_kprobe_counts_every_call
	tap_end
}

main
