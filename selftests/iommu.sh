#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# iommu.sh - vcmstat iommu knows every mapping of the machine, without a module of VCM.
#
# The list is compared with what the IOMMU translates, page by page, device by device; see
# iommu_util.sh.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/iommu_util.sh"

# Both ends of the life of a driver are seen, so nothing may be without somebody who made it.
who_watches_from_the_start_explains_every_page() {
	local device
	need_machine
	follow "$scratch/early" --map
	load_drivers
	all_io
	wait_until is_at_rest
	stop "$scratch/early" 0
	truths second
	compare "$scratch/early"
	for device in "$disk" "$card" "$peer"; do
		[ "$(of_domain "$scratch/early" "$device" before)" = 0 ]
	done
	[ "$(of_domain "$scratch/early" "$disk" maps)" -ge 512 ]
	[ "$(of_domain "$scratch/early" "$card" maps)" -ge 200 ]
	refute grep '"type":"iommu_fault"' "$scratch/early"
	tail -n 2 "$scratch/early" | grep '"lost_mappings":0,.*"lost_domains":0,'
}

# Domains were filled when nobody looked: the tables tell what is in them.  Some of that goes while
# the tool looks, and other things come.
who_comes_late_finds_what_was_there() {
	local device
	need_machine
	load_drivers
	all_io
	follow "$scratch/late" --map --verify
	all_io
	wait_until is_at_rest
	stop "$scratch/late" 0
	truths second
	compare "$scratch/late"
	for device in "$disk" "$card" "$peer"; do
		[ "$(of_domain "$scratch/late" "$device" before)" -gt 0 ]
		[ "$(of_domain "$scratch/late" "$device" whole)" = 1 ]
	done
	[ "$(of_domain "$scratch/late" "$disk" maps)" -ge 512 ]
	grep '"type":"iommu_verify"' "$scratch/late"
	refute grep '"type":"iommu_fault"' "$scratch/late"
	tail -n 2 "$scratch/late" | grep '"lost_mappings":0,.*"lost_domains":0,.*"unsynced":0'
}

# Drivers give back what they had mapped before anybody looked.
what_was_there_and_went_is_listed_no_more() {
	local device
	need_machine
	load_drivers
	all_io
	follow "$scratch/gone" --map --verify
	unload_drivers
	wait_until is_at_rest
	stop "$scratch/gone" 0
	truths second
	compare "$scratch/gone"
	for device in "$disk" "$card" "$peer"; do
		[ "$(of_domain "$scratch/gone" "$device" live)" = 0 ]
		[ "$(of_domain "$scratch/gone" "$device" unmaps)" -gt 0 ]
	done
}

main() {
	tap_plan 3
	begin_without_vcm
	tap_case who_watches_from_the_start_explains_every_page
	tap_case who_comes_late_finds_what_was_there
	tap_case what_was_there_and_went_is_listed_no_more
	tap_end
}

main
