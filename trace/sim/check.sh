#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh VCMSIM - tests of vcmsim and of the example scenarios, in TAP; VCMSIM is the build with
# sanitizers.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
vcmsim=$1
seed=${VCM_SEED:-$((RANDOM * 32768 + RANDOM))}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0 failed=0

check() {
	local said code=0
	count=$((count + 1))
	set +e
	said=$(set -e; "$1" 2>&1)
	code=$?
	set -e
	[ "$code" = 0 ] || { [ -z "$said" ] || printf '# %s\n' "${said//$'\n'/$'\n'# }"; }
	if [ "$code" = 0 ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		failed=1
	fi
}

# ends CODE TEXT COMMAND...: exits with it, and says it on standard error
ends() {
	local want=$1 text=$2 code=0
	shift 2
	"$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
	if [ "$code" != "$want" ] || ! grep -qF -- "$text" "$work/err"; then
		echo "$*: exit $code, not $want, or not '$text' in:"
		cat "$work/err"
		return 1
	fi
}

# plays TEXT CODE MESSAGE: a scenario of these lines (%b)
plays() {
	printf '%b' "$1" >"$work/a.vcm"
	ends "$2" "$3" "$vcmsim" --quiet "$work/a.vcm"
}

events_of() {
	"$vcmsim" --json "$@" | sed -n '/"type":"event"/s/"\(ts_ns\|pid\|tid\|cpu\)":[0-9]*,//gp'
}

every_example_ends_as_it_expects() {
	local file bad=0
	for file in "$top"/trace/scenarios/*.vcm; do
		"$vcmsim" --quiet "$file" || bad=1
	done
	"$vcmsim" --quiet "$top"/trace/scenarios/*.vcm || bad=1
	return "$bad"
}

an_example_gives_the_same_events_each_time() {
	local file
	for file in "$top"/trace/scenarios/*.vcm; do
		events_of "$file" >"$work/1"
		events_of "$file" >"$work/2"
		cmp "$work/1" "$work/2" || return 1
	done
}

# Each "expect" of each example is falsified in turn: none is there for show.
every_expectation_can_fail() {
	local file line bad=0 nr code
	for file in "$top"/trace/scenarios/*.vcm; do
		while IFS=: read -r nr line; do
			case $line in
			"expect E"* | "expect fault"* | "expect off"*)
				sed -E "${nr}s/^expect [A-Za-z]+/expect EIO/" "$file" ;;
			*)
				sed -E "${nr}s/#.*//; ${nr}s/[^ \t]+([ \t]*)$/0x7777/; \
					${nr}s/(prot|saved|memory) 0x7777/refs 0x7777/" "$file" ;;
			esac >"$work/wrong.vcm"
			code=0
			"$vcmsim" --quiet "$work/wrong.vcm" 2>"$work/err" || code=$?
			if [ "$code" != 1 ] || ! grep -q "^$work/wrong.vcm:$nr: " "$work/err"; then
				echo "${file##*/}:$nr: cannot fail (exit $code): $line"
				cat "$work/err"
				bad=1
			fi
		done < <(grep -n '^expect' "$file")
	done
	return "$bad"
}

the_examples_use_every_command_and_option() {
	local word bad=0
	cat "$top"/trace/scenarios/*.vcm | sed 's/#.*//' >"$work/all"
	for word in $("$vcmsim" --verbs | sed -nE 's/^([a-z-]+) .*/\1/p') \
		    $("$vcmsim" --verbs | sed -nE 's/.*; options: //p' | tr -d ,); do
		if ! grep -qE -- "(^|[ 	])$word([ 	]|\$)" "$work/all"; then
			echo "no example has $word"
			bad=1
		fi
	done
	return "$bad"
}

the_manual_explains_every_command_and_option() {
	local word bad=0
	for word in $("$vcmsim" --verbs | sed -nE 's/^([a-z-]+) .*/\1/p') \
		    $("$vcmsim" --verbs | sed -nE 's/.*; options: //p' | tr -d ,); do
		if ! grep -qF -- "\`$word" "$top/docs/scenarios.md"; then
			echo "docs/scenarios.md says nothing of $word"
			bad=1
		fi
	done
	for word in $("$vcmsim" --help | grep -oE -- '--[a-z]+' | sort -u); do
		grep -qF -- "$word" "$top/docs/man/vcmsim.1.rst" ||
			{ echo "docs/man/vcmsim.1.rst says nothing of $word"; bad=1; }
	done
	return "$bad"
}

what_is_no_scenario_is_refused_with_file_and_line() {
	local text message
	while IFS='|' read -r text message; do
		plays "context a 0x0..0xffff\n$text\n" 3 "$work/a.vcm:2: $message" || return 1
	done <<-'LIST'
	frobnicate a|not a command 'frobnicate'
	reserve a r|an argument is missing of 'reserve'
	reserve a r many|not a size 'many'
	reserve a r 4Q|not a size '4Q'
	reserve a r 99999999999999999999|not a size
	reserve a r 4K at|something is missing at the end of the line
	reserve a r 4K at 5 at 6|an option given twice 'at'
	reserve a r 4K prot r|not an option of this command 'prot'
	reserve a 9lives 4K|not a name '9lives'
	context b 9..1|not a range FIRST..LAST '9..1'
	bind r m prot x|not a protection (r, w, rw) 'x'
	memory m 4K cache hot|not a cache attribute (wb, wc, uc) 'hot'
	memory m 4K chunks 5K|not chunk sizes '5K'
	expect|nothing to expect
	expect EBUSY|no command after 'EBUSY'
	expect r|nothing expected of 'r'
	expect r colour 5|not something to expect 'colour'
	expect a saved 1|neither yes nor no '1'
	try|nothing to try
	LIST
	plays "context a 0x0..0xffff$(printf 'x%.0s' {1..80})\n" 3 "too long"
	plays "# $(printf 'x%.0s' {1..300})\n" 3 "a line that is too long"
}

what_comes_otherwise_ends_the_scenario() {
	local text message
	while IFS='|' read -r text message; do
		plays "context a 0x0..0xffff\nreserve a r 4K\n$text\n" 1 \
			"$work/a.vcm:3: $message" || return 1
	done <<-'LIST'
	reserve a s 1M|wrong outcome of 'reserve': ENOSPC instead of ok
	expect EBUSY reserve a s 4K|wrong outcome of 'reserve': ok instead of EBUSY
	expect r refs 2|not as expected: 'refs': 0x1 instead of 0x2
	bind r m|nothing has the name 'm'
	unbind a|not a reservation 'a'
	reserve a r 4K|there is something already that has the name 'r'
	expect r domains 1|no such thing can be expected of 'r'
	visit a 2|wrong number of reservations of 'a': 0x1 instead of 0x2
	LIST
	plays 'context a 0x0..0xffff\nput a\nput a\n' 1 "gave up its last reference to 'a'"
}

wrong_use_is_told_from_wrong_input() {
	ends 2 'which scenario?' "$vcmsim"
	ends 2 '' "$vcmsim" --nonsense
	ends 2 '--keep is for one file' "$vcmsim" --keep a b
	ends 2 'SEED is a number' "$vcmsim" --generate x
	ends 3 "$work/none" "$vcmsim" "$work/none"
	ends 3 "$work" "$vcmsim" "$work"
	ends 3 'cannot write' sh -c "'$vcmsim' '$top/trace/scenarios/leak.vcm' >/dev/full"
}

a_leak_is_in_the_state_at_the_end() {
	"$vcmsim" "$top/trace/scenarios/leak.vcm" >"$work/text"
	sed -n '/^-- what is there/,/^-- what the player/p' "$work/text" >"$work/state"
	grep -q 'reservation 1/1 is held by viewer x1' "$work/state"
	"$vcmsim" --json --keep "$top/trace/scenarios/leak.vcm" >"$work/json"
	[ "$(grep -c '"event":"vcm_unreserve"' "$work/json")" = 0 ]
	[ "$(grep -c '"type":"event"' "$work/json")" = \
	  "$(sed -nE 's/.*"type":"end","events":([0-9]+),.*/\1/p' "$work/json")" ]
}

a_device_without_a_context_is_told_of() {
	printf 'device cam\nexpect off write cam 0x1230\nexpect off read cam 0x10\n' >"$work/a.vcm"
	"$vcmsim" "$work/a.vcm" | grep -qF 'cam write 0x1230: attached to nothing'
	"$vcmsim" --json "$work/a.vcm" >"$work/json"
	grep -qF '"device":"cam","iova":4656,"access":"write","reason":1}' "$work/json"
	grep -qF '"device":"cam","iova":16,"access":"read","reason":0}' "$work/json"
	grep -qF '"faults":2,' "$work/json"
}

# The core is checked after each command, and nothing may be left after the end.
random_scenarios_break_nothing() {
	local i
	for ((i = 0; i < 100; i++)); do
		"$vcmsim" --generate $((seed + i)) --steps 200 >"$work/random.vcm"
		"$vcmsim" --quiet "$work/random.vcm" || {
			echo "VCM_SEED=$((seed + i))"
			return 1
		}
	done
	"$vcmsim" --generate "$seed" >"$work/1"
	"$vcmsim" --generate "$seed" >"$work/2"
	cmp "$work/1" "$work/2"
	"$vcmsim" --generate $((seed + 1)) >"$work/2"
	if cmp -s "$work/1" "$work/2"; then
		echo "two seeds give the same scenario"
		return 1
	fi
}

main() {
	echo "TAP version 13"
	echo "# seed $seed"
	check every_example_ends_as_it_expects
	check an_example_gives_the_same_events_each_time
	check every_expectation_can_fail
	check the_examples_use_every_command_and_option
	check the_manual_explains_every_command_and_option
	check what_is_no_scenario_is_refused_with_file_and_line
	check what_comes_otherwise_ends_the_scenario
	check wrong_use_is_told_from_wrong_input
	check a_leak_is_in_the_state_at_the_end
	check a_device_without_a_context_is_told_of
	check random_scenarios_break_nothing
	echo "1..$count"
}

main
exit "$failed"
