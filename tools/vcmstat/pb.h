/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pb.h - protocol buffers, written: the wire format alone, a message in memory at a time.
 *
 * A message inside a message is opened and closed; its length goes before it when it is closed.
 */
#ifndef VCMSTAT_PB_H
#define VCMSTAT_PB_H

#include <stddef.h>
#include <stdint.h>

struct pb {
	unsigned char *buf;
	size_t len;
	size_t cap;
};

void pb_fini(struct pb *pb);
void pb_u64(struct pb *pb, unsigned int field, uint64_t value);		/* integer, enum, bool */
void pb_fixed64(struct pb *pb, unsigned int field, uint64_t value);
void pb_str(struct pb *pb, unsigned int field, const char *text);	/* made valid UTF-8 */
/* What is to be given to pb_close(). */
size_t pb_open(struct pb *pb, unsigned int field);
void pb_close(struct pb *pb, size_t mark);

#endif
