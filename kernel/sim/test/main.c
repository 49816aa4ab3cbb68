// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - vcm_fmt_test.ko: the page-table formats under random calls, in the kernel.
 *
 * debugfs/vcm_fmt_test/run
 *   write  "FORMAT CALLS SEED": so many calls for a format; returns when they are done.  EINVAL
 *          for a line that is not one, EILSEQ when the format and the oracle disagree.
 *   read   what came of the last run: "ok" or "failed", and what was done
 *
 * Tables are pages of the machine, as those of a simulated IOMMU are.  Needs vcm_fmt.ko alone.
 *
 * Locking: vcm_churn_lock, around a run.
 */
#include <linux/debugfs.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "churn.h"

#define VCM_CHURN_RELAX	256	/* steps between two looks whether others want to run */

/**
 * struct vcm_churn_bank - pages for tables; vcm_churn_lock
 * @retired:   tables that are to be freed
 * @held:      tables that are allocated
 * @fail_left: the table that fails, counted down
 * @failed:    it did
 * @steps:     calls of relax
 */
struct vcm_churn_bank {
	struct list_head retired;
	u64 held;
	u64 fail_left;
	bool failed;
	u64 steps;
};

static DEFINE_MUTEX(vcm_churn_lock);
static struct vcm_churn_bank vcm_churn_bank;
static struct dentry *vcm_churn_dir;
static char vcm_churn_result[512] = "nothing was run\n";

static void *vcm_churn_alloc(void *priv, u64 len, u64 last)
{
	struct vcm_churn_bank *bank = priv;
	gfp_t gfp = GFP_KERNEL | __GFP_ZERO | (last <= U32_MAX ? GFP_DMA32 : 0);
	struct page *page;

	if (bank->fail_left && !--bank->fail_left) {
		bank->failed = true;
		return NULL;
	}
	page = alloc_pages(gfp, get_order(len));
	if (!page)
		return NULL;
	bank->held++;
	return page_address(page);
}

static void vcm_churn_free(void *priv, void *table, u64 len)
{
	struct vcm_churn_bank *bank = priv;

	bank->held--;
	free_pages((unsigned long)table, get_order(len));
}

static u64 vcm_churn_to_pa(void *priv, const void *table)
{
	return virt_to_phys((void *)table);
}

static void *vcm_churn_to_va(void *priv, u64 pa, u64 len)
{
	return pfn_valid(PHYS_PFN(pa)) ? phys_to_virt(pa) : NULL;
}

static const struct vcm_pt_mem_ops vcm_churn_mem_ops = {
	.alloc = vcm_churn_alloc,
	.free = vcm_churn_free,
	.to_pa = vcm_churn_to_pa,
	.to_va = vcm_churn_to_va,
};

static const struct vcm_pt_mem vcm_churn_mem = {
	.ops = &vcm_churn_mem_ops,
	.priv = &vcm_churn_bank,
};

/* On a list by their pages; what is in them stays as it is until they are freed. */
static void vcm_churn_retire(void *priv, void *table, u64 len)
{
	struct vcm_churn_bank *bank = priv;
	struct page *page = virt_to_page(table);

	set_page_private(page, len);
	list_add_tail(&page->lru, &bank->retired);
}

static void vcm_churn_reclaim(void *priv)
{
	struct vcm_churn_bank *bank = priv;
	struct page *page, *after;

	list_for_each_entry_safe(page, after, &bank->retired, lru) {
		u64 len = page_private(page);

		list_del(&page->lru);
		set_page_private(page, 0);
		vcm_churn_free(bank, page_address(page), len);
	}
}

static void vcm_churn_fail(void *priv, u64 nth)
{
	struct vcm_churn_bank *bank = priv;

	bank->fail_left = nth;
	bank->failed = false;
}

static bool vcm_churn_failed(void *priv)
{
	struct vcm_churn_bank *bank = priv;

	return bank->failed;
}

static u64 vcm_churn_held(void *priv)
{
	struct vcm_churn_bank *bank = priv;

	return bank->held;
}

static void vcm_churn_relax(void *priv)
{
	struct vcm_churn_bank *bank = priv;

	if (!(++bank->steps % VCM_CHURN_RELAX))
		cond_resched();
}

static const struct vcm_churn_env vcm_churn_env = {
	.mem = &vcm_churn_mem,
	.priv = &vcm_churn_bank,
	.retire = vcm_churn_retire,
	.reclaim = vcm_churn_reclaim,
	.fail = vcm_churn_fail,
	.failed = vcm_churn_failed,
	.held = vcm_churn_held,
	.relax = vcm_churn_relax,
};

static void vcm_churn_report(const struct vcm_fmt *fmt, u64 calls, u64 seed, const char *bad,
			     const struct vcm_churn_stats *stats)
{
	size_t room = sizeof(vcm_churn_result);
	char *text = vcm_churn_result;
	int len;

	len = scnprintf(text, room, "%s %s calls=%llu seed=%llu held=%llu",
			bad ? "failed" : "ok", fmt->name, calls, seed, vcm_churn_bank.held);
	len += scnprintf(text + len, room - len, " maps=%llu exists=%llu unmaps=%llu holes=%llu",
			 stats->maps, stats->exists, stats->unmaps, stats->holes);
	len += scnprintf(text + len, room - len, " splits=%llu nomem=%llu refused=%llu",
			 stats->splits, stats->nomem, stats->refused);
	scnprintf(text + len, room - len, " looks=%llu hits=%llu%s%s\n", stats->looks,
		  stats->hits, bad ? ": " : "", bad ?: "");
}

/* Return: 0, -EILSEQ when something was wrong, -ENOMEM. */
static int vcm_churn_one(const struct vcm_fmt *fmt, u64 calls, u64 seed)
{
	struct vcm_churn_page *page = kvcalloc(vcm_churn_pages(fmt), sizeof(*page), GFP_KERNEL);
	struct vcm_churn *churn = kvzalloc(sizeof(*churn), GFP_KERNEL);
	const char *bad;
	int err = -ENOMEM;

	if (!page || !churn)
		goto out_free;
	vcm_churn_bank = (struct vcm_churn_bank) { 0 };
	INIT_LIST_HEAD(&vcm_churn_bank.retired);
	bad = vcm_churn_begin(churn, &vcm_churn_env, fmt, page, seed);
	if (!bad)
		bad = vcm_churn_run(churn, calls);
	vcm_churn_report(fmt, calls, seed, bad, &churn->stats);
	err = bad ? -EILSEQ : 0;
out_free:
	kvfree(churn);
	kvfree(page);
	return err;
}

static ssize_t vcm_churn_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	const struct vcm_fmt *fmt;
	char text[64], name[16];
	u64 calls, seed;
	int err;

	if (len >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, len))
		return -EFAULT;
	text[len] = '\0';
	if (sscanf(text, "%15s %llu %llu", name, &calls, &seed) != 3)
		return -EINVAL;
	fmt = vcm_fmt_find(name);
	if (!fmt)
		return -EINVAL;
	mutex_lock(&vcm_churn_lock);
	err = vcm_churn_one(fmt, calls, seed);
	mutex_unlock(&vcm_churn_lock);
	return err ?: len;
}

static int vcm_churn_show(struct seq_file *seq, void *unused)
{
	mutex_lock(&vcm_churn_lock);
	seq_puts(seq, vcm_churn_result);
	mutex_unlock(&vcm_churn_lock);
	return 0;
}

static int vcm_churn_open(struct inode *inode, struct file *file)
{
	return single_open(file, vcm_churn_show, NULL);
}

static const struct file_operations vcm_churn_run_fops = {
	.owner = THIS_MODULE,
	.open = vcm_churn_open,
	.read = seq_read,
	.write = vcm_churn_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int __init vcm_churn_init(void)
{
	vcm_churn_dir = debugfs_create_dir("vcm_fmt_test", NULL);
	debugfs_create_file("run", 0600, vcm_churn_dir, NULL, &vcm_churn_run_fops);
	return 0;
}

static void __exit vcm_churn_exit(void)
{
	debugfs_remove(vcm_churn_dir);
}

module_init(vcm_churn_init);
module_exit(vcm_churn_exit);

MODULE_DESCRIPTION("VCM: tests of the page-table formats");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
