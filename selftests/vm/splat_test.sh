#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# splat_test.sh - proves that splat.sh, the gate on kernel logs, opens and shuts as it should.
#
# Every entry of the denylist must be tripped by a sample line here, so an entry that can match
# nothing, or one added without a sample, fails.  TAP on standard output.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
gate=$here/splat.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0 failed=0

# Lines as kernels print them, "name|line"; the name is that of the denylist entry meant.
samples() {
	cat <<-'LIST'
	bug|BUG: unable to handle page fault for address: ffffb1f5c0a3d000
	bug|BUG: Bad rss-counter state mm:00000000f0a1 type:MM_ANONPAGES val:3
	bug_at|kernel BUG at mm/slub.c:448!
	warning|WARNING: CPU: 1 PID: 812 at drivers/iommu/iommu.c:2511 __iommu_unmap+0x10
	warning|WARNING: possible recursive locking detected
	cut_here|------------[ cut here ]------------
	oops|Oops: 0002 [#1] PREEMPT SMP NOPTI
	protection|general protection fault, probably for non-canonical address 0xdead000000000100
	paging|unable to handle page fault for address: 0000000000001000
	null|BUG: kernel NULL pointer dereference, address: 0000000000000008
	panic|Kernel panic - not syncing: sysrq triggered crash
	trace|Call Trace:
	kasan|BUG: KASAN: slab-use-after-free in vcm_put+0x1c/0x40 [vcm]
	kfence|BUG: KFENCE: use-after-free read in vcm_put+0x1c/0x40 [vcm]
	ubsan|UBSAN: shift-out-of-bounds in core/gap.c:90:12
	kcsan|BUG: KCSAN: data-race in vcm_reserve / vcm_unreserve
	kmemleak|kmemleak: 2 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
	lock_order|WARNING: possible circular locking dependency detected
	lock_irq|WARNING: inconsistent lock state
	lock_held|WARNING: lock held when returning to user space!
	lock_freed|WARNING: held lock freed!
	lock_balance|WARNING: bad unlock balance detected!
	lock_safe|WARNING: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected
	lockdep_off|turning off the locking correctness validator.
	rcu_usage|WARNING: suspicious RCU usage
	sleeping|BUG: sleeping function called from invalid context at mm/slab.h:318
	atomic|BUG: scheduling while atomic: insmod/113/0x00000002
	hung|INFO: task rmmod:301 blocked for more than 120 seconds.
	soft_lockup|watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [life:204]
	hard_lockup|watchdog: Watchdog detected hard LOCKUP on cpu 1
	rcu_stall|rcu: INFO: rcu_preempt self-detected stall on CPU
	rcu_stall|rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
	refcount|refcount_t: underflow; use-after-free.
	list|list_del corruption. prev->next should be ffff88, but was dead00
	slab|BUG vcm_res (Tainted: G           O      ): Poison overwritten
	page_state|BUG: Bad page state in process life  pfn:3a41c
	page_count|page dumped because: nonzero _refcount
	slab_left|BUG vcm_res: Objects remaining in vcm_res on __kmem_cache_shutdown()
	iommu_twice|ERROR: DMA PTE for vPFN 0x10 already set (to 3a41c003 not 3a41d003)
	iommu_attach|IOMMU domain 3 still attached to 0000:00:05.0
	netdev|unregister_netdevice: waiting for lo to become free. Usage count = 2
	debug_objects|ODEBUG: free active (active state 0) object: 00000000b3
	sysfs_twice|sysfs: cannot create duplicate filename '/class/misc/vcm'
	debugfs_twice|debugfs: Directory 'vcm' with parent '/' already present!
	btf|failed to validate module [vcm] BTF: -22
	btf|Kernel module BTF mismatch detected, BTF debug info may be unavailable
	unknown_symbol|vcm: Unknown symbol iommu_map (err -2)
	init|Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000000
	start|vcm-guest: cannot start: no overlay
	memory|Out of memory: Killed process 214 (life) total-vm:1820kB
	order|insmod: page allocation failure: order:10, mode:0xcc0(GFP_KERNEL)
	LIST
}

# Lines a good run may have.
harmless() {
	cat <<-'LIST'
	PCI: Using host bridge windows from ACPI; if necessary, use "pci=nocrs" and report a bug
	DMAR: [DMA Read NO_PASID] Request device [00:05.0] fault addr 0x1000 [fault reason 0x06]
	vcm: loading out-of-tree module taints kernel.
	vcm: module verification failed: signature and/or required key missing
	RAS: Correctable Errors collector initialized.
	Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on
	LIST
}

result() {
	local ok=$1
	shift
	count=$((count + 1))
	if [ "$ok" = 0 ]; then
		echo "ok $count - $*"
	else
		echo "not ok $count - $*"
		failed=1
	fi
}

# make_log LINE...: a log as a guest leaves it, with these lines in the middle
make_log() {
	echo '[    0.000000] Linux version 6.12.0'
	printf '[    5.000001] %s\n' "$@"
	echo '[    9.000000] vcm-guest: end of log'
	echo '[    9.100000] reboot: Power down'
}

# refused FILE TEXT: the gate shuts and says why
refused() {
	local said code=0
	said=$("$gate" "$1") || code=$?
	[ "$code" = 1 ] && grep -qF -- "$2" <<<"$said"
}

check() {
	local want=$1 text=$2 code=0
	shift 2
	"$@" >"$work/said" 2>&1 || code=$?
	if [ "$code" = "$want" ]; then
		result 0 "$text"
	else
		sed 's/^/# /' "$work/said"
		result 1 "$text (exit $code, expected $want)"
	fi
}

main() {
	local name line
	echo "TAP version 13"

	mapfile -t lines < <(harmless)
	make_log "${lines[@]}" >"$work/clean"
	check 0 "a clean log passes" "$gate" "$work/clean"

	while IFS='|' read -r name line; do
		make_log "$line" >"$work/splat"
		check 0 "refused as $name: $line" refused "$work/splat" "[$name]"
	done < <(samples)

	while IFS='|' read -r name _; do
		check 0 "the denylist entry $name has a sample" grep -q "^$name|" <(samples)
	done < <("$gate" --list)

	make_log 'WARNING: at last' | sed 's/$/\r/' >"$work/cr"
	check 1 "a splat is found in a log with carriage returns" "$gate" "$work/cr"
	{ printf 'a\0b\n'; make_log 'Oops: 0000'; } >"$work/binary"
	check 1 "a splat is found after bytes that are no text" "$gate" "$work/binary"
	{ make_log fine; echo '[   10.0] WARNING: late'; } >"$work/late"
	check 1 "a splat after the end marker is found" "$gate" "$work/late"
	check 1 "one bad log among good ones is enough" "$gate" "$work/clean" "$work/late" \
		"$work/clean"

	: >"$work/empty"
	check 0 "an empty log is refused" refused "$work/empty" empty
	check 0 "a missing log is refused" refused "$work/none" "cannot be read"
	check 0 "a folder is refused" refused "$work" "cannot be read"
	make_log fine | grep -v 'end of log' >"$work/cut"
	check 0 "a log without the end marker is refused" refused "$work/cut" "no end marker"
	check 2 "no argument is a usage error" "$gate"

	echo "1..$count"
	return "$failed"
}

main
