#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# demo.sh [boot.sh option]... - show the whole thing in one guest.
#
# On a terminal: vcmstat top, live, until q or Ctrl-C.  Elsewhere: a report, every claim of which
# is checked, so that the demo fails rather than show less than it says.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(cd "$here/../.." && pwd)/build
results=$build/results
load=("$here/guest-run.sh" "$build/kernel/vcm.ko" "$build/kernel/vcm_edu.ko" --)

# what is claimed|extended regular expression that a line of the output must match
claims() {
	cat <<-'LIST'
	the kernel version|^kernel: Linux 6\.12
	the IOMMU by name|^IOMMU: dmar0
	the sample verified bytes|^sample bytes_verified: [1-9]
	the sample found no mismatch|^sample mismatches: 0$
	a reservation without memory|^ +[0-9a-f]{16} .* reserved
	a reservation bound but not live|^ +[0-9a-f]{16} .* bound
	a reservation that a device can reach|^ +[0-9a-f]{16} .* active
	a device behind the IOMMU, active|device 0000:00:05\.0 behind dmar0 .*active 1
	three references to one reservation|^ +0000000010000000 .* active +3
	references going up and down|^references of reservation 1: 1 -> 2 -> 3 -> 2 -> 1$
	bytes moved and verified|^DMA: 16384 bytes to the device, .* 16384 bytes verified$
	a fault on an address never bound|FAULT +0000:00:05\.0 read 10004000
	a fault on an address just unbound|FAULT +0000:00:05\.0 write 18000000
	the unbound memory did not change|memory unchanged$
	a device attached in the middle of the events|^ .* activate +assoc
	references in the events|^ .* ref +res [0-9]+/[0-9]+ +refs 3
	snapshot and events agree|^OK: [1-9][0-9]* events on [1-9][0-9]* streams give the snapshot
	the recording gives the state|^replay: the recorded events give exactly this state
	no event was lost|^# end: [1-9][0-9]* events, 0 lost, [1-9]
	nor in the recording|^recording: .*"lost":0
	nothing is left|^pages: 0$
	a report to look at|^demo\.html$
	a picture|^demo\.svg$
	a trace|^demo\.pftrace$
	LIST
}

check_claims() {
	local output=$1 claim pattern missing=0 count=0
	while IFS='|' read -r claim pattern; do
		count=$((count + 1))
		if ! grep -Eq -- "$pattern" "$output"; then
			echo "demo: not shown: $claim (no line matches '$pattern')" >&2
			missing=1
		fi
	done < <(claims)
	[ "$missing" = 0 ] || return 1
	printf '\ndemo: all %d claims above were checked\n' "$count"
}

if [ -t 0 ] && [ -t 1 ]; then
	exec "$here/boot.sh" --tty --timeout 0 --log "$results/demo.log" "$@" -- \
		"${load[@]}" "$here/guest-live.sh" "$build"
fi
mkdir -p "$results"
"$here/boot.sh" --timeout 120 --log "$results/demo.log" "$@" -- \
	"${load[@]}" "$here/guest-demo.sh" "$build" "$results" | tee "$results/demo.txt"
check_claims "$results/demo.txt"
