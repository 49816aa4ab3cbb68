/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracefmt.h - how the trace buffer of the running kernel lays our events out.
 *
 * Read from the `format` file of each event, so that nothing is assumed: a field that is not
 * there, or of another size, makes the event unreadable with the name of the field.
 */
#ifndef VCMSTAT_TRACEFMT_H
#define VCMSTAT_TRACEFMT_H

#include "schema.h"
#include "util.h"

#define FORMAT_HEAD	6	/* fields of VCM_EVENT_HEAD */
#define FORMAT_FIELDS	(FORMAT_HEAD + VCM_EVENT_ARGS)

struct format {
	uint16_t id;		/* in the first two bytes of a record */
	uint16_t type;		/* enum vcm_event_type */
	uint16_t nr;		/* fields in use: the head, then the event's own */
	uint16_t pid;		/* where the number of the thread is */
	uint16_t len;		/* bytes that a record has at least */
	struct {
		uint16_t off;
		uint16_t size;
	} field[FORMAT_FIELDS];
};

/* @text: the contents of the format file of events of @type. */
int format_parse(struct format *f, unsigned int type, const char *text, struct error *err);
/* Everything that the record tells; what only its reader knows is left 0. */
void format_decode(const struct format *f, const void *record, struct vcm_event *ev);
/* Do the BPF programs of the tp rung find the fields where the kernel has them? */
int format_is_compiled(const struct format *f, struct error *err);

#endif
