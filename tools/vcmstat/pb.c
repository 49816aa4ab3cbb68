// SPDX-License-Identifier: GPL-2.0-only
/* pb.c - see pb.h. */
#include <stdlib.h>
#include <string.h>

#include "pb.h"
#include "utf8.h"
#include "util.h"

enum pb_wire { PB_VARINT = 0, PB_FIXED64 = 1, PB_LEN = 2 };

static void put(struct pb *pb, const void *bytes, size_t len)
{
	if (pb->len + len > pb->cap) {
		pb->cap = 2 * (pb->len + len) + 256;
		pb->buf = xrealloc(pb->buf, pb->cap);
	}
	memcpy(pb->buf + pb->len, bytes, len);
	pb->len += len;
}

/* Seven bits a byte, the lowest first; @buf of 10. */
static size_t varint(unsigned char *buf, uint64_t value)
{
	size_t len = 0;

	for (; value >= 0x80; value >>= 7)
		buf[len++] = (unsigned char)(value | 0x80);
	buf[len++] = (unsigned char)value;
	return len;
}

static void put_varint(struct pb *pb, uint64_t value)
{
	unsigned char buf[10];

	put(pb, buf, varint(buf, value));
}

static void put_key(struct pb *pb, unsigned int field, enum pb_wire wire)
{
	put_varint(pb, (uint64_t)field << 3 | wire);
}

void pb_fini(struct pb *pb)
{
	free(pb->buf);
	memset(pb, 0, sizeof(*pb));
}

void pb_u64(struct pb *pb, unsigned int field, uint64_t value)
{
	put_key(pb, field, PB_VARINT);
	put_varint(pb, value);
}

void pb_fixed64(struct pb *pb, unsigned int field, uint64_t value)
{
	unsigned char bytes[8];
	unsigned int i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(value >> 8 * i);
	put_key(pb, field, PB_FIXED64);
	put(pb, bytes, sizeof(bytes));
}

void pb_str(struct pb *pb, unsigned int field, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t mark = pb_open(pb, field), len = strlen(text), i, n;

	for (i = 0; i < len; i += n ? n : 1) {
		n = utf8_len(s + i, len - i);
		put(pb, n ? (const char *)s + i : "?", n ? n : 1);
	}
	pb_close(pb, mark);
}

size_t pb_open(struct pb *pb, unsigned int field)
{
	put_key(pb, field, PB_LEN);
	return pb->len;
}

void pb_close(struct pb *pb, size_t mark)
{
	unsigned char head[10];
	size_t len = pb->len - mark, head_len = varint(head, len);

	put(pb, head, head_len);	/* room for it */
	memmove(pb->buf + mark + head_len, pb->buf + mark, len);
	memcpy(pb->buf + mark, head, head_len);
}
