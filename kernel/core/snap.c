// SPDX-License-Identifier: GPL-2.0-only
/*
 * snap.c - the snapshot encoder; the format is in uapi/vcm.h.
 *
 * The registry is copied under its lock, then each context under its own.  A record is true at
 * the seq of its stream, so a reader that applies later events has the state at any moment; no
 * two streams need to be stopped together for that.
 *
 * The stream and reservation records of a context are copied in one hold of its lock, into
 * sections of their own, because the format wants all streams first.
 */
#include "core.h"

struct vcm_snap_section {
	u8 *data;
	size_t len;
	size_t room;
	u32 records;
};

/* The sections of a snapshot in the order of the file. */
struct vcm_snap {
	union {
		struct {
			struct vcm_snap_section streams;
			struct vcm_snap_section devices;
			struct vcm_snap_section holders;
			struct vcm_snap_section registry;
			struct vcm_snap_section phys;
			struct vcm_snap_section res;
			struct vcm_snap_section context_holds;
			struct vcm_snap_section res_holds;
			struct vcm_snap_section phys_holds;
		};
		struct vcm_snap_section all[9];
	};
	u32 last_holder;	/* highest number on the list when it was copied */
	int err;
};

/* Append a record; after a failure the rest is skipped and snap->err tells. */
static void vcm_snap_put(struct vcm_snap *snap, struct vcm_snap_section *section, u16 type,
			 const void *payload, u32 len)
{
	const struct vcm_snap_rec rec = { .type = type, .len = len };
	size_t need = section->len + sizeof(rec) + len;

	if (snap->err)
		return;
	if (need > section->room) {
		size_t room = max(need, section->room * 2);
		u8 *data = vcm_os_zalloc(room);

		if (!data) {
			snap->err = -ENOMEM;
			return;
		}
		if (section->data)
			memcpy(data, section->data, section->len);
		vcm_os_free(section->data);
		section->data = data;
		section->room = room;
	}
	memcpy(section->data + section->len, &rec, sizeof(rec));
	memcpy(section->data + section->len + sizeof(rec), payload, len);
	section->len = need;
	section->records++;
}

static void vcm_snap_stream(struct vcm_snap *snap, const struct vcm_stream *stream, u32 vcm)
{
	const struct vcm_snap_stream rec = { .stream = stream->id, .vcm = vcm, .seq = stream->seq };

	vcm_snap_put(snap, &snap->streams, VCM_SNAP_STREAM, &rec, sizeof(rec));
}

static void vcm_snap_devices(struct vcm_snap *snap)
{
	struct vcm_device *dev;

	list_for_each_entry(dev, &vcm_registry.devices, node) {
		struct vcm_snap_device rec = { .dev = dev->id };

		memcpy(rec.name, dev->name, sizeof(rec.name));
		memcpy(rec.iommu, dev->iommu, sizeof(rec.iommu));
		vcm_snap_put(snap, &snap->devices, VCM_SNAP_DEVICE, &rec, sizeof(rec));
	}
}

static void vcm_snap_holder(struct vcm_snap *snap, const struct vcm_holder *holder)
{
	struct vcm_snap_holder rec = { .holder = holder->id };

	memcpy(rec.name, holder->name, sizeof(rec.name));
	vcm_snap_put(snap, &snap->holders, VCM_SNAP_HOLDER, &rec, sizeof(rec));
}

static void vcm_snap_holders(struct vcm_snap *snap)
{
	struct vcm_registry *reg = &vcm_registry;
	struct vcm_holder *holder;

	mutex_lock(&reg->holders_lock);
	list_for_each_entry(holder, &reg->holders, node)
		vcm_snap_holder(snap, holder);
	snap->last_holder = reg->next_holder;
	mutex_unlock(&reg->holders_lock);
}

/*
 * A holder may come after the list of holders was copied, and go before the copy is complete.
 * Its record is put where its number belongs; such holders are few and their numbers high.
 */
static void vcm_snap_late_holder(struct vcm_snap *snap, const struct vcm_holder *holder)
{
	const size_t size = sizeof(struct vcm_snap_rec) + sizeof(struct vcm_snap_holder);
	struct vcm_snap_section *section = &snap->holders;
	const struct vcm_snap_holder *before;
	size_t at = section->len;
	u8 late[sizeof(struct vcm_snap_rec) + sizeof(struct vcm_snap_holder)];

	for (; at; at -= size) {
		before = (void *)(section->data + at - sizeof(*before));
		if (before->holder == holder->id)
			return;
		if (before->holder < holder->id)
			break;
	}
	vcm_snap_holder(snap, holder);
	if (snap->err)
		return;
	memcpy(late, section->data + section->len - size, size);
	memmove(section->data + at + size, section->data + at, section->len - size - at);
	memcpy(section->data + at, late, size);
}

/* The holds of an object that @rec names. */
static void vcm_snap_holds(struct vcm_snap *snap, struct vcm_snap_section *section,
			   const struct vcm_refs *refs, struct vcm_snap_hold *rec)
{
	const struct vcm_hold *hold;

	list_for_each_entry(hold, &refs->holds, node) {
		rec->holder = hold->holder->id;
		rec->count = hold->count;
		vcm_snap_put(snap, section, VCM_SNAP_HOLD, rec, sizeof(*rec));
		if (hold->holder->id > snap->last_holder)
			vcm_snap_late_holder(snap, hold->holder);
	}
}

static void vcm_snap_context(struct vcm_snap *snap, const struct vcm *vcm)
{
	const struct vcm_snap_context rec = {
		.vcm = vcm->id,
		.refs = vcm->refs.total,
		.start = vcm->ranges.start,
		.last = vcm->ranges.last,
		.driver = vcm->driver->kind,
		.first_stream = vcm->stream.id,
		.nr_streams = 1,
		.flags = vcm->saved ? VCM_SNAP_CONTEXT_SAVED : 0,
	};

	vcm_snap_put(snap, &snap->registry, VCM_SNAP_CONTEXT, &rec, sizeof(rec));
	vcm_snap_holds(snap, &snap->context_holds, &vcm->refs, &(struct vcm_snap_hold) {
		.id = vcm->id,
		.kind = VCM_KIND_CONTEXT,
		.vcm = vcm->id,
	});
}

static void vcm_snap_assocs(struct vcm_snap *snap)
{
	const struct vcm_assoc *assoc;

	for (assoc = vcm_assoc_after(0); assoc; assoc = vcm_assoc_after(assoc->id)) {
		const struct vcm_snap_assoc rec = {
			.assoc = assoc->id,
			.vcm = assoc->vcm->id,
			.dev = assoc->dev->id,
			.active = assoc->active,
			.domain = assoc->dom ? assoc->dom->id : 0,
		};

		vcm_snap_put(snap, &snap->registry, VCM_SNAP_ASSOC, &rec, sizeof(rec));
	}
}

static void vcm_snap_physes(struct vcm_snap *snap)
{
	const struct vcm_phys *phys;

	list_for_each_entry(phys, &vcm_registry.physes, node) {
		const struct vcm_snap_phys rec = {
			.phys = phys->id,
			.len = phys->len,
			.refs = phys->refs.total,
			.chunks = phys->nr_chunks,
			.orders = phys->orders,
			.cache = phys->cache,
			.source = phys->source,
		};

		vcm_snap_put(snap, &snap->phys, VCM_SNAP_PHYS, &rec, sizeof(rec));
		vcm_snap_holds(snap, &snap->phys_holds, &phys->refs, &(struct vcm_snap_hold) {
			.id = phys->id,
			.kind = VCM_KIND_PHYS,
		});
	}
}

static void vcm_snap_res(struct vcm_snap *snap, const struct vcm_res *res)
{
	const struct vcm_snap_res rec = {
		.res = res->id,
		.vcm = res->vcm->id,
		.refs = res->refs.total,
		.start = res->start,
		.len = res->len,
		.phys = res->phys ? res->phys->id : 0,
		.off = res->off,
		.bound_len = res->bound_len,
		.prot = res->prot,
		.mapped = res->phys ? res->vcm->nr_domains : 0,
		.align = res->align,
		.rflags = res->flags,
		.guard = res->guard,
	};

	vcm_snap_put(snap, &snap->res, VCM_SNAP_RES, &rec, sizeof(rec));
	vcm_snap_holds(snap, &snap->res_holds, &res->refs, &(struct vcm_snap_hold) {
		.id = res->id,
		.kind = VCM_KIND_RES,
		.vcm = res->vcm->id,
	});
}

static void vcm_snap_ranges(struct vcm_snap *snap, struct vcm *vcm)
{
	struct vcm_res *res;

	vcm_stream_lock(&vcm->stream);
	vcm_snap_stream(snap, &vcm->stream, vcm->id);
	for (res = vcm_res_first(vcm); res; res = vcm_res_next(res))
		vcm_snap_res(snap, res);
	vcm_stream_unlock(&vcm->stream);
}

static void vcm_snap_collect(struct vcm_snap *snap)
{
	struct vcm_registry *reg = &vcm_registry;
	struct vcm *vcm;

	vcm_stream_lock(&reg->stream);
	vcm_snap_stream(snap, &reg->stream, 0);
	vcm_snap_devices(snap);
	vcm_snap_holders(snap);
	list_for_each_entry(vcm, &reg->contexts, node)
		vcm_snap_context(snap, vcm);
	vcm_snap_assocs(snap);
	vcm_snap_physes(snap);
	list_for_each_entry(vcm, &reg->contexts, node)
		vcm_snap_ranges(snap, vcm);
	vcm_stream_unlock(&reg->stream);
}

static void vcm_snap_release(struct vcm_snap *snap)
{
	for (size_t i = 0; i < ARRAY_SIZE(snap->all); i++)
		vcm_os_free(snap->all[i].data);
}

/* Header and sections in one piece. */
static int vcm_snap_join(const struct vcm_snap *snap, void **data, size_t *len)
{
	struct vcm_snap_header head = {
		.magic = VCM_SNAP_MAGIC,
		.version = VCM_SNAP_VERSION,
		.header_len = sizeof(head),
		.total_len = sizeof(head),
	};
	u8 *to;

	for (size_t i = 0; i < ARRAY_SIZE(snap->all); i++) {
		head.total_len += snap->all[i].len;
		head.nr_records += snap->all[i].records;
	}
	to = vcm_os_zalloc(head.total_len);
	if (!to)
		return -ENOMEM;
	*data = to;
	*len = head.total_len;
	memcpy(to, &head, sizeof(head));
	to += sizeof(head);
	for (size_t i = 0; i < ARRAY_SIZE(snap->all); i++) {
		if (snap->all[i].len)
			memcpy(to, snap->all[i].data, snap->all[i].len);
		to += snap->all[i].len;
	}
	return 0;
}

/*
 * Take a snapshot.
 * @data: out: the bytes, to be freed by vcm_os_free()
 * @len:  out: how many
 * Return: 0 or -ENOMEM.
 */
int vcm_snap_take(void **data, size_t *len)
{
	struct vcm_snap snap = {};
	int err;

	vcm_snap_collect(&snap);
	err = snap.err ? snap.err : vcm_snap_join(&snap, data, len);
	vcm_snap_release(&snap);
	return err;
}
