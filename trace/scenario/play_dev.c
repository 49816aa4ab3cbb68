// SPDX-License-Identifier: GPL-2.0-only
/*
 * play_dev.c - commands on devices and associations.
 */
#include "scenario.h"
#include "soft.h"

static bool scn_has(const struct scn_cmd *cmd, enum scn_opt opt)
{
	return cmd->given >> opt & 1;
}

/* What device a command asks for.  Return: 0, or SCN_BAD. */
static int scn_device_cfg(struct scn *scn, const struct scn_cmd *cmd, struct soft_cfg *cfg)
{
	const char *format = scn_has(cmd, SCN_FORMAT) ? cmd->opt[SCN_FORMAT].name : "x86";
	u64 reach;

	*cfg = (struct soft_cfg) { .kind = 1, .fmt = vcm_fmt_find(format) };
	if (!cfg->fmt)
		return scn_bad(scn, "not a page-table format:", format);
	/* a flat table covers its whole window, so it has a small one */
	reach = ~(u64)0 >> (64 - (cfg->fmt->levels == 1 ? 30 : cfg->fmt->ias));
	cfg->last = reach;
	if (scn_has(cmd, SCN_BEHIND))
		cfg->kind = cmd->opt[SCN_BEHIND].num;
	if (scn_has(cmd, SCN_APERTURE)) {
		cfg->start = cmd->opt[SCN_APERTURE].num;
		cfg->last = cmd->opt[SCN_APERTURE].last;
	}
	if (cfg->last > reach)
		return scn_bad(scn, "more than the format can translate:", "aperture");
	if (scn_has(cmd, SCN_REGION)) {
		cfg->regions = 1;
		cfg->region_start = cmd->opt[SCN_REGION].num;
		cfg->region_last = cmd->opt[SCN_REGION].last;
	}
	return 0;
}

int scn_play_device(struct scn *scn, const struct scn_cmd *cmd)
{
	struct scn_object *object = scn_new(scn, cmd->arg[0].name, SCN_DEVICE);
	struct soft_cfg cfg;

	if (!object || scn_device_cfg(scn, cmd, &cfg))
		return SCN_BAD;
	return scn_made(scn, object, soft_device_plug(object->name, &cfg), SCN_NOBODY);
}

int scn_play_remove(struct scn *scn, const struct scn_cmd *cmd)
{
	struct scn_object *object = scn_find(scn, cmd->arg[0].name, SCN_DEVICE);

	if (!object)
		return SCN_BAD;
	soft_device_unplug(object->ptr);
	scn_hold_drop(scn, object, SCN_NOBODY);
	return 0;
}

int scn_play_assoc(struct scn *scn, const struct scn_cmd *cmd)
{
	const struct scn_object *context = scn_find(scn, cmd->arg[0].name, SCN_CONTEXT);
	const struct scn_object *dev =
		context ? scn_find(scn, cmd->arg[1].name, SCN_DEVICE) : NULL;
	struct scn_object *object = dev ? scn_new(scn, cmd->arg[2].name, SCN_ASSOC) : NULL;

	if (!object)
		return SCN_BAD;
	return scn_made(scn, object, vcm_assoc_device(context->ptr, soft_device_vdev(dev->ptr)),
			SCN_NOBODY);
}

int scn_play_deassoc(struct scn *scn, const struct scn_cmd *cmd)
{
	struct scn_object *assoc = scn_find(scn, cmd->arg[0].name, SCN_ASSOC);
	int err;

	if (!assoc)
		return SCN_BAD;
	err = vcm_deassoc(assoc->ptr);
	if (!err)
		scn_hold_drop(scn, assoc, SCN_NOBODY);
	return err;
}

int scn_play_activate(struct scn *scn, const struct scn_cmd *cmd)
{
	const struct scn_object *assoc = scn_find(scn, cmd->arg[0].name, SCN_ASSOC);

	return assoc ? vcm_activate(assoc->ptr) : SCN_BAD;
}

int scn_play_deactivate(struct scn *scn, const struct scn_cmd *cmd)
{
	const struct scn_object *assoc = scn_find(scn, cmd->arg[0].name, SCN_ASSOC);

	return assoc ? vcm_deactivate(assoc->ptr) : SCN_BAD;
}

int scn_play_switch(struct scn *scn, const struct scn_cmd *cmd)
{
	const struct scn_object *from = scn_find(scn, cmd->arg[0].name, SCN_ASSOC);
	const struct scn_object *to = from ? scn_find(scn, cmd->arg[1].name, SCN_ASSOC) : NULL;

	return to ? vcm_switch(from->ptr, to->ptr) : SCN_BAD;
}

int scn_play_save(struct scn *scn, const struct scn_cmd *cmd)
{
	const struct scn_object *context = scn_find(scn, cmd->arg[0].name, SCN_CONTEXT);

	return context ? vcm_save(context->ptr) : SCN_BAD;
}

int scn_play_restore(struct scn *scn, const struct scn_cmd *cmd)
{
	const struct scn_object *context = scn_find(scn, cmd->arg[0].name, SCN_CONTEXT);

	return context ? vcm_restore(context->ptr) : SCN_BAD;
}

static int scn_access(struct scn *scn, const struct scn_cmd *cmd, enum vcm_access access)
{
	struct scn_object *dev = scn_find(scn, cmd->arg[0].name, SCN_DEVICE);
	u64 iova;
	int err;

	if (!dev || scn_iova(scn, &cmd->arg[1], &iova))
		return SCN_BAD;
	err = soft_device_access(dev->ptr, iova, access);
	if (err == -EFAULT)
		dev->faults++;
	return err == -EFAULT ? SCN_FAULT : err == -ENOLINK ? SCN_OFF : err;
}

int scn_play_read(struct scn *scn, const struct scn_cmd *cmd)
{
	return scn_access(scn, cmd, VCM_ACCESS_READ);
}

int scn_play_write(struct scn *scn, const struct scn_cmd *cmd)
{
	return scn_access(scn, cmd, VCM_ACCESS_WRITE);
}
