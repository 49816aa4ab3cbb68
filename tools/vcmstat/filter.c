// SPDX-License-Identifier: GPL-2.0-only
/* filter.c - see filter.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"

/* A number with K, M, G or T, or without. */
static bool number(const char *text, char **end, uint64_t *value)
{
	static const char units[] = "KMGT";
	unsigned int shift = 0;
	const char *unit;

	errno = 0;
	*value = strtoull(text, end, 0);
	if (errno || *end == text || *text < '0' || *text > '9')
		return false;
	unit = **end ? strchr(units, **end) : NULL;
	if (unit) {
		shift = 10 * (unsigned int)(unit - units + 1);
		(*end)++;
	}
	if (*value > UINT64_MAX >> shift)
		return false;
	*value <<= shift;
	return true;
}

int filter_range(struct filter *f, struct error *err)
{
	uint64_t second;
	char *end, *rest;

	if (!f->range)
		return 0;
	if (!number(f->range, &end, &f->start))
		goto bad;
	f->last = f->start;
	if (!*end)
		return 0;
	if (!number(end + 1, &rest, &second) || *rest || (*end != '-' && *end != '+'))
		goto bad;
	f->last = *end == '-' ? second : f->start + (second - 1);
	if (f->last >= f->start)
		return 0;
bad:
	return error_set(err, EXIT_USAGE, "--range: '%s' is not ADDRESS, FIRST-LAST or FIRST+LEN",
			 f->range);
}

bool filter_is_set(const struct filter *f)
{
	return f->vcm || f->device || f->holder || f->state || f->range || f->pid || f->comm;
}

const char *filter_text(const struct filter *f, char *buf, size_t len)
{
	const struct { const char *name, *text; uint64_t value; } part[] = {
		{ "context", NULL, f->vcm }, { "device", f->device, 0 },
		{ "holder", f->holder, 0 }, { "state", f->state, 0 },
		{ "range", f->range, 0 }, { "pid", NULL, f->pid }, { "comm", f->comm, 0 },
	};
	size_t i, n = 0;

	buf[0] = '\0';
	for (i = 0; i < ARRAY_LEN(part) && n < len; i++) {
		const char *gap = n ? " " : "";

		if (part[i].text)
			n += (size_t)snprintf(buf + n, len - n, "%s%s=%s", gap, part[i].name,
					      part[i].text);
		else if (part[i].value)
			n += (size_t)snprintf(buf + n, len - n, "%s%s=%" PRIu64, gap, part[i].name,
					      part[i].value);
	}
	return buf;
}

/* "app/412": by the whole name, by its number, by what is before or behind the slash. */
static bool holder_passes(const struct filter *f, const struct model *m, uint32_t holder)
{
	const char *name = model_holder_name(m, holder), *slash;
	char *end;
	uint64_t nr;

	if (f->holder && !(name && !strcmp(name, f->holder)) &&
	    !(number(f->holder, &end, &nr) && !*end && nr == holder))
		return false;
	if (!f->pid && !f->comm)
		return true;
	slash = name ? strrchr(name, '/') : NULL;
	if (!slash || (f->pid && strtoull(slash + 1, NULL, 10) != f->pid))
		return false;
	return !f->comm || (strlen(f->comm) == (size_t)(slash - name) &&
			    !strncmp(name, f->comm, strlen(f->comm)));
}

static bool wants_holder(const struct filter *f)
{
	return f->holder || f->pid || f->comm;
}

static bool held(const struct filter *f, const struct model *m, const struct vcm_snap_hold *what)
{
	const struct holds *h = holds_of(&m->holds, what->kind, what->vcm, what->id);
	uint32_t i;

	for (i = 0; h && i < h->nr; i++) {
		if (holder_passes(f, m, h->hold[i].holder))
			return true;
	}
	return false;
}

static bool device_passes(const struct filter *f, const struct model *m, uint32_t dev)
{
	const struct vcm_snap_device *d = table_find(&m->device, dev, 0);
	uint64_t nr;
	char *end;

	if (d && !strcmp(d->name, f->device))
		return true;
	return number(f->device, &end, &nr) && !*end && nr == dev;
}

/* Is the context one that the filter may show anything of? */
static bool context_passes(const struct filter *f, const struct model *m, uint32_t vcm)
{
	size_t i;

	if (f->vcm && f->vcm != vcm)
		return false;
	if (!f->device)
		return true;
	for (i = 0; i < m->assoc.nr; i++) {
		const struct vcm_snap_assoc *a = table_row(&m->assoc, i);

		if (a->vcm == vcm && device_passes(f, m, a->dev))
			return true;
	}
	return false;
}

static bool range_passes(const struct filter *f, uint64_t start, uint64_t len)
{
	return start <= f->last && len && start + (len - 1) >= f->start;
}

static bool res_passes(const struct filter *f, const struct model *m,
		       const struct vcm_snap_res *r)
{
	const struct vcm_snap_hold what = { .id = r->res, .kind = VCM_KIND_RES, .vcm = r->vcm };

	if (f->state && strcmp(f->state, model_res_state(r)))
		return false;
	if (f->range && !range_passes(f, r->start, r->len))
		return false;
	if (wants_holder(f) && !held(f, m, &what))
		return false;
	return context_passes(f, m, r->vcm);
}

static void copy_row(struct model *out, unsigned int type, const void *row)
{
	(void)model_add_record(out, type, row);	/* there already, or as good as the original */
}

static void copy_holds(const struct model *m, struct model *out)
{
	size_t nr, i;
	const void **rows = model_sorted(m, VCM_SNAP_HOLD, &nr);

	for (i = 0; i < nr; i++)
		copy_row(out, VCM_SNAP_HOLD, rows[i]);	/* refused where the object is not there */
	free(rows);
}

static void copy_table(const struct table *t, struct model *out, unsigned int type)
{
	size_t i;

	for (i = 0; i < t->nr; i++)
		copy_row(out, type, table_row(t, i));
}

/* The reservations that pass, what is bound to them, and where they are. */
static void copy_res(const struct filter *f, const struct model *m, struct model *out)
{
	size_t i;

	for (i = 0; i < m->res.nr; i++) {
		const struct vcm_snap_res *r = table_row(&m->res, i);
		const struct vcm_snap_context *c = table_find(&m->context, r->vcm, 0);
		const struct vcm_snap_phys *p = table_find(&m->phys, r->phys, 0);

		if (!res_passes(f, m, r))
			continue;
		copy_row(out, VCM_SNAP_RES, r);
		if (c)
			copy_row(out, VCM_SNAP_CONTEXT, c);
		if (p)
			copy_row(out, VCM_SNAP_PHYS, p);
	}
}

/* Contexts and memory that no reservation brings in, but their holder or nothing asks more. */
static void copy_others(const struct filter *f, const struct model *m, struct model *out)
{
	bool of_res = f->state || f->range;
	size_t i;

	for (i = 0; i < m->context.nr && !of_res; i++) {
		const struct vcm_snap_context *c = table_row(&m->context, i);
		struct vcm_snap_hold what = { .id = c->vcm, .kind = VCM_KIND_CONTEXT,
					      .vcm = c->vcm };

		if (context_passes(f, m, c->vcm) && (!wants_holder(f) || held(f, m, &what)))
			copy_row(out, VCM_SNAP_CONTEXT, c);
	}
	for (i = 0; i < m->phys.nr && !of_res && !f->vcm && !f->device; i++) {
		const struct vcm_snap_phys *p = table_row(&m->phys, i);
		struct vcm_snap_hold what = { .id = p->phys, .kind = VCM_KIND_PHYS };

		if (!wants_holder(f) || held(f, m, &what))
			copy_row(out, VCM_SNAP_PHYS, p);
	}
}

void filter_model(const struct filter *f, const struct model *m, struct model *out)
{
	size_t i;

	model_init(out);
	copy_table(&m->device, out, VCM_SNAP_DEVICE);
	copy_table(&m->holder, out, VCM_SNAP_HOLDER);
	copy_res(f, m, out);
	copy_others(f, m, out);
	for (i = 0; i < m->assoc.nr; i++) {
		const struct vcm_snap_assoc *a = table_row(&m->assoc, i);

		if (table_find(&out->context, a->vcm, 0) &&
		    (!f->device || device_passes(f, m, a->dev)))
			copy_row(out, VCM_SNAP_ASSOC, a);
	}
	for (i = 0; i < m->stream.nr; i++) {
		const struct vcm_snap_stream *s = table_row(&m->stream, i);

		if (!s->stream || table_find(&out->context, s->vcm, 0))
			copy_row(out, VCM_SNAP_STREAM, s);
	}
	copy_holds(m, out);
}

/* The value of the field called @name; false when the event has none. */
static bool event_field(const struct vcm_event *ev, const char *name, uint64_t *value)
{
	const struct schema_event *schema = schema_event(ev->type);
	unsigned int i;

	for (i = 0; schema && i < schema->nr_arg; i++) {
		if (!strcmp(schema->arg[i].name, name)) {
			*value = ev->arg[i];
			return true;
		}
	}
	return false;
}

static bool event_in_range(const struct filter *f, const struct vcm_snap_res *r,
			   const struct vcm_event *ev)
{
	uint64_t start, len;

	if (event_field(ev, "iova", &start))
		return range_passes(f, start, 1);
	if (ev->type != VCM_EVENT_create && event_field(ev, "start", &start) &&
	    event_field(ev, "len", &len))
		return range_passes(f, start, len);
	return r && range_passes(f, r->start, r->len);
}

static bool event_held(const struct filter *f, const struct model *m, const struct vcm_event *ev)
{
	static const uint32_t kinds[VCM_EVENT_END] = {
		[VCM_EVENT_create] = VCM_KIND_CONTEXT, [VCM_EVENT_destroy] = VCM_KIND_CONTEXT,
		[VCM_EVENT_reserve] = VCM_KIND_RES, [VCM_EVENT_unreserve] = VCM_KIND_RES,
		[VCM_EVENT_bind] = VCM_KIND_RES, [VCM_EVENT_unbind] = VCM_KIND_RES,
		[VCM_EVENT_map] = VCM_KIND_RES, [VCM_EVENT_unmap] = VCM_KIND_RES,
		[VCM_EVENT_phys_alloc] = VCM_KIND_PHYS, [VCM_EVENT_phys_free] = VCM_KIND_PHYS,
	};
	struct vcm_snap_hold what = { .id = ev->id, .kind = kinds[ev->type], .vcm = ev->vcm };
	uint64_t holder;

	if (!f->holder)
		return true;
	if (event_field(ev, "holder", &holder) && holder)
		return holder_passes(&(struct filter){ .holder = f->holder }, m,
				     (uint32_t)holder);
	if (what.kind == VCM_KIND_CONTEXT)
		what.id = ev->vcm;
	return held(&(struct filter){ .holder = f->holder }, m, &what);
}

bool filter_event(const struct filter *f, const struct model *m, const struct vcm_event *ev)
{
	const struct vcm_snap_res *r = table_find(&m->res, ev->vcm, ev->id);
	uint64_t dev;

	if (ev->type >= VCM_EVENT_END)
		return false;
	if (f->vcm && ev->vcm != f->vcm)
		return false;
	if (f->pid && ev->pid != f->pid)
		return false;
	if (f->comm && (strlen(f->comm) > sizeof(ev->comm) ||
			strncmp(ev->comm, f->comm, sizeof(ev->comm))))
		return false;
	if (f->device && !(event_field(ev, "dev", &dev) ? device_passes(f, m, (uint32_t)dev) :
			   ev->vcm && context_passes(f, m, ev->vcm)))
		return false;
	if (f->state && !(r && !strcmp(f->state, model_res_state(r))))
		return false;
	if (f->range && !event_in_range(f, r, ev))
		return false;
	return event_held(f, m, ev);
}

int filter_apply(const struct filter *f, struct model *m, struct error *err)
{
	struct model part;

	if (f->vcm && !table_find(&m->context, f->vcm, 0))
		return error_set(err, EXIT_FAILED, "no context %" PRIu64 " in that state", f->vcm);
	if (!filter_is_set(f))
		return 0;
	filter_model(f, m, &part);
	model_inherit(&part, m);
	model_fini(m);
	*m = part;
	return 0;
}
