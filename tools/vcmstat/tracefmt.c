// SPDX-License-Identifier: GPL-2.0-only
/* tracefmt.c - see tracefmt.h. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracefmt.h"
#include "vcm_bpf.h"

/* The head as the schema has it, and where it goes. */
struct head_field {
	const char *name;
	unsigned int size;
	size_t to;
};

#define HEAD(type, name, fmt, text)	{ #name, sizeof(type), offsetof(struct vcm_event, name) },
static const struct head_field head[FORMAT_HEAD] = { VCM_EVENT_HEAD(HEAD) };

static const char *field_name(unsigned int type, unsigned int i)
{
	return i < FORMAT_HEAD ? head[i].name : schema_event(type)->arg[i - FORMAT_HEAD].name;
}

static unsigned int field_size(unsigned int type, unsigned int i)
{
	return i < FORMAT_HEAD ? head[i].size : schema_event(type)->arg[i - FORMAT_HEAD].size;
}

/* "field:__u64 seq;	offset:16;	size:8;	signed:0;" */
static bool find_field(const char *text, const char *name, unsigned int *off, unsigned int *size)
{
	char want[48];
	const char *at;

	snprintf(want, sizeof(want), " %s;\toffset:", name);
	at = strstr(text, want);
	return at && sscanf(at + strlen(want), "%u;\tsize:%u;", off, size) == 2 &&
	       *off < 4096 && *size <= 8;
}

int format_parse(struct format *f, unsigned int type, const char *text, struct error *err)
{
	const struct schema_event *schema = schema_event(type);
	const char *id = strstr(text, "\nID:");
	unsigned int i, off, size;

	memset(f, 0, sizeof(*f));
	if (!id || !find_field(text, "common_pid", &off, &size) || size != 4)
		return error_set(err, EXIT_ABSENT, "format of %s cannot be read", schema->name);
	f->id = (uint16_t)strtoul(id + 4, NULL, 10);
	f->type = (uint16_t)type;
	f->pid = (uint16_t)off;
	f->nr = (uint16_t)(FORMAT_HEAD + schema->nr_arg);
	for (i = 0; i < f->nr; i++) {
		const char *name = field_name(type, i);

		if (!find_field(text, name, &off, &size))
			return error_set(err, EXIT_ABSENT, "%s of the running module has no %s: "
					 "are module and vcmstat of the same version?",
					 schema->name, name);
		if (size != field_size(type, i))
			return error_set(err, EXIT_ABSENT, "%s of the running module has %s of %u "
					 "bytes, this vcmstat knows %u", schema->name, name, size,
					 field_size(type, i));
		f->field[i].off = (uint16_t)off;
		f->field[i].size = (uint16_t)size;
		if (off + size > f->len)
			f->len = (uint16_t)(off + size);
	}
	return 0;
}

static uint64_t value_of(const struct format *f, unsigned int i, const unsigned char *record)
{
	uint64_t v64;
	uint32_t v32;

	if (f->field[i].size == 8) {
		memcpy(&v64, record + f->field[i].off, 8);
		return v64;
	}
	memcpy(&v32, record + f->field[i].off, 4);
	return v32;
}

void format_decode(const struct format *f, const void *record, struct vcm_event *ev)
{
	unsigned int i;
	uint32_t v32;

	memset(ev, 0, sizeof(*ev));
	ev->type = f->type;
	ev->nr_arg = (__u16)(f->nr - FORMAT_HEAD);
	memcpy(&ev->tid, (const char *)record + f->pid, 4);
	for (i = 0; i < FORMAT_HEAD; i++) {
		uint64_t value = value_of(f, i, record);

		v32 = (uint32_t)value;
		memcpy((char *)ev + head[i].to, head[i].size == 8 ? (void *)&value : (void *)&v32,
		       head[i].size);
	}
	for (i = 0; i < ev->nr_arg; i++)
		ev->arg[i] = value_of(f, FORMAT_HEAD + i, record);
}

/* Where the compiler put the fields of struct vcm_tp_*. */
#define OFFSET(type, name, fmt, text)	offsetof(TP, name),
#define OFFSETS(event, nr, text)						\
	case nr: {								\
		typedef struct vcm_tp_##event TP;				\
		static const size_t at[] = {					\
			VCM_EVENT_HEAD(OFFSET) VCM_EV_##event(OFFSET) };	\
		return at;							\
	}

static const size_t *compiled(unsigned int type)
{
	switch (type) {
	VCM_EVENTS(OFFSETS)
	default:
		return NULL;
	}
}

int format_is_compiled(const struct format *f, struct error *err)
{
	const size_t *at = compiled(f->type);
	unsigned int i;

	for (i = 0; i < f->nr; i++) {
		if (!at || at[i] != f->field[i].off)
			return error_set(err, EXIT_ABSENT, "%s: %s lies elsewhere in the trace "
					 "buffer than the programs expect",
					 schema_event(f->type)->name, field_name(f->type, i));
	}
	return 0;
}
