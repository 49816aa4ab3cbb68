#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tap.sh NAME command [argument]... - run a command that prints TAP, keep it, pass its code on.
#
# Owns build/results/NAME.tap.  The old file goes first, so what is there afterwards is of this
# run; whether it is complete is for tally.sh to judge.
set -euo pipefail

results=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/build/results
name=$1
shift
mkdir -p "$results"
rm -f "$results/$name.tap"
"$@" | tee "$results/$name.tap"
