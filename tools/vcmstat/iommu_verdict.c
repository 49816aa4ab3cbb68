// SPDX-License-Identifier: GPL-2.0-only
/* iommu_verdict.c - verdicts on faults as text and as records, see iommu_fault.h. */
#include <inttypes.h>
#include <string.h>

#include "faultfmt.h"
#include "iommu_fault.h"
#include "util.h"

#define STACK_LEN 2048

const char *iommu_rule_id(enum iommu_rule rule)
{
#define ID(name, id, text) id,
	static const char *const ids[] = { IOMMU_RULES(ID) };
#undef ID

	return ids[rule];
}

static const char *rule_text(enum iommu_rule rule)
{
#define TEXT(name, id, text) text,
	static const char *const texts[] = { IOMMU_RULES(TEXT) };
#undef TEXT

	return texts[rule];
}

static void culprit(FILE *out, const struct iommu_host *h, const struct iommu_look *look,
		    const char *did, const struct vcm_host_who *who)
{
	char by[40], asker[64];

	if (!who->ts_ns)
		return;
	fprintf(out, "      %s in %s by %s\n", did,
		iommu_stack_asker(asker, sizeof(asker), h, look->ksyms, who->stack),
		iommu_who_text(by, who));
	if (look->stacks)
		iommu_stack_text(out, h, look->ksyms, who->stack);
}

/* What the verdict is about, and how far in time or in place. */
static void evidence(FILE *out, const struct iommu_verdict *v)
{
	char len[16], off[16], ago[16], held[16];

	if (!v->len)
		return;
	fprintf(out, "      mapping %" PRIx64 " +%s", v->iova, size_text(len, v->len));
	if (v->rule == IOMMU_RULE_PAST_END || v->rule == IOMMU_RULE_BEFORE)
		fprintf(out, ", %s bytes away", size_text(off, v->off));
	if (v->rule == IOMMU_RULE_UNMAPPED)
		fprintf(out, ", unmapped %s before the fault", hist_time_text(ago, v->ago_ns));
	if (v->rule == IOMMU_RULE_LATER)
		fprintf(out, ", mapped %s after the fault", hist_time_text(ago, v->ago_ns));
	if (v->held_ns)
		fprintf(out, ", held for %s", hist_time_text(held, v->held_ns));
	fputc('\n', out);
}

void iommu_verdict_text(FILE *out, const struct iommu_host *h, const struct iommu_look *look,
			const struct vcm_fault *fault, const struct iommu_verdict *v)
{
	char device[FAULT_DEVICE_LEN];

	fprintf(out, "FAULT %.6f %.20s %s %" PRIx64 " by %s, domain %u\n",
		(double)fault->ts_ns / 1e9, fault_device(device, fault),
		fault_access_text(fault->access), (uint64_t)fault->iova,
		fault_source_text(fault->source), v->domain);
	fprintf(out, "      %s: the address %s\n", iommu_rule_id(v->rule), rule_text(v->rule));
	evidence(out, v);
	culprit(out, h, look, "unmapped", &v->undone);
	culprit(out, h, look, "mapped", &v->made);
}

static void who_json(struct json *j, const struct iommu_host *h, const struct iommu_look *look,
		     const char *const name[4], const struct vcm_host_who *who)
{
	char buf[STACK_LEN];

	if (!who->ts_ns)
		return;
	json_u64(j, name[0], who->pid);
	json_strn(j, name[1], who->comm, sizeof(who->comm));
	json_str(j, name[2], iommu_stack_asker(buf, sizeof(buf), h, look->ksyms, who->stack));
	json_str(j, name[3], iommu_stack_line(buf, sizeof(buf), h, look->ksyms, who->stack));
}

void iommu_verdict_json(struct json *j, const struct iommu_host *h, const struct iommu_look *look,
			const struct vcm_fault *fault, const struct iommu_verdict *v)
{
	static const char *const made[] = { "map_pid", "map_comm", "map_in", "map_stack" };
	static const char *const undone[] = { "unmap_pid", "unmap_comm", "unmap_in",
					      "unmap_stack" };
	char device[FAULT_DEVICE_LEN];

	json_begin(j, "iommu_fault");
	json_u64(j, "ts_ns", fault->ts_ns);
	json_str(j, "source", fault_source_text(fault->source));
	json_str(j, "device", fault_device(device, fault));
	json_str(j, "access", fault_access_text(fault->access));
	json_u64(j, "iova", fault->iova);
	json_u64(j, "reason", fault->reason);
	json_str(j, "rule", iommu_rule_id(v->rule));
	json_u64(j, "domain", v->domain);
	if (v->len) {
		json_u64(j, "map_iova", v->iova);
		json_u64(j, "map_len", v->len);
		json_u64(j, "off", v->off);
		json_u64(j, "ago_ns", v->ago_ns);
		json_u64(j, "held_ns", v->held_ns);
	}
	who_json(j, h, look, made, &v->made);
	who_json(j, h, look, undone, &v->undone);
	json_end(j);
}

void iommu_faults_text(FILE *out, struct iommu_faults *f)
{
	char device[FAULT_DEVICE_LEN];
	size_t i;

	for (i = 0; i < f->seen.nr; i++) {
		struct iommu_seen *s = table_row(&f->seen, i);

		if (s->count > 1 && s->count != s->told)
			fprintf(out, "# fault: %s %s %" PRIx64 ": %" PRIu64 " times\n",
				fault_device(device, &s->first),
				fault_access_text(s->first.access), (uint64_t)s->first.iova,
				s->count);
		s->told = s->count;
	}
	if (f->others)
		fprintf(out, "# fault: %" PRIu64 " of other pages or devices\n", f->others);
}

void iommu_faults_json(struct json *j, struct iommu_faults *f)
{
	char device[FAULT_DEVICE_LEN];
	size_t i;

	for (i = 0; i < f->seen.nr; i++) {
		struct iommu_seen *s = table_row(&f->seen, i);

		if (s->count == s->told)
			continue;
		s->told = s->count;
		json_begin(j, "iommu_faults");
		json_str(j, "device", fault_device(device, &s->first));
		json_str(j, "access", fault_access_text(s->first.access));
		json_u64(j, "iova", s->first.iova);
		json_u64(j, "count", s->count);
		json_end(j);
	}
	if (f->others) {
		json_begin(j, "iommu_faults_others");
		json_u64(j, "count", f->others);
		json_end(j);
	}
}
