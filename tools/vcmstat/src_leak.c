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

#define MODULE_BTF "/sys/kernel/btf/vcm"

struct src_leak {
	struct vcm_leak_bpf *bpf;
	const char *name;
};

static int load(struct src_leak *s, const char *rung)
{
	struct bpf_program *prog;
	int ret;

	s->name = rung;
	s->bpf = vcm_leak_bpf__open();
	if (!s->bpf)
		return -errno;
	bpf_object__for_each_program(prog, s->bpf->obj)
		bpf_program__set_autoload(prog, !strncmp(bpf_program__section_name(prog), rung,
							 strlen(rung)));
	ret = vcm_leak_bpf__load(s->bpf);
	if (!ret)
		ret = vcm_leak_bpf__attach(s->bpf);
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
		ret = load(s, "tp_btf");
	if (ret)
		ret = load(s, "raw_tp");
	if (!ret)
		return s;
	free(s);
	if ((ret == -EPERM || ret == -EACCES) && geteuid())
		error_set(err, EXIT_PERMISSION, "no permission to watch references: run as root");
	else
		error_set(err, ret == -ENOENT || ret == -ESRCH ? EXIT_ABSENT : EXIT_FAILED,
			  "cannot watch references: %s (-v tells more)", strerror(-ret));
	return NULL;
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
