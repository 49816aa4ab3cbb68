#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# includes.sh [TREE] - who may include whom.
#
# Each folder has one rule: what its C files may include besides files of the same folder.  The
# deepest folder with a rule decides.  A folder without a rule is a violation, so that a new one
# is a decision.  Prints violations; exit 1 when there are any.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=selftests/lint/files.sh
. "$here/files.sh"
cd "${1:-$here/../..}"

api='"(vcm|vcm_events|uapi/vcm)\.h"'
system='<[a-z0-9_./-]+>'
spaces='gap|pool|space'
fuzzed='(unit|fake|user|caller|scenario|soft)'

# folder|what its files may include
rules() {
	cat <<-LIST
	kernel|<linux/.*>|"[a-z]+/[a-z]+\.h"
	kernel/include|<linux/(types|ioctl)\.h>|"vcm_events\.h"|"uapi/vcm\.h"
	kernel/core|$api|"vcm_(os|probe)\.h"
	kernel/os|$api|<linux/.*>|<trace/define_trace\.h>|"compat\.h"
	kernel/drivers|$api|<linux/.*>|"compat\.h"|"drivers/drivers\.h"
	kernel/samples|$api|<linux/.*>|"compat\.h"
	kernel/sim|$api|<linux/.*>|"compat\.h"|"formats/[a-z0-9_]+\.h"
	kernel/sim/formats|$api|"vcm_os\.h"
	kernel/bench|$api|<(linux/.*|drm/drm_mm\.h)>|"(core/(gap|pool)|vcm_(os|shrink)|compat)\.h"
	kernel/sim/test|$api|"vcm_os\.h"|"\.\./formats/[a-z]+\.h"|<linux/.*>
	kernel/user|$api|"core/core\.h"|"user/[a-z_]+\.h"|<linux/.*>|"compat\.h"
	kernel/obs|$api|"core/core\.h"|"obs/[a-z_]+\.h"|"vcm_count\.h"|<linux/.*>|"compat\.h"
	bpf|"vmlinux\.h"|<bpf/.*>|<linux/types\.h>|"vcm_events\.h"|"lib/[a-z]+\.bpf\.h"
	tools/vcmstat|$api|"(vcm|host)_bpf\.h"|"[a-z]+\.skel\.h"|$system
	tools/vcmstat/tests/fuzz|$api|"(crc32|model|out_diag|play|rec_format|sink|use)\.h"|$system
	tools/vcmstat/tests|$api|"(vcm|host)_bpf\.h"|"(\.\./)?[a-z_0-9]+\.h"|$system
	trace/fuzz|$api|$system|"(core|gap|vcm_os|os_test)\.h"|"(formats/.*|$fuzzed)\.h"
	trace|$api|$system|"($spaces|core|vcm_(os|probe)|os_test)\.h"|"(bench|formats|test)/.*\.h"
	trace/torture|$system|"(fake|os_test|unit|vcm_probe)\.h"
	trace/scenario|$api|"vcm_os\.h"|"formats/[a-z0-9_]+\.h"
	trace/sim|$api|$system|"(core|vcm_os|vcm_probe|os_test|scenario|soft)\.h"
	selftests/mod|$api|<linux/.*>|"(vcm_os|scenario)\.h"
	selftests/uml/kunit|$api|<(linux|kunit)/.*>|"(soft|(bench|core|formats)/[a-z]+)\.h"
	trace/formats|$system|"(unit|vcm_os|os_test)\.h"|"(formats|test)/.*\.h"
	selftests|"uapi/vcm\.h"|"vcm_events\.h"|"kselftest(_harness)?\.h"|$system
	LIST
}

# file pattern|what it must not include although its folder may|why
exceptions() {
	cat <<-'LIST'
	kernel/core/*|"vcm_trace\.h"|<linux/.*>|the core is compiled in user space too
	tools/vcmstat/model*|"(source|sink|follow|screen|opts)\.h"|<bpf/.*>|the model does no I/O
	tools/vcmstat/*|"(core|gap|vcm_os)\.h"|"vcm\.h"|the tool knows the formats only
	selftests/!(crowd.c)|<bpf/.*>|vcmstat is used as a program only
	LIST
}

# What rules() and exceptions() say, read once: a tree has thousands of includes.
declare -A rule_for=()
while IFS= read -r line; do
	rule_for[${line%%|*}]=${line#*|}
done < <(rules)
mapfile -t except < <(exceptions)

# Set rule to that of the deepest folder of $1 that has one, as one pattern, or fail.
rule_of() {
	local dir=$1
	while :; do
		rule=${rule_for[$dir]:-}
		[ -z "$rule" ] || return 0
		[[ $dir == */* ]] || return 1
		dir=${dir%/*}
	done
}

# Files of the same folder may be included; of kernel/drivers only those of the same driver,
# which share the first word of their names.
own_file() {
	local file=$1 name=$2 dir=${1%/*} base=${1##*/}
	[ -f "$dir/$name" ] || return 1
	[ "$dir" != kernel/drivers ] || [ "${name%%[_.]*}" = "${base%%[_.]*}" ]
}

# Set why to the reason that file $1 must not include $2, or fail.
forbidden() {
	local file=$1 what=$2 line pattern
	for line in "${except[@]}"; do
		# shellcheck disable=SC2053 # a pattern on purpose
		[[ $file == ${line%%|*} ]] || continue
		pattern=${line#*|}
		pattern=${pattern%|*}
		if [[ $what =~ ^($pattern)$ ]]; then
			why=${line##*|}
			return
		fi
	done
	return 1
}

check_folders() {
	local dir rule
	while IFS= read -r dir; do
		rule_of "$dir" || echo "$dir: no rule says what this folder may include"
	done < <(c_files | sed 's,/[^/]*$,,' | LC_ALL=C sort -u)
}

check_includes() {
	local file number line what name why rule
	while IFS=: read -r file number line; do
		what=${line#*include}
		what=${what#"${what%%[\"<]*}"}
		name=${what:1}
		name=${name%%[\">]*}
		what=${what:0:1}$name${what:${#name}+1:1}
		if forbidden "$file" "$what"; then
			echo "$file:$number: must not include $what: $why"
		elif ! own_file "$file" "$name" && rule_of "${file%/*}" &&
		     ! [[ $what =~ ^($rule)$ ]]; then
			echo "$file:$number: ${file%/*} must not include $what"
		fi
	done < <(c_files | xargs -r grep -HnE '^[ 	]*#[ 	]*include[ 	]+["<]')
}

# What a folder may include by a macro cannot be seen, and the core must not know where it runs.
check_seam() {
	local found
	found=$(c_files | xargs -r grep -nE '^[ 	]*#[ 	]*include[ 	]+[^"< 	]' |
		grep -vE 'include[ 	]+(CREATE_|TRACE_INCLUDE)') || true
	[ -z "$found" ] || echo "$found"
	if [ -d kernel/core ]; then
		grep -rnE '#[ 	]*if.*__KERNEL__' kernel/core || true
	fi
}

violations=$(
	check_folders
	check_includes
	check_seam
)
[ -n "$violations" ] || exit 0
echo "$violations"
exit 1
