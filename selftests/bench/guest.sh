#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh MODE MODULES OUTPUT - the measurements of one boot.
#
# MODE is instr (the guest counts instructions, one processor) or ns (time, two processors).
# Runs inside the guest.  MODULES is the folder of vcm_bench.ko; each job leaves its lines in
# OUTPUT as it ends, and says on standard error what it is about to do.
set -euo pipefail

mode=$1 modules=$2 output=$3
run=/sys/kernel/debug/vcm_bench/run
impls=${BENCH_IMPLS:-vcm alloc_iova_fast drm_mm vcm_tree maple_tree alloc_iova gen_pool}
lives=${BENCH_LIVES:-1000 10000 100000 1000000}
jobs=${BENCH_JOBS:-oracle churn full aligned threads}
seed=${VCM_SEED:-1}

# job BENCH IMPL LIVE THREADS OPS BUDGET: one measurement; what an allocator cannot do is no error
job() {
	local from=$SECONDS message
	echo "bench: $mode: $1 $2 live=$3 threads=$4" >&2
	if ! message=$({ echo "$* $seed $mode" >"$run"; } 2>&1); then
		case $message in
		*"argument out of domain"*) return 0 ;;
		*) echo "bench: $1 $2: ${message##*: }" >&2; return 1 ;;
		esac
	fi
	cat "$run" >>"$output"
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
			job churn "$impl" "$live" 1 200000 1000000000
		done
	done
}

full() {
	local impl
	for impl in $impls; do
		case $impl in
		gen_pool | alloc_iova_fast) continue ;;	# cannot hold it, or keeps what it is given back
		esac
		job full "$impl" 1048576 1 100000 800000000
	done
}

aligned() {
	local impl
	for impl in $impls; do
		case $impl in
		gen_pool | alloc_iova_fast) continue ;;
		esac
		job aligned "$impl" 65536 1 2000 200000000
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

main() {
	local name
	: >"$output"
	modprobe drm
	insmod "$modules/vcm_bench.ko"
	job calibrate none 0 1 0 0
	for name in $jobs; do
		"$name"
	done
	rmmod vcm_bench
}

main
