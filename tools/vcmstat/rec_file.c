// SPDX-License-Identifier: GPL-2.0-only
/*
 * rec_file.c - a recording made by 'vcmstat record'; the bytes are those of rec_format.h.
 *
 * The file may be anybody's: no length is believed before the bytes are there, no number is used
 * that was not checked.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "crc32.h"
#include "rec.h"
#include "rec_format.h"

#define PIECE (1u << 20)	/* memory is taken so much at a time */

struct rec_file {
	struct rec rec;
	struct model state;
	struct rec_header header;
	struct rec_totals totals;
	struct rec_symbol symbol;
	unsigned char *buf;
	size_t cap;
	size_t len;
	uint64_t at;		/* bytes before the block in buf */
	uint64_t next;		/* and behind it */
	bool started;
	bool has_header;
	union {
		struct vcm_snap_device device;
		struct vcm_snap_holder holder;
	} name;
};

static int damaged(const struct rec_file *f, const char *what, struct error *err)
{
	return error_set(err, EXIT_DAMAGED, "%s: damaged at byte %" PRIu64 ": %s", f->rec.path,
			 f->at, what);
}

/* 1 whole, 0 the file ends before or in it, -1 it cannot be read. */
static int get(struct rec_file *f, void *to, size_t len, struct error *err)
{
	size_t n = fread(to, 1, len, f->rec.in);

	if (n == len)
		return 1;
	if (ferror(f->rec.in))
		return error_set(err, EXIT_FAILED, "cannot read %s: %s", f->rec.path,
				 strerror(errno));
	f->rec.cut |= n > 0;
	return 0;
}

static int get_start(struct rec_file *f, struct error *err)
{
	struct rec_start start;
	char rest[256];
	int ret = get(f, &start, sizeof(start), err);

	if (ret < 0)
		return ret;
	if (!ret || memcmp(start.magic, REC_MAGIC, sizeof(start.magic)))
		return error_set(err, EXIT_DAMAGED, "%s: not a recording", f->rec.path);
	if (start.order != REC_ORDER)
		return error_set(err, EXIT_VERSION,
				 "%s: recorded on a machine with another byte order", f->rec.path);
	if (start.version != REC_VERSION)
		return error_set(err, EXIT_VERSION,
				 "%s: recording of version %u, this vcmstat reads %u", f->rec.path,
				 start.version, REC_VERSION);
	if (start.len < sizeof(start) || start.len - sizeof(start) > sizeof(rest))
		return damaged(f, "impossible length of the beginning", err);
	f->next = start.len;
	f->started = true;
	return get(f, rest, start.len - sizeof(start), err);
}

/* The payload of @head into f->buf: 1, 0 when the file ends in it, -1. */
static int get_payload(struct rec_file *f, const struct rec_block *head, struct error *err)
{
	int ret = 1;

	for (f->len = 0; ret > 0 && f->len < head->len;) {
		size_t piece = head->len - f->len < PIECE ? head->len - f->len : PIECE;

		if (f->len + piece > f->cap) {
			f->cap = f->len + piece;
			f->buf = xrealloc(f->buf, f->cap);
		}
		ret = get(f, f->buf + f->len, piece, err);
		f->len += piece;
	}
	f->rec.cut |= !ret;
	return ret;
}

static int get_block(struct rec_file *f, struct rec_block *head, struct error *err)
{
	int ret = get(f, head, sizeof(*head), err);

	f->at = f->next;
	if (ret <= 0)
		return ret;
	if (head->head_crc != crc32_of(head, offsetof(struct rec_block, head_crc)))
		return damaged(f, "wrong checksum of the head of a record", err);
	if (head->len % 8)
		return damaged(f, "record length is not a multiple of 8", err);
	ret = get_payload(f, head, err);
	if (ret <= 0)
		return ret;
	if (head->crc != crc32_of(f->buf, f->len))
		return damaged(f, "wrong checksum of a record", err);
	f->next += sizeof(*head) + head->len;
	return 1;
}

/* The first @len bytes of the payload into @to; what follows is for later readers. */
static int take(const struct rec_file *f, void *to, size_t len, struct error *err)
{
	if (f->len < len)
		return damaged(f, "record is shorter than its type", err);
	memcpy(to, f->buf, len);
	return 0;
}

static int take_header(struct rec_file *f, struct rec_item *item, struct error *err)
{
	struct rec_header *h = &f->header;

	if (take(f, h, sizeof(*h), err))
		return -1;
	if (f->has_header)
		return damaged(f, "a second header", err);
	if (h->version[sizeof(h->version) - 1] || h->kernel[sizeof(h->kernel) - 1] ||
	    h->source[sizeof(h->source) - 1] || h->faults[sizeof(h->faults) - 1])
		return damaged(f, "text without end", err);
	f->has_header = true;
	item->header = (struct header){ h->version, h->kernel, h->source, h->faults, h->ts_ns,
					h->realtime_ns };
	return 0;
}

static int take_state(struct rec_file *f, struct rec_item *item, struct error *err)
{
	struct error why = { 0 };
	struct rec_state state;

	if (take(f, &state, sizeof(state), err))
		return -1;
	if (model_load(&f->state, f->buf + sizeof(state), f->len - sizeof(state), &why)) {
		if (why.code == EXIT_VERSION)
			return error_set(err, why.code, "%s: %s", f->rec.path, why.text);
		return damaged(f, why.text, err);
	}
	item->state = &f->state;
	item->resync = state.resync;
	return 0;
}

static int take_event(struct rec_file *f, struct rec_item *item, struct error *err)
{
	if (take(f, &item->event, sizeof(item->event), err))
		return -1;
	return item->event.nr_arg > VCM_EVENT_ARGS ? damaged(f, "too many fields", err) : 0;
}

static int take_gap(struct rec_file *f, struct rec_item *item, struct error *err)
{
	struct rec_gap gap;

	if (take(f, &gap, sizeof(gap), err))
		return -1;
	item->gap = (struct model_gap){ gap.stream, gap.expected, gap.got };
	return gap.got > gap.expected ? 0 : damaged(f, "bad loss record", err);
}

static int take_name(struct rec_file *f, struct rec_item *item, struct error *err)
{
	struct rec_name name;
	size_t size;

	if (take(f, &name, sizeof(name), err))
		return -1;
	if (name.type != VCM_SNAP_DEVICE && name.type != VCM_SNAP_HOLDER)
		return damaged(f, "a name of what has none", err);
	size = schema_records[name.type].size;
	if (f->len < sizeof(name) + size)
		return damaged(f, "record is shorter than its type", err);
	memcpy(&f->name, f->buf + sizeof(name), size);
	if (name.type == VCM_SNAP_DEVICE ?
	    f->name.device.name[VCM_DEVICE_NAME_LEN - 1] ||
	    f->name.device.iommu[VCM_DEVICE_NAME_LEN - 1] :
	    f->name.holder.name[VCM_HOLDER_NAME_LEN - 1])
		return damaged(f, "text without end", err);
	item->name_type = name.type;
	item->name = &f->name;
	return 0;
}

static int take_totals(struct rec_file *f, struct rec_item *item, struct error *err)
{
	struct rec_totals *t = &f->totals;

	if (take(f, t, sizeof(*t), err))
		return -1;
	if (t->cause[sizeof(t->cause) - 1])
		return damaged(f, "text without end", err);
	item->ts_ns = t->ts_ns;
	item->cause = t->cause;
	item->totals = (struct totals){
		.events = t->events, .faults = t->faults, .gaps = t->gaps, .dropped = t->dropped,
		.resyncs = t->resyncs, .fault_dropped = t->fault_dropped,
		.fault_overflow = t->fault_overflow,
	};
	return 0;
}

static int take_dropped(struct rec_file *f, struct rec_item *item, struct error *err)
{
	return take(f, &item->dropped, sizeof(item->dropped), err);
}

static int take_fault(struct rec_file *f, struct rec_item *item, struct error *err)
{
	/* item is all 0, so a fault of an older build has no domain and no name */
	size_t len = f->len < sizeof(item->fault) ? REC_FAULT_LEN_1 : sizeof(item->fault);

	return take(f, &item->fault, len, err);
}

static int take_past(struct rec_file *f, struct rec_item *item, struct error *err)
{
	struct rec_past past;

	if (take(f, &past, sizeof(past), err))
		return -1;
	item->stream = past.stream;
	item->seq = past.seq;
	past_set(&item->past, &past.past);
	return past.past.nr > VCM_PAST_FRAMES ? damaged(f, "too many frames", err) : 0;
}

static int take_symbol(struct rec_file *f, struct rec_item *item, struct error *err)
{
	if (take(f, &f->symbol, sizeof(f->symbol), err))
		return -1;
	if (f->symbol.name[sizeof(f->symbol.name) - 1])
		return damaged(f, "text without end", err);
	item->symbol = (struct ksym){ f->symbol.addr, f->symbol.name };
	return 0;
}

static int (*const takers[])(struct rec_file *f, struct rec_item *item, struct error *err) = {
	[REC_HEADER] = take_header,
	[REC_STATE] = take_state,
	[REC_EVENT] = take_event,
	[REC_FAULT] = take_fault,
	[REC_GAP] = take_gap,
	[REC_DROPPED] = take_dropped,
	[REC_NAME] = take_name,
	[REC_TICK] = take_totals,
	[REC_END] = take_totals,
	[REC_PAST] = take_past,
	[REC_SYMBOL] = take_symbol,
};

static int file_next(struct rec *r, struct rec_item *item, struct error *err)
{
	struct rec_file *f = (struct rec_file *)r;
	struct rec_block head;
	int ret = f->started ? 1 : get_start(f, err);

	memset(item, 0, sizeof(*item));
	while (ret > 0) {
		ret = get_block(f, &head, err);
		if (ret > 0 && r->ended)
			return damaged(f, "a record after the end", err);
		if (ret > 0 && !f->has_header && head.type != REC_HEADER)
			return damaged(f, "the first record is not a header", err);
		if (ret > 0 && head.type < ARRAY_LEN(takers) && takers[head.type])
			break;
		r->skipped += ret > 0;
	}
	if (ret <= 0)
		return ret;
	item->type = head.type;
	r->ended = head.type == REC_END;
	return takers[head.type](f, item, err) ? -1 : 1;
}

static void file_close(struct rec *r)
{
	struct rec_file *f = (struct rec_file *)r;

	model_fini(&f->state);
	free(f->buf);
	free(f);
}

static const struct rec_ops rec_file_ops = { .next = file_next, .close = file_close };

struct rec *rec_file_new(void)
{
	struct rec_file *f = xcalloc(1, sizeof(*f));

	f->rec.ops = &rec_file_ops;
	f->rec.kind = "recording";
	model_init(&f->state);
	return &f->rec;
}
