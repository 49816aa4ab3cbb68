// SPDX-License-Identifier: GPL-2.0-only
/* judge.c - see judge.h. */
#include <string.h>

#include "judge.h"
#include "tap.h"

struct judged judged;

void judge_begin(void)
{
	struct story *s = &judged.story;

	story_begin(s);
	judged.how = (struct diag){ .model = &s->model };
	judged.vcm = story_context(s);
	judged.dev = story_device(s, 7, CAMERA);
	judged.buffer = story_reserve(s, judged.vcm, 0x100000, 0x4000);
	story_bind(s, judged.vcm, judged.buffer, 0x4000, RW);
	judged.assoc = story_assoc(s, judged.vcm, judged.dev);
	story_activate(s, judged.assoc);
	story_wait(s, 50 * MS);
	story_actor(s, 812, "app");
}

void judge_at(const struct diag_fault *f)
{
	diag_run(&judged.how, f, &judged.res);
	CHECK(judged.res.nr > 0);
}

void judge(uint64_t iova, enum diag_access access)
{
	const struct diag_fault f = story_fault(&judged.story, CAMERA, iova, access);

	judge_at(&f);
}

const struct diag_verdict *judge_best(void)
{
	return &judged.res.verdict[0];
}

void judge_expect(const char *rule, enum diag_confidence confidence)
{
	const struct diag_verdict *v = judge_best();

	if (strcmp(v->rule->id, rule) || v->confidence != confidence)
		tap_note("%s %s: %s", diag_confidence_text(v->confidence), v->rule->id, v->text);
	CHECK_STR(v->rule->id, rule);
	CHECK_STR(diag_confidence_text(v->confidence), diag_confidence_text(confidence));
	CHECK(v->next[0]);
}

void judge_culprit(uint32_t pid, const char *comm)
{
	const struct diag_verdict *v = judge_best();

	CHECK_EQ(v->pid, pid);
	CHECK_STR(v->comm, comm);
	CHECK(v->nr_evidence && v->evidence[0].is_event);
	CHECK_EQ(v->evidence[0].pid, pid);
}
