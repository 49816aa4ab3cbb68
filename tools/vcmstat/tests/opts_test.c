// SPDX-License-Identifier: GPL-2.0-only
/* opts_test.c - options are read as the help says, and bad ones are named. */
#include <stdlib.h>
#include <string.h>

#include "opts.h"
#include "tap.h"

static struct {
	bool flag;
	bool other;
	uint64_t number;
	double seconds;
	const char *text;
	const char *choice;
	double interval;
	uint64_t count;
} env;

static const struct opt table[] = {
	{ OPT_FLAG, "flag", 'f', NULL, &env.flag, "a flag" },
	{ OPT_FLAG, "other", 'o', NULL, &env.other, "another" },
	{ OPT_U64, "number", 'n', "N", &env.number, "a number", .min = 1, .max = 1u << 30,
	  .task = "values" },
	{ OPT_SECONDS, "for", 0, "SECONDS", &env.seconds, "a time" },
	{ OPT_TEXT, "text", 't', "TEXT", &env.text,
	  "a text with a help that is longer than what fits" },
	{ OPT_CHOICE, "choice", 0, "WORD", &env.choice, "a word", .choices = "red green blue" },
	{ OPT_SECONDS, NULL, 0, "interval", &env.interval, "first word" },
	{ OPT_U64, NULL, 0, "count", &env.count, "second word", .min = 1 },
	{ OPT_END },
};

static struct error err;

/* @line is split at spaces. */
static int parse(const char *line, bool stop)
{
	static const struct opt *const tables[] = { table, NULL };
	static char copy[256];
	char *argv[16];
	int argc = 0;
	char *word;

	memset(&env, 0, sizeof(env));
	memset(&err, 0, sizeof(err));
	snprintf(copy, sizeof(copy), "%s", line);
	for (word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	return opts_parse(tables, argc, argv, stop, &err);
}

static void test_forms(void)
{
	CHECK_EQ(parse("--flag --number 5 --text=a=b -o", false), 5);
	CHECK(env.flag && env.other);
	CHECK_EQ(env.number, 5);
	CHECK_STR(env.text, "a=b");
	CHECK_EQ(parse("-fon7 -t x", false), 3);
	CHECK(env.flag && env.other);
	CHECK_EQ(env.number, 7);
	CHECK_STR(env.text, "x");
	CHECK_EQ(parse("--choice green", false), 2);
	CHECK_STR(env.choice, "green");
}

static void test_words(void)
{
	CHECK_EQ(parse("0.5 3 --flag", false), 3);
	CHECK(env.interval > 0.49 && env.interval < 0.51);
	CHECK_EQ(env.count, 3);
	CHECK_EQ(parse("--flag events --number 3", true), 1);
	CHECK_EQ(env.number, 0);
	CHECK_EQ(parse("-- 2", false), 2);
	CHECK(env.interval > 1.9);
}

static void test_numbers(void)
{
	CHECK_EQ(parse("-n 0x10", false), 2);
	CHECK_EQ(env.number, 16);
	CHECK_EQ(parse("-n 4K", false), 2);
	CHECK_EQ(env.number, 4096);
	CHECK_EQ(parse("-n 1G", false), 2);
	CHECK_EQ(env.number, 1u << 30);
}

static void test_bad(void)
{
	static const char *const lines[] = {
		"--nothing", "-x", "--flag=1", "--number", "-n", "-n 0", "-n 2G", "-n -1", "-n +1",
		"-n 1x", "-n", "--number=", "-n 99999999999999999999", "-n 18446744073709551615G",
		"--for 0", "--for -1", "--for nan", "--for inf", "--for 1s", "--for=",
		"--choice re", "--choice=", "--choice redgreen", "1 2 3", "x", "1 0",
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(lines); i++) {
		if (parse(lines[i], false) != -1)
			tap_note("accepted: %s", lines[i]);
		CHECK_EQ(err.code, EXIT_USAGE);
		CHECK(err.text[0] && !strchr(err.text, '\n'));
	}
}

static void test_args(void)
{
	static const struct opt rows[] = {
		{ OPT_FILE, NULL, 0, "FILE", &env.text, "must be there", .required = true },
		{ OPT_FLAG, "flag", 0, NULL, &env.flag, "not positional" },
		{ OPT_U64, NULL, 0, "count", &env.count, "may be there" },
		{ OPT_END },
	};
	static const struct opt *const tables[] = { rows, NULL };
	char args[32];

	opts_args(args, sizeof(args), tables);
	CHECK_STR(args, "FILE [count]");
	env.text = NULL;
	CHECK_STR(opts_missing(tables), "FILE");
	env.text = "x";
	CHECK(!opts_missing(tables));
}

static void test_help(void)
{
	static const struct opt *const tables[] = { table, NULL };
	char *text = NULL, *line, *end, head[12];
	size_t len, i;
	FILE *out = open_memstream(&text, &len);

	opts_help(out, tables);
	fclose(out);
	for (i = 0; table[i].type != OPT_END; i++) {
		snprintf(head, sizeof(head), " %s", table[i].help);
		CHECK(strstr(text, head));
	}
	CHECK(strstr(text, "-n, --number N"));
	CHECK(strstr(text, "\noptions:\n  -f, --flag"));
	CHECK(strstr(text, "\nvalues:\n  -n, --number N"));
	for (line = text; (end = strchr(line, '\n')); line = end + 1)
		CHECK(end - line < 80);
	free(text);
}

static const struct tap_test tests[] = {
	TAP_TEST(test_forms, "long, short, joined and separate forms are read"),
	TAP_TEST(test_words, "words are taken in order, -- ends the options"),
	TAP_TEST(test_numbers, "numbers may be hex and have a unit"),
	TAP_TEST(test_bad, "bad options and values are usage errors of one line"),
	TAP_TEST(test_args, "the usage names the arguments, and a required one must be there"),
	TAP_TEST(test_help, "the help has every option of the table, by task, below 80 columns"),
};

int main(void)
{
	return tap_main("opts", tests, ARRAY_LEN(tests));
}
