#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# sim_config.sh - making and removing simulated IOMMUs and devices through configfs.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/vcm_util.sh"

loops=100	# instances one after the other
at_once=25	# and together: each one more is looked at by the kernel when another comes

need_sim() {
	[ -d "$sim_config" ] || skip "vcm_sim is not loaded"
	sim_remove_all
}

test_cleanup() {
	sim_remove_all
}

# errno TEXT COMMAND...: it fails and says so
fails_with() {
	local text=$1 said
	shift
	if said=$("$@" 2>&1); then
		echo "succeeds: $*"
		return 1
	fi
	[[ $said == *"$text"* ]] || {
		echo "not '$text': $said"
		return 1
	}
}

put() {
	echo "$2" >"$sim_config/$1"
}

an_instance_has_the_defaults_of_its_format() {
	local format last
	need_sim
	mkdir "$sim_config/c0"
	while read -r format last; do
		put c0/format "$format"
		[ "$(cat "$sim_config/c0/format")" = "$format" ]
		[ "$(cat "$sim_config/c0/last")" = "$last" ] || {
			echo "$format: $(cat "$sim_config/c0/last")"
			return 1
		}
	done <<-'EOT'
	armv7s 0xffffffff
	omap 0xffffffff
	tce 0x1fffffff
	x86 0xffffffffffff
	EOT
	rmdir "$sim_config/c0"
}

what_no_iommu_can_be_is_refused() {
	need_sim
	fails_with 'Invalid argument' mkdir "$sim_config/a b"
	fails_with 'File name too long' mkdir "$sim_config/abcdefghijklmnop"
	mkdir "$sim_config/c0"
	fails_with 'Invalid argument' put c0/format vax
	fails_with 'Invalid argument' put c0/contexts 129
	fails_with 'Invalid argument' put c0/last x
	put c0/format armv7s
	put c0/page_sizes 0x2000
	fails_with 'Invalid argument' put c0/live 1
	put c0/page_sizes 0
	put c0/last 0x100000fff
	fails_with 'Invalid argument' put c0/live 1
	put c0/last 0xfff
	put c0/start 0x1000
	fails_with 'Invalid argument' put c0/live 1
	put c0/start 0x800
	fails_with 'Invalid argument' put c0/live 1
	put c0/start 0
	put c0/tlb_sets 3
	fails_with 'Invalid argument' put c0/live 1
	put c0/tlb_sets 4
	put c0/contexts 0
	fails_with 'Invalid argument' put c0/live 1
	put c0/contexts 1
	put c0/live 1
	put c0/live 0
	rmdir "$sim_config/c0"
}

what_is_live_does_not_change_and_stays() {
	local name
	need_sim
	sim_add c0 x86 a
	for name in format page_sizes start last contexts tlb_sets tlb_ways latency_us \
		    table_pages stall; do
		fails_with 'resource busy' put "c0/$name" "$(cat "$sim_config/c0/$name")"
	done
	fails_with 'resource busy' put c0/a/dma_bits 32
	fails_with 'resource busy' put c0/a/default_domain dma
	fails_with 'resource busy' put c0/live 1
	fails_with 'resource busy' put c0/a/live 1
	fails_with 'resource busy' put c0/live 0
	fails_with 'resource busy' rmdir "$sim_config/c0/a"
	fails_with 'resource busy' rmdir "$sim_config/c0"
	put c0/a/live 0
	fails_with 'No such device or address' put c0/a/live 0
	put c0/live 0
	fails_with 'not empty' rmdir "$sim_config/c0"
	fails_with 'No such device or address' put c0/live 0
	fails_with 'No such device' put c0/a/live 1
	put c0/latency_us 7
	put c0/live 1
	rmdir "$sim_config/c0/a"
	fails_with 'resource busy' rmdir "$sim_config/c0"
	put c0/live 0
	rmdir "$sim_config/c0"
}

the_kernel_knows_what_is_live_and_nothing_else() {
	local dev=/sys/bus/platform/devices/sim-c0.a
	need_sim
	mkdir "$sim_config/c0"
	[ ! -e /sys/class/iommu/sim-c0 ]
	put c0/live 1
	[ -d "/sys/class/iommu/$(cat "$sim_config/c0/iommu")" ]
	mkdir "$sim_config/c0/a"
	[ ! -e "$dev" ]
	put c0/a/live 1
	[ "$(basename "$(readlink "$dev/iommu")")" = sim-c0 ]
	[ -e "/sys/class/iommu/sim-c0/devices/sim-c0.a" ]
	[ "$(cat "$dev/iommu_group/type")" = DMA ]
	[ "$(cat "$sim_config/c0/a/name")" = sim-c0.a ]
	put c0/a/live 0
	[ ! -e "$dev" ]
	put c0/a/default_domain identity
	put c0/a/live 1
	[ "$(cat "$dev/iommu_group/type")" = identity ]
	sim_remove_all
	[ ! -e /sys/class/iommu/sim-c0 ]
}

the_module_is_its_own_and_pinned_by_what_was_made() {
	need_sim
	[ ! -e /sys/module/vcm/holders/vcm_sim ]
	mkdir "$sim_config/c0"
	fails_with 'in use' rmmod vcm_sim
	rmdir "$sim_config/c0"
}

counted() {
	sed -n "s/^$1 //p" /proc/vmstat
}

# Groups are released a moment after their device.
groups() {
	find /sys/kernel/iommu_groups -mindepth 1 -maxdepth 1 | wc -l
}

# is_as_before PAGES GROUPS OBJECTS
is_as_before() {
	[ "$(counted nr_iommu_pages)" = "$1" ] && [ "$(groups)" = "$2" ] &&
		[ "$(stat_value objects)" = "$3" ]
}

a_hundred_instances_one_after_the_other_leave_nothing() {
	local i formats=(armv7s omap tce x86) before
	need_sim
	before="$(counted nr_iommu_pages) $(groups) $(stat_value objects)"
	for ((i = 0; i < loops; i++)); do
		sim_add "c$i" "${formats[i % 4]}" a
		echo "fill 0x1000 4096 1" 2>/dev/null >"$sim_debugfs/dev/sim-c$i.a/dma" || true
		sim_remove "c$i"
	done
	# shellcheck disable=SC2086 # a list
	wait_until is_as_before $before || {
		echo "was $before, is $(counted nr_iommu_pages) $(groups) $(stat_value objects)"
		return 1
	}
}

many_instances_at_once_leave_nothing() {
	local i formats=(armv7s omap tce x86) before
	need_sim
	before="$(counted nr_iommu_pages) $(groups) $(stat_value objects)"
	for ((i = 0; i < at_once; i++)); do
		sim_add "c$i" "${formats[i % 4]}" a
	done
	[ "$(grep -c '^mmu ' "$sim_debugfs/state")" = "$at_once" ]
	[ "$(grep -c '^dev ' "$sim_debugfs/state")" = "$at_once" ]
	sim_remove_all
	[ "$(grep -vc '^#' "$sim_debugfs/state")" = 0 ] || return 1
	# shellcheck disable=SC2086 # a list
	wait_until is_as_before $before || {
		echo "was $before, is $(counted nr_iommu_pages) $(groups) $(stat_value objects)"
		return 1
	}
}

main() {
	tap_plan 7
	tap_case an_instance_has_the_defaults_of_its_format
	tap_case what_no_iommu_can_be_is_refused
	tap_case what_is_live_does_not_change_and_stays
	tap_case the_kernel_knows_what_is_live_and_nothing_else
	tap_case the_module_is_its_own_and_pinned_by_what_was_made
	tap_case a_hundred_instances_one_after_the_other_leave_nothing
	tap_case many_instances_at_once_leave_nothing
	tap_end
}

main
