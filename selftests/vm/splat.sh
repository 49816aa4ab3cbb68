#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# splat.sh LOG... - the gate on the kernel log of a guest.
#
# A run is clean only if its log is there, reaches the end marker that the guest writes last, and
# holds no line of the denylist except those of the allowlist.  A log that cannot be judged is a
# failure, never a pass.
#
#   splat.sh --list    print the denylist: name|pattern|reason
#
# Exit: 0 clean, 1 not clean, 2 usage.
set -euo pipefail

end_marker='vcm-guest: end of log'
shown=20	# lines explained, of each log

# name|extended regular expression|why a run with this line has failed
denylist() {
	cat <<-'LIST'
	bug|BUG: |the kernel found itself in a state it declares impossible
	bug_at|kernel BUG at|BUG_ON() fired
	warning|WARNING: |WARN_ON() fired or a debugging aid reports
	cut_here|------------\[ cut here \]|start of any report, even if its next line is lost
	oops|Oops[: ]|fault in kernel mode
	protection|general protection fault|wild pointer in kernel mode
	paging|unable to handle (kernel|page fault)|fault on a kernel address
	null|NULL pointer dereference|fault on a kernel address
	panic|Kernel panic|the kernel gave up
	trace|Call Trace:|part of a report whose head is not known here
	kasan|KASAN:|memory error found by KASAN
	kfence|KFENCE:|memory error found by KFENCE
	ubsan|UBSAN:|undefined behaviour
	kcsan|KCSAN:|data race
	kmemleak|kmemleak: [0-9]+ new suspected|memory leak
	lock_order|possible (circular|recursive) locking|deadlock found by lockdep
	lock_irq|inconsistent lock state|lock taken with and without interrupts
	lock_held|lock held when returning to user space|a system call left a lock held
	lock_freed|held lock freed|memory with a held lock was freed
	lock_balance|bad unlock balance|unlock of a lock that is not held
	lock_safe|-safe -> .*-unsafe lock order|lock order that interrupts can deadlock
	lockdep_off|turning off the locking correctness validator|lockdep can no longer judge
	rcu_usage|suspicious RCU usage|RCU pointer used outside a read section
	sleeping|sleeping function called from invalid context|may sleep under a spinlock
	atomic|scheduling while atomic|slept under a spinlock
	hung|blocked for more than [0-9]+ seconds|task stuck, most likely a deadlock
	soft_lockup|soft lockup|a processor is stuck in the kernel
	hard_lockup|hard LOCKUP|a processor is stuck with interrupts off
	rcu_stall|rcu.*(detected .*stall|kthread starved)|a read section never ends
	refcount|refcount_t: |reference count overflow or use after free
	list|list_(add|del) corruption|broken linked list
	slab|(Object already free|(zone|Poison|Padding) overwritten)|memory written while not owned
	page_state|Bad page (state|map)|page freed while in use
	page_count|nonzero (_refcount|mapcount)|page freed while in use
	slab_left|Objects remaining in |a slab cache was destroyed with objects in it
	iommu_twice|already set \(to|a page table entry was overwritten: mapped twice
	iommu_attach|IOMMU.*still (attached|in use)|domain freed under a device
	netdev|unregister_netdevice: waiting|reference to a network device leaked
	debug_objects|ODEBUG:|timer, work or lock object misused
	sysfs_twice|cannot create duplicate filename|object registered twice
	debugfs_twice|debugfs: (Directory|File) .* already present|object registered twice
	btf|(failed to validate module|BTF mismatch detected)|BPF programs cannot see the module
	unknown_symbol|Unknown symbol |module built for another kernel
	init|Attempted to kill init|the first program of the guest died
	start|vcm-guest: cannot start|the guest could not be prepared
	memory|Out of memory: |a process was killed for want of memory
	order|page allocation failure|memory was not to be had and nobody expected it
	LIST
}

# name|extended regular expression|why a line that matches is no failure
allowlist() {
	cat <<-'LIST'
	spectre|Spectre V2 : WARNING: |advice about the processor that a host passes through
	LIST
}

# Lines "number:text" of a log that match the denylist and not the allowlist.
suspects() {
	local patterns allowed
	patterns=$(denylist | cut -d'|' -f2- | sed 's/|[^|]*$//')
	allowed=$(allowlist | cut -d'|' -f2- | sed 's/|[^|]*$//')
	grep -anE -e "$patterns" "$1" | grep -avE -e "$allowed" | tr -d '\r'
}

# Print which entries a line trips, with their reasons.
explain() {
	local log=$1 hit=$2 entry name pattern
	while IFS= read -r entry; do
		name=${entry%%|*}
		pattern=${entry#*|}
		pattern=${pattern%|*}
		if [[ ${hit#*:} =~ $pattern ]]; then
			echo "splat: $log:${hit%%:*}: [$name] ${hit#*:} (${entry##*|})"
		fi
	done < <(denylist)
}

judge() {
	local log=$1 bad=0 hits hit

	if [ ! -f "$log" ] || [ ! -r "$log" ]; then
		echo "splat: $log: cannot be read"
		return 1
	fi
	if [ ! -s "$log" ]; then
		echo "splat: $log: empty"
		return 1
	fi
	hits=$(suspects "$log") || true
	if [ -n "$hits" ]; then
		bad=1
		while IFS= read -r hit; do
			explain "$log" "$hit"
		done < <(head -n "$shown" <<<"$hits")
		echo "splat: $log: $(wc -l <<<"$hits") suspect lines"
	fi
	if ! grep -aqF "$end_marker" "$log"; then
		echo "splat: $log: no end marker, the guest stopped early or the log is cut"
		bad=1
	fi
	return "$bad"
}

main() {
	local log bad=0
	case ${1:-} in
	--list)	denylist; exit 0 ;;
	'' | -*) echo "usage: splat.sh LOG... | --list" >&2; exit 2 ;;
	esac
	for log in "$@"; do
		judge "$log" || bad=1
	done
	exit "$bad"
}

main "$@"
