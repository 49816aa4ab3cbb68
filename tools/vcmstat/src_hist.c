// SPDX-License-Identifier: GPL-2.0-only
/*
 * src_hist.c - the histograms of bpf/hist.bpf.c: programs attached, counts read.
 *
 * By fentry where the module has BTF, else by kprobes.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hist.h"
#include "hist.skel.h"
#include "source.h"

#define MODULE_BTF "/sys/kernel/btf/vcm"

struct src_hist {
	struct vcm_hist_bpf *bpf;
	const char *name;
	int cpus;
};

static int print_nothing(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

static bool is_of(const struct bpf_program *prog, bool fentry)
{
	const char *section = bpf_program__section_name(prog);

	return fentry == (section[0] == 'f');
}

static int load(struct src_hist *s, bool fentry)
{
	struct bpf_program *prog;
	int ret;

	s->name = fentry ? "fentry" : "kprobe";
	s->bpf = vcm_hist_bpf__open();
	if (!s->bpf)
		return -errno;
	bpf_object__for_each_program(prog, s->bpf->obj)
		bpf_program__set_autoload(prog, is_of(prog, fentry));
	ret = vcm_hist_bpf__load(s->bpf);
	if (!ret)
		ret = vcm_hist_bpf__attach(s->bpf);
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
		libbpf_set_print(print_nothing);
	s = xcalloc(1, sizeof(*s));
	s->cpus = libbpf_num_possible_cpus();
	if (!access(MODULE_BTF, F_OK))
		ret = load(s, true);
	if (ret)
		ret = load(s, false);
	if (!ret)
		return s;
	free(s);
	if ((ret == -EPERM || ret == -EACCES) && geteuid())
		error_set(err, EXIT_PERMISSION, "no permission to time the module: run as root");
	else
		error_set(err, ret == -ENOENT || ret == -ESRCH ? EXIT_ABSENT : EXIT_FAILED,
			  "cannot time the operations of the module: %s (-v tells more)",
			  strerror(-ret));
	return NULL;
}

const char *src_hist_name(const struct src_hist *s)
{
	return s->name;
}

static int read_op(const struct src_hist *s, unsigned int op, struct hist *h,
		   struct vcm_hist_sum *sums, uint64_t *counts)
{
	__u32 at, i;
	int cpu;

	if (bpf_map__lookup_elem(s->bpf->maps.vcm_hist_sums, &op, sizeof(op), sums,
				 sizeof(*sums) * (size_t)s->cpus, 0))
		return -1;
	for (cpu = 0; cpu < s->cpus; cpu++) {
		h->ns += sums[cpu].ns;
		h->max = sums[cpu].max > h->max ? sums[cpu].max : h->max;
	}
	for (i = 0; i < VCM_HIST_BUCKETS; i++) {
		at = op * VCM_HIST_BUCKETS + i;
		if (bpf_map__lookup_elem(s->bpf->maps.vcm_hist_buckets, &at, sizeof(at), counts,
					 sizeof(*counts) * (size_t)s->cpus, 0))
			return -1;
		for (cpu = 0; cpu < s->cpus; cpu++)
			h->bucket[i] += counts[cpu];
		h->count += h->bucket[i];
	}
	return 0;
}

int src_hist_read(struct src_hist *s, struct hists *out, struct error *err)
{
	struct vcm_hist_sum *sums = xcalloc((size_t)s->cpus, sizeof(*sums));
	uint64_t *counts = xcalloc((size_t)s->cpus, sizeof(*counts));
	unsigned int op;
	int ret = 0;

	memset(out, 0, sizeof(*out));
	for (op = 0; op < VCM_TIMED_END && !ret; op++)
		ret = read_op(s, op, &out->op[op], sums, counts);
	if (ret)
		error_set(err, EXIT_FAILED, "cannot read the counts: %s", strerror(errno));
	out->missed = s->bpf->bss->vcm_hist_missed;
	free(sums);
	free(counts);
	return ret;
}

void src_hist_close(struct src_hist *s)
{
	vcm_hist_bpf__destroy(s->bpf);
	free(s);
}
