# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# session.sh - a tracing session of one's own; sourced by the recipes of this folder.
#
# Works as any user.  An ordinary user gets a session daemon of his own, in a folder of its own, so
# that nothing on the machine is changed and several can run at once.  For root there is one daemon
# in the system; it is used when it runs, and started (without kernel tracing) when it does not.
#
# Owns: the daemons that it starts, the session, and $session_home; session_close ends all of them.

session=vcm-$$
session_home='' session_daemon='' session_relay='' session_created=no session_preload=''

session_die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# session_need COMMAND PACKAGE
session_need() {
	command -v "$1" >/dev/null || session_die "needs $1, of the package $2"
}

session_close() {
	local pid
	[ "$session_created" = no ] || lttng -q destroy "$session" >/dev/null 2>&1 || true
	session_created=no
	for pid in $session_relay $session_daemon; do
		kill "$pid" 2>/dev/null || continue
		wait "$pid" 2>/dev/null || true
	done
	session_relay='' session_daemon=''
	[ -z "$session_home" ] || rm -rf "$session_home"
	session_home=''
}

# The library that is preloaded: VCM_UST, or where the build leaves it.
session_library() {
	local top library
	top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
	library=${VCM_UST:-$top/build/trace/ust/libvcm-ust.so}
	[ -r "$library" ] || session_die "no $library: run make vcmsim, or set VCM_UST"
	realpath "$library"
}

# session_wait COMMAND...: until it succeeds, at most ten seconds
session_wait() {
	local i
	for ((i = 0; i < 200; i++)); do
		if "$@" >/dev/null 2>&1; then
			return 0
		fi
		sleep 0.05
	done
	return 1
}

# Have a session daemon: the one of root that runs, or a new one.  What the caller preloads is for
# the command: a daemon that a part of LTTng-UST is preloaded into waits for itself to register.
session_open() {
	session_preload=${LD_PRELOAD:-}
	unset LD_PRELOAD
	session_need lttng lttng-tools
	session_need lttng-sessiond lttng-tools
	session_need babeltrace2 babeltrace2
	trap session_close EXIT
	trap 'exit 130' INT TERM
	session_home=$(mktemp -d "${TMPDIR:-/tmp}/vcm-session.XXXXXX")
	export LTTNG_HOME=$session_home
	if [ "$(id -u)" = 0 ] && lttng --no-sessiond list >/dev/null 2>&1; then
		return
	fi
	lttng-sessiond --no-kernel >"$session_home/sessiond.log" 2>&1 &
	session_daemon=$!
	session_wait lttng --no-sessiond list || {
		cat "$session_home/sessiond.log" >&2
		session_die "the session daemon does not start"
	}
}

# session_create OPTION...: as of lttng create; all events of VCM, with who caused them
session_create() {
	lttng -q create "$session" "$@" >/dev/null
	session_created=yes
}

# session_events CHANNEL-OPTION...
session_events() {
	lttng -q enable-channel --userspace --session "$session" "$@" vcm >/dev/null
	lttng -q enable-event --userspace --session "$session" --channel vcm 'vcm:*' >/dev/null
	lttng -q add-context --userspace --session "$session" --channel vcm \
		-t vpid -t vtid -t procname >/dev/null
}

# session_run COMMAND...: with the tracepoints; a busy machine takes a while to register
session_run() {
	LTTNG_UST_REGISTER_TIMEOUT=${LTTNG_UST_REGISTER_TIMEOUT:-10000} \
		LD_PRELOAD=$(session_library)${session_preload:+:$session_preload} "$@"
}
