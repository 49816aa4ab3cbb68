#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# completion_check.sh COMPLETION TABLE - does the function complete every option of the table, its
# values, the commands and files?  Run by tool_test.sh.
set -euo pipefail

# shellcheck source=/dev/null
. "$1"
table=$2
checked=0

# completes WORD... -- WANT: the last word is completed to WANT, among others
completes() {
	local words=() reply
	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	COMP_WORDS=(vcmstat "${words[@]}")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	COMPREPLY=()
	_vcmstat
	checked=$((checked + 1))
	for reply in "${COMPREPLY[@]}"; do
		[ "$reply" != "$2" ] || return 0
	done
	echo "vcmstat ${words[*]}: no '$2' in: ${COMPREPLY[*]:0:20}"
	exit 1
}

while IFS=$'\t' read -r command option letter kind _ choices _; do
	completes "${command:0:3}" -- "$command"
	if [ "$option" != - ]; then
		completes "$command" "--${option:0:2}" -- "--$option"
	fi
	case $option:$kind in
	-:words)
		completes "$command" "" -- "${choices%% *}" ;;
	*:words)
		completes "$command" "--$option" "" -- "${choices##* }"
		[ "$letter" = - ] || completes "$command" "-$letter" "" -- "${choices%% *}"
		# the shell splits --option=value
		completes "$command" "--$option" = "" -- "${choices%% *}" ;;
	*:file)
		[ "$option" = - ] || completes "$command" "--$option" "$1" -- "$1" ;;
	esac
done <"$table"
completes replay "$1" -- "$1"
echo "$checked completions"
