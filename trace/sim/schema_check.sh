#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# schema_check.sh - vcm_events.h is the one source: a field that is added to a copy of it appears in
# the tracepoints of the kernel, those of LTTng-UST, the BPF programs, the NDJSON of vcmstat and of
# vcmsim, and in docs/events.md.
#
# Needs a compiler and nothing else: the headers of the kernel, of LTTng and of libbpf are replaced
# by ones that leave their macros as they are, and what the preprocessor makes of each expansion
# is looked at.  What is not there without the field and is there with it came from the header.
#
# shellcheck disable=SC2317 # cases are called by name
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
cc=${CC:-gcc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0 failed=0

check() {
	local said code
	count=$((count + 1))
	set +e
	said=$(set -e; "$1" 2>&1)
	code=$?
	set -e
	if [ "$code" = 0 ]; then
		echo "ok $count - $1"
	else
		[ -z "$said" ] || printf '# %s\n' "${said//$'\n'/$'\n'# }"
		echo "not ok $count - $1"
		failed=1
	fi
}

# Two copies of kernel/include: as it is, and with one more field in vcm_unreserve.
copies() {
	local copy
	for copy in old new; do
		cp -r "$top/kernel/include" "$work/$copy"
	done
	sed -i '/^#define VCM_EV_unreserve(F)/,/^$/s/F(__u64, len, hex, "bytes")/&	\\\
	F(__u32, colour, access, "an added field")/' "$work/new/vcm_events.h"
	stub linux/tracepoint.h
	stub trace/define_trace.h
	stub lttng/tracepoint.h
	stub lttng/tracepoint-event.h
	stub vmlinux.h
	echo 'typedef unsigned short __u16; typedef unsigned int __u32; typedef int __s32;' \
		'typedef unsigned long long __u64;' >"$work/stub/vmlinux.h"
	stub bpf/bpf_helpers.h
	stub bpf/bpf_core_read.h
}

stub() {
	mkdir -p "$work/stub/$(dirname "$1")"
	: >"$work/stub/$1"
}

# expansion COPY FILE OPTION...: what the preprocessor makes of it, without blanks
expansion() {
	local copy=$1 file=$2
	shift 2
	"$cc" -E -P -I"$work/stub" -I"$work/$copy" "$@" "$file" | tr -d ' \t\n'
}

# appears FILE TEXT OPTION...: only in the expansion of the copy with the field
appears() {
	local file=$1 text=$2 old new
	shift 2
	old=$(expansion old "$file" "$@")
	new=$(expansion new "$file" "$@")
	if [[ $old == *"$text"* ]]; then
		echo "$text is in $file without the field"
		return 1
	fi
	if [[ $new != *"$text"* ]]; then
		echo "$text is not in $file with the field"
		return 1
	fi
}

the_field_is_added_to_a_copy() {
	copies
	[ "$(grep -c colour "$work/new/vcm_events.h")" = 1 ]
}

the_kernel_has_it_in_its_tracepoint() {
	local file=$top/kernel/os/vcm_trace.h
	appears "$file" ',__u64len,__u32colour)' # TP_PROTO
	appears "$file" '__field(__u32,colour)'
	appears "$file" '__entry->colour=colour;'
	appears "$file" '"colour""=""%s"'
	appears "$file" '__print_symbolic(__entry->colour,'
}

lttng_has_it_in_its_tracepoint() {
	appears "$top/trace/ust/vcm_ust.h" \
		'lttng_ust_field_enum(vcm,access,__u32,colour,args->colour)' \
		-I"$top/trace/shim"
	appears "$top/trace/shim/vcm_probe.h" '__u64len;__u32colour;};' -I"$top/trace/shim"
}

# Field number n of an event is the n-th argument after the head.
bpf_has_it_in_its_event() {
	programs old 2
	programs new 3
}

# programs COPY N: the program of vcm_unreserve takes N fields
programs() {
	local body
	body=$(expansion "$1" "$top/bpf/stream.bpf.c" -I"$top/bpf")
	body=${body#*vcm_on_unreserve(__u64*ctx)}
	body=${body%%\}SEC(*}
	[ "$(grep -o 'ev->arg\[n\]' <<<"$body" | wc -l)" = "$2" ]
}

vcmstat_has_it_in_its_records() {
	appears "$top/tools/vcmstat/schema.c" '{"colour",SCHEMA_access,sizeof(__u32)}' \
		-I"$top/tools/vcmstat" -I"$top/bpf"
}

vcmsim_has_it_in_its_records() {
	appears "$top/trace/sim/schema.c" '{"colour","access"}' -I"$top/trace/shim" \
		-I"$top/kernel/core"
}

the_manual_has_it() {
	"$top/selftests/lint/events.sh" --print "$work/new" >"$work/new.md"
	# shellcheck disable=SC2016 # backquotes of markdown
	grep -F '| `colour` | u32 | [access](#values) | an added field |' "$work/new.md"
	[ "$(diff "$top/docs/events.md" "$work/new.md" | grep -c '^[<>]')" = 1 ]
}

main() {
	echo "TAP version 13"
	check the_field_is_added_to_a_copy
	check the_kernel_has_it_in_its_tracepoint
	check lttng_has_it_in_its_tracepoint
	check bpf_has_it_in_its_event
	check vcmstat_has_it_in_its_records
	check vcmsim_has_it_in_its_records
	check the_manual_has_it
	echo "1..$count"
}

main
exit "$failed"
