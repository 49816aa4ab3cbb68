# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# results.sh - results as TAP, and what the module has left; sourced by the scripts that run a
# guest and by those that run in one.
#
# shellcheck disable=SC2034,SC2154 # shared with the script
#
# Lines go to $summary, which the script sets, and to standard output.  $failed is 1 after the
# first result that is not ok.

count=0
failed=0
left=''

# result CODE TEXT...: ok when CODE is 0
result() {
	local ok=$1 line
	shift
	count=$((count + 1))
	line="ok $count - $*"
	if [ "$ok" != 0 ]; then
		line="not $line"
		failed=1
	fi
	echo "$line" | tee -a "$summary"
}

# check TEXT COMMAND...
check() {
	local text=$1 code=0
	shift
	"$@" || code=1
	result "$code" "$text"
}

# Standard input as comments.
note() {
	sed 's/^/# /' | tee -a "$summary"
}

# The last line of the results.
plan() {
	echo "1..$count" | tee -a "$summary"
}

# guest_ended CODE: did it, by the exit code of boot.sh?
guest_ended() {
	case $1 in
	124 | 125)	result 1 "the guest ran to its end (boot.sh: $1)" ;;
	*)		result 0 "the guest ran to its end" ;;
	esac
}

# log_is_clean LOG: is it, for splat.sh beside this file?
log_is_clean() {
	local said code=0
	said=$("$(dirname "${BASH_SOURCE[0]}")/splat.sh" "$1") || code=1
	[ "$code" = 0 ] || note <<<"$said"
	result "$code" "the kernel log is clean"
}

# Set $left to the counters of things that must not outlive their users when they are not 0.  Asked
# after every injected failure, so it starts no program.
look_for_left() {
	local key value known=0
	left=''
	while read -r key value; do
		case $key in
		contexts: | reservations: | associations: | memory_objects: | pages: | bytes_carved:)
			known=$((known + 1))
			[ "$value" = 0 ] || left+=" $key $value"
			;;
		esac
	done </sys/kernel/debug/vcm/stats || left+=' stats: cannot be read'
	[ "$known" = 6 ] || left+=" stats: $known of 6 counters found"
}
