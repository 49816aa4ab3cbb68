// SPDX-License-Identifier: GPL-2.0-only
/*
 * play_phys.c - commands on memory, references and look-ups.
 */
#include "scenario.h"

static bool scn_has(const struct scn_cmd *cmd, enum scn_opt opt)
{
	return cmd->given >> opt & 1;
}

int scn_play_memory(struct scn *scn, const struct scn_cmd *cmd)
{
	struct scn_object *object = scn_new(scn, cmd->arg[0].name, SCN_PHYS);
	struct vcm_phys_req req = {
		.len = cmd->arg[1].num,
		.orders = cmd->opt[SCN_CHUNKS].num,
		.cache = cmd->opt[SCN_CACHE].num,
		.flags = scn_has(cmd, SCN_CONTIG) ? VCM_PHYS_CONTIG : 0,
	};
	u32 holder;

	if (!object || scn_holder_of(scn, cmd, &holder, &req.holder))
		return SCN_BAD;
	return scn_made(scn, object, vcm_phys_alloc(&req), holder);
}

/**
 * struct scn_foreign - memory that is not the core's
 * @host: who gave it
 * @pa:   where it is
 * @len:  bytes
 */
struct scn_foreign {
	const struct scn_host *host;
	u64 pa;
	u64 len;
};

static void scn_foreign_release(void *priv)
{
	struct scn_foreign *foreign = priv;

	foreign->host->foreign_free(foreign->pa, foreign->len);
	vcm_os_free(foreign);
}

static const struct vcm_phys_ops scn_foreign_ops = { .release = scn_foreign_release };

static struct vcm_phys *scn_wrap(struct scn *scn, const struct scn_cmd *cmd,
				 struct vcm_holder *holder)
{
	struct scn_foreign *foreign = vcm_os_zalloc(sizeof(*foreign));
	struct vcm_phys_desc desc = {
		.nr_chunks = 1,
		.cache = cmd->opt[SCN_CACHE].num,
		.source = VCM_SOURCE_ARRAY,
		.ops = &scn_foreign_ops,
		.priv = foreign,
		.readonly = scn_has(cmd, SCN_READONLY),
		.holder = holder,
	};
	struct vcm_chunk chunk;
	struct vcm_phys *phys;
	int err;

	if (!foreign)
		return ERR_PTR(-ENOMEM);
	*foreign = (struct scn_foreign) { scn->host, 0, cmd->arg[1].num };
	err = scn->host->foreign(foreign->len, &foreign->pa);
	if (err) {
		vcm_os_free(foreign);
		return ERR_PTR(err);
	}
	chunk = (struct vcm_chunk) { foreign->pa, foreign->len };
	desc.chunks = &chunk;
	phys = vcm_phys_wrap(&desc);
	if (IS_ERR(phys))
		scn_foreign_release(foreign);
	return phys;
}

int scn_play_wrap(struct scn *scn, const struct scn_cmd *cmd)
{
	struct scn_object *object = scn_new(scn, cmd->arg[0].name, SCN_PHYS);
	struct vcm_holder *holder;
	u32 index;

	if (!object || scn_holder_of(scn, cmd, &index, &holder))
		return SCN_BAD;
	return scn_made(scn, object, scn_wrap(scn, cmd, holder), index);
}

int scn_play_vmap(struct scn *scn, const struct scn_cmd *cmd)
{
	struct scn_object *phys = scn_find(scn, cmd->arg[0].name, SCN_PHYS);
	const void *kva;

	if (!phys)
		return SCN_BAD;
	kva = vcm_vmap(phys->ptr);
	if (IS_ERR(kva))
		return PTR_ERR(kva);
	phys->vmaps++;
	return 0;
}

int scn_play_vunmap(struct scn *scn, const struct scn_cmd *cmd)
{
	struct scn_object *phys = scn_find(scn, cmd->arg[0].name, SCN_PHYS);

	if (!phys)
		return SCN_BAD;
	if (!phys->vmaps)
		return scn_bad(scn, "the scenario has no kernel mapping of", phys->name);
	phys->vmaps--;
	vcm_vunmap(phys->ptr);
	return 0;
}

/* The memory of a binding, perhaps known already under that very name. */
int scn_play_take(struct scn *scn, const struct scn_cmd *cmd)
{
	const struct scn_object *res = scn_find(scn, cmd->arg[0].name, SCN_RES);
	struct scn_object *known;
	struct vcm_phys *phys;

	if (!res)
		return SCN_BAD;
	phys = vcm_res_phys(res->ptr);
	if (IS_ERR(phys))
		return PTR_ERR(phys);
	known = scn_find_ptr(scn, phys);
	if (known && !strcmp(known->name, cmd->arg[1].name))
		return scn_hold_add(scn, known, SCN_NOBODY);
	if (known)
		scn_bad(scn, "that memory has the name", known->name);
	else
		known = scn_new(scn, cmd->arg[1].name, SCN_PHYS);
	if (known && !known->held)
		return scn_made(scn, known, phys, SCN_NOBODY);
	vcm_phys_put(phys);
	return SCN_BAD;
}

static int scn_get(const struct scn_object *object, struct vcm_holder *holder)
{
	switch (object->kind) {
	case SCN_CONTEXT:
		return vcm_get_as(object->ptr, holder);
	case SCN_RES:
		return vcm_ref_reserve_as(object->ptr, holder);
	default:
		return vcm_phys_get_as(object->ptr, holder);
	}
}

static int scn_put(const struct scn_object *object, struct vcm_holder *holder)
{
	switch (object->kind) {
	case SCN_CONTEXT:
		return vcm_put_as(object->ptr, holder);
	case SCN_RES:
		return vcm_unreserve_as(object->ptr, holder);
	default:
		return vcm_phys_put_as(object->ptr, holder);
	}
}

static struct scn_object *scn_find_counted(struct scn *scn, const char *name)
{
	struct scn_object *object = scn_find_any(scn, name);

	if (!object || object->kind <= SCN_PHYS)
		return object;
	scn_bad(scn, "neither context nor reservation nor memory:", name);
	return NULL;
}

int scn_play_get(struct scn *scn, const struct scn_cmd *cmd)
{
	struct scn_object *object = scn_find_counted(scn, cmd->arg[0].name);
	struct vcm_holder *holder;
	u32 index;
	int err;

	if (!object || scn_holder_of(scn, cmd, &index, &holder))
		return SCN_BAD;
	err = scn_get(object, holder);
	return err ? err : scn_hold_add(scn, object, index);
}

/* A scenario may give up what it holds, and nothing else: the core would let it. */
int scn_play_put(struct scn *scn, const struct scn_cmd *cmd)
{
	struct scn_object *object = scn_find_counted(scn, cmd->arg[0].name);
	struct vcm_holder *holder;
	u32 index;
	int err;

	if (!object || scn_holder_of(scn, cmd, &index, &holder))
		return SCN_BAD;
	if (object->vmaps && object->held == 1)
		return scn_bad(scn, "the last reference to memory with a kernel mapping:",
			       object->name);
	if (object->kind == SCN_CONTEXT && object->held == 1)
		vcm_set_fault_handler(object->ptr, NULL, NULL);
	err = scn_put(object, holder);
	if (!err)
		scn_hold_drop(scn, object, index);
	return err;
}

int scn_play_find(struct scn *scn, const struct scn_cmd *cmd)
{
	const struct scn_object *context = scn_find(scn, cmd->arg[0].name, SCN_CONTEXT);
	const struct scn_object *want = NULL;
	struct vcm_res *res;
	u64 iova;

	if (!context || scn_iova(scn, &cmd->arg[1], &iova))
		return SCN_BAD;
	if (cmd->nr_arg > 2) {
		want = scn_find(scn, cmd->arg[2].name, SCN_RES);
		if (!want)
			return SCN_BAD;
	}
	res = vcm_find_res(context->ptr, iova);
	if (IS_ERR(res))
		return PTR_ERR(res);
	vcm_unreserve(res);
	if (want && want->ptr != res)
		return scn_bad(scn, "the address is not of", want->name);
	return 0;
}

int scn_play_translate(struct scn *scn, const struct scn_cmd *cmd)
{
	const struct scn_object *from = scn_find(scn, cmd->arg[0].name, SCN_CONTEXT);
	const struct scn_object *to = from ? scn_find(scn, cmd->arg[2].name, SCN_CONTEXT) : NULL;
	u64 iova, want, got;
	int err;

	if (!to || scn_iova(scn, &cmd->arg[1], &iova) || scn_iova(scn, &cmd->arg[3], &want))
		return SCN_BAD;
	err = vcm_translate(from->ptr, iova, to->ptr, &got);
	if (err || cmd->nr_arg < 4 || want == got)
		return err;
	scn_bad(scn, "wrong address in", to->name);
	scn->error.number = true;
	scn->error.want = want;
	scn->error.got = got;
	return SCN_BAD;
}

static int scn_count(const struct vcm_res_info *info, void *data)
{
	*(u64 *)data += info->len > 0;
	return 0;
}

int scn_play_visit(struct scn *scn, const struct scn_cmd *cmd)
{
	const struct scn_object *object = scn_find_any(scn, cmd->arg[0].name);
	u64 got = 0;
	int err;

	if (!object)
		return SCN_BAD;
	if (object->kind == SCN_CONTEXT)
		err = vcm_for_each_res(object->ptr, scn_count, &got);
	else if (object->kind == SCN_PHYS)
		err = vcm_phys_for_each_res(object->ptr, scn_count, &got);
	else
		return scn_bad(scn, "neither context nor memory:", object->name);
	if (err || got == cmd->arg[1].num)
		return err;
	scn_bad(scn, "wrong number of reservations of", object->name);
	scn->error.number = true;
	scn->error.want = cmd->arg[1].num;
	scn->error.got = got;
	return SCN_BAD;
}
