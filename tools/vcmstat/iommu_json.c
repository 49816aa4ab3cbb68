// SPDX-License-Identifier: GPL-2.0-only
/* iommu_json.c - see iommu_show.h. */
#include <stdlib.h>

#include "iommu_show.h"
#include "util.h"

#define STACK_LEN 2048

static uint64_t age_of(const struct iommu_host *h, uint64_t ts_ns)
{
	return h->ts_ns > ts_ns ? h->ts_ns - ts_ns : 0;
}

void iommu_json_devices(struct json *j, const struct iommu_host *h)
{
	size_t i;

	for (i = 0; i < h->nr_device; i++) {
		const struct vcm_host_device *v = &h->device[i];
		const struct iommu_dom *d = iommu_host_dom_at(h, v->domain);

		json_begin(j, "iommu_device");
		json_strn(j, "name", v->name, sizeof(v->name));
		json_strn(j, "driver", v->driver, sizeof(v->driver));
		json_strn(j, "iommu", v->iommu, sizeof(v->iommu));
		json_u64(j, "group", v->group);
		json_u64(j, "domain", d ? d->slot.domain : 0);
		json_u64(j, "own", v->domain != v->default_domain);
		json_u64(j, "dma_mask", v->dma_mask);
		json_end(j);
	}
}

static void pace(struct json *j, const char *const name[3], const struct hist *now,
		 const struct hist *before)
{
	struct hist h = *now;

	if (before)
		hist_since(&h, before);
	json_u64(j, name[0], h.count);
	json_u64(j, name[1], hist_percentile(&h, 500));
	json_u64(j, name[2], hist_percentile(&h, 990));
}

static void domain(struct json *j, const struct iommu_dom *d, const struct iommu_dom *was)
{
	static const char *const map[] = { "map_timed", "map_p50_ns", "map_p99_ns" };
	static const char *const unmap[] = { "unmap_timed", "unmap_p50_ns", "unmap_p99_ns" };

	json_begin(j, "iommu_domain");
	json_u64(j, "domain", d->slot.domain);
	json_str(j, "kind", iommu_type_text(d->about.type));
	json_u64(j, "pgsizes", d->about.pgsizes);
	json_u64(j, "start", d->about.start);
	json_u64(j, "last", d->about.last);
	json_u64(j, "whole", iommu_dom_whole(d));
	json_u64(j, "live", d->live);
	json_u64(j, "live_bytes", d->bytes);
	json_u64(j, "before", d->before);
	json_u64(j, "before_bytes", d->before_bytes);
	json_u64(j, "maps", d->count.maps);
	json_u64(j, "map_bytes", d->count.map_bytes);
	json_u64(j, "unmaps", d->count.unmaps);
	json_u64(j, "unmap_bytes", d->count.unmap_bytes);
	json_u64(j, "failed", d->count.failed);
	json_u64(j, "lost", d->count.lost);
	pace(j, map, &d->hist[VCM_HOST_MAP], was ? &was->hist[VCM_HOST_MAP] : NULL);
	pace(j, unmap, &d->hist[VCM_HOST_UNMAP], was ? &was->hist[VCM_HOST_UNMAP] : NULL);
	json_end(j);
}

void iommu_json_domains(struct json *j, const struct iommu_host *h,
			const struct iommu_host *before)
{
	size_t i;

	for (i = 0; i < h->nr_dom; i++)
		domain(j, &h->dom[i], iommu_host_dom(before, h->dom[i].slot.domain));
}

/* With its stack, of which a list of all would be mostly made, in the list of the oldest. */
static void mapping(struct json *j, bool oldest, const struct iommu_host *h,
		    const struct iommu_mapping *m, const struct iommu_look *look)
{
	const struct vcm_host_who *made = &m->live.made;
	char buf[STACK_LEN], prot[8];

	json_begin(j, oldest ? "iommu_oldest" : "iommu_mapping");
	json_u64(j, "domain", m->key.domain);
	json_u64(j, "iova", m->key.iova);
	json_u64(j, "len", m->live.len);
	json_str(j, "prot", iommu_prot_text(prot, m->live.prot));
	json_u64(j, "before", m->live.walked);
	if (!m->live.walked) {
		json_u64(j, "age_ns", age_of(h, made->ts_ns));
		json_u64(j, "pid", made->pid);
		json_strn(j, "comm", made->comm, sizeof(made->comm));
		json_str(j, "in", iommu_stack_asker(buf, sizeof(buf), h, look->ksyms,
						    made->stack));
	}
	if (oldest)
		json_str(j, "stack", iommu_stack_line(buf, sizeof(buf), h, look->ksyms,
						      made->stack));
	json_end(j);
}

void iommu_json_map(struct json *j, const struct iommu_host *h, const struct iommu_look *look)
{
	size_t i;

	for (i = 0; i < h->nr_map; i++)
		mapping(j, false, h, &h->map[i], look);
}

void iommu_json_oldest(struct json *j, const struct iommu_host *h, const struct iommu_look *look)
{
	const struct iommu_mapping **old;
	size_t nr, i;

	old = iommu_by_age(h, &nr);
	for (i = 0; i < nr && i < look->oldest; i++)
		mapping(j, true, h, old[i], look);
	free(old);
}

/* The end of each report. */
void iommu_json_losses(struct json *j, const struct iommu_host *h)
{
	json_begin(j, "iommu");
	json_u64(j, "ts_ns", h->ts_ns);
	json_u64(j, "devices", h->nr_device + h->unfound);
	json_u64(j, "domains", h->nr_dom);
	json_u64(j, "live", h->nr_map);
	json_u64(j, "lost_mappings", h->losses.live);
	json_u64(j, "lost_unmapped", h->losses.gone);
	json_u64(j, "lost_stacks", h->losses.stacks);
	json_u64(j, "lost_domains", h->losses.domains);
	json_u64(j, "lost_times", h->losses.begun);
	json_u64(j, "resyncs", h->resyncs);
	json_u64(j, "unsynced", h->unsynced);
	json_end(j);
}
