#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh BUILD - tests of the LTTng-UST provider and of the tracing sessions, in TAP; BUILD is
# where vcmsim and libvcm-ust.so are.
#
# All of it runs as an ordinary user: root becomes nobody, in a folder of his own with copies of
# what is tested.  `check.sh --run FOLDER` is that part.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

count=0 failed=0

check() {
	local said code
	count=$((count + 1))
	set +e
	said=$(set -e; "$1" 2>&1)
	code=$?
	set -e
	[ -z "$said" ] || printf '# %s\n' "${said//$'\n'/$'\n'# }"
	if [ "$code" = 0 ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		failed=1
	fi
}

# refute COMMAND...: fails when it succeeds; a plain ! would not end a case
refute() {
	! "$@"
}

json_of() {
	./vcmsim --json scenarios/*.vcm >"$1"
}

nobody_of_importance() {
	id -un
	[ "$(id -u)" != 0 ]
}

a_recording_has_what_the_program_tells() {
	json_of json
	sessions/record.sh recorded ./vcmsim --quiet scenarios/*.vcm
	babeltrace2 --clock-seconds recorded >ctf
	selftests/diff.py count json >count.json
	selftests/diff.py count ctf >count.ctf
	diff -u count.json count.ctf
	selftests/diff.py compare json ctf
	[ "$(wc -l <count.ctf)" = 21 ]	# every event of the schema
}

a_record_says_who_did_it() {
	[ "$(grep -cE 'vpid = [0-9]+, vtid = [0-9]+, procname = "vcmsim"' ctf)" = "$(wc -l <ctf)" ]
}

a_comparison_notices_what_is_missing() {
	local edit
	for edit in 100d '100s/ seq = [0-9]+,//' '100s/ refs = [0-9]+/ refs = 77/' "\$d" \
		    '/vcm_fault/s/0x/0x7/'; do
		sed -E "$edit" ctf >wrong
		refute cmp -s ctf wrong
		refute selftests/diff.py compare json wrong
	done
}

a_live_session_shows_all_events() {
	local code=0
	sessions/live.sh ./vcmsim --quiet scenarios/*.vcm >live
	selftests/diff.py compare json live
	sessions/live.sh sh -c 'exit 7' || code=$?
	[ "$code" = 7 ]
}

a_fault_makes_the_flight_recorder_write() {
	sessions/flight.sh flight ./vcmsim --quiet scenarios/use-after-unmap.vcm
	babeltrace2 flight >story
	[ "$(grep -c 'vcm:vcm_fault:' story)" -ge 1 ]
	# what came before the fault is there, from the beginning of this short run
	sed '/vcm:vcm_fault:/q' story | grep -o 'vcm:vcm_[a-z_]*' | tr '\n' ' ' | tee before
	grep -q '^vcm:vcm_create .*vcm:vcm_unbind vcm:vcm_fault $' before
}

without_a_fault_it_writes_nothing() {
	local code=0
	sessions/flight.sh quiet ./vcmsim --quiet scenarios/fragmentation.vcm || code=$?
	[ "$code" = 3 ]
	[ ! -e quiet ]
}

other_programs_are_left_alone() {
	LD_PRELOAD=$VCM_UST /bin/echo fine
}

# The tests of the core fork for each test, which LTTng has to be told of.
the_unit_tests_pass_with_the_tracepoints() {
	local some=(bind. res. assoc. switch. context. phys. fault.)
	./vcm-unit "${some[@]}" >without
	LD_PRELOAD=liblttng-ust-fork.so timeout 120 sessions/record.sh units \
		./vcm-unit "${some[@]}" >with
	diff <(grep -E '^(not )?ok' without) <(grep -E '^(not )?ok' with)
	refute grep '^not ok' with
	babeltrace2 units >units.txt
	wc -l units.txt
	# a process for each, and nobody's events are missing
	[ "$(grep -o 'vpid = [0-9]*' units.txt | sort -u | wc -l)" = "$(grep -c '^ok' with)" ]
}

nothing_keeps_running() {
	refute pgrep -u "$(id -u)" -a '^lttng-'
	refute compgen -G "$TMPDIR/vcm-session.*"
}

run() {
	cd "$1"
	export VCM_UST=$PWD/libvcm-ust.so VCM_EVENTS_H=$PWD/vcm_events.h
	check nobody_of_importance
	check a_recording_has_what_the_program_tells
	check a_record_says_who_did_it
	check a_comparison_notices_what_is_missing
	check a_live_session_shows_all_events
	check a_fault_makes_the_flight_recorder_write
	check without_a_fault_it_writes_nothing
	check other_programs_are_left_alone
	check the_unit_tests_pass_with_the_tracepoints
	check nothing_keeps_running
	echo "1..$count"
	exit "$failed"
}

main() {
	local here top build=$1 work code=0 become=()
	here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
	top=$(cd "$here/../.." && pwd)
	echo "TAP version 13"
	work=$(mktemp -d)
	mkdir "$work/selftests" "$work/tmp"
	cp -r "$top/trace/sessions" "$top/trace/scenarios" "$here/check.sh" "$work/"
	cp "$top/selftests/diff.py" "$work/selftests/"
	cp "$top/kernel/include/vcm_events.h" "$build/plain/vcmsim" "$build/plain/vcm-unit" \
		"$build/ust/libvcm-ust.so" "$work/"
	if [ "$(id -u)" = 0 ]; then
		chown -R 65534:65534 "$work"
		become=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	fi
	"${become[@]}" env HOME="$work" TMPDIR="$work/tmp" bash "$work/check.sh" --run "$work" ||
		code=$?
	rm -rf "$work"
	return "$code"
}

if [ "$1" = --run ]; then
	run "$2"
else
	main "$@"
fi
