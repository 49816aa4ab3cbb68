#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kselftest.sh [boot.sh option]... - run the kselftests in a guest with the modules loaded.
#
# $T names the programs to run, with or without .sh; all of them when it is empty.
#
# Leaves in build/results: kselftest.tap (did every program run to its end, is nothing left),
# kselftest-NAME.tap (what program NAME printed), kselftest-run.tap (how the guest ended, is its
# log clean) and kselftest.log (kernel log).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$top/build
results=$build/results
log=$results/kselftest.log
# shellcheck source-path=SCRIPTDIR
. "$here/results.sh"
read -ra names <<<"${T:-}"
code=0

mkdir -p "$results"
rm -f "$results"/kselftest*.tap "$log"
# Two devices, so that tests can share a context between them; memory set aside for carve-outs; a
# disk and two cards, whose drivers only iommu.sh loads.
"$here/boot.sh" --results "$results" --log "$log" --timeout 1800 --edu 2 --nvme 1 --nic 2 \
	--append "memmap=16M\$0x70000000" "$@" -- \
	"$here/guest-run.sh" "$build/kernel/vcm.ko carveout=16M@0x70000000" \
	"$build"/kernel/{vcm_edu,vcm_fmt,vcm_sim,vcm_sim_dev}.ko -- \
	"$here/guest-kselftest.sh" "$build/selftests" "$results" "${names[@]}" || code=$?

summary=$results/kselftest-run.tap
: >"$summary"
guest_ended "$code"
log_is_clean "$log"
plan
exit "$code"
