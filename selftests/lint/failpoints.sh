#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# failpoints.sh [TREE] - in the module, what can fail for want of memory can be made to fail.
#
# An allocation, and a call into another subsystem that allocates, is preceded in its function, at
# most eight lines above, by the question whether it is to fail (inject.c): debugfs/vcm/fail_nth
# reaches it.  Calls that are all right without are in exceptions(), and an exception that none
# needs is out of date.  Prints violations; exit 1 when there are any.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=${1:-$(cd "$here/../.." && pwd)}

# FILE FUNCTION and why: the caller asks; once, when the module is loaded; ...
exceptions() {
	cat <<-'LIST'
	kernel/drivers/iommu.c vcm_iommu_attach_device	the core asks
	kernel/drivers/iommu.c vcm_iommu_list_make	the caller asks
	kernel/drivers/iommu_fault.c vcm_iommu_init	when the module is loaded
	kernel/os/pages.c vcm_pages_from_buddy		the caller asks
	kernel/os/pages.c vcm_pages_from_node		the caller asks
	kernel/os/vmap.c vcm_pages_of			the caller asks
	LIST
}

# FILE FUNCTION LINE of each call that nothing precedes
calls_without() {
	awk '
	BEGIN {
		call = "k[vmz]*alloc(_array|_node)?|k?v?calloc|kmem_cache_z?alloc[a-z_]*|" \
		       "kstrn?dup|kasprintf|kmemdup[a-z_]*|v?memdup_user[a-z_]*|vmalloc[a-z_]*|" \
		       "vzalloc|alloc_pages?[a-z_]*|pin_user_pages[a-z_]*|get_user_pages[a-z_]*|" \
		       "vmap|memremap|sg_alloc_table[a-z_]*|x[as]_(alloc|store|insert)[a-z_]*|" \
		       "idr_alloc[a-z_]*|ida_alloc[a-z_]*|dma_buf_(export|attach|fd)|" \
		       "dma_buf_map_attachment[a-z_]*|dma_map_sgtable|alloc_workqueue|" \
		       "anon_inode_getf(d|ile)|alloc_contig_range|iommu_paging_domain_alloc|" \
		       "iommu_map|iommu_map_sg|iommu_attach_(device|group)"
		call = "(^|[^a-z0-9_>.])(" call ")[(]"
	}
	FNR == 1 { name = "" }
	/^[a-z_].*[(]/ && !/;/ {
		name = $0
		sub(/[(].*/, "", name)
		sub(/.*[ *]/, "", name)
		asked = 0
	}
	/^[[:space:]]/ && /should_fail[(]/ { asked = FNR }
	/^[[:space:]]/ && !/^ \*/ && $0 ~ call {
		if (!asked || FNR - asked > 8)
			print FILENAME, name, FNR
	}' "$@"
}

main() {
	local file function line bad=0 seen=' '
	cd "$top"
	mapfile -t files < <(find kernel -path kernel/sim -prune -o -path kernel/bench -prune -o \
		-path kernel/samples -prune -o -name '*.[ch]' -print | LC_ALL=C sort)
	while read -r file function line; do
		if exceptions | grep -qE "^$file ${function}[[:space:]]"; then
			seen+="$file:$function "
		else
			echo "$file:$line: $function() allocates and asks no failure point before"
			bad=1
		fi
	done < <(calls_without "${files[@]}")
	while read -r file function _; do
		[ -e "$file" ] || continue
		if [[ $seen != *" $file:$function "* ]]; then
			echo "$file: $function() is an exception that nothing needs"
			bad=1
		fi
	done < <(exceptions)
	return "$bad"
}

main
