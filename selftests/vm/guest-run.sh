#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest-run.sh [MODULE.ko]... -- command [argument]... - load modules in order, run a command.
#
# Parameters of a module are in the same word, after its path and a space.
#
# Runs inside the guest.  What a module needs of the kernel's own modules is loaded before it.
# Leaves the modules loaded: what happens at the end is for the command to decide, the guest ends
# with it.
set -euo pipefail

# Modules that come with the kernel; those of this tree modprobe does not know.
depends() {
	local name
	for name in $(modinfo -F depends "$1" | tr , ' '); do
		modprobe -q "$name" || true
	done
}

while [ $# -gt 0 ] && [ "$1" != -- ]; do
	depends "${1%% *}"
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
