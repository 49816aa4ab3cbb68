#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest-kselftest.sh PROGRAMS RESULTS [NAME]... - run installed kselftests, then prove that nothing
# is left.
#
# Runs inside the guest with vcm and vcm_edu loaded.  PROGRAMS holds kselftest-list.txt, lines
# "vcm:name", and vcm/ the programs; with NAMEs, with or without .sh, only those of the list run.
# RESULTS/kselftest.tap says of each program whether it ran to its end and told the truth by its
# exit code; what it printed is in RESULTS/kselftest-NAME.tap.
#
# Each program is started here and not by kselftest's runner: out of tree that one ignores the
# `settings` file with its timeout.
set -euo pipefail

programs=$1 results=$2
shift 2
wanted=("$@")
summary=$results/kselftest.tap
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/results.sh"
PATH=$(dirname "$programs")/vcmstat:$PATH
export PATH

listed() {
	sed -n 's/^vcm://p' "$programs/kselftest-list.txt" 2>/dev/null || true
}

# The programs to run, in the order of the list.  What is wanted and not there is named too.
selected() {
	local name
	if [ ${#wanted[@]} = 0 ]; then
		listed
		return
	fi
	listed | while IFS= read -r name; do
		[[ " ${wanted[*]} " != *" ${name%.sh} "* && " ${wanted[*]} " != *" $name "* ]] ||
			echo "$name"
	done
	for name in "${wanted[@]}"; do
		listed | grep -qxF -e "$name" -e "$name.sh" || echo "$name"
	done
}

# setting NAME DEFAULT FOLDER: from the kselftest `settings` file
setting() {
	local value=''
	if [ -r "$3/settings" ]; then
		value=$(sed -n "s/^$1=//p" "$3/settings" | tail -n 1)
	fi
	echo "${value:-$2}"
}

# Does the exit code of a program (kselftest: 0 pass, 4 skip) agree with its TAP?
agrees() {
	local code=$1 tap=$2
	case $code in
	0) ! grep -q '^not ok' "$tap" ;;
	4) grep -qi '# *skip' "$tap" ;;
	1) grep -q '^not ok' "$tap" ;;
	*) return 1 ;;
	esac
}

run_program() {
	local name=$1 dir=$2 code=0 seconds tap=$results/kselftest-$1.tap
	seconds=$(setting timeout 45 "$dir")
	VCM_SECONDS=$(setting seconds 5 "$dir")
	export VCM_SECONDS
	echo "# $name"
	(cd "$dir" && exec timeout --kill-after=5 "$seconds" "./$name") </dev/null 2>&1 |
		tee "$tap" || code=$?
	if [ "$code" = 124 ] || [ "$code" = 137 ]; then
		result 1 "$name: did not end within $seconds seconds"
	elif agrees "$code" "$tap"; then
		result 0 "$name: ran to its end"
		grep -q '^not ok' "$tap" && failed=1
	else
		result 1 "$name: exit code $code does not fit its TAP"
	fi
	return 0
}

# The last close of a file may finish after the program has ended, so give it a while.
nothing_left() {
	local i
	for ((i = 0; i < 50; i++)); do
		look_for_left
		[ -n "$left" ] || return 0
		sleep 0.1
	done
	echo "# left:$left"
	return 1
}

unload() {
	local module
	for module in vcm_sim_dev vcm_sim vcm_fmt vcm_edu vcm; do
		[ ! -e "/sys/module/$module" ] || rmmod "$module" || return 1
	done
	[ ! -e /sys/module/vcm ] && [ ! -e /dev/vcm ]
}

# Where simulated hardware is made; the folder is there with the file system.
mount_configfs() {
	local at=/sys/kernel/config
	[ ! -d "$at" ] || mountpoint -q "$at" || mount -t configfs configfs "$at"
}

main() {
	local name dir
	: >"$summary"
	mount_configfs
	check "there is a list of programs" test -s "$programs/kselftest-list.txt"
	dir=$programs/vcm
	while IFS= read -r name; do
		if [ ! -x "$dir/$name" ]; then
			result 1 "$name: is wanted but not installed"
			continue
		fi
		run_program "$name" "$dir"
	done < <(selected)
	check "no context, reservation, association, memory or page is left" nothing_left
	check "all modules unload" unload
	plan
}

main
exit "$failed"
