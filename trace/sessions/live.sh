#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# live.sh COMMAND... - show the events of a command while it runs.
#
# Events go through a relay daemon on this machine; babeltrace2 is connected to it and prints on
# standard output what comes, at most a second late.  What the command prints itself goes to
# standard error, so that the two can be told apart.
#
# Exit: the code of the command.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/session.sh"

[ $# -ge 1 ] || {
	echo "usage: live.sh COMMAND [ARGUMENT]..." >&2
	exit 2
}

# A relay daemon on three ports that are free; sets $port, the first.
start_relay() {
	local i
	for ((i = 0; i < 20; i++)); do
		port=$((20000 + RANDOM % 20000))
		lttng-relayd --output="$session_home/relay" \
			--control-port="tcp://127.0.0.1:$port" \
			--data-port="tcp://127.0.0.1:$((port + 1))" \
			--live-port="tcp://127.0.0.1:$((port + 2))" \
			>"$session_home/relayd.log" 2>&1 &
		session_relay=$!
		if session_wait listens $((port + 2)); then
			return 0
		fi
		kill "$session_relay" 2>/dev/null || true
		wait "$session_relay" 2>/dev/null || true
	done
	cat "$session_home/relayd.log" >&2
	session_die "the relay daemon does not start"
}

# listens PORT: our relay daemon is alive, and somebody answers
listens() {
	kill -0 "$session_relay" && (exec 3<>"/dev/tcp/127.0.0.1/$1")
}

session_open
session_need lttng-relayd lttng-tools
start_relay
session_create --live=200000 --ctrl-url="tcp4://127.0.0.1:$port" \
	--data-url="tcp4://127.0.0.1:$((port + 1))"
session_events --subbuf-size=256k --num-subbuf=8
lttng -q start "$session"

code=0
babeltrace2 --input-format=lttng-live \
	"net://127.0.0.1:$((port + 2))/host/$(hostname)/$session" 2>"$session_home/reader.log" &
reader=$!
session_run "$@" >&2 || code=$?
lttng -q stop "$session"
lttng -q destroy "$session" >/dev/null
session_created=no
# The reader ends with the session.
wait "$reader" || {
	cat "$session_home/reader.log" >&2
	session_die "babeltrace2 could not read the session"
}
exit "$code"
