// SPDX-License-Identifier: GPL-2.0-only
/*
 * held.c - vcm_space_test.ko: a space that stays, whose caches the kernel may empty.
 *
 * Write N, up to 64, to <debugfs>/vcm_space_test/held: ranges of 1 to N pages are taken from a
 * new space and given back, so that its caches keep N.  0 gives it up.  Reading shows its
 * statistics, nothing when there is none.
 *
 * Locking: held_lock; what the shrinker calls takes none of this file, and ends before the space.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "core/pool.h"
#include "vcm_shrink.h"

#define HELD_MAX	64
#define HELD_CACHED	8

static DEFINE_MUTEX(held_lock);		/* the next two */
static struct vcm_space *held_space;
static struct shrinker *held_shrinker;
static atomic_t held_pieces = ATOMIC_INIT(0);	/* allocated */
static atomic_t held_scans = ATOMIC_INIT(0);	/* times the kernel asked for memory */
static struct dentry *held_dir;

/* What the allocator's files use of the seam that is not in its header. */
void *vcm_os_zalloc(size_t len)
{
	return kvzalloc(len, GFP_KERNEL);
}

void vcm_os_free(const void *ptr)
{
	kvfree(ptr);
}

static struct vcm_piece *held_piece_alloc(void *priv)
{
	struct vcm_piece *piece = kmalloc(sizeof(*piece), GFP_KERNEL);

	if (piece)
		atomic_inc(&held_pieces);
	return piece;
}

static void held_piece_free(void *priv, struct vcm_piece *piece)
{
	atomic_dec(&held_pieces);
	kfree(piece);
}

static const struct vcm_space_ops held_ops = {
	.piece_alloc = held_piece_alloc,
	.piece_free = held_piece_free,
};

static u64 held_count(void *priv)
{
	struct vcm_space_stats stats;

	vcm_space_stats(held_space, &stats);
	return stats.cached;
}

static u64 held_free(void *priv)
{
	atomic_inc(&held_scans);
	return vcm_space_shrink(held_space);
}

static const struct vcm_shrinkable held_cache = {
	.name = "space-test",
	.count = held_count,
	.free = held_free,
};

static void held_drop(void)
{
	if (!held_space)
		return;
	if (held_shrinker)
		vcm_shrinker_destroy(held_shrinker);
	held_shrinker = NULL;
	vcm_space_destroy(held_space);
	held_space = NULL;
	WARN_ON_ONCE(atomic_read(&held_pieces));
}

/* Take ranges of 1 to @nr pages, then give all back: one of each is kept. */
static int held_fill(u32 nr)
{
	struct vcm_piece *pieces[HELD_MAX];
	u32 taken;
	int err = 0;

	for (taken = 0; taken < nr; taken++) {
		pieces[taken] = vcm_space_take_len(held_space, (taken + 1) * VCM_PAGE_SIZE,
						   VCM_PAGE_SHIFT, ~0ull);
		err = PTR_ERR_OR_ZERO(pieces[taken]);
		if (err)
			break;
	}
	while (taken--)
		vcm_space_give(held_space, pieces[taken]);
	return err;
}

static int held_make(u32 nr)
{
	const struct vcm_space_cfg cfg = {
		.last = ((u64)1 << 48) - 1,
		.pools = 4,
		.cached = HELD_CACHED,
		.ops = &held_ops,
	};
	struct vcm_space *space = vcm_space_create(&cfg);
	int err;

	if (IS_ERR(space))
		return PTR_ERR(space);
	held_space = space;
	atomic_set(&held_scans, 0);
	err = held_fill(nr);
	if (!err) {
		held_shrinker = vcm_shrinker_create(&held_cache);
		err = held_shrinker ? 0 : -ENOMEM;
	}
	if (err)
		held_drop();
	return err;
}

static ssize_t held_write(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	u32 nr;
	int err = kstrtou32_from_user(text, len, 0, &nr);

	if (err)
		return err;
	if (nr > HELD_MAX)
		return -EINVAL;
	mutex_lock(&held_lock);
	held_drop();
	err = nr ? held_make(nr) : 0;
	mutex_unlock(&held_lock);
	return err ? err : len;
}

static int held_show(struct seq_file *file, void *data)
{
	struct vcm_space_stats stats;

	mutex_lock(&held_lock);
	if (held_space) {
		vcm_space_stats(held_space, &stats);
		seq_printf(file, "cached %llu\ncached_bytes %llu\ncached_max %llu\n", stats.cached,
			   stats.cached_bytes, stats.cached_max);
		seq_printf(file, "pieces %d\nscans %d\n", atomic_read(&held_pieces),
			   atomic_read(&held_scans));
	}
	mutex_unlock(&held_lock);
	return 0;
}

static int held_open(struct inode *inode, struct file *file)
{
	return single_open(file, held_show, NULL);
}

static const struct file_operations held_fops = {
	.owner = THIS_MODULE,
	.open = held_open,
	.read = seq_read,
	.write = held_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int __init held_init(void)
{
	held_dir = debugfs_create_dir("vcm_space_test", NULL);
	debugfs_create_file("held", 0600, held_dir, NULL, &held_fops);
	return 0;
}

static void __exit held_exit(void)
{
	debugfs_remove(held_dir);
	held_drop();
}

module_init(held_init);
module_exit(held_exit);

MODULE_DESCRIPTION("A space whose caches the kernel may empty");
MODULE_LICENSE("GPL");
