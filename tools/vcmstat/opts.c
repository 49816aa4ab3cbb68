// SPDX-License-Identifier: GPL-2.0-only
/*
 * opts.c - see opts.h.  Long options as --name value or --name=value, short ones as -n value or
 * -nvalue, flags may share a dash, -- ends the options.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "opts.h"

#define OPTS_TASK	"options"	/* heading of rows that have none */
#define HELP_COLUMNS	79
#define HELP_INDENT	25
#define TASKS_MAX	8

struct parser {
	const struct opt *const *tables;
	int argc;
	char **argv;
	int at;
	struct error *err;
};

static const struct opt *find(const struct parser *p, const char *name, size_t len, char letter)
{
	const struct opt *const *table, *o;

	opts_each(table, o, p->tables) {
		if (letter && o->letter == letter)
			return o;
		if (!letter && o->name && strlen(o->name) == len && !strncmp(o->name, name, len))
			return o;
	}
	return NULL;
}

static const struct opt *find_positional(const struct parser *p, int nr)
{
	const struct opt *const *table, *o;

	opts_each(table, o, p->tables) {
		if (!o->name && !nr--)
			return o;
	}
	return NULL;
}

static int bad(const struct parser *p, const struct opt *o, const char *text, const char *want)
{
	return error_set(p->err, EXIT_USAGE, "%s%s: '%s' is not %s", o->name ? "--" : "",
			 o->name ? o->name : o->arg, text, want);
}

static int set_u64(const struct parser *p, const struct opt *o, const char *text)
{
	static const char units[] = "KMG";
	unsigned long long value;
	const char *unit;
	unsigned int shift = 0;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || text[0] == '-' || text[0] == '+' || text[0] == ' ')
		return bad(p, o, text, "a number");
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		shift = 10 * (unsigned int)(unit - units + 1);
		end++;
	}
	if (*end || value > UINT64_MAX >> shift)
		return bad(p, o, text, "a number");
	value <<= shift;
	if (value < o->min || (o->max && value > o->max))
		return bad(p, o, text, "in range");
	*(uint64_t *)o->value = value;
	return 0;
}

static int set_seconds(const struct parser *p, const struct opt *o, const char *text)
{
	double value;
	char *end;

	value = strtod(text, &end);
	if (end == text || *end || !isfinite(value) || value < 0.001 || value > 1e9)
		return bad(p, o, text, "a time in seconds");
	*(double *)o->value = value;
	return 0;
}

static int set_choice(const struct parser *p, const struct opt *o, const char *text)
{
	const char *at = o->choices;
	size_t len = strlen(text);

	while (len && (at = strstr(at, text))) {
		if ((at == o->choices || at[-1] == ' ') && (at[len] == ' ' || !at[len])) {
			*(const char **)o->value = text;
			return 0;
		}
		at += len;
	}
	return error_set(p->err, EXIT_USAGE, "%s%s: '%s' is not one of: %s", o->name ? "--" : "",
			 o->name ? o->name : o->arg, text, o->choices);
}

static int set(const struct parser *p, const struct opt *o, const char *text)
{
	switch (o->type) {
	case OPT_U64:
		return set_u64(p, o, text);
	case OPT_SECONDS:
		return set_seconds(p, o, text);
	case OPT_CHOICE:
		return set_choice(p, o, text);
	default:
		*(const char **)o->value = text;
		return 0;
	}
}

/* The value follows as @inline_text or as the next argument. */
static int set_with_value(struct parser *p, const struct opt *o, const char *inline_text)
{
	if (inline_text)
		return set(p, o, inline_text);
	if (++p->at >= p->argc)
		return error_set(p->err, EXIT_USAGE, "--%s needs a value", o->name);
	return set(p, o, p->argv[p->at]);
}

static int parse_long(struct parser *p, const char *text)
{
	const char *equals = strchr(text, '=');
	size_t len = equals ? (size_t)(equals - text) : strlen(text);
	const struct opt *o = find(p, text, len, 0);

	if (!o)
		return error_set(p->err, EXIT_USAGE, "no such option: --%.*s (see --help)",
				 (int)len, text);
	if (o->type != OPT_FLAG)
		return set_with_value(p, o, equals ? equals + 1 : NULL);
	if (equals)
		return error_set(p->err, EXIT_USAGE, "--%s takes no value", o->name);
	*(bool *)o->value = true;
	return 0;
}

static int parse_short(struct parser *p, const char *text)
{
	for (; *text; text++) {
		const struct opt *o = find(p, NULL, 0, *text);

		if (!o)
			return error_set(p->err, EXIT_USAGE, "no such option: -%c (see --help)",
					 *text);
		if (o->type != OPT_FLAG)
			return set_with_value(p, o, text[1] ? text + 1 : NULL);
		*(bool *)o->value = true;
	}
	return 0;
}

int opts_parse(const struct opt *const *tables, int argc, char **argv, bool stop,
	       struct error *err)
{
	struct parser p = { .tables = tables, .argc = argc, .argv = argv, .err = err };
	bool only_words = false;
	int words = 0, ret;

	for (; p.at < argc; p.at++) {
		const char *text = argv[p.at];
		const struct opt *o;

		if (!only_words && !strcmp(text, "--")) {
			only_words = true;
			continue;
		}
		if (!only_words && text[0] == '-' && text[1]) {
			ret = text[1] == '-' ? parse_long(&p, text + 2) : parse_short(&p, text + 1);
			if (ret)
				return -1;
			continue;
		}
		if (stop)
			return p.at;
		o = find_positional(&p, words++);
		if (!o)
			return error_set(err, EXIT_USAGE, "unexpected argument: '%s' (see --help)",
					 text);
		if (set(&p, o, text))
			return -1;
	}
	return p.at;
}

const char *opts_missing(const struct opt *const *tables)
{
	const struct opt *const *table, *o;

	opts_each(table, o, tables) {
		if (!o->name && o->required && !*(const char **)o->value)
			return o->arg;
	}
	return NULL;
}

void opts_args(char *buf, size_t len, const struct opt *const *tables)
{
	const struct opt *const *table, *o;
	size_t at = 0, open = 0;

	buf[0] = '\0';
	opts_each(table, o, tables) {
		if (o->name || at >= len)
			continue;
		at += (size_t)snprintf(buf + at, len - at, "%s%s%s", at ? " " : "",
				       o->required ? "" : "[", o->arg);
		open += !o->required;
	}
	while (open-- && at < len)
		at += (size_t)snprintf(buf + at, len - at, "]");
}

/* @text behind column @indent, broken between words. */
static void print_wrapped(FILE *out, const char *text, size_t indent)
{
	size_t col = indent, len;

	for (; *text; text += len + (text[len] == ' ')) {
		len = strcspn(text, " ");
		if (col > indent && col + 1 + len > HELP_COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			col = indent;
		}
		fprintf(out, "%s%.*s", col > indent ? " " : "", (int)len, text);
		col += len + (col > indent);
	}
	fputc('\n', out);
}

static void print_row(FILE *out, const struct opt *o)
{
	char left[64], letter[8] = "    ";
	int width;

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	if (!o->name)
		snprintf(left, sizeof(left), "%s", o->arg);
	else
		snprintf(left, sizeof(left), "%s--%s%s%s", letter, o->name,
			 o->arg ? " " : "", o->arg ? o->arg : "");
	width = fprintf(out, "  %-22s ", left);
	if (width > HELP_INDENT)
		fprintf(out, "\n%*s", HELP_INDENT, "");
	print_wrapped(out, o->help, HELP_INDENT);
}

static void print_task(FILE *out, const struct opt *const *tables, const char *task)
{
	const struct opt *const *table, *o;
	const char *mine = OPTS_TASK;

	fprintf(out, "\n%s:\n", task);
	opts_each(table, o, tables) {
		if (o == *table)
			mine = OPTS_TASK;
		if (o->task)
			mine = o->task;
		if (!strcmp(mine, task))
			print_row(out, o);
	}
}

void opts_help(FILE *out, const struct opt *const *tables)
{
	const char *tasks[TASKS_MAX], *mine = OPTS_TASK;
	const struct opt *const *table, *o;
	size_t nr = 0, i;

	opts_each(table, o, tables) {
		if (o == *table)
			mine = OPTS_TASK;
		if (o->task)
			mine = o->task;
		for (i = 0; i < nr && strcmp(tasks[i], mine); i++)
			;
		if (i == nr && nr < TASKS_MAX)
			tasks[nr++] = mine;
	}
	for (i = 0; i < nr; i++)
		print_task(out, tables, tasks[i]);
}
