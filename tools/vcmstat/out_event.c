// SPDX-License-Identifier: GPL-2.0-only
/*
 * out_event.c - an event, a fault, as a line: whole and wide, or what matters in 79 columns.
 *
 * The narrow line has addresses without 0x, lengths with a unit, names in place of numbers, and
 * who did it if there is room.  What does not fit is cut, and a '~' says so.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "faultfmt.h"
#include "sink.h"

#define NARROW	79

/* What a reference is to. */
static void counted_text(char *buf, size_t len, const struct vcm_event *ev)
{
	switch (ev->arg[0]) {
	case VCM_KIND_CONTEXT:
		snprintf(buf, len, "context %u", ev->vcm);
		break;
	case VCM_KIND_PHYS:
		snprintf(buf, len, "memory %" PRIu64, (uint64_t)ev->id);
		break;
	default:
		snprintf(buf, len, "res %u/%" PRIu64, ev->vcm, (uint64_t)ev->id);
	}
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
		counted_text(buf, len, ev);
		break;
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

void out_event_head(FILE *out, bool wide)
{
	if (wide)
		fprintf(out, "%14s %9s  %-10s %-12s %s\n", "TIME", "STREAM:SEQ", "EVENT", "OBJECT",
			"VALUES");
	else
		fprintf(out, "%13s %10s %-10s %-10s %s\n", "TIME", "STREAM:SEQ", "EVENT",
			"OBJECT", "VALUES");
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
	char device[FAULT_DEVICE_LEN];

	fprintf(out, "%14.6f %9s  %-10s %-12s %s iova=0x%" PRIx64 " reason=0x%02x (%s)\n",
		(double)fault->ts_ns / 1e9, fault_source_text(fault->source), "FAULT",
		fault_device(device, fault), fault_access_text(fault->access),
		(uint64_t)fault->iova, fault->reason, fault_reason_text(fault));
}

/* A line in the making, that is cut where it would be too long. */
struct line {
	char text[NARROW + 1];
	size_t len;
	bool cut;
};

static void __attribute__((format(printf, 2, 3))) put(struct line *l, const char *fmt, ...)
{
	size_t room = sizeof(l->text) - l->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->text + l->len, room, fmt, ap);
	va_end(ap);
	l->cut |= (size_t)n >= room;
	l->len += (size_t)n < room ? (size_t)n : room - 1;
}

static void put_line(FILE *out, struct line *l)
{
	if (l->cut)
		l->text[NARROW - 1] = '~';
	fprintf(out, "%s\n", l->text);
}

/* One of the event's own fields, as people say it; many go without saying. */
static void put_value(struct line *l, const struct model *m, const struct schema_arg *arg,
		      uint64_t value)
{
	const struct vcm_snap_device *dev;
	const char *name = arg->name;
	char text[VCM_HOLDER_NAME_LEN];

	if (!strcmp(name, "start") || !strcmp(name, "iova")) {
		put(l, " %" PRIx64, value);
	} else if (!strcmp(name, "last")) {
		put(l, "-%" PRIx64, value);
	} else if (!strcmp(name, "len")) {
		put(l, " +%s", size_text(text, value));
	} else if (!strcmp(name, "phys")) {
		put(l, " mem %" PRIu64, value);
	} else if (!strcmp(name, "off") && value) {
		put(l, "@%s", size_text(text, value));
	} else if (!strcmp(name, "prot")) {
		put(l, " %s", prot_text(text, (uint32_t)value));
	} else if (!strcmp(name, "domain") && value) {
		put(l, " dom %" PRIu64, value);
	} else if (!strcmp(name, "dev")) {
		dev = m ? table_find(&m->device, value, 0) : NULL;
		if (dev)
			put(l, " %s", name_text(text, sizeof(text), dev->name, sizeof(dev->name)));
		else
			put(l, " dev %" PRIu64, value);
	} else if (!strcmp(name, "holder") && value && m) {
		name = model_holder_name(m, (uint32_t)value);
		if (name)
			put(l, " for %s", name_text(text, sizeof(text), name, sizeof(text)));
	} else if (!strcmp(name, "from_vcm")) {
		put(l, " from %" PRIu64, value);
	} else if (!strcmp(name, "from")) {
		put(l, "/%" PRIu64, value);
	} else if (!strcmp(name, "driver") || !strcmp(name, "source") || !strcmp(name, "access")) {
		put(l, " %s", schema_enum_text(arg->fmt, value));
	}
}

static void put_failure(struct line *l, const struct vcm_event *ev)
{
	const char *errname = ev->err > -4096 ? strerrorname_np(-ev->err) : NULL;
	unsigned int i;

	put(l, " %s: ", schema_enum_text(SCHEMA_op, ev->arg[0]));
	if (errname)
		put(l, "%s", errname);
	else
		put(l, "%d", ev->err);
	for (i = 1; i < ev->nr_arg; i++)
		put(l, " %" PRIx64, (uint64_t)ev->arg[i]);
}

static bool is_about_refs(unsigned int type)
{
	return type == VCM_EVENT_ref || type == VCM_EVENT_unref;
}

void out_event_narrow(FILE *out, const struct model *m, const struct vcm_event *ev)
{
	const struct schema_event *schema = schema_event(ev->type);
	char object[32], comm[sizeof(ev->comm) + 1], who[48];
	struct line l = { .len = 0 };
	unsigned int i;

	object_text(object, sizeof(object), ev);
	put(&l, "%13.6f %4u:%-5" PRIu64 " %-10s %-10s", (double)ev->ts_ns / 1e9, ev->stream,
	    (uint64_t)ev->seq, schema ? schema->name + strlen("vcm_") : "unknown", object);
	if (ev->type == VCM_EVENT_error)
		put_failure(&l, ev);
	if (is_about_refs(ev->type))
		put(&l, " refs %u", ev->refs);
	else if (ev->type == VCM_EVENT_activate || ev->type == VCM_EVENT_deactivate)
		put(&l, " active %u", ev->refs);
	for (i = 0; schema && ev->type != VCM_EVENT_error && i < schema->nr_arg; i++)
		put_value(&l, m, &schema->arg[i], ev->arg[i]);
	snprintf(who, sizeof(who), "%s/%u", name_text(comm, sizeof(comm), ev->comm,
		 sizeof(ev->comm)), ev->pid);
	if (!l.cut && l.len + 2 + strlen(who) <= NARROW)
		put(&l, "  %s", who);
	put_line(out, &l);
}

void out_fault_narrow(FILE *out, const struct vcm_fault *fault)
{
	struct line l = { .len = 0 };
	char device[FAULT_DEVICE_LEN];

	put(&l, "%13.6f %10s %-10s %s %s %" PRIx64 " (%s)", (double)fault->ts_ns / 1e9,
	    fault_source_text(fault->source), "FAULT", fault_device(device, fault),
	    fault_access_text(fault->access), (uint64_t)fault->iova, fault_reason_text(fault));
	put_line(out, &l);
}
