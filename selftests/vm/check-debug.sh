#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check-debug.sh [boot.sh option]...            - the tests under the debug kernel
# check-debug.sh --short [boot.sh option]...    - those that do not take long
# check-debug.sh --controls [boot.sh option]... - is what the debug kernel finds seen at all?
#
# The tests run with KASAN, lockdep, kmemleak, UBSAN, debug objects and fault injection; the first
# warning ends the guest.  Then kmemleak is asked what was lost, and the kernel log is judged.
# With --controls a module plants one bug of every kind, and each must make the gate fail.
#
# $T names the kselftests to run, with or without .sh, and leaves out the failing allocations; all
# of both when it is empty.  --short is the same with those that are written in C but abi, which
# compares the whole state before and after each refusal.
#
# Leaves in build/results: debug.tap (what the guest proves), debug-kselftest.tap and
# debug-NAME.tap (kselftests), debug-run.tap (how the guest ended, is its log clean), debug.log;
# or debug-controls.tap and debug-controls.log.
#
# Also runs inside the guest: --guest and --guest-controls are for this script alone.
#
# shellcheck disable=SC2317 # functions are called through check()
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$top/build
results=$build/results
programs=$build/debug/programs
modules=$build/kernel-debug
mod=$build/mod-debug
control=$build/debug/control
fail_write=$build/vm/fail_write
debugfs=/sys/kernel/debug
program_seconds=3600
slow=10			# times slower than the stock kernel, at most
race_seconds=60
random_calls=100000	# of each page-table format
symbols=/run/vcm-symbols
summary='' short=no
# shellcheck source-path=SCRIPTDIR
. "$here/results.sh"

# Kind of bug that debug_control.c plants|what the gate must say.  Lockdep gives up judging once
# KASAN has found anything, so what KASAN finds is last.
controls() {
	cat <<-'LIST'
	nothing|
	lock_inversion|lock_order
	sleep_in_atomic|sleeping
	warn|warning
	shift|ubsan
	index|ubsan
	list|list
	free_active_timer|debug_objects
	leak|kmemleak
	use_after_free|kasan
	out_of_bounds|kasan
	LIST
}

# ---- in the guest ----

has_options() {
	local config=/run/vcm-config lost
	zcat /proc/config.gz >"$config"
	lost=$("$here/debug-kernel.sh" --lost "$config") && return 0
	echo "missing: $lost" | note
	return 1
}

ends_on_warning() {
	[ "$(cat /proc/sys/kernel/panic_on_warn)" = 1 ]
}

# Lockdep switches itself off after its first report and when its tables are full.
lockdep_judges() {
	grep -q 'debug_locks: *1$' /proc/lockdep_stats
}

# Two scans: an object is only reported when its content is the same in both.
scan_twice() {
	echo scan >"$debugfs/kmemleak" && echo scan >"$debugfs/kmemleak"
}

# Objects younger than five seconds are never reported: a constant of the kernel, with no way to
# ask whether it is over.
no_leak() {
	local leaks
	sleep 6
	scan_twice || return 1
	leaks=$(cat "$debugfs/kmemleak") || return 1
	[ -n "$leaks" ] || return 0
	name_addresses <<<"$leaks" | tee -a "$results/debug-kmemleak.txt" | head -n 60 | note
	echo clear >"$debugfs/kmemleak"
	return 1
}

# The modules are gone when kmemleak prints where their memory came from, so their symbols are
# looked up in what was kept at load().  All addresses have 16 digits and compare as text.
name_addresses() {
	awk -v symbols="$symbols" 'BEGIN {
		while ((getline line <symbols) > 0) {
			split(line, word, " ")
			at[++n] = word[1]
			name[n] = word[3] " " word[4]
		}
	}
	$1 ~ /^0xf[0-9a-f]+$/ && NF == 1 {
		address = substr($1, 3)
		found = ""
		for (i = 1; i <= n; i++)
			if (at[i] <= address && (found == "" || at[i] > at[found]))
				found = i
		if (found != "")
			$0 = $0 " in or after " name[found]
	}
	{ print }'
}

# What the kernel lost while it started is none of ours.
forget_leaks() {
	scan_twice && echo clear >"$debugfs/kmemleak"
}

load() {
	local module
	insmod "$modules/vcm.ko" carveout=16M@0x70000000 || return 1
	for module in vcm_edu vcm_fmt vcm_sim vcm_sim_dev; do
		insmod "$modules/$module.ko" || return 1
	done
	grep '\[vcm' /proc/kallsyms >"$symbols"
}

unload() {
	rmmod vcm_sim_dev vcm_sim vcm_fmt vcm_edu vcm && [ ! -e /sys/module/vcm ]
}

sample_runs() {
	local run ran=0
	for run in "$debugfs"/vcm_edu/*/run; do
		echo "1 2" >"$run" || return 1
		ran=$((ran + 1))
	done
	echo "the sample ran on $ran devices" | note
	[ "$ran" -ge 1 ]
}

idle() {
	look_for_left
	[ -z "$left" ] && [ "$(<"$debugfs/vcm/check")" = ok ]
}

# Print the address of a function and that of the one behind it.
function_range() {
	awk -v name="$1" 'start != "" && $1 != start { print "0x" start " 0x" $1; found = 1; exit }
		$3 == name { start = $1 }
		END { exit !found }' /proc/kallsyms
}

# Let allocations fail that are allowed to sleep, without a report of each in the log.  Not when
# the IOMMU core takes a device back to its default domain: that may allocate, has no way to fail
# and warns when it does.
arm_failures() {
	local fault start end
	read -r start end < <(function_range __iommu_group_set_core_domain) || return 1
	for fault in failslab fail_page_alloc; do
		echo N >"$debugfs/$fault/ignore-gfp-wait" || return 1
		echo 0 >"$debugfs/$fault/verbose" || return 1
		echo "$start" >"$debugfs/$fault/reject-start" || return 1
		echo "$end" >"$debugfs/$fault/reject-end" || return 1
	done
	echo 0 >"$debugfs/fail_page_alloc/min-order"
}

# Every allocation that the sample's own thread makes fails once; each time the sample says so and
# leaves nothing behind.
survives_failures() {
	local run error unused n hidden=0
	arm_failures || return 1
	for run in "$debugfs"/vcm_edu/*/run; do
		break
	done
	for ((n = 1; n < 2000; n++)); do
		read -r error unused < <("$fail_write" "$n" "$run" "1 2") || return 1
		if ! idle; then
			echo "something is left after failure $n" | note
			return 1
		fi
		if [ "$unused" != 0 ]; then
			break
		elif [ "$error" = 0 ]; then
			hidden=$((hidden + 1))
		elif [ "$error" != 12 ]; then
			echo "failure $n is reported as errno $error, not ENOMEM" | note
			return 1
		fi
	done
	echo "$((n - 1)) allocations failed, $hidden of them without consequence" | note
	[ "$error" = 0 ] && [ "$unused" != 0 ] && [ "$n" -gt 1 ]
}

# The sample while its allocations fail, and what is left of that.
guest_failures() {
	check "vcm and vcm_edu load again" load
	check "the sample survives the failure of each of its allocations" survives_failures
	check "the sample works after that" sample_runs
	check "no context, reservation, association, memory or page is left" idle
	check "vcm_edu and vcm unload" unload
	check "kmemleak finds nothing that this lost" no_leak
}

# guest [NAME]...
guest() {
	summary=$results/debug.tap
	export VCMSTAT=$build/vcmstat/vcmstat VCM_MODULES=$modules VCM_SLOW=$slow
	export VCM_BUG_MODULE=$mod/vcm_bug.ko
	: >"$summary"
	check "the kernel has every option of debug.config" has_options
	check "a warning ends the guest" ends_on_warning
	check "lockdep judges at the start" lockdep_judges
	check "kmemleak runs" forget_leaks
	check "vcm and vcm_edu load" load
	check "the sample moves data by DMA" sample_runs
	check "kselftests pass, nothing is left, the modules unload" \
		env VCM_MODULES="$modules" VCM_OPS="$random_calls" \
		"$here/guest-kselftest.sh" "$programs" "$results/debug" "$@"
	check "kmemleak finds nothing that they lost" no_leak
	[ $# -gt 0 ] || guest_failures
	check "lockdep judges at the end" lockdep_judges
	plan
	exit "$failed"
}

guest_controls() {
	local kind
	summary=/dev/null
	forget_leaks
	while IFS='|' read -r kind _; do
		echo "vcm-control: begin $kind" >/dev/kmsg
		insmod "$control/debug_control.ko" plant="$kind"
		rmmod debug_control
		if [ "$kind" = leak ] && no_leak >/dev/null; then
			echo "check-debug: no_leak does not see a leak" >&2
			failed=1
		fi
		echo "vcm-control: end $kind" >/dev/kmsg
	done < <(controls)
	exit "$failed"
}

# ---- on the host ----

build_programs() {
	rm -rf "$programs"
	make --no-print-directory -C "$top/selftests" OUT="$build/debug/selftests" \
		KSRC="$build/ksrc" USERCFLAGS="-DVCM_SLOW=$slow" install INSTALL_PATH="$programs"
	printf '%s\n' "timeout=$program_seconds" "seconds=$race_seconds" \
		>"$programs/vcm/settings"
}

# The guest runs the kselftests in a folder of their own; their names say afterwards that these are
# the results under the debug kernel.
collect() {
	local file name
	for file in "$results"/debug/*.tap; do
		[ -e "$file" ] || continue
		name=$(basename "$file")
		mv "$file" "$results/debug-${name#kselftest-}"	# kselftest.tap keeps its name
	done
	rm -rf "$results/debug"
}

short_names() {
	sed -n '/\.sh$/d; /:abi$/d; s/^vcm://p' "$programs/kselftest-list.txt"
}

run_short() {
	short=yes
	run_tests "$@"
}

run_tests() {
	local tree=$1 code=0 log=$results/debug.log names
	shift
	make --no-print-directory -C "$top/kernel" KDIR="$tree" OUT="$modules"
	make --no-print-directory -C "$top/selftests/mod" KDIR="$tree" OUT="$mod" VCM="$modules"
	build_programs
	read -ra names <<<"${T:-}"
	[ "$short" = no ] || mapfile -t names < <(short_names)
	rm -rf "$results/debug"
	mkdir -p "$results/debug"
	rm -f "$results"/debug*.tap "$results/debug-kmemleak.txt" "$log"
	"$here/boot.sh" --image "$tree/bzImage" --results "$results" --log "$log" --edu 2 \
		--timeout 10800 --append "panic_on_warn=1 memmap=16M\$0x70000000" "$@" -- \
		"$here/check-debug.sh" --guest "${names[@]}" || code=$?
	collect
	summary=$results/debug-run.tap
	: >"$summary"
	guest_ended "$code"
	log_is_clean "$log"
	plan
	exit "$code"
}

build_control() {
	local tree=$1
	rm -rf "$control"
	mkdir -p "$control"
	cp "$here/debug_control.c" "$control/"
	echo 'obj-m := debug_control.o' >"$control/Kbuild"
	make --no-print-directory -s -C "$tree" M="$control" modules
}

# judge_control LOG KIND FINDING: does the gate find it in the part of the log that is of KIND?
judge_control() {
	local log=$1 kind=$2 finding=$3 part=$build/debug/control.log said
	{
		sed -n "/vcm-control: begin $kind\$/,/vcm-control: end $kind\$/p" "$log"
		# What the gate wants to see last is at the end of the whole log.
		grep -a 'vcm-guest: end of log' "$log"
	} >"$part" || return 1
	grep -q "vcm-control: end $kind\$" "$part" || return 1
	if said=$("$here/splat.sh" "$part"); then
		[ -z "$finding" ]
		return
	fi
	[ -n "$finding" ] && grep -qF " [$finding] " <<<"$said" && return 0
	note <<<"$said"
	return 1
}

run_controls() {
	local tree=$1 code=0 kind finding log=$results/debug-controls.log
	shift
	build_control "$tree"
	rm -f "$log"
	# Only the first finding of KASAN is reported otherwise.
	"$here/boot.sh" --image "$tree/bzImage" --results "$results" --log "$log" --timeout 300 \
		--append kasan_multi_shot "$@" -- "$here/check-debug.sh" --guest-controls \
		2>"$build/debug/controls.err" || code=$?
	summary=$results/debug-controls.tap
	: >"$summary"
	while IFS='|' read -r kind finding; do
		check "planted: $kind, the gate says: ${finding:-nothing}" \
			judge_control "$log" "$kind" "$finding"
	done < <(controls)
	# 123 is boot.sh's word for a command that succeeded and a log that is not clean.
	check "boot.sh fails because of the log" test "$code" = 123
	[ "$failed" = 0 ] || note <"$build/debug/controls.err"
	plan
	exit "$failed"
}

main() {
	local mode=tests tree
	case ${1:-} in
	--guest)		shift; guest "$@" ;;
	--guest-controls)	guest_controls ;;
	--controls)		mode=controls; shift ;;
	--short)		mode=short; shift ;;
	esac
	mkdir -p "$results" "$build/debug"
	tree=$("$here/debug-kernel.sh" --print)
	"run_$mode" "$tree" "$@"
}

main "$@"
