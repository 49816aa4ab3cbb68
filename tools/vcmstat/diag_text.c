// SPDX-License-Identifier: GPL-2.0-only
/*
 * diag_text.c - what verdicts say: sentences, evidence, and the command to go on with.
 *
 * Names that others chose are made printable here, so that a sentence can go anywhere.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "diag_priv.h"

static const char *const confidences[] = {
	[DIAG_POSSIBLE] = "possible", [DIAG_LIKELY] = "likely", [DIAG_CERTAIN] = "certain",
};

const char *diag_confidence_text(enum diag_confidence c)
{
	return confidences[c];
}

const char *diag_access_text(enum diag_access a)
{
	return a == DIAG_WRITE ? "write" : a == DIAG_READ ? "read" : "access";
}

const char *diag_time_text(char *buf, uint64_t ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	uint64_t unit = 1;
	unsigned int i;

	for (i = 0; i + 1 < ARRAY_LEN(units) && ns / unit >= 1000; i++)
		unit *= 1000;
	if (i && ns / unit < 100)
		snprintf(buf, 24, "%.3g %s", (double)ns / (double)unit, units[i]);
	else
		snprintf(buf, 24, "%" PRIu64 " %s", ns / unit, units[i]);
	return buf;
}

void diag_say(struct diag_verdict *v, const char *fmt, ...)
{
	size_t len = strlen(v->text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(v->text + len, sizeof(v->text) - len, fmt, ap);
	va_end(ap);
}

const char *diag_res_text(char *buf, const struct vcm_snap_res *r)
{
	char len[16];

	snprintf(buf, DIAG_RES_TEXT, "%u/%" PRIu64 " [%" PRIx64 " +%s]", r->vcm, (uint64_t)r->res,
		 (uint64_t)r->start, size_text(len, r->len));
	return buf;
}

static uint64_t age_of(const struct diag_look *l, const struct change *c)
{
	return l->f->ts_ns > c->ts_ns ? l->f->ts_ns - c->ts_ns : 0;
}

const char *diag_who_text(char *buf, const struct diag_look *l, const struct change *c)
{
	char comm[17], age[24];

	snprintf(buf, DIAG_WHO_TEXT, "%s ago by %s/%u", diag_time_text(age, age_of(l, c)),
		 name_text(comm, sizeof(comm), c->comm, sizeof(c->comm)), c->pid);
	return buf;
}

void diag_blame(const struct diag_look *l, struct diag_verdict *v, const struct change *c)
{
	v->pid = c->pid;
	name_text(v->comm, sizeof(v->comm), c->comm, sizeof(c->comm));
	v->age_ns = age_of(l, c);
	v->has_age = true;
	diag_show_change(l, v, c);
}

static struct diag_evidence *more(struct diag_verdict *v)
{
	return v->nr_evidence < DIAG_EVIDENCE ? &v->evidence[v->nr_evidence++] : NULL;
}

void diag_show_change(const struct diag_look *l, struct diag_verdict *v, const struct change *c)
{
	struct diag_evidence *e = more(v);
	const struct schema_event *schema = schema_event(c->type);
	uint64_t late = c->ts_ns > l->f->ts_ns ? c->ts_ns - l->f->ts_ns : age_of(l, c);
	char res[DIAG_RES_TEXT], age[24];
	int n;

	if (!e)
		return;
	e->is_event = true;
	e->stream = c->stream;
	e->seq = c->seq;
	e->ts_ns = c->ts_ns;
	e->pid = c->pid;
	name_text(e->comm, sizeof(e->comm), c->comm, sizeof(c->comm));
	n = snprintf(e->text, sizeof(e->text), "%s %s %s the fault",
		     schema ? schema->name + strlen("vcm_") : "event", diag_time_text(age, late),
		     diag_is_after(l->f, c) ? "after" : "before");
	if (n > 0 && (size_t)n < sizeof(e->text) && c->kind == VCM_KIND_RES && c->existed)
		snprintf(e->text + n, sizeof(e->text) - (size_t)n, ", %s",
			 diag_res_text(res, &c->was.res));
}

void diag_show_res(const struct diag_look *l, struct diag_verdict *v, const struct vcm_snap_res *r)
{
	const struct holds *h = holds_of(&l->d->model->holds, VCM_KIND_RES, r->vcm, r->res);
	const char *name = h && h->nr ? model_holder_name(l->d->model, h->hold[0].holder) : NULL;
	char res[DIAG_RES_TEXT], holder[VCM_HOLDER_NAME_LEN], prot[4];
	struct diag_evidence *e = more(v);

	if (!e)
		return;
	snprintf(prot, sizeof(prot), "%c%c", r->prot & VCM_PROT_READ ? 'r' : '-',
		 r->prot & VCM_PROT_WRITE ? 'w' : '-');
	snprintf(e->text, sizeof(e->text), "reservation %s %s%s%s%s%s", diag_res_text(res, r),
		 model_res_state(r), r->phys ? " " : "", r->phys ? prot : "",
		 name ? ", held by " : "",
		 name ? name_text(holder, sizeof(holder), name, VCM_HOLDER_NAME_LEN) : "");
}

void diag_show_neighbours(const struct diag_look *l, struct diag_verdict *v)
{
	if (l->spot.below)
		diag_show_res(l, v, l->spot.below);
	if (l->spot.above)
		diag_show_res(l, v, l->spot.above);
}

void diag_about(const struct diag_look *l, struct diag_verdict *v, const struct vcm_snap_res *r)
{
	v->vcm = r->vcm;
	v->res = r->res;
	diag_show_res(l, v, r);
}

const char *diag_bytes_text(char *buf, const struct diag_look *l, uint64_t bytes)
{
	if (l->f->grain <= 1)
		snprintf(buf, 48, "%" PRIu64 " bytes", bytes);
	else
		snprintf(buf, 48, "%" PRIu64 " to %" PRIu64 " bytes", bytes,
			 bytes + l->f->grain - 1);
	return buf;
}

static void of_context(const struct diag_look *l, char *buf, size_t len)
{
	buf[0] = '\0';
	if (l->vcm)
		snprintf(buf, len, " -c %u", l->vcm);
}

static const char *file_of(const struct diag_look *l)
{
	return strcmp(l->d->input, "-") ? l->d->input : "FILE";
}

void diag_next_state(const struct diag_look *l, struct diag_verdict *v)
{
	char context[24];

	of_context(l, context, sizeof(context));
	if (l->d->input)
		snprintf(v->next, sizeof(v->next), "vcmstat list -i %s%s --until %.6f", file_of(l),
			 context, (double)l->f->ts_ns / 1e9);
	else
		snprintf(v->next, sizeof(v->next), "vcmstat list%s", context);
}

void diag_next_history(const struct diag_look *l, struct diag_verdict *v)
{
	char context[24];

	of_context(l, context, sizeof(context));
	if (l->d->input)
		snprintf(v->next, sizeof(v->next), "vcmstat replay %s%s --range 0x%" PRIx64,
			 file_of(l), context, l->f->iova);
	else
		snprintf(v->next, sizeof(v->next), "vcmstat events%s --range 0x%" PRIx64, context,
			 l->f->iova);
}

void diag_next_device(const struct diag_look *l, struct diag_verdict *v)
{
	char name[VCM_DEVICE_NAME_LEN];
	const char *of = l->f->device[0] ? " --device " : "";

	name_text(name, sizeof(name), l->f->device, sizeof(l->f->device));
	if (l->d->input)
		snprintf(v->next, sizeof(v->next), "vcmstat replay %s%s%s", file_of(l), of, name);
	else
		snprintf(v->next, sizeof(v->next), "vcmstat events%s%s", of, name);
}
