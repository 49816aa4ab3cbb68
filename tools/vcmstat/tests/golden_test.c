// SPDX-License-Identifier: GPL-2.0-only
/*
 * golden_test.c - texts that people and scripts read stay as they are.
 *
 * VCMSTAT_GOLDEN is the folder of the expected texts; with VCMSTAT_GOLDEN_WRITE set they are
 * written instead of compared, and git shows what changed.
 */
#include <stdlib.h>
#include <string.h>

#include "gen.h"
#include "golden.h"
#include "json.h"
#include "sink.h"
#include "tap.h"
#include "top.h"

static void test_list(void)
{
	struct model m;
	FILE *out = golden_begin();

	golden_scene(&m);
	out_list(out, &m);
	fclose(out);
	model_fini(&m);
	golden_compare("list.txt");
	CHECK(golden_widest() < 80);
}

static void test_refs(void)
{
	struct model m;
	FILE *out = golden_begin();
	size_t all;

	golden_scene(&m);
	out_refs(out, &m, 0);
	fclose(out);
	golden_compare("refs.txt");
	CHECK(golden_widest() < 80);
	all = strlen(golden_text());
	out = golden_begin();
	out_refs(out, &m, 2);
	fclose(out);
	CHECK(strlen(golden_text()) < all);
	CHECK(!strstr(golden_text(), "reservation       1 "));
	CHECK(strstr(golden_text(), "phys              - "));
	model_fini(&m);
}

static void test_refs_json(void)
{
	struct model m;
	struct json j;
	FILE *out = golden_begin();

	golden_scene(&m);
	json_init(&j, out);
	out_refs_json(&j, &m, 0);
	json_fini(&j);
	fclose(out);
	model_fini(&m);
	golden_compare("refs.ndjson");
}

/* Names that a process chose for itself, as long as they can be, many of them. */
static void test_hostile_names(void)
{
	struct vcm_snap_context c = { .vcm = 1, .refs = 4294967295u, .driver = 77 };
	struct vcm_snap_phys p = { .phys = 1, .refs = 4294967295u, .cache = 9, .source = 99 };
	struct vcm_snap_hold hold = { .id = 1, .kind = VCM_KIND_CONTEXT, .vcm = 1,
				      .count = 1000000000 };
	struct vcm_snap_holder h = { .name = "\033[2J\n\xc2\x9b" };
	struct model m;
	FILE *out = golden_begin();
	const char *at;

	model_init(&m);
	memset(h.name + 7, 'w', sizeof(h.name) - 8);
	CHECK(!model_add_record(&m, VCM_SNAP_CONTEXT, &c));
	CHECK(!model_add_record(&m, VCM_SNAP_PHYS, &p));
	for (h.holder = 1; h.holder <= 3; h.holder++) {
		CHECK(!model_add_record(&m, VCM_SNAP_HOLDER, &h));
		hold.holder = h.holder;
		hold.kind = VCM_KIND_CONTEXT;
		hold.vcm = 1;
		CHECK(!model_add_record(&m, VCM_SNAP_HOLD, &hold));
		hold.kind = VCM_KIND_PHYS;
		hold.vcm = 0;
		CHECK(!model_add_record(&m, VCM_SNAP_HOLD, &hold));
	}
	out_list(out, &m);
	out_refs(out, &m, 0);
	fclose(out);
	for (at = golden_text(); *at; at++)
		CHECK(*at == '\n' || (*at >= ' ' && *at <= '~'));
	CHECK(strstr(golden_text(), "3 more\n"));
	CHECK(strstr(golden_text(), "4 holders\n"));
	CHECK(golden_widest() < 100);
	model_fini(&m);
}

static void test_debugfs(void)
{
	struct model m;
	FILE *out = golden_begin();

	golden_scene(&m);
	out_debugfs(out, &m, NULL);
	fclose(out);
	golden_compare("debugfs.txt");
	out = golden_begin();
	CHECK_EQ(out_debugfs(out, &m, "2/map"), 0);
	CHECK_EQ(out_debugfs(out, &m, "reference_counts"), 0);
	CHECK_EQ(out_debugfs(out, &m, "4/map"), -1);
	CHECK_EQ(out_debugfs(out, &m, "2/mapx"), -1);
	CHECK_EQ(out_debugfs(out, &m, "nothing"), -1);
	fclose(out);
	model_fini(&m);
}

static void to_sink(void *arg, const struct vcm_event *ev)
{
	struct sink *s = arg;

	s->ops->event(s, ev);
}

static const struct vcm_fault fault = { .ts_ns = 7000123000, .iova = 0x601000, .device = 0x28,
					.reason = 5, .access = VCM_FAULT_WRITE };

static const struct past past = {
	.ts_ns = 52000, .pid = 40, .tid = 41, .comm = "gen", .nr = 3,
	.frames = { 0xffffffffb0000104, 0xffffffffc0400010, 0x1234 },
};

/* Everything a sink can be told, once. */
static void tell_all(struct sink *s)
{
	static const struct header h = { "1.2.3", "6.12.0-test", "tp_btf", "vtd" };
	static const struct model_gap gap = { 3, 5, 8 };
	const struct totals t = { .events = 9, .faults = 1, .gaps = 3, .dropped = 2, .resyncs = 1,
				  .fault_overflow = 4 };
	struct model m;
	struct gen g;

	s->ops->header(s, &h);
	model_init(&m);
	model_add_record(&m, VCM_SNAP_STREAM, &(struct vcm_snap_stream){ 0 });
	s->ops->state(s, &m, false);
	model_fini(&m);
	gen_init(&g, 1);
	g.emit = to_sink;
	g.arg = s;
	gen_scene_into(&g);
	s->ops->name(s, VCM_SNAP_HOLDER, &(struct vcm_snap_holder){ 3, 0, "app/43" });
	s->ops->name(s, VCM_SNAP_DEVICE, &(struct vcm_snap_device){ 4, 0, "0000:00:08.0", "" });
	sink_symbol(s, &(struct ksym){ 0xffffffffb0000100, "bpf_prog_01_vcm_on_unbind [bpf]" });
	sink_symbol(s, &(struct ksym){ 0xffffffffc0400000, "vcm_unbind [vcm]" });
	sink_past(s, 1, 10, &past);
	s->ops->fault(s, &fault);
	s->ops->gap(s, &gap);
	s->ops->dropped(s, 2);
	golden_scene(&m);
	s->ops->state(s, &m, true);
	s->ops->tick(s, 8000000000, &t);
	s->ops->end(s, &t, "SIGINT");
	s->ops->close(s);
	model_fini(&m);
}

static void test_events(void)
{
	FILE *out = golden_begin();

	tell_all(out_text_new(out));
	fclose(out);
	golden_compare("events.txt");
	CHECK(golden_widest() < 80);
	out = golden_begin();
	tell_all(out_wide_new(out));
	fclose(out);
	golden_compare("wide.txt");
}

static void test_json(void)
{
	FILE *out = golden_begin();

	tell_all(out_json_new(out));
	fclose(out);
	golden_compare("events.ndjson");
}

static void with_top(struct top *top, struct model *m, struct totals *t)
{
	static const struct header h = { "1.2.3", "6.12.0-test", "tp_btf", "vtd" };
	struct gen g;

	top_init(top, 1000000000);
	top->sink.ops->header(&top->sink, &h);
	gen_init(&g, 1);
	g.emit = to_sink;
	g.arg = &top->sink;
	gen_scene_into(&g);
	top->sink.ops->fault(&top->sink, &fault);
	top_mark(top, 3000000000);
	golden_scene(m);
	*t = (struct totals){ .events = g.emitted, .faults = 1, .gaps = 2 };
}

static void test_top(void)
{
	struct totals t;
	struct model m;
	struct top top;
	FILE *out = golden_begin();

	with_top(&top, &m, &t);
	top_text(out, &top, &m, &t);
	fclose(out);
	golden_compare("top.txt");
	CHECK(golden_widest() < 80);
	model_fini(&m);
	top_fini(&top);
}

static const struct tap_test tests[] = {
	TAP_TEST(test_list, "list is as expected and narrower than 80 columns"),
	TAP_TEST(test_refs, "refs is as expected and narrower than 80 columns"),
	TAP_TEST(test_refs_json, "refs as NDJSON is as expected"),
	TAP_TEST(test_hostile_names, "names of others neither reach the terminal raw nor widen it"),
	TAP_TEST(test_debugfs, "the debugfs format is as expected"),
	TAP_TEST(test_events, "events as text are as expected, below 80 columns unless wide"),
	TAP_TEST(test_json, "events as NDJSON are as expected"),
	TAP_TEST(test_top, "a report of top is as expected and narrower than 80 columns"),
};

int main(void)
{
	int ret = tap_main("golden", tests, ARRAY_LEN(tests));

	golden_end();
	return ret;
}
