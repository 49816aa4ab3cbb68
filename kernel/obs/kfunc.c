// SPDX-License-Identifier: GPL-2.0-only
/*
 * kfunc.c - the snapshot for BPF programs: an open-coded iterator.
 *
 *	struct bpf_iter_vcm it;
 *	struct vcm_iter_rec *rec;
 *
 *	bpf_iter_vcm_new(&it);
 *	while ((rec = bpf_iter_vcm_next(&it)))
 *		...
 *	bpf_iter_vcm_destroy(&it);
 *
 * bpf_iter_vcm_new() takes a copy, as open() of the snapshot file does, so a slow program holds
 * up nobody, and the stream records say at which event each part is true.
 *
 * Needs the module's BTF; without it there are no kfuncs, and nothing else is missing.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/init.h>
#include <linux/module.h>

#include "core/core.h"
#include "obs/obs.h"

#define VCM_ITER_PAYLOAD 96	/* the longest record of uapi/vcm.h fits */

/**
 * struct vcm_iter_rec - one record of a snapshot
 * @type: enum vcm_snap_type
 * @len:  bytes of @data in use
 * @data: struct vcm_snap_*
 */
struct vcm_iter_rec {
	u32 type;
	u32 len;
	u8 data[VCM_ITER_PAYLOAD];
};

/* What a program has on its stack: opaque words. */
struct bpf_iter_vcm {
	__u64 __opaque[1];
} __aligned(8);

/**
 * struct vcm_iter - behind it
 * @data: the snapshot
 * @len:  bytes of it
 * @pos:  next record
 * @rec:  the record handed out last
 */
struct vcm_iter {
	void *data;
	size_t len;
	size_t pos;
	struct vcm_iter_rec rec;
};

/* The program's opaque word as what it is. */
struct vcm_iter_slot {
	struct vcm_iter *iter;
};

__bpf_kfunc_start_defs();

/**
 * bpf_iter_vcm_new() - begin: copy the state
 * @it: on the stack of the program
 *
 * Context: a sleepable program. Return: 0 or -ENOMEM; bpf_iter_vcm_destroy() is due anyway.
 */
__bpf_kfunc int bpf_iter_vcm_new(struct bpf_iter_vcm *it)
{
	struct vcm_iter_slot *slot = (void *)it;
	struct vcm_iter *iter;
	int err;

	BUILD_BUG_ON(sizeof(struct vcm_iter_slot) > sizeof(struct bpf_iter_vcm));
	BUILD_BUG_ON(sizeof(struct vcm_snap_res) > VCM_ITER_PAYLOAD ||
		     sizeof(struct vcm_snap_device) > VCM_ITER_PAYLOAD);
	slot->iter = NULL;
	iter = vcm_os_zalloc(sizeof(*iter));
	if (!iter)
		return -ENOMEM;
	err = vcm_obs_snapshot(&iter->data, &iter->len);
	if (err) {
		vcm_os_free(iter);
		return err;
	}
	iter->pos = sizeof(struct vcm_snap_header);
	slot->iter = iter;
	return 0;
}

/**
 * bpf_iter_vcm_next() - the next record
 * @it: as begun
 *
 * Return: the record, valid until the next call; NULL after the last.
 */
__bpf_kfunc struct vcm_iter_rec *bpf_iter_vcm_next(struct bpf_iter_vcm *it)
{
	struct vcm_iter_slot *slot = (void *)it;
	struct vcm_iter *iter = slot->iter;
	const struct vcm_snap_rec *head;

	if (!iter || iter->pos >= iter->len)
		return NULL;
	head = iter->data + iter->pos;
	iter->rec.type = head->type;
	iter->rec.len = min_t(u32, head->len, VCM_ITER_PAYLOAD);
	memcpy(iter->rec.data, head + 1, iter->rec.len);
	iter->pos += sizeof(*head) + head->len;
	return &iter->rec;
}

/**
 * bpf_iter_vcm_destroy() - end: free the copy
 * @it: as begun
 */
__bpf_kfunc void bpf_iter_vcm_destroy(struct bpf_iter_vcm *it)
{
	struct vcm_iter_slot *slot = (void *)it;

	if (!slot->iter)
		return;
	vcm_os_free(slot->iter->data);
	vcm_os_free(slot->iter);
}

__bpf_kfunc_end_defs();

BTF_KFUNCS_START(vcm_kfunc_ids)
BTF_ID_FLAGS(func, bpf_iter_vcm_new, KF_ITER_NEW | KF_SLEEPABLE)
BTF_ID_FLAGS(func, bpf_iter_vcm_next, KF_ITER_NEXT | KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_iter_vcm_destroy, KF_ITER_DESTROY)
BTF_KFUNCS_END(vcm_kfunc_ids)

static const struct btf_kfunc_id_set vcm_kfunc_set = {
	.owner = THIS_MODULE,
	.set = &vcm_kfunc_ids,
};

/* Make the iterator known to BPF.  Observation must not stop the core: a failure is only told. */
void vcm_kfunc_init(void)
{
	int err = register_btf_kfunc_id_set(BPF_PROG_TYPE_SYSCALL, &vcm_kfunc_set);

	if (err)
		pr_info("vcm: no iterator for BPF programs (%d)\n", err);
}
