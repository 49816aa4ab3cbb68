#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# sim_dma_api.sh - the DMA API on simulated devices: unchanged, traced, and flushed as often as
# it says.
#
# The driver of the devices (vcm_sim_dev) maps, moves and compares; here the kernel's own events
# and the counters of the IOTLB are held against what it says it did.  The events name no device,
# so each instance has a window that nobody else uses.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/vcm_util.sh"

tracing=/sys/kernel/tracing
window=0x0000000014

test_cleanup() {
	echo 0 >"$tracing/events/iommu/enable" || true
	sim_remove_all
}

need_sim() {
	[ -d "$sim_config" ] || skip "vcm_sim is not loaded"
	[ -d /sys/kernel/debug/vcm_sim_dev ] || skip "vcm_sim_dev is not loaded"
}

# api_add FORMAT DEFAULT: instance d0 with a window of 16 MiB, and device a
api_add() {
	mkdir "$sim_config/d0"
	echo "$1" >"$sim_config/d0/format"
	echo 0x14000000 >"$sim_config/d0/start"
	echo 0x14ffffff >"$sim_config/d0/last"
	echo 1 >"$sim_config/d0/live"
	mkdir "$sim_config/d0/a"
	echo "$2" >"$sim_config/d0/a/default_domain"
	echo 1 >"$sim_config/d0/a/live"
}

result() {
	sed -n "s/^$1: //p" /sys/kernel/debug/vcm_sim_dev/sim-d0.a/result
}

flushes() {
	sed -n "s/^$1: //p" "$sim_debugfs/mmu/d0/stats"
}

# api WHAT TIMES: use it, with the events of the IOMMU core in $scratch/trace
api() {
	local i
	echo 0 >"$tracing/tracing_on"
	: >"$tracing/trace"
	echo 1 >"$tracing/events/iommu/map/enable"
	echo 1 >"$tracing/events/iommu/unmap/enable"
	echo 1 >"$tracing/tracing_on"
	for ((i = 0; i < $2; i++)); do
		echo "$1" >"/sys/kernel/debug/vcm_sim_dev/sim-d0.a/dma_api"
	done
	echo 0 >"$tracing/tracing_on"
	grep -E " (map|unmap): IOMMU: iova=$window" "$tracing/trace" >"$scratch/trace" || true
	echo 0 >"$tracing/events/iommu/enable"
}

# traced EVENT: how many, and the bytes that they cover
traced() {
	grep -c " $1: " "$scratch/trace" || true
}

bytes_of() {
	sed -nE "s/.* $1: .* size=([0-9]+).*/\1/p" "$scratch/trace" |
		awk '{ sum += $1 } END { print sum + 0 }'
}

# Every kind on one format; page and sg move single pages, so that events can be counted.
uses_the_api() {
	local what before
	for what in page sg coherent; do
		before=$(flushes flush_range)
		api "$what" 5
		echo "$what: traced $(traced map) $(traced unmap), $(result maps) maps," \
			"$(flushes flush_range) flushes"
		[ "$(traced unmap)" -ge 5 ]
		[ "$(traced map)" -ge "$(traced unmap)" ]
		[ "$(bytes_of map)" = "$(bytes_of unmap)" ]
		# strict: one invalidation for each range that was unmapped
		[ $(($(flushes flush_range) - before)) = "$(traced unmap)" ]
	done
	[ "$(result maps)" = "$(result unmaps)" ]
	[ "$(result wrong)" = 0 ]
	[ "$(result leaks)" = 0 ]
	[ "$(result bytes)" -gt 0 ]
}

with_armv7s() {
	need_sim
	api_add armv7s dma
	uses_the_api
	api direction 1
	[ "$(result leaks)" = 0 ]
	sim_remove_all
}

with_omap() {
	need_sim
	api_add omap dma
	uses_the_api
	# its entries have no permission bits, so the device may write what is to be read
	api direction 1
	[ "$(result leaks)" = 1 ]
	sim_remove_all
}

with_tce() {
	need_sim
	api_add tce dma
	uses_the_api
	api direction 1
	[ "$(result leaks)" = 0 ]
	sim_remove_all
}

with_x86() {
	need_sim
	api_add x86 dma
	uses_the_api
	api direction 1
	[ "$(result leaks)" = 0 ]
	sim_remove_all
}

# A lazy domain unmaps without an invalidation each, and with one of everything later.
flushed() {
	[ "$(flushes flush_asid)" -gt "$1" ]
}

lazy_unmapping_is_flushed_at_once_and_later() {
	local range asid
	need_sim
	api_add x86 dma-fq
	[ "$(cat /sys/bus/platform/devices/sim-d0.a/iommu_group/type)" = DMA-FQ ]
	range=$(flushes flush_range)
	asid=$(flushes flush_asid)
	api page 20
	[ "$(traced unmap)" = 40 ]
	[ "$(flushes flush_range)" = "$range" ]
	wait_until flushed "$asid"
	[ "$(result wrong)" = 0 ]
	sim_remove_all
}

main() {
	tap_plan 5
	tap_case with_armv7s
	tap_case with_omap
	tap_case with_tce
	tap_case with_x86
	tap_case lazy_unmapping_is_flushed_at_once_and_later
	tap_end
}

main
