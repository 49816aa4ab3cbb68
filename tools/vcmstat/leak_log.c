// SPDX-License-Identifier: GPL-2.0-only
/* leak_log.c - see leak_log.h. */
#include <stdlib.h>
#include <string.h>

#include "leak_log.h"
#include "sink.h"

void leak_log_init(struct leak_log *log)
{
	memset(log, 0, sizeof(*log));
	table_init(&log->held, sizeof(struct leak_entry));
}

void leak_log_fini(struct leak_log *log)
{
	table_fini(&log->held);
}

/* A key of the table: ids are given in order and stay far below 2^60. */
static uint64_t key_id(const struct vcm_leak_key *key)
{
	return key->id << 4 | (key->kind & 15);
}

static uint64_t key_owner(const struct vcm_leak_key *key)
{
	return (uint64_t)key->vcm << 32 | key->holder;
}

static struct vcm_leak_key key_of(const struct vcm_event *ev, uint64_t kind, uint64_t holder)
{
	return (struct vcm_leak_key){ .id = kind == VCM_KIND_CONTEXT ? ev->vcm : ev->id,
				      .vcm = kind == VCM_KIND_PHYS ? 0 : ev->vcm,
				      .kind = (__u32)kind, .holder = (__u32)holder };
}

static void get(struct leak_log *log, const struct vcm_event *ev, uint64_t kind, uint64_t holder)
{
	const struct vcm_leak_key key = key_of(ev, kind, holder);
	struct leak_entry *e = table_add(&log->held, key_id(&key), key_owner(&key));

	if (e->leak.count++)
		return;
	e->key = key;
	e->leak.ts_ns = ev->ts_ns;
	e->leak.stack = -1;
	e->leak.pid = ev->pid;
	e->leak.tid = ev->tid;
	memcpy(e->leak.comm, ev->comm, sizeof(e->leak.comm));
}

static void put(struct leak_log *log, const struct vcm_event *ev, uint64_t kind, uint64_t holder)
{
	const struct vcm_leak_key key = key_of(ev, kind, holder);
	struct leak_entry *e = table_find(&log->held, key_id(&key), key_owner(&key));

	if (e && !--e->leak.count)
		table_remove(&log->held, key_id(&key), key_owner(&key));
}

/* The first reference, of an event that makes an object. */
#define FIRST(event, kind)							\
static void first_##event(struct leak_log *log, const struct vcm_event *ev)	\
{										\
	enum { VCM_EV_##event(AT) };						\
										\
	get(log, ev, kind, ev->arg[at_holder]);					\
}

FIRST(create, VCM_KIND_CONTEXT)
FIRST(reserve, VCM_KIND_RES)
FIRST(phys_alloc, VCM_KIND_PHYS)

static void count(struct leak_log *log, const struct vcm_event *ev)
{
	enum { VCM_EV_ref(AT) };

	if (ev->type == VCM_EVENT_ref)
		get(log, ev, ev->arg[at_kind], ev->arg[at_holder]);
	else
		put(log, ev, ev->arg[at_kind], ev->arg[at_holder]);
}

void leak_log_event(struct leak_log *log, const struct vcm_event *ev)
{
	log->now_ns = ev->ts_ns > log->now_ns ? ev->ts_ns : log->now_ns;
	switch (ev->type) {
	case VCM_EVENT_create:
		first_create(log, ev);
		break;
	case VCM_EVENT_reserve:
		first_reserve(log, ev);
		break;
	case VCM_EVENT_phys_alloc:
		first_phys_alloc(log, ev);
		break;
	case VCM_EVENT_ref:
	case VCM_EVENT_unref:
		count(log, ev);
		break;
	}
}

void leak_log_read(const struct leak_log *log, struct leaks *l)
{
	memset(l, 0, sizeof(*l));
	if (!log->held.nr)
		return;
	l->nr = log->held.nr;
	l->entry = xcalloc(l->nr, sizeof(*l->entry));
	memcpy(l->entry, log->held.rows, l->nr * sizeof(*l->entry));
}
