// SPDX-License-Identifier: GPL-2.0-only
/* iommu_host.c - see iommu_host.h. */
#include <stdlib.h>
#include <string.h>

#include "iommu_host.h"
#include "util.h"

void iommu_host_init(struct iommu_host *h)
{
	memset(h, 0, sizeof(*h));
	table_init(&h->stack, sizeof(struct iommu_stack));
}

void iommu_host_clear(struct iommu_host *h)
{
	struct table stack = h->stack;

	free(h->device);
	free(h->dom);
	free(h->map);
	free(h->gone);
	memset(h, 0, sizeof(*h));
	h->stack = stack;
}

void iommu_host_fini(struct iommu_host *h)
{
	iommu_host_clear(h);
	table_fini(&h->stack);
}

static int by_place(const void *x, const void *y)
{
	const struct iommu_mapping *a = x, *b = y;

	if (a->key.domain != b->key.domain)
		return a->key.domain < b->key.domain ? -1 : 1;
	return (a->key.iova > b->key.iova) - (a->key.iova < b->key.iova);
}

static int by_number(const void *x, const void *y)
{
	const struct iommu_dom *a = x, *b = y;

	return (a->slot.domain > b->slot.domain) - (a->slot.domain < b->slot.domain);
}

/* Last address of a mapping, which may be the last there is. */
static uint64_t last_of(const struct iommu_mapping *m)
{
	return m->key.iova + m->live.len - 1;
}

static bool lies_within(const struct iommu_mapping *m, const struct iommu_mapping *outer)
{
	return m->key.domain == outer->key.domain && last_of(m) <= last_of(outer);
}

static void count(struct iommu_host *h, const struct iommu_mapping *m)
{
	struct iommu_dom *d = (struct iommu_dom *)iommu_host_dom(h, m->key.domain);

	if (!d)
		return;
	d->live++;
	d->bytes += m->live.len;
	if (!m->live.walked)
		return;
	d->before++;
	d->before_bytes += m->live.len;
}

static void forget_sums(struct iommu_dom *d)
{
	d->live = 0;
	d->bytes = 0;
	d->before = 0;
	d->before_bytes = 0;
}

/*
 * A leaf that the walk found while its mapping was being made lies within it; and a mapping of a
 * domain that is gone belongs to nobody.
 */
void iommu_host_sort(struct iommu_host *h)
{
	size_t i, to = 0;

	if (h->nr_dom)
		qsort(h->dom, h->nr_dom, sizeof(*h->dom), by_number);
	if (h->nr_map)
		qsort(h->map, h->nr_map, sizeof(*h->map), by_place);
	for (i = 0; i < h->nr_dom; i++)
		forget_sums(&h->dom[i]);
	for (i = 0; i < h->nr_map; i++) {
		if (!h->map[i].live.len || !iommu_host_dom(h, h->map[i].key.domain))
			continue;
		if (to && h->map[i].live.walked && lies_within(&h->map[i], &h->map[to - 1]))
			continue;
		count(h, &h->map[i]);
		h->map[to++] = h->map[i];
	}
	h->nr_map = to;
}

const struct iommu_dom *iommu_host_dom(const struct iommu_host *h, uint32_t number)
{
	const struct iommu_dom key = { .slot.domain = number };

	return h->nr_dom ? bsearch(&key, h->dom, h->nr_dom, sizeof(key), by_number) : NULL;
}

const struct iommu_dom *iommu_host_dom_at(const struct iommu_host *h, uint64_t ptr)
{
	size_t i;

	for (i = 0; i < h->nr_dom; i++) {
		if (h->dom[i].slot.ptr == ptr)
			return &h->dom[i];
	}
	return NULL;
}

const struct vcm_host_device *iommu_host_device(const struct iommu_host *h, const char *name)
{
	size_t i;

	for (i = 0; i < h->nr_device; i++) {
		if (!strncmp(h->device[i].name, name, VCM_HOST_NAME))
			return &h->device[i];
	}
	return NULL;
}

const struct vcm_host_device *iommu_host_device_of(const struct iommu_host *h, uint64_t ptr)
{
	size_t i;

	for (i = 0; i < h->nr_device; i++) {
		if (h->device[i].domain == ptr)
			return &h->device[i];
	}
	return NULL;
}

const struct iommu_mapping *iommu_host_find(const struct iommu_host *h, uint32_t number,
					    uint64_t iova, const struct iommu_mapping **below)
{
	const struct iommu_mapping key = { .key = { .iova = iova, .domain = number } };
	size_t low = 0, high = h->nr_map;

	*below = NULL;
	while (low < high) {	/* the first behind @iova */
		size_t middle = low + (high - low) / 2;

		if (by_place(&h->map[middle], &key) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || h->map[low - 1].key.domain != number)
		return NULL;
	if (last_of(&h->map[low - 1]) >= iova)
		return &h->map[low - 1];
	*below = &h->map[low - 1];
	return NULL;
}

const struct iommu_stack *iommu_host_stack(const struct iommu_host *h, int32_t stack)
{
	return stack < 0 ? NULL : table_find(&h->stack, (uint64_t)stack, 0);
}

bool iommu_dom_whole(const struct iommu_dom *d)
{
	return d->about.format != VCM_HOST_NO_TABLE && d->slot.walked_ns;
}

const char *iommu_type_text(uint32_t type)
{
	switch (type) {
	case 0x0: return "blocked";
	case 0x4: return "identity";
	case 0x1: return "unmanaged";
	case 0x3: return "DMA";
	case 0xb: return "DMA-FQ";
	case 0x10: return "SVA";
	case 0x20: return "platform";
	case 0x40: return "nested";
	default: return "unknown";
	}
}

const char *iommu_prot_text(char *buf, uint32_t prot)
{
	size_t n = 0;

	buf[n++] = prot & 1 ? 'r' : '-';
	buf[n++] = prot & 2 ? 'w' : '-';
	if (prot & 8)
		buf[n++] = 'n';	/* IOMMU_NOEXEC */
	if (prot & 16)
		buf[n++] = 'm';			/* IOMMU_MMIO */
	buf[n] = '\0';
	return buf;
}
