// SPDX-License-Identifier: GPL-2.0-only
/*
 * carveout.c - which memory is set aside: the module parameter carveout.
 *
 * Memory is kept from the system at boot, on x86 by memmap=16M$0x70000000, and named to the
 * module as carveout=16M@0x70000000, several with commas between.  It must be what the firmware
 * map calls reserved and nobody's resource, and becomes the resource "vcm carve-out", so that
 * /proc/iomem says whose it is.  A mistake here would give devices somebody's memory: System RAM
 * is refused whatever is said.
 *
 * The parameter can be written at run time too: one LEN@START to add, or -START to remove what
 * nothing of is handed out.
 *
 * Locking: the list is under kernel_param_lock() of this module, which the parameter's calls run
 * under.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": carveout: " fmt

#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "drivers/drivers.h"
#include "vcm.h"

/**
 * struct vcm_setaside - one carve-out as a resource
 * @node:  in vcm_setasides
 * @start: first address
 * @len:   bytes
 */
struct vcm_setaside {
	struct list_head node;
	u64 start;
	u64 len;
};

static LIST_HEAD(vcm_setasides);
static const char *vcm_carveout_at_load;	/* part of the module's arguments */
static bool vcm_carveout_up;

/* May VCM have [@start, @start + @len)?  Return: 0 or -errno. */
static int vcm_setaside_check(u64 start, u64 len)
{
	if (!len || !PAGE_ALIGNED(start | len) || start + (len - 1) < start)
		return -EINVAL;
	if (region_intersects(start, len, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) !=
	    REGION_DISJOINT)
		return -EBUSY;
	if (IS_ENABLED(CONFIG_X86) &&
	    region_intersects(start, len, IORESOURCE_MEM, IORES_DESC_RESERVED) !=
	    REGION_INTERSECTS)
		return -ENXIO;
	return 0;
}

static int vcm_setaside_add(u64 start, u64 len)
{
	struct vcm_setaside *aside;
	int err = vcm_setaside_check(start, len);

	if (err)
		return err;
	aside = vcm_driver_zalloc(sizeof(*aside));
	if (!aside)
		return -ENOMEM;
	err = -EBUSY;
	if (!request_mem_region(start, len, "vcm carve-out"))
		goto err_free;
	err = vcm_carveout_add(start, len);
	if (err)
		goto err_release;
	aside->start = start;
	aside->len = len;
	list_add_tail(&aside->node, &vcm_setasides);
	return 0;

err_release:
	release_mem_region(start, len);
err_free:
	kvfree(aside);
	return err;
}

static int vcm_setaside_drop(struct vcm_setaside *aside)
{
	int err = vcm_carveout_remove(aside->start);

	if (err)
		return err;
	release_mem_region(aside->start, aside->len);
	list_del(&aside->node);
	kvfree(aside);
	return 0;
}

static int vcm_setaside_remove(u64 start)
{
	struct vcm_setaside *aside;

	list_for_each_entry(aside, &vcm_setasides, node)
		if (aside->start == start)
			return vcm_setaside_drop(aside);
	return -ENOENT;
}

/* A number and what ends it; *@text is moved behind that.  Return: 0 or -EINVAL. */
static int vcm_carveout_number(const char **text, const char *ends, u64 *value)
{
	char *end;

	*value = memparse(*text, &end);
	if (end == *text || (*end && !strchr(ends, *end)))
		return -EINVAL;
	*text = *end ? end + 1 : end;
	return 0;
}

/* Carry out "LEN@START" at *@text, which is moved behind it.  Return: 0 or -errno. */
static int vcm_carveout_one(const char **text)
{
	u64 start, len;
	int err;

	err = vcm_carveout_number(text, "@", &len);
	if (!err)
		err = vcm_carveout_number(text, ",\n", &start);
	if (err)
		return err;
	err = vcm_setaside_add(start, len);
	if (err)
		pr_err("%#llx bytes at %#llx: %s\n", len, start,
		       err == -EBUSY ? "in use" :
		       err == -ENXIO ? "not reserved by the firmware map" : "refused");
	return err;
}

static int vcm_carveout_remove_at(const char *text)
{
	u64 start;
	int err = vcm_carveout_number(&text, "\n", &start);

	return err ? err : vcm_setaside_remove(start);
}

static int vcm_carveout_set(const char *text, const struct kernel_param *kp)
{
	if (!vcm_carveout_up) {
		vcm_carveout_at_load = text;
		return 0;
	}
	if (*text == '-')
		return vcm_carveout_remove_at(text + 1);
	return strchr(text, ',') ? -EINVAL : vcm_carveout_one(&text);
}

static int vcm_carveout_get(char *buffer, const struct kernel_param *kp)
{
	const struct vcm_setaside *aside;
	int len = 0;

	list_for_each_entry(aside, &vcm_setasides, node)
		len += scnprintf(buffer + len, PAGE_SIZE - len, "%s%llu@%#llx", len ? "," : "",
				 aside->len, aside->start);
	len += scnprintf(buffer + len, PAGE_SIZE - len, "\n");
	return len;
}

static const struct kernel_param_ops vcm_carveout_ops = {
	.set = vcm_carveout_set,
	.get = vcm_carveout_get,
};

module_param_cb(carveout, &vcm_carveout_ops, NULL, 0600);
MODULE_PARM_DESC(carveout, "LEN@START[,...]: reserved memory to hand out");

static void vcm_carveouts_drop(void)
{
	struct vcm_setaside *aside, *next;

	list_for_each_entry_safe(aside, next, &vcm_setasides, node)
		WARN_ON(vcm_setaside_drop(aside));
}

/* Take what the parameter says.  Return: 0, or -errno with nothing taken. */
int vcm_carveouts_init(void)
{
	const char *text;
	int err = 0;

	kernel_param_lock(THIS_MODULE);
	text = vcm_carveout_at_load;
	while (!err && text && *text)
		err = vcm_carveout_one(&text);
	if (err)
		vcm_carveouts_drop();
	vcm_carveout_up = !err;
	kernel_param_unlock(THIS_MODULE);
	return err;
}

/* Give it back.  Nothing of it is handed out any more: no file and no module is left. */
void vcm_carveouts_exit(void)
{
	kernel_param_lock(THIS_MODULE);
	vcm_carveout_up = false;
	vcm_carveouts_drop();
	kernel_param_unlock(THIS_MODULE);
}
