#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# boot_test.sh - proves that boot.sh tells the truth about what happened in the guest.
#
# Boots a guest for each way a run can end: well, with a code, with a splat, by panic, by
# timeout, by a signal.  TAP on standard output.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
mkdir -p "$top/build/vm"
work=$(mktemp -d "$top/build/vm/test.XXXXXX")
trap 'rm -rf "$work"' EXIT
count=0 failed=0

# What the guest does in the first boot; every line it prints is compared.
inside() {
	cat <<-'EOT'
	hostname
	id -u
	pwd
	uname -r | cut -d. -f1,2
	ls /sys/class/iommu
	cat /sys/bus/pci/devices/0000:00:05.0/device /sys/bus/pci/devices/0000:00:06.0/device
	for dir in /sys/kernel/debug /sys/kernel/tracing /sys/fs/bpf /dev/pts /dev/shm; do
		mountpoint "$dir"
	done
	setpriv --reuid=nobody --regid=nogroup --clear-groups cat /proc/kmsg 2>&1
	printf 'tab\tand\r\ncarriage return, no line feed at the end' >&2
	echo 'from the guest' >"$RESULTS/file"
	touch /etc/vcm-guest-only && rm /etc/hostname
	exit 42
	EOT
}

expected() {
	cat <<-EOT
	vcm
	0
	$PWD
	6.12
	dmar0
	0x11e8
	0x11e8
	/sys/kernel/debug is a mountpoint
	/sys/kernel/tracing is a mountpoint
	/sys/fs/bpf is a mountpoint
	/dev/pts is a mountpoint
	/dev/shm is a mountpoint
	cat: /proc/kmsg: Permission denied
	EOT
	printf 'tab\tand\r\ncarriage return, no line feed at the end'
}

result() {
	local ok=$1
	shift
	count=$((count + 1))
	if [ "$ok" = 0 ]; then
		echo "ok $count - $*"
	else
		[ ! -s "$work/err" ] || sed 's/^/# /' "$work/err"
		echo "not ok $count - $*"
		failed=1
	fi
}

# check TEXT COMMAND...: one result
check() {
	local text=$1 code=0
	shift
	"$@" || code=1
	result "$code" "$text"
}

# boot CODE [argument]...: run boot.sh; its output is in $work/out and $work/err
boot() {
	local want=$1 code=0
	shift
	"$here/boot.sh" --results "$work/results" "$@" >"$work/out" 2>"$work/err" || code=$?
	[ "$code" = "$want" ] && return 0
	echo "boot.sh ended with $code, not $want" >>"$work/err"
	return 1
}

said() {
	grep -q -- "$1" "$work/err"
}

# The bracket keeps this search from finding itself.
no_guest_left() {
	! grep -qas -- "[p]ath=$work" /proc/[0-9]*/cmdline
}

guest_there() {
	! no_guest_left
}

no_folder_left() {
	! compgen -G "$top/build/vm/run.$1.*" >/dev/null
}

test_good() {
	check "the exit code of the command is passed on" \
		boot 42 --edu 2 -- env RESULTS="$work/results" bash -c "$(inside)"
	expected >"$work/expected"
	check "the output is that of the command, byte for byte" cmp "$work/out" "$work/expected"
	check "a file written into the results folder comes back" \
		grep -qx 'from the guest' "$work/results/file"
	check "what the guest does elsewhere stays there" \
		test -e /etc/hostname -a ! -e /etc/vcm-guest-only
	check "the kernel log is in the results folder" \
		grep -q 'vcm-guest: end of log' "$work/results/vm.log"
}

test_bad_ends() {
	check "a splat fails a command that succeeded" \
		boot 123 -- bash -c 'echo "WARNING: planted" >/dev/kmsg'
	check "and is shown" said '\[warning\].*planted'
	check "a command that cannot be found gives 127" boot 127 -- /no/such/program
	check "a panic is a failure of the run" \
		boot 125 -- bash -c 'echo c >/proc/sysrq-trigger; sleep 60'
	check "and is shown" said '\[panic\]'
	check "a command that does not end gives 124" boot 124 --timeout 8 -- sleep 1000
	check "and a message" said 'timeout: .* within 8 seconds'
}

test_signal() {
	local pid code=0
	"$here/boot.sh" --results "$work/results" -- bash -c 'echo up; exec sleep 1000' \
		>"$work/out" 2>"$work/err" &
	pid=$!
	timeout 60 tail -n +1 -f --pid="$pid" "$work/out" | grep -q up || true
	check "the guest is there before the signal" guest_there
	kill -TERM "$pid"
	wait "$pid" || code=$?
	check "SIGTERM ends the guest with code 143" test "$code" = 143
	check "no guest is left" no_guest_left
	check "no work folder is left" no_folder_left "$pid"
}

test_usage() {
	check "no command is an error" boot 125 --smp 1
	check "an unknown option is an error" boot 125 --no-such 1 -- true
	check "a missing kernel is an error" boot 125 --kernel 0.0 -- true
	check "a number out of range is an error" boot 125 --edu 99 -- true
	check "a word that is no choice is an error" boot 125 --caching-mode maybe -- true
	check "arm64 without a root file system of it is an error" boot 125 --arch arm64 -- true
	check "a root file system that is not there is an error" boot 125 --root /no/such -- true
	check "an IOMMU that the architecture does not have is an error" \
		boot 125 --iommu smmu -- true
	check "--tty without a terminal is an error" boot 125 --tty -- true
}

echo "TAP version 13"
cd "$top"
test_usage
test_good
test_bad_ends
test_signal
echo "1..$count"
exit "$failed"
