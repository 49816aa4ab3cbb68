#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# iommu_bug.sh - vcmstat iommu names the function of a driver that has a bug.
#
# The bugs are those of vcm_bug.ko, see mod/bug.c; no module of VCM is loaded.  Beside it other
# drivers work, and are not to blame.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/iommu_util.sh"

storm=100000

# guilty FILE WHAT: a process of its own writes WHAT there; sets $pid to its number
guilty() {
	sh -c 'echo $$ >"$3" && echo "$2" >"$1"' sh "$1" "$2" "$scratch/pid"
	pid=$(cat "$scratch/pid")
}

# has LINE MEMBER VALUE: a number or a text
has() {
	[[ $1 == *"\"$2\":$3,"* || $1 == *"\"$2\":\"$3\","* ]] || {
		echo "no $2 $3 in $1"
		return 1
	}
}

# member LINE NAME: its number
member() {
	sed -n "s/.*\"$2\":\\([0-9]*\\)[,}].*/\\1/p" <<<"$1"
}

# The device is told to write, then the memory is unmapped, and then it writes.
an_unmapping_that_comes_too_early_is_named() {
	local line pid
	need_machine
	load_drivers
	follow "$scratch/early"
	guilty "$bug/early" 1
	wait_until grep -q '"type":"iommu_fault"' "$scratch/early"
	all_io
	stop "$scratch/early" 4
	[ "$(grep -c '"type":"iommu_fault",' "$scratch/early")" = 1 ]
	line=$(grep '"type":"iommu_fault",' "$scratch/early")
	echo "$line"
	has "$line" device "$bug_device"
	has "$line" rule unmapped
	has "$line" access write
	has "$line" iova "$(($(cat "$bug/address")))"
	has "$line" domain "$(domain "$scratch/early" "$bug_device")"
	has "$line" unmap_pid "$pid"
	has "$line" map_pid "$pid"
	has "$line" unmap_comm sh
	has "$line" unmap_in "vcm_bug_early [vcm_bug]"
	has "$line" map_in "vcm_bug_early [vcm_bug]"
	[[ $line == *'"unmap_stack":"'*'vcm_bug_early+'*';vcm_bug_early_write+'*'vfs_write+'* ]]
	# the device begins a tenth of a second after it was told to
	[ "$(member "$line" ago_ns)" -gt 50000000 ]
}

# leaks FILE PATTERN: there is such a place
leaks() {
	grep -q "\"type\":\"iommu_leak\",.*$2" "$1"
}

# All else is given back soon, or was there before.  The cards are at rest: a card holds what it may
# receive into for as long as nothing comes.
a_leak_is_named_and_nothing_else() {
	local line pid
	need_machine
	load_drivers
	interval=1 follow "$scratch/leak" --leak 8
	guilty "$bug/leak" 5
	wait_until leaks "$scratch/leak" '"held":5,'
	guilty "$bug/leak" 2
	disk_io
	wait_until leaks "$scratch/leak" '"held":7,'
	stop "$scratch/leak" 4
	line=$(grep '"type":"iommu_leak",' "$scratch/leak" | tail -n 1)
	echo "$line"
	has "$line" held 7
	has "$line" held_bytes $((7 * 4096))
	has "$line" domain "$(domain "$scratch/leak" "$bug_device")"
	has "$line" in "vcm_bug_leak [vcm_bug]"
	has "$line" comm sh
	[[ $line == *'"stack":"'*'vcm_bug_leak+'*';vcm_bug_leak_write+'*'vfs_write+'* ]]
	refute grep '"type":"iommu_leak",.*"in":"[^v]' "$scratch/leak"
}

# The control: drivers work, and have no bug.
who_has_no_bug_is_not_named() {
	need_machine
	load_drivers
	interval=1 follow "$scratch/none" --leak 10
	disk_io
	wait_until grep -q '"type":"iommu_domain"' "$scratch/none"
	stop "$scratch/none" 0
	refute grep '"type":"iommu_\(leak\|fault\)",' "$scratch/none"
}

# One mapping of which the middle goes: what remains are two.
a_hole_in_a_mapping_is_known() {
	need_machine
	load_drivers
	follow "$scratch/pieces" --map --verify
	echo 1 >"$bug/pieces"
	wait_until is_at_rest
	stop "$scratch/pieces" 0
	truths second
	compare "$scratch/pieces"
	listed "$scratch/pieces" "$bug_device" | tee "$scratch/two"
	echo undo >"$bug/pieces"
	printf '10000000 10005fff\n1000a000 1000ffff\n' | cmp - "$scratch/two"
}

# sum_of FILE: of the counts by page, and of the last one of all other pages
sum_of() {
	sed -n 's/^{"type":"\(iommu_faults[a-z_]*\)",.*"count":\([0-9]*\)}/\1 \2/p' "$1" | awk '
		$1 == "iommu_faults" { sum += $2 }
		$1 == "iommu_faults_others" { others = $2 }
		END { print sum + others }'
}

# A verdict on each of the first pages, a count of all; and what comes later is judged again.
a_storm_of_faults_is_counted_and_the_next_one_judged() {
	local end told dropped pid
	need_machine
	load_drivers
	interval=1 follow "$scratch/storm"
	echo "$storm" >"$bug/storm"
	disk_io
	wait_until grep -q '"type":"iommu_faults_others"' "$scratch/storm"
	guilty "$bug/early" 1
	wait_until grep -q "\"rule\":\"unmapped\",.*\"unmap_pid\":$pid," "$scratch/storm"
	stop "$scratch/storm" 4
	end=$(tail -n 1 "$scratch/storm")
	told=$(member "$end" faults)
	dropped=$(member "$end" fault_dropped)
	echo "$told told, of which $(sum_of "$scratch/storm") are counted, $dropped found no room"
	[ "$((told + dropped))" = "$((storm + 1))" ]
	[ "$told" -gt 4096 ]
	[ "$(sum_of "$scratch/storm")" = "$told" ]
}

main() {
	tap_plan 5
	begin_without_vcm
	tap_case an_unmapping_that_comes_too_early_is_named
	tap_case a_leak_is_named_and_nothing_else
	tap_case who_has_no_bug_is_not_named
	tap_case a_hole_in_a_mapping_is_known
	tap_case a_storm_of_faults_is_counted_and_the_next_one_judged
	tap_end
}

main
