#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh MODE MODULES OUTPUT - the measurements of one boot.
#
# MODE is instr (the guest counts instructions, one processor), ns (time, two processors) or uml
# (time, one processor, natively; only the module that has no need of an IOMMU).  Runs inside the
# guest.  MODULES is the folder of vcm_bench.ko; each job leaves its lines in
# OUTPUT as it ends, and says on standard error what it is about to do.
set -euo pipefail

mode=$1 modules=$2 output=$3
run=/sys/kernel/debug/vcm_bench/run
impls=${BENCH_IMPLS:-vcm alloc_iova_fast drm_mm vcm_tree maple_tree alloc_iova gen_pool}
lives=${BENCH_LIVES:-1000 10000 100000 1000000}
seed=${VCM_SEED:-1}
sim=/sys/kernel/config/vcm_sim/bench	# an instance
way=path				# what results of the whole way are named
unit=$mode
ranges=range				# what results of allocators are named
possible="bind bind_sim events oracle churn full aligned threads"
if [ "$mode" = uml ]; then
	unit=ns
	ranges=native-kernel
	possible="churn full aligned"
fi
jobs=${BENCH_JOBS:-$possible}

# job BENCH IMPL LIVE THREADS OPS BUDGET: one measurement; what an allocator cannot do is no error
job() {
	local from=$SECONDS message
	echo "bench: $mode: $1 $2 live=$3 threads=$4" >&2
	if ! message=$({ echo "$* $seed $unit" >"$run"; } 2>&1); then
		case $message in
		*"argument out of domain"*) return 0 ;;
		*) echo "bench: $1 $2: ${message##*: }" >&2; return 1 ;;
		esac
	fi
	sed "s/\"bench\":\"range-/\"bench\":\"$ranges-/" "$run" >>"$output"
	[ $((SECONDS - from)) -lt 20 ] || echo "bench:   took $((SECONDS - from)) s" >&2
}

# Once is enough; where instructions are counted it takes the least time.
oracle() {
	[ "$mode" = ns ] || job oracle vcm 0 1 1000000 0
}

# Many measurements where they are cheap; where they are not, a budget of instructions ends them.
churn() {
	local live impl
	for live in $lives; do
		for impl in $impls; do
			job churn "$impl" "$live" 1 30000 800000000
		done
	done
}

full() {
	local impl
	for impl in $impls; do
		case $impl in
		# One cannot hold so much, the other keeps what it is given back.
		gen_pool | alloc_iova_fast) continue ;;
		esac
		job full "$impl" 1048576 1 10000 400000000
	done
}

aligned() {
	local impl
	for impl in $impls; do
		case $impl in
		gen_pool | alloc_iova_fast) continue ;;
		esac
		job aligned "$impl" 65536 1 300 200000000
	done
}

threads() {
	local impl nr
	for impl in $impls; do
		case $impl in
		gen_pool | alloc_iova) continue ;;	# at this number live they take hours
		esac
		for nr in 1 2; do
			job threads "$impl" 10000 "$nr" 200000 0
		done
	done
}

# path WHAT LEN OPS [NAME]: a measurement of the whole way; NAME if it is not WHAT
path() {
	echo "bench: $mode: $way ${4:-$1} len=$2" >&2
	echo "$1 $2 $3 $unit" >/sys/kernel/debug/vcm_bench_path/run
	sed -e "s/\"impl\":\"$1\"/\"impl\":\"${4:-$1}\"/" \
		-e "s/\"bench\":\"path-/\"bench\":\"$way-/" \
		/sys/kernel/debug/vcm_bench_path/run >>"$output"
}

# A page, 64 KiB, 2 MiB and 64 MiB in single pages.
bind() {
	path bind 4096 1000
	path bind 65536 1000
	path bind 2097152 500
	path bind 67108864 4
}

# The same behind a simulated IOMMU with tables of the same format.  No driver is bound to its
# device: vcm_sim_dev, which would be, stays out.
bind_sim() {
	insmod "$modules/vcm_fmt.ko"
	insmod "$modules/vcm_sim.ko"
	mkdir "$sim"
	echo x86 >"$sim/format"
	echo 1 >"$sim/live"
	mkdir "$sim/dev"
	echo dma >"$sim/dev/default_domain"
	echo 1 >"$sim/dev/live"
	path_modules "$modules" device="$(cat "$sim/dev/name")"
	way=path-sim
	bind
	way=path
	path_modules "$modules"
	echo 0 >"$sim/dev/live"
	rmdir "$sim/dev"
	echo 0 >"$sim/live"
	rmdir "$sim"
	rmmod vcm_sim
	rmmod vcm_fmt
}

# One reservation made and given up: events off, with an empty probe, in a ring buffer, read by a
# BPF program; and by modules that were built without events.
events() {
	local trace=/sys/kernel/tracing reader
	path pair 4096 2000 events-off
	path probe 4096 2000 events-probe
	echo 1 >"$trace/events/vcm/vcm_reserve/enable"
	echo 1 >"$trace/events/vcm/vcm_unreserve/enable"
	path pair 4096 2000 events-ftrace
	echo 0 >"$trace/events/vcm/enable"
	if [ -r "$modules-noprobe/vcm.ko" ]; then
		path_modules "$modules-noprobe"
		path pair 4096 2000 events-none
		path_modules "$modules"
	fi
	if [ ! -x "$modules/../vcmstat/vcmstat" ]; then
		echo "bench: no vcmstat, so no figure for the BPF stream" >&2
		return
	fi
	"$modules/../vcmstat/vcmstat" events >/dev/null 2>&1 &
	reader=$!
	bpf_is_attached "$reader"
	path pair 4096 2000 events-bpf
	kill "$reader"
	wait "$reader" || true
}

# A BPF link is a file of the process that has it.
bpf_is_attached() {
	local i
	for ((i = 0; i < 600; i++)); do
		if find "/proc/$1/fd" -lname '*bpf*link*' 2>/dev/null | grep -q .; then
			return 0
		fi
		sleep 0.1
	done
	echo "bench: vcmstat does not attach" >&2
	return 1
}

# path_modules FOLDER [PARAMETER]: load vcm.ko and what measures it, in place of what is loaded
path_modules() {
	if [ -d /sys/module/vcm ]; then
		rmmod vcm_bench_path
		rmmod vcm
	fi
	insmod "$1/vcm.ko"
	insmod "$1/vcm_bench_path.ko" ${2:+"$2"}
}

# What jobs need that the module of the allocators does not.
set_up() {
	modprobe drm
	modprobe configfs
	mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
	path_modules "$modules"
}

main() {
	local name
	: >"$output"
	[ "$mode" = uml ] || set_up
	insmod "$modules/vcm_bench.ko"
	job calibrate none 0 1 0 0
	for name in $jobs; do
		if [[ " $possible " != *" $name "* ]]; then
			echo "bench: $mode: $name is not possible here" >&2
			continue
		fi
		"$name"
	done
	[ "$mode" = uml ] || rmmod vcm_bench_path vcm
	rmmod vcm_bench
}

main
