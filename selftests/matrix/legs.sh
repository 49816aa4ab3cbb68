# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# legs.sh - what the matrix runs, and what it leaves out and why; sourced by matrix.sh.

# Leg, kernel (see root.sh), architecture, IOMMU, page sizes and last address that it shall have
# (hexadecimal).  AMD-Vi and virtio-iommu have more page sizes than any table shows by itself: bit n
# is for 2^n bytes.
legs() {
	cat <<-'LIST'
	deb12-vtd		deb12		amd64 vtd	40201000 7fffffffff
	deb13-vtd		deb13		amd64 vtd	40201000 7fffffffff
	newest-vtd		newest		amd64 vtd	40201000 7fffffffff
	newest-vtd-first	newest		amd64 vtd-first	40201000 7fffffffffff
	deb12-amd		deb12		amd64 amd	fff7ffffff000 ffffffffffffffff
	newest-amd		newest		amd64 amd	7f7ffffff000 ffffffffffff
	deb13-virtio		deb13		amd64 virtio	fffffffffffff000 ffffffffffffffff
	newest-virtio		newest		amd64 virtio	fffffffffffff000 ffffffffffffffff
	arm64-smmu		arm64		arm64 smmu	40201000 ffffffffffff
	arm64-16k-smmu		arm64-16k	arm64 smmu	2004000 ffffffffffff
	arm64-newest-smmu	arm64-newest	arm64 smmu	40201000 ffffffffffff
	LIST
}

# Kselftest, where it runs (all, amd64, or an IOMMU), and why not elsewhere.
programs() {
	cat <<-'LIST'
	reach		all
	abi		all
	life		all
	place		all
	bind		all
	sample		all
	share		all
	memory		all
	dmabuf		all
	rebind		all
	switch		all
	drivers		all
	sim		all
	sim_multi	all
	edu		amd64	what it knows of faults is what IOMMUs of amd64 report
	fault		amd64	likewise
	storm		amd64	likewise
	place2		vtd	names the window of interrupts of amd64, and an address beyond VT-d
	holders		amd64	likewise
	sources.sh	vtd	no IOMMU changes events, arm64 is too slow; vcmstat.sh is for all
	LIST
}

# Of these, what continuous integration has time for.
short() {
	echo "reach sample switch edu"
}

# Kselftests that run in no leg: `make kselftest` runs them on Debian 12's 6.12 with VT-d.
left_out() {
	cat <<-'LIST'
	carveout	needs memory set aside when the kernel starts
	fail_nth race	the same code on every kernel; minutes each under emulation
	find limits direct	say nothing about a kernel or an IOMMU that the others do not
	sim_fault sim_omap sim_tce sim_config.sh formats.sh	simulated hardware is alike everywhere
	shrink.sh	the kernel asks a shrinker alike everywhere
	iommu.sh iommu_bug.sh iommu_cost.sh	need a disk and network cards behind the IOMMU
	sim_dma_api.sh	measures dma-iommu, which is not ours
	obs.sh replay.sh diff.sh tutorial.sh	need a build of this machine beside them
	leak.sh		looks at what others left; every leg ends with that anyway
	LIST
}

# runs PROGRAM-LINE ARCH IOMMU: does it run in this leg?
runs_in() {
	case $1 in
	all | "$2" | "$3")	return 0 ;;
	vtd)			[ "$3" = vtd-first ] ;;
	*)			return 1 ;;
	esac
}
