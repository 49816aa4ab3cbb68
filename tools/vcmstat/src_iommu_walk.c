// SPDX-License-Identifier: GPL-2.0-only
/*
 * src_iommu_walk.c - what bpf/hostwalk.bpf.c sees: devices and their domains, and page tables.
 *
 * Where the kernel does not tell where its groups are, only what happens from now on is known.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src_iommu_priv.h"

#define RUNS 65536u	/* of one table that can be compared */

static int run(const struct bpf_program *prog)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int ret = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);

	return ret ? ret : (int)opts.retval;
}

static int share(struct bpf_map *with, const struct bpf_map *map)
{
	return bpf_map__reuse_fd(with, bpf_map__fd(map));
}

int src_iommu_walk_open(struct src_iommu *s)
{
	struct vcm_hostwalk_bpf *walk = vcm_hostwalk_bpf__open();

	if (!walk)
		return -1;
	bpf_map__set_max_entries(walk->maps.vcm_host_devices, s->devices);
	bpf_map__set_max_entries(walk->maps.vcm_host_runs, RUNS);
	if (share(walk->maps.vcm_host_live, s->map->maps.vcm_host_live) ||
	    share(walk->maps.vcm_host_domains, s->map->maps.vcm_host_domains) ||
	    share(walk->maps.vcm_host_slots, s->map->maps.vcm_host_slots) ||
	    share(walk->maps.vcm_host_free, s->map->maps.vcm_host_free) ||
	    share(walk->maps.vcm_host_number, s->map->maps.vcm_host_number) ||
	    vcm_hostwalk_bpf__load(walk) || run(walk->progs.vcm_host_find)) {
		vcm_hostwalk_bpf__destroy(walk);
		return -1;
	}
	s->walk = walk;
	return 0;
}

int src_iommu_devices(struct src_iommu *s, struct iommu_host *h)
{
	uint32_t i;
	int fd;

	if (!s->walk || run(s->walk->progs.vcm_host_enum))
		return 0;
	fd = bpf_map__fd(s->walk->maps.vcm_host_devices);
	h->unfound = s->walk->bss->vcm_host_unfound;
	h->nr_device = s->walk->bss->vcm_host_found;
	h->device = xcalloc(h->nr_device + 1, sizeof(*h->device));
	for (i = 0; i < h->nr_device; i++) {
		if (bpf_map_lookup_elem(fd, &i, &h->device[i]))
			return -1;
	}
	return 0;
}

int src_iommu_about(struct src_iommu *s, uint64_t ptr, struct vcm_host_domain *about)
{
	if (!s->walk)
		return -1;
	s->walk->bss->vcm_host_ptr = ptr;
	if (run(s->walk->progs.vcm_host_describe))
		return -1;
	*about = s->walk->bss->vcm_host_about;
	return 0;
}

/* All of the table of one domain: among the live mappings, or with @dump into the runs. */
static int walk(struct src_iommu *s, uint64_t ptr, bool dump)
{
	struct vcm_host_walk *at = &s->walk->bss->vcm_host_at;
	int ret;

	s->walk->bss->vcm_host_ptr = ptr;
	at->dump = dump;
	ret = run(s->walk->progs.vcm_host_start);
	while (!ret && !at->done)
		ret = run(s->walk->progs.vcm_host_step);
	return ret ? ret : run(s->walk->progs.vcm_host_step);
}

long src_iommu_tables(struct src_iommu *s, uint64_t ptr, struct vcm_host_run **runs,
		      struct error *err)
{
	uint32_t i, nr;

	*runs = NULL;
	if (!s->walk || walk(s, ptr, true))
		return error_set(err, EXIT_FAILED, "cannot read the tables of a domain");
	if (s->walk->bss->vcm_host_at.lost)
		return error_set(err, EXIT_FAILED, "a domain has more than %u runs of pages", RUNS);
	nr = (uint32_t)s->walk->bss->vcm_host_at.runs;
	*runs = xcalloc(nr + 1, sizeof(**runs));
	for (i = 0; i < nr; i++) {
		if (bpf_map_lookup_elem(bpf_map__fd(s->walk->maps.vcm_host_runs), &i, &(*runs)[i]))
			return error_set(err, EXIT_FAILED, "cannot read a run of pages");
	}
	return nr;
}

/* Has the domain at @ptr tables that are to be read for the first time? */
static bool is_new(struct src_iommu *s, const struct iommu_host *h, uint64_t ptr, size_t before)
{
	struct vcm_host_domain about;
	size_t i;

	for (i = 0; i < before; i++) {
		if (h->device[i].domain == ptr)
			return false;
	}
	return ptr && !src_iommu_about(s, ptr, &about) && about.format != VCM_HOST_NO_TABLE;
}

/* The slot of the domain at @ptr; false when it has none. */
static bool slot_at(struct src_iommu *s, uint64_t ptr, struct vcm_host_slot *slot)
{
	uint32_t at;

	return !bpf_map_lookup_elem(bpf_map__fd(s->map->maps.vcm_host_domains), &ptr, &at) &&
	       !src_iommu_slot(s, at, slot);
}

/* Read its tables; when calls were not as expected, find out before what of it went. */
static void look_at(struct src_iommu *s, uint64_t ptr)
{
	struct vcm_host_slot slot = { 0 };
	struct error err = { 0 };
	uint64_t known = 0;
	bool seen = false;

	if (slot_at(s, ptr, &slot)) {
		seen = s->seen[slot.index] == slot.domain;
		known = seen ? s->odd[slot.index] : 0;
	}
	if (slot.odd != known) {
		s->resyncs++;
		s->unsynced += !!src_iommu_sync(s, &slot, &err);
	} else if (seen) {
		return;
	}
	known = slot.odd;
	if (walk(s, ptr, false) || !slot_at(s, ptr, &slot))
		return;
	s->seen[slot.index] = slot.domain;
	s->odd[slot.index] = known;
}

void src_iommu_look(struct src_iommu *s, const struct iommu_host *h)
{
	size_t i;

	for (i = 0; s->walk && i < h->nr_device; i++) {
		if (is_new(s, h, h->device[i].domain, i))
			look_at(s, h->device[i].domain);
	}
}
