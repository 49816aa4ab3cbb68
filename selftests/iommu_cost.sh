#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# iommu_cost.sh - what vcmstat iommu costs whom it follows: reads of an NVMe disk a second.
#
# Each round has a turn without the tool and one with each way to use it, so what changes on the
# machine meanwhile meets all of them.  Every read is one mapping and one unmapping.  Emulated
# processors say little about real ones: what counts is the ratio.  Where others have
# the machine it says nothing either.
#
# VCM_COST_ROUNDS and VCM_COST_READS set how much is done.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/iommu_util.sh"

rounds=${VCM_COST_ROUNDS:-3}
reads=${VCM_COST_READS:-500}

# Nanoseconds that processors have had nothing to do, the sum of all, to 10 ms.
idle_ns() {
	awk '$1 == "cpu" { printf "%.0f\n", ($5 + $6) * 1e7 }' /proc/stat
}

# To the end of FILE: nanoseconds that a read takes, and those of a processor.
take() {
	local begin idle ns
	begin=$(date +%s%N)
	idle=$(idle_ns)
	dd if=/dev/nvme0n1 of=/dev/null bs=4k count="$reads" iflag=direct status=none
	idle=$(($(idle_ns) - idle))
	ns=$(($(date +%s%N) - begin))
	echo "$((ns / reads)) $(((ns * $(nproc) - idle) / reads))" >>"$1"
}

# turn NAME [option]...: the reads, while the tool follows with the options
turn() {
	local name=$1 maps
	shift
	follow "$scratch/turn" "$@"
	take "$scratch/$name"
	stop "$scratch/turn" 0
	maps=$(of_domain "$scratch/turn" "$disk" maps)
	[ "$maps" -ge "$reads" ] || {
		echo "only $maps of $reads reads were seen"
		return 1
	}
	tail -n 2 "$scratch/turn" | grep -q '"lost_mappings":0,'
}

# median NAME FIELD
median() {
	awk -v field="$2" '{ print $field }' "$scratch/$1" | sort -n |
		awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# row NAME WHAT: its medians, and how they compare with nobody looking
row() {
	awk -v ns="$(median "$1" 1)" -v base="$(median none 1)" -v busy="$(median "$1" 2)" \
		-v busy_base="$(median none 2)" -v what="$2" 'BEGIN {
		printf "%-38s %7.0f reads/s, %.2f of those without; %9d ns of a processor, %.2f\n",
			what, 1e9 / ns, base / ns, busy, busy / busy_base }'
}

what_it_costs_is_measured_and_every_read_seen() {
	local i
	need_machine
	load_drivers
	take "$scratch/warm"
	for ((i = 0; i < rounds; i++)); do
		take "$scratch/none"
		turn follow
		turn plain --no-stacks
	done
	echo "$rounds rounds of $reads reads of 4K, median:"
	row none "without"
	row follow "followed"
	row plain "followed without stacks (--no-stacks)"
}

main() {
	tap_plan 1
	begin_without_vcm
	tap_case what_it_costs_is_measured_and_every_read_seen
	tap_end
}

main
