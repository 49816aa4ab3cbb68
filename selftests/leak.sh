#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# leak.sh - nothing is left of all the tests before this one: run it last.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/vcm_util.sh"

# zero KEY...: each of them is 0 in the statistics
zero() {
	local key value bad=0
	for key in "$@"; do
		value=$(stat_value "$key")
		if [ "$value" != 0 ]; then
			echo "$key: ${value:-missing}"
			bad=1
		fi
	done
	return "$bad"
}

no_context_reservation_or_association_is_left() {
	zero contexts reservations associations references
}

no_memory_is_left() {
	zero memory_objects pages
}

no_byte_is_reserved_bound_or_mapped() {
	zero bytes_reserved bytes_bound bytes_mapped bytes_carved
}

# The structs of the core that are allocated are those of the devices that drivers offered, each
# with the holder that has its name, and those of carve-outs.
no_object_is_left_but_the_devices() {
	local devices carveouts
	devices=$(grep -vc '^#' "$debugfs/devices" || true)
	carveouts=$(grep -vc '^#' "$debugfs/carveouts" || true)
	echo "$(stat_value objects) objects, $devices devices, $carveouts carve-outs"
	[ "$(stat_value objects)" = "$((2 * devices + carveouts))" ]
}

the_lists_are_empty() {
	local file
	for file in contexts memory assocs; do
		[ -r "$debugfs/$file" ]
		if grep -v '^#' "$debugfs/$file"; then
			echo "in $file"
			return 1
		fi
	done
	[ -z "$(find "$debugfs" -maxdepth 1 -type d -name '[0-9]*')" ]
}

the_core_finds_its_invariants_kept() {
	echo "check: $(cat "$debugfs/check")"
	grep -qx ok "$debugfs/check"
}

no_dma_of_the_sample_was_wrong() {
	local file
	need_edu
	for file in "$edu_debugfs"/*/result; do
		grep -x 'mismatches: 0' "$file"
	done
}

no_simulated_hardware_is_left() {
	local left
	left=$(find "$sim_config" -mindepth 1 -maxdepth 1 2>/dev/null || true
		find /sys/class/iommu /sys/bus/platform/devices "$sim_debugfs/mmu" \
			"$sim_debugfs/dev" /sys/kernel/debug/vcm_sim_dev -mindepth 1 -maxdepth 1 \
			\( -path '*/debug/*' -o -name 'sim-*' \) 2>/dev/null || true)
	[ -z "$left" ] || {
		echo "$left"
		return 1
	}
}

main() {
	tap_plan 8
	tap_case no_context_reservation_or_association_is_left
	tap_case no_memory_is_left
	tap_case no_byte_is_reserved_bound_or_mapped
	tap_case no_object_is_left_but_the_devices
	tap_case the_lists_are_empty
	tap_case the_core_finds_its_invariants_kept
	tap_case no_dma_of_the_sample_was_wrong
	tap_case no_simulated_hardware_is_left
	tap_end
}

main
