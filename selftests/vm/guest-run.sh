#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest-run.sh [MODULE.ko]... -- command [argument]... - load modules in order, run a command.
#
# Parameters of a module are in the same word, after its path and a space.
#
# Runs inside the guest.  Leaves the modules loaded: what happens at the end is for the command
# to decide, the guest ends with it.
set -euo pipefail

while [ $# -gt 0 ] && [ "$1" != -- ]; do
	# shellcheck disable=SC2086 # a path and parameters
	if ! insmod $1; then
		echo "guest-run: cannot load $1" >&2
		exit 1
	fi
	shift
done
if [ $# -lt 2 ]; then
	echo "usage: guest-run.sh [MODULE.ko]... -- command [argument]..." >&2
	exit 2
fi
shift
exec "$@"
