// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs.c - debugfs/vcm/: views for people.
 *
 * One text file a subject, its name and version in the first line and the columns in the
 * second.  Machines read the snapshot file or the events.  Every file is printed under the
 * locks that make it consistent; a file that does not fit its buffer is printed anew.
 *
 * Locking: registry lock, and inside it one context's.  Directories of contexts come and go
 * without any lock held, because removing one waits for its readers.
 */
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "core/core.h"
#include "obs/obs.h"

static struct dentry *vcm_debugfs_root;

static const char *vcm_state_name(const struct vcm_res *res)
{
	if (res->flags & VCM_RESERVE_BOUND)
		return "window";
	if (!res->phys)
		return "reserved";
	return res->vcm->nr_domains ? "active" : "bound";
}

static const char *vcm_prot_name(u32 prot)
{
	static const char *const names[] = { "-", "r-", "-w", "rw" };

	return names[prot & (VCM_PROT_READ | VCM_PROT_WRITE)];
}

static u64 vcm_bytes_mapped(const struct vcm *vcm)
{
	return vcm->nr_domains ? vcm->bytes_bound : 0;
}

static void vcm_context_show(struct seq_file *m, struct vcm *vcm)
{
	const struct vcm_assoc *assoc;
	u32 assocs = 0, active = 0;

	list_for_each_entry(assoc, &vcm->assocs, node) {
		assocs++;
		active += !!assoc->active;
	}
	vcm_stream_lock(&vcm->stream);
	seq_printf(m, "%u %s %u %016llx %016llx %llu %llu %llu %llu %u %u\n", vcm->id,
		   vcm->driver->name, vcm->refs.total, vcm->ranges.start, vcm->ranges.last,
		   vcm->nr_res, vcm->bytes_reserved, vcm->bytes_bound, vcm_bytes_mapped(vcm),
		   assocs, active);
	vcm_stream_unlock(&vcm->stream);
}

static int vcm_contexts_show(struct seq_file *m, void *v)
{
	struct vcm *vcm;

	seq_puts(m, "# vcm contexts v1\n");
	seq_puts(m, "# vcm driver refs start last reservations reserved bound mapped");
	seq_puts(m, " associations active\n");
	vcm_stream_lock(&vcm_registry.stream);
	list_for_each_entry(vcm, &vcm_registry.contexts, node)
		vcm_context_show(m, vcm);
	vcm_stream_unlock(&vcm_registry.stream);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcm_contexts);

static void vcm_res_show(struct seq_file *m, const struct vcm_res *res)
{
	seq_printf(m, "%016llx %016llx %llu %s %u %llu %llu %llx %s %u\n", res->start,
		   res->start + (res->len - 1), res->len, vcm_state_name(res),
		   res->refs.total, res->id,
		   res->phys ? res->phys->id : 0, res->off, vcm_prot_name(res->prot),
		   res->phys ? res->vcm->nr_domains : 0);
}

static struct vcm *vcm_find_locked(u32 id)
{
	struct vcm *vcm;

	list_for_each_entry(vcm, &vcm_registry.contexts, node)
		if (vcm->id == id)
			return vcm;
	return NULL;
}

static int vcm_map_show(struct seq_file *m, void *v)
{
	struct vcm_res *res;
	struct vcm *vcm;

	seq_puts(m, "# vcm map v1\n");
	seq_puts(m, "# start last len state refs res phys off prot mapped\n");
	vcm_stream_lock(&vcm_registry.stream);
	vcm = vcm_find_locked((u32)(unsigned long)m->private);
	if (vcm) {
		vcm_stream_lock(&vcm->stream);
		for (res = vcm_res_first(vcm); res; res = vcm_res_next(res))
			vcm_res_show(m, res);
		vcm_stream_unlock(&vcm->stream);
	}
	vcm_stream_unlock(&vcm_registry.stream);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcm_map);

static int vcm_memory_show(struct seq_file *m, void *v)
{
	const struct vcm_phys *phys;

	seq_puts(m, "# vcm memory v1\n");
	seq_puts(m, "# phys len chunks refs bindings\n");
	vcm_stream_lock(&vcm_registry.stream);
	list_for_each_entry(phys, &vcm_registry.physes, node)
		seq_printf(m, "%llu %llu %u %u %u\n", phys->id, phys->len, phys->nr_chunks,
			   phys->refs.total,
			   refcount_read(&phys->uses) - !!phys->refs.total - phys->kva_users);
	vcm_stream_unlock(&vcm_registry.stream);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcm_memory);

static int vcm_carveouts_show(struct seq_file *m, void *v)
{
	const struct vcm_carveout *carveout;

	seq_puts(m, "# vcm carveouts v1\n");
	seq_puts(m, "# start last len held pieces\n");
	mutex_lock(&vcm_registry.carve_lock);
	list_for_each_entry(carveout, &vcm_registry.carveouts, node)
		seq_printf(m, "%016llx %016llx %llu %llu %u\n", carveout->ranges.start,
			   carveout->ranges.last,
			   carveout->ranges.last - carveout->ranges.start + 1, carveout->held,
			   carveout->pieces);
	mutex_unlock(&vcm_registry.carve_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcm_carveouts);

static void vcm_device_show(struct seq_file *m, const struct vcm_device *dev)
{
	const struct vcm_assoc *assoc;
	u32 assocs = 0, active = 0;
	const struct vcm *vcm;

	list_for_each_entry(vcm, &vcm_registry.contexts, node) {
		list_for_each_entry(assoc, &vcm->assocs, node) {
			assocs += assoc->dev == dev;
			active += assoc->dev == dev && assoc->active;
		}
	}
	seq_printf(m, "%u %s %s %u %u\n", dev->id, dev->name, dev->iommu[0] ? dev->iommu : "-",
		   assocs, active);
}

static int vcm_devices_show(struct seq_file *m, void *v)
{
	const struct vcm_device *dev;

	seq_puts(m, "# vcm devices v1\n");
	seq_puts(m, "# dev name iommu associations active\n");
	vcm_stream_lock(&vcm_registry.stream);
	list_for_each_entry(dev, &vcm_registry.devices, node)
		vcm_device_show(m, dev);
	vcm_stream_unlock(&vcm_registry.stream);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcm_devices);

static int vcm_assocs_show(struct seq_file *m, void *v)
{
	const struct vcm_assoc *assoc;

	seq_puts(m, "# vcm assocs v1\n");
	seq_puts(m, "# assoc vcm dev active domain\n");
	vcm_stream_lock(&vcm_registry.stream);
	for (assoc = vcm_assoc_after(0); assoc; assoc = vcm_assoc_after(assoc->id))
		seq_printf(m, "%llu %u %u %u %u\n", assoc->id, assoc->vcm->id, assoc->dev->id,
			   assoc->active, assoc->dom ? assoc->dom->id : 0);
	vcm_stream_unlock(&vcm_registry.stream);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcm_assocs);

/**
 * struct vcm_totals - sums over everything
 * @contexts:     contexts
 * @assocs:       associations
 * @reservations: reservations
 * @physes:       memory objects
 * @reserved:     bytes
 * @bound:        bytes
 * @mapped:       bytes
 * @refs:         references to contexts, reservations and memory
 * @events:       events of the streams that exist
 */
struct vcm_totals {
	u64 contexts;
	u64 assocs;
	u64 reservations;
	u64 physes;
	u64 reserved;
	u64 bound;
	u64 mapped;
	u64 refs;
	u64 events;
};

static void vcm_totals_add(struct vcm_totals *sum, struct vcm *vcm)
{
	const struct vcm_assoc *assoc;
	struct vcm_res *res;

	sum->contexts++;
	sum->refs += vcm->refs.total;
	list_for_each_entry(assoc, &vcm->assocs, node)
		sum->assocs++;
	vcm_stream_lock(&vcm->stream);
	sum->events += vcm->stream.seq;
	sum->reservations += vcm->nr_res;
	sum->reserved += vcm->bytes_reserved;
	sum->bound += vcm->bytes_bound;
	sum->mapped += vcm_bytes_mapped(vcm);
	for (res = vcm_res_first(vcm); res; res = vcm_res_next(res))
		sum->refs += res->refs.total;
	vcm_stream_unlock(&vcm->stream);
}

static u64 vcm_carved_bytes(void)
{
	const struct vcm_carveout *carveout;
	u64 held = 0;

	mutex_lock(&vcm_registry.carve_lock);
	list_for_each_entry(carveout, &vcm_registry.carveouts, node)
		held += carveout->held;
	mutex_unlock(&vcm_registry.carve_lock);
	return held;
}

static int vcm_stats_show(struct seq_file *m, void *v)
{
	struct vcm_totals sum = {};
	const struct vcm_phys *phys;
	struct vcm *vcm;

	vcm_stream_lock(&vcm_registry.stream);
	sum.events = vcm_registry.stream.seq;
	list_for_each_entry(vcm, &vcm_registry.contexts, node)
		vcm_totals_add(&sum, vcm);
	list_for_each_entry(phys, &vcm_registry.physes, node) {
		sum.physes++;
		sum.refs += phys->refs.total;
	}
	vcm_stream_unlock(&vcm_registry.stream);
	seq_puts(m, "# vcm stats v1\n");
	seq_printf(m, "contexts: %llu\nreservations: %llu\nassociations: %llu\n", sum.contexts,
		   sum.reservations, sum.assocs);
	seq_printf(m, "memory_objects: %llu\npages: %llu\nobjects: %llu\n", sum.physes,
		   vcm_os_pages_held(), vcm_os_objects_held());
	seq_printf(m, "bytes_reserved: %llu\nbytes_bound: %llu\nbytes_mapped: %llu\n",
		   sum.reserved, sum.bound, sum.mapped);
	seq_printf(m, "references: %llu\nevents: %llu\n", sum.refs, sum.events);
	seq_printf(m, "bytes_carved: %llu\n", vcm_carved_bytes());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcm_stats);

static void vcm_holds_show(struct seq_file *m, const struct vcm_refs *refs, const char *kind,
			   u32 vcm, u64 id)
{
	const struct vcm_hold *hold;

	list_for_each_entry(hold, &refs->holds, node)
		seq_printf(m, "%s %u %llu %u %s\n", kind, vcm, id, hold->count,
			   hold->holder->name);
	if (refs->unnamed)
		seq_printf(m, "%s %u %llu %u -\n", kind, vcm, id, refs->unnamed);
}

static int vcm_reference_counts_show(struct seq_file *m, void *v)
{
	const struct vcm_phys *phys;
	struct vcm_res *res;
	struct vcm *vcm;

	seq_puts(m, "# vcm reference_counts v1\n");
	seq_puts(m, "# kind vcm id count holder\n");
	vcm_stream_lock(&vcm_registry.stream);
	list_for_each_entry(vcm, &vcm_registry.contexts, node) {
		vcm_holds_show(m, &vcm->refs, "context", vcm->id, vcm->id);
		vcm_stream_lock(&vcm->stream);
		for (res = vcm_res_first(vcm); res; res = vcm_res_next(res))
			vcm_holds_show(m, &res->refs, "reservation", vcm->id, res->id);
		vcm_stream_unlock(&vcm->stream);
	}
	list_for_each_entry(phys, &vcm_registry.physes, node)
		vcm_holds_show(m, &phys->refs, "phys", 0, phys->id);
	vcm_stream_unlock(&vcm_registry.stream);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcm_reference_counts);

static int vcm_check_show(struct seq_file *m, void *v)
{
	const char *bad = vcm_check();

	seq_printf(m, "%s\n", bad ? bad : "ok");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcm_check);

static void vcm_debugfs_created(u32 vcm)
{
	struct dentry *dir;
	char name[12];

	snprintf(name, sizeof(name), "%u", vcm);
	dir = debugfs_create_dir(name, vcm_debugfs_root);
	debugfs_create_file("map", 0400, dir, (void *)(unsigned long)vcm, &vcm_map_fops);
}

static void vcm_debugfs_destroyed(u32 vcm)
{
	char name[12];

	snprintf(name, sizeof(name), "%u", vcm);
	debugfs_lookup_and_remove(name, vcm_debugfs_root);
}

static const struct vcm_observer vcm_debugfs_observer = {
	.created = vcm_debugfs_created,
	.destroyed = vcm_debugfs_destroyed,
};

/* Make debugfs/vcm/, and the iterator for BPF. */
void vcm_obs_init(void)
{
	struct dentry *root = debugfs_create_dir("vcm", NULL);

	vcm_debugfs_root = root;
	debugfs_create_file("contexts", 0400, root, NULL, &vcm_contexts_fops);
	debugfs_create_file("memory", 0400, root, NULL, &vcm_memory_fops);
	debugfs_create_file("carveouts", 0400, root, NULL, &vcm_carveouts_fops);
	debugfs_create_file("devices", 0400, root, NULL, &vcm_devices_fops);
	debugfs_create_file("assocs", 0400, root, NULL, &vcm_assocs_fops);
	debugfs_create_file("stats", 0400, root, NULL, &vcm_stats_fops);
	debugfs_create_file("reference_counts", 0400, root, NULL, &vcm_reference_counts_fops);
	debugfs_create_file("check", 0400, root, NULL, &vcm_check_fops);
	vcm_inject_add(root);
	vcm_snapfile_add(root);
	vcm_set_observer(&vcm_debugfs_observer);
	vcm_kfunc_init();
}

/* Remove it. */
void vcm_obs_exit(void)
{
	vcm_set_observer(NULL);
	debugfs_remove(vcm_debugfs_root);
}
