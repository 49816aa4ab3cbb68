// SPDX-License-Identifier: GPL-2.0-only
/*
 * out_rec.c - a recording: every thing told becomes a block of rec_format.h.
 *
 * Flushed after each state, tick and end, and by whoever drives it after each batch: what was
 * flushed survives the end of this process, whatever that is.
 */
#include <stdlib.h>
#include <string.h>

#include "crc32.h"
#include "rec.h"
#include "rec_format.h"

static void put_block(struct sink *s, enum rec_type type, const void *payload, size_t len)
{
	struct rec_block head = { .type = type, .len = (__u32)len };

	head.crc = crc32_of(payload, len);
	head.head_crc = crc32_of(&head, offsetof(struct rec_block, head_crc));
	fwrite(&head, sizeof(head), 1, s->out);
	fwrite(payload, len, 1, s->out);
}

/* @head, then @len bytes of @rest. */
static void put_two(struct sink *s, enum rec_type type, __u64 head, const void *rest, size_t len)
{
	unsigned char *bytes = xcalloc(1, sizeof(head) + len);

	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + sizeof(head), rest, len);
	put_block(s, type, bytes, sizeof(head) + len);
	free(bytes);
}

static void rec_header(struct sink *s, const struct header *h)
{
	const struct rec_start start = { .magic = REC_MAGIC, .order = REC_ORDER,
					 .version = REC_VERSION, .len = sizeof(start) };
	struct rec_header head = { .ts_ns = h->ts_ns, .realtime_ns = h->realtime_ns };

	snprintf(head.version, sizeof(head.version), "%s", h->version);
	snprintf(head.kernel, sizeof(head.kernel), "%s", h->kernel);
	snprintf(head.source, sizeof(head.source), "%s", h->source);
	snprintf(head.faults, sizeof(head.faults), "%s", h->faults);
	fwrite(&start, sizeof(start), 1, s->out);
	put_block(s, REC_HEADER, &head, sizeof(head));
}

static void rec_state(struct sink *s, const struct model *m, bool resync)
{
	const struct rec_state head = { .resync = resync };
	__u64 first;
	size_t len;
	void *buf = model_encode(m, &len);

	memcpy(&first, &head, sizeof(first));
	put_two(s, REC_STATE, first, buf, len);
	free(buf);
	fflush(s->out);
}

static void rec_name(struct sink *s, unsigned int type, const void *row)
{
	const struct rec_name head = { .type = type };
	__u64 first;

	memcpy(&first, &head, sizeof(first));
	put_two(s, REC_NAME, first, row, schema_records[type].size);
}

static void rec_event(struct sink *s, const struct vcm_event *ev)
{
	put_block(s, REC_EVENT, ev, sizeof(*ev));
}

static void rec_fault(struct sink *s, const struct vcm_fault *fault)
{
	put_block(s, REC_FAULT, fault, sizeof(*fault));
}

static void rec_gap(struct sink *s, const struct model_gap *gap)
{
	const struct rec_gap rec = { .stream = gap->stream, .expected = gap->expected,
				     .got = gap->got };

	put_block(s, REC_GAP, &rec, sizeof(rec));
}

static void rec_dropped(struct sink *s, uint64_t nr)
{
	const struct rec_dropped rec = { .nr = nr };

	put_block(s, REC_DROPPED, &rec, sizeof(rec));
}

static void rec_past(struct sink *s, uint32_t stream, uint64_t seq, const struct past *past)
{
	struct rec_past rec = { .seq = seq, .stream = stream };

	rec.past.ts_ns = past->ts_ns;
	rec.past.pid = past->pid;
	rec.past.tid = past->tid;
	rec.past.nr = past->nr;
	memcpy(rec.past.comm, past->comm, sizeof(rec.past.comm));
	memcpy(rec.past.frame, past->frames, sizeof(rec.past.frame));
	put_block(s, REC_PAST, &rec, sizeof(rec));
}

static void rec_symbol(struct sink *s, const struct ksym *sym)
{
	struct rec_symbol rec = { .addr = sym->addr };

	snprintf(rec.name, sizeof(rec.name), "%s", sym->name);
	put_block(s, REC_SYMBOL, &rec, sizeof(rec));
}

static void put_totals(struct sink *s, enum rec_type type, uint64_t ts_ns, const struct totals *t,
		       const char *cause)
{
	struct rec_totals rec = {
		.ts_ns = ts_ns, .events = t->events, .faults = t->faults, .gaps = t->gaps,
		.dropped = t->dropped, .resyncs = t->resyncs, .fault_dropped = t->fault_dropped,
		.fault_overflow = t->fault_overflow,
	};

	snprintf(rec.cause, sizeof(rec.cause), "%s", cause);
	put_block(s, type, &rec, sizeof(rec));
	fflush(s->out);
}

static void rec_tick(struct sink *s, uint64_t ts_ns, const struct totals *t)
{
	put_totals(s, REC_TICK, ts_ns, t, "");
}

static void rec_end(struct sink *s, const struct totals *t, const char *cause)
{
	put_totals(s, REC_END, 0, t, cause);
}

static void rec_free(struct sink *s)
{
	free(s);
}

static const struct sink_ops out_rec_ops = {
	.header = rec_header,
	.state = rec_state,
	.name = rec_name,
	.event = rec_event,
	.fault = rec_fault,
	.gap = rec_gap,
	.dropped = rec_dropped,
	.tick = rec_tick,
	.end = rec_end,
	.close = rec_free,
	.past = rec_past,
	.symbol = rec_symbol,
};

struct sink *out_rec_new(FILE *out)
{
	struct sink *s = xcalloc(1, sizeof(*s));

	s->ops = &out_rec_ops;
	s->out = out;
	return s;
}
