# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# iommu_util.sh - for the tests of vcmstat iommu: a machine without VCM, work behind its IOMMU, and
# what is true; sourced by them, as a whole of them after vcm_util.sh.
#
# The guest has an NVMe disk and two network cards on one wire, all behind the IOMMU: see --nvme and
# --nic of vm/boot.sh.  What is true comes from vcm_bug.ko, which asks the IOMMU page by page.  The
# tool makes its last report when it is told to end: then everything is at rest.
#
# shellcheck disable=SC2034,SC2317 # variables are for those that source it; cleanup by trap

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/vcm_util.sh"

modules=${VCM_MODULES:-$(near kernel || true)}
bug_module=${VCM_BUG_MODULE:-$(near mod/vcm_bug.ko || true)}
bug=/sys/kernel/debug/vcm_bug
bug_device=${VCM_BUG_DEVICE:-0000:00:06.0}
pci=/sys/bus/pci/devices
disk=0000:00:14.0
card=0000:00:18.0
peer=0000:00:19.0
vcm_parameters=''
interval=100000	# seconds between reports, in effect never
# Programs are loaded while the guest works for others, on a machine that others use too.
deadline=$((200 * ${VCM_SLOW:-1}))

# The devices that are behind the IOMMU, and their drivers.
has_machine() {
	local device
	[ -n "$vcmstat" ] && [ -n "$bug_module" ] || return 1
	for device in "$disk" "$card" "$peer" "$bug_device"; do
		[ -e "$pci/$device" ] || return 1
	done
}

need_machine() {
	need_vcmstat
	[ -n "$bug_module" ] || skip "no vcm_bug.ko; set VCM_BUG_MODULE to its path"
	has_machine || skip "no $disk, $card, $peer or $bug_device: boot with --nvme 1 --nic 2 --edu 2"
}

# Without VCM: what is followed here is the kernel's own.  Then the driver with bugs.
begin_without_vcm() {
	has_machine || return 0
	unload_vcm
	insmod "$bug_module"
	echo vcm_bug >"$pci/$bug_device/driver_override"
	[ ! -e "$pci/$bug_device/driver" ] || echo "$bug_device" >"$pci/$bug_device/driver/unbind"
	echo "$bug_device" >/sys/bus/pci/drivers/vcm_bug/bind
}

unload_vcm() {
	[ -e /sys/module/vcm ] || return 0
	vcm_parameters=$(sed 's/^/carveout=/' /sys/module/vcm/parameters/carveout 2>/dev/null |
		grep -v '=(null)$' || true)
	unload_users
	wait_until rmmod vcm
}

test_cleanup() {
	[ -e /sys/module/vcm_bug ] || return 0
	unload_drivers
	rmmod vcm_bug
	echo >"$pci/$bug_device/driver_override"
	if [ -n "$modules" ] && [ ! -e /sys/module/vcm ]; then
		# shellcheck disable=SC2086 # none or one
		insmod "$modules/vcm.ko" $vcm_parameters
		load_users "$modules"
	fi
}

# follow FILE [option]...: vcmstat iommu from here on, as NDJSON into FILE; sets $watch
follow() {
	local file=$1
	shift
	watch_from iommu "$file" iommu "$interval" "$@"
}

# stop FILE CODE: with its report
stop() {
	local code=0
	kill -TERM "$watch"
	wait "$watch" || code=$?
	[ "$code" = "$2" ] || {
		echo "vcmstat ended with $code, not $2"
		tail -n 1 "$1"
		cat "$1.err"
		return 1
	}
}

# domain FILE DEVICE: the number of its domain
domain() {
	sed -n "s/^{.type.:.iommu_device.,.name.:.$2.,.*.domain.:\\([0-9]*\\),.*/\\1/p" "$1" |
		tail -n 1
}

# of_domain FILE DEVICE MEMBER: of its last record
of_domain() {
	local number
	number=$(domain "$1" "$2")
	sed -n "/^{.type.:.iommu_domain.,.domain.:$number,/s/.*,\"$3\":\\([0-9]*\\)[,}].*/\\1/p" \
		"$1" | tail -n 1
}

# listed FILE DEVICE: runs of addresses, "first last" in hexadecimal
listed() {
	local number value=':\([0-9]*\),'
	number=$(domain "$1" "$2")
	sed -n "s/^{.type.:.iommu_mapping.,.domain.:$number,.iova.$value.len.$value.*/\\1 \\2/p" \
		"$1" | sort -n | awk '
		function put() { if (any) printf "%x %x\n", first, end - 1 }
		!any || $1 > end { put(); first = $1; end = $1 }
		{ any = 1; if ($1 + $2 > end) end = $1 + $2 }
		END { put() }'
}

# truths NAME: what the IOMMU itself translates, of all devices
truths() {
	local device
	for device in "$disk" "$card" "$peer" "$bug_device"; do
		echo "$device" >"$bug/tables"
		cat "$bug/tables" >"$scratch/$1.$device"
	done
}

# Nothing is mapped or unmapped any more: twice the same is true.
is_at_rest() {
	local device
	truths earlier
	truths first
	for device in "$disk" "$card" "$peer" "$bug_device"; do
		cmp -s "$scratch/earlier.$device" "$scratch/first.$device" || return 1
	done
}

# compare FILE: the report lies between two truths; they are the same, so it has to be as they are
compare() {
	local device bad=0
	for device in "$disk" "$card" "$peer" "$bug_device"; do
		cmp "$scratch/first.$device" "$scratch/second.$device"
		listed "$1" "$device" >"$scratch/listed"
		if cmp -s "$scratch/first.$device" "$scratch/listed"; then
			echo "$device: $(of_domain "$1" "$device" live_bytes) bytes in its" \
				"tables, the same listed;" \
				"$(of_domain "$1" "$device" maps) mapped," \
				"$(of_domain "$1" "$device" unmaps) unmapped," \
				"$(of_domain "$1" "$device" before) from before"
		else
			echo "$device: not as its tables:"
			diff "$scratch/first.$device" "$scratch/listed" | head -n 20 || true
			bad=1
		fi
	done
	return "$bad"
}

# setup_net NAME DEVICE OWN OTHER: a card in a name space of its own, without chatter: no packet but
# those that a case sends, not even to ask where the other one is
setup_net() {
	local name
	wait_until test -d "$pci/$2/net"
	name=$(basename "$pci/$2/net"/*)
	ip netns add "$1"
	ip link set "$name" netns "$1"
	ip netns exec "$1" sh -ec "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
		ip link set $name address 02:00:00:00:00:0$3
		ip addr add 192.0.2.$3/24 dev $name
		ip link set $name multicast off up
		ip neigh add 192.0.2.$4 lladdr 02:00:00:00:00:0$4 dev $name nud permanent"
}

unload_drivers() {
	[ ! -e /run/netns/vcm-a ] || ip netns del vcm-a
	[ ! -e /run/netns/vcm-b ] || ip netns del vcm-b
	modprobe -r nvme
	modprobe -r e1000e
}

load_drivers() {
	modprobe nvme
	modprobe e1000e
	wait_until test -b /dev/nvme0n1
	[ -e /run/netns/vcm-a ] || setup_net vcm-a "$card" 1 2
	[ -e /run/netns/vcm-b ] || setup_net vcm-b "$peer" 2 1
}

can_ping() {
	ip netns exec vcm-a busybox ping -c 1 -W 2 192.0.2.2 >/dev/null
}

# Requests of many pages and of one, both ways; what is read is what was written.
disk_io() {
	head -c 2M /dev/urandom >"$scratch/data"
	dd if="$scratch/data" of=/dev/nvme0n1 bs=256k oflag=direct status=none
	dd if=/dev/nvme0n1 of="$scratch/back" bs=4k count=512 iflag=direct status=none
	cmp "$scratch/data" "$scratch/back"
}

net_io() {
	wait_until can_ping
	ip netns exec vcm-a busybox ping -A -q -c 200 -s 1400 192.0.2.2 >"$scratch/ping"
	grep ' 0% packet loss' "$scratch/ping"
}

all_io() {
	disk_io
	net_io
}
