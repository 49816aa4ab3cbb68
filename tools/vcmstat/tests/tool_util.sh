# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# tool_util.sh - TAP and what a command is expected to do; sourced by the tests of the whole program.
#
# The caller has set $vcmstat; $scratch is removed at the end.  $RANDOM follows $seed.

vcmstat=${vcmstat:?}
scratch=$(mktemp -d)
count=0 failed=0
seed=${VCM_SEED:-$RANDOM}
limit=()	# a command before every vcmstat that is expected something of
trap 'rm -rf "$scratch"' EXIT
export ASAN_OPTIONS=detect_leaks=1
RANDOM=$seed

result() {
	count=$((count + 1))
	echo "$1 $count - $2"
}

# tap_case FUNCTION SENTENCE
tap_case() {
	local code=0
	set +e
	(set -e; "$1") >"$scratch/out" 2>&1
	code=$?
	set -e
	if [ "$code" = 0 ]; then
		result ok "$2"
	elif [ "$code" = 77 ]; then
		result ok "$2 # SKIP $(tail -n 1 "$scratch/out")"
	else
		failed=1
		tail -n 40 "$scratch/out" | sed 's/^/# /'
		result "not ok" "$2"
	fi
}

tap_done() {
	echo "1..$count"
	exit "$failed"
}

need() {
	command -v "$1" >/dev/null || { echo "no $1"; exit 77; }
}

# The python that has a module: the first on the path need not be Debian's.
python_with() {
	local python
	for python in python3 /usr/bin/python3; do
		if "$python" -c "import $1" 2>/dev/null; then
			echo "$python"
			return
		fi
	done
	echo "no python3 with $1"
	exit 77
}

# refute COMMAND...: fails when it succeeds; a plain ! would not end a case
refute() {
	! "$@"
}

# expect_code CODE argument...: exit code; what it said is in $scratch/stdout and stderr
expect_code() {
	local want=$1 code=0
	shift
	"${limit[@]}" "$vcmstat" "$@" >"$scratch/stdout" 2>"$scratch/stderr" || code=$?
	echo "vcmstat $*: $code, $(cat "$scratch/stderr")"
	[ "$code" = "$want" ]
}

# expect CODE TEXT argument...: exit code, one line on stderr that has the text, nothing on stdout
expect() {
	local want=$1 text=$2
	shift 2
	expect_code "$want" "$@"
	[ "$(wc -l <"$scratch/stderr")" = 1 ]
	grep -qF -- "$text" "$scratch/stderr"
	[ ! -s "$scratch/stdout" ]
}
