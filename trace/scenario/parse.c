// SPDX-License-Identifier: GPL-2.0-only
/*
 * parse.c - one line of a scenario to a struct scn_cmd, and the check of a whole text.
 *
 * Words are separated by blanks; '#' begins a comment.  Letters of an argument in struct
 * scn_verb: n a new name; c r m a d h the name of a context, reservation, memory, association,
 * device or holder; o of something with references; S A W U as in names.c.
 *
 * Any text is safe to parse: lines and words have a limit, and numbers are checked.
 */
#include "scenario.h"

/**
 * struct scn_words - a line that is taken apart
 * @at:    what is left
 * @end:   its end
 * @word:  the word at hand
 * @error: where complaints go
 */
struct scn_words {
	const char *at;
	const char *end;
	char word[SCN_NAME * 2];
	struct scn_error *error;
};

static int scn_wrong(const struct scn_words *words, const char *what, const char *near)
{
	words->error->what = what;
	strscpy(words->error->near, near, sizeof(words->error->near));
	return -1;
}

static bool scn_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Take the next word.  Return: 1, 0 at the end of the line, -1 for a word that is too long. */
static int scn_next(struct scn_words *words)
{
	size_t len = 0;

	while (words->at < words->end && scn_is_blank(*words->at))
		words->at++;
	if (words->at == words->end || *words->at == '#')
		return 0;
	while (words->at < words->end && !scn_is_blank(*words->at) && *words->at != '#') {
		if (len == sizeof(words->word) - 1)
			return scn_wrong(words, "a word that is too long", "");
		words->word[len++] = *words->at++;
	}
	words->word[len] = '\0';
	return 1;
}

static int scn_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

static int scn_suffix(const char **at)
{
	static const char letters[] = "KMGT";

	for (u32 i = 0; letters[i]; i++)
		if (**at == letters[i]) {
			(*at)++;
			return 10 * (i + 1);
		}
	return 0;
}

/* The number at *@at, which is moved behind it.  Return: 0 or -1. */
static int scn_number(const char **at, u64 *num)
{
	const char *digit = *at;
	u64 base = 10;
	int shift;

	if (digit[0] == '0' && digit[1] == 'x') {
		base = 16;
		digit += 2;
	}
	*num = 0;
	if (scn_digit(*digit) >= (int)base)
		return -1;
	for (; scn_digit(*digit) < (int)base; digit++) {
		if (*num > (~(u64)0 - scn_digit(*digit)) / base)
			return -1;
		*num = *num * base + scn_digit(*digit);
	}
	shift = scn_suffix(&digit);
	if (*num << shift >> shift != *num)
		return -1;
	*num <<= shift;
	*at = digit;
	return 0;
}

static bool scn_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool scn_is_name_char(char c)
{
	return scn_is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
}

/* A name at *@at, which is moved behind it.  Return: 0 or -1. */
static int scn_name(const char **at, char *name)
{
	const char *from = *at;
	size_t len = 0;

	if (!scn_is_letter(*from))
		return -1;
	while (scn_is_name_char(from[len]))
		len++;
	if (len >= SCN_NAME)
		return -1;
	memcpy(name, from, len);
	name[len] = '\0';
	*at = from + len;
	return 0;
}

/* NUMBER, NAME or NAME+NUMBER. */
static int scn_parse_address(const char *at, struct scn_arg *arg)
{
	if (!scn_name(&at, arg->name)) {
		if (!*at)
			return 0;
		if (*at++ != '+')
			return -1;
	}
	return scn_number(&at, &arg->num) || *at ? -1 : 0;
}

static int scn_parse_range(const char *at, struct scn_arg *arg)
{
	if (scn_number(&at, &arg->num) || *at++ != '.' || *at++ != '.' ||
	    scn_number(&at, &arg->last))
		return -1;
	return *at || arg->last < arg->num ? -1 : 0;
}

/* SIZE[,SIZE]...: a bit for each order of pages. */
static int scn_parse_chunks(const char *at, struct scn_arg *arg)
{
	u64 size;

	for (;;) {
		if (scn_number(&at, &size) || size < VCM_PAGE_SIZE || (size & (size - 1)) ||
		    size >> VCM_PAGE_SHIFT > (u64)1 << VCM_MAX_ORDER)
			return -1;
		arg->num |= (u64)1 << (fls64(size >> VCM_PAGE_SHIFT) - 1);
		if (!*at)
			return 0;
		if (*at++ != ',')
			return -1;
	}
}

static int scn_parse_plain(const char *at, struct scn_arg *arg)
{
	return scn_number(&at, &arg->num) || *at ? -1 : 0;
}

static int scn_parse_choice(char type, const char *word, struct scn_arg *arg)
{
	int value = scn_choice(type, word);

	if (value < 0)
		return -1;
	arg->num = value;
	return 0;
}

static int scn_parse_value(char type, const char *word, struct scn_arg *arg)
{
	switch (type) {
	case 'A':
		return scn_parse_address(word, arg);
	case 'W':
		return scn_parse_range(word, arg);
	case 'L':
		return scn_parse_chunks(word, arg);
	case 'S':
	case 'U':
		return scn_parse_plain(word, arg);
	case 'P':
	case 'C':
	case 'D':
	case 'B':
		return scn_parse_choice(type, word, arg);
	default:
		return scn_name(&word, arg->name) || *word ? -1 : 0;
	}
}

static const char *scn_type_text(char type)
{
	switch (type) {
	case 'A': return "not an address";
	case 'W': return "not a range FIRST..LAST";
	case 'L': return "not chunk sizes";
	case 'S': return "not a size";
	case 'U': return "not a number";
	case 'P': return "not a protection (r, w, rw)";
	case 'C': return "not a cache attribute (wb, wc, uc)";
	case 'D': return "not a driver (iommu, o2o, vmm, contig)";
	case 'B': return "neither yes nor no";
	default: return "not a name";
	}
}

static int scn_take_value(struct scn_words *words, char type, struct scn_arg *arg)
{
	int got = scn_next(words);

	if (got < 0)
		return -1;
	if (!got)
		return scn_wrong(words, "something is missing at the end of the line", "");
	if (scn_parse_value(type, words->word, arg))
		return scn_wrong(words, scn_type_text(type), words->word);
	return 0;
}

static int scn_parse_opt(struct scn_words *words, struct scn_cmd *cmd)
{
	int opt = scn_opt_find(words->word);

	if (opt < 0 || !(cmd->verb->opts >> opt & 1))
		return scn_wrong(words, "not an option of this command", words->word);
	if (cmd->given >> opt & 1)
		return scn_wrong(words, "an option given twice", words->word);
	cmd->given |= (u32)1 << opt;
	return scn_opt_type(opt) == '-' ? 0 :
	       scn_take_value(words, scn_opt_type(opt), &cmd->opt[opt]);
}

static int scn_parse_args(struct scn_words *words, struct scn_cmd *cmd)
{
	const char *type = cmd->verb->args;
	bool optional = false;
	int got;

	for (; *type; type++) {
		if (*type == '?') {
			optional = true;
			continue;
		}
		got = scn_next(words);
		if (got < 0 || (!got && optional))
			return got;
		if (!got)
			return scn_wrong(words, "an argument is missing of", cmd->verb->name);
		if (scn_parse_value(*type, words->word, &cmd->arg[cmd->nr_arg++]))
			return scn_wrong(words, scn_type_text(*type), words->word);
	}
	return 0;
}

static int scn_parse_command(struct scn_words *words, struct scn_cmd *cmd)
{
	int got;

	for (u32 i = 0; i < scn_nr_verbs && !cmd->verb; i++)
		if (!strcmp(scn_verbs[i].name, words->word))
			cmd->verb = &scn_verbs[i];
	if (!cmd->verb)
		return scn_wrong(words, "not a command", words->word);
	if (scn_parse_args(words, cmd))
		return -1;
	while ((got = scn_next(words)) > 0)
		if (scn_parse_opt(words, cmd))
			return -1;
	return got < 0 ? -1 : 1;
}

/* KEY VALUE [KEY VALUE]... */
static int scn_parse_checks(struct scn_words *words, struct scn_cmd *cmd)
{
	struct scn_check *check;
	int got, key;

	while ((got = scn_next(words)) > 0) {
		key = scn_key_find(words->word);
		if (key < 0)
			return scn_wrong(words, "not something to expect", words->word);
		if (cmd->nr_check == SCN_CHECKS)
			return scn_wrong(words, "too much to expect in one line", words->word);
		check = &cmd->check[cmd->nr_check++];
		check->key = key;
		if (scn_take_value(words, scn_key_type(key), &check->want))
			return -1;
	}
	if (!got && !cmd->nr_check)
		return scn_wrong(words, "nothing expected of", cmd->arg[0].name);
	return got < 0 ? -1 : 1;
}

/* "expect OUTCOME COMMAND" or "expect OBJECT KEY VALUE..." */
static int scn_parse_expect(struct scn_words *words, struct scn_cmd *cmd)
{
	const char *word = words->word;
	int got = scn_next(words);

	if (got < 0)
		return -1;
	if (!got)
		return scn_wrong(words, "nothing to expect", "");
	if (!scn_outcome(word, &cmd->want)) {
		got = scn_next(words);
		if (got > 0)
			return scn_parse_command(words, cmd);
		return got < 0 ? -1 : scn_wrong(words, "no command after", word);
	}
	cmd->nr_arg = 1;
	if (scn_name(&word, cmd->arg[0].name) || *word)
		return scn_wrong(words, "neither an outcome nor a name", words->word);
	return scn_parse_checks(words, cmd);
}

/* One line.  Return: 1 for a command in *@cmd, 0 for none, -1 for an error. */
int scn_parse(const char *line, size_t len, struct scn_cmd *cmd, struct scn_error *error)
{
	struct scn_words words = { .at = line, .end = line + len, .error = error };
	const u32 nr = cmd->line;
	int got;

	memset(cmd, 0, sizeof(*cmd));
	cmd->line = nr;
	if (len > SCN_LINE)
		return scn_wrong(&words, "a line that is too long", "");
	got = scn_next(&words);
	if (got <= 0)
		return got;
	if (!strcmp(words.word, "expect"))
		return scn_parse_expect(&words, cmd);
	if (strcmp(words.word, "try"))
		return scn_parse_command(&words, cmd);
	cmd->want = SCN_ANY;
	got = scn_next(&words);
	if (got > 0)
		return scn_parse_command(&words, cmd);
	return got < 0 ? -1 : scn_wrong(&words, "nothing to try", "");
}
