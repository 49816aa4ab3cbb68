#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest-demo.sh BUILD RESULTS - what `make demo` shows, printed; inside the guest, modules loaded.
#
# Records the event stream while the sample driver and a user program work, then proves from the
# recording that nothing was lost.  demo.sh checks on the host that every claim is in the output.
set -euo pipefail

build=$1 results=$2
device=0000:00:05.0
debug=/sys/kernel/debug
recording=$results/demo.vcm
follower=
PATH=$build/vcmstat:$build/vm:$PATH

section() {
	printf '\n== %s\n' "$*"
}

fail() {
	echo "demo: $*" >&2
	exit 1
}

# wait_for WHAT COMMAND...: until the command succeeds
wait_for() {
	local what=$1 i
	shift
	for ((i = 0; i < 900; i++)); do
		if "$@"; then
			return
		fi
		sleep 0.1
	done
	fail "waited in vain: $what"
}

# follow FILE vcmstat-argument...: start vcmstat, in $follower, and wait until it follows
follow() {
	local file=$1
	shift
	vcmstat "$@" >"$file" &
	follower=$!
	wait_for "vcmstat $* follows" grep -q '^# ready' "$file"
}

has_state() {
	vcmstat replay "$1" 2>/dev/null | grep -q '^# ready'
}

# As soon as the state is in the file, no event after it is missed.
start_recording() {
	vcmstat record "$recording" &
	follower=$!
	wait_for "vcmstat records" has_state "$recording"
}

stop_following() {
	kill -INT "$1"
	wait "$1" || fail "vcmstat ended with code $?"
}

iommu_kind() {
	if [ -d "$1/intel-iommu" ]; then
		echo "Intel VT-d"
	elif [ -d "$1/amd-iommu" ]; then
		echo "AMD-Vi"
	else
		echo "other kind"
	fi
}

show_machine() {
	local iommu pci=/sys/bus/pci/devices/$device
	section "machine"
	echo "kernel: $(uname -sr)"
	for iommu in /sys/class/iommu/*; do
		echo "IOMMU: ${iommu##*/} ($(iommu_kind "$iommu"))"
	done
	echo "device: $device ($(cat "$pci/vendor"):$(cat "$pci/device"), driver $(
		basename "$(readlink "$pci/driver")"))"
	echo "tool: $(vcmstat --version | sed -n 1p)"
}

show_sample() {
	section "the sample driver: own context, DMA both ways, every byte compared"
	echo "2 3" >"$debug/vcm_edu/$device/run"
	sed 's/^/sample /' "$debug/vcm_edu/$device/result"
}

show_client() {
	local text=$results/demo-events.txt
	section "a user program on /dev/vcm, seen with vcmstat list after each step"
	follow "$text" events
	demo_client --show "vcmstat list"
	stop_following "$follower"
	section "the same as vcmstat events saw it"
	sed '1,/^# ready/d' "$text"
	section "IOMMU faults"
	grep FAULT "$text"
}

frozen() {
	[ "$(sed 's/.*) //; s/ .*//' "/proc/$1/stat")" = T ]
}

# A program that works is stopped half way, so that there is state to compare.
show_truth() {
	local worker recorder=$1 file map
	section "is it true? a program works, vcmstat verify compares, then the program is frozen"
	demo_client --work &
	worker=$!
	vcmstat verify 2
	kill -STOP "$worker"
	wait_for "the program is frozen" frozen "$worker"
	stop_following "$recorder"
	map=$(cd "$debug/vcm" && echo [0-9]*/map)
	for file in contexts "$map" memory assocs; do
		vcmstat list --input "$recording" --strict --format debugfs --file "$file" |
			cmp - "$debug/vcm/$file" ||
			fail "the recorded events do not give the state in debugfs/vcm/$file"
	done
	cat "$debug/vcm/contexts"
	echo "replay: the recorded events give exactly this state, map, memory and devices too"
	echo "recording: $(vcmstat replay --json "$recording" | tail -n 1)"
	kill -CONT "$worker"
	kill -TERM "$worker"
	wait "$worker" || fail "the program ended with code $?"
	section "at the end"
	cat "$debug/vcm/stats"
}

show_pictures() {
	section "from the recording, to look at"
	vcmstat export "$recording" --format html --output "$results/demo.html"
	vcmstat export "$recording" --format svg --until fault --output "$results/demo.svg"
	vcmstat export "$recording" --format perfetto --output "$results/demo.pftrace"
	(cd "$results" && ls -1 demo.html demo.svg demo.pftrace)
}

show_machine
start_recording
recorder=$follower
show_sample
show_client
show_truth "$recorder"
show_pictures
