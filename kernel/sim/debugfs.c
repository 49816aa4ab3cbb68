// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs.c - debugfs/vcm_sim: what the instances are and do, and what they do wrong on demand.
 *
 *   state        one line for each live instance and device; docs/debugfs.md; vcmstat reads it
 *   mmu/NAME/
 *     stats      counters, "key: value"
 *     faults     the last faults, the oldest first
 *     power      write off: registers and IOTLB forget; on: as after a reset; restore: the
 *                driver writes the registers again.  Read: on or off
 *     lock       write "BANK IOVA": load the translation and lock it in the IOTLB
 *     erratum    write "skip N": lose N invalidations of a range; "wrong N": give them to
 *                another instance; "walk N": fail N walks.  Read: what is left of them
 *   dev/NAME/    see debugfs_dev.c
 *
 * Numbers are in C notation.  Locking: readers and writers take vcm_sim_lock only where they
 * look at lists; removing a folder waits for who is inside, and is done with that lock held, so
 * files below mmu/ and dev/ must not take it.
 */
#include <linux/debugfs.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "debugfs.h"
#include "sim.h"

static struct dentry *vcm_sim_root, *vcm_sim_mmu_dir;
struct dentry *vcm_sim_dev_dir;

/* Copy one written line and cut it.  Return: 0, -EINVAL when it is too long, -EFAULT. */
int vcm_sim_line_get(struct vcm_sim_line *line, const char __user *ubuf, size_t len)
{
	char *rest, *next;

	line->nr = 0;
	if (!len || len >= sizeof(line->text))
		return -EINVAL;
	if (copy_from_user(line->text, ubuf, len))
		return -EFAULT;
	line->text[len] = '\0';
	rest = strim(line->text);
	while ((next = strsep(&rest, " \t")) != NULL) {
		if (!*next)
			continue;
		if (line->nr == VCM_SIM_WORDS)
			return -EINVAL;
		line->word[line->nr++] = next;
	}
	return line->nr ? 0 : -EINVAL;
}

static u64 vcm_sim_fault_count(const struct vcm_sim_mmu *mmu)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < VCM_SIM_REASONS; i++)
		sum += mmu->stats.faults[i];
	return sum;
}

static u32 vcm_sim_banks_used(const struct vcm_sim_mmu *mmu)
{
	u32 i, used = 0;

	for (i = 0; i < mmu->cfg.contexts; i++)
		used += !!mmu->banks[i].domain;
	return used;
}

static u64 vcm_sim_flushes(const struct vcm_sim_mmu *mmu)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < VCM_IOTLB_KINDS; i++)
		sum += mmu->tlb.stats.flushes[i];
	return sum;
}

static void vcm_sim_state_mmu(struct seq_file *m, struct vcm_sim_mmu *mmu)
{
	const struct vcm_sim_cfg *cfg = &mmu->cfg;
	u64 sizes = cfg->page_sizes ? cfg->page_sizes : cfg->fmt->pgsizes;

	spin_lock_irq(&mmu->lock);
	seq_printf(m, "mmu sim-%s %s %llx %llx %llx %llu %u %ld", mmu->name, cfg->fmt->name,
		   sizes, cfg->start, cfg->last, cfg->contexts, vcm_sim_banks_used(mmu),
		   atomic_long_read(&mmu->table_pages));
	seq_printf(m, " %llu %llu %llu %llu %llu %llu %llu\n", mmu->tlb.stats.hits,
		   mmu->tlb.stats.misses, mmu->tlb.stats.multihits, mmu->tlb.stats.walks,
		   vcm_sim_flushes(mmu), vcm_sim_fault_count(mmu), mmu->stats.bytes);
	spin_unlock_irq(&mmu->lock);
}

static void vcm_sim_state_dev(struct seq_file *m, struct vcm_sim_dev *sdev)
{
	char bank[12] = "-";

	spin_lock_irq(&sdev->mmu->lock);
	if (vcm_sim_bank_nr(sdev) >= 0)
		snprintf(bank, sizeof(bank), "%d", vcm_sim_bank_nr(sdev));
	else if (sdev->bank)
		strscpy(bank, "own");
	else if (sdev->bypass)
		strscpy(bank, "bypass");
	seq_printf(m, "dev %s sim-%s %s %llu %llu %u\n", sdev->name, sdev->mmu->name, bank,
		   sdev->stats.bytes, sdev->stats.faults, sdev->stalled);
	spin_unlock_irq(&sdev->mmu->lock);
}

static int vcm_sim_state_show(struct seq_file *m, void *v)
{
	struct vcm_sim_mmu *mmu;
	struct vcm_sim_dev *sdev;

	seq_puts(m, "# vcm_sim state v1\n");
	seq_puts(m, "# mmu name format page_sizes start last contexts used table_pages hits");
	seq_puts(m, " misses multihits walks flushes faults bytes\n");
	seq_puts(m, "# dev name mmu bank bytes faults stalled\n");
	mutex_lock(&vcm_sim_lock);
	list_for_each_entry(mmu, &vcm_sim_mmus, node) {
		vcm_sim_state_mmu(m, mmu);
		list_for_each_entry(sdev, &mmu->devs, node)
			vcm_sim_state_dev(m, sdev);
	}
	mutex_unlock(&vcm_sim_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcm_sim_state);

static void vcm_sim_stats_tlb(struct seq_file *m, const struct vcm_iotlb_stats *tlb)
{
	seq_printf(m, "tlb_hits: %llu\n", tlb->hits);
	seq_printf(m, "tlb_misses: %llu\n", tlb->misses);
	seq_printf(m, "tlb_multihits: %llu\n", tlb->multihits);
	seq_printf(m, "tlb_walks: %llu\n", tlb->walks);
	seq_printf(m, "tlb_inserts: %llu\n", tlb->inserts);
	seq_printf(m, "tlb_evictions: %llu\n", tlb->evictions);
	seq_printf(m, "tlb_dropped: %llu\n", tlb->dropped);
	seq_printf(m, "flush_all: %llu\n", tlb->flushes[VCM_IOTLB_ALL]);
	seq_printf(m, "flush_asid: %llu\n", tlb->flushes[VCM_IOTLB_ASID]);
	seq_printf(m, "flush_range: %llu\n", tlb->flushes[VCM_IOTLB_RANGE]);
	seq_printf(m, "flush_reset: %llu\n", tlb->flushes[VCM_IOTLB_RESET]);
}

static int vcm_sim_stats_show(struct seq_file *m, void *v)
{
	struct vcm_sim_mmu *mmu = m->private;
	u32 i;

	spin_lock_irq(&mmu->lock);
	seq_printf(m, "accesses: %llu\n", mmu->stats.accesses);
	seq_printf(m, "bytes: %llu\n", mmu->stats.bytes);
	seq_printf(m, "banks_used: %u\n", vcm_sim_banks_used(mmu));
	seq_printf(m, "table_pages: %ld\n", atomic_long_read(&mmu->table_pages));
	vcm_sim_stats_tlb(m, &mmu->tlb.stats);
	seq_printf(m, "flush_skipped: %llu\n", mmu->stats.skipped);
	seq_printf(m, "faults: %llu\n", vcm_sim_fault_count(mmu));
	for (i = 1; i < VCM_SIM_REASONS; i++)
		seq_printf(m, "fault_%s: %llu\n", vcm_sim_reason_name(i), mmu->stats.faults[i]);
	spin_unlock_irq(&mmu->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcm_sim_stats);

static int vcm_sim_faults_show(struct seq_file *m, void *v)
{
	struct vcm_sim_mmu *mmu = m->private;
	const struct vcm_sim_fault *fault;
	u64 nr, count;

	seq_puts(m, "# vcm_sim faults v1\n");
	seq_puts(m, "# nr ns device bank access iova reason how\n");
	spin_lock_irq(&mmu->lock);
	count = vcm_sim_fault_count(mmu);
	nr = count > VCM_SIM_FAULTS ? count - VCM_SIM_FAULTS + 1 : 1;
	for (; nr <= count; nr++) {
		fault = &mmu->faults[nr % VCM_SIM_FAULTS];
		seq_printf(m, "%llu %llu %s %d %s %llx %s %s\n", fault->nr, fault->ns,
			   fault->dev, fault->bank, fault->write ? "write" : "read",
			   fault->iova, vcm_sim_reason_name(fault->reason),
			   fault->stall ? "stalled" : "terminated");
	}
	spin_unlock_irq(&mmu->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcm_sim_faults);

static int vcm_sim_power_show(struct seq_file *m, void *v)
{
	struct vcm_sim_mmu *mmu = m->private;

	seq_puts(m, READ_ONCE(mmu->powered) ? "on\n" : "off\n");
	return 0;
}

static int vcm_sim_power_open(struct inode *inode, struct file *file)
{
	return single_open(file, vcm_sim_power_show, inode->i_private);
}

static ssize_t vcm_sim_power_write(struct file *file, const char __user *ubuf, size_t len,
				   loff_t *pos)
{
	struct vcm_sim_mmu *mmu = ((struct seq_file *)file->private_data)->private;
	struct vcm_sim_line line;
	int err = vcm_sim_line_get(&line, ubuf, len);

	if (err)
		return err;
	if (!strcmp(line.word[0], "off"))
		vcm_sim_power(mmu, false);
	else if (!strcmp(line.word[0], "on"))
		vcm_sim_power(mmu, true);
	else if (!strcmp(line.word[0], "restore"))
		vcm_sim_reprogram(mmu);
	else
		return -EINVAL;
	return len;
}

static const struct file_operations vcm_sim_power_fops = {
	.owner = THIS_MODULE,
	.open = vcm_sim_power_open,
	.read = seq_read,
	.write = vcm_sim_power_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static ssize_t vcm_sim_lock_write(struct file *file, const char __user *ubuf, size_t len,
				  loff_t *pos)
{
	struct vcm_sim_mmu *mmu = file->private_data;
	struct vcm_sim_line line;
	int err = vcm_sim_line_get(&line, ubuf, len);
	u32 bank;
	u64 iova;

	if (err)
		return err;
	if (line.nr != 2 || kstrtou32(line.word[0], 0, &bank) || kstrtou64(line.word[1], 0, &iova))
		return -EINVAL;
	err = vcm_sim_lock_entry(mmu, bank, iova);
	return err ? err : len;
}

static const struct file_operations vcm_sim_lock_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = vcm_sim_lock_write,
	.llseek = noop_llseek,
};

/* For a file that is written by lines and read as text. */
static int vcm_sim_erratum_show(struct seq_file *m, void *v)
{
	struct vcm_sim_mmu *mmu = m->private;

	spin_lock_irq(&mmu->lock);
	seq_printf(m, "skip: %u\nwrong: %u\nwalk: %u\n", mmu->erratum.skip_range,
		   mmu->erratum.wrong_range, mmu->erratum.walk_error);
	spin_unlock_irq(&mmu->lock);
	return 0;
}

static int vcm_sim_erratum_open(struct inode *inode, struct file *file)
{
	return single_open(file, vcm_sim_erratum_show, inode->i_private);
}

static int vcm_sim_erratum_set(struct vcm_sim_mmu *mmu, const struct vcm_sim_line *line)
{
	struct vcm_sim_erratum *erratum = &mmu->erratum;
	int err = 0;
	u32 times;

	if (line->nr != 2 || kstrtou32(line->word[1], 0, &times))
		return -EINVAL;
	spin_lock_irq(&mmu->lock);
	if (!strcmp(line->word[0], "skip"))
		erratum->skip_range = times;
	else if (!strcmp(line->word[0], "wrong"))
		erratum->wrong_range = times;
	else if (!strcmp(line->word[0], "walk"))
		erratum->walk_error = times;
	else
		err = -EINVAL;
	spin_unlock_irq(&mmu->lock);
	return err;
}

static ssize_t vcm_sim_erratum_write(struct file *file, const char __user *ubuf, size_t len,
				     loff_t *pos)
{
	struct vcm_sim_mmu *mmu = ((struct seq_file *)file->private_data)->private;
	struct vcm_sim_line line;
	int err = vcm_sim_line_get(&line, ubuf, len);

	if (!err)
		err = vcm_sim_erratum_set(mmu, &line);
	return err ? err : len;
}

static const struct file_operations vcm_sim_erratum_fops = {
	.owner = THIS_MODULE,
	.open = vcm_sim_erratum_open,
	.read = seq_read,
	.write = vcm_sim_erratum_write,
	.llseek = seq_lseek,
	.release = single_release,
};

void vcm_sim_debugfs_mmu_add(struct vcm_sim_mmu *mmu)
{
	mmu->dir = debugfs_create_dir(mmu->name, vcm_sim_mmu_dir);
	debugfs_create_file("stats", 0400, mmu->dir, mmu, &vcm_sim_stats_fops);
	debugfs_create_file("faults", 0400, mmu->dir, mmu, &vcm_sim_faults_fops);
	debugfs_create_file("power", 0600, mmu->dir, mmu, &vcm_sim_power_fops);
	debugfs_create_file("lock", 0200, mmu->dir, mmu, &vcm_sim_lock_fops);
	debugfs_create_file("erratum", 0600, mmu->dir, mmu, &vcm_sim_erratum_fops);
}

/* Nobody is inside a file of the instance after this. */
void vcm_sim_debugfs_mmu_remove(struct vcm_sim_mmu *mmu)
{
	debugfs_remove(mmu->dir);
}

void vcm_sim_debugfs_init(void)
{
	vcm_sim_root = debugfs_create_dir("vcm_sim", NULL);
	vcm_sim_mmu_dir = debugfs_create_dir("mmu", vcm_sim_root);
	vcm_sim_dev_dir = debugfs_create_dir("dev", vcm_sim_root);
	debugfs_create_file("state", 0400, vcm_sim_root, NULL, &vcm_sim_state_fops);
}

void vcm_sim_debugfs_exit(void)
{
	debugfs_remove(vcm_sim_root);
}
