/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_state.h - what the tests read of the module's state, all from debugfs.
 *
 * Two questions: is everything that the test made gone again (struct stats), and did a refused
 * call change anything at all (struct state)?
 */
#ifndef VCM_STATE_H
#define VCM_STATE_H

#include "vcm_util.h"

#define VCM_DEBUGFS	"/sys/kernel/debug/vcm"
#define TEXT_MAX	(256 * 1024)

/* What debugfs/vcm/stats says; events only ever grow and are not among them. */
struct stats {
	__u64 contexts;
	__u64 reservations;
	__u64 associations;
	__u64 memory_objects;
	__u64 pages;
	__u64 bytes_reserved;
	__u64 bytes_bound;
	__u64 bytes_mapped;
	__u64 references;
	__u64 bytes_carved;
};

/* A snapshot without the numbers and counts of events. */
struct state {
	size_t len;
	unsigned char *data;
};

/* Read all of a file, zero terminated.  Return: bytes or -errno. */
static inline ssize_t _file_read(const char *path, void *buf, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t done = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, (char *)buf + done, room - 1 - done)) > 0)
		done += n;
	n = n < 0 ? -errno : (ssize_t)done;
	close(fd);
	((char *)buf)[done] = '\0';
	return n;
}

/* Write a line to a file.  Return: 0 or -errno. */
static inline int _file_write(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = write(fd, line, strlen(line)) < 0 ? -errno : 0;
	close(fd);
	return err;
}

/* The value of "key: value" in @text.  Return: 0, or -ENOENT. */
static inline int _text_value(const char *text, const char *key, __u64 *value)
{
	size_t len = strlen(key);
	const char *line = text;

	while (line) {
		if (!strncmp(line, key, len) && line[len] == ':') {
			*value = strtoull(line + len + 1, NULL, 10);
			return 0;
		}
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return -ENOENT;
}

static inline int _stats_read(struct stats *stats)
{
	char text[4096];
	ssize_t n = _file_read(VCM_DEBUGFS "/stats", text, sizeof(text));

	if (n < 0)
		return n;
	if (_text_value(text, "contexts", &stats->contexts) ||
	    _text_value(text, "reservations", &stats->reservations) ||
	    _text_value(text, "associations", &stats->associations) ||
	    _text_value(text, "memory_objects", &stats->memory_objects) ||
	    _text_value(text, "pages", &stats->pages) ||
	    _text_value(text, "bytes_reserved", &stats->bytes_reserved) ||
	    _text_value(text, "bytes_bound", &stats->bytes_bound) ||
	    _text_value(text, "bytes_mapped", &stats->bytes_mapped) ||
	    _text_value(text, "references", &stats->references) ||
	    _text_value(text, "bytes_carved", &stats->bytes_carved))
		return -ENOENT;
	return 0;
}

#define test_stats_read(...)	test_ok(_stats_read(__VA_ARGS__))

/* Everything is as it was when @before was read. */
#define expect_stats(before) do {						\
	struct stats __now;							\
										\
	test_stats_read(&__now);						\
	EXPECT_EQ((before)->contexts, __now.contexts);				\
	EXPECT_EQ((before)->reservations, __now.reservations);			\
	EXPECT_EQ((before)->associations, __now.associations);			\
	EXPECT_EQ((before)->memory_objects, __now.memory_objects);		\
	EXPECT_EQ((before)->pages, __now.pages);				\
	EXPECT_EQ((before)->bytes_reserved, __now.bytes_reserved);		\
	EXPECT_EQ((before)->bytes_bound, __now.bytes_bound);			\
	EXPECT_EQ((before)->bytes_mapped, __now.bytes_mapped);			\
	EXPECT_EQ((before)->references, __now.references);			\
	EXPECT_EQ((before)->bytes_carved, __now.bytes_carved);			\
} while (0)

/* The invariants of the core hold, as it checks them itself. */
#define expect_invariants() do {						\
	char __text[256];							\
										\
	ASSERT_LT(0, _file_read(VCM_DEBUGFS "/check", __text, sizeof(__text)));	\
	EXPECT_STREQ("ok\n", __text);						\
} while (0)

/*
 * Take out of a snapshot what every call changes, also one that is refused: the numbers of the
 * streams and the counts of events.  Return: the length left, or -EPROTO when it is malformed.
 */
static inline ssize_t _state_blank(unsigned char *data, size_t len)
{
	struct vcm_snap_header *head = (void *)data;
	size_t at, size, left;

	if (len < sizeof(*head) || head->magic != VCM_SNAP_MAGIC || head->total_len != len)
		return -EPROTO;
	left = head->header_len;
	for (at = left; at < len; at += size) {
		struct vcm_snap_rec *rec = (void *)(data + at);

		size = sizeof(*rec) + rec->len;
		if (at + size > len)
			return -EPROTO;
		if (rec->type == VCM_SNAP_COUNT)
			continue;
		if (rec->type == VCM_SNAP_STREAM)
			((struct vcm_snap_stream *)(rec + 1))->seq = 0;
		memmove(data + left, data + at, size);
		left += size;
	}
	head->total_len = 0;
	head->nr_records = 0;
	return left;
}

static inline int _state_read(struct state *state)
{
	ssize_t n;

	state->len = 0;
	state->data = malloc(TEXT_MAX);
	if (!state->data)
		return -ENOMEM;
	n = _file_read(VCM_DEBUGFS "/snapshot", state->data, TEXT_MAX);
	if (n >= 0)
		n = _state_blank(state->data, n);
	if (n < 0)
		free(state->data);
	else
		state->len = n;
	return n < 0 ? n : 0;
}

#define test_state_read(...)	test_ok(_state_read(__VA_ARGS__))

/* No record of the snapshot differs from @before, which is used up. */
#define expect_state(before) do {						\
	struct state __now;							\
										\
	test_state_read(&__now);						\
	EXPECT_EQ((before)->len, __now.len);					\
	if ((before)->len == __now.len)						\
		EXPECT_EQ(0, memcmp((before)->data, __now.data, __now.len));	\
	free(__now.data);							\
	free((before)->data);							\
} while (0)

/* @call fails with @err and changes no state. */
#define test_refused(err, call) do {						\
	struct state __before;							\
										\
	test_state_read(&__before);						\
	EXPECT_EQ(-(err), call);						\
	expect_state(&__before);						\
} while (0)

#endif
