// SPDX-License-Identifier: GPL-2.0-only
/*
 * out_diag_json.c - verdicts as NDJSON: a record for each verdict and each piece of evidence.
 */
#include "out_diag.h"

static void put_about(struct json *j, const char *type, uint64_t nr, unsigned int rank)
{
	json_begin(j, type);
	json_u64(j, "fault", nr);
	json_u64(j, "rank", rank + 1);
}

static void put_evidence(struct json *j, uint64_t nr, unsigned int rank,
			 const struct diag_evidence *e)
{
	put_about(j, "evidence", nr, rank);
	json_str(j, "text", e->text);
	if (e->is_event) {
		json_u64(j, "stream", e->stream);
		json_u64(j, "seq", e->seq);
		json_u64(j, "ts_ns", e->ts_ns);
		json_u64(j, "pid", e->pid);
		json_str(j, "comm", e->comm);
		if (e->stack[0])
			json_str(j, "stack", e->stack);
	}
	json_end(j);
}

static void put_fault(struct json *j, const struct diag_fault *f)
{
	json_u64(j, "ts_ns", f->ts_ns);
	json_str(j, "source", f->source);
	json_strn(j, "device", f->device, sizeof(f->device));
	json_u64(j, "iova", f->iova);
	json_u64(j, "grain", f->grain);
	json_str(j, "access", f->access == DIAG_ACCESS_UNKNOWN ? "unknown" :
		 diag_access_text(f->access));
	if (f->reason)
		json_str(j, "reason", f->reason);
}

static void put_verdict(struct json *j, uint64_t nr, unsigned int rank,
			const struct diag_fault *f, const struct diag_verdict *v)
{
	put_about(j, "verdict", nr, rank);
	put_fault(j, f);
	json_str(j, "rule", v->rule->id);
	json_str(j, "confidence", diag_confidence_text(v->confidence));
	json_u64(j, "vcm", v->vcm);
	json_u64(j, "res", v->res);
	json_u64(j, "pid", v->pid);
	json_str(j, "comm", v->comm);
	if (v->has_age)
		json_u64(j, "age_ns", v->age_ns);
	if (v->has_bytes)
		json_u64(j, "bytes", v->bytes);
	json_u64(j, "after_loss", v->after_loss);
	json_str(j, "text", v->text);
	json_str(j, "next", v->next);
	json_end(j);
}

static void write_fault(FILE *out, struct json *j, uint64_t nr, const struct diag_fault *f,
			const struct diag_result *res)
{
	unsigned int i, e;

	(void)out;
	for (i = 0; i < res->nr; i++) {
		put_verdict(j, nr, i, f, &res->verdict[i]);
		for (e = 0; e < res->verdict[i].nr_evidence; e++)
			put_evidence(j, nr, i, &res->verdict[i].evidence[e]);
	}
}

static void write_repeat(FILE *out, struct json *j, const struct diag_repeat *r)
{
	(void)out;
	json_begin(j, "repeat");
	json_u64(j, "fault", r->fault);
	json_u64(j, "count", r->count);
	json_u64(j, "last_ns", r->last_ns);
	json_u64(j, "lowest", r->lowest);
	json_u64(j, "highest", r->highest);
	json_end(j);
}

static void write_storm(FILE *out, struct json *j, const struct diag_storm *s)
{
	(void)out;
	json_begin(j, "storm");
	json_strn(j, "device", s->device, sizeof(s->device));
	json_u64(j, "count", s->count);
	json_u64(j, "first_ns", s->first_ns);
	json_u64(j, "last_ns", s->last_ns);
	json_end(j);
}

static void write_counts(FILE *out, struct json *j, const struct diag_counts *c)
{
	(void)out;
	json_begin(j, "faults");
	json_u64(j, "faults", c->faults);
	json_u64(j, "judged", c->judged);
	json_u64(j, "folded", c->folded);
	json_u64(j, "stormed", c->stormed);
	json_u64(j, "unknown", c->unknown);
	json_end(j);
}

const struct diag_writer diag_writer_json = {
	.fault = write_fault,
	.repeat = write_repeat,
	.storm = write_storm,
	.counts = write_counts,
};

void out_diag_rules_json(struct json *j)
{
	unsigned int i;

	for (i = 0; i < DIAG_RULE_END; i++) {
		json_begin(j, "rule");
		json_str(j, "rule", diag_rules[i].id);
		json_str(j, "text", diag_rules[i].text);
		json_end(j);
	}
}
