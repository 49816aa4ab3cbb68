#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# uml.sh - the core, the range allocator and the page-table formats under User-mode Linux.
#
# The modules run natively, in a process of this user, in a kernel with KASAN, lockdep, kmemleak,
# UBSAN, KUnit and fault injection: suites in the kernel (kunit/), then the kselftests that need
# no hardware.  $T names kselftests to run instead of those, with or without .sh.
#
# Leaves in build/results: uml.tap (what the guest proves), uml-kunit.tap (what the suites said),
# uml-kselftest.tap and uml-NAME.tap (kselftests), uml-run.tap (how it ended, is its log clean),
# uml.log.
#
# VCM_SEED=N replays the random cases.  Also runs inside: --guest is for this script alone.
#
# shellcheck disable=SC2317 # functions are called through check()
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$top/build
out=$build/uml
results=$build/results
debugfs=/sys/kernel/debug
seconds=900
summary=''
# shellcheck source-path=SCRIPTDIR/../vm
. "$top/selftests/vm/results.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/boot.sh"

# Kselftests that run here.  The others and why they do not:
#   edu sample share switch direct reach obs.sh sources.sh tutorial.sh leak.sh
#                   need the edu device, or BPF, which is not there
#   memory dmabuf rebind   use memory that is not cached, which this architecture does not have
#   sim*            default domains of devices need dma-iommu, likewise
#   carveout        needs memory set aside when the kernel starts
#   race            one processor does not race; QEMU does that
#   fail_nth replay.sh diff.sh formats.sh   kunit/ sweeps and churns
kselftests() {
	echo abi life place place2 bind find holders limits drivers shrink.sh
}

# ---- inside ----

has_options() {
	local config=/run/vcm-config lost
	zcat /proc/config.gz >"$config"
	lost=$("$here/kernel.sh" --lost debug "$config") && return 0
	echo "missing: $lost" | note
	return 1
}

load() {
	local module
	for module in vcm vcm_edu vcm_fmt vcm_sim vcm_sim_dev; do
		insmod "$out/kernel/$module.ko" || return 1
	done
}

unload_all() {
	local module
	for module in vcm_sim_dev vcm_sim vcm_fmt vcm_edu vcm; do
		[ ! -e "/sys/module/$module" ] || rmmod "$module" || return 1
	done
}

# The suites run when the module is loaded; what they say is kept in debugfs.
kunit() {
	local tap=$results/uml-kunit.tap suite
	insmod "$out/kernel/vcm.ko" && insmod "$out/kernel/vcm_fmt.ko" || return 1
	insmod "$out/kunit/vcm_kunit.ko" ${VCM_SEED:+"seed=$VCM_SEED"} || return 1
	dmesg | sed -n 's/.*vcm_kunit: \(seed .*\)/# \1/p' >"$tap"
	for suite in "$debugfs"/kunit/vcm_*/results; do
		[ ! -r "$suite" ] || grep -v 'KTAP version' "$suite"
	done | as_one >>"$tap"
	cat "$tap"
	rmmod vcm_kunit && unload_all && "$top/selftests/setup/tally.sh" "$tap"
}

# Make one plan of those of the suites, which each are the only one.  KUnit gives none to the
# parameters of a test, but how many there were when all have run.
as_one() {
	awk '
		/^1\.\./ { next }
		/^    # [a-z0-9_]*: pass:.* total:[0-9]+$/ {
			print "        1.." substr($0, index($0, "total:") + 6)
		}
		/^(not )?ok/ { sub(/ok [0-9]*/, "ok " ++n) }
		{ print }
		END { print "1.." n + 0 }'
}

# An object younger than five seconds is never reported, with no way to ask whether it is over.
no_leak() {
	local leaks
	sleep 6
	echo scan >"$debugfs/kmemleak" && echo scan >"$debugfs/kmemleak" || return 1
	leaks=$(cat "$debugfs/kmemleak") || return 1
	[ -n "$leaks" ] || return 0
	head -n 60 <<<"$leaks" | note
	return 1
}

lockdep_judges() {
	grep -q 'debug_locks: *1$' /proc/lockdep_stats
}

guest() {
	summary=$results/uml.tap
	: >"$summary"
	export VCM_MODULES=$out/kernel
	check "the kernel has every option of the fragments" has_options
	check "lockdep judges at the start" lockdep_judges
	check "the suites in the kernel pass" kunit
	check "the modules load" load
	check "kselftests pass, nothing is left, the modules unload" \
		"$top/selftests/vm/guest-kselftest.sh" "$build/selftests" "$results/uml" "$@"
	check "kmemleak finds nothing that all of it lost" no_leak
	check "lockdep judges at the end" lockdep_judges
	plan
	exit "$failed"
}

# ---- on the host ----

make_modules() {
	local tree=$1
	make --no-print-directory -C "$top/kernel" KDIR="$tree" OUT="$out/kernel" ARCH=um
	make --no-print-directory -C "$here/kunit" KDIR="$tree" OUT="$out/kunit" \
		VCM="$out/kernel" ARCH=um
}

# The kselftests leave their results in a folder of their own.
collect() {
	local file name
	for file in "$results"/uml/*.tap; do
		[ -e "$file" ] || continue
		name=$(basename "$file")
		mv "$file" "$results/uml-${name#kselftest-}"
	done
	rm -rf "$results/uml"
}

run_tests() {
	local tree=$1 code=0 log=$results/uml.log names
	read -ra names <<<"${T:-$(kselftests)}"
	make_modules "$tree"
	rm -rf "$results/uml" "$results"/uml*.tap "$log"
	mkdir -p "$results/uml"
	uml_boot "$tree" "$out" "$seconds" "$log" "$here/uml.sh" --guest "${names[@]}" || code=$?
	collect
	summary=$results/uml-run.tap
	: >"$summary"
	guest_ended "$code"
	log_is_clean "$log"
	plan
	[ "$failed" = 0 ] || code=1
	exit "$code"
}

main() {
	case ${1:-} in
	--guest)	shift; guest "$@" ;;
	'')		;;
	*)		echo "usage: uml.sh" >&2; exit 2 ;;
	esac
	mkdir -p "$results"
	run_tests "$("$here/kernel.sh" --print debug)"
}

main "$@"
