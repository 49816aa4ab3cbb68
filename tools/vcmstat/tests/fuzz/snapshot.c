// SPDX-License-Identifier: GPL-2.0-only
/*
 * snapshot.c - fuzz target: the bytes are a snapshot file.
 *
 * Half of the mutations put the lengths and the number of records right again, so that the search
 * is not spent on what the header refuses.
 */
#include <string.h>

#include "model.h"
#include "use.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
size_t LLVMFuzzerMutate(unsigned char *data, size_t size, size_t room);
size_t LLVMFuzzerCustomMutator(unsigned char *data, size_t size, size_t room, unsigned int seed);

static void told(void *arg, unsigned int type, const void *row)
{
	(void)arg;
	(void)type;
	(void)row;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct error err = { 0 };
	struct model m, names;

	model_init(&m);
	model_init(&names);
	if (!model_load(&m, data, size, &err)) {
		fuzz_use(&m);
		model_learn_names(&names, data, size, told, NULL, &err);
		fuzz_use(&names);
	}
	model_fini(&names);
	model_fini(&m);
	return 0;
}

/* Make the lengths agree; a record at the end that is cut off goes.  Return: the new size. */
static size_t repair(unsigned char *data, size_t size)
{
	struct vcm_snap_header head = { .magic = VCM_SNAP_MAGIC, .version = VCM_SNAP_VERSION,
					.header_len = sizeof(head) };
	struct vcm_snap_rec rec;
	size_t at = sizeof(head);

	while (size - at >= sizeof(rec)) {
		memcpy(&rec, data + at, sizeof(rec));
		if (rec.type < SCHEMA_RECORDS && schema_records[rec.type].name)
			rec.len = (__u32)schema_records[rec.type].size;
		else
			rec.len &= 0xf8;
		if (size - at - sizeof(rec) < rec.len)
			break;
		memcpy(data + at, &rec, sizeof(rec));
		at += sizeof(rec) + rec.len;
		head.nr_records++;
	}
	head.total_len = at;
	memcpy(data, &head, sizeof(head));
	return at;
}

size_t LLVMFuzzerCustomMutator(unsigned char *data, size_t size, size_t room, unsigned int seed)
{
	size = LLVMFuzzerMutate(data, size, room);
	return seed % 2 && size >= sizeof(struct vcm_snap_header) ? repair(data, size) : size;
}
