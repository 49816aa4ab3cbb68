// SPDX-License-Identifier: GPL-2.0-only
/* out_diag.c - see out_diag.h: faults wait, are judged, folded and counted here. */
#include <stdlib.h>
#include <string.h>

#include "out_diag.h"

#define HOLD_NS		20000000u	/* longer than a fault can be late */
#define HELD_MAX	4096		/* faults that wait; more are judged at once */
#define PAIR_NS		5000000u	/* event and record of one fault are no further apart */
#define QUIET_MAX	64		/* changes looked at to see that nothing changed */
#define GROUPS		64		/* verdicts that later ones are compared with */
#define REPEAT_NS	1000000000u	/* how often repeats are told */
#define DEVICES		64		/* devices whose rate is known */
#define RATE_NS		1000000000u
#define STORM		256		/* faults of a device in RATE_NS that are judged */

struct held {
	struct diag_fault f;
	bool paired;		/* both the event and the record have come */
	bool after_loss;	/* the state was replaced while it waited */
};

/* Verdicts that say the same. */
struct group {
	struct diag_repeat repeat;	/* what has not been told yet */
	uint64_t nr;			/* of the fault that was told, 0 for a free place */
	const struct diag_rule *rule;
	enum diag_confidence confidence;
	enum diag_access access;
	uint32_t vcm;
	uint64_t res;
	char device[VCM_DEVICE_NAME_LEN];
	uint64_t page;			/* of the last one */
	uint32_t domain_of;		/* context whose domain that one was of, as it was told */
	uint64_t last_ns;		/* when that was */
};

struct rate {
	char device[VCM_DEVICE_NAME_LEN];
	uint64_t begin_ns;
	uint64_t count;
	uint64_t judged;
	struct diag_storm storm;
};

struct out_diag {
	struct sink sink;
	struct diag_cfg cfg;
	const struct diag_writer *writer;
	struct sink *plain;	/* writes what is no verdict */
	struct json json;
	struct held *held;
	size_t nr_held;
	uint64_t time_ns;	/* newest moment told of */
	uint64_t lost_ns;
	bool stale;
	struct diag_counts counts;
	struct group group[GROUPS];
	unsigned int next_group;
	struct rate rate[DEVICES];
	unsigned int next_rate;
};

static struct out_diag *of(struct sink *s)
{
	return (struct out_diag *)s;
}

/* The device, place and culprit of the best verdict, as the filter of events sees them. */
static bool passes(const struct out_diag *o, const struct diag_fault *f,
		   const struct diag_verdict *v)
{
	struct vcm_event ev = { .type = VCM_EVENT_fault, .nr_arg = 4, .vcm = v->vcm, .id = v->res,
				.pid = v->pid, .arg = { f->iova, 0, f->dev, 0 } };
	struct filter filter = *o->cfg.filter;
	struct filter holder = { .holder = filter.holder };

	memcpy(ev.comm, v->comm, sizeof(ev.comm));
	if (filter.device && !strcmp(filter.device, f->device))
		filter.device = NULL;
	filter.holder = NULL;
	if (!filter_event(&filter, o->sink.model, &ev))
		return false;
	ev.type = VCM_EVENT_unmap;
	return !holder.holder || filter_event(&holder, o->sink.model, &ev);
}

/* What can be told without a verdict, so that a storm of others costs nothing. */
static bool may_pass(const struct out_diag *o, const struct diag_fault *f)
{
	const struct filter *filter = o->cfg.filter;

	return !filter->range || (f->iova >= filter->start && f->iova <= filter->last);
}

static void tell_repeat(struct out_diag *o, struct group *g)
{
	if (!g->repeat.count)
		return;
	o->writer->repeat(o->sink.out, &o->json, &g->repeat);
	g->repeat.count = 0;
}

static bool is_same(const struct group *g, const struct diag_fault *f,
		    const struct diag_verdict *v)
{
	return g->nr && g->rule == v->rule && g->confidence == v->confidence &&
	       g->access == f->access && g->vcm == v->vcm && g->res == v->res &&
	       !strcmp(g->device, f->device);
}

/* Nothing that is remembered changed between two moments; a busy history is not searched. */
static bool is_quiet(const struct history *h, uint64_t from_ns, uint64_t to_ns)
{
	const struct change *c;
	uint64_t i;

	if (from_ns > to_ns)
		return is_quiet(h, to_ns, from_ns);
	for (i = 0; i < QUIET_MAX && (c = history_at(h, i)); i++) {
		if (c->ts_ns + HOLD_NS < from_ns)
			return true;
		if (c->ts_ns >= from_ns && c->ts_ns <= to_ns)
			return false;
	}
	return i < QUIET_MAX;
}

/* The same fault as the last of the group, in the same state. */
static bool is_as_before(const struct out_diag *o, const struct group *g,
			 const struct diag_fault *f)
{
	return g->nr && g->page == f->iova / DIAG_PAGE && g->access == f->access &&
	       g->domain_of == f->vcm && !strcmp(g->device, f->device) &&
	       is_quiet(&o->sink.model->history, g->last_ns, f->ts_ns);
}

static void remember(struct group *g, const struct diag_fault *f)
{
	g->page = f->iova / DIAG_PAGE;
	g->domain_of = f->vcm;
	g->last_ns = f->ts_ns;
}

static void count_repeat(struct group *g, const struct diag_fault *f)
{
	struct diag_repeat *r = &g->repeat;

	if (!r->count)
		*r = (struct diag_repeat){ .fault = g->nr, .lowest = f->iova, .highest = f->iova };
	r->count++;
	r->last_ns = f->ts_ns;
	if (f->iova < r->lowest)
		r->lowest = f->iova;
	if (f->iova > r->highest)
		r->highest = f->iova;
}

/* True when the same was told before; else a group begins with this one. */
static bool is_folded(struct out_diag *o, const struct diag_fault *f, const struct diag_verdict *v)
{
	struct group *g;
	unsigned int i;

	for (i = 0; i < GROUPS; i++) {
		if (is_same(&o->group[i], f, v)) {
			count_repeat(&o->group[i], f);
			remember(&o->group[i], f);
			return true;
		}
	}
	g = &o->group[o->next_group++ % GROUPS];
	tell_repeat(o, g);
	*g = (struct group){ .nr = o->counts.faults, .rule = v->rule, .confidence = v->confidence,
			     .access = f->access, .vcm = v->vcm, .res = v->res };
	memcpy(g->device, f->device, sizeof(g->device));
	remember(g, f);
	return false;
}

/* The same fault in the same state: no need to judge it again. */
static bool is_repeated(struct out_diag *o, const struct diag_fault *f)
{
	unsigned int i;

	for (i = 0; i < GROUPS && !o->cfg.all; i++) {
		if (!is_as_before(o, &o->group[i], f))
			continue;
		count_repeat(&o->group[i], f);
		remember(&o->group[i], f);
		o->counts.faults++;
		o->counts.folded++;
		return true;
	}
	return false;
}

static void tell_storm(struct out_diag *o, struct rate *r)
{
	if (!r->storm.count)
		return;
	memcpy(r->storm.device, r->device, sizeof(r->device));
	o->writer->storm(o->sink.out, &o->json, &r->storm);
	r->storm.count = 0;
}

static struct rate *rate_of(struct out_diag *o, const struct diag_fault *f)
{
	struct rate *r;
	unsigned int i;

	for (i = 0; i < DEVICES; i++) {
		if (o->rate[i].count && !strcmp(o->rate[i].device, f->device))
			break;
	}
	r = &o->rate[i < DEVICES ? i : o->next_rate++ % DEVICES];
	if (i == DEVICES || f->ts_ns < r->begin_ns || f->ts_ns - r->begin_ns > RATE_NS) {
		tell_storm(o, r);
		*r = (struct rate){ .begin_ns = f->ts_ns };
		memcpy(r->device, f->device, sizeof(r->device));
	}
	return r;
}

/* Too many of the device for each to be judged: count it. */
static bool is_storm(struct out_diag *o, struct rate *r, const struct diag_fault *f)
{
	if (o->cfg.all || r->judged++ < STORM)
		return false;
	if (!r->storm.count++)
		r->storm.first_ns = f->ts_ns;
	r->storm.last_ns = f->ts_ns;
	return true;
}

static void add_stacks(const struct out_diag *o, struct diag_verdict *v)
{
	unsigned int i;

	for (i = 0; i < v->nr_evidence; i++) {
		struct diag_evidence *e = &v->evidence[i];

		if (e->is_event)
			o->cfg.stack(o->cfg.arg, e->stream, e->seq, e->stack, sizeof(e->stack));
	}
}

static void judge(struct out_diag *o, struct held *h)
{
	struct diag_fault *f = &h->f;
	struct rate *r = rate_of(o, f);
	struct diag d = { .model = o->sink.model, .input = o->cfg.input, .lost_ns = o->lost_ns,
			  .stale = o->stale || h->after_loss, .repeats = r->count,
			  .repeats_ns = f->ts_ns - r->begin_ns };
	struct diag_result res;
	unsigned int i;

	r->count++;
	if (o->cfg.limit && o->counts.faults >= o->cfg.limit)
		return;
	if (!may_pass(o, f) || is_repeated(o, f))
		return;
	if (is_storm(o, r, f)) {
		o->counts.faults++;
		o->counts.stormed++;
		return;
	}
	if (!f->mask_bits)
		f->mask_bits = o->cfg.mask_bits;
	diag_run(&d, f, &res);
	if (filter_is_set(o->cfg.filter) && !passes(o, f, &res.verdict[0]))
		return;
	o->counts.faults++;
	o->counts.judged++;
	o->counts.unknown += res.verdict[0].rule == &diag_rules[DIAG_unknown];
	if (!o->cfg.all && is_folded(o, f, &res.verdict[0])) {
		o->counts.folded++;
		return;
	}
	for (i = 0; o->cfg.stack && i < res.nr; i++)
		add_stacks(o, &res.verdict[i]);
	o->writer->fault(o->sink.out, &o->json, o->counts.faults, f, &res);
	fflush(o->sink.out);
}

static void tell_counted(struct out_diag *o)
{
	unsigned int i;

	for (i = 0; i < GROUPS; i++)
		tell_repeat(o, &o->group[i]);
	for (i = 0; i < DEVICES; i++)
		tell_storm(o, &o->rate[i]);
	fflush(o->sink.out);
}

/* Groups that have been silent about their repeats for long enough. */
static void tell_old_repeats(struct out_diag *o, uint64_t now_ns)
{
	unsigned int i;

	for (i = 0; i < GROUPS; i++) {
		struct group *g = &o->group[i];

		if (g->repeat.count && g->repeat.last_ns + REPEAT_NS < now_ns)
			tell_repeat(o, g);
	}
}

static void judge_until(struct out_diag *o, uint64_t now_ns)
{
	size_t i, nr = 0;

	while (nr < o->nr_held && o->held[nr].f.ts_ns + HOLD_NS <= now_ns)
		nr++;
	for (i = 0; i < nr; i++)
		judge(o, &o->held[i]);
	o->nr_held -= nr;
	memmove(o->held, o->held + nr, o->nr_held * sizeof(*o->held));
	tell_old_repeats(o, now_ns);
}

static void time_is(struct out_diag *o, uint64_t ts_ns)
{
	if (ts_ns > o->time_ns)
		o->time_ns = ts_ns;
	if (o->nr_held)
		judge_until(o, o->time_ns);
}

void out_diag_settle(struct sink *s, uint64_t now_ns)
{
	judge_until(of(s), now_ns);
	fflush(s->out);
}

static bool is_pair(const struct held *h, const struct diag_fault *f)
{
	uint64_t apart = f->ts_ns > h->f.ts_ns ? f->ts_ns - h->f.ts_ns : h->f.ts_ns - f->ts_ns;

	return !h->paired && h->f.is_event != f->is_event && apart <= PAIR_NS &&
	       h->f.iova / DIAG_PAGE == f->iova / DIAG_PAGE && !strcmp(h->f.device, f->device);
}

/* The module and the IOMMU tell of the same fault: the event knows its context. */
static bool took_pair(struct out_diag *o, const struct diag_fault *f)
{
	size_t i;

	for (i = 0; i < o->nr_held; i++) {
		if (!is_pair(&o->held[i], f))
			continue;
		o->held[i].paired = true;
		if (f->is_event)
			o->held[i].f = *f;
		return true;
	}
	return false;
}

static void hold(struct out_diag *o, const struct diag_fault *f)
{
	if (took_pair(o, f))
		return;
	if (o->nr_held == HELD_MAX)
		judge_until(o, o->held[HELD_MAX / 2].f.ts_ns + HOLD_NS);
	if (o->nr_held == HELD_MAX) {	/* those before it are of a later moment */
		judge(o, &o->held[0]);
		memmove(o->held, o->held + 1, --o->nr_held * sizeof(*o->held));
	}
	o->held[o->nr_held++] = (struct held){ .f = *f };
}

static void diag_header(struct sink *s, const struct header *h)
{
	of(s)->plain->ops->header(of(s)->plain, h);
}

static void diag_state(struct sink *s, const struct model *m, bool resync)
{
	struct out_diag *o = of(s);
	size_t i;

	(void)m;
	if (!resync) {
		if (o->cfg.json) {
			json_begin(&o->json, "ready");
			json_u64(&o->json, "records", 0);
			json_end(&o->json);
		} else {
			fputs("# ready\n", s->out);
		}
		fflush(s->out);
		return;
	}
	for (i = 0; i < o->nr_held; i++)
		o->held[i].after_loss = true;
	o->stale = false;
}

static void diag_event(struct sink *s, const struct vcm_event *ev)
{
	struct out_diag *o = of(s);
	struct diag_fault f;

	if (ev->type == VCM_EVENT_fault) {
		diag_of_event(&f, s->model, ev);
		hold(o, &f);
	}
	time_is(o, ev->ts_ns);
}

static void diag_fault(struct sink *s, const struct vcm_fault *fault)
{
	struct diag_fault f;

	diag_of_record(&f, fault);
	hold(of(s), &f);
}

static void is_lossy(struct out_diag *o)
{
	o->stale = true;
	o->lost_ns = o->time_ns ? o->time_ns : 1;
}

static void diag_gap(struct sink *s, const struct model_gap *gap)
{
	is_lossy(of(s));
	of(s)->plain->ops->gap(of(s)->plain, gap);
}

static void diag_dropped(struct sink *s, uint64_t nr)
{
	is_lossy(of(s));
	of(s)->plain->ops->dropped(of(s)->plain, nr);
}

static void diag_tick(struct sink *s, uint64_t ts_ns, const struct totals *t)
{
	(void)t;
	time_is(of(s), ts_ns);
	tell_counted(of(s));
}

static void diag_end(struct sink *s, const struct totals *t, const char *cause)
{
	struct out_diag *o = of(s);

	judge_until(o, UINT64_MAX);
	tell_counted(o);
	o->writer->counts(s->out, &o->json, &o->counts);
	o->plain->ops->end(o->plain, t, cause);
}

static void diag_close(struct sink *s)
{
	struct out_diag *o = of(s);

	o->plain->ops->close(o->plain);
	json_fini(&o->json);
	free(o->held);
	free(o);
}

static const struct sink_ops out_diag_ops = {
	.header = diag_header,
	.state = diag_state,
	.name = sink_no_name,
	.event = diag_event,
	.fault = diag_fault,
	.gap = diag_gap,
	.dropped = diag_dropped,
	.tick = diag_tick,
	.end = diag_end,
	.close = diag_close,
};

struct sink *out_diag_new(FILE *out, const struct diag_cfg *cfg)
{
	struct out_diag *o = xcalloc(1, sizeof(*o));

	o->sink.ops = &out_diag_ops;
	o->sink.out = out;
	o->cfg = *cfg;
	o->writer = cfg->json ? &diag_writer_json : &diag_writer_text;
	o->plain = cfg->json ? out_json_new(out) : out_text_new(out);
	o->held = xcalloc(HELD_MAX, sizeof(*o->held));
	json_init(&o->json, out);
	return &o->sink;
}

const struct diag_counts *out_diag_counts(const struct sink *s)
{
	return &((const struct out_diag *)s)->counts;
}
