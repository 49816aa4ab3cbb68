#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# ctf_test.sh TOOLS SIM - traces of LTTng as a source of vcmstat, as TAP.
#
# TOOLS is the folder of vcmstat, SIM that of vcmsim and its tracepoints (make vcmsim).  One run of
# vcmsim tells its events twice, as NDJSON and to a session of LTTng, so the two have to be equal.
# Recording is done as an ordinary user, with a session daemon of its own.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

tools=$1 sim=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../../.." && pwd)
vcmstat=$tools/vcmstat
# shellcheck source-path=SCRIPTDIR
. "$here/tool_util.sh"
# a library that waits for more of a file that is cut has to be seen, not waited for
limit=(timeout 60)

# Everything that records, where somebody without rights can use it.
as_user() {
	local become=()
	[ "$(id -u)" != 0 ] || become=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	(cd "$scratch/sim" && exec "${become[@]}" env HOME="$scratch/sim" TMPDIR="$scratch/sim" \
		VCM_UST="$scratch/sim/libvcm-ust.so" "$@")
}

make_ready() {
	mkdir "$scratch/sim"
	cp "$sim/plain/vcmsim" "$sim/ust/libvcm-ust.so" "$top"/trace/sessions/*.sh \
		"$top"/trace/scenarios/*.vcm "$scratch/sim"
	"$(realpath "$vcmsim")" --generate "$seed" --steps 3000 >"$scratch/sim/random"
	chmod 755 "$scratch"
	[ "$(id -u)" != 0 ] || chown -R 65534:65534 "$scratch/sim"
}

# record NAME ARGUMENT...: of vcmsim; its NDJSON is in NAME.json, the trace in the folder NAME
record() {
	local name=$scratch/sim/$1
	shift
	as_user ./record.sh "$name" ./vcmsim --json "$@" >"$scratch/${name##*/}.json"
	chmod -R a+rX "$name"
}

# What is not the same twice in one run: when, and on which processor.
events_of() {
	sed -nE '/"type":"event"/s/"(ts_ns|cpu)":[0-9]+,//gp' "$1"
}

# The state but for names, which no event has.
state_of() {
	"${limit[@]}" "$vcmstat" list --json "$@" |
		grep -vE '"type":"(header|device|holder|ready|end)"'
}

same_events_and_state() {
	local name=$1
	"$vcmstat" events --json --strict --source "ctf:$scratch/sim/$name" >"$scratch/told"
	events_of "$scratch/$name.json" >"$scratch/want"
	events_of "$scratch/told" >"$scratch/got"
	diff "$scratch/want" "$scratch/got" | head -n 20
	cmp "$scratch/want" "$scratch/got"
	wc -l <"$scratch/want"
	state_of --input "$scratch/$name.json" >"$scratch/want"
	state_of --strict --source "ctf:$scratch/sim/$name" >"$scratch/got"
	diff -u "$scratch/want" "$scratch/got"
	wc -l <"$scratch/want"
}

scenarios_are_told_alike() {
	local names
	mapfile -t names < <(cd "$scratch/sim" && echo *.vcm | tr ' ' '\n')
	record scenarios "${names[@]}"
	same_events_and_state scenarios
	[ "$(sed -nE 's/.*"event":"([a-z_]+)".*/\1/p' "$scratch/told" | sort -u | wc -l)" = 21 ]
}

random_work_leaves_the_same_state() {
	echo "VCM_SEED=$seed"
	record random-trace --keep random
	same_events_and_state random-trace
}

# by NAME OPTION...: what a command says, without the line that names the source
by() {
	"${limit[@]}" "$vcmstat" "$@" | grep -avE '"type":"header"|^vcmstat top '
}

# The trace, and a recording made of it, are the same to every command that reads one.
every_command_reads_a_trace() {
	local command trace=$scratch/sim/random-trace
	"$vcmstat" record "$scratch/run.vcm" --source "ctf:$trace"
	for command in list map refs "refs --json" events "events --wide" "events -n 50" \
		       "replay --until 3:4" "top --speed 0 --json" "export -f svg" \
		       "export -f html" "export -f perfetto" "export -f openmetrics" \
		       "export -f ndjson" "leak --older 0.001 --json"; do
		# shellcheck disable=SC2086 # words of a command
		by $command --source "ctf:$trace" >"$scratch/want"
		# shellcheck disable=SC2086
		by $command --source "$scratch/run.vcm" >"$scratch/got"
		echo "$command: $(wc -c <"$scratch/want") bytes"
		[ -s "$scratch/want" ]
		[[ $command == top* ]] || cmp "$scratch/want" "$scratch/got"
	done
	"$vcmstat" replay "$trace" >"$scratch/got"
	"$vcmstat" replay --source "ctf:$trace" | cmp - "$scratch/got"
	"$vcmstat" list -i "$trace" | cmp - <("$vcmstat" list --source "ctf:$trace")
	"$vcmstat" --source "ctf:$trace" rates 0.1 | grep '^ ctx ' >/dev/null
	expect 2 "one of them" replay "$trace" --source "ctf:$trace"
	expect 2 "one of them" list -i "$trace" --source "ctf:$trace"
	expect 2 "needs the running module" hist --source "ctf:$trace"
	expect 2 "needs the running module" verify --source "ctf:$trace"
	expect 2 "running module only" events 1 --source "ctf:$trace"
	expect 2 "is no file, and not one of" list --source teatime
}

# end_of NAME FILE: a member of the last record
end_of() {
	tail -n 1 "$2" | sed -nE "s/^\\{\"type\":\"end\".*\"$1\":([0-9]+).*/\\1/p"
}

# Two buffers of a page cannot take what is told in the time that it takes to empty one.
discarded_events_are_a_loss() {
	local code=0
	sed -e 's/--subbuf-size=1M --num-subbuf=4/--subbuf-size=4096 --num-subbuf=2/' \
		"$scratch/sim/record.sh" >"$scratch/narrow.sh"
	grep -q 4096 "$scratch/narrow.sh"
	cp "$scratch/narrow.sh" "$scratch/sim/record.sh.narrow"
	chmod 755 "$scratch/sim/record.sh.narrow"
	as_user ./record.sh.narrow "$scratch/sim/lossy" ./vcmsim --json --keep random \
		>"$scratch/lossy.json"
	chmod -R a+rX "$scratch/sim/lossy"
	babeltrace2 "$scratch/sim/lossy" 2>&1 >/dev/null | grep -i discarded | head -n 3
	"$vcmstat" events --json --strict --source "ctf:$scratch/sim/lossy" \
		>"$scratch/lossy" 2>"$scratch/said" || code=$?
	cat "$scratch/said"
	[ "$code" = 5 ]
	grep -q 'events are missing' "$scratch/said"
	grep -q '"type":"lost"' "$scratch/lossy"
	"$(python_with json)" "$top/selftests/replay.py" losses "$scratch/lossy"
	# to the last one: what was told and what was lost is what happened
	[ $(($(end_of events "$scratch/lossy") + $(end_of lost "$scratch/lossy"))) = \
	  "$(grep -c '"type":"event"' "$scratch/lossy.json")" ]
	"$vcmstat" events --source "ctf:$scratch/sim/lossy" 2>/dev/null | tail -n 1 |
		grep -qE ', [1-9][0-9]* lost,'
	expect_code 5 list --strict --source "ctf:$scratch/sim/lossy"
}

# stream_of TRACE: the file of it that has most events
stream_of() {
	find "$1" -name 'vcm_*' -not -path '*/index/*' -printf '%s %p\n' | sort -rn |
		sed -n '1s/^[0-9]* //p'
}

# discard_more FILE: the tracer's counter at the end of the last packet says seven more.  A packet
# has 32 bytes of header; then times, sizes in bits, its number, and what was discarded so far.
discard_more() {
	"$(python_with struct)" - "$1" <<-'END'
	import struct, sys
	with open(sys.argv[1], "r+b") as file:
	    data, at = file.read(), 0
	    while at + struct.unpack_from("<Q", data, at + 56)[0] // 8 < len(data):
	        at += struct.unpack_from("<Q", data, at + 56)[0] // 8
	    assert data[at:at + 4] == b"\xc1\x1f\xfc\xc1", "no packet at %d" % at
	    file.seek(at + 72)
	    file.write(struct.pack("<Q", struct.unpack_from("<Q", data, at + 72)[0] + 7))
	END
}

# lost_in TRACE: all that there is to know of a loss is that counter
lost_in() {
	local code=0
	"$vcmstat" events --json --strict --source "ctf:$1" >"$scratch/told" 2>"$scratch/said" ||
		code=$?
	[ "$code" = 5 ] && grep -q 'are missing' "$scratch/said" && end_of lost "$scratch/told"
}

events_discarded_behind_the_last_are_a_loss() {
	local before after
	before=$(lost_in "$scratch/sim/lossy")
	cp -r "$scratch/sim/lossy" "$scratch/more"
	discard_more "$(stream_of "$scratch/more")"
	after=$(lost_in "$scratch/more")
	echo "lost: $before, then $after"
	[ "$after" = $((before + 7)) ]
	# of the first packet of a stream the library does not tell how many
	cp -r "$scratch/sim/random-trace" "$scratch/one"
	discard_more "$(stream_of "$scratch/one")"
	after=$(lost_in "$scratch/one")
	[ "$after" -gt 0 ]
	events_of "$scratch/told" | cmp - <(events_of "$scratch/random-trace.json")
}

# A session that was begun late: nothing is known of what was before.
a_trace_from_the_middle_says_what_is_missing() {
	local when
	when=$(babeltrace2 --clock-seconds "$scratch/sim/random-trace" |
	       sed -n '200s/^\[\([0-9.]*\)\].*/\1/p')
	babeltrace2 "$scratch/sim/random-trace" --begin "$when" -o ctf -w "$scratch/late" \
		>/dev/null
	expect_code 5 events --strict --source "ctf:$scratch/late"
	grep -q '^# LOST [0-9]* events of stream 0: 1 to ' "$scratch/stdout"
	babeltrace2 "$scratch/sim/random-trace" --end 1970-01-01 -o ctf -w "$scratch/none" \
		>/dev/null
	expect 7 "$scratch/none: " list --source "ctf:$scratch/none"
}

several_processes_are_told_apart() {
	local pids pid
	as_user ./record.sh "$scratch/sim/two" sh -c \
		'./vcmsim --quiet leak.vcm && ./vcmsim --quiet share.vcm'
	chmod -R a+rX "$scratch/sim/two"
	expect 2 "choose one with --pid" list --source "ctf:$scratch/sim/two"
	mapfile -t pids < <(babeltrace2 "$scratch/sim/two" | sed -nE 's/.*vpid = ([0-9]+).*/\1/p' |
			    sort -u)
	[ "${#pids[@]}" = 2 ]
	for pid in "${pids[@]}"; do
		"$vcmstat" events --strict --pid "$pid" --source "ctf:$scratch/sim/two" | tail -n 1
	done
	expect 7 "no event of VCM by process 1 " list --pid 1 --source "ctf:$scratch/sim/two"
}

# damaged TEXT: a copy of a trace that somebody changed is refused in one line
damaged() {
	# what libbabeltrace2 itself leaves behind when it fails is not for us to find
	ASAN_OPTIONS=detect_leaks=0 expect 7 "$1" list --source "ctf:$scratch/copy"
	rm -rf "$scratch/copy"
}

copy() {
	cp -r "$scratch/sim/random-trace" "$scratch/copy"
	meta=$(find "$scratch/copy" -name metadata)
	stream=$(stream_of "$scratch/copy")
	[ -s "$meta" ] && [ -s "$stream" ]
}

what_is_no_trace_is_refused_in_one_line() {
	mkdir "$scratch/copy"
	damaged "no file named metadata"
	copy && truncate -s 5000 "$meta"
	damaged "not the metadata of a CTF trace, or cut off"
	copy && : >"$meta"
	damaged "$scratch/copy"
	copy && echo '/* CTF 1.8 */ trace { nonsense };' >"$meta"
	damaged "not readable as a CTF trace"
	copy && truncate -s -100 "$stream"
	damaged "$scratch/copy"
	expect 1 "No such file" list --source "ctf:$scratch/nothing"
	expect 7 "not a folder" list --source "ctf:$0"
}

# Whatever byte is changed: an end that is not a crash, and a reason when it is refused.
a_changed_byte_crashes_nothing() {
	local i code file at
	echo "VCM_SEED=$seed"
	for ((i = 0; i < 40; i++)); do
		copy
		file=$stream
		[ $((i % 4)) != 0 ] || file=$meta
		at=$(((RANDOM * 32768 + RANDOM) % $(stat -c %s "$file")))
		printf '%b' "\\x$(printf %02x $((RANDOM % 256)))" |
			dd of="$file" bs=1 seek="$at" conv=notrunc status=none
		code=0
		ASAN_OPTIONS=detect_leaks=0 "${limit[@]}" "$vcmstat" events --strict \
			--source "ctf:$scratch/copy" >/dev/null 2>"$scratch/said" || code=$?
		case $code in
		0) ;;
		1 | 2 | 5 | 7 | 8) grep -q "^vcmstat: " "$scratch/said" ;;
		*) cat "$scratch/said"; echo "exit code $code"; exit 1 ;;
		esac
		rm -rf "$scratch/copy"
	done
}

main() {
	local what
	echo "TAP version 13"
	for what in lttng lttng-sessiond babeltrace2; do
		if ! command -v "$what" >/dev/null || [ ! -e "$sim/ust/libvcm-ust.so" ]; then
			echo "1..0 # SKIP no $what, or no tracepoints in $sim: make vcmsim"
			exit 0
		fi
	done
	"$vcmstat" --version | grep -q '^sources: .*ctf' || {
		echo "1..0 # SKIP built without libbabeltrace2"
		exit 0
	}
	vcmsim=$sim/plain/vcmsim
	make_ready
	tap_case scenarios_are_told_alike \
		"every scenario: a trace has the events that vcmsim told, and the same final state"
	tap_case random_work_leaves_the_same_state "so has a trace of random work"
	tap_case every_command_reads_a_trace \
		"every command that reads a recording reads a trace, and tells the same"
	tap_case discarded_events_are_a_loss "events that the tracer discarded are told as lost"
	tap_case events_discarded_behind_the_last_are_a_loss \
		"so are events that were discarded behind the last one of a trace"
	tap_case a_trace_from_the_middle_says_what_is_missing \
		"a trace that was begun late says what is missing"
	tap_case several_processes_are_told_apart "of several processes one is chosen"
	tap_case what_is_no_trace_is_refused_in_one_line \
		"what is no trace, or damaged: one line, exit code 7"
	tap_case a_changed_byte_crashes_nothing "a changed byte is refused or read, never trusted"
	tap_done
}

main
