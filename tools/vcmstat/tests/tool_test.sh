#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tool_test.sh TOOLS - the whole program, as it was built for the tests, on recorded files.
#
# TOOLS is the folder of vcmstat and gen_recording.  Every format is compared with a text that was
# looked at (tests/golden), and given to the programs that it is for.  VCMSTAT_GOLDEN_WRITE writes
# the texts; git shows what changed.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

tools=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
data=$here/data/demo.ndjson
golden=$here/golden
man=$here/../../../docs/man
readme=$here/../../../README.md
vcmstat=$tools/vcmstat
# shellcheck source-path=SCRIPTDIR
. "$here/tool_util.sh"

same_as_golden() {
	if [ -n "${VCMSTAT_GOLDEN_WRITE:-}" ]; then
		cp "$1" "$golden/$2"
	fi
	diff -u "$golden/$2" "$1"
}

pictures_are_as_expected() {
	"$vcmstat" export "$data" -f svg --until fault -o "$scratch/svg"
	same_as_golden "$scratch/svg" export.svg
	"$(python_with xml)" -c "import sys, xml.etree.ElementTree as e; e.parse('$scratch/svg')"
	"$vcmstat" export "$golden/events.ndjson" -f svg -o "$scratch/svg"
	same_as_golden "$scratch/svg" export2.svg
}

meters_are_as_expected() {
	"$vcmstat" export "$golden/events.ndjson" -f metrics -o "$scratch/metrics"
	same_as_golden "$scratch/metrics" export.prom
	"$vcmstat" export "$golden/events.ndjson" -f openmetrics -o "$scratch/metrics"
	same_as_golden "$scratch/metrics" export.om
}

promtool_accepts_the_meters() {
	need promtool
	"$vcmstat" export "$golden/events.ndjson" -f metrics | promtool check metrics
	echo 'not a metric {' >"$scratch/bad"
	refute promtool check metrics <"$scratch/bad"
}

prometheus_scrapes_the_meters() {
	local python
	need prometheus
	python=$(python_with http.server)
	"$vcmstat" export "$golden/events.ndjson" -f metrics -o "$scratch/text"
	"$vcmstat" export "$golden/events.ndjson" -f openmetrics -o "$scratch/openmetrics"
	"$python" "$here/scrape.py" "$scratch" vcm_operations_total 'op="reserve"' 7
}

a_trace_is_as_expected() {
	need protoc
	"$vcmstat" export "$golden/events.ndjson" -f perfetto |
		protoc -I "$here" --decode=vcm.Trace perfetto.proto >"$scratch/trace"
	same_as_golden "$scratch/trace" export.perfetto
}

a_trace_decoded_elsewhere_tells_the_same() {
	local python file
	need protoc
	python=$(python_with google.protobuf)
	protoc -I "$here" --python_out "$scratch" perfetto.proto
	"$tools/gen_recording" "$seed" 3000 >"$scratch/run.vcm"
	"$vcmstat" replay "$scratch/run.vcm" --json -o "$scratch/run.ndjson"
	for file in "$data" "$scratch/run.ndjson"; do
		"$vcmstat" export "$file" -f perfetto -o "$scratch/trace"
		PYTHONPATH=$scratch "$python" "$here/perfetto_check.py" "$scratch/trace" "$file"
	done
}

# ends CODE COMMAND...
ends() {
	local want=$1 code=0
	shift
	"$@" || code=$?
	[ "$code" = "$want" ] || { echo "exit $code, not $want: $*" >&2; return 1; }
}

# The recording with a thousand faults, each of another page, in place of each.
many_faults() {
	awk '/"type":"fault"/ {
		for (i = 0; i < 1000; i++) {
			line = $0
			sub(/"iova":[0-9]+/, "\"iova\":" (268451840 + 4096 * i), line)
			print line
		}
		next
	}
	{ print }' "$data"
}

every_line_is_as_its_schema_says() {
	local python
	python=$(python_with jsonschema)
	"$vcmstat" --schema >"$scratch/schema"
	"$tools/gen_recording" "$seed" 400 >"$scratch/run.vcm"
	{
		cat "$data" "$golden/events.ndjson"
		"$vcmstat" replay "$scratch/run.vcm" --json
		"$vcmstat" list -i "$scratch/run.vcm" --json
		"$vcmstat" refs -i "$scratch/run.vcm" --json
		"$vcmstat" fault --rules --json
		many_faults | ends 4 "$vcmstat" fault - --json
	} >"$scratch/lines"
	"$python" "$here/schema_check.py" "$scratch/schema" "$scratch/lines"
}

formats_turn_into_each_other() {
	"$vcmstat" replay "$data" --json | cmp - "$data"
	"$vcmstat" export "$data" -f recording -o "$scratch/run.vcm"
	"$vcmstat" export "$scratch/run.vcm" -f ndjson | cmp - "$data"
	"$vcmstat" export "$scratch/run.vcm" -f recording | cmp - "$scratch/run.vcm"
	cp "$scratch/run.vcm" "$scratch/copy"
	"$vcmstat" replay - --format recording <"$scratch/copy" | cmp - "$scratch/run.vcm"
}

a_report_has_the_recording_in_it() {
	"$vcmstat" export "$data" -f html -o "$scratch/html"
	sed -n '/<script id="recording"/,/<\/script>/p' "$scratch/html" | sed '1d;$d' |
		cmp - "$data"
	refute grep -E '(src|href)="?(https?:)?//' "$scratch/html"
}

replay_stops_where_it_is_told() {
	[ "$("$vcmstat" replay "$data" --until 3:4 --json | grep -c '"stream":3,')" = 4 ]
	"$vcmstat" replay "$data" --until fault | grep -B1 '^# end' | grep -q FAULT
	"$vcmstat" replay "$data" --until 24.7 --json >"$scratch/part"
	[ "$(grep -c '"vcm_reserve".*"vcm":3,' "$scratch/part")" = 3 ]
	refute grep '"vcm_bind".*"vcm":3,' "$scratch/part"
	"$vcmstat" replay "$data" --until +0.001 | tail -n 1 | grep -q 'until reached'
	expect 2 "no time, no STREAM:SEQ and no event" replay "$data" --until teatime
	expect 2 "--speed" replay "$data" --speed fast
}

filters_hold_in_every_format() {
	"$vcmstat" export "$golden/events.ndjson" -c 2 -f svg -o "$scratch/svg"
	grep -q 'context 2' "$scratch/svg"
	refute grep -q 'context 1' "$scratch/svg"
	"$vcmstat" export "$golden/events.ndjson" -c 2 -f metrics -o "$scratch/metrics"
	grep -q 'context="2"' "$scratch/metrics"
	refute grep -q 'context="[13]"' "$scratch/metrics"
	"$vcmstat" export "$golden/events.ndjson" -c 2 -f perfetto |
		protoc --decode_raw >"$scratch/trace"
	refute grep -q 'res 5 ' "$scratch/trace"
	"$vcmstat" replay "$golden/events.ndjson" -c 2 --json >"$scratch/ndjson"
	refute grep -q '"type":"event".*"vcm":[13],' "$scratch/ndjson"
	grep -q '"type":"event".*"vcm":2,' "$scratch/ndjson"
	grep -q '"type":"lost"' "$scratch/ndjson"
}

# A replay begins with the first event, so from there to the last is what it has to take.
replay_keeps_the_pace() {
	local begin end took due
	due=$(sed -nE '/"type":"(event|fault)"/s/.*"ts_ns":([0-9]+).*/\1/p' "$data" | awk '
		NR == 1 || $1 < first { first = $1 }
		$1 > last { last = $1 }
		END { printf "%d", (last - first) / 20 / 1e6 }')
	begin=$(date +%s%N)
	"$vcmstat" replay "$data" --speed 20 >/dev/null
	end=$(date +%s%N)
	took=$(((end - begin) / 1000000))
	echo "$took ms at 20 times the speed, $due due"
	[ "$due" -gt 500 ] && [ "$took" -ge "$due" ] && [ "$took" -lt 9000 ]
}

output_appears_whole_or_not_at_all() {
	echo before >"$scratch/there"
	expect 7 "not a recording" export "$0" -f svg -o "$scratch/there"
	[ "$(cat "$scratch/there")" = before ]
	[ "$(find "$scratch" -name 'there.*' | wc -l)" = 0 ]
	"$vcmstat" export "$data" -f svg -o "$scratch/there"
	grep -q '</svg>' "$scratch/there"
	expect 1 "cannot write" export "$data" -f svg -o /dev/full
	[ -c /dev/full ]
	expect 1 "cannot write" export "$data" -f svg -o "$scratch/no/such/folder"
}

# kill_while SIGNAL: a replay into a recording or NDJSON, ended at a random moment
kill_while() {
	local signal=$1 format=$2 pid code=0
	# the signal may come before there is a vcmstat, and what was there before is not its
	: >"$scratch/killed"
	"$vcmstat" replay "$scratch/run.vcm" --speed 0.004 --format "$format" \
		>"$scratch/killed" 2>"$scratch/said" &
	pid=$!
	sleep "0.0$((RANDOM % 10))"
	kill -"$signal" "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || code=$?
	[ -s "$scratch/killed" ] || return 0
	echo "$signal, $format: exit code $code, $(wc -c <"$scratch/killed") bytes"
	code=0
	"$vcmstat" list -i "$scratch/killed" --strict >/dev/null 2>"$scratch/said" || code=$?
	cat "$scratch/said"
	if [ "$signal" = KILL ] && [ "$code" = 5 ]; then
		grep -q "was cut off" "$scratch/said"
	else
		[ "$code" = 0 ]
	fi
}

what_a_killed_writer_left_is_readable() {
	local i signal
	echo "VCM_SEED=$seed"
	"$tools/gen_recording" "$seed" 2000 >"$scratch/run.vcm"
	for ((i = 0; i < 34; i++)); do
		for signal in INT TERM KILL; do
			kill_while "$signal" recording
			kill_while "$signal" ndjson
		done
		"$vcmstat" replay "$scratch/run.vcm" --json 2>/dev/null |
			head -n $((RANDOM % 400 + 3)) >"$scratch/killed" || true
		"$vcmstat" list -i "$scratch/killed" >/dev/null 2>&1
	done
}

damage_has_its_exit_code() {
	"$vcmstat" export "$data" -f recording -o "$scratch/run.vcm"
	: >"$scratch/empty"
	expect 7 "empty, not a recording" list -i "$scratch/empty"
	expect 7 "not a recording, NDJSON or snapshot of VCM" list -i "$0"
	cp "$scratch/run.vcm" "$scratch/bad"
	printf X | dd of="$scratch/bad" bs=1 seek=5000 conv=notrunc status=none
	expect 7 "damaged at byte" list -i "$scratch/bad"
	head -c 3000 "$data" >"$scratch/bad"
	echo '}' >>"$scratch/bad"
	expect 7 ": column " list -i "$scratch/bad"
	printf 'VCMSxxxxxxxx' >"$scratch/bad"
	expect 7 "damaged snapshot" list -i "$scratch/bad"
	expect 1 "No such file" list -i "$scratch/nothing"
}

another_version_has_its_exit_code() {
	"$vcmstat" export "$data" -f recording -o "$scratch/run.vcm"
	printf '\002' | dd of="$scratch/run.vcm" bs=1 seek=12 conv=notrunc status=none
	expect 8 "recording of version 2, this vcmstat reads 1" list -i "$scratch/run.vcm"
	printf '\000' | dd of="$scratch/run.vcm" bs=1 seek=12 conv=notrunc status=none
	expect 8 "recording of version 0, this vcmstat reads 1" list -i "$scratch/run.vcm"
	sed '1s/"schema":1/"schema":2/' "$data" >"$scratch/newer"
	expect 8 "recording of schema 2, this vcmstat reads 1" list -i "$scratch/newer"
	sed '1s/"schema":1/"schema":0/' "$data" >"$scratch/older"
	expect 8 "recording of schema 0, this vcmstat reads 1" list -i "$scratch/older"
	printf 'VCMS\002\0\030\0\030\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' >"$scratch/newer"
	expect 8 "snapshot has version 2" list -i "$scratch/newer"
	# what an older writer lacks, and what a newer one adds, does no harm
	sed 's/,"realtime_ns":[0-9]*//; s/"comm":/"mood":"good","comm":/' "$data" >"$scratch/other"
	"$vcmstat" list -i "$scratch/other" --strict >/dev/null
}

losses_have_their_exit_code() {
	sed '$d' "$data" >"$scratch/cut"
	"$vcmstat" list -i "$scratch/cut" >/dev/null
	[ "$("$vcmstat" list --strict -i "$scratch/cut" >/dev/null 2>&1; echo $?)" = 5 ]
	"$vcmstat" export "$scratch/cut" -f recording -o "$scratch/cut.vcm" 2>/dev/null
	[ "$("$vcmstat" list --strict -i "$scratch/cut.vcm" >/dev/null 2>&1; echo $?)" = 5 ]
	sed '100d' "$data" >"$scratch/gap"
	[ "$("$vcmstat" list --strict -i "$scratch/gap" >/dev/null 2>&1; echo $?)" = 5 ]
}

bad_arguments_have_their_exit_code() {
	expect 2 "no such command" frobnicate
	expect 2 "no such option" list --frobnicate
	expect 2 "replay needs FILE" replay
	expect 2 "export needs --format" export "$data"
	expect 2 "is not one of" export "$data" -f pdf
	expect 2 "--until goes with --input only" list --until 3
}

# Elsewhere there may be a module; then the kernel tests are the place.
a_machine_without_module_is_told_so() {
	[ ! -d /sys/module/vcm ] || { echo "module vcm is loaded here"; exit 77; }
	expect 3 "module vcm is not loaded" list
	expect 3 "module vcm is not loaded" events
	expect 3 "module vcm is not loaded" export -f metrics
	expect 3 "module vcm is not loaded" record "$scratch/record"
}

# As another user, where files can be shut.
without_permission_is_told_so() {
	[ "$(id -u)" = 0 ] || { echo "needs root to become somebody else"; exit 77; }
	need setpriv
	cp "$vcmstat" "$scratch/vcmstat"
	cp "$data" "$scratch/shut"
	chmod 600 "$scratch/shut"
	chmod 755 "$scratch" "$scratch/vcmstat"
	cat >"$scratch/as-nobody" <<-END
	#!/bin/sh
	exec setpriv --reuid 65534 --regid 65534 --clear-groups "$scratch/vcmstat" "\$@"
	END
	chmod 755 "$scratch/as-nobody"
	vcmstat=$scratch/as-nobody
	expect 6 "Permission denied" list -i "$scratch/shut"
	expect 6 "Permission denied" list -i "$data" -o "$scratch/mine"
}

# With a compiler and nothing else: what is missing is said when building and when asked for.
a_build_without_libraries_works() {
	make -s -C "$here/.." OUT="$scratch/plain" NO_BPF=1 pkg=no CFLAGS=-O0 all >"$scratch/said"
	grep -q 'no source tracefs: install libtracefs-dev' "$scratch/said"
	grep -q 'no source ctf: install libbabeltrace2-dev' "$scratch/said"
	grep -q 'no screen of top: install libncurses-dev' "$scratch/said"
	vcmstat=$scratch/plain/vcmstat
	"$vcmstat" --version | grep -x 'sources: snapshot recording'
	"$vcmstat" list -i "$data" | cmp - <("$tools/vcmstat" list -i "$data")
	"$vcmstat" top -i "$data" --speed 0 | grep -q '^vcmstat top '
	expect 3 "reading traces is not compiled in" list --source "ctf:$scratch"
	expect 3 "source tracefs is not compiled in" events --source tracefs
}

# built OPTION...: when the object was made that the build with these options uses
built() {
	make -s -C "$here/.." OUT="$scratch/anew" NO_BPF=1 CFLAGS=-O0 "$@" \
		"$scratch/anew/main.o" >/dev/null
	stat -c %y "$scratch/anew/main.o"
}

what_a_build_depends_on_builds_anew() {
	local first
	first=$(built pkg=no)
	[ "$(built pkg=no)" = "$first" ]
	[ "$(built pkg=yes)" != "$first" ]
	first=$(built pkg=yes)
	[ "$(built pkg=yes VERSION=9)" != "$first" ]
}

completion_knows_every_option() {
	"$vcmstat" completion >"$scratch/completion"
	"$vcmstat" completion table >"$scratch/table"
	bash "$here/completion_check.sh" "$scratch/completion" "$scratch/table"
}

man_pages_agree_and_their_examples_are_true() {
	local page
	"$(python_with json)" "$here/man_check.py" "$vcmstat" "$man" "$data"
	need rst2man
	for page in "$man"/*.1.rst; do
		rst2man --report=2 --halt=2 "$page" >"$scratch/page"
		[ "$(grep -c '^\.SH' "$scratch/page")" -ge 6 ]
	done
}

# shows FILE: its lines stand in the README, one after the other
shows() {
	"$(python_with json)" -c 'import sys
sys.exit(open(sys.argv[1]).read() not in open(sys.argv[2]).read())' "$1" "$readme"
}

the_readme_shows_what_vcmstat_prints() {
	"$vcmstat" export "$data" -f svg --until fault |
		cmp - "$(dirname "$readme")/docs/vcmstat.svg"
	"$vcmstat" list -i "$data" --until fault >"$scratch/list"
	shows "$scratch/list"
	"$vcmstat" replay "$data" --until fault | tail -n 12 >"$scratch/events"
	shows "$scratch/events"
	ln -sf "$data" "$scratch/demo.vcm"
	(cd "$scratch" && "$vcmstat" fault demo.vcm >faults) || [ $? = 4 ]
	tail -n +7 "$scratch/faults" | head -n 8 >"$scratch/fault"
	shows "$scratch/fault"
}

faults_have_their_exit_code() {
	ends 4 "$vcmstat" fault "$data"
	ends 0 "$vcmstat" fault "$data" --until 20
	ends 0 "$vcmstat" fault "$data" --device 0000:00:09.0
	ends 4 "$vcmstat" fault "$data" --count 1 >"$scratch/one"
	[ "$(grep -c '^fault' "$scratch/one")" = 1 ]
	sed '100d' "$data" >"$scratch/gap"
	ends 4 "$vcmstat" fault "$scratch/gap"
	ends 5 "$vcmstat" fault "$scratch/gap" --strict
	ends 1 "$vcmstat" fault "$data" -o /dev/full
	expect 2 "--until goes with a FILE only" fault --until 3
	expect 2 "--mask: '65' is not in range" fault "$data" --mask 65
	expect 7 "" fault /bin/true
	ends 0 "$vcmstat" fault --rules
}

main() {
	echo "TAP version 13"
	tap_case pictures_are_as_expected "SVG is as expected, and XML"
	tap_case meters_are_as_expected "metrics and OpenMetrics are as expected"
	tap_case promtool_accepts_the_meters "promtool accepts the metrics"
	tap_case prometheus_scrapes_the_meters "a Prometheus scrapes both spellings of the meters"
	tap_case a_trace_is_as_expected "a Perfetto trace is as expected"
	tap_case a_trace_decoded_elsewhere_tells_the_same \
		"a Perfetto trace, decoded by another program, tells what the NDJSON does"
	tap_case every_line_is_as_its_schema_says "every line of NDJSON is as --schema says"
	tap_case formats_turn_into_each_other \
		"NDJSON and recordings turn into each other unchanged"
	tap_case a_report_has_the_recording_in_it \
		"an HTML report has the recording in it, and no address of the network"
	tap_case replay_stops_where_it_is_told \
		"replay stops at a time, a number or an event"
	tap_case filters_hold_in_every_format "filters hold in every format, losses pass"
	tap_case replay_keeps_the_pace "replay keeps the pace that it is told"
	tap_case output_appears_whole_or_not_at_all \
		"an exported file appears whole or not at all"
	tap_case what_a_killed_writer_left_is_readable \
		"what a writer left that was killed at any point is read, and known to be cut"
	tap_case damage_has_its_exit_code "a damaged file: one line, exit code 7"
	tap_case another_version_has_its_exit_code \
		"a file of another version: one line, exit code 8"
	tap_case losses_have_their_exit_code "losses: exit code 5 with --strict"
	tap_case faults_have_their_exit_code "fault: exit code 4 when there were faults"
	tap_case bad_arguments_have_their_exit_code "bad arguments: one line, exit code 2"
	tap_case a_machine_without_module_is_told_so "no module: one line, exit code 3"
	tap_case without_permission_is_told_so "no permission: one line, exit code 6"
	tap_case man_pages_agree_and_their_examples_are_true \
		"man pages have the options, the exit codes and true examples"
	tap_case the_readme_shows_what_vcmstat_prints "the README shows what vcmstat prints"
	tap_case a_build_without_libraries_works \
		"built without libraries and BPF it says what is missing, and the rest works"
	tap_case what_a_build_depends_on_builds_anew \
		"a library that comes or goes, and a version, build anew"
	tap_case completion_knows_every_option "bash completes every option and its values"
	tap_done
}

main
