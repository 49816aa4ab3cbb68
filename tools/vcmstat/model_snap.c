// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_snap.c - the model from and to the bytes of a snapshot.
 *
 * The bytes may come from a file that anybody wrote: nothing is read that has not been checked
 * to lie inside, and a snapshot is taken whole or not at all.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* One record while walking over a snapshot. */
struct record {
	unsigned int type;
	size_t len;
	const unsigned char *payload;
};

/* Where a walk stands. */
struct walk {
	const unsigned char *buf;
	size_t len;
	size_t pos;
	uint32_t left;	/* records */
};

static const struct schema_record *known(unsigned int type)
{
	return type < SCHEMA_RECORDS && schema_records[type].name ? &schema_records[type] : NULL;
}

static int damaged(struct error *err, size_t pos, const char *what)
{
	return error_set(err, EXIT_DAMAGED, "damaged snapshot: byte %zu: %s", pos, what);
}

static int walk_begin(struct walk *w, const void *buf, size_t len, struct error *err)
{
	struct vcm_snap_header h;

	if (len < sizeof(h))
		return damaged(err, len, "ends inside the header");
	memcpy(&h, buf, sizeof(h));
	if (h.magic != VCM_SNAP_MAGIC)
		return error_set(err, EXIT_DAMAGED, "not a VCM snapshot");
	if (h.version > VCM_SNAP_VERSION)
		return error_set(err, EXIT_VERSION,
				 "snapshot has version %u, this vcmstat reads up to %u: update it",
				 h.version, VCM_SNAP_VERSION);
	if (h.version == 0)
		return damaged(err, 4, "version 0");
	if (h.header_len < sizeof(h) || h.header_len % 8 || h.header_len > len)
		return damaged(err, 6, "impossible header length");
	if (h.total_len != len)
		return damaged(err, 8, h.total_len > len ? "snapshot is cut short" :
			       "bytes after the end");
	*w = (struct walk){ .buf = buf, .len = len, .pos = h.header_len, .left = h.nr_records };
	return 0;
}

/* 1 with the next record, 0 after the last, -1 when damaged. */
static int walk_next(struct walk *w, struct record *r, struct error *err)
{
	struct vcm_snap_rec head;
	size_t room = w->len - w->pos;

	if (!w->left)
		return room ? damaged(err, w->pos, "bytes after the last record") : 0;
	if (room < sizeof(head))
		return damaged(err, w->pos, "ends inside the head of a record");
	memcpy(&head, w->buf + w->pos, sizeof(head));
	if (head.len % 8)
		return damaged(err, w->pos, "record length is not a multiple of 8");
	if (head.len > room - sizeof(head))
		return damaged(err, w->pos, "record is longer than the snapshot");
	r->type = head.type;
	r->len = head.len;
	r->payload = w->buf + w->pos + sizeof(head);
	if (known(r->type) && r->len < known(r->type)->size)
		return damaged(err, w->pos, "record is shorter than its type");
	w->pos += sizeof(head) + head.len;
	w->left--;
	return 1;
}

/* Not for holds, which are no table of their records. */
static struct table *table_of(const struct model *m, unsigned int type)
{
	switch (type) {
	case VCM_SNAP_STREAM: return (struct table *)&m->stream;
	case VCM_SNAP_DEVICE: return (struct table *)&m->device;
	case VCM_SNAP_HOLDER: return (struct table *)&m->holder;
	case VCM_SNAP_CONTEXT: return (struct table *)&m->context;
	case VCM_SNAP_ASSOC: return (struct table *)&m->assoc;
	case VCM_SNAP_PHYS: return (struct table *)&m->phys;
	case VCM_SNAP_COUNT: return (struct table *)&m->count;
	default: return (struct table *)&m->res;
	}
}

static struct table_key key_of(unsigned int type, const void *payload)
{
	const struct vcm_snap_res *r = payload;
	const struct vcm_snap_assoc *a = payload;
	const struct vcm_snap_phys *p = payload;
	const struct vcm_snap_count *c = payload;

	switch (type) {
	case VCM_SNAP_COUNT: return (struct table_key){ c->event, c->op };
	case VCM_SNAP_RES: return (struct table_key){ r->vcm, r->res };
	case VCM_SNAP_ASSOC: return (struct table_key){ a->assoc, 0 };
	case VCM_SNAP_PHYS: return (struct table_key){ p->phys, 0 };
	default: return (struct table_key){ *(const __u32 *)payload, 0 };
	}
}

/* How many references the object of a hold has, NULL when it is not there. */
static const __u32 *refs_held(const struct model *m, const struct vcm_snap_hold *hold)
{
	const struct vcm_snap_context *c;
	const struct vcm_snap_phys *p;
	const struct vcm_snap_res *r;

	switch (hold->kind) {
	case VCM_KIND_CONTEXT:
		c = hold->id == hold->vcm ? table_find(&m->context, hold->vcm, 0) : NULL;
		return c ? &c->refs : NULL;
	case VCM_KIND_RES:
		r = table_find(&m->res, hold->vcm, hold->id);
		return r ? &r->refs : NULL;
	case VCM_KIND_PHYS:
		p = hold->vcm ? NULL : table_find(&m->phys, hold->id, 0);
		return p ? &p->refs : NULL;
	default:
		return NULL;
	}
}

static const char *add_hold(struct model *m, const struct vcm_snap_hold *hold)
{
	const struct holds *h = holds_of(&m->holds, hold->kind, hold->vcm, hold->id);
	const __u32 *refs = refs_held(m, hold);
	uint32_t i;

	if (!refs)
		return "a hold of an object that is not there";
	if (!hold->holder || !hold->count)
		return "a hold of nobody or of nothing";
	if (holds_sum(h) + hold->count > *refs)
		return "more holds than references";
	for (i = 0; h && i < h->nr; i++) {
		if (h->hold[i].holder == hold->holder)
			return "the same object twice";
	}
	holds_get(&m->holds, hold);
	return NULL;
}

const char *model_add_record(struct model *m, unsigned int type, const void *payload)
{
	struct table *t = table_of(m, type);
	struct table_key key = key_of(type, payload);

	if (type == VCM_SNAP_HOLD)
		return add_hold(m, payload);
	if (table_find(t, key.a, key.b))
		return "the same object twice";
	memcpy(table_add(t, key.a, key.b), payload, t->row);
	return NULL;
}

/* Payloads are copied to an aligned place before a struct is laid over them. */
static int load_record(struct model *m, const struct walk *w, const struct record *r,
		       struct error *err)
{
	const struct schema_record *schema = known(r->type);
	union {
		struct vcm_snap_device device;
		struct vcm_snap_holder holder;
		struct vcm_snap_res res;
	} payload;
	const char *why;

	if (!schema)
		return 0;
	memcpy(&payload, r->payload, schema->size);
	if (r->type == VCM_SNAP_DEVICE &&
	    (payload.device.name[VCM_DEVICE_NAME_LEN - 1] ||
	     payload.device.iommu[VCM_DEVICE_NAME_LEN - 1]))
		return damaged(err, w->pos, "name without end");
	if (r->type == VCM_SNAP_HOLDER && payload.holder.name[VCM_HOLDER_NAME_LEN - 1])
		return damaged(err, w->pos, "name without end");
	why = model_add_record(m, r->type, &payload);
	return why ? damaged(err, w->pos, why) : 0;
}

int model_load(struct model *m, const void *buf, size_t len, struct error *err)
{
	struct model fresh;
	struct record r;
	struct walk w;
	int more;

	if (walk_begin(&w, buf, len, err))
		return -1;
	model_init(&fresh);
	while ((more = walk_next(&w, &r, err)) > 0) {
		more = load_record(&fresh, &w, &r, err);
		if (more)
			break;
	}
	if (more) {
		model_fini(&fresh);
		return -1;
	}
	model_fini(m);
	*m = fresh;
	return 0;
}

static void learn(struct model *m, unsigned int type, const struct table *from,
		  model_name_fn told, void *arg)
{
	size_t i;

	for (i = 0; i < from->nr; i++) {
		const void *row = table_row(from, i);

		if (!model_add_record(m, type, row))
			told(arg, type, row);
	}
}

int model_learn_names(struct model *m, const void *buf, size_t len, model_name_fn told,
		      void *arg, struct error *err)
{
	struct model fresh;

	model_init(&fresh);
	if (model_load(&fresh, buf, len, err))
		return -1;
	learn(m, VCM_SNAP_DEVICE, &fresh.device, told, arg);
	learn(m, VCM_SNAP_HOLDER, &fresh.holder, told, arg);
	model_fini(&fresh);
	return 0;
}

void *model_encode(const struct model *m, size_t *len)
{
	struct vcm_snap_header h = { .magic = VCM_SNAP_MAGIC, .version = VCM_SNAP_VERSION,
				     .header_len = sizeof(h), .total_len = sizeof(h) };
	const void **rows[SCHEMA_SNAP_TYPES];
	size_t nr[SCHEMA_SNAP_TYPES], i, type;
	unsigned char *buf, *at;

	for (i = 0; i < SCHEMA_SNAP_TYPES; i++) {
		type = schema_snap_order[i];
		rows[i] = model_sorted(m, (unsigned int)type, &nr[i]);
		h.nr_records += (__u32)nr[i];
		h.total_len += nr[i] * (sizeof(struct vcm_snap_rec) + schema_records[type].size);
	}
	buf = xcalloc(1, h.total_len);
	memcpy(buf, &h, sizeof(h));
	at = buf + sizeof(h);
	for (i = 0; i < SCHEMA_SNAP_TYPES; i++) {
		struct vcm_snap_rec head = { .type = (__u16)schema_snap_order[i] };
		size_t row;

		head.len = (__u32)schema_records[head.type].size;
		for (row = 0; row < nr[i]; row++) {
			memcpy(at, &head, sizeof(head));
			memcpy(at + sizeof(head), rows[i][row], head.len);
			at += sizeof(head) + head.len;
		}
		free(rows[i]);
	}
	*len = h.total_len;
	return buf;
}

static uint64_t member_value(const struct schema_member *mb, const unsigned char *payload)
{
	uint64_t v64;
	uint32_t v32;

	if (mb->size == 8) {
		memcpy(&v64, payload + mb->off, 8);
		return v64;
	}
	memcpy(&v32, payload + mb->off, 4);
	return v32;
}

/* "reservation 3 of context 1", "hold of holder 2 on phys 7" */
static void record_name(char *buf, size_t len, const struct record *r)
{
	const struct schema_record *s = known(r->type);
	uint64_t id = member_value(&s->member[0], r->payload);
	struct vcm_snap_hold hold;
	int n;

	if (r->type != VCM_SNAP_HOLD) {
		n = snprintf(buf, len, "%s %" PRIu64, s->name, id);
		if (r->type == VCM_SNAP_RES)
			snprintf(buf + n, len - (size_t)n, " of context %" PRIu64,
				 member_value(&s->member[1], r->payload));
		return;
	}
	memcpy(&hold, r->payload, sizeof(hold));
	n = snprintf(buf, len, "hold of holder %u on %s %" PRIu64, hold.holder,
		     schema_enum_text(SCHEMA_kind, hold.kind), id);
	if (hold.kind == VCM_KIND_RES)
		snprintf(buf + n, len - (size_t)n, " of context %u", hold.vcm);
}

static int record_differs(const struct record *a, const struct record *b, struct error *err)
{
	const struct schema_record *s = known(a->type);
	char left[80], right[80];
	unsigned int i;

	record_name(left, sizeof(left), a);
	record_name(right, sizeof(right), b);
	if (a->type != b->type || strcmp(left, right))
		return error_set(err, EXIT_FAILED, "events give %s where the snapshot has %s",
				 left, right);
	for (i = 0; i < s->nr_member; i++) {
		uint64_t va = member_value(&s->member[i], a->payload);
		uint64_t vb = member_value(&s->member[i], b->payload);

		if (va != vb)
			return error_set(err, EXIT_FAILED, "%s: %s is %" PRIu64
					 " by the events, %" PRIu64 " in the snapshot",
					 left, s->member[i].name, va, vb);
	}
	if (memcmp(a->payload, b->payload, s->size))
		return error_set(err, EXIT_FAILED, "%s: a reserved member is not 0", left);
	return 0;
}

/* The next record that has events and that this build knows. */
static int walk_state(struct walk *w, struct record *r, struct error *err)
{
	int more;

	do
		more = walk_next(w, r, err);
	while (more > 0 && (r->type == VCM_SNAP_DEVICE || r->type == VCM_SNAP_HOLDER ||
			    r->type == VCM_SNAP_COUNT || !known(r->type)));
	return more;
}

static int compare(struct walk *mine, struct walk *theirs, struct error *err)
{
	int a, b;

	for (;;) {
		struct record mr, tr;
		char name[80];

		a = walk_state(mine, &mr, err);
		b = walk_state(theirs, &tr, err);
		if (a < 0 || b < 0)
			return -1;
		if (!a && !b)
			return 0;
		if (a != b) {
			record_name(name, sizeof(name), a ? &mr : &tr);
			return error_set(err, EXIT_FAILED, a ?
					 "events give %s, the snapshot does not have it" :
					 "the snapshot has %s, the events do not give it", name);
		}
		if (record_differs(&mr, &tr, err))
			return -1;
	}
}

int model_compare(const struct model *m, const void *buf, size_t len, struct error *err)
{
	struct walk mine, theirs;
	size_t my_len;
	void *my_buf;
	int ret = -1;

	my_buf = model_encode(m, &my_len);
	if (!walk_begin(&mine, my_buf, my_len, err) && !walk_begin(&theirs, buf, len, err))
		ret = compare(&mine, &theirs, err);
	free(my_buf);
	return ret;
}
