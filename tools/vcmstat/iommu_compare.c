// SPDX-License-Identifier: GPL-2.0-only
/* iommu_compare.c - see iommu_compare.h. */
#include <string.h>

#include "iommu_compare.h"

/* Bytes of [@first, @last] that runs have; *@at goes along. */
static uint64_t shared(const struct vcm_host_run *run, size_t nr, size_t *at, uint64_t first,
		       uint64_t last)
{
	uint64_t sum = 0, from, to, run_last;
	size_t i;

	while (*at < nr && run[*at].iova + run[*at].len - 1 < first)
		(*at)++;
	for (i = *at; i < nr && run[i].iova <= last; i++) {
		run_last = run[i].iova + run[i].len - 1;
		from = run[i].iova > first ? run[i].iova : first;
		to = run_last < last ? run_last : last;
		sum += to - from + 1;
	}
	return sum;
}

void iommu_compare(const struct iommu_host *h, uint32_t number, const struct vcm_host_run *run,
		   size_t nr, struct iommu_compared *c)
{
	uint64_t listed = 0, first, last, next = 0;
	bool any = false;
	size_t i, at = 0;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < h->nr_map; i++) {
		if (h->map[i].key.domain != number)
			continue;
		first = h->map[i].key.iova;
		last = first + h->map[i].live.len - 1;
		if (any && first < next)	/* one over another counts once */
			first = next;
		if (any && (last < first || !next))
			continue;
		listed += last - first + 1;
		c->both += shared(run, nr, &at, first, last);
		next = last + 1;
		any = true;
	}
	c->only_list = listed - c->both;
	for (i = 0; i < nr; i++)
		c->only_table += run[i].len;
	c->only_table -= c->both;
}
