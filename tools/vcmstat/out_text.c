// SPDX-License-Identifier: GPL-2.0-only
/*
 * out_text.c - the stream for people: one line an event, comments begin with '#'.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sink.h"

const char *fault_device(char *buf, const struct vcm_fault *fault)
{
	snprintf(buf, 16, "%04x:%02x:%02x.%x", fault->device >> 16, (fault->device >> 8) & 0xff,
		 (fault->device >> 3) & 0x1f, fault->device & 7);
	return buf;
}

const char *prot_text(char *buf, uint32_t prot)
{
	snprintf(buf, 4, "%c%c", prot & VCM_PROT_READ ? 'r' : '-',
		 prot & VCM_PROT_WRITE ? 'w' : '-');
	return buf;
}

const char *res_state(const struct vcm_snap_res *r)
{
	if (r->rflags & VCM_RESERVE_BOUND)
		return "window";
	if (!r->phys)
		return "reserved";
	return r->mapped ? "active" : "bound";
}

static const char *reason_text(uint32_t reason)
{
	static const char * const text[] = {
		[1] = "no root entry", [2] = "no context entry", [3] = "bad context entry",
		[4] = "address too wide", [5] = "not writable", [6] = "not readable",
	};

	return reason < ARRAY_LEN(text) && text[reason] ? text[reason] : "see the VT-d manual";
}

static void text_header(struct sink *s, const struct header *h)
{
	fprintf(s->out, "# vcmstat %s on %s, events by %s, faults by %s\n", h->version, h->kernel,
		h->source, h->faults);
}

static void text_state(struct sink *s, const struct model *m, bool resync)
{
	fprintf(s->out, "# %s\n", resync ? "state after the loss:" : "state at the start:");
	out_list(s->out, m);
	fprintf(s->out, "# ready\n%14s %9s  %-10s %-12s %s\n", "TIME", "STREAM:SEQ", "EVENT",
		"OBJECT", "VALUES");
	fflush(s->out);
}

static void object_text(char *buf, size_t len, const struct vcm_event *ev)
{
	uint64_t id = ev->id;

	switch (ev->type) {
	case VCM_EVENT_create:
	case VCM_EVENT_destroy:
	case VCM_EVENT_save:
	case VCM_EVENT_restore:
		snprintf(buf, len, "context %u", ev->vcm);
		break;
	case VCM_EVENT_phys_alloc:
	case VCM_EVENT_phys_free:
		snprintf(buf, len, "memory %" PRIu64, id);
		break;
	case VCM_EVENT_assoc:
	case VCM_EVENT_deassoc:
	case VCM_EVENT_activate:
	case VCM_EVENT_deactivate:
	case VCM_EVENT_switch:
		snprintf(buf, len, "assoc %u/%" PRIu64, ev->vcm, id);
		break;
	case VCM_EVENT_ref:
	case VCM_EVENT_unref:
	case VCM_EVENT_error:
		snprintf(buf, len, "%u/%" PRIu64, ev->vcm, id);
		break;
	default:
		snprintf(buf, len, "res %u/%" PRIu64, ev->vcm, id);
	}
}

static void arg_text(FILE *out, const struct schema_arg *arg, uint64_t value)
{
	const char *name = schema_enum(arg->fmt, value);
	char prot[4];

	if (!strcmp(arg->name, "prot"))
		name = prot_text(prot, (uint32_t)value);
	if (name)
		fprintf(out, " %s=%s", arg->name, name);
	else
		fprintf(out, arg->fmt == SCHEMA_hex ? " %s=0x%" PRIx64 : " %s=%" PRIu64,
			arg->name, value);
}

void out_event(FILE *out, const struct vcm_event *ev)
{
	const struct schema_event *schema = schema_event(ev->type);
	const char *errname = ev->err > -4096 ? strerrorname_np(-ev->err) : NULL;
	char object[32], comm[sizeof(ev->comm) + 1];
	unsigned int i;

	object_text(object, sizeof(object), ev);
	fprintf(out, "%14.6f %3u:%-6" PRIu64 "  %-10s %-12s", (double)ev->ts_ns / 1e9,
		ev->stream, (uint64_t)ev->seq, schema ? schema->name + strlen("vcm_") : "unknown",
		object);
	if (ev->type != VCM_EVENT_error)
		fprintf(out, " refs=%u", ev->refs);
	else if (errname)
		fprintf(out, " err=-%s", errname);
	else
		fprintf(out, " err=%d", ev->err);
	for (i = 0; schema && i < schema->nr_arg; i++)
		arg_text(out, &schema->arg[i], ev->arg[i]);
	fprintf(out, "  %s/%u\n", name_text(comm, sizeof(comm), ev->comm, sizeof(ev->comm)),
		ev->pid);
}

void out_fault(FILE *out, const struct vcm_fault *fault)
{
	char device[16];

	fprintf(out, "%14.6f %9s  %-10s %-12s %s iova=0x%" PRIx64 " reason=0x%02x (%s)\n",
		(double)fault->ts_ns / 1e9, "vtd", "FAULT", fault_device(device, fault),
		fault->write ? "write" : "read", (uint64_t)fault->iova, fault->reason,
		reason_text(fault->reason));
}

static void text_name(struct sink *s, unsigned int type, const void *row)
{
	const struct vcm_snap_holder *holder = row;
	const struct vcm_snap_device *dev = row;
	char name[VCM_DEVICE_NAME_LEN];

	if (type == VCM_SNAP_HOLDER)
		fprintf(s->out, "# holder %u is %s\n", holder->holder,
			name_text(name, sizeof(name), holder->name, sizeof(holder->name)));
	else
		fprintf(s->out, "# device %u is %s\n", dev->dev,
			name_text(name, sizeof(name), dev->name, sizeof(dev->name)));
	fflush(s->out);
}

static void text_event(struct sink *s, const struct vcm_event *ev)
{
	out_event(s->out, ev);
	fflush(s->out);
}

static void text_fault(struct sink *s, const struct vcm_fault *fault)
{
	out_fault(s->out, fault);
	fflush(s->out);
}

static void text_gap(struct sink *s, const struct model_gap *gap)
{
	fprintf(s->out, "# LOST %" PRIu64 " events of stream %u: %" PRIu64 " to %" PRIu64 "\n",
		gap->got - gap->expected, gap->stream, gap->expected, gap->got - 1);
	fflush(s->out);
}

static void text_dropped(struct sink *s, uint64_t nr)
{
	fprintf(s->out, "# LOST %" PRIu64 " events: the ring was full\n", nr);
	fflush(s->out);
}

static void text_totals(FILE *out, const struct totals *t)
{
	fprintf(out, "%" PRIu64 " events, %" PRIu64 " lost, %" PRIu64 " faults", t->events,
		totals_lost(t), t->faults);
	if (t->fault_dropped)
		fprintf(out, ", %" PRIu64 " faults lost", t->fault_dropped);
	if (t->fault_overflow)
		fprintf(out, ", the IOMMU ran out of fault records %" PRIu64 " times",
			t->fault_overflow);
}

static void text_tick(struct sink *s, uint64_t ts_ns, const struct totals *t)
{
	fprintf(s->out, "# %.6f: ", (double)ts_ns / 1e9);
	text_totals(s->out, t);
	fputc('\n', s->out);
	fflush(s->out);
}

static void text_end(struct sink *s, const struct totals *t, const char *cause)
{
	fputs("# end: ", s->out);
	text_totals(s->out, t);
	fprintf(s->out, " (%s)\n", cause);
	fflush(s->out);
}

static void text_close(struct sink *s)
{
	free(s);
}

static const struct sink_ops out_text_ops = {
	.header = text_header,
	.state = text_state,
	.name = text_name,
	.event = text_event,
	.fault = text_fault,
	.gap = text_gap,
	.dropped = text_dropped,
	.tick = text_tick,
	.end = text_end,
	.close = text_close,
};

struct sink *out_text_new(FILE *out)
{
	struct sink *s = xcalloc(1, sizeof(*s));

	s->ops = &out_text_ops;
	s->out = out;
	return s;
}
