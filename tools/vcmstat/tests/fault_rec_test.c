// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault_rec_test.c - faults of every source come back from the files they are written to.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crc32.h"
#include "play.h"
#include "rec_format.h"
#include "tap.h"

static const struct header header = { "1", "test", "fake", "none", 5, 6 };

/* One of every source and access, with names that fill their place or should not be believed. */
static const struct vcm_fault some_faults[] = {
	{ 1, 0x1000, 0x28, 6, 0, VCM_FAULT_READ, 0, VCM_FAULT_VTD },
	{ 2, 0x2010, 0x10028, 0x2020, 7, VCM_FAULT_WRITE, 1, VCM_FAULT_AMD },
	{ 3, ~0ull, 0x28, 2, 0, VCM_FAULT_UNKNOWN, 0, VCM_FAULT_VIRTIO },
	{ 4, 0, VCM_FAULT_NO_DEVICE, 1, 0, VCM_FAULT_WRITE, 0, VCM_FAULT_REPORT, 0,
	  0xffff888100000000, "vcm_sim.0" },
	{ 5, 1, VCM_FAULT_NO_DEVICE, 0, 0, VCM_FAULT_READ, 0, VCM_FAULT_REPORT, 0, 0,
	  "a name with thirty-two bytes, ab" },
	{ 6, 1, VCM_FAULT_NO_DEVICE, 0, 0, VCM_FAULT_READ, 0, VCM_FAULT_REPORT, 0, 0, "" },
};

/* What came out of reading a file: faults only. */
struct heard {
	struct sink sink;
	struct vcm_fault fault[ARRAY_LEN(some_faults)];
	size_t nr;
};

static void hear_fault(struct sink *s, const struct vcm_fault *fault)
{
	struct heard *h = (struct heard *)s;

	CHECK(h->nr < ARRAY_LEN(h->fault));
	h->fault[h->nr++] = *fault;
}

static void hear(struct heard *h, const char *text, size_t len)
{
	static struct sink_ops ops;
	struct sink *none = out_none_new();
	char path[] = "/tmp/vcmstat-test.XXXXXX";
	struct error err = { 0 };
	int fd = mkstemp(path);
	struct play p;
	struct rec *r;

	CHECK_EQ(write(fd, text, len), len);
	close(fd);
	ops = *none->ops;
	ops.fault = hear_fault;
	*h = (struct heard){ .sink.ops = &ops };
	r = rec_open(path, &err);
	unlink(path);
	CHECK(r != NULL);
	play_init(&p, &h->sink);
	CHECK_EQ(play_all(&p, r, &err), 0);
	play_fini(&p);
	rec_close(r);
	none->ops->close(none);
}

static char *faults_as(struct sink *(*make)(FILE *out), size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	const struct totals t = { .faults = ARRAY_LEN(some_faults) };
	struct sink *s = make(out);
	struct model m;
	size_t i;

	model_init(&m);
	s->ops->header(s, &header);
	s->ops->state(s, &m, false);
	for (i = 0; i < ARRAY_LEN(some_faults); i++)
		s->ops->fault(s, &some_faults[i]);
	s->ops->end(s, &t, "test");
	s->ops->close(s);
	fclose(out);
	model_fini(&m);
	return text;
}

static void faults_come_back(struct sink *(*make)(FILE *out))
{
	struct heard heard;
	size_t len, i;
	char *text = faults_as(make, &len);

	hear(&heard, text, len);
	CHECK_EQ(heard.nr, ARRAY_LEN(some_faults));
	for (i = 0; i < heard.nr; i++) {
		if (memcmp(&heard.fault[i], &some_faults[i], sizeof(some_faults[i])))
			tap_note("fault %zu is another", i);
		CHECK(!memcmp(&heard.fault[i], &some_faults[i], sizeof(some_faults[i])));
	}
	free(text);
}

static void test_faults(void)
{
	faults_come_back(out_json_new);
	faults_come_back(out_rec_new);
}

/* As builds wrote it whose faults had 32 bytes, the last two of them 0. */
static void test_old_faults(void)
{
	struct heard heard;
	struct rec_block head;
	size_t len, at, end, i;
	char *text = faults_as(out_rec_new, &len);

	for (at = sizeof(struct rec_start); at < len; at += sizeof(head) + head.len) {
		size_t cut = sizeof(struct vcm_fault) - REC_FAULT_LEN_1;

		memcpy(&head, text + at, sizeof(head));
		if (head.type != REC_FAULT)
			continue;
		text[at + sizeof(head) + offsetof(struct vcm_fault, source)] = 0;
		head.len = REC_FAULT_LEN_1;
		head.crc = crc32_of(text + at + sizeof(head), head.len);
		head.head_crc = crc32_of(&head, offsetof(struct rec_block, head_crc));
		memcpy(text + at, &head, sizeof(head));
		len -= cut;
		end = at + sizeof(head) + head.len;
		memmove(text + end, text + end + cut, len - end);
	}
	hear(&heard, text, len);
	CHECK_EQ(heard.nr, ARRAY_LEN(some_faults));
	for (i = 0; i < heard.nr; i++) {
		CHECK_EQ(heard.fault[i].iova, some_faults[i].iova);
		CHECK_EQ(heard.fault[i].access, some_faults[i].access);
		CHECK_EQ(heard.fault[i].source, VCM_FAULT_VTD);
		CHECK_EQ(heard.fault[i].domain, 0);
		CHECK(!heard.fault[i].name[0]);
	}
	CHECK_EQ(REC_FAULT_LEN_1, 32);
	free(text);
}

static const struct tap_test tests[] = {
	TAP_TEST(test_faults, "faults of every source come back from a recording and from NDJSON"),
	TAP_TEST(test_old_faults, "faults of recordings before sources had names are of VT-d"),
};

int main(void)
{
	return tap_main("fault records", tests, ARRAY_LEN(tests));
}
