#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh - run a TAP program, show what it says and keep it, with its exit code.
#
#   run.sh FILE PROGRAM [ARGUMENT...]
#
# The file appears under its name only when the program has ended: half a result is none.
set -euo pipefail

file=$1
shift
"$@" 2>&1 | tee "$file.part" || status=$?
mv "$file.part" "$file"
exit "${status:-0}"
