// SPDX-License-Identifier: GPL-2.0-only
/* sim_test.c - the state of the simulated IOMMUs, from a recorded file. */
#include <stdlib.h>
#include <string.h>

#include "src_sim.h"
#include "tap.h"

static char *golden_read(const char *name)
{
	const char *dir = getenv("VCMSTAT_GOLDEN");
	char path[512];
	char *text;
	FILE *in;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", dir ? dir : "tests/golden", name);
	in = fopen(path, "re");
	CHECK(in);
	text = xcalloc(1, 65536);
	n = fread(text, 1, 65535, in);
	CHECK(n > 0);
	fclose(in);
	return text;
}

static char *shown(const struct sim *sim, unsigned int *lines)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	*lines = sim_text(out, sim);
	fclose(out);
	return text;
}

static void test_golden(void)
{
	char *want = golden_read("sim.txt"), *state = golden_read("sim.state"), *text;
	struct error err = { 0 };
	unsigned int lines, seen = 0;
	struct sim sim;

	CHECK_EQ(sim_parse(&sim, state, &err), 0);
	CHECK_EQ(sim.nr_mmus, 3);
	CHECK_EQ(sim.nr_devs, 4);
	text = shown(&sim, &lines);
	for (const char *at = text; *at; at++)
		seen += *at == '\n';
	CHECK_EQ(lines, seen);
	CHECK_STR(text, want);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		CHECK(strlen(line) <= 80);
	free(text);
	free(want);
	free(state);
	sim_free(&sim);
}

static int parse(const char *text, struct sim *sim, struct error *err)
{
	char *copy = strdup(text);
	int ret;

	*err = (struct error) { 0 };
	ret = sim_parse(sim, copy, err);
	free(copy);
	return ret;
}

static void test_refused(void)
{
	struct error err;
	struct sim sim;

	CHECK(parse("", &sim, &err));
	CHECK_EQ(err.code, EXIT_DAMAGED);
	CHECK(parse("# vcm_sim state v2\n", &sim, &err));
	CHECK_EQ(err.code, EXIT_VERSION);
	CHECK(parse("# vcm_sim state v1\nmmu a x86 1000 0\n", &sim, &err));
	CHECK_EQ(err.code, EXIT_DAMAGED);
	CHECK(parse("# vcm_sim state v1\ndev a b 0 1\n", &sim, &err));
	CHECK_EQ(err.code, EXIT_DAMAGED);
}

static void test_later(void)
{
	struct error err;
	struct sim sim;

	CHECK(!parse("# vcm_sim state v1\n# any\nplan b\n"
		     "mmu a x86 1000 0 fff 1 0 1 0 0 0 0 0 0 0 and more\n", &sim, &err));
	CHECK_EQ(sim.nr_mmus, 1);
	CHECK_EQ(sim.nr_devs, 0);
	sim_free(&sim);
}

static void test_none(void)
{
	struct error err = { 0 };
	unsigned int lines;
	struct sim sim;
	char *text;

	CHECK(!parse("# vcm_sim state v1\n", &sim, &err));
	text = shown(&sim, &lines);
	CHECK_EQ(lines, 0);
	CHECK_STR(text, "");
	free(text);
	CHECK(sim_read(&sim, "/nowhere/state", &err));
	CHECK_EQ(err.code, EXIT_FAILED);
}

static const struct tap_test tests[] = {
	TAP_TEST(test_golden, "the table of simulated IOMMUs is the golden one"),
	TAP_TEST(test_refused, "what is not their state is refused with the right code"),
	TAP_TEST(test_later, "lines and columns of a later version are skipped"),
	TAP_TEST(test_none, "without an instance nothing is shown"),
};

int main(void)
{
	return tap_main("sim", tests, ARRAY_LEN(tests));
}
