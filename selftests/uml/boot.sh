# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# boot.sh - run a command under User-mode Linux; sourced.

# uml_boot TREE FOLDER SECONDS LOG WORD...: the exit code of the command, 124 when it did not end
# in time, 125 when the kernel ended without one.  FOLDER is for the command; that of LOG is the
# only one that is writable inside.
uml_boot() {
	local tree=$1 folder=$2 limit=$3 log=$4 results code=0
	shift 4
	results=$(dirname "$log")
	mkdir -p "$folder"
	printf '%q ' "$@" >"$folder/command"
	rm -f "$results/uml-exit" "$results/uml-dmesg"
	timeout --kill-after=5 "$limit" "$tree/linux" mem=1G root=none rootfstype=hostfs \
		rootflags=/ ro init="$(dirname "${BASH_SOURCE[0]}")/init" con=null con0=null,fd:1 \
		ssl=null stderr=1 panic=-1 quiet vcm_results="$results" vcm_command="$folder/command" \
		</dev/null 2>"$log" || code=$?
	# What the kernel prints when it gives up is on standard output.
	cat "$results/uml-dmesg" >>"$log" 2>/dev/null || true
	rm -f "$results/uml-dmesg"
	[ "$code" != 124 ] && [ "$code" != 137 ] || return 124
	code=$(cat "$results/uml-exit" 2>/dev/null) || code=125
	rm -f "$results/uml-exit"
	return "$code"
}
