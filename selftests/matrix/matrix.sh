#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# matrix.sh [--list | --short] - the modules, the kselftests and vcmstat on other kernels, IOMMUs
# and architectures, one guest after the other; one table at the end.
#
# $L names the legs to run, all when it is empty; $T the kselftests.  --list prints the legs, and
# what is left out and why; --short runs of the kselftests those that differ most between kernels
# and IOMMUs.
#
# Leaves in build/results: matrix.tap (did every leg run to its end, is its log clean),
# matrix-LEG-NAME.tap (what program NAME said), matrix-LEG.log (kernel log), matrix.txt (the table).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$top/build
results=$build/results
summary=$results/matrix.tap
seconds=1200	# for a leg, at most
# shellcheck source-path=SCRIPTDIR/../vm
. "$top/selftests/vm/results.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/legs.sh"

# names ARCH IOMMU: kselftests of a leg
names() {
	local name where why
	while read -r name where why; do
		if [ -n "${T:-}" ] && [[ " $T " != *" $name "* ]]; then
			continue
		fi
		! runs_in "$where" "$1" "$2" || echo "$name"
	done < <(programs)
}

# Which kselftests a leg does not run, with the reason, as comments.
omitted() {
	local name where why
	while read -r name where why; do
		runs_in "$where" "$1" "$2" || echo "$name: $why"
	done < <(programs)
}

list() {
	local leg kernel arch iommu rest
	while read -r leg kernel arch iommu rest; do
		echo "$leg: kernel $kernel, $arch, $iommu"
		omitted "$arch" "$iommu" | sed 's/^/  not /'
	done < <(legs)
	echo "in no leg:"
	left_out | sed 's/^/  /; s/\t\+/: /'
}

# The programs of an architecture: those of this machine, or those that build.sh made.
user_of() {
	[ "$1" = amd64 ] && echo "$build" || echo "$build/matrix/$1-user"
}

# Options of boot.sh that depend on the leg, one word a line.
boot_options() {
	local version=$1 arch=$2 iommu=$3
	printf '%s\n' --kernel "$version" --root "$roots/$arch" --arch "$arch" --iommu "$iommu"
	# First-level tables came with QEMU 9.2: that of Debian 13, which runs from its own folder.
	[ "$iommu" != vtd-first ] || printf '%s\n' --qemu "$roots/qemu-amd64"
}

run_leg() {
	local leg=$1 kernel=$2 arch=$3 iommu=$4 sizes=$5 last=$6 version user out code=0
	local options modules start=$SECONDS list
	version=$(awk -v name="$kernel" '$1 == name { print $2 }' "$roots/kernels")
	user=$(user_of "$arch")
	out=$results/matrix/$leg
	mkdir -p "$out"
	mapfile -t options < <(boot_options "$version" "$arch" "$iommu")
	mapfile -t list < <(names "$arch" "$iommu")
	modules=$build/matrix/$kernel/kernel
	echo "# $leg: $version, $iommu"
	"$top/selftests/vm/boot.sh" "${options[@]}" --results "$out" --edu 2 \
		--log "$results/matrix-$leg.log" --timeout "$seconds" -- \
		env VCM_PGSIZES="$sizes" VCM_REACH_LAST="$last" VCM_ROUNDS=5 \
		VCM_MODULES="$modules" VCMSTAT="$user/vcmstat/vcmstat" \
		VCM_BUG_MODULE="$build/matrix/$kernel/mod/vcm_bug.ko" \
		"$top/selftests/vm/guest-run.sh" \
		"$modules"/{vcm,vcm_edu,vcm_fmt,vcm_sim,vcm_sim_dev}.ko -- \
		"$here/guest-matrix.sh" "$user" "$out" "${list[@]}" || code=$?
	omitted "$arch" "$iommu" | sed "s/^/left out of $leg: /" | note
	check_leg "$leg" "$code" "$out"
	row "$leg" "$version" "$iommu" "$code" "$((SECONDS - start))"
}

# check_leg LEG CODE FOLDER: its results, and those of its programs under names of their own
check_leg() {
	local leg=$1 code=$2 out=$3 file name
	guest_ended "$code"
	log_is_clean "$results/matrix-$leg.log"
	result "$code" "$leg: vcmstat and kselftests passed (boot.sh: $code)"
	for file in "$out"/*.tap; do
		[ -e "$file" ] || continue
		name=$(basename "$file")
		mv "$file" "$results/matrix-$leg-${name#kselftest-}"
	done
	rm -rf "$out"
}

# One row of the table.
row() {
	local leg=$1 version=$2 iommu=$3 code=$4 took=$5 said tap
	tap=$results/matrix-$leg-reach.tap
	said=$("$top/selftests/setup/tally.sh" "$results/matrix-$leg-"*.tap 2>/dev/null) || true
	printf '%-18s %-28s %-9s %-17s %-17s %6s %6s %7s %5s\n' "$leg" "$version" "$iommu" \
		"$(seen 'page sizes' "$tap")" "$(seen 'last address' "$tap")" \
		"$(sed -n '$s/ passed.*//p' <<<"$said")" \
		"$(sed -n '$s/.*, \([0-9]*\) failed/\1/p' <<<"$said")" \
		"$(sed -n 's/^# \([0-9]*\) skipped$/\1/p' <<<"$said")" "$took" >>"$table"
	[ "$code" = 0 ] || failed=1
}

# seen WHAT FILE: the number that the test reach found
seen() {
	sed -n "s/.*$1 0x\([0-9a-f]*\).*/\1/p" "$2" 2>/dev/null | head -n 1
}

# Every reason for which something was skipped, and in how many legs.
skips() {
	local file
	for file in "$results"/matrix-*-*.tap; do
		sed -n 's/^ok [0-9]* -* *\([^#]*[^# ]\) *# SKIP *\(.*\)/\1: \2/p' "$file"
	done | sort | uniq -c | sort -rn
}

# The legs that are asked for.
selected() {
	local leg rest
	while read -r leg rest; do
		if [ -z "${L:-}" ] || [[ " $L " == *" $leg "* ]]; then
			echo "$leg $rest"
		fi
	done < <(legs)
}

prepare() {
	local root=() kernels
	[ "$(id -u)" = 0 ] || root=(sudo -E)
	roots=$("${root[@]}" "$here/root.sh" --print)
	mapfile -t kernels < <(selected | awk '{ print $2 }' | sort -u)
	"${root[@]}" "$here/build.sh" "$roots" "${kernels[@]}"
	rm -rf "$results/matrix" "$results"/matrix*
	mkdir -p "$results"
	: >"$summary"
	table=$results/matrix.txt
	printf '%-18s %-28s %-9s %-17s %-17s %6s %6s %7s %5s\n' leg kernel IOMMU 'page sizes' \
		'last address' passed failed skipped s >"$table"
}

main() {
	local line leg name
	case ${1:-} in
	--list)	list; exit 0 ;;
	--short) T=$(short) ;;
	'')	;;
	*)	echo "usage: matrix.sh [--list | --short]" >&2; exit 2 ;;
	esac
	for name in ${T:-}; do
		programs | grep -q "^${name}[[:space:]]" ||
			{ echo "matrix.sh: no kselftest $name in a leg, see --list" >&2; exit 2; }
	done
	for leg in ${L:-}; do
		legs | grep -q "^${leg}[[:space:]]" ||
			{ echo "matrix.sh: no leg $leg, see --list" >&2; exit 2; }
	done
	prepare
	while read -r -u 4 -a line; do
		run_leg "${line[@]}"
	done 4< <(selected)
	plan
	echo "# skipped, with the number of legs:"
	skips | sed 's/^/# /'
	left_out | sed 's/^/# in no leg: /'
	cat "$table"
	exit "$failed"
}

main "$@"
