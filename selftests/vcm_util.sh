# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# vcm_util.sh - TAP, waiting and cleaning up for the shell tests; sourced by them.
#
# A case is a function that runs in a subshell with errexit; what it prints becomes comments.
# Its background processes end with it, and $scratch with the test.
#
# shellcheck disable=SC2317 # cases are called by name, cleanup by trap

debugfs=/sys/kernel/debug/vcm
edu_debugfs=/sys/kernel/debug/vcm_edu
edu=${VCM_EDU:-0000:00:05.0}
sim_config=/sys/kernel/config/vcm_sim
# shellcheck disable=SC2034 # for the tests
sim_debugfs=/sys/kernel/debug/vcm_sim
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
deadline=$((60 * ${VCM_SLOW:-1}))	# seconds any condition may take

tap_count=0
tap_failed=0
tap_skipped=0
scratch=$(mktemp -d)

# Modules that use vcm, which cannot go before them; those that were there come back with
# load_users FOLDER.
users=''

unload_users() {
	local name
	for name in vcm_sim_dev vcm_edu; do
		[ -e "/sys/module/$name" ] || continue
		rmmod "$name" || return 1
		users="$name $users"
	done
}

load_users() {
	local name
	for name in $users; do
		[ -e "/sys/module/$name" ] || insmod "$1/$name.ko"
	done
	users=''
}

tap_plan() {
	echo "TAP version 13"
	echo "1..$1"
}

tap_result() {
	local verdict=$1
	shift
	tap_count=$((tap_count + 1))
	echo "$verdict $tap_count $*"
}

# tap_case NAME: run the function of that name
tap_case() {
	local code begin=$SECONDS
	set +e
	(
		trap end_children EXIT
		set -e
		"$1"
	) >"$scratch/case.out" 2>&1
	code=$?
	set -e
	head -n 200 "$scratch/case.out" | sed 's/^/# /'
	echo "# $((SECONDS - begin)) s"
	case $code in
	0)	tap_result ok "$1" ;;
	4)	tap_skipped=$((tap_skipped + 1))
		tap_result ok "$1 # SKIP $(tail -n 1 "$scratch/case.out")" ;;
	*)	tap_failed=1
		tap_result "not ok" "$1" ;;
	esac
}

# End the test: 1 when a case failed, 4 when all were skipped.
tap_end() {
	if [ "$tap_failed" = 1 ]; then
		exit 1
	elif [ "$tap_skipped" = "$tap_count" ]; then
		exit 4
	fi
	exit 0
}

end_children() {
	exec 2>/dev/null # the shell's own remarks on killed jobs
	jobs -p | xargs -r kill -KILL
	wait
}

# refute COMMAND...: fails when it succeeds; a plain ! would not end a case
refute() {
	! "$@"
}

# In a case: the last line says why.
skip() {
	echo "$*"
	exit 4
}

# wait_until COMMAND...: until it succeeds; fails when the time is over
wait_until() {
	local end=$((SECONDS + deadline))
	until "$@" 2>/dev/null; do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "not in $deadline seconds: $*"
			return 1
		fi
		sleep 0.05
	done
}

stat_value() {
	sed -n "s/^$1: //p" "$debugfs/stats"
}

# The path of something that the build left near the installed tests, or near the built ones.
near() {
	local path
	for path in "$here/../../$1" "$here/../$1"; do
		if [ -e "$path" ]; then
			realpath "$path"
			return
		fi
	done
	return 1
}

vcmstat=${VCMSTAT:-$(near vcmstat/vcmstat || true)}
modules=${VCM_MODULES:-$(near kernel || true)}

# Built programs are beside the script in an installed suite; otherwise VCM_PROGRAMS says where.
flow=${VCM_PROGRAMS:-$here}/vcm_flow

need_vcmstat() {
	[ -n "$vcmstat" ] || skip "no vcmstat; set VCMSTAT to its path"
}

need_edu() {
	[ -e "$edu_debugfs/$edu/run" ] || skip "no edu device $edu with the sample driver"
}

# sim_add INSTANCE FORMAT [DEVICE]...: a simulated IOMMU and devices behind it
sim_add() {
	local mmu=$1 dev
	mkdir "$sim_config/$mmu"
	echo "$2" >"$sim_config/$mmu/format"
	echo 1 >"$sim_config/$mmu/live"
	shift 2
	for dev in "$@"; do
		mkdir "$sim_config/$mmu/$dev"
		echo 1 >"$sim_config/$mmu/$dev/live"
	done
}

# sim_remove INSTANCE: with its devices, live or not
sim_remove() {
	local dir
	for dir in "$sim_config/$1"/*/ "$sim_config/$1"; do
		[ -d "$dir" ] || continue
		echo 0 2>/dev/null >"$dir/live" || true
		rmdir "$dir"
	done
}

sim_remove_all() {
	local dir
	for dir in "$sim_config"/*/; do
		[ ! -d "$dir" ] || sim_remove "$(basename "$dir")"
	done
}

# A module without type information of its own, until with_btf.
without_btf() {
	[ -e "$modules/vcm.ko" ] || skip "no vcm.ko; set VCM_MODULES to its folder"
	command -v objcopy >/dev/null || skip "no objcopy"
	objcopy -R .BTF -R .BTF.base "$modules/vcm.ko" "$scratch/vcm.ko"
	unload_users
	wait_until rmmod vcm
	insmod "$scratch/vcm.ko"
	[ ! -e /sys/kernel/btf/vcm ]
}

with_btf() {
	wait_until rmmod vcm
	insmod "$modules/vcm.ko"
	load_users "$modules"
}

# Of vcmstat, to tracepoints and functions of the module; for wait_until.
nothing_is_attached() {
	[ -z "$(find /sys/kernel/tracing/instances -mindepth 1 -maxdepth 1 -name 'vcmstat-*')" ] ||
		return 1
	bpftool prog list >"$scratch/attached" && bpftool link list >>"$scratch/attached" &&
		! grep -E ' name vcm_|raw_tracepoint|vcm_' "$scratch/attached"
}

# watch_from TYPE FILE ARGUMENT...: vcmstat writes NDJSON to FILE; sets $watch.  On return there is
# a record of this type.
watch_from() {
	local type=$1 file=$2
	shift 2
	# the pipe of start_flow stays out of it, or the flow would not see its end
	"$vcmstat" --json "$@" >"$file" 2>"$file.err" 7>&- &
	watch=$!
	wait_until grep -q "\"type\":\"$type\"" "$file" || {
		cat "$file.err"
		return 1
	}
}

# start_watch FILE: no later event is missed.
start_watch() {
	watch_from ready "$1" events
}

# stop_watch FILE SIGNAL: it ends by itself, with 0 and an end record
stop_watch() {
	local code=0
	kill "-$2" "$watch"
	wait "$watch" || code=$?
	if [ "$code" != 0 ] || ! tail -n 1 "$1" | grep -q '"type":"end"'; then
		echo "vcmstat ended with $code on $2; its last line:"
		tail -n 1 "$1"
		return 1
	fi
}

# start_flow FILE OPS: objects that live until stop_flow; sets $holder.
start_flow() {
	rm -f "$scratch/flow.in"
	mkfifo "$scratch/flow.in"
	"$flow" hold "$2" ${VCM_SEED:+"$VCM_SEED"} <"$scratch/flow.in" >"$1" 2>"$1.err" &
	holder=$!
	exec 7>"$scratch/flow.in"
	wait_until grep -q holding "$1" || {
		cat "$1.err"
		return 1
	}
	cat "$1.err"
}

stop_flow() {
	exec 7>&-
	wait "$holder"
}

# What vcm_flow does in other processes at the same time, until stop_load.
start_load() {
	local i
	load=()
	for i in 1 2; do
		"$flow" load "$((${VCM_SEED:-1} + i))" 2>/dev/null &
		load+=("$!")
	done
}

# The processes were at work to the end: a load that failed would prove nothing.
stop_load() {
	local pid code
	for pid in "${load[@]}"; do
		code=0
		kill -TERM "$pid" || return 1
		wait "$pid" || code=$?
		[ "$code" = 143 ]
	done
}

# What a test has to undo beside its processes; it defines its own.
test_cleanup() {
	:
}

cleanup() {
	test_cleanup
	rm -rf "$scratch"
}
trap cleanup EXIT
