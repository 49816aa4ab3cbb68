#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# shrink.sh - memory that runs short takes back what the caches of a space keep.
#
# The space is that of kernel/bench/held.c.  VCM_MODULES is the folder of the modules; without it
# that of the tree that this was installed from.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/vcm_util.sh"

modules=${VCM_MODULES:-$here/../../kernel}
held=/sys/kernel/debug/vcm_space_test/held

# value KEY: of the space
value() {
	sed -n "s/^$1 //p" "$held"
}

a_space_keeps_what_it_is_given_back() {
	echo 40 >"$held"
	[ "$(value cached)" = 40 ]
	[ "$(value pieces)" = 40 ]
	[ "$(value cached_bytes)" = $((820 * $(getconf PAGE_SIZE))) ]
	[ "$(value scans)" = 0 ]
}

short_memory_takes_it_back() {
	echo 2 >/proc/sys/vm/drop_caches
	[ "$(value cached)" = 0 ]
	[ "$(value pieces)" = 0 ]
	[ "$(value cached_bytes)" = 0 ]
	[ "$(value scans)" -gt 0 ]
}

an_empty_space_is_left_alone() {
	local before
	before=$(value scans)
	echo 2 >/proc/sys/vm/drop_caches
	[ "$(value scans)" = "$before" ]
}

# A shrinker that outlived its space would be called here.
no_space_no_shrinker() {
	echo 0 >"$held"
	[ -z "$(cat "$held")" ]
	echo 2 >/proc/sys/vm/drop_caches
}

a_held_space_goes_with_the_module() {
	echo 64 >"$held"
	rmmod vcm_space_test
	echo 2 >/proc/sys/vm/drop_caches
}

main() {
	tap_plan 5
	insmod "$modules/vcm_space_test.ko"
	tap_case a_space_keeps_what_it_is_given_back
	tap_case short_memory_takes_it_back
	tap_case an_empty_space_is_left_alone
	tap_case no_space_no_shrinker
	tap_case a_held_space_goes_with_the_module
	tap_end
}

main
