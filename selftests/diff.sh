#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# diff.sh - the kernel and the user-space build are the same machine: every scenario that was
# recorded by diff-record.sh is played here by vcm_test.ko, and the events are equal.
#
# The kernel's are taken twice, by BPF (vcmstat events) and from the trace buffer of tracefs.  The
# rest of the cases show that a comparison notices what is missing or wrong on either side.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/vcm_util.sh"

oracle=$here/diff.py
recorded=${VCM_DIFF:-$(near diff || true)}
module=${VCM_TEST_MODULE:-$(near mod/vcm_test.ko || true)}
play=/sys/kernel/debug/vcm_test
instance=/sys/kernel/tracing/instances/vcm_diff
ust=$recorded/ust.txt
lines=$recorded/ust.lines
bpf=$scratch/bpf
ftrace=$scratch/ftrace
deadline=200

test_cleanup() {
	if [ -d "$instance" ]; then
		rmdir "$instance" || true
	fi
	if [ -d /sys/module/vcm_test ]; then
		rmmod vcm_test || true
	fi
}

need_record() {
	[ -s "$lines" ] || skip "no user-space record; make diff-record, or set VCM_DIFF"
	[ -n "$module" ] || skip "no vcm_test.ko; set VCM_TEST_MODULE"
	[[ "$(modinfo -F vermagic "$module") " == "$(uname -r) "* ]] ||
		skip "$module is of another kernel"
	need_vcmstat
}

trace_on() {
	mkdir "$instance"
	echo mono >"$instance/trace_clock"
	echo 32768 >"$instance/buffer_size_kb"
	echo 1 >"$instance/events/vcm/enable"
}

trace_off() {
	echo 0 >"$instance/events/vcm/enable"
	cat "$instance/trace" >"$ftrace"
	cat "$instance"/per_cpu/cpu*/stats >"$ftrace.stats"
	rmdir "$instance"
}

# Each by a process of its own: that is how scenarios are told apart.
play_all() {
	local name
	while read -r name; do
		cat "$recorded/$name" >"$play/play" || {
			echo "$name:$(cat "$play/result")"
			return 1
		}
	done <"$recorded/list.txt"
}

# The record has as many events as the trace buffer.
caught_up() {
	[ "$(grep -c '"type":"event"' "$bpf")" -ge "$1" ]
}

every_scenario_plays_in_the_kernel() {
	local events
	need_record
	[ -d /sys/module/vcm_test ] || insmod "$module"
	trace_on
	start_watch "$bpf"
	play_all
	trace_off
	events=$(grep -c ': vcm_' "$ftrace")
	wait_until caught_up "$events"
	stop_watch "$bpf" INT
	tail -n 1 "$bpf" | grep '"lost":0,'
	refute grep -E '(overrun|dropped events): [1-9]' "$ftrace.stats"
	wc -l <"$recorded/list.txt"
}

bpf_and_user_space_tell_the_same() {
	[ -s "$bpf" ] || skip "no record"
	mapfile -t names <"$recorded/list.txt"
	"$oracle" compare "$bpf" "$lines" "${names[@]}"
}

ftrace_and_user_space_tell_the_same() {
	[ -s "$ftrace" ] || skip "no record"
	mapfile -t names <"$recorded/list.txt"
	"$oracle" compare "$ftrace" "$lines" "${names[@]}"
}

# refuses A B: the comparison finds a difference, or no order in one
refuses() {
	local code=0
	"$oracle" compare "$1" "$2" >"$scratch/said" 2>&1 || code=$?
	head -n 1 "$scratch/said"
	[ "$code" = 1 ]
}

# One scenario of each record, which has events of many kinds.
pick_one() {
	local nr side
	[ -s "$bpf" ] || skip "no record"
	[ ! -e "$scratch/one.bpf" ] || return 0
	nr=$(grep -n '^use-after-unmap.vcm$' "$recorded/list.txt" | cut -d: -f1)
	for side in "$bpf" "$ftrace" "$ust"; do
		"$oracle" pick "$side" "$nr" >"$scratch/one.$(basename "$side")"
	done
	"$oracle" compare "$scratch/one.bpf" "$scratch/one.ust.txt"
}

# noticed_on_both_sides EVENT SED: apply it to an event of each side; each time it is noticed
noticed_on_both_sides() {
	local side
	for side in bpf ftrace ust.txt; do
		sed -E "0,/$1/{/$1/$2}" "$scratch/one.$side" >"$scratch/wrong"
		refute cmp -s "$scratch/one.$side" "$scratch/wrong"
		if [ "$side" = ust.txt ]; then
			refuses "$scratch/one.bpf" "$scratch/wrong"
		else
			refuses "$scratch/wrong" "$scratch/one.ust.txt"
		fi
	done
}

an_event_that_is_missing_is_noticed() {
	pick_one
	noticed_on_both_sides vcm_map d
}

a_field_that_is_missing_is_noticed() {
	pick_one
	noticed_on_both_sides vcm_fault 's/,"refs":[0-9]+| refs=[0-9]+| refs = [0-9]+,//'
}

a_value_that_is_wrong_is_noticed() {
	pick_one
	noticed_on_both_sides vcm_unmap 's/("refs":|refs=|refs = )([0-9]+)/\17\2/'
}

a_wrong_scenario_is_refused() {
	need_record
	refute sh -c "echo nonsense >$play/play" 2>/dev/null
	grep "1: not a command 'nonsense'" "$play/result"
	refute sh -c "printf 'context a 0x0..0xffff\nexpect a refs 7\n' >$play/play" 2>/dev/null
	grep "2: not as expected: 'refs': 0x1 instead of 0x7" "$play/result"
}

what_is_held_stays_until_it_is_cleared() {
	local before
	need_record
	before=$(stat_value contexts)
	cat "$recorded/leak.vcm" >"$play/hold"
	[ "$(stat_value contexts)" = $((before + 1)) ]
	"$vcmstat" refs | grep viewer
	echo >"$play/clear"
	[ "$(stat_value contexts)" = "$before" ]
	cat "$recorded/leak.vcm" >"$play/hold"
	rmmod vcm_test
	[ "$(stat_value contexts)" = "$before" ]
}

main() {
	tap_plan 8
	tap_case every_scenario_plays_in_the_kernel
	tap_case bpf_and_user_space_tell_the_same
	tap_case ftrace_and_user_space_tell_the_same
	tap_case an_event_that_is_missing_is_noticed
	tap_case a_field_that_is_missing_is_noticed
	tap_case a_value_that_is_wrong_is_noticed
	tap_case a_wrong_scenario_is_refused
	tap_case what_is_held_stays_until_it_is_cleared
	tap_end
}

main
