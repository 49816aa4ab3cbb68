// SPDX-License-Identifier: GPL-2.0-only
/*
 * src_hist.c - the histograms of bpf/hist.bpf.c: programs attached, counts read.
 *
 * By fentry where the module has BTF, else by kprobes.  Sums and buckets are read one after the
 * other, so those that are read are at rest: calls are counted in the other set meanwhile.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hist.h"
#include "hist.skel.h"
#include "source.h"
#include "src_rung.h"

#define REST_TRIES 200
#define REST_WAIT_MS 5

struct src_hist {
	struct vcm_hist_bpf *bpf;
	const char *name;
	struct hists set[2];
	struct vcm_hist_sum *sums;	/* of one operation, for each CPU */
	uint64_t *counts;
	int cpus;
};

static const struct rung rungs[] = {
	{ "fentry", "fentry fexit" },
	{ "kprobe", "kprobe kretprobe" },
};

static int load(struct src_hist *s, const struct rung *rung)
{
	int ret;

	s->name = rung->name;
	s->bpf = vcm_hist_bpf__open();
	if (!s->bpf)
		return -errno;
	ret = src_rung_attach(s->bpf->skeleton, rung);
	if (ret) {
		vcm_hist_bpf__destroy(s->bpf);
		s->bpf = NULL;
	}
	return ret;
}

struct src_hist *src_hist_open(int verbose, struct error *err)
{
	struct src_hist *s;
	int ret = -ENOENT;

	if (src_snap_check(err))
		return NULL;
	if (!verbose)
		libbpf_set_print(NULL);
	s = xcalloc(1, sizeof(*s));
	s->cpus = libbpf_num_possible_cpus();
	if (!access(MODULE_BTF, F_OK))
		ret = load(s, &rungs[0]);
	if (ret)
		ret = load(s, &rungs[1]);
	if (ret) {
		src_rung_refused("time the operations of the module", ret, err);
		free(s);
		return NULL;
	}
	s->sums = xcalloc((size_t)s->cpus, sizeof(*s->sums));
	s->counts = xcalloc((size_t)s->cpus, sizeof(*s->counts));
	return s;
}

const char *src_hist_name(const struct src_hist *s)
{
	return s->name;
}

static int read_sums(const struct src_hist *s, __u32 row, struct hist *h, uint64_t *calls)
{
	int cpu;

	if (bpf_map__lookup_elem(s->bpf->maps.vcm_hist_sums, &row, sizeof(row), s->sums,
				 sizeof(*s->sums) * (size_t)s->cpus, 0))
		return -1;
	*calls = 0;
	for (cpu = 0; cpu < s->cpus; cpu++) {
		h->ns += s->sums[cpu].ns;
		h->max = s->sums[cpu].max > h->max ? s->sums[cpu].max : h->max;
		*calls += s->sums[cpu].calls;
	}
	return 0;
}

static int read_buckets(const struct src_hist *s, __u32 row, struct hist *h)
{
	__u32 at, i;
	int cpu;

	for (i = 0; i < VCM_HIST_BUCKETS; i++) {
		at = row * VCM_HIST_BUCKETS + i;
		if (bpf_map__lookup_elem(s->bpf->maps.vcm_hist_buckets, &at, sizeof(at), s->counts,
					 sizeof(*s->counts) * (size_t)s->cpus, 0))
			return -1;
		for (cpu = 0; cpu < s->cpus; cpu++)
			h->bucket[i] += s->counts[cpu];
		h->count += h->bucket[i];
	}
	return 0;
}

/* What was under way when the sets were exchanged may still come to this one, for a moment. */
static int read_op(struct src_hist *s, unsigned int set, unsigned int op)
{
	struct hist *h = &s->set[set].op[op];
	__u32 row = set * VCM_TIMED_END + op;
	uint64_t before, calls;
	int try;

	for (try = 0; try < REST_TRIES; try++) {
		if (try)
			poll(NULL, 0, REST_WAIT_MS);
		memset(h, 0, sizeof(*h));
		if (read_sums(s, row, h, &before) || read_buckets(s, row, h))
			return -1;
		h->ns = 0;
		if (read_sums(s, row, h, &calls))
			return -1;
		if (before == calls && calls == h->count)
			break;
	}
	return 0;
}

int src_hist_read(struct src_hist *s, struct hists *out, struct error *err)
{
	unsigned int rest = s->bpf->bss->vcm_hist_set, op;
	int ret = 0;

	__atomic_store_n(&s->bpf->bss->vcm_hist_set, !rest, __ATOMIC_SEQ_CST);
	for (op = 0; op < VCM_TIMED_END && !ret; op++)
		ret = read_op(s, rest, op);
	if (ret)
		return error_set(err, EXIT_FAILED, "cannot read the counts: %s", strerror(errno));
	memset(out, 0, sizeof(*out));
	for (op = 0; op < VCM_TIMED_END; op++) {
		hist_join(&out->op[op], &s->set[0].op[op]);
		hist_join(&out->op[op], &s->set[1].op[op]);
	}
	out->missed = s->bpf->bss->vcm_hist_missed;
	return 0;
}

void src_hist_close(struct src_hist *s)
{
	vcm_hist_bpf__destroy(s->bpf);
	free(s->sums);
	free(s->counts);
	free(s);
}
