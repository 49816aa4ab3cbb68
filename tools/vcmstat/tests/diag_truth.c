// SPDX-License-Identifier: GPL-2.0-only
/*
 * diag_truth.c - diag_truth VCMSIM VCMSTAT [SEED [FAULTS]]: are the verdicts right?
 *
 * Brings about faults whose causes are known, see truth.h, lets vcmstat judge them, and prints who
 * was right as a table, in Markdown.  Fails when fewer than 98 of 100 first verdicts are right, or
 * one that says it is certain is wrong.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jsonin.h"
#include "tap.h"
#include "truth.h"

#define FAULTS		500
#define RIGHT_PERCENT	98
#define RULES		32
#define PAIR_NS		5000000u	/* as vcmstat has it */

/* What came of the faults of one kind. */
struct score {
	unsigned int faults;
	unsigned int right;
	unsigned int right_certain;
	unsigned int right_likely;
	unsigned int wrong_certain;
	unsigned int not_told;
	unsigned int culprits;		/* known to the story */
	unsigned int culprits_right;
	const char *taken_for[RULES];	/* when wrong */
	unsigned int taken[RULES];
};

static struct score scores[32], sum;
static char dir[] = "/tmp/diag_truth.XXXXXX";

static FILE *open_in_dir(const char *name, const char *mode, char *path, size_t len)
{
	FILE *f;

	snprintf(path, len, "%s/%s", dir, name);
	f = fopen(path, mode);
	CHECK(f != NULL);
	return f;
}

static struct score *score_of(const char *kind)
{
	unsigned int i;

	for (i = 0; i < truth_nr_kinds; i++) {
		if (!strcmp(truth_kind(i), kind))
			return &scores[i];
	}
	abort();
}

static void take_for(struct score *s, const char *rule)
{
	unsigned int i;

	for (i = 0; i < RULES && s->taken_for[i] && strcmp(s->taken_for[i], rule); i++)
		;
	CHECK(i < RULES);
	if (!s->taken_for[i])
		s->taken_for[i] = strdup(rule);
	s->taken[i]++;
}

static void complain(const struct truth_case *c, const struct jsonin *j)
{
	if (getenv("VERBOSE"))
		tap_note("%s (d%u, %" PRIx64 ", at %.6f, by %s, culprit %u): %s %s: %s", c->kind,
			 c->device, c->iova, (double)c->ts_ns / 1e9,
			 c->source ? c->source : "event", c->pid, jsonin_text(j, "confidence"),
			 jsonin_text(j, "rule"), jsonin_text(j, "text"));
}

static void count(struct score *s, const struct truth_case *c, const struct jsonin *j)
{
	const char *rule = jsonin_text(j, "rule"), *confidence = jsonin_text(j, "confidence");
	bool right = !strcmp(rule, c->rule), certain = !strcmp(confidence, "certain");
	uint64_t pid = 0;

	jsonin_u64(j, "pid", UINT32_MAX, &pid);
	s->right += right;
	s->right_certain += right && certain;
	s->right_likely += right && !strcmp(confidence, "likely");
	s->wrong_certain += !right && certain;
	if (c->pid && right) {
		s->culprits++;
		s->culprits_right += pid == c->pid;
	}
	if (!right)
		take_for(s, rule);
	if (!right || (c->pid && pid != c->pid))
		complain(c, j);
}

static struct truth_case *case_at(struct truth *t, uint64_t ts_ns)
{
	unsigned int i;

	for (i = 0; i < t->nr_case; i++) {
		if (t->cases[i].ts_ns == ts_ns && !t->cases[i].judged)
			return &t->cases[i];
	}
	return NULL;
}

/* The first verdict on each fault. */
static void take_verdict(struct truth *t, const struct jsonin *j)
{
	struct truth_case *c;
	uint64_t rank = 0, ts_ns = 0;

	if (strcmp(jsonin_text(j, "type"), "verdict") ||
	    !jsonin_u64(j, "rank", UINT64_MAX, &rank) || rank != 1)
		return;
	CHECK(jsonin_u64(j, "ts_ns", UINT64_MAX, &ts_ns));
	c = case_at(t, ts_ns);
	CHECK(c != NULL);
	count(score_of(c->kind), c, j);
	count(&sum, c, j);
	c->judged = true;
}

/* An event and a record of one device and page at about one time are taken for one fault. */
static bool is_one_fault(const struct truth_case *a, const struct truth_case *b)
{
	uint64_t apart = a->ts_ns > b->ts_ns ? a->ts_ns - b->ts_ns : b->ts_ns - a->ts_ns;

	return a->device == b->device && a->iova / TRUTH_PAGE == b->iova / TRUTH_PAGE &&
	       !a->source != !b->source && apart <= PAIR_NS;
}

static bool is_told(const struct truth *t, const struct truth_case *c)
{
	unsigned int i;

	for (i = 0; i < t->nr_case && !c->judged; i++) {
		if (t->cases[i].judged && is_one_fault(&t->cases[i], c))
			return true;
	}
	return c->judged;
}

static void judge(struct truth *t, const char *vcmstat, const char *path)
{
	char command[1024], *line = NULL;
	struct jsonin j = { 0 };
	size_t room = 0;
	unsigned int i;
	FILE *in;

	snprintf(command, sizeof(command), "'%s' fault --all --json --mask %d '%s'", vcmstat,
		 TRUTH_MASK_BITS, path);
	in = popen(command, "re");
	CHECK(in != NULL);
	while (getline(&line, &room, in) > 0) {
		CHECK(jsonin_parse(&j, line, strcspn(line, "\n")));
		take_verdict(t, &j);
	}
	free(line);
	CHECK_EQ(WEXITSTATUS(pclose(in)), 4);
	for (i = 0; i < t->nr_case; i++) {
		struct score *s = score_of(t->cases[i].kind);

		s->faults++;
		sum.faults++;
		s->not_told += !is_told(t, &t->cases[i]);
		sum.not_told += !is_told(t, &t->cases[i]);
	}
}

static void run(const char *vcmsim, const char *vcmstat, uint64_t seed, unsigned int faults)
{
	static struct truth t;
	char scenario[64], events[64];
	FILE *text = open_in_dir("scenario", "w", scenario, sizeof(scenario)), *out;

	truth_begin(&t, seed, text);
	while (t.nr_case < faults)
		truth_story(&t);
	truth_turn(&t, 100 * MS);
	CHECK(fclose(text) == 0);
	out = open_in_dir("events", "w", events, sizeof(events));
	CHECK_EQ(truth_play(&t, vcmsim, scenario, out), 0);
	CHECK(fclose(out) == 0);
	judge(&t, vcmstat, events);
}

static void print_score(const char *name, const struct score *s)
{
	unsigned int i;

	printf("| %s | %u | %u | %u | %u | %u/%u |", name, s->faults, s->right, s->right_certain,
	       s->right_likely, s->culprits_right, s->culprits);
	for (i = 0; i < RULES && s->taken_for[i]; i++)
		printf("%s %s %u", i ? "," : "", s->taken_for[i], s->taken[i]);
	printf("%s|\n", i ? " " : " ");
}

static void print_table(uint64_t seed)
{
	unsigned int i;

	printf("| Cause | Faults | Right | certain | likely | Culprit | Taken for |\n"
	       "|---|---|---|---|---|---|---|\n");
	for (i = 0; i < truth_nr_kinds; i++) {
		if (scores[i].faults)
			print_score(truth_kind(i), &scores[i]);
	}
	print_score("all", &sum);
	printf("\nSeed %" PRIu64 ": %u faults, %u right, %u wrong and certain, %u not told.\n",
	       seed, sum.faults, sum.right, sum.wrong_certain, sum.not_told);
}

static const char *vcmsim, *vcmstat;
static uint64_t seed;
static unsigned int faults = FAULTS;

static void test_truth(void)
{
	unsigned int done = 0, some, nr;

	for (nr = 0; done < faults; nr++, done += some) {
		some = faults - done < TRUTH_CASES / 2 ? faults - done : TRUTH_CASES / 2;
		run(vcmsim, vcmstat, seed * 1000 + nr, some);
	}
	print_table(seed);
	CHECK_EQ(sum.faults, faults);
	CHECK_EQ(sum.not_told, 0);
	CHECK_EQ(sum.wrong_certain, 0);
	CHECK(sum.right * 100 >= sum.faults * RIGHT_PERCENT);
	CHECK_EQ(sum.culprits_right, sum.culprits);
}

int main(int argc, char **argv)
{
	static const struct tap_test tests[] = {
		TAP_TEST(test_truth, "of faults with a known cause 98% are explained, none wrongly "
			 "for certain"),
	};
	char command[64];
	int ret;

	if (argc < 3) {
		fprintf(stderr, "usage: diag_truth VCMSIM VCMSTAT [SEED [FAULTS]]\n");
		return 2;
	}
	vcmsim = argv[1];
	vcmstat = argv[2];
	seed = argc > 3 ? strtoull(argv[3], NULL, 0) : tap_seed() % 1000000;
	if (argc > 4)
		faults = (unsigned int)strtoul(argv[4], NULL, 0);
	tap_note("seed %" PRIu64, seed);
	if (!mkdtemp(dir))
		return 2;
	ret = tap_main("truth", tests, 1);
	snprintf(command, sizeof(command), getenv("KEEP") ? "echo '# %s'" : "rm -rf '%s'", dir);
	return system(command) ? 2 : ret;
}
