// SPDX-License-Identifier: GPL-2.0-only
/*
 * src_iommu.c - what bpf/hostmap.bpf.c records: opening, reading, giving slots back.
 *
 * The programs are attached before anything is looked at, so nothing falls between.  They go when
 * this process does, however it ends.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src_iommu_priv.h"
#include "src_rung.h"

#define KERNEL_BTF	"/sys/kernel/btf/vmlinux"
#define GROUPS		"/sys/kernel/iommu_groups"
#define IOMMUS		"/sys/class/iommu"
#define BATCH		4096u

static uint32_t entries_of(const char *path)
{
	DIR *dir = opendir(path);
	uint32_t nr = 0;

	if (!dir)
		return 0;
	for (struct dirent *e = readdir(dir); e; e = readdir(dir))
		nr += e->d_name[0] != '.';
	closedir(dir);
	return nr;
}

static const struct rung rungs[] = {
	{ "fexit", "fentry fexit" },
	{ "kprobe", "kprobe kretprobe" },
};

static void size_maps(struct src_iommu *s, const struct src_iommu_config *config)
{
	bpf_map__set_max_entries(s->map->maps.vcm_host_live, (__u32)config->live);
	bpf_map__set_max_entries(s->map->maps.vcm_host_gone, (__u32)config->gone);
	bpf_map__set_max_entries(s->map->maps.vcm_host_domains, s->slots);
	bpf_map__set_max_entries(s->map->maps.vcm_host_slots, s->slots);
	bpf_map__set_max_entries(s->map->maps.vcm_host_free, s->slots);
	bpf_map__set_max_entries(s->map->maps.vcm_host_counts, s->slots);
	bpf_map__set_max_entries(s->map->maps.vcm_host_buckets, s->slots * VCM_HOST_OPS);
}

static int give_slot(struct src_iommu *s, uint32_t at)
{
	return bpf_map_update_elem(bpf_map__fd(s->map->maps.vcm_host_free), NULL, &at, BPF_ANY);
}

/* Load all, look whether the tables can be walked, attach. */
static int start(struct src_iommu *s)
{
	uint32_t at;
	int ret;

	ret = vcm_hostmap_bpf__load(s->map);
	for (at = 0; !ret && at < s->slots; at++)
		ret = give_slot(s, at) ? -errno : 0;
	if (ret)
		return ret;
	return vcm_hostmap_bpf__attach(s->map);
}

static int load(struct src_iommu *s, const struct src_iommu_config *config,
		const struct rung *rung)
{
	int ret;

	s->name = rung->name;
	s->map = vcm_hostmap_bpf__open();
	if (!s->map)
		return -errno;
	src_rung_choose(s->map->obj, rung);
	size_maps(s, config);
	s->map->rodata->vcm_host_stacks = !config->no_stacks;
	ret = start(s);
	if (ret) {
		vcm_hostmap_bpf__destroy(s->map);
		s->map = NULL;
	}
	return ret;
}

static int check_machine(struct error *err)
{
	if (!entries_of(IOMMUS))
		return error_set(err, EXIT_ABSENT, "no IOMMU is in use here: %s is empty", IOMMUS);
	if (access(KERNEL_BTF, F_OK))
		return error_set(err, EXIT_ABSENT, "the kernel has no BTF (%s), which following "
				 "its mappings needs", KERNEL_BTF);
	return 0;
}

struct src_iommu *src_iommu_open(const struct src_iommu_config *config, struct error *err)
{
	struct src_iommu *s;
	int ret = -ENOENT;

	if (check_machine(err))
		return NULL;
	if (!config->verbose)
		libbpf_set_print(NULL);
	s = xcalloc(1, sizeof(*s));
	s->cpus = libbpf_num_possible_cpus();
	s->slots = entries_of(GROUPS) + VCM_HOST_SLOTS;
	s->devices = 4 * s->slots + 1024;
	s->odd = xcalloc(s->slots, sizeof(*s->odd));
	s->seen = xcalloc(s->slots, sizeof(*s->seen));
	for (size_t i = 0; ret && i < sizeof(rungs) / sizeof(*rungs); i++)
		if (!config->rung || !strcmp(config->rung, rungs[i].name))
			ret = load(s, config, &rungs[i]);
	if (ret) {
		src_rung_refused("follow the mappings of the kernel", ret, err);
		src_iommu_close(s);
		return NULL;
	}
	if (src_iommu_walk_open(s) && config->verbose)
		fputs("vcmstat: page tables cannot be walked here\n", stderr);
	return s;
}

const char *src_iommu_name(const struct src_iommu *s)
{
	return s->name;
}

int src_iommu_slot(struct src_iommu *s, uint32_t at, struct vcm_host_slot *slot)
{
	return bpf_map_lookup_elem(bpf_map__fd(s->map->maps.vcm_host_slots), &at, slot);
}

/* A reader of whole hash maps: rows of key and value, one array for each. */
struct batch {
	int fd;
	size_t key;
	size_t value;
	void (*row)(void *arg, const void *key, const void *value);
	void *arg;
};

/* An element that is there all the time is seen once; of others nothing is promised. */
static int read_batches(const struct batch *b, void *keys, void *values)
{
	uint32_t at = 0, nr, i;
	bool first = true;
	int ret;

	do {
		nr = BATCH;
		ret = bpf_map_lookup_batch(b->fd, first ? NULL : &at, &at, keys, values, &nr, NULL);
		if (ret && errno != ENOENT)
			return -1;
		for (i = 0; i < nr; i++)
			b->row(b->arg, (char *)keys + i * b->key, (char *)values + i * b->value);
		first = false;
	} while (!ret);
	return 0;
}

static int read_all(const struct batch *b)
{
	void *keys = xcalloc(BATCH, b->key), *values = xcalloc(BATCH, b->value);
	int ret = read_batches(b, keys, values);

	free(keys);
	free(values);
	return ret;
}

/* Room for one more, twice as much each time. */
static void *grown(void *rows, size_t nr, size_t row)
{
	return nr & (nr - 1) || nr == 1 ? rows : xrealloc(rows, (nr ? 2 * nr : 2) * row);
}

static void map_row(void *arg, const void *key, const void *value)
{
	struct iommu_host *h = arg;

	h->map = grown(h->map, h->nr_map, sizeof(*h->map));
	memcpy(&h->map[h->nr_map].key, key, sizeof(h->map->key));
	memcpy(&h->map[h->nr_map].live, value, sizeof(h->map->live));
	h->nr_map++;
}

static void gone_row(void *arg, const void *key, const void *value)
{
	struct iommu_host *h = arg;

	h->gone = grown(h->gone, h->nr_gone, sizeof(*h->gone));
	memcpy(&h->gone[h->nr_gone].key, key, sizeof(h->gone->key));
	memcpy(&h->gone[h->nr_gone].gone, value, sizeof(h->gone->gone));
	h->nr_gone++;
}

int src_iommu_maps(struct src_iommu *s, struct iommu_host *h, struct error *err)
{
	const struct batch b = {
		.fd = bpf_map__fd(s->map->maps.vcm_host_live),
		.key = sizeof(struct vcm_host_key), .value = sizeof(struct vcm_host_live),
		.row = map_row, .arg = h,
	};

	h->nr_map = 0;
	free(h->map);
	h->map = NULL;
	if (read_all(&b))
		return error_set(err, EXIT_FAILED, "cannot read the mappings: %s", strerror(errno));
	return 0;
}

static int read_gone(struct src_iommu *s, struct iommu_host *h, struct error *err)
{
	const struct batch b = {
		.fd = bpf_map__fd(s->map->maps.vcm_host_gone),
		.key = sizeof(struct vcm_host_key), .value = sizeof(struct vcm_host_gone),
		.row = gone_row, .arg = h,
	};

	if (read_all(&b))
		return error_set(err, EXIT_FAILED, "cannot read what was unmapped: %s",
				 strerror(errno));
	return 0;
}

/* A stack never changes once it has its key. */
static void read_stack(struct src_iommu *s, struct iommu_host *h, int32_t stack)
{
	struct iommu_stack *row;

	if (stack < 0 || table_find(&h->stack, (uint64_t)stack, 0))
		return;
	row = table_add(&h->stack, (uint64_t)stack, 0);
	bpf_map_lookup_elem(bpf_map__fd(s->map->maps.vcm_host_stack), &stack, row->frame);
}

static void read_stacks(struct src_iommu *s, struct iommu_host *h)
{
	size_t i;

	for (i = 0; i < h->nr_map; i++)
		read_stack(s, h, h->map[i].live.made.stack);
	for (i = 0; i < h->nr_gone; i++) {
		read_stack(s, h, h->gone[i].gone.made.stack);
		read_stack(s, h, h->gone[i].gone.undone.stack);
	}
}

static int read_count(struct src_iommu *s, struct iommu_dom *d)
{
	struct vcm_host_count *all = xcalloc((size_t)s->cpus, sizeof(*all));
	int ret, cpu;

	ret = bpf_map_lookup_elem(bpf_map__fd(s->map->maps.vcm_host_counts), &d->slot.index, all);
	for (cpu = 0; !ret && cpu < s->cpus; cpu++) {
		d->count.maps += all[cpu].maps;
		d->count.unmaps += all[cpu].unmaps;
		d->count.map_bytes += all[cpu].map_bytes;
		d->count.unmap_bytes += all[cpu].unmap_bytes;
		d->count.failed += all[cpu].failed;
		d->count.lost += all[cpu].lost;
	}
	free(all);
	return ret;
}

/* The longest is known by its bucket only. */
static int read_hist(struct src_iommu *s, struct iommu_dom *d, uint32_t op)
{
	struct vcm_host_times *all = xcalloc((size_t)s->cpus, sizeof(*all));
	uint32_t i, at = d->slot.index * VCM_HOST_OPS + op;
	struct hist *h = &d->hist[op];
	int cpu, ret;

	ret = bpf_map_lookup_elem(bpf_map__fd(s->map->maps.vcm_host_buckets), &at, all);
	for (i = 0; !ret && i < VCM_HIST_BUCKETS; i++) {
		for (cpu = 0; cpu < s->cpus; cpu++)
			h->bucket[i] += all[cpu].bucket[i];
		h->count += h->bucket[i];
		if (h->bucket[i])
			h->max = hist_upper(i);
	}
	free(all);
	return ret;
}

/* Was anything ever called for it? */
static bool is_used(const struct iommu_dom *d)
{
	return d->count.maps || d->count.unmaps || d->count.failed;
}

static int read_dom(struct src_iommu *s, const struct vcm_host_slot *slot, struct iommu_host *h)
{
	struct iommu_dom *d;

	h->dom = grown(h->dom, h->nr_dom, sizeof(*h->dom));
	d = &h->dom[h->nr_dom++];
	memset(d, 0, sizeof(*d));
	d->slot = *slot;
	src_iommu_about(s, slot->ptr, &d->about);
	if (read_count(s, d))
		return -1;
	if (!is_used(d))
		return 0;
	return read_hist(s, d, VCM_HOST_MAP) || read_hist(s, d, VCM_HOST_UNMAP) ? -1 : 0;
}

static int read_doms(struct src_iommu *s, struct iommu_host *h, struct error *err)
{
	struct vcm_host_slot slot;
	uint32_t at;

	for (at = 0; at < s->slots; at++) {
		if (src_iommu_slot(s, at, &slot))
			return error_set(err, EXIT_FAILED, "cannot read the domains: %s",
					 strerror(errno));
		if (!slot.ptr || slot.freed_ns)
			continue;
		if (read_dom(s, &slot, h))
			return error_set(err, EXIT_FAILED, "cannot read the counts of a domain");
	}
	return 0;
}

static void forget_counts(struct src_iommu *s, uint32_t at)
{
	struct vcm_host_count *count = xcalloc((size_t)s->cpus, sizeof(*count));
	struct vcm_host_times *times = xcalloc((size_t)s->cpus, sizeof(*times));
	uint32_t op, of;

	bpf_map_update_elem(bpf_map__fd(s->map->maps.vcm_host_counts), &at, count, BPF_ANY);
	for (op = 0; op < VCM_HOST_OPS; op++) {
		of = at * VCM_HOST_OPS + op;
		bpf_map_update_elem(bpf_map__fd(s->map->maps.vcm_host_buckets), &of, times,
				    BPF_ANY);
	}
	free(count);
	free(times);
}

static void forget_maps(struct src_iommu *s, const struct iommu_host *h, uint32_t number)
{
	size_t i;

	for (i = 0; i < h->nr_map; i++) {
		if (h->map[i].key.domain == number)
			bpf_map_delete_elem(bpf_map__fd(s->map->maps.vcm_host_live),
					    &h->map[i].key);
	}
}

/* Take note of domains that are gone, so that others can have their slots. */
static int forget_freed(struct src_iommu *s, struct error *err)
{
	struct vcm_host_slot slot;
	struct iommu_host h;
	bool known = false;
	uint32_t at;
	int ret = 0;

	iommu_host_init(&h);
	for (at = 0; at < s->slots && !ret; at++) {
		if (src_iommu_slot(s, at, &slot) || !slot.ptr || !slot.freed_ns)
			continue;
		if (!known)
			ret = src_iommu_maps(s, &h, err);
		known = true;
		forget_maps(s, &h, slot.domain);
		forget_counts(s, at);
		memset(&slot, 0, sizeof(slot));
		bpf_map_update_elem(bpf_map__fd(s->map->maps.vcm_host_slots), &at, &slot, BPF_ANY);
		give_slot(s, at);
	}
	iommu_host_fini(&h);
	return ret;
}

int src_iommu_read(struct src_iommu *s, struct iommu_host *h, unsigned int what,
		   struct error *err)
{
	iommu_host_clear(h);
	if (forget_freed(s, err))
		return -1;
	if (src_iommu_devices(s, h))
		return error_set(err, EXIT_FAILED, "cannot list the devices");
	src_iommu_look(s, h);
	h->ts_ns = now_ns();
	if (read_doms(s, h, err) || src_iommu_maps(s, h, err))
		return -1;
	if (what & SRC_IOMMU_GONE && read_gone(s, h, err))
		return -1;
	if (what)
		read_stacks(s, h);
	h->losses = s->map->bss->vcm_host_losses;
	h->resyncs = s->resyncs;
	h->unsynced = s->unsynced;
	iommu_host_sort(h);
	return 0;
}

void src_iommu_close(struct src_iommu *s)
{
	vcm_hostwalk_bpf__destroy(s->walk);
	vcm_hostmap_bpf__destroy(s->map);
	free(s->odd);
	free(s->seen);
	free(s);
}
