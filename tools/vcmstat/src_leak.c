// SPDX-License-Identifier: GPL-2.0-only
/* src_leak.c - what bpf/leak.bpf.c records of the running module, by tp_btf or raw_tp. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "leak.h"
#include "leak.skel.h"
#include "source.h"
#include "src_rung.h"

struct src_leak {
	struct vcm_leak_bpf *bpf;
	const char *name;
};

static const struct rung rungs[] = { { "tp_btf", "tp_btf" }, { "raw_tp", "raw_tp" } };

static int load(struct src_leak *s, const struct rung *rung)
{
	int ret;

	s->name = rung->name;
	s->bpf = vcm_leak_bpf__open();
	if (!s->bpf)
		return -errno;
	ret = src_rung_attach(s->bpf->skeleton, rung);
	if (ret) {
		vcm_leak_bpf__destroy(s->bpf);
		s->bpf = NULL;
	}
	return ret;
}

struct src_leak *src_leak_open(int verbose, struct error *err)
{
	struct src_leak *s;
	int ret = -ENOENT;

	if (src_snap_check(err))
		return NULL;
	if (!verbose)
		libbpf_set_print(NULL);
	s = xcalloc(1, sizeof(*s));
	if (!access(MODULE_BTF, F_OK))
		ret = load(s, &rungs[0]);
	if (ret)
		ret = load(s, &rungs[1]);
	if (ret) {
		src_rung_refused("watch references", ret, err);
		free(s);
		return NULL;
	}
	return s;
}

const char *src_leak_name(const struct src_leak *s)
{
	return s->name;
}

int src_leak_read(struct src_leak *s, struct leaks *l, struct error *err)
{
	int fd = bpf_map__fd(s->bpf->maps.vcm_leaks);
	int stacks = bpf_map__fd(s->bpf->maps.vcm_leak_stacks);
	struct vcm_leak_key key, *at = NULL;
	size_t cap = 0;

	memset(l, 0, sizeof(*l));
	while (!bpf_map_get_next_key(fd, at, &key)) {
		struct leak_entry *e;
		__u32 stack;

		at = &key;
		if (l->nr == cap) {
			cap = cap ? 2 * cap : 256;
			if (cap > 1u << 22)	/* keys that go while we read can begin it anew */
				return error_set(err, EXIT_FAILED, "references change too fast");
			l->entry = xrealloc(l->entry, cap * sizeof(*l->entry));
		}
		e = &l->entry[l->nr];
		memset(e, 0, sizeof(*e));
		e->key = key;
		if (bpf_map_lookup_elem(fd, &key, &e->leak))
			continue;
		stack = (__u32)e->leak.stack;
		if (e->leak.stack >= 0)
			bpf_map_lookup_elem(stacks, &stack, e->frame);
		l->nr++;
	}
	l->missed = s->bpf->bss->vcm_leak_missed;
	return 0;
}

void src_leak_close(struct src_leak *s)
{
	vcm_leak_bpf__destroy(s->bpf);
	free(s);
}
