// SPDX-License-Identifier: GPL-2.0-only
/* rec_ctf.c - see rec_ctf.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctf_graph.h"
#include "rec_ctf.h"

#define PROVIDER "vcm:"

struct rec_ctf {
	struct rec rec;
	struct ctf_graph *graph;
	struct model state;
	struct rec_item first;	/* what comes behind the header and the state */
	enum { CTF_NEW, CTF_HEADER, CTF_STATE, CTF_LOSS, CTF_ITEMS } stage;
	uint64_t pid;		/* whose events are read, 0 not known yet */
	bool asked;		/* for that one */
	bool began;		/* the first event was read */
	uint64_t realtime_ns;	/* of the first event */
	uint64_t dropped;	/* before it */
	char tracer[32];
};

static const bt_field *member(const bt_field *in, const char *name)
{
	return in && bt_field_get_class_type(in) == BT_FIELD_CLASS_TYPE_STRUCTURE ?
	       bt_field_structure_borrow_member_field_by_name_const(in, name) : NULL;
}

/* Whole numbers and enumerations; a negative one as the kernel would cast it. */
static bool number_in(const bt_field *in, const char *name, uint64_t *value)
{
	const bt_field *field = member(in, name);
	bt_field_class_type type;

	if (!field)
		return false;
	type = bt_field_get_class_type(field);
	if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER))
		*value = bt_field_integer_unsigned_get_value(field);
	else if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_SIGNED_INTEGER))
		*value = (uint64_t)bt_field_integer_signed_get_value(field);
	else
		return false;
	return true;
}

static uint64_t number_or_0(const bt_field *in, const char *name)
{
	uint64_t value;

	return number_in(in, name, &value) ? value : 0;
}

/* Of the trace itself, for those that hold one process each and so say it once. */
static uint64_t env_number(const bt_trace *trace, const char *name)
{
	const bt_value *v = bt_trace_borrow_environment_entry_value_by_name_const(trace, name);

	return v && bt_value_is_signed_integer(v) ? (uint64_t)bt_value_integer_signed_get(v) : 0;
}

static const char *env_text(const bt_trace *trace, const char *name)
{
	const bt_value *v = bt_trace_borrow_environment_entry_value_by_name_const(trace, name);

	return v && bt_value_is_string(v) ? bt_value_string_get(v) : "";
}

static const bt_trace *trace_of(const bt_event *event)
{
	return bt_stream_borrow_trace_const(bt_event_borrow_stream_const(event));
}

/* Who: contexts of the channel, where the session asked for them. */
static void read_who(const bt_event *event, struct vcm_event *ev)
{
	const bt_trace *trace = trace_of(event);
	const bt_field *who = bt_event_borrow_common_context_field_const(event);
	const bt_field *name = member(who, "procname");
	uint64_t pid;
	const char *comm;

	ev->pid = (__u32)(number_in(who, "vpid", &pid) ? pid : env_number(trace, "vpid"));
	ev->tid = (__u32)number_or_0(who, "vtid");
	comm = name && bt_field_get_class_type(name) == BT_FIELD_CLASS_TYPE_STRING ?
	       bt_field_string_get_value(name) : env_text(trace, "procname");
	memcpy(ev->comm, comm, strnlen(comm, sizeof(ev->comm)));
}

static uint32_t cpu_of(const bt_event *event)
{
	const bt_stream *stream = bt_event_borrow_stream_const(event);
	const bt_packet *packet;

	if (!bt_stream_class_supports_packets(bt_stream_borrow_class_const(stream)))
		return 0;
	packet = bt_event_borrow_packet_const(event);
	return (uint32_t)number_or_0(bt_packet_borrow_context_field_const(packet), "cpu_id");
}

/* By the clock of the tracer, which LTTng makes CLOCK_MONOTONIC; 0 without one. */
static uint64_t time_of(const bt_message *msg, uint64_t *realtime_ns)
{
	const bt_clock_snapshot *now;
	uint64_t value, hertz;
	int64_t origin = 0;

	if (!bt_message_event_borrow_stream_class_default_clock_class_const(msg))
		return 0;
	now = bt_message_event_borrow_default_clock_snapshot_const(msg);
	value = bt_clock_snapshot_get_value(now);
	hertz = bt_clock_class_get_frequency(bt_clock_snapshot_borrow_clock_class_const(now));
	if (!bt_clock_snapshot_get_ns_from_origin(now, &origin))
		*realtime_ns = (uint64_t)origin;
	return value / hertz * 1000000000u + value % hertz * 1000000000u / hertz;
}

/* A member that is not there, or does not fit: another schema, or no trace of ours. */
static int bad_field(const struct rec_ctf *c, const struct schema_event *schema, const char *name,
		     struct error *err)
{
	return error_set(err, EXIT_VERSION, "%s: event %s without a field '%s' as this vcmstat "
			 "knows it", c->rec.path, schema->name, name);
}

#define HEAD(type, name, fmt, text)						\
	if (!number_in(in, #name, &value) || (uint64_t)(type)value != value)	\
		return bad_field(c, schema, #name, err);			\
	ev->name = (type)value;

static int read_fields(const struct rec_ctf *c, const bt_field *in, struct vcm_event *ev,
		       struct error *err)
{
	const struct schema_event *schema = schema_event(ev->type);
	uint64_t value;
	unsigned int i;

	VCM_EVENT_HEAD(HEAD)
	ev->nr_arg = (__u16)schema->nr_arg;
	for (i = 0; i < schema->nr_arg; i++) {
		if (!number_in(in, schema->arg[i].name, &value) ||
		    (schema->arg[i].size == 4 && value > UINT32_MAX))
			return bad_field(c, schema, schema->arg[i].name, err);
		ev->arg[i] = value;
	}
	return 0;
}

/* Is it of the process that is asked for?  -1 when nobody asked and there are several. */
static int is_wanted(struct rec_ctf *c, const struct vcm_event *ev, struct error *err)
{
	if (!c->began && !c->asked)
		c->pid = ev->pid;
	if (c->pid == ev->pid)
		return 1;
	if (c->asked)
		return 0;
	return error_set(err, EXIT_USAGE, "%s has events of the processes %" PRIu64 " and %u: "
			 "choose one with --pid", c->rec.path, c->pid, ev->pid);
}

/* 1 with an item, 0 when the message gives none. */
static int read_event(struct rec_ctf *c, const bt_message *msg, struct rec_item *item,
		      struct error *err)
{
	const bt_event *event = bt_message_event_borrow_event_const(msg);
	const char *name = bt_event_class_get_name(bt_event_borrow_class_const(event));
	struct vcm_event *ev = &item->event;
	uint64_t realtime_ns = 0;
	int wanted;

	if (!name || strncmp(name, PROVIDER, strlen(PROVIDER)))
		return 0;
	ev->type = (__u16)schema_event_type(name + strlen(PROVIDER));
	if (!ev->type) {
		c->rec.skipped++;
		return 0;
	}
	read_who(event, ev);
	wanted = is_wanted(c, ev, err);
	if (wanted <= 0)
		return wanted;
	ev->cpu = cpu_of(event);
	ev->ts_ns = time_of(msg, &realtime_ns);
	if (!c->began) {
		c->began = true;
		c->realtime_ns = realtime_ns;
		snprintf(c->tracer, sizeof(c->tracer), "%.30s",
			 env_text(trace_of(event), "tracer_name"));
	}
	item->type = REC_EVENT;
	return read_fields(c, bt_event_borrow_payload_field_const(event), ev, err) ? -1 : 1;
}

/* Could what was lost from this stream have been of VCM? */
static bool is_ours(const bt_stream *stream)
{
	const bt_stream_class *class = bt_stream_borrow_class_const(stream);
	uint64_t i, nr = bt_stream_class_get_event_class_count(class);

	for (i = 0; i < nr; i++) {
		const bt_event_class *ec =
			bt_stream_class_borrow_event_class_by_index_const(class, i);
		const char *name = bt_event_class_get_name(ec);

		if (name && !strncmp(name, PROVIDER, strlen(PROVIDER)))
			return true;
	}
	return false;
}

/*
 * Of packets it is not known how many events they had: at least one each.  What was discarded up to
 * the end of the first packet of a stream is told without a number: at least one, too.
 */
static int read_loss(const bt_message *msg, struct rec_item *item)
{
	bt_property_availability known;
	uint64_t nr;

	if (bt_message_get_type(msg) == BT_MESSAGE_TYPE_DISCARDED_EVENTS) {
		if (!is_ours(bt_message_discarded_events_borrow_stream_const(msg)))
			return 0;
		known = bt_message_discarded_events_get_count(msg, &nr);
	} else {
		if (!is_ours(bt_message_discarded_packets_borrow_stream_const(msg)))
			return 0;
		known = bt_message_discarded_packets_get_count(msg, &nr);
	}
	item->type = REC_DROPPED;
	item->dropped = known == BT_PROPERTY_AVAILABILITY_AVAILABLE ? nr : 1;
	return 1;
}

/* 1 with an event or a loss, 0 at the end. */
static int read_item(struct rec_ctf *c, struct rec_item *item, struct error *err)
{
	const bt_message *msg;
	int ret;

	memset(item, 0, sizeof(*item));
	while ((ret = ctf_graph_next(c->graph, &msg, err)) > 0) {
		switch (bt_message_get_type(msg)) {
		case BT_MESSAGE_TYPE_EVENT:
			ret = read_event(c, msg, item, err);
			break;
		case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
		case BT_MESSAGE_TYPE_DISCARDED_PACKETS:
			ret = read_loss(msg, item);
			break;
		default:
			ret = 0;
		}
		if (ret)
			return ret;
	}
	if (!ret)
		c->rec.ended = true;
	return ret;
}

/* The first event tells when the trace began; what was lost before it is told behind the state. */
static int read_header(struct rec_ctf *c, struct rec_item *item, struct error *err)
{
	int ret;

	while ((ret = read_item(c, &c->first, err)) > 0 && c->first.type == REC_DROPPED)
		c->dropped += c->first.dropped;
	if (ret < 0)
		return -1;
	if (!ret && c->asked)
		return error_set(err, EXIT_DAMAGED, "%s: no event of VCM by process %" PRIu64
				 " in that trace", c->rec.path, c->pid);
	if (!ret)
		return error_set(err, EXIT_DAMAGED, "%s: no event of VCM in that trace",
				 c->rec.path);
	memset(item, 0, sizeof(*item));
	item->type = REC_HEADER;
	item->header = (struct header){ VERSION, c->tracer, "ctf", "none", c->first.event.ts_ns,
					c->realtime_ns };
	c->stage = CTF_HEADER;
	return 1;
}

/* Nothing but the registry, in which nothing happened. */
static int read_state(struct rec_ctf *c, struct rec_item *item)
{
	memset(item, 0, sizeof(*item));
	table_add(&c->state.stream, 0, 0);
	item->type = REC_STATE;
	item->state = &c->state;
	c->stage = CTF_STATE;
	return 1;
}

static int ctf_next(struct rec *rec, struct rec_item *item, struct error *err)
{
	struct rec_ctf *c = (struct rec_ctf *)rec;

	switch (c->stage) {
	case CTF_NEW:
		return read_header(c, item, err);
	case CTF_HEADER:
		return read_state(c, item);
	case CTF_STATE:
		c->stage = CTF_LOSS;
		*item = (struct rec_item){ .type = REC_DROPPED, .dropped = c->dropped };
		if (c->dropped)
			return 1;
		/* fall through */
	case CTF_LOSS:
		c->stage = CTF_ITEMS;
		*item = c->first;
		return 1;
	default:
		return rec->ended ? 0 : read_item(c, item, err);
	}
}

static void ctf_close(struct rec *rec)
{
	struct rec_ctf *c = (struct rec_ctf *)rec;

	ctf_graph_close(c->graph);
	model_fini(&c->state);
	free(c);
}

static const struct rec_ops rec_ctf_ops = { .next = ctf_next, .close = ctf_close };

struct rec *rec_ctf_open(const char *path, uint64_t pid, struct error *err)
{
	struct ctf_graph *graph = ctf_graph_open(path, err);
	struct rec_ctf *c;

	if (!graph)
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->rec = (struct rec){ .ops = &rec_ctf_ops, .kind = "trace", .path = path,
			       .end = "end of the trace" };
	c->graph = graph;
	c->pid = pid;
	c->asked = pid;
	model_init(&c->state);
	return &c->rec;
}
