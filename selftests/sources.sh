#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# sources.sh - every way vcmstat has to see events tells the whole truth, or says what it lost.
#
# VCM_ROUNDS comparisons of snapshot and stream are made for each source, 100 unless set; each
# after a twentieth of a second under load.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/vcm_util.sh"

rounds=${VCM_ROUNDS:-100}

# verify_under_load SOURCE ROUNDS [option]...: what it says is in $scratch/said
verify_under_load() {
	local source=$1 nr=$2 code=0
	shift 2
	need_vcmstat
	start_load
	"$vcmstat" --source "$source" "$@" >"$scratch/said" || code=$?
	stop_load
	cat "$scratch/said"
	[ "$code" = 0 ]
	grep -q "^source $source: $nr rounds equal, 0 with losses, 0 events lost" "$scratch/said"
}

tp_btf_gives_the_state_in_every_round() {
	verify_under_load tp_btf "$rounds" verify 0.05 --rounds "$rounds"
}

raw_tp_gives_the_state_in_every_round() {
	verify_under_load raw_tp "$rounds" verify 0.05 --rounds "$rounds"
}

tracefs_gives_the_state_in_every_round() {
	verify_under_load tracefs "$rounds" verify 0.05 --rounds "$rounds"
}

tp_gives_the_state_in_every_round() {
	verify_under_load tp 10 verify 0.05 --rounds 10
}

# The field NAME of the last record of the recording FILE.
end_value() {
	tail -n 1 "$2" | sed -n "s/^{\"type\":\"end\".*\"$1\":\\([0-9]*\\).*/\\1/p"
}

# With 4 KiB: after every loss the state is true again, and the stream says of every missing number
# that it is missing.  What is stopped cannot read, so more is lost than any buffer holds.
loses_knowingly() {
	local source=$1 code=0 pid
	need_vcmstat
	start_load
	"$vcmstat" --source "$source" --ring 4096 verify 0.1 --rounds 10 --lossy \
		>"$scratch/said" || code=$?
	stop_load
	cat "$scratch/said"
	[ "$code" = 0 ]
	"$vcmstat" --source "$source" --ring 4096 events --json --strict >"$scratch/$source" &
	pid=$!
	wait_until grep -q '"type":"ready"' "$scratch/$source"
	kill -STOP "$pid"
	"$flow" run 1000
	kill -CONT "$pid"
	wait_until grep -q '"type":"resync"' "$scratch/$source"
	kill -TERM "$pid"
	wait "$pid" || code=$?
	tail -n 1 "$scratch/$source"
	[ "$code" = 5 ]
	[ "$(end_value lost "$scratch/$source")" -gt 0 ]
	[ "$(end_value resyncs "$scratch/$source")" -gt 0 ]
	grep -q '"type":"lost"' "$scratch/$source"
	"$here/replay.py" losses "$scratch/$source"
}

a_small_ring_of_tp_btf_loses_knowingly() {
	loses_knowingly tp_btf
}

a_small_ring_of_raw_tp_loses_knowingly() {
	loses_knowingly raw_tp
}

a_small_buffer_of_tracefs_loses_knowingly() {
	loses_knowingly tracefs
}

nothing_stays_attached_whatever_ends_vcmstat() {
	local how source signal pid
	need_vcmstat
	command -v bpftool >/dev/null || skip "no bpftool"
	for how in tp_btf:INT tp_btf:KILL raw_tp:TERM raw_tp:KILL tp:KILL tracefs:INT \
		   tracefs:TERM tracefs:KILL; do
		source=${how%:*} signal=${how#*:}
		"$vcmstat" --source "$source" events --json >"$scratch/left" &
		pid=$!
		wait_until grep -q '"type":"ready"' "$scratch/left"
		refute nothing_is_attached
		kill "-$signal" "$pid"
		wait "$pid" || [ "$signal" = KILL ]
		wait_until nothing_is_attached
	done >"$scratch/attached" 2>&1 || { tail -n 30 "$scratch/attached"; return 1; }
}

# What is attached holds the module, and lets it go when told to.
an_attached_source_refuses_an_unload_and_goes_on() {
	local source
	need_vcmstat
	for source in tp_btf raw_tp tp; do
		"$vcmstat" --source "$source" events --json >"$scratch/unload" &
		watch=$!
		wait_until grep -q '"type":"ready"' "$scratch/unload"
		unload_users
		refute rmmod vcm
		"$flow" run 100
		wait_until grep -q '"event":"vcm_reserve"' "$scratch/unload"
		stop_watch "$scratch/unload" TERM
	done
	load_users "$modules"
}

# Without the BTF of the module the best source is the next one, and says so.
without_module_btf_the_next_source_is_taken() {
	need_vcmstat
	without_btf
	"$vcmstat" -v events --json --for 0.2 >"$scratch/auto" 2>"$scratch/auto.err"
	refute "$vcmstat" --source tp_btf events --for 0.2 >"$scratch/refused" 2>&1
	cat "$scratch/refused"
	grep '^vcmstat: not tp_btf: ' "$scratch/auto.err"
	with_btf
	head -n 1 "$scratch/auto" | grep '"source":"raw_tp"'
	grep -q 'no BTF' "$scratch/refused"
}

# passes PROGRAM TEST: one test of another program, which may not skip, with such a vcmstat.  What
# it prints is told as text: its plan is not ours.
passes() {
	local code=0
	VCMSTAT=$scratch/crowded "$here/$1" -t "$2" >"$scratch/$1" || code=$?
	sed 's/^/| /' "$scratch/$1"
	[ "$code" = 0 ]
	grep -q "^ok 1 .*$2\$" "$scratch/$1"
}

# What IOMMU drivers report and what VT-d has recorded is seen where fentry has no room left.
kprobes_see_faults_where_fentry_has_no_room() {
	need_vcmstat
	[ -e /sys/class/iommu/dmar0 ] || skip "no VT-d"
	[ -e "$here/edu" ] || skip "no other tests beside this one"
	cat >"$scratch/crowded" <<-END
		#!/bin/sh
		exec "$(dirname "$flow")/crowd" dmar_fault report_iommu_fault -- "$vcmstat" "\$@"
	END
	chmod +x "$scratch/crowded"
	"$scratch/crowded" events --json --for 0.2 >"$scratch/kprobes"
	head -n 1 "$scratch/kprobes" | grep '"faults":"report(kprobe) vtd(kprobe)"'
	passes edu a_blocked_dma_is_a_fault_that_vcmstat_sees
	passes storm a_fault_of_a_context_is_told_once
}

main() {
	tap_plan 11
	tap_case tp_btf_gives_the_state_in_every_round
	tap_case raw_tp_gives_the_state_in_every_round
	tap_case tracefs_gives_the_state_in_every_round
	tap_case tp_gives_the_state_in_every_round
	tap_case a_small_ring_of_tp_btf_loses_knowingly
	tap_case a_small_ring_of_raw_tp_loses_knowingly
	tap_case a_small_buffer_of_tracefs_loses_knowingly
	tap_case nothing_stays_attached_whatever_ends_vcmstat
	tap_case an_attached_source_refuses_an_unload_and_goes_on
	tap_case without_module_btf_the_next_source_is_taken
	tap_case kprobes_see_faults_where_fentry_has_no_room
	tap_end
}

main
