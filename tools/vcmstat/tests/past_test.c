// SPDX-License-Identifier: GPL-2.0-only
/*
 * past_test.c - who made an event: told once, with the names in its stack, and read back.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "play.h"
#include "rec_format.h"
#include "source.h"
#include "tap.h"

static const struct header header = { "1", "test", "fake", "none", 5, 6 };

#define UNBIND	0xffffffffc0400080
#define IOCTL	0xffffffff81000200
#define BPF	0xffffffffb0000100
#define NOBODY	0xfffffffff0000000

static const struct past known = {
	.ts_ns = 77, .pid = 812, .tid = 813, .comm = "sixteen letters.", .nr = 4,
	.frames = { BPF + 4, UNBIND + 0x10, IOCTL + 1, NOBODY },
};

static void name_all(struct ksyms *k)
{
	*k = (struct ksyms){ 0 };
	ksyms_add(k, UNBIND, "vcm_unbind [vcm]");
	ksyms_add(k, IOCTL, "do_ioctl");
	ksyms_add(k, BPF, "bpf_prog_0123_vcm_on_unbind [bpf]");
	ksyms_add(k, IOCTL, "another name of the same");
}

/* Knows the past of events with an odd number. */
static int odd_past(struct source *src, uint32_t stream, uint64_t seq, struct past *out)
{
	(void)src;
	CHECK_EQ(stream, 3);
	if (seq % 2 == 0)
		return -1;
	*out = known;
	return 0;
}

static struct vcm_event event_of(unsigned int type, uint64_t seq)
{
	return (struct vcm_event){ .type = (__u16)type, .stream = 3, .seq = seq };
}

/* What a sink heard, as text. */
static char heard[1024];

static void hear_past(struct sink *s, uint32_t stream, uint64_t seq, const struct past *past)
{
	(void)s;
	sprintf(heard + strlen(heard), "past %u:%llu of %u; ", stream, (unsigned long long)seq,
		past->pid);
}

static void hear_symbol(struct sink *s, const struct ksym *sym)
{
	(void)s;
	sprintf(heard + strlen(heard), "%s; ", sym->name);
}

static void test_teller(void)
{
	static const struct sink_ops sink_ops = { .past = hear_past, .symbol = hear_symbol };
	static const struct source_ops source_ops = { .past = odd_past };
	struct source src = { .ops = &source_ops };
	struct sink sink = { .ops = &sink_ops };
	struct vcm_event ev[] = {
		event_of(VCM_EVENT_unbind, 1), event_of(VCM_EVENT_unmap, 2),
		event_of(VCM_EVENT_reserve, 3), event_of(VCM_EVENT_unreserve, 5),
	};
	struct past_teller *t;
	struct ksyms k;
	size_t i;

	name_all(&k);
	t = past_teller_new(&src, &sink, &k);
	heard[0] = '\0';
	for (i = 0; i < ARRAY_LEN(ev); i++)
		past_tell(t, &ev[i]);
	CHECK_STR(heard, "bpf_prog_0123_vcm_on_unbind [bpf]; vcm_unbind [vcm]; do_ioctl; "
		  "past 3:1 of 812; past 3:5 of 812; ");
	CHECK_EQ(past_missing(t), 1);
	CHECK_EQ(past_first_frame(&known, &k), 1);
	past_teller_free(t);
	ksyms_fini(&k);
	CHECK_EQ(past_first_frame(&known, &k), 0);
}

static void tell_all(struct sink *s)
{
	const struct totals t = { 0 };
	struct model m;
	struct ksyms k;
	size_t i;

	name_all(&k);
	model_init(&m);
	s->ops->header(s, &header);
	s->ops->state(s, &m, false);
	for (i = 0; i < k.nr; i++)
		sink_symbol(s, &k.sym[i]);
	sink_past(s, 3, 9, &known);
	s->ops->end(s, &t, "test");
	s->ops->close(s);
	model_fini(&m);
	ksyms_fini(&k);
}

/* A file of @len bytes at @text, played to @s. */
static int play_text(struct play *p, const char *text, size_t len, struct sink *s,
		     struct error *err)
{
	char path[] = "/tmp/vcmstat-test.XXXXXX";
	int fd = mkstemp(path), ret;
	struct rec *r;

	CHECK_EQ(write(fd, text, len), len);
	close(fd);
	memset(err, 0, sizeof(*err));
	r = rec_open(path, err);
	unlink(path);
	CHECK(r != NULL);
	play_init(p, s);
	ret = play_all(p, r, err);
	rec_close(r);
	return ret;
}

static void test_recording(void)
{
	char *text = NULL, *again = NULL, frame[96];
	size_t len, again_len;
	FILE *out = open_memstream(&text, &len);
	struct error err;
	struct past past;
	struct sink *s;
	struct play p;

	tell_all(out_rec_new(out));
	fclose(out);
	out = open_memstream(&again, &again_len);
	s = out_rec_new(out);
	CHECK_EQ(play_text(&p, text, len, s, &err), 0);
	s->ops->close(s);
	fclose(out);
	CHECK_EQ(again_len, len);
	CHECK(!memcmp(text, again, len));
	CHECK_EQ(play_past(&p, 3, 9, &past), 0);
	CHECK(!memcmp(&past, &known, sizeof(past)));
	CHECK_EQ(play_past(&p, 3, 8, &past), -1);
	CHECK_EQ(play_past(&p, 9, 3, &past), -1);
	CHECK_STR(past_stack(&past, &p.symbols, frame, 28), "vcm_unbind+0x10 [vcm];do_io");
	CHECK_STR(ksyms_text(&p.symbols, past.frames[1], frame, sizeof(frame)),
		  "vcm_unbind+0x10 [vcm]");
	play_fini(&p);
	free(text);
	free(again);
}

/* Whoever made the file: no number in it is believed. */
static void test_too_many_frames(void)
{
	struct sink *none = out_none_new(), *s;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct past past = known;
	struct error err;
	struct play p;

	s = out_rec_new(out);
	s->ops->header(s, &header);
	past.nr = VCM_PAST_FRAMES + 1;
	sink_past(s, 3, 9, &past);
	s->ops->close(s);
	fclose(out);
	CHECK_EQ(play_text(&p, text, len, none, &err), -1);
	CHECK_EQ(err.code, EXIT_DAMAGED);
	CHECK(strstr(err.text, "too many frames"));
	play_fini(&p);
	none->ops->close(none);
	free(text);
}

static const struct tap_test tests[] = {
	TAP_TEST(test_teller, "who made an event is told behind it, each name once"),
	TAP_TEST(test_recording, "a recording with stacks is read back, and written as it was"),
	TAP_TEST(test_too_many_frames, "a stack longer than there can be is damage"),
};

int main(void)
{
	return tap_main("past", tests, ARRAY_LEN(tests));
}
