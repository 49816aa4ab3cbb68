#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# record.sh FOLDER COMMAND... - record the events of a command in FOLDER, as a CTF trace.
#
# The command is run with the tracepoints of VCM, here as in the other recipes; what it prints goes
# where it always goes.  `babeltrace2 FOLDER` reads the trace, Trace Compass shows it.
#
# Exit: the code of the command, or 1 when there is no recording.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/session.sh"

[ $# -ge 2 ] || {
	echo "usage: record.sh FOLDER COMMAND [ARGUMENT]..." >&2
	exit 2
}
folder=$(realpath -m "$1")
shift
[ ! -e "$folder" ] || session_die "$folder is there already"

code=0
session_open
session_create --output="$folder"
session_events --subbuf-size=1M --num-subbuf=4
lttng -q start "$session"
session_run "$@" || code=$?
lttng -q stop "$session"
lttng -q destroy "$session" >/dev/null
session_created=no
[ -d "$folder" ] || session_die "nothing was recorded"
exit "$code"
