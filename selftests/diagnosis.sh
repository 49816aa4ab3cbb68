#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# diagnosis.sh - the verdicts of vcmstat fault are right, and docs/diagnosis.md tells the truth.
#
# Faults with known causes are judged, with a random seed (VCM_SEED gives it again) and with that
# of the page, whose table must be what comes of it.  Every command of the page is run and must
# print what follows it there; times and pids are let differ.  VCM_WRITE=1 writes the page anew.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
page=$top/docs/diagnosis.md
tools=$top/build/vcmstat
vcmsim=$top/build/trace/plain/vcmsim
seed=${VCM_SEED:-$((RANDOM * 32768 + RANDOM))}
page_seed=8
count=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$vcmsim" "$tools/vcmstat" "$work/bin"
PATH=$work/bin:$PATH

check() {
	local said code=0
	count=$((count + 1))
	set +e
	said=$(set -e; "$@" 2>&1)
	code=$?
	set -e
	[ -z "$said" ] || printf '# %s\n' "${said//$'\n'/$'\n'# }"
	[ "$code" = 0 ] || failed=1
	[ "$code" = 0 ] && echo "ok $count - $*" || echo "not ok $count - $*"
}

truth() {
	"$tools/test/diag_truth" "$vcmsim" "$tools/test/vcmstat" "$1" "$2"
}

faults_with_a_known_cause_are_explained() {
	truth "$seed" 1000
}

table() {
	sed -n '/^| Cause/,/^Seed /p'
}

the_table_of_the_page_is_what_comes_of_it() {
	truth "$page_seed" 500 >"$work/truth" || { cat "$work/truth"; return 1; }
	table <"$work/truth" >"$work/table"
	[ -s "$work/table" ]
	if [ -n "${VCM_WRITE:-}" ]; then
		sed -i -e "/^| Cause/{
			r $work/table
			N
		}" -e '/^| Cause/,/^Seed /d' "$page"
	fi
	table <"$page" | diff -u - "$work/table"
}

# What differs from run to run, and where lines are broken, made equal.
normal() {
	sed -E 's/ \\$//; s/^ +//' | tr -s ' \n' '  ' |
		sed -E -e 's/[0-9.]+ (ns|us|ms|s)( |;|,|$)/T\2/g' -e 's,vcmsim/[0-9]+,vcmsim/N,g' \
			-e 's/(at|--until) [0-9]+\.[0-9]+/\1 T/g'
}

# Commands of the page as N.sh, the block behind each as N.text, the rule of the section as N.rule.
blocks() {
	awk -v dir="$work" '
	/^### / { rule = $2 }
	/^```sh/ { out = dir "/" ++nr ".sh"; print rule >(dir "/" nr ".rule"); next }
	/^```text/ { out = dir "/" nr ".text"; next }
	/^```/ { out = ""; next }
	out { print >out }' "$page"
}

# ran FILE: the command in it ends with 4, as there are faults
ran() {
	local code=0
	(cd "$top" && set -o pipefail && bash -o pipefail "$1") >"$1.out" || code=$?
	[ "$code" = 4 ] || { echo "$(<"$1"): exit code $code"; return 1; }
}

every_command_prints_what_the_page_says() {
	local file nr bad=0
	blocks
	for file in "$work"/*.sh; do
		nr=${file%.sh}
		ran "$file" || { bad=1; continue; }
		if ! grep -qF -- "$(normal <"$nr.text")" <<<"$(normal <"$file.out")"; then
			echo "$(<"$file")"$'\n'"prints:"
			cat "$file.out"
			bad=1
		fi
		if ! sed -n '/^fault/,$p' "$file.out" | grep -q " $(<"$nr.rule"): "; then
			echo "$(<"$file"): no verdict $(<"$nr.rule")"
			bad=1
		fi
	done
	[ -s "$work/1.sh" ] && return "$bad"
}

every_rule_has_a_section_and_every_scenario_is_used() {
	local rule file bad=0
	while IFS=' ' read -r rule _; do
		grep -qx "### $rule" "$page" || { echo "no section on $rule"; bad=1; }
	done < <(vcmstat fault --rules | grep -v '^ ')
	for file in "$top"/trace/scenarios/faults/*; do
		grep -qF "${file#"$top"/}" "$page" || { echo "$file is not used"; bad=1; }
	done
	return "$bad"
}

a_run_without_a_fault_has_no_verdict() {
	vcmsim --json "$top/trace/scenarios/leak.vcm" | vcmstat fault - --json >"$work/verdicts"
	[ "$(grep -c '"verdict"' "$work/verdicts")" = 0 ]
	grep -q '"type":"faults","faults":0,' "$work/verdicts"
}

main() {
	echo "TAP version 13"
	echo "# seed $seed"
	check faults_with_a_known_cause_are_explained
	check the_table_of_the_page_is_what_comes_of_it
	check every_command_prints_what_the_page_says
	check every_rule_has_a_section_and_every_scenario_is_used
	check a_run_without_a_fault_has_no_verdict
	echo "1..$count"
}

main
exit "$failed"
