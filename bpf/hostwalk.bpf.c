// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostwalk.bpf.c - what there was before anybody looked: devices, groups, domains, and the pages
 * in the tables of a domain.
 *
 * Run by its user, one program after the other; each leaves its answer where the user reads it.
 * Kernel memory is only read, without a lock, so anything may change or go meanwhile: every read
 * may fail, every loop is bounded, and a leaf is looked at again after it was put among the live
 * mappings.  hostmap.bpf.c records from before the first walk to the end, so:
 *
 * W1  an unmapping clears the leaf before its entry is removed; whoever adds an entry and then
 *     finds the leaf gone removes it, or the unmapping does.
 * W2  a leaf within a mapping that is known adds nothing.
 * W3  a mapping that was made during the walk may have leaves beside it; its unmapping takes them
 *     along, see @walked_ns.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "host.bpf.h"
#include "iommu_x86.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define VCM_HOST_STEPS	(1u << 22)	/* of a walk in one run */
#define VCM_HOST_LISTED	65536		/* groups and devices that are looked at */

struct vcm_host_symbols vcm_host_symbols;

#define VCM_HOST_FIND(symbol) do {						\
	static const char name[] = #symbol;					\
										\
	bpf_kallsyms_lookup_name(name, sizeof(name), 0, &vcm_host_symbols.symbol); \
} while (0)

/* Run before all others. */
SEC("syscall")
int vcm_host_find(void *ctx)
{
	VCM_HOST_FIND(iommu_group_kset);
	VCM_HOST_FIND(page_offset_base);
	VCM_HOST_FIND(sme_me_mask);
	VCM_HOST_FIND(intel_iommu_ops);
	VCM_HOST_FIND(amd_iommu_ops);
	VCM_HOST_FIND(amd_iommu_gpt_level);
	VCM_HOST_FIND(viommu_ops);
	return 0;
}

/* A number that the kernel has at a symbol, 0 without it. */
static __always_inline __u64 vcm_host_value(__u64 symbol, __u32 bytes)
{
	__u64 value = 0;

	if (symbol)
		bpf_probe_read_kernel(&value, bytes, (void *)symbol);
	return value;
}

static __always_inline bool vcm_host_is_of(struct iommu_domain *domain, __u64 ops)
{
	return ops && (__u64)BPF_CORE_READ(domain, owner) == ops;
}

/* Of the driver for virtio, a module: where it is not loaded there are none. */
struct viommu_domain {
	struct iommu_domain domain;
	struct rb_root_cached mappings;
} __attribute__((preserve_access_index));

struct viommu_mapping {
	struct interval_tree_node iova;
	__u32 flags;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1024);	/* set before loading */
	__type(key, __u32);
	__type(value, struct vcm_host_device);
} vcm_host_devices SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 65536);	/* set before loading */
	__type(key, __u32);
	__type(value, struct vcm_host_run);
} vcm_host_runs SEC(".maps");

/* What programs are asked for and answer. */
__u64 vcm_host_ptr;			/* the domain */
__u32 vcm_host_found;			/* devices stored */
__u32 vcm_host_unfound;			/* devices without room */
struct vcm_host_domain vcm_host_about;
struct vcm_host_walk vcm_host_at;

/* Where the list of groups, and that of the devices of a group, stands. */
struct vcm_host_list {
	struct list_head *groups;	/* head */
	struct list_head *group;
	struct list_head *devices;	/* head, NULL between groups */
	struct list_head *device;
	struct iommu_group *of;
};

static __always_inline void vcm_host_text(char *to, const char *from)
{
	if (!from || bpf_probe_read_kernel_str(to, VCM_HOST_NAME, from) < 0)
		to[0] = '\0';
}

static __always_inline void vcm_host_store(struct iommu_group *group, struct device *dev)
{
	__u32 at = vcm_host_found;
	struct vcm_host_device *d = bpf_map_lookup_elem(&vcm_host_devices, &at);
	__u64 *mask = BPF_CORE_READ(dev, dma_mask);

	if (!d) {
		vcm_host_unfound++;
		return;
	}
	vcm_host_found++;
	d->domain = (__u64)BPF_CORE_READ(group, domain);
	d->default_domain = (__u64)BPF_CORE_READ(group, default_domain);
	d->group = BPF_CORE_READ(group, id);
	d->dma_mask = 0;
	if (mask)
		bpf_probe_read_kernel(&d->dma_mask, sizeof(d->dma_mask), mask);
	vcm_host_text(d->name, BPF_CORE_READ(dev, kobj.name));
	vcm_host_text(d->driver, BPF_CORE_READ(dev, driver, name));
	vcm_host_text(d->iommu, BPF_CORE_READ(dev, iommu, iommu_dev, dev, kobj.name));
}

/* One group or one device. */
static long vcm_host_list_round(__u32 round, struct vcm_host_list *l)
{
	struct list_head *at = l->devices ? l->device : l->group;
	struct group_device *entry;
	struct iommu_group *group;
	struct kobject *kobj;

	at = BPF_CORE_READ(at, next);
	if (l->devices) {
		l->device = at;
		if (!at || at == l->devices) {
			l->devices = NULL;
			return 0;
		}
		entry = container_of(at, struct group_device, list);
		vcm_host_store(l->of, BPF_CORE_READ(entry, dev));
		return 0;
	}
	l->group = at;
	if (!at || at == l->groups)
		return 1;
	kobj = container_of(at, struct kobject, entry);
	group = container_of(kobj, struct iommu_group, kobj);
	l->of = group;
	l->devices = (void *)group + bpf_core_field_offset(struct iommu_group, devices);
	l->device = l->devices;
	return 0;
}

/* 0, or -1 where the kernel does not tell where its groups are. */
SEC("syscall")
int vcm_host_enum(void *ctx)
{
	struct vcm_host_list list = {};
	struct kset *groups = (void *)vcm_host_value(vcm_host_symbols.iommu_group_kset, 8);

	vcm_host_found = 0;
	vcm_host_unfound = 0;
	if (!groups)
		return -1;
	list.groups = (void *)groups + bpf_core_field_offset(struct kset, list);
	list.group = list.groups;
	bpf_loop(VCM_HOST_LISTED, vcm_host_list_round, &list, 0);
	return 0;
}

static __always_inline __u32 vcm_host_format_of(struct iommu_domain *domain)
{
	struct protection_domain *amd;
	struct dmar_domain *vtd;

	/* IOMMU_DOMAIN_BLOCKED, IDENTITY, SVA and NESTED have no tables of the kernel's */
	if (!(BPF_CORE_READ(domain, type) & 1))
		return VCM_HOST_NO_TABLE;
	if (vcm_host_is_of(domain, vcm_host_symbols.intel_iommu_ops)) {
		vtd = container_of(domain, struct dmar_domain, domain);
		return BPF_CORE_READ_BITFIELD_PROBED(vtd, use_first_level) ?
		       VCM_HOST_X86 : VCM_HOST_VTD_SECOND;
	}
	if (vcm_host_is_of(domain, vcm_host_symbols.amd_iommu_ops)) {
		amd = container_of(domain, struct protection_domain, domain);
		return BPF_CORE_READ(amd, pd_mode) == PD_MODE_V1 ?
		       VCM_HOST_AMD_V1 : VCM_HOST_X86;
	}
	if (vcm_host_is_of(domain, vcm_host_symbols.viommu_ops) &&
	    bpf_core_type_exists(struct viommu_mapping))
		return VCM_HOST_VIRTIO;
	return VCM_HOST_NO_TABLE;
}

SEC("syscall")
int vcm_host_describe(void *ctx)
{
	struct iommu_domain *domain = (void *)vcm_host_ptr;

	vcm_host_about.ptr = vcm_host_ptr;
	vcm_host_about.type = BPF_CORE_READ(domain, type);
	vcm_host_about.pgsizes = BPF_CORE_READ(domain, pgsize_bitmap);
	vcm_host_about.start = BPF_CORE_READ(domain, geometry.aperture_start);
	vcm_host_about.last = BPF_CORE_READ(domain, geometry.aperture_end);
	vcm_host_about.format = vcm_host_format_of(domain);
	return 0;
}

static __always_inline __u64 vcm_host_read(__u64 at)
{
	__u64 value = 0;

	if (bpf_probe_read_kernel(&value, sizeof(value), (void *)at))
		vcm_host_at.faults++;
	return value;
}

/* IOMMU_READ and IOMMU_WRITE, of a leaf */
static __always_inline __u32 vcm_host_prot(__u32 format, __u64 entry)
{
	switch (format) {
	case VCM_HOST_AMD_V1:
		return (entry >> 61) & 3;
	case VCM_HOST_X86:
		return 1 | (entry & 2);
	default:
		return entry & 3;
	}
}

static __always_inline bool vcm_host_present(__u32 format, __u64 entry)
{
	return entry & (format == VCM_HOST_VTD_SECOND ? 3 : 1);
}

/* Put a run of a dump at the end of the one before, or begin another. */
static __always_inline void vcm_host_note(__u64 iova, __u64 len)
{
	__u32 at = vcm_host_at.runs;
	struct vcm_host_run *run;

	if (at) {
		at--;
		run = bpf_map_lookup_elem(&vcm_host_runs, &at);
		if (run && run->iova + run->len == iova) {
			run->len += len;
			return;
		}
		at++;
	}
	run = bpf_map_lookup_elem(&vcm_host_runs, &at);
	if (!run) {
		vcm_host_at.lost++;
		return;
	}
	run->iova = iova;
	run->len = len;
	vcm_host_at.runs++;
}

/* A leaf that is there; true when it is now among the live mappings and was not before. */
static __always_inline bool vcm_host_add(__u64 iova, __u64 len, __u32 prot)
{
	struct vcm_host_key key = { .iova = iova, .domain = vcm_host_at.number };
	struct vcm_host_live fresh = { .len = len, .prot = prot, .walked = 1 }, *live;

	vcm_host_at.leaves++;
	if (vcm_host_at.dump) {
		vcm_host_note(iova, len);
		return false;
	}
	live = bpf_map_lookup_elem(&vcm_host_live, &key);
	if (live && iova + live->len > vcm_host_at.covered)
		vcm_host_at.covered = iova + live->len;
	if (iova < vcm_host_at.covered)
		return false;
	fresh.made.stack = -1;
	if (bpf_map_update_elem(&vcm_host_live, &key, &fresh, BPF_NOEXIST)) {
		live = bpf_map_lookup_elem(&vcm_host_live, &key);
		vcm_host_at.lost += !live;
		return false;
	}
	vcm_host_at.added++;
	return true;
}

/* The leaf is gone again, see W1; what is there by now may be another mapping's. */
static __always_inline void vcm_host_drop(__u64 iova)
{
	struct vcm_host_key key = { .iova = iova, .domain = vcm_host_at.number };
	struct vcm_host_live *live = bpf_map_lookup_elem(&vcm_host_live, &key);

	if (live && live->walked) {
		bpf_map_delete_elem(&vcm_host_live, &key);
		vcm_host_at.added--;
	}
}

/* One entry of a table, or the way back from one that is done. */
static long vcm_host_walk_round(__u32 round, void *ctx)
{
	struct vcm_host_walk *w = &vcm_host_at;
	__u32 level = w->level & (VCM_HOST_LEVELS - 1), format = w->format, next, nr;
	__u64 at, entry, iova, len;

	if (!level || level > w->top) {
		w->done = 1;
		return 1;
	}
	nr = w->index[level];
	if (nr >= 512) {
		w->level = level + 1;
		return 0;
	}
	w->index[level] = nr + 1;
	at = w->table[level] + nr * sizeof(entry);
	entry = vcm_host_read(at);
	if (!vcm_host_present(format, entry))
		return 0;
	len = 1ull << (12 + 9 * (level - 1));
	iova = w->base[level] + nr * len;
	next = format == VCM_HOST_AMD_V1 ? (entry >> 9) & 7 :
	       level == 1 || (entry & 0x80) ? 0 : level - 1;
	if (!next || next == 7) {	/* large pages of AMD repeat in each entry they cover */
		if (vcm_host_add(iova, len, vcm_host_prot(format, entry)) &&
		    !vcm_host_present(format, vcm_host_read(at)))
			vcm_host_drop(iova);
		return 0;
	}
	if (next >= level)
		return 0;
	w->table[next & (VCM_HOST_LEVELS - 1)] = w->table[0] + (entry & 0xffffffffff000ull &
								~w->base[0]);
	w->base[next & (VCM_HOST_LEVELS - 1)] = iova;
	w->index[next & (VCM_HOST_LEVELS - 1)] = 0;
	w->level = next;
	return 0;
}

/*
 * Where the table of a domain begins.  There is no level 0: its table is where the kernel maps
 * memory, its base the bit of an address that says that memory is encrypted.
 */
static __always_inline void vcm_host_root(struct iommu_domain *domain)
{
	struct protection_domain *amd = container_of(domain, struct protection_domain, domain);
	struct dmar_domain *vtd = container_of(domain, struct dmar_domain, domain);
	struct vcm_host_walk *w = &vcm_host_at;
	__u64 root = 0, secret = vcm_host_value(vcm_host_symbols.sme_me_mask, 8);
	__u32 top = 0;

	if (w->format == VCM_HOST_AMD_V1) {
		top = BPF_CORE_READ(amd, iop.mode);
		root = (__u64)BPF_CORE_READ(amd, iop.root);
	} else if (vcm_host_is_of(domain, vcm_host_symbols.intel_iommu_ops)) {
		top = BPF_CORE_READ(vtd, agaw) + 2;
		root = (__u64)BPF_CORE_READ(vtd, pgd);
	} else {
		root = (__u64)BPF_CORE_READ(amd, iop.pgd);
		top = vcm_host_value(vcm_host_symbols.amd_iommu_gpt_level, sizeof(top));
	}
	w->base[0] = secret;
	w->level = top < VCM_HOST_LEVELS - 1 ? top : 0;
	w->top = w->level;
	w->table[w->level & (VCM_HOST_LEVELS - 1)] = root;
	w->base[w->level & (VCM_HOST_LEVELS - 1)] = w->level ? 0 : secret;
	w->index[w->level & (VCM_HOST_LEVELS - 1)] = 0;
}

/* The interval tree of virtio in its order: next is to see, to go down from, or to come back to. */
enum { VCM_HOST_SEE, VCM_HOST_DOWN, VCM_HOST_BACK };

/* table[1] is the node, level what is next. */
static long vcm_host_tree_round(__u32 round, void *ctx)
{
	struct vcm_host_walk *w = &vcm_host_at;
	struct rb_node *node = (void *)w->table[1], *other;
	struct viommu_mapping *m;
	__u64 start, last;

	if (!node) {
		w->done = 1;
		return 1;
	}
	if (w->level == VCM_HOST_SEE) {
		m = container_of(container_of(node, struct interval_tree_node, rb),
				 struct viommu_mapping, iova);
		start = BPF_CORE_READ(m, iova.start);
		last = BPF_CORE_READ(m, iova.last);
		vcm_host_add(start, last - start + 1, BPF_CORE_READ(m, flags) & 3);
		other = BPF_CORE_READ(node, rb_right);
		w->level = other ? VCM_HOST_DOWN : VCM_HOST_BACK;
		w->table[1] = (__u64)(other ? other : node);
	} else if (w->level == VCM_HOST_DOWN) {
		other = BPF_CORE_READ(node, rb_left);
		if (other)
			w->table[1] = (__u64)other;
		else
			w->level = VCM_HOST_SEE;
	} else {
		other = (void *)(BPF_CORE_READ(node, __rb_parent_color) & ~3ull);
		if (other && BPF_CORE_READ(other, rb_left) == node)
			w->level = VCM_HOST_SEE;
		w->table[1] = (__u64)other;
	}
	return 0;
}

static __always_inline void vcm_host_tree(struct iommu_domain *domain)
{
	struct viommu_domain *viommu = container_of(domain, struct viommu_domain, domain);

	vcm_host_at.table[1] = (__u64)BPF_CORE_READ(viommu, mappings.rb_leftmost);
	vcm_host_at.level = VCM_HOST_SEE;
}

/* Begin a walk of the domain at vcm_host_ptr; 0, or -1 when it has no slot. */
SEC("syscall")
int vcm_host_start(void *ctx)
{
	struct iommu_domain *domain = (void *)vcm_host_ptr;
	struct vcm_host_slot *slot = vcm_host_slot_of(vcm_host_ptr);
	struct vcm_host_walk *w = &vcm_host_at;
	__u32 dump = w->dump;

	if (!slot)
		return -1;
	__builtin_memset(w, 0, sizeof(*w));
	w->dump = dump;
	w->slot = slot->index;
	w->number = slot->domain;
	w->format = vcm_host_format_of(domain);
	w->table[0] = vcm_host_value(vcm_host_symbols.page_offset_base, 8);
	if (!dump)
		slot->walked_ns = ~0ull;
	if (w->format == VCM_HOST_VIRTIO)
		vcm_host_tree(domain);
	else if (w->format != VCM_HOST_NO_TABLE && w->table[0])
		vcm_host_root(domain);
	else
		w->done = 1;
	return 0;
}

/* Some more of it; again and again until vcm_host_at.done. */
SEC("syscall")
int vcm_host_step(void *ctx)
{
	struct vcm_host_slot *slot;
	__u32 at = vcm_host_at.slot;

	if (!vcm_host_at.done && vcm_host_at.format == VCM_HOST_VIRTIO)
		bpf_loop(VCM_HOST_STEPS, vcm_host_tree_round, NULL, 0);
	else if (!vcm_host_at.done)
		bpf_loop(VCM_HOST_STEPS, vcm_host_walk_round, NULL, 0);
	slot = bpf_map_lookup_elem(&vcm_host_slots, &at);
	if (slot && vcm_host_at.done && !vcm_host_at.dump)
		slot->walked_ns = bpf_ktime_get_ns();
	return 0;
}
