// SPDX-License-Identifier: GPL-2.0-only
/*
 * play_res.c - commands on contexts, reservations and bindings.
 */
#include "scenario.h"
#include "soft.h"

static bool scn_has(const struct scn_cmd *cmd, enum scn_opt opt)
{
	return cmd->given >> opt & 1;
}

static const struct vcm_driver *scn_driver(const struct scn *scn, const struct scn_cmd *cmd)
{
	switch (scn_has(cmd, SCN_DRIVER) ? cmd->opt[SCN_DRIVER].num : VCM_DRIVER_IOMMU) {
	case VCM_DRIVER_O2O:
		return &soft_o2o_driver;
	case VCM_DRIVER_CONTIG:
		return &soft_contig_driver;
	case VCM_DRIVER_VMM:
		return scn->host->vmm;
	default:
		return &soft_driver;
	}
}

static void scn_on_fault(const struct vcm_fault *fault, void *data)
{
	struct scn_object *object = data;

	object->faults += fault->access == VCM_ACCESS_READ || fault->access == VCM_ACCESS_WRITE;
}

int scn_play_holder(struct scn *scn, const struct scn_cmd *cmd)
{
	struct scn_object *object = scn_new(scn, cmd->arg[0].name, SCN_HOLDER);
	struct vcm_holder *holder;

	if (!object)
		return SCN_BAD;
	holder = vcm_holder_create(object->name);
	return scn_made(scn, object, holder ? holder : ERR_PTR(-ENOMEM), SCN_NOBODY);
}

int scn_play_context(struct scn *scn, const struct scn_cmd *cmd)
{
	struct scn_object *object = scn_new(scn, cmd->arg[0].name, SCN_CONTEXT);
	struct vcm_cfg cfg = {
		.start = cmd->arg[1].num,
		.last = cmd->arg[1].last,
		.driver = scn_driver(scn, cmd),
	};
	u32 holder;
	int got;

	if (!object || scn_holder_of(scn, cmd, &holder, &cfg.holder))
		return SCN_BAD;
	got = scn_made(scn, object, vcm_create(&cfg), holder);
	if (!got)
		vcm_set_fault_handler(object->ptr, scn_on_fault, object);
	return got;
}

int scn_play_destroy(struct scn *scn, const struct scn_cmd *cmd)
{
	struct scn_object *object = scn_find(scn, cmd->arg[0].name, SCN_CONTEXT);
	struct vcm_holder *holder;
	u32 index;

	if (!object || scn_holder_of(scn, cmd, &index, &holder))
		return SCN_BAD;
	if (!scn_holds(scn, object, index))
		return scn_bad(scn, "that holder has no reference to", object->name);
	scn_hold_drop(scn, object, index);
	object->dead = true;
	vcm_set_fault_handler(object->ptr, NULL, NULL);
	vcm_destroy_as(object->ptr, holder);
	return 0;
}

/* Alignment is given in bytes and asked for in powers of two. */
static int scn_align(struct scn *scn, const struct scn_cmd *cmd, u32 *align)
{
	const u64 bytes = cmd->opt[SCN_ALIGN].num;

	if (!scn_has(cmd, SCN_ALIGN))
		return 0;
	if (!bytes || bytes & (bytes - 1))
		return scn_bad(scn, "not a power of two:", "align");
	*align = fls64(bytes) - 1;
	return 0;
}

/* What range a command asks for.  Return: 0, or SCN_BAD. */
static int scn_where(struct scn *scn, const struct scn_cmd *cmd, struct vcm_req *req, u32 *holder)
{
	const enum scn_opt start = scn_has(cmd, SCN_AT) ? SCN_AT : SCN_FROM;
	const struct scn_object *within;

	*req = (struct vcm_req) {
		.boundary = cmd->opt[SCN_BOUNDARY].num,
		.guard_before = cmd->opt[SCN_BEFORE].num,
		.guard_after = cmd->opt[SCN_AFTER].num,
		.flags = (scn_has(cmd, SCN_AT) ? VCM_RESERVE_FIXED : 0) |
			 (scn_has(cmd, SCN_SUB) ? VCM_RESERVE_BOUND : 0),
	};
	if (scn_iova(scn, &cmd->opt[start], &req->start) ||
	    scn_iova(scn, &cmd->opt[SCN_LIMIT], &req->limit) ||
	    scn_align(scn, cmd, &req->align) || scn_holder_of(scn, cmd, holder, &req->holder))
		return SCN_BAD;
	if (!scn_has(cmd, SCN_WITHIN))
		return 0;
	within = scn_find(scn, cmd->opt[SCN_WITHIN].name, SCN_RES);
	if (!within)
		return SCN_BAD;
	req->within = within->ptr;
	return 0;
}

int scn_play_reserve(struct scn *scn, const struct scn_cmd *cmd)
{
	const struct scn_object *context = scn_find(scn, cmd->arg[0].name, SCN_CONTEXT);
	struct scn_object *object = context ? scn_new(scn, cmd->arg[1].name, SCN_RES) : NULL;
	struct vcm_req req;
	u32 holder;

	if (!object || scn_where(scn, cmd, &req, &holder))
		return SCN_BAD;
	req.len = cmd->arg[2].num;
	return scn_made(scn, object, vcm_reserve(context->ptr, &req), holder);
}

static u32 scn_prot(const struct scn_cmd *cmd)
{
	return scn_has(cmd, SCN_PROT) ? cmd->opt[SCN_PROT].num : VCM_PROT_READ | VCM_PROT_WRITE;
}

/* What a command binds to what.  Return: the reservation, or NULL. */
static struct vcm_res *scn_binding(struct scn *scn, const struct scn_cmd *cmd,
				   struct vcm_bind_req *req)
{
	const struct scn_object *res = scn_find(scn, cmd->arg[0].name, SCN_RES);
	const struct scn_object *phys = res ? scn_find(scn, cmd->arg[1].name, SCN_PHYS) : NULL;

	if (!phys)
		return NULL;
	*req = (struct vcm_bind_req) {
		.phys = phys->ptr,
		.off = cmd->opt[SCN_OFFSET].num,
		.len = cmd->opt[SCN_LEN].num,
		.prot = scn_prot(cmd),
		.cache = scn_has(cmd, SCN_CACHE) ? cmd->opt[SCN_CACHE].num :
						   vcm_phys_cache(phys->ptr),
	};
	return res->ptr;
}

int scn_play_bind(struct scn *scn, const struct scn_cmd *cmd)
{
	struct vcm_bind_req req;
	struct vcm_res *res = scn_binding(scn, cmd, &req);

	return res ? vcm_bind_range(res, &req) : SCN_BAD;
}

int scn_play_rebind(struct scn *scn, const struct scn_cmd *cmd)
{
	struct vcm_bind_req req;
	struct vcm_res *res = scn_binding(scn, cmd, &req);

	return res ? vcm_rebind(res, &req) : SCN_BAD;
}

int scn_play_unbind(struct scn *scn, const struct scn_cmd *cmd)
{
	const struct scn_object *res = scn_find(scn, cmd->arg[0].name, SCN_RES);

	return res ? vcm_unbind(res->ptr) : SCN_BAD;
}

int scn_play_map(struct scn *scn, const struct scn_cmd *cmd)
{
	const struct scn_object *context = scn_find(scn, cmd->arg[0].name, SCN_CONTEXT);
	const struct scn_object *phys = context ? scn_find(scn, cmd->arg[2].name, SCN_PHYS) : NULL;
	struct scn_object *object = phys ? scn_new(scn, cmd->arg[1].name, SCN_RES) : NULL;
	struct vcm_req req;
	u32 holder;

	if (!object || scn_where(scn, cmd, &req, &holder))
		return SCN_BAD;
	return scn_made(scn, object, vcm_map(context->ptr, phys->ptr, &req, scn_prot(cmd)),
			holder);
}

int scn_play_make_binding(struct scn *scn, const struct scn_cmd *cmd)
{
	const struct scn_object *context = scn_find(scn, cmd->arg[0].name, SCN_CONTEXT);
	struct scn_object *object = context ? scn_new(scn, cmd->arg[1].name, SCN_RES) : NULL;
	const struct vcm_phys_req what = {
		.len = cmd->arg[2].num,
		.orders = cmd->opt[SCN_CHUNKS].num,
		.cache = cmd->opt[SCN_CACHE].num,
		.flags = scn_has(cmd, SCN_CONTIG) ? VCM_PHYS_CONTIG : 0,
	};
	struct vcm_req where;
	u32 holder;

	if (!object || scn_where(scn, cmd, &where, &holder))
		return SCN_BAD;
	return scn_made(scn, object, vcm_make_binding(context->ptr, &what, &where, scn_prot(cmd)),
			holder);
}

/* Give a reference up by @put, which may refuse. */
static int scn_undo(struct scn *scn, const struct scn_cmd *cmd,
		    int (*put)(struct vcm_res *res, struct vcm_holder *holder))
{
	struct scn_object *res = scn_find(scn, cmd->arg[0].name, SCN_RES);
	struct vcm_holder *holder;
	u32 index;
	int err;

	if (!res || scn_holder_of(scn, cmd, &index, &holder))
		return SCN_BAD;
	err = put(res->ptr, holder);
	if (!err)
		scn_hold_drop(scn, res, index);
	return err;
}

int scn_play_unmap(struct scn *scn, const struct scn_cmd *cmd)
{
	return scn_undo(scn, cmd, vcm_unmap);
}

int scn_play_destroy_binding(struct scn *scn, const struct scn_cmd *cmd)
{
	return scn_undo(scn, cmd, vcm_destroy_binding);
}
