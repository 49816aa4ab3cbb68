#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tmux_test.sh TOOLS - the live screen on a real terminal: keys go in, what is shown comes out.
#
# TOOLS is the folder of vcmstat and mkrec.  The terminal is a tmux of its own with a recording
# played in it; every step waits for what it expects to be on the screen.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

tools=$1
scratch=$(mktemp -d)
socket=$scratch/tmux
deadline=60
count=0 failed=0
export ASAN_OPTIONS=detect_leaks=1

cleanup() {
	tmux -S "$socket" kill-server 2>/dev/null || true
	rm -rf "$scratch"
}
trap cleanup EXIT

in_tmux() {
	tmux -S "$socket" -f /dev/null "$@"
}

screen() {
	in_tmux capture-pane -p -t top
}

# shows PATTERN: on the screen, within the deadline
shows() {
	local end=$((SECONDS + deadline))
	until screen >"$scratch/seen" && grep -Eq -- "$1" "$scratch/seen"; do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "not on the screen: $1"
			cat "$scratch/seen"
			return 1
		fi
		sleep 0.05
	done
}

keys() {
	in_tmux send-keys -t top "$@"
}

# refute COMMAND...: fails when it succeeds; a plain ! would not end a case
refute() {
	! "$@"
}

# begin COLUMNS ROWS [environment or option]...: top in a new terminal, until q; then how it ended
begin() {
	local cols=$1 rows=$2
	shift 2
	in_tmux kill-session -t top 2>/dev/null || true
	in_tmux new-session -d -s top -x "$cols" -y "$rows" \
		"env LC_ALL=C.UTF-8 $* $tools/vcmstat top -i $scratch/rec 1 $options
		echo ended \$?; cat"
	in_tmux set-option -t top -g status off
	shows '^lost 0 .* events 60[0-9]'
}

keys_move_through_the_views() {
	begin 80 24
	shows '^ CONTEXT DRIVER'
	keys Enter
	shows '^ +START +LEN STATE'
	keys j Enter
	shows '^reservation [0-9]+ of context'
	keys Escape
	shows '^ +START +LEN STATE'
	keys Left
	shows '^ CONTEXT DRIVER'
	keys '?'
	shows 'sort by the next column'
	keys x
	keys s s
	shows 's sort: references'
	keys Tab Tab
	shows '^freed'
	keys '/' 'context=99999' Enter
	shows 'only context=99999'
	shows '^contexts 0 '
	keys '/'
	keys -N 13 BSpace
	keys Enter
	shows '^contexts [1-9]'
	keys Space
	shows 'PAUSED'
	keys q
	shows '^ended 0'
}

the_terminal_may_change_its_size() {
	begin 80 24
	in_tmux resize-window -t top -x 40 -y 10
	shows '^q end'
	[ "$(grep -c . "$scratch/seen")" -le 10 ]
	[ "$(wc -L <"$scratch/seen")" -le 40 ]
	in_tmux resize-window -t top -x 200 -y 60
	shows 'tab lines$'
	[ "$(wc -l <"$scratch/seen")" -eq 60 ]
	keys q
	shows '^ended 0'
}

without_colours_the_letters_stay() {
	begin 80 24 NO_COLOR=1
	in_tmux capture-pane -p -e -t top >"$scratch/mono"
	refute grep -q $'\033\[[0-9;]*3[0-7]m' "$scratch/mono"
	grep -Eq '[rba]{2}' "$scratch/seen"
	begin 80 24
	in_tmux capture-pane -p -e -t top >"$scratch/colour"
	grep -q $'\033\[[0-9;]*3[0-7]m' "$scratch/colour"
	keys q
	shows '^ended 0'
}

with_ascii_nothing_else_is_shown() {
	options=--ascii begin 80 24
	LC_ALL=C refute grep -n '[^ -~]' "$scratch/seen"
	keys q
	shows '^ended 0'
}

a_signal_puts_the_terminal_back() {
	begin 80 24
	pkill -TERM -P "$(in_tmux display-message -p -t top '#{pane_pid}')" vcmstat
	shows '^ended 0'
}

# Processor time of process $1 so far, in ticks of the clock: user and system.
ticks_of() {
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# Less than a hundredth of a processor, by the time that it used and not by the time that it took:
# what else runs on the machine makes no difference.
an_idle_screen_costs_nearly_nothing() {
	local pid hertz before after begin seconds
	hertz=$(getconf CLK_TCK)
	begin 80 24
	pid=$(pgrep -P "$(in_tmux display-message -p -t top '#{pane_pid}')" vcmstat)
	before=$(ticks_of "$pid")
	begin=$SECONDS
	while [ $((SECONDS - begin)) -lt 20 ]; do
		sleep 1
	done
	seconds=$((SECONDS - begin))
	after=$(ticks_of "$pid")
	echo "$((after - before)) ticks of 1/$hertz s in $seconds s"
	[ $(((after - before) * 100)) -lt $((seconds * hertz)) ]
}

tap_case() {
	local code=0
	count=$((count + 1))
	set +e
	(set -e; "$1") >"$scratch/out" 2>&1
	code=$?
	set -e
	if [ "$code" = 0 ]; then
		echo "ok $count - $2"
	else
		failed=1
		tail -n 60 "$scratch/out" | sed 's/^/# /'
		echo "not ok $count - $2"
	fi
}

options=
echo "TAP version 13"
if ! command -v tmux >/dev/null; then
	echo "1..0 # SKIP no tmux"
	exit 0
fi
if ! "$tools/vcmstat" -V | grep -q '^outputs: .*screen'; then
	echo "1..0 # SKIP vcmstat was built without ncursesw"
	exit 0
fi
"$tools/mkrec" "$scratch/rec" 600 2000 7
echo "1..6"
in_tmux new-session -d -s anchor cat	# or the server ends between two cases
tap_case keys_move_through_the_views "keys move through the views of the live screen"
tap_case the_terminal_may_change_its_size "the terminal may change its size"
tap_case without_colours_the_letters_stay "without colours the letters stay"
tap_case with_ascii_nothing_else_is_shown "with --ascii nothing else is shown"
tap_case a_signal_puts_the_terminal_back "a signal puts the terminal back"
tap_case an_idle_screen_costs_nearly_nothing "an idle screen costs less than 1% of a processor"
[ "$failed" = 0 ]
