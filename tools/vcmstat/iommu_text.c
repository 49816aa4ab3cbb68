// SPDX-License-Identifier: GPL-2.0-only
/* iommu_text.c - see iommu_show.h; lines are below 80 columns. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "iommu_show.h"
#include "util.h"

static double age_of(const struct iommu_host *h, uint64_t ts_ns)
{
	return h->ts_ns > ts_ns ? (double)(h->ts_ns - ts_ns) / 1e9 : 0;
}

/* "4K,2M,1G", or with many of them the least one and a plus sign; @buf of 32 */
static const char *pages_text(char *buf, uint64_t sizes)
{
	char one[16];
	size_t at = 0;
	int nr = 0;

	buf[0] = '\0';
	for (; sizes && nr < 3; sizes &= sizes - 1, nr++)
		at += (size_t)snprintf(buf + at, 32 - at, "%s%s", nr ? "," : "",
				       size_text(one, sizes & -sizes));
	if (!sizes)
		return nr ? buf : strcpy(buf, "-");
	buf[strcspn(buf, ",")] = '\0';
	return strcat(buf, "+");
}

static void device(FILE *out, const struct iommu_host *h, const struct vcm_host_device *v)
{
	const struct iommu_dom *d = iommu_host_dom_at(h, v->domain);
	char name[24], driver[16], iommu[16], pages[32], number[16] = "-";

	if (d)
		snprintf(number, sizeof(number), "%u", d->slot.domain);
	fprintf(out, "%6s %5u %-9s %-13s %-12s %-8s %-8s %11" PRIx64 "\n", number, v->group,
		d ? iommu_type_text(d->about.type) : "-",
		name_text(name, sizeof(name), v->name, VCM_HOST_NAME),
		v->driver[0] ? name_text(driver, 13, v->driver, VCM_HOST_NAME) : "-",
		v->iommu[0] ? name_text(iommu, 9, v->iommu, VCM_HOST_NAME) : "-",
		pages_text(pages, d ? d->about.pgsizes : 0), (uint64_t)(d ? d->about.last : 0));
}

void iommu_text_devices(FILE *out, const struct iommu_host *h)
{
	size_t i;

	fprintf(out, "%6s %5s %-9s %-13s %-12s %-8s %-8s %11s\n", "DOMAIN", "GROUP", "TYPE",
		"DEVICE", "DRIVER", "IOMMU", "PAGES", "LAST");
	for (i = 0; i < h->nr_device; i++)
		device(out, h, &h->device[i]);
	if (h->unfound)
		fprintf(out, "# %" PRIu64 " more devices\n", h->unfound);
	fputc('\n', out);
}

/* Calls a second, and how long half and nearly all of them took. */
static void pace(FILE *out, const struct hist *now, const struct hist *before, double seconds)
{
	struct hist h = *now;
	char p50[16], p99[16];

	if (before)
		hist_since(&h, before);
	fprintf(out, " %8.0f %6s %6s", seconds > 0 ? (double)h.count / seconds : 0,
		h.count ? hist_time_text(p50, hist_percentile(&h, 500)) : "-",
		h.count ? hist_time_text(p99, hist_percentile(&h, 990)) : "-");
}

static void domain(FILE *out, const struct iommu_dom *d, const struct iommu_host *before,
		   double seconds)
{
	const struct iommu_dom *was = iommu_host_dom(before, d->slot.domain);
	char bytes[16], unknown[24];

	snprintf(unknown, sizeof(unknown), "%" PRIu64, d->before);
	fprintf(out, "%6u %8" PRIu64 " %7s %7s", d->slot.domain, d->live,
		size_text(bytes, d->bytes), iommu_dom_whole(d) ? unknown : "?");
	pace(out, &d->hist[VCM_HOST_MAP], was ? &was->hist[VCM_HOST_MAP] : NULL, seconds);
	pace(out, &d->hist[VCM_HOST_UNMAP], was ? &was->hist[VCM_HOST_UNMAP] : NULL, seconds);
	fputc('\n', out);
	if (d->count.failed && (!was || was->count.failed != d->count.failed))
		fprintf(out, "%6s %" PRIu64 " calls to map failed\n", "",
			(uint64_t)(d->count.failed - (was ? was->count.failed : 0)));
}

void iommu_text_domains(FILE *out, const struct iommu_host *h, const struct iommu_host *before)
{
	double seconds = (double)(h->ts_ns - before->ts_ns) / 1e9;
	uint64_t live = 0, bytes = 0, was = 0;
	char text[16];
	size_t i;

	fprintf(out, "%6s %8s %7s %7s %8s %6s %6s %8s %6s %6s\n", "DOMAIN", "LIVE", "BYTES",
		"BEFORE", "MAP/S", "P50", "P99", "UNMAP/S", "P50", "P99");
	for (i = 0; i < h->nr_dom; i++) {
		if (h->dom[i].live || h->dom[i].count.maps || h->dom[i].count.failed)
			domain(out, &h->dom[i], before, seconds);
		live += h->dom[i].live;
		bytes += h->dom[i].bytes;
		was += h->dom[i].before;
	}
	fprintf(out, "total: %zu domains, %" PRIu64 " live mappings of %s, %" PRIu64
		" of them from before\n", h->nr_dom, live, size_text(text, bytes), was);
}

void iommu_text_map(FILE *out, const struct iommu_host *h)
{
	char len[16], prot[8], who[40];
	size_t i;

	fprintf(out, "%6s %16s %7s %-4s %12s %s\n", "DOMAIN", "IOVA", "LEN", "PROT", "SECONDS",
		"MAPPED BY");
	for (i = 0; i < h->nr_map; i++) {
		const struct iommu_mapping *m = &h->map[i];

		fprintf(out, "%6u %016" PRIx64 " %7s %-4s ", m->key.domain, (uint64_t)m->key.iova,
			size_text(len, m->live.len), iommu_prot_text(prot, m->live.prot));
		if (m->live.walked)
			fprintf(out, "%12s", "-");
		else
			fprintf(out, "%12.6f", age_of(h, m->live.made.ts_ns));
		fprintf(out, " %s\n", iommu_who_text(who, &m->live.made));
	}
}

void iommu_text_oldest(FILE *out, const struct iommu_host *h, const struct iommu_look *look)
{
	char len[16], prot[8], who[40];
	const struct iommu_mapping **old;
	size_t nr, i;

	old = iommu_by_age(h, &nr);
	fprintf(out, "%12s %6s %16s %7s %-4s %s\n", "SECONDS", "DOMAIN", "IOVA", "LEN", "PROT",
		"MAPPED BY");
	for (i = 0; i < nr && i < look->oldest; i++) {
		const struct iommu_mapping *m = old[i];

		fprintf(out, "%12.6f %6u %016" PRIx64 " %7s %-4s %s\n",
			age_of(h, m->live.made.ts_ns), m->key.domain, (uint64_t)m->key.iova,
			size_text(len, m->live.len), iommu_prot_text(prot, m->live.prot),
			iommu_who_text(who, &m->live.made));
		if (look->stacks)
			iommu_stack_text(out, h, look->ksyms, m->live.made.stack);
	}
	free(old);
}

static void lost(FILE *out, uint64_t nr, const char *what)
{
	if (nr)
		fprintf(out, "# lost: %" PRIu64 " %s\n", nr, what);
}

void iommu_text_losses(FILE *out, const struct iommu_host *h)
{
	lost(out, h->losses.live, "mappings found no room (--mappings)");
	lost(out, h->losses.gone, "unmapped ranges could not be remembered");
	lost(out, h->losses.stacks, "stacks found no room");
	lost(out, h->losses.domains, "calls for domains that found no room");
	lost(out, h->losses.begun, "calls without a time");
	if (h->resyncs)
		fprintf(out, "# tables of a domain were read again %" PRIu64 " times\n",
			h->resyncs);
	if (h->unsynced)
		fprintf(out, "# %" PRIu64 " times not to the end: their mappings may be wrong\n",
			h->unsynced);
}
