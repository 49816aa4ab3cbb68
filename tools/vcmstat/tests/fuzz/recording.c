// SPDX-License-Identifier: GPL-2.0-only
/*
 * recording.c - fuzz target: the bytes are a recording of 'vcmstat record'.
 *
 * Half of the mutations put the checksums right again, so that what is behind them is reached.
 */
#include <stddef.h>
#include <string.h>

#include "crc32.h"
#include "rec_format.h"
#include "use.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
size_t LLVMFuzzerMutate(unsigned char *data, size_t size, size_t room);
size_t LLVMFuzzerCustomMutator(unsigned char *data, size_t size, size_t room, unsigned int seed);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	fuzz_play(data, size);
	return 0;
}

static void mend(unsigned char *data, size_t size)
{
	static const struct rec_start start = { REC_MAGIC, REC_ORDER, REC_VERSION, sizeof(start) };
	size_t at = sizeof(start);
	struct rec_block head;

	memcpy(data, &start, sizeof(start));
	while (at + sizeof(head) <= size) {
		memcpy(&head, data + at, sizeof(head));
		head.len &= ~7u;
		if (head.len > size - at - sizeof(head))
			break;
		head.crc = crc32_of(data + at + sizeof(head), head.len);
		head.head_crc = crc32_of(&head, offsetof(struct rec_block, head_crc));
		memcpy(data + at, &head, sizeof(head));
		at += sizeof(head) + head.len;
	}
}

size_t LLVMFuzzerCustomMutator(unsigned char *data, size_t size, size_t room, unsigned int seed)
{
	size = LLVMFuzzerMutate(data, size, room);
	if (seed % 2 && size >= sizeof(struct rec_start))
		mend(data, size);
	return size;
}
