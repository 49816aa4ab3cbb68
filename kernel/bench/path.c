// SPDX-License-Identifier: GPL-2.0-only
/*
 * path.c - vcm_bench_path.ko: what the whole way of a binding costs, beside the bare IOMMU API.
 *
 * Write "WHAT LEN OPS UNIT" to <debugfs>/vcm_bench_path/run; reading gives the results of the
 * last job, one JSON object a line.  WHAT is
 *
 *   bind   LEN bytes in single pages, the same for each of
 *            bare  iommu_map_sg() and iommu_unmap() in a domain of its own
 *            vcm   vcm_bind() and vcm_unbind()
 *            dma   dma_map_sg() and dma_unmap_sg()
 *   pair   vcm_reserve() and vcm_unreserve() of LEN bytes, with 1000 reservations live
 *   probe  the same with a probe on both tracepoints that does nothing
 *
 * The device is the module parameter; it must not be in use.
 */
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/timex.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>

#include "vcm.h"

#define PATH_TEXT	2048
#define PATH_IOVA	0x100000000ull
#define PATH_LAST	0x3ffffffffull
#define PATH_LIVE	1000
#define PATH_MAX_OPS	10000
#define PATH_MAX_LEN	(256ull << 20)

static char *device = "0000:00:05.0";
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "device behind an IOMMU, on the PCI or the platform bus");

/**
 * struct path_job - a measurement at work
 * @what: see above
 * @unit: of the clock
 * @len:  bytes
 * @ops:  times
 * @dev:  the device
 * @phys: memory in single pages
 * @sgt:  the same pages
 * @to:   what each operation cost
 * @back: what undoing it cost
 * @nr:   how many are done
 */
struct path_job {
	char what[8];
	char unit[8];
	u64 len;
	u32 ops;
	struct device *dev;
	struct vcm_phys *phys;
	struct sg_table sgt;
	u32 *to;
	u32 *back;
	u32 nr;
};

static DEFINE_MUTEX(path_lock);		/* one job at a time, and path_text */
static char path_text[PATH_TEXT];
static int path_len;
static bool path_counts;
static struct dentry *path_dir;
static struct tracepoint *path_tps[2];	/* vcm_reserve and vcm_unreserve */

static u64 path_clock(void)
{
	return path_counts ? get_cycles() : ktime_get_ns();
}

static void __printf(1, 2) path_say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	path_len += vscnprintf(path_text + path_len, PATH_TEXT - path_len, fmt, args);
	va_end(args);
}

static void path_record(struct path_job *job, u64 from, u64 between, u64 end)
{
	job->to[job->nr] = between - from;
	job->back[job->nr] = end - between;
	job->nr++;
	cond_resched();
}

static int path_compare(const void *a, const void *b)
{
	const u32 *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

static void path_tell(const struct path_job *job, const char *name, const char *bench, u32 *sample)
{
	u64 sum = 0;

	for (u32 i = 0; i < job->nr; i++)
		sum += sample[i];
	sort(sample, job->nr, sizeof(*sample), path_compare, NULL);
	path_say("{\"bench\":\"%s\",\"impl\":\"%s\",\"live\":%llu,\"threads\":1,", bench, name,
		 job->len);
	path_say("\"unit\":\"%s\",\"mean\":%llu,\"p50\":%u,\"p99\":%u,\"p999\":%u,", job->unit,
		 sum / job->nr, sample[job->nr / 2], sample[job->nr - 1 - job->nr / 100],
		 sample[job->nr - 1 - job->nr / 1000]);
	path_say("\"max\":%u,\"n\":%u}\n", sample[job->nr - 1], job->nr);
}

/* The pages of the job's memory as a list for the IOMMU API. */
static int path_sgt_fill(struct path_job *job)
{
	const struct vcm_chunk *chunks;
	struct scatterlist *sg;
	u32 nr_chunks, i;
	int err;

	chunks = vcm_phys_chunks(job->phys, &nr_chunks);
	err = sg_alloc_table(&job->sgt, nr_chunks, GFP_KERNEL);
	if (err)
		return err;
	for_each_sgtable_sg(&job->sgt, sg, i)
		sg_set_page(sg, pfn_to_page(PHYS_PFN(chunks[i].pa)), chunks[i].len, 0);
	return 0;
}

static int path_bare(struct path_job *job)
{
	struct iommu_domain *domain = iommu_paging_domain_alloc(job->dev);
	int prot = IOMMU_READ | IOMMU_WRITE | IOMMU_CACHE, err;
	u64 from, between;
	ssize_t mapped;

	if (IS_ERR(domain))
		return PTR_ERR(domain);
	err = iommu_attach_device(domain, job->dev);
	if (err)
		goto err_free;
	while (!err && job->nr < job->ops) {
		from = path_clock();
		mapped = iommu_map_sg(domain, PATH_IOVA, job->sgt.sgl, job->sgt.orig_nents, prot,
				      GFP_KERNEL_ACCOUNT);
		between = path_clock();
		if (mapped != job->len) {
			err = -EIO;
			break;
		}
		iommu_unmap(domain, PATH_IOVA, job->len);
		path_record(job, from, between, path_clock());
	}
	iommu_detach_device(domain, job->dev);
err_free:
	iommu_domain_free(domain);
	return err;
}

static int path_dma(struct path_job *job)
{
	u64 from, between;
	int nents;

	while (job->nr < job->ops) {
		from = path_clock();
		nents = dma_map_sg(job->dev, job->sgt.sgl, job->sgt.orig_nents, DMA_BIDIRECTIONAL);
		between = path_clock();
		if (!nents)
			return -EIO;
		dma_unmap_sg(job->dev, job->sgt.sgl, job->sgt.orig_nents, DMA_BIDIRECTIONAL);
		path_record(job, from, between, path_clock());
	}
	return 0;
}

static int path_bind(struct path_job *job, struct vcm *vcm)
{
	struct vcm_res *res = vcm_reserve_at(vcm, PATH_IOVA, job->len);
	u64 from, between;
	int err = 0;

	if (IS_ERR(res))
		return PTR_ERR(res);
	while (!err && job->nr < job->ops) {
		from = path_clock();
		err = vcm_bind(res, job->phys, 0, VCM_PROT_READ | VCM_PROT_WRITE);
		between = path_clock();
		if (!err)
			err = vcm_unbind(res);
		if (!err)
			path_record(job, from, between, path_clock());
	}
	vcm_unreserve(res);
	return err;
}

static int path_vcm(struct path_job *job, struct vcm *vcm)
{
	int err = vcm_add_device(job->dev);
	struct vcm_assoc *assoc;
	bool added = !err;

	if (err && err != -EEXIST)
		return err;
	assoc = vcm_assoc(vcm, job->dev);
	err = PTR_ERR_OR_ZERO(assoc);
	if (!err) {
		err = vcm_activate(assoc);
		if (!err)
			err = path_bind(job, vcm);
		vcm_deassoc(assoc);
	}
	if (added)
		vcm_withdraw_device(job->dev);
	return err;
}

static int path_pair(struct path_job *job, struct vcm *vcm)
{
	const struct vcm_req req = { .len = job->len };
	struct vcm_res *res;
	u64 from, between;

	for (u32 i = 0; i < PATH_LIVE; i++)
		if (IS_ERR(vcm_reserve(vcm, &req)))
			return -ENOSPC;
	while (job->nr < job->ops) {
		from = path_clock();
		res = vcm_reserve(vcm, &req);
		between = path_clock();
		if (IS_ERR(res))
			return PTR_ERR(res);
		vcm_unreserve(res);
		path_record(job, from, between, path_clock());
	}
	return 0;
}

/* Called with what a tracepoint has to say; the rest of the arguments is not looked at. */
static void path_nothing(void *data, u32 stream, u64 seq)
{
}

static int path_probe(struct path_job *job, struct vcm *vcm)
{
	int err;

	if (!path_tps[0] || !path_tps[1])
		return -ENOENT;
	err = tracepoint_probe_register(path_tps[0], path_nothing, NULL);
	if (err)
		return err;
	err = tracepoint_probe_register(path_tps[1], path_nothing, NULL);
	if (!err) {
		err = path_pair(job, vcm);
		tracepoint_probe_unregister(path_tps[1], path_nothing, NULL);
	}
	tracepoint_probe_unregister(path_tps[0], path_nothing, NULL);
	return err;
}

static int path_in_context(struct path_job *job, int (*run)(struct path_job *job, struct vcm *vcm))
{
	const struct vcm_cfg cfg = { .last = PATH_LAST, .driver = &vcm_iommu_driver };
	struct vcm *vcm = vcm_create(&cfg);
	int err;

	if (IS_ERR(vcm))
		return PTR_ERR(vcm);
	err = run(job, vcm);
	vcm_destroy(vcm);
	return err;
}

static void path_tell_both(struct path_job *job, const char *name)
{
	path_tell(job, name, "path-to", job->to);
	path_tell(job, name, "path-back", job->back);
	job->nr = 0;
}

/* The same pages three ways. */
static int path_bind_all(struct path_job *job)
{
	int err = path_bare(job);

	if (err)
		return err;
	path_tell_both(job, "bare");
	err = path_in_context(job, path_vcm);
	if (err)
		return err;
	path_tell_both(job, "vcm");
	err = path_dma(job);
	if (!err)
		path_tell_both(job, "dma");
	return err;
}

static int path_do(struct path_job *job)
{
	int err = -EINVAL;

	if (!strcmp(job->what, "bind"))
		return path_bind_all(job);
	if (!strcmp(job->what, "pair"))
		err = path_in_context(job, path_pair);
	else if (!strcmp(job->what, "probe"))
		err = path_in_context(job, path_probe);
	if (!err)
		path_tell_both(job, job->what);
	return err;
}

static struct device *path_device(void)
{
	struct device *dev = bus_find_device_by_name(&pci_bus_type, NULL, device);

	return dev ? dev : bus_find_device_by_name(&platform_bus_type, NULL, device);
}

static int path_run(struct path_job *job)
{
	const struct vcm_phys_req req = { .len = job->len, .orders = 1 };
	int err;

	path_len = 0;
	path_counts = !strcmp(job->unit, "instr");
	job->dev = path_device();
	if (!job->dev)
		return -ENODEV;
	/* What all ways use lies above 4 GiB. */
	err = dma_set_mask_and_coherent(job->dev, DMA_BIT_MASK(64));
	if (err) {
		put_device(job->dev);
		return err;
	}
	err = -ENOMEM;
	job->phys = vcm_phys_alloc(&req);
	if (IS_ERR(job->phys)) {
		put_device(job->dev);
		return PTR_ERR(job->phys);
	}
	job->to = kvcalloc(job->ops, 2 * sizeof(*job->to), GFP_KERNEL);
	job->back = job->to + job->ops;
	if (job->to)
		err = path_sgt_fill(job);
	if (!err) {
		err = path_do(job);
		sg_free_table(&job->sgt);
	}
	kvfree(job->to);
	vcm_phys_put(job->phys);
	put_device(job->dev);
	return err;
}

static ssize_t path_write(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	struct path_job job = {};
	char line[64];
	int err;

	if (len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, text, len))
		return -EFAULT;
	line[len] = '\0';
	if (sscanf(line, "%7s %llu %u %7s", job.what, &job.len, &job.ops, job.unit) != 4)
		return -EINVAL;
	if (!job.ops || job.ops > PATH_MAX_OPS || !job.len || job.len > PATH_MAX_LEN)
		return -EINVAL;
	mutex_lock(&path_lock);
	err = path_run(&job);
	mutex_unlock(&path_lock);
	return err ? err : len;
}

static ssize_t path_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	ssize_t done;

	mutex_lock(&path_lock);
	done = simple_read_from_buffer(to, len, pos, path_text, path_len);
	mutex_unlock(&path_lock);
	return done;
}

static const struct file_operations path_fops = {
	.owner = THIS_MODULE,
	.read = path_read,
	.write = path_write,
	.llseek = default_llseek,
};

/* Called at registration for each module that has tracepoints, and whenever one comes or goes. */
static int path_module(struct notifier_block *block, unsigned long action, void *data)
{
	struct tp_module *module = data;

	if (action != MODULE_STATE_COMING || strcmp(module->mod->name, "vcm"))
		return 0;
	for (unsigned int i = 0; i < module->mod->num_tracepoints; i++) {
		struct tracepoint *tp = tracepoint_ptr_deref(&module->mod->tracepoints_ptrs[i]);

		if (!strcmp(tp->name, "vcm_reserve"))
			path_tps[0] = tp;
		if (!strcmp(tp->name, "vcm_unreserve"))
			path_tps[1] = tp;
	}
	return 0;
}

static struct notifier_block path_block = { .notifier_call = path_module };

static int __init path_init(void)
{
	int err = register_tracepoint_module_notifier(&path_block);

	if (err)
		return err;
	path_dir = debugfs_create_dir("vcm_bench_path", NULL);
	debugfs_create_file("run", 0600, path_dir, NULL, &path_fops);
	return 0;
}

static void __exit path_exit(void)
{
	debugfs_remove(path_dir);
	unregister_tracepoint_module_notifier(&path_block);
}

module_init(path_init);
module_exit(path_exit);

MODULE_DESCRIPTION("The whole way of a binding, measured beside the bare IOMMU API");
MODULE_LICENSE("GPL");
