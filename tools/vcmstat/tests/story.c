// SPDX-License-Identifier: GPL-2.0-only
/* story.c - see story.h. */
#include <stdarg.h>
#include <string.h>

#include "story.h"
#include "tap.h"

#define U(x) ((uint64_t)(x))

void story_begin(struct story *s)
{
	memset(s, 0, sizeof(*s));
	model_init(&s->model);
	model_add_record(&s->model, VCM_SNAP_STREAM, &(struct vcm_snap_stream){ 0 });
	s->now = 1000000000;
	s->next_id = 1;
	s->pid = 100;
	s->comm = "setup";
}

void story_end(struct story *s)
{
	CHECK_STR(s->model.conflict, "");
	model_fini(&s->model);
}

void story_wait(struct story *s, uint64_t ns)
{
	s->now += ns;
}

void story_actor(struct story *s, uint32_t pid, const char *comm)
{
	s->pid = pid;
	s->comm = comm;
}

/* @nr own fields follow as uint64_t; @stream 0 is the registry. */
static void emit(struct story *s, struct vcm_event ev, unsigned int nr, ...)
{
	va_list ap;
	unsigned int i;

	s->now += 1000000;
	ev.seq = ev.stream ? ++s->seq[ev.stream] : ++s->registry_seq;
	ev.ts_ns = s->now;
	ev.pid = s->pid;
	ev.tid = s->pid;
	ev.nr_arg = (__u16)nr;
	strncpy(ev.comm, s->comm, sizeof(ev.comm) - 1);
	va_start(ap, nr);
	for (i = 0; i < nr; i++)
		ev.arg[i] = va_arg(ap, uint64_t);
	va_end(ap);
	s->last = ev;
	if (s->muted)
		return;
	CHECK(model_apply(&s->model, &ev) != MODEL_HELD);
	if (s->emit)
		s->emit(s->arg, &ev);
}

static struct vcm_snap_res *res_of(struct story *s, uint32_t vcm, uint64_t id)
{
	struct vcm_snap_res *r = table_find(&s->model.res, vcm, id);

	CHECK(r != NULL);
	return r;
}

static struct vcm_snap_assoc *assoc_of(struct story *s, uint64_t id)
{
	struct vcm_snap_assoc *a = table_find(&s->model.assoc, id, 0);

	CHECK(a != NULL);
	return a;
}

#define REGISTRY(event, of, object, count)					\
	((struct vcm_event){ .type = VCM_EVENT_##event, .vcm = of, .id = object, .refs = count })
#define STREAM(event, of, object)						\
	((struct vcm_event){ .type = VCM_EVENT_##event, .stream = of, .vcm = of, .id = object,	\
			     .refs = 1 })

uint32_t story_context(struct story *s)
{
	uint32_t vcm = (uint32_t)s->model.context.nr + 1;

	while (table_find(&s->model.context, vcm, 0) || s->seq[vcm])
		vcm++;
	CHECK(vcm < STORY_CONTEXTS);
	emit(s, REGISTRY(create, vcm, vcm, 1), 6, U(0), U(0xfffffffff), U(VCM_DRIVER_IOMMU), U(vcm),
	     U(1), U(0));
	return vcm;
}

void story_destroy(struct story *s, uint32_t vcm)
{
	emit(s, REGISTRY(destroy, vcm, vcm, 0), 0);
}

uint32_t story_device(struct story *s, uint32_t dev, const char *name)
{
	struct vcm_snap_device d = { .dev = dev };

	strncpy(d.name, name, sizeof(d.name) - 1);
	CHECK(!model_add_record(&s->model, VCM_SNAP_DEVICE, &d));
	return dev;
}

uint64_t story_reserve_how(struct story *s, uint32_t vcm, uint64_t start, uint64_t len,
			   uint32_t flags, uint32_t guard)
{
	uint64_t id = s->next_id++;

	emit(s, STREAM(reserve, vcm, id), 6, start, len, U(12), U(flags), U(guard), U(0));
	return id;
}

uint64_t story_reserve(struct story *s, uint32_t vcm, uint64_t start, uint64_t len)
{
	return story_reserve_how(s, vcm, start, len, 0, 0);
}

void story_unreserve(struct story *s, uint32_t vcm, uint64_t res)
{
	struct vcm_snap_res *r = res_of(s, vcm, res);

	emit(s, STREAM(unreserve, vcm, res), 2, U(r->start), U(r->len));
}

void story_bind(struct story *s, uint32_t vcm, uint64_t res, uint64_t len, uint32_t prot)
{
	struct vcm_snap_res *r = res_of(s, vcm, res);
	uint64_t phys = 1000 + res, start = r->start;

	emit(s, STREAM(bind, vcm, res), 5, start, len, phys, U(0), U(prot));
	emit(s, STREAM(map, vcm, res), 4, start, len, U(1), U(prot));
}

void story_unbind(struct story *s, uint32_t vcm, uint64_t res)
{
	struct vcm_snap_res *r = res_of(s, vcm, res);
	uint64_t start = r->start, len = r->bound_len, phys = r->phys;

	emit(s, STREAM(unmap, vcm, res), 3, start, len, U(1));
	emit(s, STREAM(unbind, vcm, res), 3, start, len, phys);
}

uint64_t story_assoc(struct story *s, uint32_t vcm, uint32_t dev)
{
	uint64_t id = s->next_id++;

	emit(s, REGISTRY(assoc, vcm, id, 0), 1, U(dev));
	return id;
}

void story_deassoc(struct story *s, uint64_t assoc)
{
	struct vcm_snap_assoc *a = assoc_of(s, assoc);

	emit(s, REGISTRY(deassoc, a->vcm, assoc, 0), 1, U(a->dev));
}

void story_activate(struct story *s, uint64_t assoc)
{
	struct vcm_snap_assoc *a = assoc_of(s, assoc);

	emit(s, REGISTRY(activate, a->vcm, assoc, a->active + 1), 2, U(a->dev), U(1));
}

void story_deactivate(struct story *s, uint64_t assoc)
{
	struct vcm_snap_assoc *a = assoc_of(s, assoc);

	emit(s, REGISTRY(deactivate, a->vcm, assoc, a->active - 1), 2, U(a->dev), U(1));
}

void story_switch(struct story *s, uint64_t from, uint64_t to)
{
	struct vcm_snap_assoc *a = assoc_of(s, from), *b = assoc_of(s, to);

	emit(s, REGISTRY(switch, b->vcm, to, a->active), 5, U(b->dev), U(1), U(a->vcm), from, U(0));
}

void story_save(struct story *s, uint32_t vcm)
{
	emit(s, REGISTRY(save, vcm, vcm, 1), 0);
}

void story_restore(struct story *s, uint32_t vcm)
{
	emit(s, REGISTRY(restore, vcm, vcm, 1), 0);
}

struct diag_fault story_fault(const struct story *s, const char *device, uint64_t iova,
			      enum diag_access access)
{
	struct diag_fault f = { .ts_ns = s->now + 1000, .iova = iova, .grain = 1,
				.access = access, .source = "test" };

	strncpy(f.device, device, sizeof(f.device) - 1);
	return f;
}
