// SPDX-License-Identifier: GPL-2.0-only
/*
 * debug_control.c - plants one bug of a chosen kind, to prove that the debug kernel sees it and
 * that the gate on its log fails.
 *
 * Loading the module with plant=KIND makes the bug happen once, in init; plant=nothing makes none.
 * Every bug is one that the kernel survives.  Built and loaded only by check-debug.sh --controls.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bug.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/timer.h>

static char *plant = "";
module_param(plant, charp, 0);
MODULE_PARM_DESC(plant, "the kind of bug");

/* Several, because a stale copy of one pointer on a stack is enough to hide one. */
#define DBG_LEAKS 16

static DEFINE_MUTEX(dbg_first);
static DEFINE_MUTEX(dbg_second);
static DEFINE_SPINLOCK(dbg_spin);

/* One past the end of the array is inside the struct, so that only UBSAN can object to it. */
static struct {
	int number[4];
	int after;
} dbg_row;

/* Set at run time, so that the compiler can neither see a bug nor leave it out. */
static unsigned int dbg_far;

static void dbg_nothing(void)
{
}

static void dbg_use_after_free(void)
{
	char *p = kmalloc(64, GFP_KERNEL);

	if (!p)
		return;
	kfree(p);
	OPTIMIZER_HIDE_VAR(p);
	pr_info("read %d\n", READ_ONCE(p[8]));
}

static void dbg_out_of_bounds(void)
{
	char *p = kmalloc(24, GFP_KERNEL);

	if (!p)
		return;
	OPTIMIZER_HIDE_VAR(p);
	WRITE_ONCE(p[24], 1);
	kfree(p);
}

static void dbg_leak(void)
{
	void *p;
	int i;

	for (i = 0; i < DBG_LEAKS; i++) {
		p = kmalloc(200, GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(p);
	}
}

static void dbg_sleep_in_atomic(void)
{
	void *p;

	spin_lock(&dbg_spin);
	p = kmalloc(64, GFP_KERNEL);
	spin_unlock(&dbg_spin);
	kfree(p);
}

static void dbg_lock_inversion(void)
{
	mutex_lock(&dbg_first);
	mutex_lock(&dbg_second);
	mutex_unlock(&dbg_second);
	mutex_unlock(&dbg_first);

	mutex_lock(&dbg_second);
	mutex_lock(&dbg_first);
	mutex_unlock(&dbg_first);
	mutex_unlock(&dbg_second);
}

static void dbg_warn(void)
{
	WARN_ON(dbg_far);
}

static void dbg_shift(void)
{
	WRITE_ONCE(dbg_row.number[0], 1 << dbg_far);
}

static void dbg_index(void)
{
	pr_info("read %d\n", dbg_row.number[dbg_far - 60]);
}

static void dbg_list(void)
{
	LIST_HEAD(head);
	struct list_head one;

	list_add(&one, &head);
	list_del(&one);
	list_del(&one);
}

static void dbg_tick(struct timer_list *timer)
{
}

static void dbg_free_active_timer(void)
{
	struct timer_list *timer = kzalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return;
	timer_setup(timer, dbg_tick, 0);
	mod_timer(timer, jiffies + 1000 * HZ);
	kfree(timer);
}

static const struct dbg_kind {
	const char *name;
	void (*plant)(void);
} dbg_kinds[] = {
	{ "nothing", dbg_nothing },
	{ "use_after_free", dbg_use_after_free },
	{ "out_of_bounds", dbg_out_of_bounds },
	{ "leak", dbg_leak },
	{ "sleep_in_atomic", dbg_sleep_in_atomic },
	{ "lock_inversion", dbg_lock_inversion },
	{ "warn", dbg_warn },
	{ "shift", dbg_shift },
	{ "index", dbg_index },
	{ "list", dbg_list },
	{ "free_active_timer", dbg_free_active_timer },
};

static int __init dbg_init(void)
{
	size_t i;

	WRITE_ONCE(dbg_far, 64);
	for (i = 0; i < ARRAY_SIZE(dbg_kinds); i++) {
		if (strcmp(dbg_kinds[i].name, plant))
			continue;
		dbg_kinds[i].plant();
		return 0;
	}
	pr_err("no such kind: %s\n", plant);
	return -EINVAL;
}

static void __exit dbg_exit(void)
{
}

module_init(dbg_init);
module_exit(dbg_exit);
MODULE_DESCRIPTION("Plants a bug on purpose");
MODULE_LICENSE("GPL");
