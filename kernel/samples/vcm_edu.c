// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcm_edu.c - sample driver: DMA of QEMU's edu device through a context of VCM.
 *
 * The part to copy from is vcm_edu_round() and what it calls: make a context, get memory,
 * reserve a range for it, bind, associate the device, activate, do DMA, and take all of it down
 * in the reverse order.  vcm_edu_mem.c shows where memory may come from.  vcm_edu_hw.c knows the
 * device and nothing of VCM; this file knows VCM and nothing of registers; vcm_edu_debugfs.c
 * starts a run on demand.
 *
 * A round moves every byte of several source buffers through the device into destination
 * buffers of their own and compares.  The bytes are computed from the address they were written
 * for and a seed, so data from the wrong page, the wrong buffer or the wrong round differs.
 *
 * Locking: see vcm_edu.h.
 */
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "vcm.h"
#include "vcm_edu.h"

#define VCM_EDU_WINDOW_START	0x10000000ULL
#define VCM_EDU_WINDOW_LAST	0x1fffffffULL
#define VCM_EDU_SIZES		3	/* buffers have 1, 2, ... pages, then 1 again */
#define VCM_EDU_MAX_ROUNDS	1000
#define VCM_EDU_MAX_BUFFERS	64

/* A piece of a long transfer; none starts at the last byte of a page, see vcm_edu_hw.c. */
#define VCM_EDU_PIECE		4080u

static unsigned int runs;
module_param(runs, uint, 0444);
MODULE_PARM_DESC(runs, "rounds of the sample when a device is found (default 0)");

static unsigned int buffers = 3;
module_param(buffers, uint, 0444);
MODULE_PARM_DESC(buffers, "buffers of a round (default 3)");

/**
 * struct vcm_edu_buf - memory that is bound to a range of its own
 * @phys: the memory
 * @res:  the range
 */
struct vcm_edu_buf {
	struct vcm_phys *phys;
	struct vcm_res *res;
};

/**
 * struct vcm_edu_pair - where a transfer comes from and where it goes
 * @src: the device reads it
 * @dst: the device writes it
 */
struct vcm_edu_pair {
	struct vcm_edu_buf src;
	struct vcm_edu_buf dst;
};

/**
 * struct vcm_edu_run - one round
 * @edu:   the device
 * @vcm:   the context of the round
 * @assoc: the device in it
 * @seed:  what the bytes are computed from, beside their address
 * @nr:    length of @pairs
 * @pairs: the buffers
 */
struct vcm_edu_run {
	struct vcm_edu *edu;
	struct vcm *vcm;
	struct vcm_assoc *assoc;
	u64 seed;
	u32 nr;
	struct vcm_edu_pair pairs[] __counted_by(nr);
};

static u8 vcm_edu_pattern(u64 seed, u64 iova)
{
	return hash_64(iova + seed, 8);
}

/* Memory comes in chunks; each is contiguous for the CPU as it is for the device. */
static u8 *vcm_edu_chunk_kva(const struct vcm_chunk *chunk)
{
	return page_address(pfn_to_page(chunk->pa >> PAGE_SHIFT));
}

/* Write the pattern of the addresses from @iova on, each byte changed by @flip. */
static void vcm_edu_fill(const struct vcm_phys *phys, u64 seed, u64 iova, u8 flip)
{
	const struct vcm_chunk *chunk;
	u32 nr, c;
	u64 i;
	u8 *kva;

	chunk = vcm_phys_chunks(phys, &nr);
	for (c = 0; c < nr; c++, chunk++) {
		kva = vcm_edu_chunk_kva(chunk);
		for (i = 0; i < chunk->len; i++)
			kva[i] = vcm_edu_pattern(seed, iova++) ^ flip;
	}
}

/* Count the bytes that are not the pattern of the addresses from @iova on. */
static u64 vcm_edu_wrong(const struct vcm_phys *phys, u64 seed, u64 iova)
{
	const struct vcm_chunk *chunk;
	u64 i, wrong = 0;
	const u8 *kva;
	u32 nr, c;

	chunk = vcm_phys_chunks(phys, &nr);
	for (c = 0; c < nr; c++, chunk++) {
		kva = vcm_edu_chunk_kva(chunk);
		for (i = 0; i < chunk->len; i++)
			wrong += kva[i] != vcm_edu_pattern(seed, iova++);
	}
	return wrong;
}

/* Take a range of the size of @phys, which may be an error, and bind the two. */
static int vcm_edu_buf_create(struct vcm *vcm, struct vcm_edu_buf *buf, struct vcm_phys *phys,
			      u32 prot)
{
	struct vcm_req range = {};
	int err;

	if (IS_ERR(phys))
		return PTR_ERR(phys);
	buf->phys = phys;
	range.len = vcm_phys_len(phys);
	buf->res = vcm_reserve(vcm, &range);
	if (IS_ERR(buf->res)) {
		err = PTR_ERR(buf->res);
		goto err_put_phys;
	}
	err = vcm_bind(buf->res, buf->phys, 0, prot);
	if (err)
		goto err_unreserve;
	return 0;

err_unreserve:
	vcm_unreserve(buf->res);
err_put_phys:
	vcm_phys_put(buf->phys);
	return err;
}

static void vcm_edu_buf_destroy(struct vcm_edu_buf *buf)
{
	vcm_unbind(buf->res);
	vcm_unreserve(buf->res);
	vcm_phys_put(buf->phys);
}

/*
 * The device may read the source and nothing else, write the destination and nothing else.
 * The destination starts with bytes that are all wrong, or a transfer that never happened
 * would go unseen.
 */
static int vcm_edu_pair_create(struct vcm_edu_run *run, struct vcm_edu_pair *pair, u32 i)
{
	u32 pages = i % VCM_EDU_SIZES + 1;
	u64 iova;
	int err;

	err = vcm_edu_buf_create(run->vcm, &pair->src, vcm_edu_mem(pages, i), VCM_PROT_READ);
	if (err)
		return err;
	err = vcm_edu_buf_create(run->vcm, &pair->dst, vcm_edu_mem(pages, i + 1), VCM_PROT_WRITE);
	if (err)
		goto err_destroy_src;
	iova = vcm_res_start(pair->src.res);
	vcm_edu_fill(pair->src.phys, run->seed, iova, 0);
	vcm_edu_fill(pair->dst.phys, run->seed, iova, 0xff);
	return 0;

err_destroy_src:
	vcm_edu_buf_destroy(&pair->src);
	return err;
}

static void vcm_edu_pairs_destroy(struct vcm_edu_run *run, u32 nr)
{
	while (nr--) {
		vcm_edu_buf_destroy(&run->pairs[nr].dst);
		vcm_edu_buf_destroy(&run->pairs[nr].src);
	}
}

static int vcm_edu_pairs_create(struct vcm_edu_run *run)
{
	u32 i;
	int err;

	for (i = 0; i < run->nr; i++) {
		err = vcm_edu_pair_create(run, &run->pairs[i], i);
		if (err) {
			vcm_edu_pairs_destroy(run, i);
			return err;
		}
	}
	return 0;
}

/* One transfer, unless the device or the caller is on its way out. */
int vcm_edu_transfer(struct vcm_edu *edu, enum vcm_edu_dir dir, u64 iova, u32 off, u32 len)
{
	if (READ_ONCE(edu->gone))
		return -ENODEV;
	if (fatal_signal_pending(current))
		return -EINTR;
	return vcm_edu_hw_dma(&edu->hw, dir, iova, off, len);
}

/* The device's buffer is small: the pieces go through it one after the other. */
static int vcm_edu_pair_move(struct vcm_edu *edu, const struct vcm_edu_pair *pair)
{
	u64 src = vcm_res_start(pair->src.res);
	u64 dst = vcm_res_start(pair->dst.res);
	u64 len = vcm_phys_len(pair->src.phys);
	u64 done;
	u32 piece;
	int err;

	for (done = 0; done < len; done += piece) {
		piece = min_t(u64, len - done, VCM_EDU_PIECE);
		err = vcm_edu_transfer(edu, VCM_EDU_TO_DEVICE, src + done, 0, piece);
		if (err)
			return err;
		edu->stats.bytes_to_device += piece;
		err = vcm_edu_transfer(edu, VCM_EDU_FROM_DEVICE, dst + done, 0, piece);
		if (err)
			return err;
		edu->stats.bytes_from_device += piece;
	}
	return 0;
}

/* The bytes at the destination have to be those that were written at the source. */
static int vcm_edu_pair_verify(struct vcm_edu_run *run, const struct vcm_edu_pair *pair)
{
	u64 src = vcm_res_start(pair->src.res);
	struct vcm_edu *edu = run->edu;
	u64 wrong;

	wrong = vcm_edu_wrong(pair->dst.phys, run->seed, src);
	edu->stats.bytes_verified += vcm_phys_len(pair->dst.phys);
	edu->stats.mismatches += wrong;
	if (!wrong)
		return 0;
	pci_err(edu->hw.pdev, "%llu of %llu bytes from %#llx are wrong at %#llx\n", wrong,
		vcm_phys_len(pair->dst.phys), src, vcm_res_start(pair->dst.res));
	return -EIO;
}

/* All buffers are live together, and compared when the last has arrived. */
static int vcm_edu_move_all(struct vcm_edu_run *run)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i < run->nr; i++)
		err = vcm_edu_pair_move(run->edu, &run->pairs[i]);
	for (i = 0; !err && i < run->nr; i++)
		err = vcm_edu_pair_verify(run, &run->pairs[i]);
	return err;
}

/* What a driver does with VCM, from the first call to the last. */
static int vcm_edu_round(struct vcm_edu_run *run)
{
	const struct vcm_cfg cfg = {
		.start = VCM_EDU_WINDOW_START,
		.last = VCM_EDU_WINDOW_LAST,
		.driver = &vcm_iommu_driver,
	};
	int err;

	run->vcm = vcm_create(&cfg);
	if (IS_ERR(run->vcm))
		return PTR_ERR(run->vcm);
	err = vcm_edu_pairs_create(run);
	if (err)
		goto err_destroy;
	run->assoc = vcm_assoc(run->vcm, &run->edu->hw.pdev->dev);
	if (IS_ERR(run->assoc)) {
		err = PTR_ERR(run->assoc);
		goto err_pairs_destroy;
	}
	err = vcm_activate(run->assoc);
	if (err)
		goto err_deassoc;

	err = vcm_edu_move_all(run);

	vcm_deactivate(run->assoc);
err_deassoc:
	vcm_deassoc(run->assoc);
err_pairs_destroy:
	vcm_edu_pairs_destroy(run, run->nr);
err_destroy:
	vcm_destroy(run->vcm);
	return err;
}

/* Do @rounds rounds of @nr buffers; the first that fails is the last. */
int vcm_edu_run_locked(struct vcm_edu *edu, u32 rounds, u32 nr)
{
	struct vcm_edu_run *run;
	int err = 0;

	lockdep_assert_held(&edu->lock);
	if (!rounds || rounds > VCM_EDU_MAX_ROUNDS || !nr || nr > VCM_EDU_MAX_BUFFERS)
		return -EINVAL;
	run = kzalloc(struct_size(run, pairs, nr), GFP_KERNEL);
	if (!run)
		return -ENOMEM;
	run->edu = edu;
	run->nr = nr;
	while (!err && rounds--) {
		run->seed = edu->seed++;
		err = vcm_edu_round(run);
		if (err)
			continue;
		edu->stats.runs++;
		edu->stats.buffers += nr;
	}
	kfree(run);
	return err;
}

static int vcm_edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vcm_edu *edu;
	int err;

	edu = kzalloc(sizeof(*edu), GFP_KERNEL);
	if (!edu)
		return -ENOMEM;
	mutex_init(&edu->lock);
	err = vcm_edu_hw_init(&edu->hw, pdev);
	if (err)
		goto err_free;
	err = vcm_offer_device(&pdev->dev);
	if (err)
		goto err_hw_fini;
	if (runs) {
		mutex_lock(&edu->lock);
		err = vcm_edu_run_locked(edu, runs, buffers);
		mutex_unlock(&edu->lock);
		if (err)
			goto err_withdraw;
	}
	pci_set_drvdata(pdev, edu);
	vcm_edu_debugfs_add(edu);
	return 0;

err_withdraw:
	vcm_withdraw_device(&pdev->dev);
err_hw_fini:
	vcm_edu_hw_stop(&edu->hw);
	vcm_edu_hw_fini(&edu->hw);
err_free:
	kfree(edu);
	return err;
}

/* The device stops before it leaves its context: nothing is in flight when it is detached. */
static void vcm_edu_remove(struct pci_dev *pdev)
{
	struct vcm_edu *edu = pci_get_drvdata(pdev);

	WRITE_ONCE(edu->gone, true);
	vcm_edu_debugfs_remove(edu);
	vcm_edu_hw_stop(&edu->hw);
	vcm_withdraw_device(&pdev->dev);
	vcm_edu_hw_fini(&edu->hw);
	kfree(edu);
}

static const struct pci_device_id vcm_edu_ids[] = {
	{ PCI_DEVICE(VCM_EDU_VENDOR, VCM_EDU_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, vcm_edu_ids);

static struct pci_driver vcm_edu_driver = {
	.name = "vcm_edu",
	.id_table = vcm_edu_ids,
	.probe = vcm_edu_probe,
	.remove = vcm_edu_remove,
};

static int __init vcm_edu_init(void)
{
	int err;

	vcm_edu_debugfs_init();
	err = pci_register_driver(&vcm_edu_driver);
	if (err)
		vcm_edu_debugfs_fini();
	return err;
}
module_init(vcm_edu_init);

static void __exit vcm_edu_exit(void)
{
	pci_unregister_driver(&vcm_edu_driver);
	vcm_edu_debugfs_fini();
}
module_exit(vcm_edu_exit);

MODULE_DESCRIPTION("Sample: DMA of QEMU's edu device through a VCM context");
MODULE_LICENSE("GPL");
