#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# formats.sh - the page-table formats under random calls in the kernel, see kernel/sim/test.
#
# VCM_OPS=N calls for each format (default a million), VCM_SEED=N replays.  VCM_MODULES is the
# folder of the modules; without it that of the tree that this was installed from.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/vcm_util.sh"

modules=${VCM_MODULES:-$here/../../kernel}
ops=${VCM_OPS:-1000000}
seed=${VCM_SEED:-$((SRANDOM * 65536 + $$))}
run=/sys/kernel/debug/vcm_fmt_test/run
loaded=()

# load NAME: unless somebody else has
load() {
	[ ! -d "/sys/module/$1" ] || return 0
	insmod "$modules/$1.ko"
	loaded=("$1" "${loaded[@]}")
}

# value KEY: of the last run
value() {
	sed -n "s/.* $1=\([0-9]*\).*/\1/p" "$run"
}

# The line that fails a run says why, and with which seed.
format_agrees() {
	local key
	if ! echo "$1 $ops $seed" >"$run"; then
		cat "$run"
		return 1
	fi
	echo "run: $(cat "$run")"	# it begins with ok, which is a word of TAP
	grep -q "^ok $1 calls=$ops seed=$seed held=0 " "$run"
	for key in maps exists unmaps holes refused looks hits; do
		[ "$(value "$key")" -gt 0 ]
	done
}

armv7s_agrees_with_the_oracle() {
	format_agrees armv7s
	[ "$(value splits)" -gt 0 ] && [ "$(value nomem)" -gt 0 ]
}

omap_agrees_with_the_oracle() {
	format_agrees omap
	[ "$(value splits)" -gt 0 ] && [ "$(value nomem)" -gt 0 ]
}

tce_agrees_with_the_oracle() {
	format_agrees tce
}

x86_agrees_with_the_oracle() {
	format_agrees x86
	[ "$(value splits)" -gt 0 ] && [ "$(value nomem)" -gt 0 ]
}

lines_that_are_none_are_refused() {
	local line
	for line in "" "x86" "x86 1" "arm 1 1" "x86 one 1" "$(printf 'x86%080d' 1) 1 1"; do
		if echo "$line" >"$run"; then
			echo "accepted: $line"
			return 1
		fi
	done 2>/dev/null
}

no_module_is_in_use() {
	[ "$(cat /sys/module/vcm_fmt_test/refcnt)" = 0 ]
}

main() {
	local module
	tap_plan 6
	echo "# seed $seed, $ops calls"
	load vcm_fmt
	load vcm_fmt_test
	tap_case armv7s_agrees_with_the_oracle
	tap_case omap_agrees_with_the_oracle
	tap_case tce_agrees_with_the_oracle
	tap_case x86_agrees_with_the_oracle
	tap_case lines_that_are_none_are_refused
	tap_case no_module_is_in_use
	for module in "${loaded[@]}"; do
		rmmod "$module"
	done
	tap_end
}

main
