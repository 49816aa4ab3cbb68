#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# flight.sh FOLDER COMMAND... - a flight recorder: keep the last events in memory, and write them
# to FOLDER when a device faults.
#
# Nothing is written as long as nothing goes wrong.  The first vcm_fault makes the session daemon
# take a snapshot of the ring buffer; what came before the fault is in it.  Then `babeltrace2
# FOLDER` tells the story.
#
# Exit: the code of the command; 3 when it ended well and no device faulted.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/session.sh"

[ $# -ge 2 ] || {
	echo "usage: flight.sh FOLDER COMMAND [ARGUMENT]..." >&2
	exit 2
}
folder=$(realpath -m "$1")
shift
[ ! -e "$folder" ] || session_die "$folder is there already"

arm() {
	lttng -q add-trigger --name="$session" \
		--condition=event-rule-matches --type=user --name=vcm:vcm_fault \
		--action=snapshot-session "$session" --rate-policy=once-after:1 \
		--path="$folder"
}

disarm() {
	lttng -q remove-trigger "$session" >/dev/null 2>&1 || true
}

snapshot_is_there() {
	[ -n "$(find "$folder" -name metadata -size +0 2>/dev/null)" ]
}

# The snapshot is taken by the daemon in its own time; it is whole when it can be read.
snapshot_is_whole() {
	snapshot_is_there && babeltrace2 "$folder" >/dev/null
}

session_open
session_create --snapshot
session_events --overwrite --subbuf-size=64k --num-subbuf=4
arm
trap 'disarm; session_close' EXIT
lttng -q start "$session"
code=0
session_run "$@" || code=$?
# Ask the ring itself: a fault that is in it will have its snapshot, so that waiting has an end.
lttng -q snapshot record --session "$session" --max-size=0 "$session_home/last" >/dev/null
if babeltrace2 "$session_home/last" | grep 'vcm:vcm_fault:' >/dev/null; then
	session_wait snapshot_is_whole || session_die "a device faulted, and no snapshot came"
elif [ "$code" = 0 ]; then
	code=3
fi
exit "$code"
