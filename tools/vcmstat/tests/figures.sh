#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# figures.sh OUT - how many events vcmstat follows on this machine; needs no kernel and no root.
#
# OUT is where the program was built.  Prints what docs/vcmstat-performance.md quotes.
set -euo pipefail

out=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A ring in memory, a writer in another thread, top drawn once a second.
echo "# live, ring of 4 MiB"
"$out/stress" 100000 10 $((4 << 20)) 0
"$out/stress" 250000 5 $((16 << 20)) 0
echo "# a peak of more than a million a second, ring of 4 MiB"
"$out/stress" 100000 5 $((4 << 20)) 3000000

# seconds of the clock and of processor time that COMMAND took
timed() {
	local TIMEFORMAT="%R s, %U s user, %S s system"
	time "$@" >"$scratch/said" 2>&1
}

echo "# a recording of 1,000,000 events, 100,000 a second"
"$out/test/mkrec" "$scratch/rec" 1000000 100000
echo "top, at its pace:"
timed env TERM=dumb "$out/vcmstat" top 1 -i "$scratch/rec" --strict
grep '^events' "$scratch/said" | tail -n 1
echo "top, as fast as possible:"
timed env TERM=dumb "$out/vcmstat" top 1 -i "$scratch/rec" --speed 0 --strict
grep '^events' "$scratch/said" | tail -n 1
echo "as NDJSON:"
timed "$out/vcmstat" replay "$scratch/rec" --json
wc -l <"$scratch/said"
