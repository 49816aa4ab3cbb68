#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# obs.sh - the observers: tracepoints, debugfs, vcmstat under load, and that none of them holds
# the modules when it is gone.
#
# Runs with a trace instance of its own, which it removes.  Reloads the modules from VCM_MODULES
# or from where the build leaves them.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/vcm_util.sh"

tracefs=/sys/kernel/tracing
instance=$tracefs/instances/vcm_selftest
modules=${VCM_MODULES:-$(near kernel || true)}
ops=2000
splats='BUG:|WARNING:|Oops|Call Trace|general protection|refcount_t|already set \(to'

test_cleanup() {
	if [ -d "$instance" ]; then
		rmdir "$instance"
	fi
}

the_tracepoints_are_those_of_the_schema() {
	"$flow" events | sort >"$scratch/schema"
	sed -n 's/^vcm://p' "$tracefs/available_events" | sort >"$scratch/available"
	diff -u "$scratch/schema" "$scratch/available"
	wc -l <"$scratch/schema"
}

trace_cmd_parses_every_event() {
	command -v trace-cmd >/dev/null || skip "no trace-cmd"
	trace-cmd check-events
	(cd "$scratch" && trace-cmd record -q -e vcm -o trace.dat "$flow" run "$ops")
	trace-cmd report -i "$scratch/trace.dat" >"$scratch/report"
	refute grep -i 'failed to parse\|unknown' "$scratch/report"
	"$here/replay.py" seqs "$scratch/report"
}

trace_on() {
	mkdir "$instance"
	echo 16384 >"$instance/buffer_size_kb"
	echo 1 >"$instance/events/vcm/enable"
}

trace_off() {
	echo 0 >"$instance/events/vcm/enable"
	cat "$instance/trace" >"$scratch/trace"
	cat "$instance"/per_cpu/cpu*/stats >"$scratch/trace.stats"
	rmdir "$instance"
}

# The numbers of every stream are complete, and those of the registry reach what it says itself.
sequence_numbers_have_no_gap_under_load() {
	local registry pids=() pid
	[ "$(stat_value contexts)" = 0 ]
	trace_on
	for pid in 1 2; do
		"$flow" run "$ops" &
		pids+=("$!")
	done
	if [ -e "$edu_debugfs/$edu/run" ]; then
		# refused with EBUSY when the load has the device, which is an event too
		echo "1 2" >"$edu_debugfs/$edu/run" || true
	fi
	wait "${pids[0]}"
	wait "${pids[1]}"
	trace_off
	refute grep -E '^(overrun|commit overrun|dropped events): [1-9]' "$scratch/trace.stats"
	"$here/replay.py" seqs "$scratch/trace" | tee "$scratch/seqs"
	registry=$(sed -n 's/^registry at //p' "$scratch/seqs")
	[ "$registry" = "$(stat_value events)" ]
}

every_debugfs_file_names_itself_and_its_version() {
	local name
	start_flow "$scratch/flow" 0
	for name in contexts memory devices assocs stats; do
		head -n 1 "$debugfs/$name" | grep -x "# vcm $name v1"
	done
	for name in "$debugfs"/[0-9]*/map; do
		head -n 1 "$name" | grep -x "# vcm map v1"
	done
	[ "$(head -c 4 "$debugfs/snapshot")" = VCMS ]
	stop_flow
}

vcmstat_verifies_the_events_under_load() {
	local code=0
	need_vcmstat
	start_load
	"$vcmstat" verify 3 || code=$?
	stop_load
	[ "$code" = 0 ]
}

vcmstat_ends_well_on_a_signal() {
	local signal
	need_vcmstat
	start_load
	for signal in INT TERM; do
		start_watch "$scratch/$signal"
		wait_until grep -q '"type":"event"' "$scratch/$signal"
		stop_watch "$scratch/$signal" "$signal"
	done
	stop_load
}

vcmstat_ends_when_nobody_reads() {
	local codes
	need_vcmstat
	start_load
	set +e +o pipefail
	timeout "$deadline" "$vcmstat" events --json | head -n 50 >/dev/null
	codes=("${PIPESTATUS[@]}")
	set -e -o pipefail
	stop_load
	echo "vcmstat: ${codes[0]}"
	[ "${codes[0]}" != 124 ]
}

unload() {
	unload_users
	if [ -e /sys/module/vcm ]; then
		rmmod vcm
	fi
}

reload() {
	insmod "$modules/vcm.ko"
	load_users "$modules"
}

need_modules() {
	if [ ! -e "$modules/vcm.ko" ] || [ ! -e "$modules/vcm_edu.ko" ]; then
		skip "no vcm.ko and vcm_edu.ko; set VCM_MODULES to their folder"
	fi
}

an_open_file_keeps_the_module() {
	need_modules
	exec 8<>/dev/vcm
	unload_users
	refute rmmod vcm
	[ -e /dev/vcm ]
	exec 8>&-
	wait_until rmmod vcm
	reload
}

the_sample_runs_when_its_module_is_loaded() {
	need_modules
	need_edu
	rmmod vcm_edu
	insmod "$modules/vcm_edu.ko" runs=2 buffers=2
	cat "$edu_debugfs/$edu/result"
	grep -x 'runs: 2' "$edu_debugfs/$edu/result"
	grep -x 'buffers: 4' "$edu_debugfs/$edu/result"
	grep -x 'mismatches: 0' "$edu_debugfs/$edu/result"
	rmmod vcm_edu
	# what cannot run cannot be probed: the driver takes no device and offers none
	insmod "$modules/vcm_edu.ko" runs=1 buffers=1000000
	[ ! -e "$edu_debugfs/$edu" ]
	refute grep -F "$edu" "$debugfs/devices"
	rmmod vcm_edu
	insmod "$modules/vcm_edu.ko"
	[ -e "$edu_debugfs/$edu/run" ]
}

# A killed process gives its BPF programs up a little after it is gone.
modules_reload_ten_times_whatever_ends_vcmstat() {
	local i signals=(TERM INT KILL) signal mark="vcm selftest reload $$"
	need_vcmstat
	need_modules
	echo "$mark" >/dev/kmsg
	for ((i = 0; i < 10; i++)); do
		signal=${signals[i % 3]}
		start_watch "$scratch/reload"
		"$flow" run 300
		kill "-$signal" "$watch"
		wait "$watch" || [ "$signal" = KILL ]
		wait_until unload
		[ ! -e /dev/vcm ]
		[ ! -e "$debugfs" ]
		reload
	done
	dmesg | sed "1,/$mark/d" >"$scratch/dmesg"
	refute grep -E "$splats" "$scratch/dmesg"
}

main() {
	tap_plan 10
	tap_case the_tracepoints_are_those_of_the_schema
	tap_case trace_cmd_parses_every_event
	tap_case sequence_numbers_have_no_gap_under_load
	tap_case every_debugfs_file_names_itself_and_its_version
	tap_case vcmstat_verifies_the_events_under_load
	tap_case vcmstat_ends_well_on_a_signal
	tap_case vcmstat_ends_when_nobody_reads
	tap_case an_open_file_keeps_the_module
	tap_case the_sample_runs_when_its_module_is_loaded
	tap_case modules_reload_ten_times_whatever_ends_vcmstat
	tap_end
}

main
