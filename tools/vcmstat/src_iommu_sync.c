// SPDX-License-Identifier: GPL-2.0-only
/*
 * src_iommu_sync.c - what is known of a domain made true again, after a call that was not as
 * expected or a mapping that found no room.
 *
 * Mappings come and go meanwhile.  So an entry is only touched when it was there, the same, before
 * its tables were read and after: what of it the tables did not have then is gone.
 */
#include <bpf/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "src_iommu_priv.h"

/* The part of [@iova, @iova + @len) that begins the earliest and that the tables have. */
static bool next_piece(const struct vcm_host_run *run, long nr, uint64_t iova, uint64_t len,
		       struct vcm_host_run *piece)
{
	uint64_t last = iova + len - 1;
	long low = 0, high = nr;

	if (!len)
		return false;
	while (low < high) {	/* the first that ends at @iova or behind it */
		long middle = low + (high - low) / 2;

		if (run[middle].iova + run[middle].len - 1 < iova)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == nr || run[low].iova > last)
		return false;
	piece->iova = run[low].iova > iova ? run[low].iova : iova;
	piece->len = run[low].iova + run[low].len - piece->iova;
	if (piece->len > last - piece->iova + 1)
		piece->len = last - piece->iova + 1;
	return true;
}

/* Leave of a mapping what the tables have of it. */
static void cut(int fd, const struct iommu_mapping *m, const struct vcm_host_run *run, long nr)
{
	uint64_t at = m->key.iova, left = m->live.len;
	struct vcm_host_live live = m->live;
	struct vcm_host_key key = m->key;
	struct vcm_host_run piece;
	bool begins = false;

	if (next_piece(run, nr, at, left, &piece) && piece.iova == at && piece.len == left)
		return;
	while (next_piece(run, nr, at, left, &piece)) {
		key.iova = piece.iova;
		live.len = piece.len;
		begins |= piece.iova == m->key.iova;
		bpf_map_update_elem(fd, &key, &live,
				    piece.iova == m->key.iova ? BPF_EXIST : BPF_NOEXIST);
		left -= piece.iova + piece.len - at;
		at = piece.iova + piece.len;
	}
	if (!begins)
		bpf_map_delete_elem(fd, &m->key);
}

/* Was it there, the same, both times? */
static bool stayed(int fd, const struct iommu_mapping *m)
{
	struct vcm_host_live now;

	return !bpf_map_lookup_elem(fd, &m->key, &now) && now.len == m->live.len &&
	       now.made.ts_ns == m->live.made.ts_ns;
}

int src_iommu_sync(struct src_iommu *s, const struct vcm_host_slot *slot, struct error *err)
{
	int fd = bpf_map__fd(s->map->maps.vcm_host_live);
	struct vcm_host_run *run = NULL;
	struct iommu_host h;
	long nr = -1;
	size_t i;

	iommu_host_init(&h);
	if (!src_iommu_maps(s, &h, err))
		nr = src_iommu_tables(s, slot->ptr, &run, err);
	for (i = 0; nr >= 0 && i < h.nr_map; i++) {
		if (h.map[i].key.domain == slot->domain && stayed(fd, &h.map[i]))
			cut(fd, &h.map[i], run, nr);
	}
	free(run);
	iommu_host_fini(&h);
	return nr < 0 ? -1 : 0;
}
